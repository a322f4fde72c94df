import { button, make } from "./text.js";

// Questions before something is done.

const dialog = () => document.getElementById("dialog");

/**
 * Asks for some values and for a yes. Gives the values by name, or null.
 * A field has a name, a label, a type (text, password, area or check), a first value, and perhaps a check that gives what is wrong with a value.
 */
export function ask({ title, text, fields = [], yes, danger = false }) {
  return new Promise(answer => {
    const target = dialog();
    const inputs = fields.map(field => ({ field, input: inputOf(field) }));
    const problem = make("p", { class: "error", role: "alert" });
    const submit = event => {
      event.preventDefault();
      const values = {};
      for (const { field, input } of inputs) {
        values[field.name] = field.type === "check" ? input.checked : input.value;
        const wrong = field.check?.(values[field.name]);
        if (wrong) {
          problem.textContent = wrong;
          input.focus();
          return;
        }
      }
      close(values);
    };
    const close = values => {
      target.onclose = null;
      target.close();
      target.replaceChildren();
      answer(values);
    };
    target.onclose = () => close(null);
    target.replaceChildren(make("form", { onsubmit: submit },
      make("h2", { id: "dialog-title", text: title }),
      text ? make("p", { text }) : null,
      ...inputs.map(({ field, input }) => field.type === "check"
        ? make("label", { class: "check" }, input, " " + field.label)
        : make("label", {}, make("span", { class: "label", text: field.label }), input)),
      problem,
      make("p", { class: "buttons" },
        button("Cancel", () => close(null)),
        make("button", { type: "submit", class: danger ? "danger" : "primary", id: "dialog-yes", text: yes }))));
    target.showModal();
    (inputs[0]?.input ?? target.querySelector("button[type=submit]")).focus();
  });
}

function inputOf({ name, type = "text", value = "", disabled = false }) {
  if (type === "check") {
    const input = make("input", { type: "checkbox", name, disabled });
    input.checked = value;
    return input;
  }
  const input = type === "area" ? make("textarea", { name, rows: 6, spellcheck: "false" }) : make("input", { type, name, autocomplete: "off" });
  input.value = value;
  return input;
}
