// The page in a real browser: `npm test`, or `just report-test`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { launch, open, path, settled } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Opens the page, and sees that nothing went wrong in it. */
async function on(options, use) {
  const { page, troubles } = await open(browser, options);
  try {
    await use(page);
    assert.deepEqual(troubles, []);
  } finally {
    await page.close();
  }
}

/** What each panel shows of points and marks, as a number that changes with it. */
function pictures(page) {
  return page.$$eval(".stage canvas:last-child", (all) =>
    all.map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let hash = 0;
      for (let i = 0; i < data.length; i++) hash = (Math.imul(hash, 31) + data[i]) | 0;
      return hash;
    }),
  );
}

/** That every panel shows something else than before. */
function assertAllChanged(before, after) {
  before.forEach((hash, i) => assert.notEqual(after[i], hash, `panel ${i}`));
}

const state = (page, key) => page.evaluate((key) => window.report.store.state[key], key);

/** Where an image is in the first panel, in the window. */
async function placeOf(page, nth = 0) {
  const stage = await page.$(".stage");
  await stage.scrollIntoView();
  return page.evaluate((nth) => {
    const { content, store } = window.report;
    const box = document.querySelector(".stage").getBoundingClientRect();
    // A point that the panel says is nearest to the pointer: found by moving over the middle row.
    for (let y = 0.5, found = 0; y < 0.95; y += 0.02) {
      for (let x = 0.1; x < 0.9; x += 0.02) {
        const event = { clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true };
        document.querySelector(".stage").dispatchEvent(new PointerEvent("pointermove", event));
        if (store.state.hovered >= 0 && found++ === nth) return { x: event.clientX, y: event.clientY, index: store.state.hovered, labels: content.labels[store.state.hovered] };
      }
    }
    return null;
  }, nth);
}

test("opens without errors and without a network", async () => {
  await on({}, async (page) => {
    const panels = await page.$$eval(".panel h3", (titles) => titles.map((title) => title.textContent));
    const networks = await page.evaluate(() => window.report.content.networks.map((n) => n.title));
    assert.deepEqual(panels, networks);
    assert.ok((await pictures(page)).every((hash) => hash !== 0));
  });
});

test("networks answer as in the program, to 1e-4", async () => {
  await on({}, async (page) => {
    const deviations = await page.evaluate(() => window.report.selfCheck());
    assert.ok(deviations.length > 0);
    for (const { network, embedding, scores, probabilities } of deviations) {
      assert.ok(Math.max(embedding, scores, probabilities) < 1e-4, `${network}: ${embedding}, ${scores}, ${probabilities}`);
    }
    // Of a head without scorer only the embedding is computed; the page in docs has none such.
    const without = await page.evaluate(() => window.report.content.networks.filter((network) => !network.scorer).length);
    assert.ok(without === 0 || process.env.REPORT, `${without} heads without scorer`);
  });
});

test("a pointer shows the image, label, prediction and probability", async () => {
  await on({}, async (page) => {
    const place = await placeOf(page);
    await page.mouse.move(place.x + 40, place.y);
    await page.mouse.move(place.x, place.y);
    await settled(page);
    const tooltip = await page.$eval(".tooltip", (element) => ({ hidden: element.hidden, text: element.textContent }));
    assert.equal(tooltip.hidden, false);
    assert.match(tooltip.text, new RegExp(`label ${place.labels}.*predicted .*%`));
    assert.equal(await page.$eval(".tooltip canvas", (canvas) => canvas.width), await page.evaluate(() => window.report.content.images.columns));
  });
});

test("a point that is chosen is marked in every panel and described", async () => {
  await on({}, async (page) => {
    const place = await placeOf(page);
    const away = async () => {
      await page.mouse.move(place.x, place.y);
      await page.mouse.move(2, 2);
    };
    await away();
    await settled(page);
    const before = await pictures(page);
    await page.mouse.click(place.x, place.y);
    await away();
    await settled(page);
    assert.equal(await state(page, "selected"), place.index);
    assertAllChanged(before, await pictures(page));
    const card = await page.$eval(".selection .card", (element) => element.textContent);
    assert.match(card, new RegExp(`Label ${place.labels}`));
    assert.equal(await page.$$eval(".selection .card tbody tr", (rows) => rows.length), before.length);
  });
});

test("a tap shows what is under the finger", async () => {
  await on({ size: "phone" }, async (page) => {
    const place = await placeOf(page);
    await page.touchscreen.tap(place.x, place.y);
    await settled(page);
    assert.equal(await state(page, "selected"), place.index);
    const tooltip = await page.$eval(".tooltip", (element) => ({ hidden: element.hidden, text: element.textContent }));
    assert.equal(tooltip.hidden, false);
    assert.match(tooltip.text, new RegExp(`label ${place.labels}`));
  });
});

test("classes are switched off and on in all panels at once", async () => {
  await on({}, async (page) => {
    const before = await pictures(page);
    await page.click(".class");
    await page.mouse.move(5, 5);
    await settled(page);
    assertAllChanged(before, await pictures(page));
    assert.equal(await page.$eval(".class", (button) => button.getAttribute("aria-pressed")), "false");
    await page.click(".class");
    await settled(page);
    assert.deepEqual(await pictures(page), before);
  });
});

test("the slider moves the points through the epochs", async () => {
  await on({}, async (page) => {
    const before = await pictures(page);
    const last = await state(page, "epoch");
    const to = async (key, epoch) => {
      await page.focus("#epoch");
      await page.keyboard.press(key);
      // On the way there are places between epochs.
      await page.waitForFunction(() => window.report.store.state.epoch % 1 !== 0, { polling: "raf" });
      await page.waitForFunction((epoch) => window.report.store.state.epoch === epoch, { polling: "raf" }, epoch);
      await settled(page);
    };
    await to("Home", 0);
    assertAllChanged(before, await pictures(page));
    assert.match(await page.$eval(".epoch", (output) => output.textContent), /^1 of /);
    await to("End", last);
    assert.deepEqual(await pictures(page), before);
    await page.click("#play");
    await page.waitForFunction(() => window.report.store.state.epoch < 1, { polling: "raf" });
    await page.waitForFunction(() => document.getElementById("play").textContent === "Play", { polling: "raf" });
    await settled(page);
    assert.deepEqual(await pictures(page), before);
  });
});

test("who wants less motion sees the epoch at once", async () => {
  await on({ reduced: true }, async (page) => {
    await page.focus("#epoch");
    await page.keyboard.press("Home");
    await settled(page);
    assert.equal(await state(page, "epoch"), 0);
  });
});

test("arrow keys go from image to image, Escape ends", async () => {
  await on({}, async (page) => {
    await page.focus(".stage");
    await page.keyboard.press("ArrowRight");
    const first = await state(page, "selected");
    await page.keyboard.press("ArrowRight");
    const second = await state(page, "selected");
    assert.ok(first >= 0 && second >= 0 && first !== second);
    await page.keyboard.press("Escape");
    assert.equal(await state(page, "selected"), -1);
  });
});

test("a lasso shows its images", async () => {
  await on({}, async (page) => {
    const stage = await page.$(".stage");
    await stage.scrollIntoView();
    const box = await stage.boundingBox();
    const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
    await page.keyboard.down("Shift");
    await page.mouse.move(...at(0.1, 0.1));
    await page.mouse.down();
    for (const corner of [at(0.9, 0.1), at(0.9, 0.9), at(0.1, 0.9), at(0.1, 0.12)]) await page.mouse.move(...corner, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    const size = await page.evaluate(() => window.report.store.state.group.size);
    assert.ok(size > 0);
    assert.equal(await page.$eval(".selection .group h3", (title) => title.textContent), `${size} image${size === 1 ? "" : "s"}`);
    assert.equal(await page.$$eval(".selection .gallery img", (all) => all.length), Math.min(size, 60));
  });
});

test("tables sort by a column, up and down", async () => {
  await on({}, async (page) => {
    const column = () => page.$$eval("#metrics > .scroll tbody tr", (rows) => rows.map((row) => Number(row.children[1].textContent)));
    const head = "#metrics > .scroll thead th:nth-child(2)";
    for (const [order, sign] of [["descending", -1], ["ascending", 1]]) {
      await page.click(`${head} button`);
      assert.equal(await page.$eval(head, (cell) => cell.getAttribute("aria-sort")), order);
      const values = (await column()).filter((value) => !Number.isNaN(value));
      assert.deepEqual(values, [...values].sort((a, b) => sign * (a - b)));
    }
  });
});

test("a cell of the confusion matrix shows its images", async () => {
  await on({}, async (page) => {
    const button = await page.$(".confusion td.same button");
    const count = Number(await button.evaluate((element) => element.textContent));
    await button.click();
    assert.ok(count > 0);
    assert.equal(await page.evaluate(() => window.report.store.state.group.size), count);
    assert.equal(await page.$$eval("#confusion .gallery img", (all) => all.length), Math.min(count, 60));
  });
});

test("a drawing is answered by every network and marked in every panel", async () => {
  await on({}, async (page) => {
    const before = await pictures(page);
    const pad = await page.$(".pad");
    await pad.scrollIntoView();
    const box = await pad.boundingBox();
    await page.mouse.move(box.x + 150, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 135, box.y + 230, { steps: 12 });
    await page.mouse.up();
    await settled(page);
    const answers = await page.$$eval("#answers tbody tr", (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    const names = await page.evaluate(() => window.report.content.content.classes);
    const one = names.length === 10 ? "1" : "odd";
    assert.ok(answers.filter((row) => row[1] === one).length > answers.length / 2, JSON.stringify(answers));
    assert.ok(answers.every((row) => /%|n.a/.test(row[2]) && row[6].length > 3));
    assertAllChanged(before, await pictures(page));

    // The network sees a bar of at most 20 of 28 pixels, centred by mass.
    const mass = await page.evaluate(() => {
      const { drawing } = window.report.store.state;
      const { rows, columns } = window.report.content.images;
      let [sum, x, y, high] = [0, 0, 0, new Set()];
      drawing.forEach((value, i) => {
        if (value > 0.5) high.add(Math.floor(i / columns));
        sum += value;
        x += value * ((i % columns) + 0.5);
        y += value * (Math.floor(i / columns) + 0.5);
      });
      return { x: x / sum - columns / 2, y: y / sum - rows / 2, high: high.size, rows };
    });
    assert.ok(Math.abs(mass.x) < 0.75 && Math.abs(mass.y) < 0.75, JSON.stringify(mass));
    assert.ok(Math.abs(mass.high - (20 / 28) * mass.rows) <= 1.5, JSON.stringify(mass));
  });
});

test("keys draw as well", async () => {
  await on({}, async (page) => {
    await page.focus(".pad");
    await page.keyboard.press(" ");
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowDown");
    await settled(page);
    assert.notEqual(await state(page, "drawing"), null);
    await page.keyboard.press("Delete");
    await settled(page);
    assert.equal(await state(page, "drawing"), null);
  });
});

for (const [size, theme] of [["desk", "light"], ["desk", "dark"], ["phone", "light"], ["phone", "dark"]]) {
  test(`axe finds nothing: ${size}, ${theme}`, async () => {
    await on({ size, theme }, async (page) => {
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
      const place = size === "desk" ? await placeOf(page) : null;
      if (place) await page.mouse.click(place.x, place.y);
      // They are made when they come into view.
      if (await page.$("#outliers")) {
        await page.evaluate(() => document.getElementById("outliers").scrollIntoView());
        await page.waitForSelector("#outliers table");
      }
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => window.axe.run(document));
      const found = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
      assert.deepEqual(found, []);
      // Nothing is wider than the window.
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} pixels too wide`);
    });
  });
}

test("the theme is switched by a button", async () => {
  await on({}, async (page) => {
    const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await color();
    await page.click("#theme");
    assert.notEqual(await color(), light);
    await page.click("#theme");
    assert.equal(await color(), light);
  });
});

test("the page has this bundle", { skip: Boolean(process.env.REPORT) }, async () => {
  const script = await readFile(new URL("../../crates/mnist-experiments/src/report_page/page.js", import.meta.url), "utf8");
  const page = await readFile(path, "utf8");
  assert.ok(page.includes(script), "run `just report-page`");
});
