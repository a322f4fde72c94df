import { button, make, renew, time } from "/ui/lib/text.js";
import { facts, renewRows } from "./parts.js";
import { flatten, kindOf, number, version, whole, words } from "./words.js";

// What could start a retraining, and what has.

const TECHNICAL = ["reason", "evidence", "trigger", "runId"];

export class Triggers {
  constructor(root, older) {
    this.now = make("div");
    this.body = make("tbody");
    this.none = make("p", { class: "note", text: "Nothing has fired yet.", hidden: true });
    this.more = button("Older", older, { hidden: true });
    this.table = make("table", { class: "rows", hidden: true }, make("caption", { class: "unseen", text: "Triggers that fired, newest first" }),
      make("thead", {}, make("tr", {}, ...["When", "Trigger", "Evidence", "What came of it"].map(text => make("th", { scope: "col", text })))), this.body);
    root.append(this.now, this.table, this.none, make("p", { class: "pages" }, this.more));
  }

  updateState(status, monitor) {
    const shown = (status.triggers ?? []).map(trigger => ({ ...trigger, now: undefined }));
    renew(this.now, [shown, status.next, status.retrain?.step, status.retrain?.state], () => [
      facts([
        ...shown.flatMap(trigger => describe(trigger, monitor)),
        status.retrain && ["pending", "running"].includes(status.retrain.state) ? ["Retraining now", words(status.retrain.step ?? status.retrain.state), "test"] : null,
        status.next ? ["Next in line", words(status.next.reason) + (status.next.coalesced > 0 ? " and " + status.next.coalesced + " more" : "")] : null,
      ]),
      shown.length === 0 ? make("p", { class: "note", text: "Retraining is started by hand only." }) : null,
    ]);
  }

  updateFirings(page, firings) {
    this.table.hidden = firings.length === 0;
    this.none.hidden = firings.length > 0;
    this.more.hidden = page.next === null || page.next === undefined;
    renewRows(this.body, firings, firing => firing.trigger + firing.seq, firing => {
      const details = flatten(firing.fields, TECHNICAL);
      return make("tr", {},
        cell("When", time(firing.at)),
        cell("Trigger", make("span", { class: "name word", text: words(firing.kind ?? "?") })),
        cell("Evidence", make("span", {}, make("span", { text: firing.evidence ?? "" }), details ? make("span", { class: "note block", text: details }) : null)),
        cell("What came of it", make("span", {}, ...firing.steps.map(step => make("span", { class: "block", "data-kind": kindOf(step.result ?? step.event) },
          words(step.event) + (step.result ? ": " + words(step.result) : "") + (step.why ? ": " + step.why : ""))))));
    });
  }
}

function cell(label, content) {
  return make("td", { "data-label": label }, content);
}

function describe(trigger, monitor) {
  if (trigger.kind === "schedule") return [["Schedule", trigger.expression], ["Due next", trigger.next ? new Date(trigger.next).toLocaleString("sv-SE") : "–"]];
  if (trigger.kind === "data") return [["Data trained on", version(trigger.trained)], ["Data waiting", version(trigger.pending)]];
  const state = trigger.state ?? {};
  const high = trigger.high ?? monitor?.high;
  return [
    [(trigger.signal ? words(trigger.signal) : trigger.kind === "performance" ? "Error, to that promised" : words(trigger.kind)), number(trigger.score),
      typeof trigger.score === "number" && trigger.score >= high ? "bad" : ""],
    ["fires at", number(high)],
    ["State", state.latched === undefined ? "–" : state.latched ? "latched until " + number(trigger.low ?? monitor?.low) : "armed" + (state.up > 0 ? ", " + whole(state.up) + " in a row" : "")],
    ["Fired today", whole(state.triggersToday)],
    state.failures > 0 ? ["Failures in a row", whole(state.failures), "warn"] : null,
  ];
}
