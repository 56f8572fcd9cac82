// Chromium for the tests: $CHROMIUM, or where Debian has it.
import { fileURLToPath, pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const docs = fileURLToPath(new URL("../../docs/report.html", import.meta.url));

/** The page under test: $REPORT, or the one in docs. */
export const path = process.env.REPORT ?? docs;

export function launch() {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    protocolTimeout: 120_000,
    // Without a sandbox only because containers have none; the page is ours.
    args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"],
  });
}

export const SIZES = {
  desk: { width: 1400, height: 1000, deviceScaleFactor: 1 },
  phone: { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** Opens the page; everything that went wrong in it is in `troubles`. */
export async function open(browser, { size = "desk", theme = "light", reduced = false } = {}) {
  const page = await browser.newPage();
  const troubles = [];
  page.on("console", (message) => {
    // The tests read canvases back, the page does not.
    if (/willReadFrequently/.test(message.text())) return;
    if (["error", "warn"].includes(message.type())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!/^(file|data|blob):/.test(url)) troubles.push(`request of ${url}`);
  });
  await page.setViewport(SIZES[size]);
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: theme },
    { name: "prefers-reduced-motion", value: reduced ? "reduce" : "no-preference" },
  ]);
  await page.goto(pathToFileURL(path).href);
  await page.waitForFunction(() => window.report, { timeout: 60_000 });
  await settled(page);
  return { page, troubles };
}

/** Waits until the next two frames are drawn. */
export function settled(page) {
  return page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
}
