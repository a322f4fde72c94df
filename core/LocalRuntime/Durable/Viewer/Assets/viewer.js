import { InstancePage } from "./instance.js";
import { ListPage } from "./list.js";

// The frame: which page the address names, and when it is asked anew.

const byId = id => document.getElementById(id);
let page = null;
let leaving = new AbortController();
let timer = 0;

function open() {
  leaving.abort();
  leaving = new AbortController();
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parameters = new URLSearchParams(query);
  const [kind, id] = path.split("/");
  const previous = page;
  if (kind === "instances" && id) {
    const instanceId = decodeURIComponent(id);
    if (!(previous instanceof InstancePage && previous.id === instanceId)) page = new InstancePage(instanceId, refreshNow);
  } else if (!(previous instanceof ListPage)) {
    page = new ListPage();
  }
  if (page !== previous) {
    byId("main").replaceChildren(page.root);
    scrollTo(0, 0);
  }
  page.open(parameters);
  document.title = page.title;
  refreshNow();
}

function refreshNow() {
  clearTimeout(timer);
  refresh(leaving.signal);
}

async function refresh(signal) {
  try {
    await page.refresh(signal);
    if (signal.aborted) return;
    setConnection("up", "up to date");
    if (page.hub) byId("hub").textContent = page.hub;
  } catch (error) {
    if (signal.aborted) return;
    setConnection("down", error.status ? error.message : "the app does not answer");
  }
  timer = setTimeout(tick, page.interval);
}

function tick() {
  if (document.hidden || !byId("refresh").checked) timer = setTimeout(tick, 500);
  else refresh(leaving.signal);
}

function setConnection(state, text) {
  const target = byId("connection");
  target.dataset.state = state;
  if (target.textContent !== text) target.textContent = text;
}

addEventListener("hashchange", open);
open();
