import { badge, button, count, duration, instanceLink, make, renew, span, time } from "./text.js";

const PAGE = 100;
const TICK_WIDTH = 80;
const TYPING_PAUSE_MS = 250;
const ZOOM = 2;
const SHORTEST_MS = 1;
const WORDS = { SubOrchestration: "sub-orchestration", Activity: "activity", Timer: "timer", Entity: "entity operation" };

/**
 * The timeline: a lane a call, its tries as bars and the pauses between them as lines, timers, and external events as marks. Times are those of the committed
 * history, which replays do not move; and what is zoomed into stays when the page refreshes.
 */
export class Gantt {
  #lanes = "";
  #search = "";
  #from = 0;
  #zoom = null;
  #all = { from: 0, to: 1 };
  #detail = null;
  #open = new Set();
  #typing = 0;

  constructor(refreshNow) {
    this.refreshNow = refreshNow;
    this.summary = make("p", { class: "note", id: "timeline-summary" });
    this.filter = make("div", { class: "chips", role: "group", "aria-label": "Lanes" });
    this.search = make("input", { type: "search", placeholder: "part of a name", "aria-label": "Search lanes", oninput: () => this.#type() });
    this.pages = make("p", { class: "pages" });
    this.axis = make("div", { class: "axis", "aria-hidden": "true", title: "drag to zoom" });
    this.lanes = make("div", { class: "lanes" });
    this.chart = make("div", {
      class: "gantt", id: "gantt", tabindex: "0", role: "group", "aria-label": "Timeline; arrows move, plus and minus zoom, 0 shows all",
      onkeydown: event => this.#key(event),
    }, make("div", { class: "lane head" }, make("span"), this.axis), this.lanes);
    this.axis.addEventListener("pointerdown", event => this.#drag(event));
    this.root = make("section", { id: "timeline", "aria-labelledby": "timeline-title" },
      make("div", { class: "head" }, make("h3", { id: "timeline-title", text: "Timeline" }), this.summary),
      make("div", { class: "tools" },
        make("label", { class: "search" }, make("span", { class: "label", text: "Search" }), this.search),
        this.filter,
        make("div", { class: "chips", role: "group", "aria-label": "Zoom" },
          button("−", () => this.#scale(ZOOM), { "aria-label": "Zoom out" }),
          button("+", () => this.#scale(1 / ZOOM), { "aria-label": "Zoom in", id: "zoom-in" }),
          button("◂", () => this.#move(-0.5), { "aria-label": "Earlier" }),
          button("▸", () => this.#move(0.5), { "aria-label": "Later" }),
          button("All", () => this.#show(null), { "aria-label": "Show all", id: "zoom-all" }))),
      this.pages,
      this.chart,
      make("p", { class: "legend note", "aria-hidden": "true" },
        ...[["Completed", "done"], ["Open", "under way"], ["Failed", "failed"], ["Arrived", "arrived, not seen yet"], ["Dropped", "given up"]]
          .map(([status, text]) => make("span", {}, make("i", { class: "swatch", "data-status": status }), text)),
        make("span", {}, make("i", { class: "swatch pause" }), "pause before a retry"),
        make("span", {}, make("i", { class: "swatch event" }), "event")));
  }

  /** Which lanes are to be asked for. */
  get page() {
    return { lanes: this.#lanes, search: this.#search, from: this.#from, count: PAGE };
  }

  update(detail) {
    this.#detail = detail;
    this.#from = detail.lanes.from;
    this.#all = range(detail);
    const lanes = detail.lanes;
    renew(this.summary, [detail.activities, lanes.total, detail.eventCount], () =>
      [count(detail.activities, "activity", "activities"), count(lanes.total, "lane"), detail.eventCount ? count(detail.eventCount, "event") : null]
        .filter(Boolean).join(", "));
    renew(this.filter, this.#lanes, () => [["", "All"], ["open", "Under way"], ["failed", "Failed"]].map(([value, text]) =>
      button(text, () => this.#choose({ lanes: value }), { "aria-pressed": String(this.#lanes === value) })));
    renew(this.pages, [lanes.total, lanes.from], () => lanes.total <= PAGE ? [] : [
      make("span", { class: "note", text: "lanes " + span(lanes) }),
      button("Earlier", () => this.#choose({ from: lanes.from - PAGE }), { disabled: lanes.from === 0 }),
      button("Later", () => this.#choose({ from: lanes.from + PAGE }), { disabled: lanes.from + PAGE >= lanes.total }),
      button("Last", () => this.#choose({ from: lanes.total }), { disabled: lanes.from + PAGE >= lanes.total }),
    ]);
    this.#draw();
  }

  #type() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#choose({ search: this.search.value.trim() }), TYPING_PAUSE_MS);
  }

  #choose({ lanes = this.#lanes, search = this.#search, from = 0 }) {
    this.#lanes = lanes;
    this.#search = search;
    this.#from = Math.max(0, from);
    this.refreshNow();
  }

  // ---- zoom -----------------------------------------------------------------------------------------------------------------------------------------------

  get #view() {
    return this.#zoom ?? this.#all;
  }

  #show(view) {
    this.#zoom = view;
    this.#draw();
  }

  #scale(factor, around = 0.5) {
    const { from, to } = this.#view;
    const centre = from + (to - from) * around;
    const length = Math.max(SHORTEST_MS, (to - from) * factor);
    const view = { from: centre - length * around, to: centre + length * (1 - around) };
    this.#show(factor > 1 && view.to - view.from >= this.#all.to - this.#all.from ? null : view);
  }

  #move(share) {
    const { from, to } = this.#view;
    const by = (to - from) * share;
    this.#show({ from: from + by, to: to + by });
  }

  #key(event) {
    if (event.target !== this.chart || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      "+": () => this.#scale(1 / ZOOM), "=": () => this.#scale(1 / ZOOM), "-": () => this.#scale(ZOOM), 0: () => this.#show(null),
      ArrowLeft: () => this.#move(-0.2), ArrowRight: () => this.#move(0.2),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Zooms into what is drawn over on the axis. */
  #drag(event) {
    const box = this.axis.getBoundingClientRect();
    const share = at => Math.min(1, Math.max(0, (at.clientX - box.left) / box.width));
    const start = share(event);
    const mark = make("span", { class: "selection" });
    this.axis.append(mark);
    this.axis.setPointerCapture(event.pointerId);
    const move = at => place(mark, Math.min(start, share(at)), Math.max(start, share(at)));
    const end = at => {
      this.axis.removeEventListener("pointermove", move);
      mark.remove();
      const [low, high] = [Math.min(start, share(at)), Math.max(start, share(at))];
      const { from, to } = this.#view;
      if (at.type === "pointerup" && high - low > 0.01) this.#show({ from: from + (to - from) * low, to: from + (to - from) * high });
    };
    this.axis.addEventListener("pointermove", move);
    this.axis.addEventListener("pointerup", end, { once: true });
    this.axis.addEventListener("pointercancel", end, { once: true });
  }

  // ---- drawing ---------------------------------------------------------------------------------------------------------------------------------------------

  #draw() {
    const detail = this.#detail;
    const view = this.#view;
    const moving = detail.lanes.items.some(lane => lane.status === "Open");
    renew(this.axis, [view, this.#all.from, this.axis.clientWidth], () => ticks(view, this.#all.from, this.axis.clientWidth));
    renew(this.lanes, [view, detail.lanes, detail.events, moving ? detail.now : 0], () => [
      detail.events.length ? eventLane(detail.events, view) : null,
      ...detail.lanes.items.flatMap(lane => this.#lane(lane, view, new Date(detail.now).getTime())),
      detail.lanes.total + detail.events.length ? null : make("p", { class: "note", text: "Nothing to show." }),
    ]);
  }

  #lane(lane, view, now) {
    const id = lane.attempts[0].id;
    const details = make("div", { class: "lane-details", hidden: !this.#open.has(id) });
    const words = describe(lane, now);
    const label = button(lane.name + " ", () => {
      details.hidden = !details.hidden;
      label.setAttribute("aria-expanded", String(!details.hidden));
      if (details.hidden) this.#open.delete(id);
      else {
        this.#open.add(id);
        fill(details, lane, now);
      }
    }, { class: "lane-name", "aria-expanded": String(!details.hidden), title: words, "aria-label": words });
    label.append(make("span", { class: "number", text: "#" + id }));
    if (!details.hidden) fill(details, lane, now);
    const track = make("div", { class: "track", "aria-hidden": "true" });
    for (const pause of lane.pauses) bar(track, view, pause.start, pause.end ?? pause.due, "pause", "", "pause until " + pause.due);
    lane.attempts.forEach((attempt, index) => {
      const kind = lane.kind === "Timer" ? "bar timer" : "bar";
      const end = attempt.end ?? (lane.kind === "Timer" ? lane.due : attempt.status === "Open" ? now : attempt.start);
      const shown = bar(track, view, attempt.start, end, kind, attempt.status, attemptWords(lane, attempt, index, now));
      if (shown && lane.attempts.length > 1) shown.dataset.attempt = index + 1;
    });
    return [make("div", { class: "lane", "data-lane": lane.kind, "data-status": lane.status }, label, track), details];
  }
}

/** The time that the whole of it takes, with a little room at the end of what is still under way. */
function range(detail) {
  const times = [detail.instance.created];
  for (const lane of detail.lanes.items) times.push(lane.attempts[0].start);
  const from = Math.min(...times.map(at => new Date(at).getTime()));
  const end = new Date(detail.instance.ended ?? detail.now).getTime();
  const to = Math.max(end, from + SHORTEST_MS);
  return { from, to: to + (to - from) * (detail.instance.ended ? 0.01 : 0.06) };
}

function place(target, from, to) {
  target.style.left = 100 * from + "%";
  target.style.width = 100 * (to - from) + "%";
}

function bar(track, view, start, end, kind, status, words) {
  const share = at => (new Date(at).getTime() - view.from) / (view.to - view.from);
  const [from, to] = [share(start), share(end)];
  if (to < 0 || from > 1) return null;
  const made = make("span", { class: kind, "data-status": status, title: words });
  if (to > 1) made.classList.add("goes-on");
  place(made, Math.max(0, from), Math.min(1, to));
  track.append(made);
  return made;
}

function eventLane(events, view) {
  const track = make("div", { class: "track", "aria-hidden": "true" });
  for (const mark of events) {
    const at = (new Date(mark.at).getTime() - view.from) / (view.to - view.from);
    if (at < 0 || at > 1) continue;
    const words = mark.name + ", " + mark.at + (mark.buffered ? ", not waited for yet" : "");
    const made = make("span", { class: "mark", title: words, "data-buffered": String(mark.buffered) });
    made.style.left = 100 * at + "%";
    track.append(made);
  }
  return make("div", { class: "lane events" }, make("span", { class: "lane-name", text: count(events.length, "external event") }), track);
}

function ticks(view, zero, width) {
  const length = view.to - view.from;
  const rough = length / Math.max(1, width / TICK_WIDTH);
  const power = 10 ** Math.floor(Math.log10(rough));
  const bases = rough < 60e3 ? [1, 2, 5, 10].map(base => base * power)
    : [60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 7200e3, 21600e3, 43200e3, 86400e3, 2 * 86400e3, 7 * 86400e3, 30 * 86400e3, 365 * 86400e3];
  const step = bases.find(base => base >= rough) ?? rough;
  const made = [];
  for (let at = Math.ceil((view.from - zero) / step) * step; at <= view.to - zero; at += step) {
    const share = (at + zero - view.from) / length;
    if (share * width > width - TICK_WIDTH / 2) break;
    const tick = make("span", { class: "tick", text: at === 0 ? "0" : (at > 0 ? "+" : "−") + duration(Math.abs(at)) });
    tick.style.left = 100 * share + "%";
    made.push(tick);
  }
  return made;
}

function attemptWords(lane, attempt, index, now) {
  const tries = lane.attempts.length > 1 ? "attempt " + (index + 1) + ": " : "";
  if (lane.kind === "Timer") return attempt.status.toLowerCase() + ", due " + lane.due;
  const took = attempt.end ? ", " + duration(new Date(attempt.end) - new Date(attempt.start))
    : attempt.status === "Open" ? ", for " + duration(now - new Date(attempt.start)) : "";
  return tries + attempt.status.toLowerCase() + took + (attempt.error ? ", " + attempt.error : "");
}

function describe(lane, now) {
  const last = lane.attempts.length - 1;
  return WORDS[lane.kind] + " " + lane.name + (lane.attempts.length > 1 ? ", " + count(lane.attempts.length, "attempt") : "") + ", "
    + attemptWords(lane, lane.attempts[last], last, now);
}

function fill(details, lane, now) {
  const rows = [
    ...lane.attempts.map((attempt, index) => ({
      at: attempt.start,
      row: make("li", {}, badge(attempt.status), " #" + attempt.id + ", ", time(attempt.start, true), attempt.end ? " – " : null,
        attempt.end ? time(attempt.end, true) : null, ", " + attemptWords(lane, attempt, index, now)),
    })),
    ...lane.pauses.map(pause => ({ at: pause.start, row: make("li", { class: "note" }, "pause #" + pause.id + " until ", time(pause.due, true)) })),
  ];
  rows.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  details.replaceChildren(
    make("ul", {}, ...rows.map(({ row }) => row)),
    ...(lane.target ? [make("p", {}, ...(lane.kind === "Entity" ? ["entity " + lane.target] : ["instance ", instanceLink(lane.target)]))] : []));
}
