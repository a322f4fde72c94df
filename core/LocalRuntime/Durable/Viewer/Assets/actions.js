import { change, purge, raiseEvent, restart } from "./api.js";
import { ask } from "./dialog.js";
import { button, instanceAddress, renew } from "./text.js";

const FINISHED = new Set(["Completed", "Failed", "Terminated"]);
const MESSAGE_MS = 6000;
const reason = { name: "reason", label: "Reason" };
let fading = 0;

/** The buttons that change an instance. */
export class Actions {
  constructor(root, id, changed) {
    this.root = root;
    this.id = id;
    this.changed = changed;
  }

  update(status) {
    const finished = FINISHED.has(status);
    renew(this.root, [status], () => [
      finished ? null : this.#button("Raise event", () => this.#raise()),
      finished || status === "Suspended" ? null : this.#button("Suspend", () => this.#control("suspend", "Suspend", false)),
      status === "Suspended" ? this.#button("Resume", () => this.#control("resume", "Resume", false)) : null,
      finished ? null : this.#button("Terminate", () => this.#control("terminate", "Terminate", true)),
      status === "Failed" ? this.#button("Rewind", () => this.#control("rewind", "Rewind", false)) : null,
      this.#button("Restart", () => this.#restart(finished)),
      finished ? this.#button("Purge", () => this.#purge()) : null,
    ]);
  }

  #button(text, act) {
    return button(text + "…", async () => {
      try {
        const done = await act();
        if (done) tell(done, false);
      } catch (error) {
        tell(error.message, true);
      }
      this.changed();
    }, { "data-action": text });
  }

  async #raise() {
    const values = await ask({
      title: "Raise an event",
      fields: [
        { name: "event", label: "Name", check: value => (value.trim() ? null : "An event needs a name.") },
        { name: "payload", label: "Payload, JSON", type: "area", value: "null", check: checkJson },
      ],
      yes: "Raise",
    });
    if (!values) return null;
    await raiseEvent(this.id, values.event.trim(), values.payload);
    return "The event is raised.";
  }

  async #control(operation, verb, danger) {
    const values = await ask({ title: verb + " this instance?", text: this.id, fields: [reason], yes: verb, danger });
    if (!values) return null;
    await change(this.id, operation, { reason: values.reason });
    return verb + ": asked for.";
  }

  async #restart(finished) {
    const values = await ask({
      title: "Start it again?",
      text: finished ? "With its input; under its own id, this run is replaced." : "With its input. It has not finished, so the new one gets an id of its own.",
      fields: [{ name: "fresh", label: "under a new id", type: "check", value: true, disabled: !finished }],
      yes: "Restart",
    });
    if (!values) return null;
    const started = await restart(this.id, values.fresh);
    location.hash = instanceAddress(started.id);
    return "Started: " + started.id;
  }

  async #purge() {
    const values = await ask({ title: "Purge this instance?", text: this.id + " and its history are removed for good.", yes: "Purge", danger: true });
    if (!values) return null;
    await purge(this.id);
    location.hash = "#/";
    return this.id + " is purged.";
  }
}

function checkJson(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return "This is not JSON: " + error.message;
  }
}

function tell(text, wrong) {
  const message = document.getElementById("message");
  message.textContent = text;
  message.dataset.state = wrong ? "down" : "up";
  message.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => (message.hidden = true), MESSAGE_MS);
}
