import { make } from "/ui/lib/text.js";

// Parts that several sections are made of.

const SPACE = "http://www.w3.org/2000/svg";

/** Makes an SVG element; children are elements or texts, and null ones are left out. */
export function draw(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

/** A table; rows are arrays of texts or elements, and a narrow window shows each row as a list with the headings beside it. */
export function table(caption, headings, rows, attributes = {}) {
  const cell = (content, at) => {
    const made = make("td", { "data-label": headings[at] ?? "" });
    made.append(content ?? "");
    return made;
  };
  return make("table", { class: "rows", ...attributes },
    make("caption", { class: "unseen", text: caption }),
    make("thead", {}, make("tr", {}, ...headings.map(text => make("th", { scope: "col", text })))),
    make("tbody", {}, ...rows.map(row => make("tr", {}, ...row.map(cell)))));
}

/** The table behind a picture, folded away. */
export function behind(summary, content) {
  return make("details", { class: "behind" }, make("summary", { text: summary }), content);
}

export function facts(entries) {
  return make("dl", { class: "facts" }, ...entries.filter(entry => entry !== null).map(([label, value, kind]) =>
    make("div", {}, make("dt", { text: label }), make("dd", { "data-kind": kind ?? null }, value ?? "–"))));
}

/**
 * Puts rows into a body by their keys: a row whose item is the same as before stays as it is, open details and all.
 * An item is anything with JSON; build makes the row's element.
 */
export function renewRows(body, items, keyOf, build) {
  const old = new Map([...body.children].map(row => [row.itemKey, row]));
  const rows = items.map(item => {
    const key = keyOf(item);
    const state = JSON.stringify(item);
    const there = old.get(key);
    if (there && there.itemState === state) return there;
    const row = build(item);
    row.itemKey = key;
    row.itemState = state;
    return row;
  });
  if (rows.length === body.children.length && rows.every((row, at) => row === body.children[at])) return;
  body.replaceChildren(...rows);
}

/** Calls back with the width of an element now and whenever it changes. */
export function onWidth(element, act) {
  let last = 0;
  new ResizeObserver(entries => {
    const width = Math.floor(entries[0].contentRect.width);
    if (width > 0 && width !== last) {
      last = width;
      act(width);
    }
  }).observe(element);
}
