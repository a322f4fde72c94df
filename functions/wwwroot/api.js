// Speaks to the app. A function key is kept for this tab alone, and goes as a header: never into an address.

const TIMEOUT_MS = 8000;
const KEY = "iml4e-function-key";
const known = new Map();

/** What the app answers when something is wrong: problem details (RFC 9457), or a status alone. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || "The app answers " + status + ".");
    this.status = status;
    this.code = typeof problem?.code === "string" ? problem.code : "";
    this.fields = Array.isArray(problem?.errors) ? problem.errors.map(e => String(e?.path ?? "") + ": " + String(e?.message ?? "")) : [];
  }
}

// A key in the page's address, as older bookmarks have it, does not stay there.
const address = new URL(location.href);
if (address.searchParams.has("code")) {
  sessionStorage.setItem(KEY, address.searchParams.get("code"));
  address.searchParams.delete("code");
  history.replaceState(null, "", address);
}

export const readKey = () => sessionStorage.getItem(KEY) ?? "";

export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

async function send(method, path, headers, body) {
  const key = readKey();
  if (key) headers["x-functions-key"] = key;
  return fetch(path, { method, headers, body, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
}

async function refuse(response) {
  let problem = null;
  try {
    problem = await response.json();
  } catch {
    // A status alone, as 401 has it.
  }
  return new ApiError(response.status, problem);
}

/** JSON; what has an entity tag is asked for again only if it has changed, and is the same object until then. */
export async function getJson(path) {
  const before = known.get(path);
  const response = await send("GET", path, before ? { "if-none-match": before.tag } : {});
  if (response.status === 304) return before.value;
  if (!response.ok) throw await refuse(response);
  const value = await response.json();
  const tag = response.headers.get("etag");
  if (tag) known.set(path, { tag, value });
  return value;
}

/** Asks for something to be done; gives the answer's JSON. */
export async function postJson(path, body, actor) {
  const headers = { "content-type": "application/json" };
  if (actor) headers["x-iml4e-actor"] = actor;
  const response = await send("POST", path, headers, JSON.stringify(body));
  if (!response.ok) throw await refuse(response);
  return response.json();
}

/** A document with the key, to be saved: a link by itself could not send it. */
export async function download(path, name) {
  const response = await send("GET", path, {});
  if (!response.ok) throw await refuse(response);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
