// Drives the page of a pipeline in Chromium. Each check is written as a line: its name, a tab, and "ok" or what was wrong.
// Arguments: the folder of node_modules, the browser, the address of the app, its master key, the pipeline, and the hostile text that is in its documents.
// With PAGE_SCREENSHOTS set to a folder, pictures of the pages are left there.
import assert from "node:assert/strict";
import { PATIENCE_MS, check, start, texts } from "../../chromium.mjs";

const [modules, executablePath, app, key, name, hostile] = process.argv.slice(2);
const { browser, blank, picture, troubles, foreign, addresses } = await start(modules, executablePath, app, process.env.PAGE_SCREENSHOTS);
const root = app + "pipelines/" + name;

async function open(path, options = {}, withKey = true) {
  const page = await blank(options);
  await page.goto(path);
  if (withKey) {
    await page.waitForSelector("#key-form:not([hidden])");
    await page.fill("#key", key);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#connection[data-state=up]");
  }
  return page;
}

async function api(path, method = "GET", body) {
  const response = await fetch(app + path, { method, headers: { "x-functions-key": key, "content-type": "application/json" }, body: body ? JSON.stringify(body) : undefined });
  return response.json();
}

async function until(look, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    if (await look()) return;
    assert.ok(Date.now() < end, "waited in vain for " + what);
    await new Promise(done => setTimeout(done, 200));
  }
}

const page = await open(root);

await check("the key is asked for and stays out of every address", async () => {
  assert.equal(page.url(), root);
  assert.deepEqual(await page.context().cookies(), []);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.deepEqual([...addresses].filter(address => address.includes(key) || address.includes("code=")), []);
  assert.equal(await page.isVisible("#main"), true);
});

await check("a policy of content is sent, and nothing is asked of elsewhere", async () => {
  const { headers } = await fetch(root);
  assert.match(headers.get("content-security-policy"), /default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  const tag = headers.get("etag");
  assert.equal((await fetch(root, { headers: { "if-none-match": tag } })).status, 304);
  assert.deepEqual([...foreign], []);
});

await check("the present state is lit and the way to it marked", async () => {
  await page.waitForSelector("#machine [data-phase=awaitingApproval][data-mark=now]");
  assert.equal(await page.locator("#machine [data-phase][data-mark=now]").count(), 1);
  for (const phase of ["draft", "shadow", "ramping"]) assert.equal(await page.getAttribute(`#machine [data-phase=${phase}]`, "data-mark"), "seen", phase);
  for (const phase of ["promoting", "promoted", "rolledBack"]) assert.equal(await page.getAttribute(`#machine [data-phase=${phase}]`, "data-mark"), "", phase);
  assert.match(await page.getAttribute("#machine svg", "aria-label"), /^State machine: now awaiting approval/);
  await page.click("#machine summary");
  assert.equal(await page.locator("#machine table tbody tr").count(), 12);
  await picture(page, "awaiting");
});

await check("the confidence sequence has its band, its estimate and its zero line", async () => {
  await page.waitForSelector("#sequence .estimate", { state: "attached" });
  // All in one go: the picture is drawn anew with each look.
  const box = await page.evaluate(() => {
    const parts = Object.fromEntries([".zero", ".band", ".estimate"].map(part => [part, document.querySelector("#sequence " + part)]));
    const line = parts[".estimate"];
    const end = line.getPointAtLength(line.getTotalLength()).matrixTransform(line.getScreenCTM());
    return { end: end.y, ...Object.fromEntries(Object.entries(parts).map(([part, element]) => [part, element.getBoundingClientRect()])) };
  });
  for (const part of [".zero", ".band", ".estimate"]) assert.ok(box[part].width > 100, part);
  const { looks, total } = await api(`api/experiments/${name}-v2/looks?limit=400`);
  assert.ok(total >= looks.length && looks.length > 1);
  const last = looks[looks.length - 1];
  assert.ok(last.low > 0 && Math.abs(last.half - (last.high - last.low) / 2) < 1e-9);
  assert.match(await page.getAttribute("#sequence svg", "aria-label"), /all of it above zero\.$/);
  // The first looks are of few units and may be anywhere.
  assert.ok(box.end < box[".zero"].top, "the estimate does not end above the zero line");
});

await check("looks are read by keyboard and as a table", async () => {
  await page.focus("#sequence .plot");
  await page.keyboard.press("Home");
  const first = await page.textContent("#sequence .readout");
  assert.match(first, /^\d{4}-\d\d-\d\d .* gain .* units · p /);
  await page.keyboard.press("End");
  const last = await page.textContent("#sequence .readout");
  assert.notEqual(last, first);
  await page.keyboard.press("Escape");
  assert.equal(await page.textContent("#sequence .readout"), "");
  await page.click("#sequence summary");
  assert.ok(await page.locator("#sequence table tbody tr").count() > 1);
});

await check("traffic, plan, guardrails and validity are told with their limits", async () => {
  const { experiment } = await api(`api/pipelines/${name}/overview`);
  assert.equal(await page.locator("#traffic tbody tr").count(), 3);
  assert.ok((await page.textContent("#traffic")).includes((100 * experiment.traffic.challenger) + " %"));
  assert.ok((await page.locator("#traffic [data-slice=challenger]").boundingBox()).width > 50);
  const told = experiment.plan.decided ? "needs no more units" : "no duration is planned";
  assert.match(await page.textContent("#plan"), new RegExp("Interval tightest at\\s*250 units an arm.*" + told, "s"));
  assert.equal(experiment.plan.unitsPerArm, undefined);
  assert.ok(experiment.plan.detectable > 0);
  const guardrails = await texts(page.locator("#guardrails tbody .name"));
  assert.deepEqual(guardrails, ["errors", hostile.slice(0, 40)]);
  assert.equal(await page.textContent("#guardrails tbody tr >> nth=0 >> td >> nth=4"), "100");
  assert.match(await page.textContent("#validity"), /at 1,000.*below 0\.001/);
});

await check("each trigger has its evidence and what came of it", async () => {
  const rows = await texts(page.locator("#triggers tbody tr"));
  assert.equal(rows.length, 2);
  assert.ok(rows[0].includes("manual") && rows[0].includes(hostile) && rows[0].includes("retraining: running"), rows[0]);
  assert.match(rows[1], /asked for by api: test.*retraining: promoted/);
});

await check("each retraining has its gate and its report", async () => {
  const rows = page.locator("#runs > table > tbody > tr");
  assert.equal(await rows.count(), 2);
  assert.match(await rows.nth(0).textContent(), /passed.*mae .*running/);
  await rows.nth(0).locator("summary").click();
  assert.ok((await texts(rows.nth(0).locator("details tbody td:first-child"))).includes("mae"));
  const [saved] = await Promise.all([page.waitForEvent("download"), rows.nth(1).locator("button:text-is('Training report')").click()]);
  assert.match(saved.suggestedFilename(), /\.train\.html$/);
  assert.match(await rows.nth(0).locator("a:text-is('Orchestration')").getAttribute("href"), /viewer#\/instances\/retrain-/);
});

await check("the audit log is paged and its chain checked", async () => {
  await page.waitForFunction(() => document.getElementById("chain").textContent.startsWith("chain intact: "));
  const events = await texts(page.locator("#audit tbody .name"));
  assert.equal(events[0], "approval awaited");
  assert.ok(!events.includes("look"));
  await until(async () => (await api(`api/models/${name}/audit?before=end&limit=1`)).head > 40, "two pages of entries");
  await page.check("#with-looks");
  await page.waitForFunction(() => [...document.querySelectorAll("#audit tbody .name")].some(cell => cell.textContent === "look"));
  await page.click("#audit button:text-is('Older')");
  await page.waitForFunction(() => !document.querySelector("#audit .pages button").disabled && document.querySelectorAll("#audit tbody tr").length > 5);
  const numbers = (await texts(page.locator("#audit tbody tr td:first-child"))).map(Number);
  assert.ok(numbers.length > 5 && numbers.every((n, i) => i === 0 || n === numbers[i - 1] - 1), numbers.join());
  await page.click("#audit button:text-is('Newest')");
  await page.uncheck("#with-looks");
  await page.waitForFunction(() => {
    const names = [...document.querySelectorAll("#audit tbody .name")].map(cell => cell.textContent);
    return names[0] === "approval awaited" && !names.includes("look") && names.includes("retrain started");
  });
  await page.click("#audit tbody tr >> nth=0 >> summary");
  assert.match(await page.textContent("#audit tbody tr >> nth=0 >> pre"), /"experimentId": /);
});

await check("hostile texts are shown as texts", async () => {
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("main script, main img").count(), 0);
  assert.ok((await texts(page.locator("#facts dd"))).includes(hostile));
  assert.ok((await page.textContent("#audit")).includes(hostile));
});

await check("what has not changed stays in place", async () => {
  await page.evaluate(() => document.querySelectorAll("#audit tbody tr, #runs > table > tbody > tr, #actions button, #facts > div, #machine svg").forEach(e => (e.mark = true)));
  const looks = await page.textContent("#sequence .facts");
  await page.waitForFunction(before => document.querySelector("#sequence .facts").textContent !== before, looks);
  const lost = await page.evaluate(() => [...document.querySelectorAll("#audit tbody tr, #runs > table > tbody > tr, #actions button, #facts > div, #machine svg")].filter(e => !e.mark).length);
  assert.equal(lost, 0);
  assert.equal(await page.locator("#audit tbody tr >> nth=0 >> details[open]").count(), 1);
});

await check("a wrong key is told, and asked for again", async () => {
  await page.click("[data-action=approve]");
  await page.fill("#dialog [name=key]", "wrong");
  await page.click("#dialog-yes");
  await page.waitForFunction(() => document.querySelector("#dialog p")?.textContent.includes("The key was not accepted"));
  await page.fill("#dialog [name=key]", key);
  await page.keyboard.press("Escape");
  await page.waitForSelector("#key-form:not([hidden])");
  await page.fill("#key", key);
  await page.click("#key-form button");
  await page.waitForSelector("#connection[data-state=up]");
  assert.equal((await api(`api/pipelines/${name}/overview`)).state, "AwaitingApproval");
});

await check("an approval is explained, confirmed and done", async () => {
  await page.focus("[data-action=approve]");
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("#dialog p"), /^Version 2 becomes champion and serves all requests/);
  await picture(page, "dialog");
  await page.click("#dialog button:text-is('Cancel')");
  assert.equal((await api(`api/pipelines/${name}/overview`)).state, "AwaitingApproval");
  await page.click("[data-action=approve]");
  await page.fill("#dialog [name=reason]", "looks right");
  await page.fill("#dialog [name=actor]", "anna");
  await page.click("#dialog-yes");
  await page.waitForSelector("#message[data-kind=good]");
  await page.waitForSelector("#machine [data-phase=watching][data-mark=now]");
  assert.equal(await page.textContent("#facts [data-kind=champion]"), "v2");
  await page.waitForFunction(() => document.getElementById("audit").textContent.includes("anna"));
  assert.equal(await page.isDisabled("[data-action=abort]"), true);
  await picture(page, "watching");
});

await check("a refusal is shown with its problem details", async () => {
  await page.click("[data-action=rollback]");
  assert.match(await page.textContent("#dialog p"), /^Version 1 becomes champion again/);
  await api(`api/experiments/${name}-v2/stop`, "POST", { reason: "somebody else was faster" });
  await until(async () => (await api(`api/experiments/${name}-v2`)).state === "aborted", "the end of the experiment");
  await page.click("#dialog-yes");
  await page.waitForSelector("#message[data-kind=bad]");
  assert.match(await page.textContent("#message"), /has ended: Aborted.*\(experiment\.ended\)/);
});

await check("the end is lit", async () => {
  await page.waitForSelector("#machine [data-phase=aborted][data-mark=now][data-end=bad]");
  await page.waitForFunction(() => document.querySelector("#facts [data-kind=champion]").textContent === "v1");
  assert.equal(await page.textContent("#state"), "serving");
  assert.match(await page.textContent("#triggers tbody tr >> nth=0"), /retraining: aborted/);
  await picture(page, "aborted");
});

await check("the dashboard leads to the page", async () => {
  const board = await open(app);
  await board.waitForSelector("#events li");
  await board.waitForSelector("#experiment-chart .zero", { state: "attached" });
  await picture(board, "dashboard");
  await board.click("#pipeline-link");
  await board.waitForURL(root);
  await board.waitForSelector("#connection[data-state=up]");
  await board.context().close();
});

await check("a pipeline that is not there is told", async () => {
  const none = await open(app + "pipelines/never-made", {}, false);
  await none.fill("#key", key);
  await none.click("#key-form button");
  await none.waitForSelector("#missing:not([hidden])");
  assert.match(await none.textContent("#missing"), /There is no pipeline 'never-made'/);
  await none.context().close();
});

await check("a narrow window needs no scrolling to the side", async () => {
  for (const [path, title] of [[root, "narrow"], [app, "narrow-dashboard"]]) {
    const narrow = await open(path, { viewport: { width: 400, height: 800 } });
    if (path === root) await narrow.waitForSelector("#audit tbody tr");
    await narrow.evaluate(() => document.querySelectorAll("details").forEach(details => (details.open = true)));
    const over = await narrow.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, title + " is " + over + " pixels too wide");
    await picture(narrow, title);
    await narrow.context().close();
  }
});

await check("texts stand out in the light and in the dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const shaded = await open(root, { colorScheme });
    await shaded.waitForSelector("#audit tbody tr");
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
      const compare = (element, colour, ground) => {
        const [one, other] = [light(parse(colour)), light(ground)].sort((a, b) => b - a);
        const contrast = (one + 0.05) / (other + 0.05);
        if (contrast < 4.5) found.push(element.tagName + " " + element.getAttribute("class") + " " + element.textContent.slice(0, 20) + " " + contrast.toFixed(2));
      };
      for (const element of document.querySelectorAll("h1, h2, h3, p, a, button, dt, dd, li, td, th, pre, code, summary, .tag, .name, .note, .label, time")) {
        if (!element.textContent.trim() || element.disabled || element.offsetParent === null) continue;
        compare(element, getComputedStyle(element).color, behind(element));
      }
      // A node's title stands on the node's own box.
      for (const title of document.querySelectorAll(".node .title, .node .title + .small"))
        compare(title, getComputedStyle(title).fill, parse(getComputedStyle(title.parentElement.querySelector("rect")).fill));
      return [...new Set(found)];
    });
    assert.deepEqual(weak, [], colorScheme);
    await shaded.context().close();
  }
});

await check("every control has a name", async () => {
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, a[href], input, svg[role=img], [tabindex]")]
    .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim() || e.closest("label")?.textContent.trim() || document.querySelector(`label[for="${e.id}"]`)))
    .map(e => e.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  const headings = await page.evaluate(() => [...document.querySelectorAll("section")].filter(s => !document.getElementById(s.getAttribute("aria-labelledby"))?.textContent.trim()).length);
  assert.equal(headings, 0);
});

await check("nothing is wrong in the console", async () => {
  // Without the key, with a wrong one, for a pipeline that is not there and for what has ended, the app refuses: that was looked for.
  assert.deepEqual(troubles.filter(text => !/status of (401|404|409)/.test(text)), []);
});

await browser.close();
