// Drives the history viewer in Chromium. Each check is written as a line: its name, a tab, and "ok" or what was wrong.
// Arguments: the folder of node_modules, the browser, the address of the app, its system key, and JSON of the instances that are there.
// With VIEWER_SCREENSHOTS set to a folder, pictures of the pages are left there.
import assert from "node:assert/strict";
import { check, start, texts } from "../../chromium.mjs";

const [modules, executablePath, app, key, instancesJson] = process.argv.slice(2);
const { browser, blank, picture, troubles, foreign } = await start(modules, executablePath, app, process.env.VIEWER_SCREENSHOTS);
const ids = JSON.parse(instancesJson);
const root = app + "runtime/webhooks/durabletask/viewer";

async function open(options = {}) {
  const page = await blank(options);
  await page.goto(root + "?code=" + encodeURIComponent(key));
  await upToDate(page);
  return page;
}

const upToDate = page => page.waitForSelector("#connection[data-state=up]");

async function show(page, id) {
  await page.goto(root + (id ? "#/instances/" + encodeURIComponent(id) : "#/"));
  await page.waitForSelector(id ? "#instance-title" : "table.instances");
  if (id) await page.waitForSelector("#status .badge");
  await upToDate(page);
}

async function confirm(page, action, values = {}) {
  await page.click(`[data-action="${action}"]`);
  for (const [name, value] of Object.entries(values)) await page.fill(`#dialog [name=${name}]`, value);
  await page.click("#dialog-yes");
}

const page = await open();

await check("the key leaves the address", async () => {
  assert.equal(page.url(), root);
  const cookies = await page.context().cookies();
  assert.deepEqual(cookies.map(cookie => [cookie.httpOnly, cookie.sameSite, cookie.path]), [[true, "Strict", new URL(root).pathname]]);
  assert.ok(!cookies[0].value.includes(key));
  await page.reload();
  await upToDate(page);
});

await check("instances are listed with their counts", async () => {
  await show(page);
  assert.equal(await page.textContent("#hub"), "HostTests");
  const rows = await texts(page.locator("table.instances tbody td.id"));
  for (const id of Object.values(ids)) assert.ok(rows.includes(id), id + " is not in the list");
  assert.match(await page.getAttribute(".chips [data-status=Suspended]", "aria-label"), /^Suspended, 1 instance$/);
  await picture(page, "list");
});

await check("the list is narrowed by status", async () => {
  await show(page);
  await page.click(".chips [data-status=Failed]");
  await page.waitForFunction(() => [...document.querySelectorAll("table.instances .badge")].every(badge => badge.textContent === "Failed"));
  assert.deepEqual(await texts(page.locator("td.id")), [ids.failed]);
  assert.match(page.url(), /status=Failed/);
  await page.click(".chips [data-status=Suspended]");
  await page.waitForFunction(() => document.querySelectorAll("table.instances tbody tr").length === 2);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll("table.instances tbody tr").length === 2);
});

await check("the list is searched", async () => {
  await show(page);
  await page.fill("#search", ids.tour.toUpperCase().slice(2));
  await page.waitForFunction(() => document.querySelectorAll("table.instances tbody tr").length === 1);
  assert.deepEqual(await texts(page.locator("td.id")), [ids.tour]);
  await page.fill("#search", "there is no such thing");
  await page.waitForSelector("#no-instances:not([hidden])");
});

await check("an instance is opened by the keyboard", async () => {
  await show(page);
  await page.focus(`td.id a:text-is("${ids.tour}")`);
  await page.keyboard.press("Enter");
  await page.waitForFunction(id => document.getElementById("instance-title")?.textContent === id, ids.tour);
  await page.waitForSelector("#status [data-status=Completed]");
});

await check("the timeline has a bar a try", async () => {
  await show(page, ids.tour);
  assert.deepEqual(await texts(page.locator(".lanes .lane:not(.events) .lane-name")), ["SecondTime #0", "Greet #3", "timer #4"]);
  assert.equal(await page.locator(".lane[data-lane=Activity] .bar").count(), 2);
  assert.deepEqual(await page.locator(".lane[data-lane=Activity] .bar").evaluateAll(bars => bars.map(bar => [bar.dataset.attempt, bar.dataset.status])),
    [["1", "Failed"], ["2", "Completed"]]);
  assert.equal(await page.locator(".lane[data-lane=Activity] .pause").count(), 1);
  assert.equal(await page.locator(".lane[data-lane=SubOrchestration] .bar").count(), 1);
  assert.equal(await page.locator(".lane[data-lane=Timer] .bar").count(), 1);
  assert.equal(await page.locator(".lane.events .mark").count(), 1);
  assert.match(await page.textContent("#timeline-summary"), /^1 activity, 3 lanes, 1 event$/);
  const [bar, pause, second] = await Promise.all([".bar[data-attempt='1']", ".pause", ".bar[data-attempt='2']"]
    .map(selector => page.locator(".lane[data-lane=Activity] " + selector).boundingBox()));
  assert.ok(bar.x < pause.x + 1 && pause.x < second.x && bar.width > 0 && second.width > 0);
  await picture(page, "tour");
});

await check("a lane tells its tries when it is opened", async () => {
  await show(page, ids.tour);
  await page.focus(".lane[data-lane=Activity] button");
  await page.keyboard.press("Enter");
  const lines = await texts(page.locator(".lane-details:not([hidden]) li"));
  assert.equal(lines.length, 3);
  assert.match(lines[0], /attempt 1: failed, .*the first time fails/);
  assert.match(lines[1], /^pause #1/);
  assert.match(lines[2], /attempt 2: completed/);
  assert.equal(await page.getAttribute(".lane[data-lane=Activity] button", "aria-expanded"), "true");
});

await check("zoom stays when the page refreshes", async () => {
  await show(page, ids.running);
  await page.waitForFunction(() => document.querySelector("#timeline .tick"));
  const first = () => page.locator(".tick").first().textContent();
  await page.focus("#gantt");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("+");
  const zoomed = await first();
  assert.notEqual(zoomed, "0");
  const age = await page.textContent(".facts");
  await page.waitForFunction(before => document.querySelector(".facts").textContent !== before, age);
  assert.equal(await first(), zoomed);
  await page.keyboard.press("0");
  assert.equal(await first(), "0");
});

await check("waits, the next timer and buffered events are told", async () => {
  await show(page, ids.retry);
  assert.match((await texts(page.locator("#waits li"))).join(), /^attempt 2 of activity 'Broken' since .*, due in (59 min|1 h)/);
  assert.match(await page.textContent("#next-timer"), /^The next timer ends in .*attempt 2 of activity 'Broken'$/);
  assert.equal(await page.locator(".lane[data-lane=Activity] .pause").count(), 1);
  await show(page, ids.running);
  assert.match((await texts(page.locator("#waits li"))).join(), /^event 'number' since /);
  assert.match((await texts(page.locator("#buffered li"))).join(), /^unasked since /);
  await picture(page, "retry");
});

await check("a failure is shown with its causes", async () => {
  await show(page, ids.failed);
  const broken = "Broken is broken";
  assert.deepEqual(await texts(page.locator("#failure .name")), ["Task 'Broken' (#0) failed with an unhandled exception: " + broken, broken]);
  assert.ok((await page.textContent("#failure")).includes("System.InvalidOperationException"));
});

await check("hostile texts are shown as texts", async () => {
  const hostile = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>";
  for (const id of [null, ids.hostile]) {
    await show(page, id);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator("main script, main img").count(), 0);
  }
  assert.equal(await page.textContent("#payload-input pre"), JSON.stringify(hostile));
  assert.ok((await texts(page.locator("#buffered .name"))).includes(hostile), "the event's name");
  await page.click("#history td.details button >> nth=0");
  assert.ok((await texts(page.locator("#history pre"))).join().includes(hostile), "the history");
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await picture(page, "hostile");
});

await check("large payloads are opened as a whole", async () => {
  await show(page, ids.large);
  assert.ok((await page.textContent("#payload-input pre")).length < 3000);
  await page.click("#payload-input button");
  await page.waitForFunction(() => document.querySelector("#payload-input pre").textContent.length > 50000);
});

await check("a history of ten thousand events stays at hand", async () => {
  await show(page, ids.wide);
  await page.waitForSelector("#history tbody tr");
  assert.match(await page.textContent("#history .pages .note"), /^events 1–100 of 1\d,\d{3}$/);
  assert.equal(await page.locator(".lanes .lane").count(), 100);
  await page.click("#history .pages button:text-is('Last')");
  await page.waitForFunction(() => document.querySelector("#history tbody").textContent.includes("ExecutionCompleted"));
  await page.click("#timeline .pages button:text-is('Last')");
  await page.waitForFunction(() => /of 5,000$/.test(document.querySelector("#timeline .pages .note").textContent)
    && document.querySelector("#timeline .pages .note").textContent.startsWith("lanes 4,901"));
  await picture(page, "wide");
});

await check("an instance is suspended and resumed", async () => {
  await show(page, ids.running);
  await confirm(page, "Suspend", { reason: "<b>inspection</b>" });
  await page.waitForSelector("#status [data-status=Suspended]");
  await page.waitForFunction(() => document.getElementById("waits").textContent.includes("suspended: <b>inspection</b>"));
  await confirm(page, "Resume");
  await page.waitForSelector("#status [data-status=Running]");
});

await check("a question can be taken back", async () => {
  await show(page, ids.running);
  await page.click("[data-action=Terminate]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#dialog:not([open])", { state: "attached" });
  await page.click("[data-action='Raise event']");
  await page.fill("#dialog [name=event]", "number");
  await page.fill("#dialog [name=payload]", "not JSON");
  await page.click("#dialog-yes");
  assert.match(await page.textContent("#dialog [role=alert]"), /^This is not JSON/);
  await page.click("#dialog button:text-is('Cancel')");
  assert.equal(await page.textContent("#status"), "Running");
});

await check("an event ends an instance, which is restarted and purged", async () => {
  await show(page, ids.running);
  await confirm(page, "Raise event", { event: "number", payload: "7" });
  await page.waitForSelector("#status [data-status=Completed]");
  assert.equal(await page.textContent("#payload-output pre"), "7");
  await confirm(page, "Restart");
  await page.waitForFunction(id => !["", id].includes(document.getElementById("instance-title").textContent), ids.running);
  await page.waitForSelector("#status [data-status=Running]");
  const again = await page.textContent("#instance-title");
  await confirm(page, "Terminate", { reason: "enough" });
  await page.waitForSelector("#status [data-status=Terminated]");
  await confirm(page, "Purge");
  await page.waitForSelector("table.instances");
  await page.goto(root + "#/instances/" + encodeURIComponent(again));
  await page.waitForSelector("#missing:not([hidden])");
});

await check("a failed instance is rewound", async () => {
  await show(page, ids.failed);
  await confirm(page, "Rewind", { reason: "again" });
  await page.waitForFunction(() => document.querySelector("#history").textContent.includes("Rewound: again"));
});

await check("a narrow window needs no scrolling to the side", async () => {
  const narrow = await open({ viewport: { width: 400, height: 800 } });
  for (const [name, id] of [["list", null], ...Object.entries(ids)]) {
    await show(narrow, id);
    const over = await narrow.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, name + " is " + over + " pixels too wide");
    await picture(narrow, "narrow-" + name);
  }
  await narrow.context().close();
});

await check("texts stand out in the light and in the dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const shaded = await open({ colorScheme });
    await show(shaded, ids.hostile);
    await picture(shaded, colorScheme);
    const weak = await shaded.evaluate(() => {
      const channel = value => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      const parse = colour => colour.match(/[\d.]+/g).map(Number);
      const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
      const behind = element => {
        for (let at = element; at; at = at.parentElement) {
          const colour = parse(getComputedStyle(at).backgroundColor);
          if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
      };
      const found = [];
      for (const element of document.querySelectorAll("h1, h2, h3, p, a, button, dt, dd, li, td, th, pre, .badge, .note, .label, time")) {
        if (!element.textContent.trim() || element.disabled || element.offsetParent === null) continue;
        const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
        const contrast = (one + 0.05) / (other + 0.05);
        if (contrast < 4.5) found.push(element.tagName + " " + element.className + " " + contrast.toFixed(2));
      }
      return [...new Set(found)];
    });
    assert.deepEqual(weak, [], colorScheme);
    await shaded.context().close();
  }
});

await check("nothing is asked of elsewhere and nothing is wrong in the console", async () => {
  assert.deepEqual([...foreign], []);
  // That there is no such instance is what one of the checks looks for.
  assert.deepEqual(troubles.filter(text => !text.includes("status of 404")), []);
});

await browser.close();
