import { make, renew } from "/ui/lib/text.js";
import { getJson, keepKey } from "/ui/api.js";
import { Actions } from "./actions.js";
import { Audit } from "./audit.js";
import { showGuardrails, showPlan, showValidity, Traffic } from "./evidence.js";
import { Machine, passed } from "./machine.js";
import { Runs } from "./runs.js";
import { Sequence } from "./sequence.js";
import { Triggers } from "./triggers.js";
import { capital, version, words } from "./words.js";

// The page of a pipeline. Asks every two seconds what is new, and redraws only what has changed.
// Whatever comes from the app is put in as text, never as markup.

const POLL_MS = 2000;
const byId = id => document.getElementById(id);
const name = decodeURIComponent(location.pathname.split("/").pop());
const pipeline = "/api/pipelines/" + encodeURIComponent(name);
const model = "/api/models/" + encodeURIComponent(name);
const state = { experiment: new URLSearchParams(location.search).get("experiment"), firings: [], firingPages: 1, runPages: 1, lastAnswer: 0, looking: null };

const machine = new Machine(byId("machine"));
const sequence = new Sequence(byId("sequence"));
const traffic = new Traffic(byId("traffic"));
const actions = new Actions(byId("actions"), byId("message"), () => void refresh());
const triggers = new Triggers(byId("triggers"), () => more("firingPages"));
const runs = new Runs(byId("runs"), { older: () => more("runPages"), choose, failed: showConnection });
const audit = new Audit(byId("audit"), byId("chain"), { load: () => void refresh(), verify: () => void verify() });

byId("name").textContent = "› " + name;
document.title = name + " · Iml4e";
byId("key-form").addEventListener("submit", event => {
  event.preventDefault();
  keepKey(byId("key").value.trim());
  byId("key").value = "";
  void refresh();
});

function choose(id) {
  state.experiment = id;
  const address = new URL(location.href);
  if (id) address.searchParams.set("experiment", id);
  else address.searchParams.delete("experiment");
  history.replaceState(null, "", address);
  void refresh();
  byId("machine-title").scrollIntoView({ block: "start" });
}

function more(pages) {
  state[pages]++;
  void refresh();
}

// Pages of a list that grows at its front: the first as it is now, and so many of those after it.
async function pagesOf(path, parameter, count, key) {
  const items = [];
  let next = null;
  for (let at = 0; at < count; at++) {
    const page = await getJson(path + (next === null ? "" : "&" + parameter + "=" + encodeURIComponent(next)));
    items.push(...page[key]);
    next = page.next ?? null;
    if (next === null) break;
  }
  return { items, next };
}

async function verify() {
  audit.showChain(null);
  try {
    audit.showChain(await getJson(model + "/audit/verify"));
  } catch (error) {
    showConnection(error);
  }
}

function showHead(overview) {
  const { experiment } = overview;
  byId("pipeline-title").textContent = overview.pipeline.name;
  byId("state").textContent = words(overview.state);
  byId("uncontrolled").hidden = experiment?.summary.statisticallyControlled !== false;
  const running = experiment !== null && experiment !== undefined && !experiment.summary.endedAt && overview.newest === experiment.summary.id;
  renew(byId("facts"), [overview.pipeline, overview.model, running, experiment?.summary.challenger], () => [
    ["Champion", version(overview.model?.champion), "champion"],
    ["Challenger", running && !experiment.traffic.promoted ? version(experiment.summary.challenger) : "–", "challenger"],
    ["Previous", version(overview.model?.previous)],
    ["Task", words(overview.pipeline.task)],
    ["Data", overview.pipeline.dataset],
    ["Trainer", overview.pipeline.trainer],
    ["Project", overview.pipeline.project],
    ...Object.entries(overview.pipeline.tags ?? {}),
  ].map(([label, value, kind]) => make("div", {}, make("dt", { text: label }), make("dd", { "data-kind": kind ?? null, text: value ?? "–" }))));
  actions.update(overview.actions);
}

function showExperiment(overview, looks, events) {
  const experiment = overview.experiment ?? null;
  document.querySelectorAll("section.experiment").forEach(section => (section.hidden = experiment === null));
  const older = experiment !== null && overview.newest !== experiment.summary.id;
  renew(byId("machine-note"), [experiment?.summary.id, experiment?.summary.reason, experiment?.waitingFrom, older], () => experiment === null ? ["No experiment has run yet."] : [
    experiment.summary.id + ": " + version(experiment.summary.challenger) + " against " + version(experiment.summary.champion) + " in " + experiment.summary.metric
      + (experiment.summary.reason ? " · " + words(experiment.summary.reason) : ""),
    older ? make("button", { type: "button", class: "link", text: "back to the newest", onclick: () => choose(null) }) : null,
  ]);
  machine.update(experiment, experiment === null ? new Set() : passed(experiment, events, looks.looks));
  if (experiment === null) return;
  byId("sequence-title").textContent = "Confidence sequence: " + capital(experiment.summary.metric) + ", gain of " + version(experiment.summary.challenger);
  sequence.update(looks, experiment);
  traffic.update(experiment);
  showPlan(byId("plan"), experiment);
  showGuardrails(byId("guardrails"), experiment);
  showValidity(byId("validity"), experiment);
}

function showConnection(error) {
  const status = byId("connection");
  status.dataset.state = error ? "down" : "up";
  document.body.classList.toggle("stale", Boolean(error) && state.lastAnswer > 0);
  const locked = error?.status === 401;
  byId("key-form").hidden = !locked;
  if (locked) byId("main").hidden = true;
  const text = !error ? "live" : locked ? "a function key is needed"
    : (error.status ? error.message : "the app does not answer") + (state.lastAnswer > 0 ? ", shown as of " + new Date(state.lastAnswer).toLocaleTimeString("en-GB") : "") + "; trying again";
  if (status.textContent !== text) status.textContent = text;
  if (!error) state.lastAnswer = Date.now();
}

async function load() {
  const overview = await getJson(pipeline + "/overview" + (state.experiment ? "?experiment=" + encodeURIComponent(state.experiment) : ""));
  const id = overview.experiment?.summary.id;
  const [status, looks, firings, retrainings, page, events] = await Promise.all([
    getJson(pipeline + "/status"),
    id ? getJson("/api/experiments/" + encodeURIComponent(id) + "/looks?limit=400") : { looks: [] },
    pagesOf(pipeline + "/triggers?limit=10", "before", state.firingPages, "firings"),
    pagesOf(pipeline + "/runs?limit=8", "after", state.runPages, "runs"),
    getJson(model + "/audit?" + audit.query),
    getJson(model + "/audit?before=end&limit=200&event=ExperimentStarted,ApprovalAwaited,SmokePassed,StageAdvanced,PromotionApplied,WatchEnded"),
  ]);
  byId("main").hidden = false;
  byId("missing").hidden = true;
  showHead(overview);
  showExperiment(overview, looks, events.entries);
  triggers.updateState(status, overview.pipeline.monitor);
  triggers.updateFirings(firings, firings.items);
  runs.update(retrainings.items, retrainings.next !== null);
  audit.update(page);
  if (state.looking === null) {
    state.looking = page.head;
    void verify();
  }
}

let busy = null;

// One at a time; who asks meanwhile gets one more after it.
async function refresh() {
  if (busy !== null) {
    busy.again = true;
    return;
  }
  busy = { again: false };
  try {
    await load();
    showConnection(null);
  } catch (error) {
    if (error.status === 404 && state.lastAnswer === 0) {
      byId("missing").hidden = false;
      byId("missing").textContent = error.message;
    }
    showConnection(error);
  }
  const { again } = busy;
  busy = null;
  if (again) await refresh();
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(() => void poll(), POLL_MS);
}

void poll();
