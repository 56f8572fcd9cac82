// Bundles the page into the crate: one script and one style sheet, with the licences of what is in them.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { bundleInto } from "./bundle_into.mjs";

const crate = new URL("../crates/mnist-experiments/src/report_page/", import.meta.url).pathname;
const here = (path) => new URL(path, import.meta.url).pathname;

await build({
  entryPoints: { page: here("src/main.ts") },
  bundle: true,
  format: "iife",
  target: ["chrome103", "firefox113", "safari16.4"], // these read zlib streams
  minify: true,
  legalComments: "none", // they are in page.LICENSES.txt
  charset: "utf8",
  outdir: crate,
});

const licences = [["uPlot 1.6.32 (github.com/leeoniya/uPlot)", "node_modules/uplot/LICENSE"]];
let text = "page.js and page.css are bundled from report-page/, which has the licence of this project, and from:\n";
for (const [name, file] of licences) {
  text += `\n${name}\n\n${(await readFile(here(file), "utf8")).trim()}\n`;
}
await writeFile(`${crate}page.LICENSES.txt`, text);

// The page in docs has the same bundle.
const docs = here("../docs/report.html");
const page = await readFile(docs, "utf8").catch(() => null);
if (page) {
  const [style, script] = await Promise.all(["page.css", "page.js"].map((name) => readFile(crate + name, "utf8")));
  await writeFile(docs, bundleInto(page, style, script));
}
