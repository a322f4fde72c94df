import { duration, make, renew } from "/ui/lib/text.js";
import { behind, draw, facts, onWidth, table } from "./parts.js";
import { chance, isNumber, number, percent, whole, words } from "./words.js";

// The confidence sequence over time: estimate, band, zero line and margin, with a cursor for pointer and keys.

const HEIGHT = 320;
const PLACE = { top: 14, right: 14, bottom: 30, left: 58 };
const MOST_ROWS = 40;

function ticks(low, high, most) {
  const raw = (high - low) / Math.max(1, most);
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(f => f * unit).find(s => s >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step / 1e6 ? 0 : at);
  return found;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 345600, 604800, 1209600, 2592000];

function timeTicks(from, to, most) {
  const step = (STEPS.find(s => s * 1000 >= (to - from) / most) ?? STEPS[STEPS.length - 1]) * 1000;
  const zone = new Date(from).getTimezoneOffset() * 60000;
  const found = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) found.push(at);
  return { step, found };
}

function clock(at, step) {
  const date = new Date(at);
  if (step >= 86400e3) return date.toLocaleDateString("sv-SE").slice(5);
  const time = date.toLocaleTimeString("en-GB").slice(0, step >= 60e3 ? 5 : 8);
  return date.getHours() === 0 && date.getMinutes() === 0 && step >= 3600e3 ? date.toLocaleDateString("sv-SE").slice(5) : time;
}

// The first intervals are very wide: they leave the picture at its edges instead of pressing the rest flat.
function range(points, margin) {
  const banded = points.filter(p => isNumber(p.low) && isNumber(p.high));
  const widths = banded.map(p => p.high - p.low).sort((a, b) => a - b);
  const limit = widths.length > 0 ? Math.max(widths[Math.floor((widths.length - 1) * 0.75)], 3 * widths[0]) : 0;
  const kept = banded.filter(p => p.high - p.low <= limit);
  const values = [0, ...points.slice(-1).map(p => p.delta), ...kept.flatMap(p => [p.low, p.high, p.delta])].filter(isNumber);
  if (isNumber(margin)) values.push(-margin);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = (high - low || 1) * 0.07;
  return [low - air, high + air];
}

export class Sequence {
  constructor(root) {
    this.picture = make("div", { class: "plot", tabindex: "0", role: "group", "aria-label": "Confidence sequence; arrow keys go from look to look" });
    this.readout = make("p", { class: "readout", role: "status", "aria-live": "polite" });
    this.summary = make("div");
    this.list = make("div");
    root.append(this.summary, this.picture, this.readout, this.list);
    this.points = [];
    this.cursor = null;
    this.width = 0;
    onWidth(this.picture, width => {
      this.width = width;
      this.#draw();
    });
    this.picture.addEventListener("pointermove", event => this.#point(event));
    this.picture.addEventListener("pointerleave", () => this.#show(null));
    this.picture.addEventListener("blur", () => this.#show(null));
    this.picture.addEventListener("keydown", event => this.#key(event));
  }

  update(looks, experiment) {
    const state = JSON.stringify([looks.experiment, looks.total, looks.looks.length, experiment.summary.state]);
    if (state === this.state) return;
    this.state = state;
    this.margin = looks.margin;
    this.stages = experiment.traffic.stages;
    this.metric = experiment.summary.metric;
    this.points = looks.looks.map(look => ({ ...look, time: new Date(look.at).getTime() }));
    this.total = looks.total;
    const last = this.points.length > 0 ? this.points[this.points.length - 1] : null;
    renew(this.summary, [last, experiment.summary.reason, experiment.configuration.alpha], () => [
      facts([
        ["Gain of the challenger", number(last?.delta), !last ? "" : last.low > 0 ? "good" : last.high < 0 ? "bad" : ""],
        ["Interval", isNumber(last?.low) && isNumber(last?.high) ? number(last.low) + " to " + number(last.high) : "–"],
        ["Half-width", number(last?.half)],
        isNumber(this.margin) ? ["One-sided low, margin", number(last?.oneSidedLow) + ", " + number(-this.margin)] : null,
        ["p, at any time", chance(last?.minimumP)],
        ["Units compared", whole(last?.n)],
        ["Looks", whole(this.total)],
      ]),
      last?.missing ? make("p", { class: "note", text: "Not enough to decide on: " + last.missing + "." }) : null,
    ]);
    this.#draw();
    this.#tabulate();
  }

  #scale() {
    const [from, to] = [this.points[0].time, this.points[this.points.length - 1].time];
    const [low, high] = range(this.points, this.margin);
    const inner = { width: this.width - PLACE.left - PLACE.right, height: HEIGHT - PLACE.top - PLACE.bottom };
    return {
      from, to, low, high, inner,
      x: at => PLACE.left + (to === from ? inner.width / 2 : (at - from) / (to - from) * inner.width),
      y: value => PLACE.top + (high - value) / (high - low) * inner.height,
    };
  }

  #draw() {
    if (this.width === 0) return;
    const drawable = this.points.filter(p => isNumber(p.delta));
    if (drawable.length === 0) {
      this.picture.replaceChildren(make("p", { class: "note", text: this.points.length === 0 ? "No look has been taken yet." : "No outcome has been compared yet." }));
      this.marks = null;
      return;
    }
    const s = this.#scale();
    const [left, right, bottom] = [PLACE.left, this.width - PLACE.right, HEIGHT - PLACE.bottom];
    const clipped = value => Math.min(HEIGHT * 2, Math.max(-HEIGHT, value));
    const banded = this.points.filter(p => isNumber(p.low) && isNumber(p.high));
    const at = (p, value) => s.x(p.time).toFixed(1) + " " + clipped(s.y(value)).toFixed(1);
    const line = (points, value) => "M" + points.map(p => at(p, p[value])).join("L");
    const rows = ticks(s.low, s.high, 6);
    const times = timeTicks(s.from, s.to, Math.max(2, Math.floor(s.inner.width / 90)));
    const won = (p, i) => p.phase === "watching" && this.points[i - 1].phase !== "watching";
    const changes = this.points
      .filter((p, i) => i > 0 && ((p.stage >= 0 && p.stage !== this.points[i - 1].stage) || won(p, i)))
      .map(p => ({ ...p, change: p.phase === "watching" ? "promoted" : percent(this.stages[p.stage]) }));
    this.marks = draw("g", { class: "cursor" });
    this.picture.replaceChildren(draw("svg", { width: this.width, height: HEIGHT, viewBox: `0 0 ${this.width} ${HEIGHT}`, role: "img", "aria-label": this.#describe() },
      draw("defs", {}, draw("clipPath", { id: "inside" }, draw("rect", { x: left, y: PLACE.top, width: s.inner.width, height: s.inner.height }))),
      ...rows.flatMap(value => [
        draw("path", { d: `M${left} ${s.y(value)}H${right}`, class: "grid" }),
        draw("text", { x: left - 8, y: s.y(value) + 4, "text-anchor": "end", class: "small" }, number(value)),
      ]),
      ...times.found.map(t => draw("text", { x: Math.min(right - 14, s.x(t)), y: bottom + 19, "text-anchor": "middle", class: "small" }, clock(t, times.step))),
      draw("g", { "clip-path": "url(#inside)" },
        banded.length > 0 ? draw("path", { d: line(banded, "high") + "L" + [...banded].reverse().map(p => at(p, p.low)).join("L") + "Z", class: "band" }) : null,
        banded.length > 0 ? draw("path", { d: line(banded, "low"), class: "edge-line" }) : null,
        banded.length > 0 ? draw("path", { d: line(banded, "high"), class: "edge-line" }) : null,
        ...changes.map(p => draw("path", { d: `M${s.x(p.time)} ${PLACE.top}V${bottom}`, class: "change" })),
        draw("path", { d: line(drawable, "delta"), class: "estimate" }),
        drawable.length === 1 ? draw("circle", { cx: s.x(drawable[0].time), cy: s.y(drawable[0].delta), r: 3.5, class: "dot" }) : null),
      draw("path", { d: `M${left} ${s.y(0)}H${right}`, class: "zero" }),
      draw("text", { x: right - 6, y: s.y(0) - 6, "text-anchor": "end", class: "small side" }, "challenger better ↑"),
      draw("text", { x: right - 6, y: s.y(0) + 14, "text-anchor": "end", class: "small side" }, "worse ↓"),
      isNumber(this.margin) ? draw("path", { d: `M${left} ${s.y(-this.margin)}H${right}`, class: "margin" }) : null,
      isNumber(this.margin) ? draw("text", { x: left + 6, y: s.y(-this.margin) + 14, class: "small side" }, "margin of non-inferiority") : null,
      ...changes.filter((p, i) => i === changes.length - 1 || s.x(changes[i + 1].time) - s.x(p.time) > 38).map(p => draw("text", { x: s.x(p.time) + 4, y: PLACE.top + 11, class: "small side" }, p.change)),
      this.marks));
    this.#show(this.cursor);
  }

  #describe() {
    const last = this.points[this.points.length - 1];
    return "Gain of the challenger in " + this.metric + " over " + this.points.length + " looks, larger is better. Now " + number(last.delta)
      + (isNumber(last.low) ? ", interval from " + number(last.low) + " to " + number(last.high) : "")
      + (last.low > 0 ? ", all of it above zero." : last.high < 0 ? ", all of it below zero." : ", zero is inside.");
  }

  #point(event) {
    if (!this.marks || this.points.length === 0) return;
    const s = this.#scale();
    const x = event.clientX - this.picture.getBoundingClientRect().left;
    let best = 0;
    this.points.forEach((p, i) => {
      if (Math.abs(s.x(p.time) - x) < Math.abs(s.x(this.points[best].time) - x)) best = i;
    });
    this.#show(best);
  }

  #key(event) {
    const last = this.points.length - 1;
    const now = this.cursor ?? last;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.#show(null);
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.#show(Math.min(last, Math.max(0, to)));
  }

  #show(index) {
    this.cursor = index === null || index >= this.points.length ? null : index;
    if (!this.marks) return;
    if (this.cursor === null) {
      this.marks.replaceChildren();
      this.readout.textContent = "";
      return;
    }
    const s = this.#scale();
    const p = this.points[this.cursor];
    this.marks.replaceChildren(
      draw("path", { d: `M${s.x(p.time)} ${PLACE.top}V${HEIGHT - PLACE.bottom}` }),
      ...(isNumber(p.delta) ? [draw("circle", { cx: s.x(p.time), cy: s.y(p.delta), r: 4, class: "dot" })] : []));
    this.readout.textContent = new Date(p.at).toLocaleString("sv-SE") + " · " + words(p.phase ?? "") + (p.stage >= 0 ? " " + percent(this.stages[p.stage]) : "")
      + " · gain " + number(p.delta) + " · " + number(p.low) + " to " + number(p.high) + " · half-width " + number(p.half) + " · " + whole(p.n) + " units · p " + chance(p.p);
  }

  #tabulate() {
    const step = Math.max(1, Math.ceil(this.points.length / MOST_ROWS));
    const chosen = this.points.filter((_, i) => (this.points.length - 1 - i) % step === 0).reverse();
    const start = this.points.length > 0 ? this.points[0].time : 0;
    const open = this.list.querySelector("details")?.open ?? false;
    this.list.replaceChildren(behind("The looks as a table", table("Looks, newest first", ["When", "After", "Phase", "Units", "Gain", "Low", "High", "Half-width", "p"],
      chosen.map(p => [new Date(p.at).toLocaleString("sv-SE"), duration(p.time - start), words(p.phase ?? ""), whole(p.n), number(p.delta), number(p.low), number(p.high), number(p.half), chance(p.p)]),
      { class: "rows figures" })));
    this.list.querySelector("details").open = open;
  }
}
