import { Actions } from "./actions.js";
import { readInstance, readPayload } from "./api.js";
import { Gantt } from "./gantt.js";
import { HistoryTable } from "./history.js";
import { badge, button, count, duration, instanceLink, make, pretty, renew, time } from "./text.js";

const FINISHED = new Set(["Completed", "Failed", "Terminated"]);
const LIVE_MS = 2000;
const FINISHED_MS = 10000;

/** One instance: where it stands, what it waits for, what it has done. */
export class InstancePage {
  hub = "";
  interval = LIVE_MS;

  constructor(id, refreshNow) {
    this.id = id;
    this.title = id + " – History";
    this.status = make("span", { id: "status" });
    this.facts = make("dl", { class: "facts" });
    this.buttons = make("p", { class: "buttons", id: "actions" });
    this.waits = section("Waits for", "waits");
    this.failure = section("Failure", "failure");
    this.payloads = make("div", { class: "payloads" });
    this.buffered = section("Arrived, not waited for yet", "buffered");
    this.children = section("Children", "children");
    this.gantt = new Gantt(refreshNow);
    this.history = new HistoryTable(id);
    this.actions = new Actions(this.buttons, id, refreshNow);
    this.body = make("div", {},
      this.waits.root, this.failure.root, this.payloads, this.gantt.root, this.buffered.root, this.children.root, this.history.root);
    this.missing = make("p", { class: "note", id: "missing", hidden: true, text: "There is no instance of this id." });
    this.root = make("div", { class: "instance" },
      make("section", { "aria-labelledby": "instance-title" },
        make("p", {}, make("a", { href: "#/", text: "All instances" })),
        make("div", { class: "head" }, make("h2", { id: "instance-title", text: id }), this.status),
        this.facts, this.buttons, this.missing),
      this.body);
  }

  open() {}

  async refresh(signal) {
    let detail;
    try {
      detail = await readInstance(this.id, this.gantt.page, signal);
    } catch (error) {
      if (error.status !== 404) throw error;
      this.#showMissing(true);
      return;
    }
    this.#showMissing(false);
    this.#show(detail);
    await this.history.refresh(detail, signal);
  }

  #showMissing(missing) {
    this.missing.hidden = !missing;
    this.body.hidden = this.buttons.hidden = this.facts.hidden = missing;
    if (missing) this.interval = FINISHED_MS;
  }

  #show(detail) {
    const { instance } = detail;
    this.hub = detail.hub;
    const finished = FINISHED.has(instance.status);
    this.interval = finished ? FINISHED_MS : LIVE_MS;
    renew(this.status, instance.status, () => badge(instance.status));
    renew(this.facts, [instance, detail.turns, detail.historyCount, finished ? 0 : detail.now], () => facts(detail, finished));
    this.actions.update(instance.status);
    this.waits.show([detail.waits, finished ? 0 : detail.now], detail.waits.length > 0, () => [
      make("ul", {}, ...detail.waits.map(wait => waitItem(wait, detail.now))),
      detail.nextTimer ? nextTimer(detail.nextTimer, detail.now) : null,
    ]);
    this.failure.show(instance.failure, Boolean(instance.failure), () => failureView(instance.failure));
    renew(this.payloads, [instance.input, instance.output, instance.customStatus], () => [
      payload(this.id, "Input", "input", instance.input),
      payload(this.id, "Output", "output", instance.output),
      payload(this.id, "Custom status", "customStatus", instance.customStatus),
    ]);
    this.gantt.update(detail);
    this.buffered.show(detail.buffered, detail.buffered.length > 0, () => [
      make("ul", {}, ...detail.buffered.map(mark => make("li", {},
        make("span", { class: "name", text: mark.name }), " since ", time(mark.at), mark.sequence === undefined ? " (the orchestrator has not seen it)" : ""))),
    ]);
    this.children.show([detail.children, detail.childCount], detail.childCount > 0, () => [
      make("ul", {}, ...detail.children.map(child => make("li", {},
        badge(child.status), " ", make("span", { class: "name", text: child.name }), " ", instanceLink(child.instanceId)))),
      detail.childCount > detail.children.length ? make("p", { class: "note", text: "the first of " + count(detail.childCount, "child", "children") }) : null,
    ]);
  }
}

function section(title, id) {
  const content = make("div");
  const root = make("section", { id, "aria-labelledby": id + "-title", hidden: true }, make("h3", { id: id + "-title", text: title }), content);
  return {
    root,
    show(data, visible, build) {
      root.hidden = !visible;
      if (visible) renew(content, data, build);
    },
  };
}

function facts({ instance, now, turns, historyCount }, finished) {
  const end = finished ? instance.ended : now;
  const tags = Object.entries(instance.tags);
  return [
    fact("Orchestrator", instance.name),
    instance.version ? fact("Version", instance.version) : null,
    fact("Created", time(instance.created)),
    instance.startAt ? fact("Starts", time(instance.startAt)) : null,
    fact(finished ? "Ended" : "Changed", time(finished ? instance.ended : instance.updated)),
    fact(finished ? "Took" : "Age", duration(new Date(end) - new Date(instance.created))),
    fact("History", count(historyCount, "event") + " in " + count(turns, "turn")),
    instance.parent ? fact("Parent", instanceLink(instance.parent)) : null,
    ...tags.map(([name, value]) => fact("Tag " + name, value)),
  ];
}

const fact = (label, value) => make("div", {}, make("dt", { text: label }), make("dd", {}, value));

function ending(due, now) {
  const rest = new Date(due) - new Date(now);
  return rest > 0 ? ["in " + duration(rest) + " (", time(due), ")"] : ["now; it is overdue by " + duration(-rest)];
}

function nextTimer(wait, now) {
  return make("p", { class: "note", id: "next-timer" }, "The next timer ends ", ...ending(wait.due, now), ": ", wait.what);
}

function waitItem(wait, now) {
  const item = make("li", { "data-kind": wait.kind }, make("span", { class: "name", text: wait.what }));
  if (wait.target) item.append(" ", make("a", { href: "#/instances/" + encodeURIComponent(wait.target), text: "open" }));
  item.append(" since ", time(wait.since), " (" + duration(new Date(now) - new Date(wait.since)) + ")");
  if (wait.due) item.append(", due ", ...ending(wait.due, now));
  return item;
}

function failureView(failure) {
  return make("div", { class: "failure" },
    make("p", {}, make("span", { class: "name error", text: failure.message })),
    make("p", { class: "note", text: failure.type }),
    failure.stack ? make("details", {}, make("summary", { text: "Stack" }), make("pre", { text: failure.stack })) : null,
    failure.cause ? make("div", { class: "cause" }, make("p", { class: "label", text: "caused by" }), failureView(failure.cause)) : null);
}

/** A payload that shows its beginning and can be opened. */
function payload(id, title, name, preview) {
  if (!preview) return null;
  const whole = preview.text.length >= preview.length;
  const text = make("pre", { text: whole ? pretty(preview.text) : preview.text + "…" });
  const more = whole ? null : button("Show all " + count(preview.length, "character"), async () => {
    text.textContent = pretty(await readPayload(id, name));
    more.remove();
  });
  return make("section", { id: "payload-" + name }, make("h3", { text: title }), text, more);
}
