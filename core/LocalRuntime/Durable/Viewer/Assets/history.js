import { readEvent, readHistory } from "./api.js";
import { button, count, instanceLink, make, pretty, renew, span, time } from "./text.js";

const PAGE = 100;

/** The history as it is kept, by pages, each event with its payloads to be opened. */
export class HistoryTable {
  #from = null;
  #total = 0;
  #shown = "";
  #open = new Set();

  constructor(id) {
    this.id = id;
    this.rows = make("tbody");
    this.pages = make("p", { class: "pages" });
    const heads = ["#", "Time", "Event", "Call", "Name", "Details"];
    this.root = make("section", { id: "history", "aria-labelledby": "history-title" },
      make("h3", { id: "history-title", text: "History" }),
      this.pages,
      make("table", { class: "history" },
        make("thead", {}, make("tr", {}, ...heads.map(text => make("th", { scope: "col", text })))),
        this.rows));
  }

  /** Asks for the page again when the history has changed; at first for the first page. */
  async refresh(detail, signal) {
    const state = [detail.instance.execution, detail.historyCount, detail.instance.updated, this.#from].join("/");
    if (state === this.#shown) return;
    const page = await readHistory(this.id, { from: this.#from ?? 0, count: PAGE }, signal);
    this.#shown = state;
    this.#total = page.total;
    this.#show(page);
  }

  #show(page) {
    const last = Math.max(0, Math.ceil(page.total / PAGE) - 1) * PAGE;
    renew(this.pages, [page.total, page.from], () => [
      make("span", { class: "note", text: page.total === 0 ? "nothing yet" : "events " + span(page) }),
      ...(page.total <= PAGE ? [] : [
        button("First", () => this.#go(0), { disabled: page.from === 0 }),
        button("Earlier", () => this.#go(page.from - PAGE), { disabled: page.from === 0 }),
        button("Later", () => this.#go(page.from + PAGE), { disabled: page.from >= last }),
        button("Last", () => this.#go(last), { disabled: page.from >= last }),
      ]),
    ]);
    renew(this.rows, page.items, () => page.items.flatMap(item => this.#row(item)));
  }

  async #go(from) {
    this.#from = Math.max(0, Math.min(from, this.#total));
    this.#open.clear();
    this.#show(await readHistory(this.id, { from: this.#from, count: PAGE }));
    this.#shown = "";
  }

  #row(item) {
    const parts = [
      item.input ? ["Input", item.input, "input"] : null,
      item.result ? ["Result", item.result, "result"] : null,
    ].filter(Boolean);
    const opens = parts.length > 0 || item.failure;
    const inside = make("td", { colspan: "6" });
    const below = make("tr", { class: "payload", hidden: true }, inside);
    const word = item.failure ? "Failure" : "Payload";
    const toggle = opens ? button(word, () => this.#toggle(item, parts, toggle, below, inside), { "aria-expanded": "false" }) : null;
    const details = make("td", { class: "details" });
    if (item.target) details.append(item.target.startsWith("@") ? item.target : instanceLink(item.target), " ");
    if (item.fireAt) details.append("due ", time(item.fireAt, true), " ");
    if (item.status) details.append(item.status + " ");
    if (item.version) details.append("version " + item.version + " ");
    for (const [name, value] of Object.entries(item.tags ?? {})) details.append(make("span", { text: name + "=" + value }), " ");
    if (item.reason) details.append(make("span", { text: item.reason }), " ");
    if (toggle) details.append(toggle);
    const row = make("tr", { "data-kind": item.kind },
      make("td", { class: "number", text: String(item.sequence) }),
      make("td", {}, time(item.timestamp, true)),
      make("td", { text: item.kind }),
      make("td", { class: "number", text: item.id === undefined ? "" : "#" + item.id }),
      make("td", { class: "name", text: item.name ?? "" }),
      details);
    if (opens && this.#open.has(item.sequence)) this.#toggle(item, parts, toggle, below, inside);
    return [row, below];
  }

  #toggle(item, parts, toggle, below, inside) {
    const opening = below.hidden;
    below.hidden = !opening;
    toggle.setAttribute("aria-expanded", String(opening));
    if (opening) this.#open.add(item.sequence);
    else this.#open.delete(item.sequence);
    if (!opening || inside.hasChildNodes()) return;
    for (const [title, preview, name] of parts) inside.append(this.#payload(item.sequence, title, preview, name));
    for (let failure = item.failure; failure; failure = failure.cause) {
      inside.append(make("p", { class: "error", text: failure.type + ": " + failure.message }));
      if (failure.stack) inside.append(make("pre", { text: failure.stack }));
    }
  }

  #payload(sequence, title, preview, name) {
    const whole = preview.text.length >= preview.length;
    const text = make("pre", { text: whole ? pretty(preview.text) : preview.text + "…" });
    const more = whole ? null : button("Show all " + count(preview.length, "character"), async () => {
      text.textContent = pretty((await readEvent(this.id, sequence))[name].text);
      more.remove();
    });
    return make("div", {}, make("p", { class: "label", text: title }), text, more);
  }
}
