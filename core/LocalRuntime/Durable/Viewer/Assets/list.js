import { listInstances } from "./api.js";
import { badge, button, count, instanceLink, make, renew, time } from "./text.js";

const STATUSES = ["Running", "Pending", "Suspended", "Completed", "Failed", "Terminated"];
const PAGE = 50;
const TYPING_PAUSE_MS = 250;

/** The list of instances, the newest first. Its filter is in the address. */
export class ListPage {
  title = "History";
  interval = 3000;
  hub = "";
  #filter = {};
  #typing = 0;

  constructor() {
    this.search = make("input", { type: "search", id: "search", placeholder: "part of an id or a name", oninput: () => this.#type() });
    this.roots = make("input", { type: "checkbox", id: "roots", onchange: () => this.#go({ roots: this.roots.checked ? "true" : null }) });
    this.statuses = make("div", { class: "chips", role: "group", "aria-label": "Status" });
    this.rows = make("tbody");
    this.empty = make("p", { class: "note", id: "no-instances", hidden: true, text: "No instance is like that." });
    this.pages = make("p", { class: "pages" });
    const heads = ["Status", "Orchestrator", "Instance", "Created", "Changed", "Remarks"];
    this.root = make("section", { "aria-label": "Instances" },
      make("div", { class: "tools" },
        make("label", { class: "search" }, make("span", { class: "label", text: "Search" }), this.search),
        this.statuses,
        make("label", { class: "toggle" }, this.roots, " without children")),
      make("table", { class: "instances" },
        make("thead", {}, make("tr", {}, ...heads.map(text => make("th", { scope: "col", text })))),
        this.rows),
      this.empty,
      this.pages);
  }

  open(parameters) {
    this.#filter = Object.fromEntries(["status", "search", "roots", "after"].map(name => [name, parameters.get(name)]));
    if (document.activeElement !== this.search) this.search.value = this.#filter.search || "";
    this.roots.checked = this.#filter.roots === "true";
  }

  async refresh(signal) {
    const page = await listInstances({ ...this.#filter, count: PAGE }, signal);
    this.hub = page.hub;
    this.#showStatuses(page.counts);
    renew(this.rows, page.items, () => page.items.map(row));
    this.empty.hidden = page.items.length > 0;
    renew(this.pages, [page.next, this.#filter.after], () => [
      this.#filter.after ? button("Newest", () => this.#go({ after: null }), { id: "newest" }) : null,
      page.next ? button("Older", () => this.#go({ after: page.next }), { id: "older" }) : null,
    ]);
  }

  #showStatuses(counts) {
    const chosen = new Set((this.#filter.status || "").split(",").filter(Boolean));
    const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
    renew(this.statuses, [counts, [...chosen]], () => [
      chip("All", all, chosen.size === 0, () => this.#go({ status: null })),
      ...STATUSES.map(status => chip(status, counts[status] || 0, chosen.has(status), () => {
        if (!chosen.delete(status)) chosen.add(status);
        this.#go({ status: [...chosen].join(",") });
      })),
    ]);
  }

  #type() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#go({ search: this.search.value.trim() }), TYPING_PAUSE_MS);
  }

  #go(changes) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...this.#filter, after: null, ...changes })) {
      if (value) parameters.set(name, value);
    }
    location.hash = "#/" + (parameters.size ? "?" + parameters : "");
  }
}

function chip(text, number, pressed, onclick) {
  return button(text + " " + number.toLocaleString("en"), onclick,
    { "aria-pressed": String(pressed), "data-status": text, "aria-label": text + ", " + count(number, "instance") });
}

function row(item) {
  const remarks = make("td", { class: "remarks" });
  if (item.error) remarks.append(make("span", { class: "error", text: item.error }));
  if (item.parent) remarks.append(" child of ", instanceLink(item.parent));
  if (item.version) remarks.append(" version " + item.version);
  return make("tr", {},
    make("td", {}, badge(item.status)),
    make("td", { class: "name", text: item.name }),
    make("td", { class: "id" }, instanceLink(item.instanceId)),
    make("td", {}, time(item.created)),
    make("td", {}, time(item.updated)),
    remarks);
}
