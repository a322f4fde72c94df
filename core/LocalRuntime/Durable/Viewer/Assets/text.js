// Elements and words. Whatever comes from the app is put in as text, never as markup.

/** Makes an element; children are elements or texts, and null ones are left out. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

/** A button with a text. */
export const button = (text, onclick, attributes = {}) => make("button", { type: "button", text, onclick, ...attributes });

export const instanceAddress = id => "#/instances/" + encodeURIComponent(id);

export const instanceLink = (id, attributes = {}) => make("a", { href: instanceAddress(id), text: id, ...attributes });

export const badge = status => make("span", { class: "badge", "data-status": status, text: status });

/** A time as a person reads it; its title has it exactly. */
export function time(at, milliseconds = false) {
  const date = new Date(at);
  const today = new Date().toDateString() === date.toDateString();
  const clock = date.toLocaleTimeString("en-GB") + (milliseconds ? "." + String(date.getMilliseconds()).padStart(3, "0") : "");
  const text = today ? clock : date.toLocaleDateString("sv-SE") + " " + clock;
  return make("time", { datetime: at, title: at, text });
}

/** A length of time in words. */
export function duration(milliseconds) {
  const size = Math.abs(milliseconds);
  if (size < 1000) return Math.round(milliseconds) + " ms";
  if (size < 60e3) return trim(milliseconds / 1000) + " s";
  if (size < 3600e3) return parts(milliseconds, 60e3, "min", 1000, "s");
  if (size < 86400e3) return parts(milliseconds, 3600e3, "h", 60e3, "min");
  return parts(milliseconds, 86400e3, "d", 3600e3, "h");
}

function trim(seconds) {
  return seconds.toLocaleString("en", { maximumFractionDigits: Math.abs(seconds) < 10 ? 2 : 1 });
}

function parts(milliseconds, big, bigUnit, small, smallUnit) {
  const whole = Math.trunc(milliseconds / big);
  const rest = Math.trunc((milliseconds - whole * big) / small);
  return whole + " " + bigUnit + (rest ? " " + rest + " " + smallUnit : "");
}

export const count = (number, one, many = one + "s") => number.toLocaleString("en") + " " + (number === 1 ? one : many);

/** Which of how many a page has. */
export const span = page =>
  (page.from + 1).toLocaleString("en") + "–" + (page.from + page.items.length).toLocaleString("en") + " of " + page.total.toLocaleString("en");

/** JSON with its lines broken; any other text as it is. */
export function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** Replaces the children of an element only when what they show has changed, so that selections and focus stay. */
export function renew(target, data, build) {
  const state = JSON.stringify(data);
  if (target.shown === state) return;
  target.shown = state;
  target.replaceChildren(...[build()].flat().filter(child => child !== null && child !== undefined));
}
