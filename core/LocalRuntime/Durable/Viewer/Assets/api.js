// Speaks to the app. The browser's cookie opens it; the header says that it is this page that asks.

const ROOT = "/runtime/webhooks/durabletask/viewer/api/";
const TIMEOUT_MS = 15000;

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function send(method, path, body, signal) {
  const signals = [AbortSignal.timeout(TIMEOUT_MS)];
  if (signal) signals.push(signal);
  const headers = { "x-iml4e-viewer": "1" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(ROOT + path, { method, headers, body, cache: "no-store", signal: AbortSignal.any(signals) });
  if (response.ok) return response;
  throw new ApiError(response.status, await explain(response));
}

async function explain(response) {
  if (response.status === 401) return "The key is not known here any more; open the page with ?code=KEY.";
  try {
    return (await response.json()).detail || "The app answers " + response.status + ".";
  } catch {
    return "The app answers " + response.status + ".";
  }
}

const instance = id => "instances/" + encodeURIComponent(id);

const query = values => {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "" && value !== false) parts.set(name, value);
  }
  return parts.size ? "?" + parts : "";
};

export const listInstances = async (filter, signal) => (await send("GET", "instances" + query(filter), undefined, signal)).json();
export const readInstance = async (id, lanes, signal) => (await send("GET", instance(id) + query(lanes), undefined, signal)).json();
export const readHistory = async (id, page, signal) => (await send("GET", instance(id) + "/history" + query(page), undefined, signal)).json();
export const readEvent = async (id, sequence) => (await send("GET", instance(id) + "/history/" + sequence)).json();
export const readPayload = async (id, name) => (await send("GET", instance(id) + "/payloads/" + name)).text();
export const purge = id => send("DELETE", instance(id));
export const change = (id, operation, values = {}) => send("POST", instance(id) + "/" + operation + query(values));
export const restart = async (id, withNewId) =>
  (await send("POST", instance(id) + "/restart?restartWithNewInstanceId=" + withNewId)).json();
export const raiseEvent = (id, name, payload) => send("POST", instance(id) + "/raiseEvent/" + encodeURIComponent(name), payload);
