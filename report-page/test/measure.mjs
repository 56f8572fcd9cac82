// How long a page takes to open, and its frames a second while the slider moves: `REPORT=run.html node test/measure.mjs`.
// It fails if a page opens in more than 2 s or draws fewer than 30 frames a second; of use on a machine that does nothing
// else.
import { stat } from "node:fs/promises";
import { launch, open, path } from "./browser.mjs";

const browser = await launch();
const times = [];
const rates = [];
for (let i = 0; i < 5; i++) {
  const { page } = await open(browser);
  times.push(await page.evaluate(() => window.report.opened));
  rates.push(
    await page.evaluate(
      () =>
        new Promise((done) => {
          const slider = document.getElementById("epoch");
          slider.value = "0";
          slider.dispatchEvent(new Event("input"));
          let frames = 0;
          const start = performance.now();
          const count = () => {
            frames++;
            if (window.report.store.state.epoch > 0) requestAnimationFrame(count);
            else done((1000 * frames) / (performance.now() - start));
          };
          requestAnimationFrame(count);
        }),
    ),
  );
  await page.close();
}
await browser.close();
const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const { size } = await stat(path);
console.log(`${(size / 1e6).toFixed(1)} MB, opened in ${(middle(times) / 1000).toFixed(2)} s, ${middle(rates).toFixed(0)} frames a second (medians of ${times.length})`);
if (middle(times) > 2000 || middle(rates) < 30) process.exitCode = 1;
