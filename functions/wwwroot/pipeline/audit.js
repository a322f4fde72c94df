import { button, make, pretty, time } from "/ui/lib/text.js";
import { renewRows } from "./parts.js";
import { flatten, kindOf, whole, words } from "./words.js";

// The audit log, newest first, a page at a time, and what the check of its chain found.

const TECHNICAL = ["experimentId", "configurationHash", "stateHash", "digest", "trigger", "decidedAt", "runId"];

export class Audit {
  constructor(root, chain, { load, verify }) {
    this.load = load;
    this.chain = chain;
    this.body = make("tbody");
    this.table = make("table", { class: "rows audit" }, make("caption", { class: "unseen", text: "Audit entries, newest first" }),
      make("thead", {}, make("tr", {}, ...["No.", "When", "Who", "Event", "What", "Hash"].map(text => make("th", { scope: "col", text })))), this.body);
    this.looks = make("input", { type: "checkbox", id: "with-looks", onchange: () => this.go(null) });
    this.older = button("Older", () => this.go(this.next), { disabled: true });
    this.newest = button("Newest", () => this.go(null), { disabled: true });
    this.place = make("span", { class: "note" });
    this.before = null;
    this.next = null;
    root.append(make("p", { class: "pages" }, this.newest, this.older, this.place,
      make("label", { class: "check" }, this.looks, " with every look"), button("Check the chain again", verify, { class: "push" })), this.table);
  }

  get query() {
    return "before=" + (this.before ?? "end") + "&limit=25" + (this.looks.checked ? "" : "&without=Look");
  }

  go(before) {
    this.before = before;
    this.load();
  }

  update(page) {
    this.next = page.next ?? null;
    this.older.disabled = this.next === null;
    this.newest.disabled = this.before === null;
    const { entries } = page;
    this.place.textContent = entries.length === 0 ? (this.next === null ? "no entries" : "none here; older ones may follow")
      : whole(entries[0].seq) + " to " + whole(entries[entries.length - 1].seq) + " of " + whole(page.head);
    renewRows(this.body, entries, entry => entry.seq, entry => {
      const said = flatten(entry.fields, TECHNICAL);
      return make("tr", {},
        cell("No.", String(entry.seq)),
        cell("When", time(entry.at)),
        cell("Who", entry.actor),
        cell("Event", make("span", { class: "name", "data-kind": kindOf(entry.event), text: words(entry.event) })),
        cell("What", make("details", {}, make("summary", { text: said || "all of it" }), make("pre", { text: pretty(JSON.stringify(entry.fields)) }))),
        cell("Hash", make("code", { title: entry.hash, text: entry.hash.slice(0, 10) })));
    });
  }

  showChain(verdict) {
    if (verdict === null) {
      this.chain.textContent = "the chain is being checked";
      this.chain.dataset.kind = "";
      return;
    }
    this.chain.dataset.kind = verdict.intact ? "good" : "bad";
    this.chain.textContent = verdict.intact
      ? "chain intact: " + whole(verdict.entries) + " entries, head " + verdict.head.slice(0, 10)
      : "chain broken at entry " + whole(verdict.firstBroken) + ": " + words(verdict.problem ?? "").replaceAll("-", " ") + "; " + whole(verdict.entries) + " entries before it are right";
  }
}

function cell(label, content) {
  return make("td", { "data-label": label }, content);
}
