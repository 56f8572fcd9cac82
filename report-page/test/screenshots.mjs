// Pictures of the page, to look at: `node test/screenshots.mjs FOLDER`, with `--whole` from top to bottom too.
import { mkdir } from "node:fs/promises";
import { launch, open, settled } from "./browser.mjs";

const folder = process.argv[2] ?? "screenshots";
const all = process.argv.includes("--whole");
await mkdir(folder, { recursive: true });
const browser = await launch();
for (const [name, options, whole] of [
  ["report_light", {}, false],
  ["report_dark", { theme: "dark" }, false],
  ["report_phone", { size: "phone" }, false],
  ["light_whole", {}, true],
  ["dark_whole", { theme: "dark" }, true],
  ["phone_whole", { size: "phone" }, true],
]) {
  if (whole && !all) continue;
  const { page, troubles } = await open(browser, options);
  if (troubles.length) console.error(name, troubles);
  await page.evaluate(() => {
    const { store, content } = window.report;
    const { predicted } = content.networks[0].outputs;
    const wrong = content.targets.findIndex((target, i) => predicted[i] !== target);
    store.set("selection", { selected: wrong });
    const letter = document.getElementById("letter");
    letter.value = "A";
    letter.dispatchEvent(new Event("change"));
  });
  await settled(page);
  if (whole && (await page.$("#outliers"))) {
    await page.evaluate(() => document.getElementById("outliers").scrollIntoView());
    await page.waitForSelector("#outliers table");
    await page.evaluate(() => scrollTo(0, 0));
  }
  await settled(page);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: whole });
  await page.close();
}
await browser.close();
