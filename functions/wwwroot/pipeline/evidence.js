import { duration, make, renew } from "/ui/lib/text.js";
import { draw, facts, onWidth, table } from "./parts.js";
import { chance, isNumber, number, percent, power, version, whole } from "./words.js";

// What the experiment rests on beside its confidence sequence: traffic, plan, guardrails, sample ratio, labels.

const DAY_MS = 86400e3;

/** Where the units go: the line from 0 to 1 that they are hashed onto, with its slices. */
export class Traffic {
  constructor(root) {
    this.bar = make("div", { class: "hash-line" });
    this.text = make("div");
    root.append(this.bar, this.text);
    onWidth(this.bar, width => {
      this.width = width;
      this.#draw();
    });
  }

  update(experiment) {
    const { traffic, summary } = experiment;
    this.traffic = traffic;
    this.summary = summary;
    const control = summary.control ?? {};
    const challenger = summary.challengerArm ?? {};
    renew(this.text, [traffic, control, challenger], () => {
      const said = traffic.shadow ? "Shadow: the champion answers every request, and the challenger scores copies of them."
        : traffic.challenger === 0 ? "Every request goes to " + version(traffic.outsideVersion) + "."
        : traffic.promoted ? "The new champion is compared with an equally large slice that is held back on the version before."
        : "The challenger is compared with an equally large slice of the champion, at the same time.";
      const [one, other] = traffic.promoted ? ["New champion", "Held back"] : ["Challenger", "Control"];
      return [
        make("p", { class: "note", text: said }),
        table("Slices of the traffic", ["Slice", "Version", "Share", "Units", "Requests", "Outcomes", "Mean"], [
          [one, version(summary.challenger), percent(traffic.challenger), whole(challenger.units), whole(challenger.requests), whole(challenger.n), number(challenger.mean)],
          [other, version(summary.champion), percent(traffic.control), whole(control.units), whole(control.requests), whole(control.n), number(control.mean)],
          ["Outside", version(traffic.outsideVersion), percent(traffic.outside), "", "", "", ""],
        ], { class: "rows figures" }),
      ];
    });
    this.#draw();
  }

  #draw() {
    if (!this.width || !this.traffic) return;
    const state = JSON.stringify([this.width, this.traffic]);
    if (state === this.drawn) return;
    this.drawn = state;
    const { challenger, control, promoted, stages, shadow } = this.traffic;
    const [left, top, high] = [1, 4, 26];
    const x = at => left + at * (this.width - 2 * left);
    const slice = (from, to, name) => to > from ? draw("rect", { x: x(from), y: top, width: x(to) - x(from), height: high, class: "slice", "data-slice": name }) : null;
    const mark = share => [0, 0.5].map(from => draw("path", { d: `M${x(from + share)} ${top + high}v5`, class: "tick-mark" }));
    const label = shadow ? "Shadow phase: no unit is answered by the challenger."
      : `${percent(challenger)} of the units are answered by ${promoted ? "the new champion" : "the challenger"} and compared with ${percent(control)} ${promoted ? "held back" : "of the champion"}.`;
    this.bar.replaceChildren(draw("svg", { width: this.width, height: 52, viewBox: `0 0 ${this.width} 52`, role: "img", "aria-label": label },
      slice(0, 1, promoted ? "new" : "outside"), slice(0, challenger, "challenger"), slice(0.5, 0.5 + control, promoted ? "held" : "control"),
      ...stages.flatMap(mark),
      ...[0, 0.5, 1].map(at => draw("text", { x: x(at), y: 47, class: "small", "text-anchor": at === 0 ? "start" : at === 1 ? "end" : "middle" }, at === 0.5 ? "½" : String(at)))));
  }
}

const BECAUSE = {
  plan: "the plan of its start",
  nonInferiorityMargin: "the margin of non-inferiority",
  futilityEffect: "the least gain that is worth it",
  lastPlannedLook: "the last planned look",
};

export function showPlan(root, experiment) {
  const { plan, configuration, limits, summary } = experiment;
  renew(root, [plan, configuration, summary.startedAt, summary.endedAt], () => {
    if (!plan) return make("p", { class: "note", text: "No look has been taken yet." });
    const arm = plan.paired ? "pairs" : "units an arm";
    const weighted = summary.mode === "ctcde";
    const planned = isNumber(plan.unitsPerArm);
    return [
      facts([
        ["Outcomes there", whole(plan.have) + (plan.paired ? " pairs" : " an arm")],
        ...(weighted ? [] : [["Least for a decision", whole(limits.units) + " an arm"]]),
        ["Rate", isNumber(plan.perDay) ? whole(plan.perDay) + " a day" : "–"],
        ...(planned ? [
          ["Planned", whole(plan.unitsPerArm) + " " + arm],
          ["Until then", isNumber(plan.days) ? (plan.days === 0 ? "reached" : duration(plan.days * DAY_MS)) : "–"],
        ] : []),
        ...(isNumber(plan.tightest) ? [
          ["Interval tightest at", whole(plan.tightest) + " " + arm],
          ["Can be found with that", isNumber(plan.detectable) ? "± " + number(plan.detectable) : "–"],
        ] : []),
        ...(summary.endedAt ? [] : [["Ends at the latest", new Date(plan.endsBy).toLocaleString("sv-SE").slice(0, 16)]]),
      ]),
      planned ? progress(plan.have, plan.unitsPerArm, whole(plan.have) + " of " + whole(plan.unitsPerArm) + " " + arm) : null,
      plan.warning ? make("p", { class: "error", text: plan.warning }) : null,
      make("p", { class: "note", text: summary.endedAt ? "The experiment has ended; nothing more is planned." : explained(plan, configuration, weighted) }),
    ];
  });
}

function explained(plan, configuration, weighted) {
  if (weighted) return "The mode goes through a fixed number of iterations and takes the better point estimate; no number of units is planned.";
  if (plan.decided) return "The evidence is decided; what follows needs no more units.";
  const rule = "α " + number(configuration.alpha) + ", decided by " + (configuration.decision === "nonInferior" ? "non-inferiority" : "superiority") + ".";
  if (isNumber(plan.effect)) {
    return "Planned: what a test of fixed size needs to see a difference of " + number(plan.effect) + " (" + BECAUSE[plan.because] + ") in four of five cases at the spread of today; " + rule;
  }
  if (plan.because) return "Planned: the units of " + BECAUSE[plan.because] + "; " + rule;
  return "Nobody has said which difference matters, so that no duration is planned: the experiment ends when the interval leaves zero. Tightest: N*; " + rule;
}

function progress(done, all, label) {
  const bar = make("div", { class: "progress", role: "img", "aria-label": label }, make("span", {}));
  bar.firstChild.style.width = Math.min(100, 100 * done / all) + "%";
  return bar;
}

// How near an e-value is to its limit, on a line of logarithms: whole at the limit.
function nearness(logE, limit, fired) {
  const part = isNumber(logE) && limit > 0 ? Math.min(1, Math.max(0, logE / limit)) : 0;
  const bar = make("div", { class: "progress", role: "img", "aria-label": Math.round(100 * part) + " % of the way to the limit", "data-kind": fired ? "bad" : "" }, make("span", {}));
  bar.firstChild.style.width = 100 * part + "%";
  return bar;
}

export function showGuardrails(root, experiment) {
  const found = experiment.summary.guardrails ?? [];
  renew(root, [found, experiment.limits.guardrails], () => experiment.limits.guardrails.length === 0
    ? make("p", { class: "note", text: "The experiment has no guardrails." })
    : [
      table("Guardrails", ["Guardrail", "Events: challenger", "Control", "E", "Fires at", "To the limit"], experiment.limits.guardrails.map(limit => {
        const now = found.find(g => g.name === limit.name);
        const name = make("span", {}, make("span", { class: "name", "data-kind": now?.fired ? "bad" : null, text: limit.name }),
          make("span", { class: "note block", text: (limit.event ?? "error == 1") + (limit.toleranceRatio === 1 ? "" : ", up to " + number(limit.toleranceRatio) + " times as often") }));
        return [name, whole(now?.challengerEvents), whole(now?.controlEvents), now ? power(now.logE) : "–", whole(limit.e), now ? nearness(now.logE, now.limit, now.fired) : "–"];
      }), { class: "rows figures" }),
      make("p", { class: "note", text: "E is the evidence that the challenger has more of such events than it may; a guardrail fires when E reaches 1/α, at whatever look." }),
    ]);
}

export function showValidity(root, experiment) {
  const { summary, limits, labels } = experiment;
  renew(root, [summary.srm, summary.labelImbalanceP, labels, summary.control?.units, summary.challengerArm?.units], () => {
    const srm = summary.srm ?? {};
    const logLimit = Math.log(limits.srmE);
    const share = arm => (arm && arm.labelled + arm.missing > 0 ? percent(arm.missing / (arm.labelled + arm.missing)) + " of " + whole(arm.labelled + arm.missing) : "none due");
    const units = [whole(summary.challengerArm?.units), whole(summary.control?.units)];
    const value = (name, text, kind) => make("span", {}, make("span", { class: "note", text: name + " " }), make("span", { class: "name", "data-kind": kind || null, text }));
    return [
      table("Tests of validity", ["Test", "Challenger", "Control", "Result", "Invalid"], [
        ["Units, at every look", ...units, value("E", power(srm.logE), srm.logE >= logLimit ? "bad" : ""), "at " + whole(limits.srmE)],
        ["Units, at the decision", ...units, value("p", chance(srm.p), isNumber(srm.p) && srm.p < limits.srmP ? "warn" : ""), "below " + number(limits.srmP)],
        ["Missing labels", share(labels?.challenger), share(labels?.control),
          value("p", chance(summary.labelImbalanceP), isNumber(summary.labelImbalanceP) && summary.labelImbalanceP < limits.labelP ? "bad" : ""), "below " + number(limits.labelP)],
      ], { class: "rows figures" }),
      nearness(srm.logE, logLimit, srm.logE >= logLimit),
      make("p", { class: "note", text: "If one arm loses units or labels that the other keeps, the comparison is not fair, and no figure above counts as evidence." }),
    ];
  });
}

