import { button, duration, make, time } from "/ui/lib/text.js";
import { download, readKey } from "/ui/api.js";
import { renewRows, table } from "./parts.js";
import { isNumber, kindOf, number, version, words } from "./words.js";

// The retrainings: what each was trained on, what the gate said, and what became of it.

const VIEWER = "/runtime/webhooks/durabletask/viewer#/instances/";

export class Runs {
  constructor(root, { older, choose, failed }) {
    this.choose = choose;
    this.failed = failed;
    this.body = make("tbody");
    this.none = make("p", { class: "note", text: "There was no retraining yet.", hidden: true });
    this.more = button("Older", older, { hidden: true });
    this.table = make("table", { class: "rows runs", hidden: true }, make("caption", { class: "unseen", text: "Retrainings, newest first" }),
      make("thead", {}, make("tr", {}, ...["Started", "Why", "Data", "Offline gate", "Outcome", "More"].map(text => make("th", { scope: "col", text })))), this.body);
    root.append(this.table, this.none, make("p", { class: "pages" }, this.more));
  }

  update(runs, more) {
    this.table.hidden = runs.length === 0;
    this.none.hidden = runs.length > 0;
    this.more.hidden = !more;
    renewRows(this.body, runs, run => run.runId, run => make("tr", {},
      cell("Started", time(run.startedAt), run.endedAt ? note("took " + duration(new Date(run.endedAt) - new Date(run.startedAt))) : null),
      cell("Why", run.reason ?? "–"),
      cell("Data", version(run.datasetVersion)),
      cell("Offline gate", ...gates(run)),
      cell("Outcome", ...outcome(run)),
      cell("More", ...this.#links(run))));
  }

  #links(run) {
    const links = [];
    if (run.training?.report) links.push(this.#report(run.training));
    if (run.experiment) links.push(button("Experiment", () => this.choose(run.experiment.id), { class: "link" }));
    for (const [text, id] of [["Orchestration", run.instanceId], ["Training steps", run.training?.instanceId], ["Experiment steps", run.experiment?.instanceId]]) {
      if (id) links.push(make("a", { href: VIEWER + encodeURIComponent(id), text, rel: "noopener" }));
    }
    return links.map(link => make("span", { class: "block" }, link));
  }

  // A link cannot bring a key: with one, the report is fetched and saved.
  #report(training) {
    if (!readKey()) return make("a", { href: training.report, text: "Training report", rel: "noopener" });
    return button("Training report", () => download(training.report, training.id + ".html").catch(this.failed), { class: "link" });
  }
}

const note = text => make("span", { class: "note block", text });

function cell(label, ...content) {
  return make("td", { "data-label": label }, make("span", {}, ...content));
}

function outcome(run) {
  const name = run.result ?? run.status;
  return [
    make("span", { class: "name word", "data-kind": kindOf(name), text: words(name) }),
    run.version ? " " + version(run.version) : "",
    run.error ? make("span", { class: "error block", text: run.error }) : null,
    run.experiment?.reason ? note(words(run.experiment.reason)) : null,
  ];
}

function gates(run) {
  if ((run.gates ?? []).length === 0) return [run.training?.error ? make("span", { class: "error", text: run.training.error }) : "–"];
  return run.gates.map(gate => {
    const names = Object.keys({ ...gate.challenger, ...gate.champion });
    return make("div", {},
      make("span", { "data-kind": gate.accepted ? "good" : "bad", text: (gate.name ? words(gate.name) + ": " : "") + (gate.accepted ? "passed" : "refused") }),
      gate.explanation ? note(gate.explanation) : null,
      names.length > 0 ? make("details", {}, make("summary", { text: "Values" }),
        table("Values of the gate", ["Metric", "Challenger", "Champion"], names.map(name => [name, figure(gate.challenger?.[name]), figure(gate.champion?.[name])]), { class: "figures" })) : null);
  });
}

const figure = value => (isNumber(value) ? number(value) : value === undefined || value === null ? "–" : String(value));
