import { ask } from "/ui/lib/dialog.js";
import { button, make, renew } from "/ui/lib/text.js";
import { keepKey, postJson, readKey } from "/ui/api.js";

// What a person can do: each is explained, confirmed, and answered for.

const TEXTS = {
  retrain: { title: "Retrain now?", yes: "Retrain", button: "Retrain" },
  approve: { title: "Approve?", yes: "Approve", button: "Approve" },
  abort: { title: "Abort the experiment?", yes: "Abort", button: "Abort", danger: true },
  rollback: { title: "Roll back?", yes: "Roll back", button: "Roll back", danger: true },
};
const ACTOR = "iml4e-actor";

export class Actions {
  constructor(root, message, done) {
    this.root = root;
    this.message = message;
    this.done = done;
  }

  update(actions) {
    renew(this.root, actions, () => actions.filter(action => TEXTS[action.name]).map(action =>
      button(TEXTS[action.name].button + "…", () => this.#act(action), {
        "data-action": action.name,
        disabled: !action.allowed || !action.path,
        title: action.consequence,
        class: action.name === "approve" && action.allowed ? "primary" : null,
      })));
  }

  async #act(action) {
    const text = TEXTS[action.name];
    let refused = "";
    for (;;) {
      const values = await ask({
        title: text.title,
        text: action.consequence + refused,
        fields: [
          { name: "reason", label: "Why, for the audit log" },
          { name: "actor", label: "Who you are, for the audit log", value: sessionStorage.getItem(ACTOR) ?? "" },
          { name: "key", label: "Function key, if the app asks for one (kept for this tab alone)", type: "password", value: readKey() },
        ],
        yes: text.yes,
        danger: text.danger,
      });
      if (!values) return;
      keepKey(values.key.trim());
      sessionStorage.setItem(ACTOR, values.actor.trim());
      try {
        const answer = await postJson(action.path, values.reason.trim() ? { reason: values.reason.trim() } : {}, values.actor.trim());
        this.#tell("good", [said(action.name, answer)]);
        this.done();
        return;
      } catch (error) {
        if (error.status === 401) {
          refused = " The key was not accepted; give another one.";
          continue;
        }
        this.#tell("bad", [error.message, ...(error.code ? ["(" + error.code + ")"] : []), ...(error.fields ?? [])]);
        return;
      }
    }
  }

  #tell(kind, lines) {
    this.message.dataset.kind = kind;
    this.message.hidden = false;
    this.message.replaceChildren(...lines.map(line => make("span", { class: "block", text: line })));
  }
}

function said(name, answer) {
  if (name === "retrain") return answer.started ? "The retraining has started: " + answer.runId + "." : "A retraining is under way or asked for already; this request is answered by " + answer.runId + ".";
  if (name === "rollback" && answer.to) return "Version " + answer.to + " is champion again.";
  return "Asked for; it takes effect at the next look.";
}
