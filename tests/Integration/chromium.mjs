// What the scripts that drive Chromium share: a browser whose pages tell what goes wrong and whom they ask, and checks of which each is written as a line, its
// name, a tab, and "ok" or what was wrong.
import { createRequire } from "node:module";
import { join } from "node:path";

export const PATIENCE_MS = 60000;

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

// modules: the folder of node_modules; executablePath: the browser; app: the address that pages may ask; screenshots: a folder for pictures, or nothing.
export async function start(modules, executablePath, app, screenshots) {
  const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const troubles = [];
  const foreign = new Set();
  const addresses = new Set();

  async function blank(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("console", message => ["error", "warning"].includes(message.type()) && troubles.push(message.text()));
    page.on("pageerror", error => troubles.push(error.message));
    page.on("request", request => {
      addresses.add(request.url());
      if (!request.url().startsWith(app) && !request.url().startsWith("data:")) foreign.add(request.url());
    });
    return page;
  }

  async function picture(page, name) {
    if (screenshots) await page.screenshot({ path: join(screenshots, name + ".png"), fullPage: true });
  }

  return { browser, blank, picture, troubles, foreign, addresses };
}

export async function check(name, body) {
  try {
    await body();
    console.log(name + "\tok");
  } catch (error) {
    console.log(name + "\t" + String(error.message).replace(/\s+/g, " "));
  }
}

export const texts = locator => locator.allTextContents();
