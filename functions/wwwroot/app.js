import { getJson, keepKey } from "./api.js";
import { Sequence } from "./pipeline/sequence.js";

// The dashboard: polls the app once a second and shows the models, the live experiment, what is running and what has happened.
// Whatever comes from the app is put in as text, never as markup.

const POLL_MS = 1000;
const MOST_EVENTS = 200;
const CHART_HEIGHT = 240;
const NARROW_CHART = 280;

const byId = id => document.getElementById(id);
const state = { selected: null, events: [], asked: new Set(), cursor: null, lastAnswer: 0, charts: {} };

// ---- text -------------------------------------------------------------------------------------------------------------------------------------------------

const isNumber = value => typeof value === "number" && Number.isFinite(value);

function number(value) {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  return value.toLocaleString("en", { maximumFractionDigits: size >= 100 ? 1 : size >= 1 ? 2 : 4 });
}

const percent = share => (isNumber(share) ? (100 * share).toLocaleString("en", { maximumFractionDigits: 1 }) + " %" : "–");
const version = value => (value === null || value === undefined || value === "" ? "–" : "v" + value);
const words = name => String(name).replace(/([a-z])([A-Z])/g, (_, a, b) => a + " " + b.toLowerCase());

function clock(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en-GB");
}

function since(at) {
  const seconds = (Date.now() - new Date(at).getTime()) / 1000;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 90) return Math.max(0, Math.round(seconds)) + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  return Math.round(seconds / 3600) + " h";
}

// Identities and digests: the audit log has them, a person does not read them.
const TECHNICAL = new Set(["runId", "digest", "configurationHash", "stateHash", "trigger", "coalesced", "decidedAt"]);

function flatten(detail) {
  if (detail === null || detail === undefined) return "";
  if (typeof detail !== "object") return String(detail);
  return Object.entries(detail)
    .filter(([name, value]) => value !== null && typeof value !== "object" && !TECHNICAL.has(name))
    .map(([name, value]) => words(name) + " " + (isNumber(value) ? number(value) : value))
    .join(", ");
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function setText(id, text) {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
}

// ---- charts -----------------------------------------------------------------------------------------------------------------------------------------------

const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const axis = () => ({
  stroke: colour("soft"),
  grid: { stroke: colour("line"), width: 1 },
  ticks: { stroke: colour("line"), width: 1 },
  font: "12px system-ui",
});

function axes(unit) {
  return [
    { ...axis(), space: 70, values: [[1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]] },
    { ...axis(), size: 62, values: (_, ticks) => ticks.map(number), label: unit, labelSize: 18, labelFont: "12px system-ui" },
  ];
}

// Draws data into a chart, which is made anew only when its shape changes.
function draw(id, shape, make, data) {
  const target = byId(id);
  const width = Math.max(NARROW_CHART, target.clientWidth);
  const known = state.charts[id];
  if (known && known.shape === shape) {
    if (known.plot.width !== width) known.plot.setSize({ width, height: CHART_HEIGHT });
    known.plot.setData(data);
    return;
  }
  if (known) known.plot.destroy();
  target.replaceChildren();
  state.charts[id] = { shape, plot: new uPlot({ width, height: CHART_HEIGHT, ...make() }, data, target) };
}

// A range with some air; with a limit, outliers of the first wide intervals do not flatten the rest.
function padded(low, high) {
  if (!isNumber(low) || !isNumber(high)) return [0, 1];
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - air, high + air];
}

function drawError(error) {
  const points = (error?.points ?? []).filter(p => Array.isArray(p) && isNumber(p[0]) && isNumber(p[1])).sort((a, b) => a[0] - b[0]);
  byId("error").hidden = points.length === 0;
  if (points.length === 0) return;
  const reference = isNumber(error.reference) ? error.reference : null;
  const data = [points.map(p => p[0] / 1000), points.map(p => p[1]), points.map(() => reference)];
  draw("error-chart", "error " + error.metric, () => ({
    axes: axes(error.metric ?? "error"),
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), padded(low, high)[1]] } },
    series: [
      { label: "time", value: (_, at) => (isNumber(at) ? clock(at * 1000) : "–") },
      { label: error.metric ?? "error", stroke: colour("champion"), width: 2, points: { show: points.length < 3 }, value: (_, v) => number(v) },
      { label: "reference", stroke: colour("soft"), width: 1.5, dash: [6, 5], points: { show: false }, value: (_, v) => number(v) },
    ],
  }), data);
}

// ---- parts ------------------------------------------------------------------------------------------------------------------------------------------------

// The model that the page is about: the one chosen before, or the first.
function selected(models) {
  const model = models.find(m => m.name === state.selected) ?? models[0] ?? null;
  state.selected = model?.name ?? null;
  return model;
}

function showModels(models) {
  const names = models.map(m => m.name);
  const nav = byId("models");
  nav.hidden = names.length < 2;
  if (nav.dataset.shown !== JSON.stringify([names, state.selected])) {
    nav.dataset.shown = JSON.stringify([names, state.selected]);
    nav.replaceChildren(...names.map(name => {
      const button = element("button", "", name);
      button.type = "button";
      button.setAttribute("aria-current", String(name === state.selected));
      button.addEventListener("click", () => {
        state.selected = name;
        void refresh();
      });
      return button;
    }));
  }
}

function showModel(model) {
  byId("model").hidden = model === null;
  if (model === null) {
    byId("error").hidden = true;
    return;
  }
  setText("model-name", model.name);
  setText("model-state", model.state ? words(model.state) : "");
  const link = byId("pipeline-link");
  link.hidden = !model.pipeline;
  link.setAttribute("href", "/pipelines/" + encodeURIComponent(model.name));
  setText("champion", version(model.champion));
  setText("challenger", version(model.heldBack ?? model.challenger));
  setText("challenger-label", model.heldBack ? "Held back" : "Challenger");
  const points = model.error?.points ?? [];
  setText("error-label", (model.error?.metric ?? "error") + " now");
  setText("error-now", points.length > 0 ? number(points[points.length - 1][1]) : "–");
  setText("error-reference", number(model.error?.reference));
  const challenger = isNumber(model.split?.challenger) ? Math.min(1, Math.max(0, model.split.challenger)) : 0;
  byId("split-champion").style.width = 100 * (1 - challenger) + "%";
  byId("split-challenger").style.width = 100 * challenger + "%";
  const text = challenger > 0
    ? `Traffic: champion ${percent(1 - challenger)}, ${model.heldBack ? "held back" : "challenger"} ${percent(challenger)}`
    : "Traffic: all of it goes to the champion";
  setText("split-text", text);
  byId("split").setAttribute("aria-label", text);
  drawError(model.error);
}

const sequence = new Sequence(byId("experiment-chart"));

async function findExperiment(model) {
  if (!model?.experiment) return null;
  const path = "/api/experiments/" + encodeURIComponent(model.experiment);
  const [summary, looks] = await Promise.all([getJson(path), getJson(path + "/looks?limit=300")]);
  return { summary, looks };
}

function showExperiment(experiment) {
  byId("experiment").hidden = experiment === null;
  if (experiment === null) return;
  const { summary, looks } = experiment;
  setText("experiment-title", `Experiment: ${version(summary.challenger)} against ${version(summary.champion)}`);
  setText("experiment-state", [summary.state, summary.reason].filter(Boolean).map(words).join(": "));
  const facts = [
    ["Traffic share", percent(summary.share)],
    ["Champion", `${number(summary.control?.mean)} (n ${number(summary.control?.n)})`],
    ["Challenger", `${number(summary.challengerArm?.mean)} (n ${number(summary.challengerArm?.n)})`],
  ];
  byId("experiment-facts").replaceChildren(...facts.map(([label, value]) => {
    const fact = element("div");
    fact.append(element("span", "label", label), element("strong", "", value));
    return fact;
  }));
  sequence.update(looks, { summary, configuration: summary.configuration, traffic: { stages: summary.configuration?.stages ?? [] } });
}

// The custom status of an orchestration is a JSON text of its own.
function customStatus(text) {
  if (typeof text !== "string") return "";
  try {
    return flatten(JSON.parse(text));
  } catch {
    return text;
  }
}

function showRuns(runs) {
  const list = byId("runs");
  if (runs.length === 0) {
    list.replaceChildren(element("li", "only", "Nothing is running."));
    return;
  }
  list.replaceChildren(...runs.map(run => {
    const row = element("li");
    row.append(
      element("span", "name", words(run.name ?? "run")),
      element("span", "soft", run.id ?? ""),
      element("span", "", words(customStatus(run.detail) || (run.status ?? ""))),
      element("time", "", since(run.since)));
    return row;
  }));
}

const KINDS = {
  Promoted: "good", SmokePassed: "good", PromotionApplied: "good",
  RolledBack: "bad", GuardrailFired: "bad", Invalid: "bad", Aborted: "bad", RetrainFailed: "bad", Failed: "bad",
  TriggerReceived: "warn", TriggerSuppressed: "warn", KeptChampion: "warn",
  ExperimentStarted: "test", StageAdvanced: "test", DecisionMade: "test",
};

// What the model in view has done before, when the newest entries of all are nothing but looks.
async function earlier(model) {
  if (model === null || state.asked.has(model.name)) return [];
  state.asked.add(model.name);
  const page = await getJson("/api/models/" + encodeURIComponent(model.name) + "/audit?before=end&limit=50&without=Look");
  return page.entries.map(e => ({ at: e.at, model: e.model, seq: e.seq, event: e.event, actor: e.actor, detail: e.fields }));
}

function showEvents(fresh) {
  const seen = new Set(state.events.map(e => e.id));
  const added = fresh
    .filter(e => e && e.event !== "Look")
    .map(e => ({ ...e, text: flatten(e.detail), id: JSON.stringify([e.at, e.model, e.seq, e.event]) }))
    .filter(e => !seen.has(e.id) && seen.add(e.id));
  byId("events-none").hidden = state.events.length + added.length > 0;
  if (added.length === 0) return;
  state.events = [...state.events, ...added].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.seq - b.seq)).slice(-MOST_EVENTS);
  byId("events").replaceChildren(...state.events.toReversed().map(event => {
    const row = element("li");
    const time = element("time", "", clock(event.at));
    time.dateTime = String(event.at ?? "");
    time.title = time.dateTime;
    row.dataset.kind = KINDS[event.event] ?? "";
    row.append(time, element("span", "soft", event.model ?? ""), element("span", "name", words(event.event ?? "")), element("span", "detail", event.text));
    return row;
  }));
}

// ---- polling ----------------------------------------------------------------------------------------------------------------------------------------------

function showConnection(error) {
  const status = byId("connection");
  status.dataset.state = error ? "down" : "up";
  document.body.classList.toggle("stale", Boolean(error) && state.lastAnswer > 0);
  byId("key-form").hidden = error?.status !== 401;
  if (error?.status === 401) byId("main").hidden = true;
  if (!error) {
    state.lastAnswer = Date.now();
    setText("connection", "live");
  } else if (error.status === 401) {
    setText("connection", "a function key is needed");
  } else {
    const seen = state.lastAnswer > 0 ? `, last answer ${since(state.lastAnswer)} ago` : "";
    setText("connection", (error.status ? error.message : "the app does not answer") + seen + "; trying again");
  }
}

async function refresh() {
  try {
    const [overview, events] = await Promise.all([
      getJson("/api/overview"),
      getJson("/api/events" + (state.cursor === null ? "" : "?after=" + encodeURIComponent(state.cursor))),
    ]);
    const models = Array.isArray(overview.models) ? overview.models : [];
    const model = selected(models);
    const experiment = await findExperiment(model);
    byId("main").hidden = models.length === 0 && (events.events ?? []).length === 0 && state.events.length === 0;
    byId("empty").hidden = !byId("main").hidden;
    showModels(models);
    // Both places are shown before the charts are drawn: how wide one is depends on whether the other is there.
    byId("experiment").hidden = experiment === null;
    showModel(model);
    showExperiment(experiment);
    showRuns(Array.isArray(overview.runs) ? overview.runs : []);
    showEvents([...await earlier(model), ...(Array.isArray(events.events) ? events.events : [])]);
    if (events.next !== null && events.next !== undefined) state.cursor = events.next;
    showConnection(null);
  } catch (error) {
    showConnection(error);
  }
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(() => void poll(), POLL_MS);
}

function redrawCharts() {
  for (const id of Object.keys(state.charts)) {
    state.charts[id].plot.destroy();
    delete state.charts[id];
  }
  void refresh();
}

byId("key-form").addEventListener("submit", event => {
  event.preventDefault();
  keepKey(byId("key").value.trim());
  byId("key").value = "";
  void refresh();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCharts);
addEventListener("resize", () => void refresh());
void poll();
