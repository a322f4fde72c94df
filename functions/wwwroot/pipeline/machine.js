import { make } from "/ui/lib/text.js";
import { behind, draw, onWidth, table } from "./parts.js";
import { capital, percent, words } from "./words.js";

// The state machine of an experiment, with the present state lit and the way to it marked.

const WAY = ["draft", "awaitingApproval", "shadow", "ramping", "holding", "promoting", "watching", "promoted"];
const ENDS = ["rolledBack", "keptChampion", "invalid", "aborted"];
const NARROW = 860;
const HEIGHT = 44;

const MEANING = {
  draft: "being set up",
  awaitingApproval: "a person must agree",
  shadow: "copies of requests only",
  ramping: "a growing share of requests",
  holding: "last share, until decided",
  promoting: "the champion changes",
  watching: "new champion, watched",
  promoted: "the challenger has won",
  rolledBack: "champion keeps all requests",
  keptChampion: "no proof in time",
  invalid: "the data cannot be trusted",
  aborted: "stopped by a person",
};

const title = phase => capital(words(phase));

/** What is known of the way: which phases were passed, from audit events and looks. */
export function passed(experiment, events, looks) {
  const seen = new Set(looks.map(look => look.phase).filter(Boolean));
  const marks = {
    ExperimentStarted: ["draft"], ApprovalAwaited: ["awaitingApproval"], SmokePassed: ["shadow"], StageAdvanced: ["ramping"],
    PromotionApplied: ["promoting", "watching"], WatchEnded: ["watching"],
  };
  for (const event of events) {
    if (event.fields?.experimentId === experiment.summary.id) (marks[event.event] ?? []).forEach(phase => seen.add(phase));
  }
  return seen;
}

export class Machine {
  constructor(root) {
    this.root = root;
    this.picture = make("div", { class: "machine" });
    this.words = make("div");
    root.append(this.picture, this.words);
    this.state = null;
    this.width = 0;
    onWidth(root, width => {
      this.width = width;
      this.#draw();
    });
  }

  update(experiment, seen) {
    const state = experiment === null ? { phase: null, stages: [], seen: [] } : {
      phase: experiment.summary.state,
      reason: experiment.summary.reason ?? "",
      stage: experiment.traffic.stage,
      stages: experiment.traffic.stages,
      seen: [...seen].sort(),
    };
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    this.#draw();
    this.words.replaceChildren(behind("The states as a table", table("States of the experiment", ["State", "Meaning", "Reached"],
      [...WAY, ...ENDS].map(phase => [title(phase), MEANING[phase], this.#mark(phase) === "now" ? "now" : this.#mark(phase) === "seen" ? "passed" : "no"]))));
  }

  #mark(phase) {
    if (this.state.phase === phase) return "now";
    return this.state.seen.includes(phase) ? "seen" : "";
  }

  #draw() {
    if (this.state === null || this.width === 0) return;
    const drawn = this.width >= NARROW ? this.#wide(this.width) : this.#tall(this.width);
    const now = this.state.phase;
    const label = now === null ? "State machine of an experiment; none has run yet."
      : "State machine: now " + words(now) + (this.state.reason ? ", " + words(this.state.reason) : "")
        + (now === "ramping" || now === "holding" ? ", stage " + (this.state.stage + 1) + " of " + this.state.stages.length : "") + ".";
    this.picture.replaceChildren(draw("svg", { width: drawn.width, height: drawn.height, viewBox: `0 0 ${drawn.width} ${drawn.height}`, role: "img", "aria-label": label },
      draw("defs", {}, draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
        draw("path", { d: "M0 0.5 L8 4 L0 7.5 z", class: "arrow" }))),
      ...drawn.edges, ...drawn.nodes));
  }

  #node(phase, x, y, width, note) {
    const mark = this.#mark(phase);
    const node = draw("g", { class: "node", "data-phase": phase, "data-mark": mark, "data-end": ENDS.includes(phase) ? "bad" : phase === "promoted" ? "good" : null },
      draw("rect", { x, y, width, height: HEIGHT, rx: 8 }),
      draw("text", { x: x + width / 2, y: y + (note ? 18 : 27), "text-anchor": "middle", class: "title" }, title(phase)),
      note ? draw("text", { x: x + width / 2, y: y + 34, "text-anchor": "middle", class: "small" }, note) : null);
    if (phase === "ramping") node.append(...this.#stages(x, y + HEIGHT + 6, width));
    return node;
  }

  // A pill a stage; those reached are filled.
  #stages(x, y, width) {
    const { stages, stage, phase } = this.state;
    const reached = at => at <= stage;
    const gap = 3;
    const each = (width - gap * (stages.length - 1)) / Math.max(1, stages.length);
    return stages.flatMap((share, at) => [
      draw("rect", { x: x + at * (each + gap), y, width: each, height: 17, rx: 4, class: "stage", "data-mark": reached(at) ? (at === stage && phase === "ramping" ? "now" : "seen") : "" }),
      each > 30 ? draw("text", { x: x + at * (each + gap) + each / 2, y: y + 12.5, "text-anchor": "middle", class: "small stage-text", "data-mark": at === stage && phase === "ramping" ? "now" : "" },
        percent(share)) : null,
    ]);
  }

  #edge(path, marked, dashed) {
    return draw("path", { d: path, class: "edge", "data-mark": marked ? "seen" : "", "stroke-dasharray": dashed ? "4 4" : null, "marker-end": "url(#arrow)" });
  }

  #went(from, to) {
    return this.#mark(from) !== "" && this.#mark(to) !== "";
  }

  #wide(width) {
    const line = WAY.filter(phase => phase !== "awaitingApproval");
    const gap = 22;
    const each = (width - 4 - gap * (line.length - 1)) / line.length;
    const [above, middle, below] = [4, 84, 196];
    const at = phase => 2 + line.indexOf(phase) * (each + gap);
    const nodes = line.map(phase => this.#node(phase, at(phase), middle, each));
    const edges = line.slice(1).map((phase, i) => this.#edge(`M${at(line[i]) + each} ${middle + HEIGHT / 2} H${at(phase) - 2}`, this.#went(line[i], phase)));
    // One state with two ways in: before the ramp, and before the promotion.
    const waitX = at("ramping") - each * 0.1;
    const waitWidth = each * 1.2;
    nodes.push(this.#node("awaitingApproval", waitX, above, waitWidth));
    const y = above + HEIGHT / 2;
    const waited = this.#mark("awaitingApproval") !== "";
    const beforeRamp = waited && !this.state.seen.includes("ramping") && this.state.stage < 0;
    edges.push(
      this.#edge(`M${at("draft") + each / 2} ${middle} V${y + 8} Q${at("draft") + each / 2} ${y} ${at("draft") + each / 2 + 8} ${y} H${waitX - 2}`, beforeRamp, true),
      this.#edge(`M${waitX} ${y + 12} H${at("shadow") + each / 2 + 8} Q${at("shadow") + each / 2} ${y + 12} ${at("shadow") + each / 2} ${y + 20} V${middle - 2}`, false, true),
      this.#edge(`M${at("ramping") + each / 2} ${middle} V${above + HEIGHT + 2}`, waited && !beforeRamp && !this.state.seen.includes("holding"), true),
      this.#edge(`M${at("holding") + each / 2} ${middle} V${y + 20} Q${at("holding") + each / 2} ${y + 12} ${at("holding") + each / 2 - 8} ${y + 12} H${waitX + waitWidth + 2}`, waited && !beforeRamp && this.state.seen.includes("holding"), true),
      this.#edge(`M${waitX + waitWidth} ${y} H${at("promoting") + each / 2 - 8} Q${at("promoting") + each / 2} ${y} ${at("promoting") + each / 2} ${y + 8} V${middle - 2}`,
        waited && this.#mark("promoting") !== "", true));
    // The other ends, which can be reached from everywhere.
    const endWidth = Math.min(190, (width - 3 * gap) / 4);
    const start = (width - 4 * endWidth - 3 * gap) / 2;
    const bus = below - 20;
    edges.push(draw("path", { d: `M${at("draft") + each / 2} ${middle + HEIGHT} V${bus} H${at("watching") + each / 2} V${middle + HEIGHT}`, class: "edge", "stroke-dasharray": "2 4" }));
    ENDS.forEach((phase, i) => {
      const x = start + i * (endWidth + gap);
      nodes.push(this.#node(phase, x, below, endWidth, MEANING[phase]));
      edges.push(this.#edge(`M${x + endWidth / 2} ${bus} V${below - 2}`, this.#mark(phase) === "now", this.#mark(phase) !== "now"));
    });
    return { width, height: below + HEIGHT + 4, nodes, edges };
  }

  #tall(width) {
    const nodes = [];
    const edges = [];
    const each = Math.min(width - 4, 420);
    const x = (width - each) / 2;
    let y = 2;
    // The one approval stands where it is asked for: before the ramp, or before the promotion.
    const late = this.state.seen.includes("ramping") || this.state.stage >= 0;
    const way = late ? WAY.filter(phase => phase !== "awaitingApproval").toSpliced(4, 0, "awaitingApproval") : WAY;
    way.forEach((phase, at) => {
      const optional = phase === "awaitingApproval" || way[at - 1] === "awaitingApproval";
      if (at > 0) edges.push(this.#edge(`M${width / 2} ${y} V${y + 14}`, this.#went(way[at - 1], phase), optional));
      y += at > 0 ? 16 : 0;
      nodes.push(this.#node(phase, x, y, each, MEANING[phase]));
      y += HEIGHT + (phase === "ramping" ? 24 : 0);
    });
    y += 14;
    nodes.push(draw("text", { x: width / 2, y: y + 6, "text-anchor": "middle", class: "small" }, "or, from any state,"));
    y += 16;
    const endWidth = (each - 10) / 2;
    ENDS.forEach((phase, at) => nodes.push(this.#node(phase, x + (at % 2) * (endWidth + 10), y + Math.floor(at / 2) * (HEIGHT + 8), endWidth)));
    return { width, height: y + 2 * HEIGHT + 12, nodes, edges };
  }
}
