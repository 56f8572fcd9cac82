// Tables that are sorted by a click on a column's head.

import { h, short } from "./dom.ts";

export type Cell = string | number | null;

export function sortable(caption: string, columns: string[], rows: Cell[][]): HTMLElement {
  const body = h("tbody");
  const heads: HTMLTableCellElement[] = [];
  let order = { column: -1, up: false };
  const fill = (sorted: Cell[][]) => {
    body.replaceChildren(
      ...sorted.map((row) =>
        h(
          "tr",
          {},
          ...row.map((cell, i) => {
            if (i === 0) return h("th", { scope: "row" }, String(cell));
            const text = typeof cell === "string" ? cell : short(cell);
            return h("td", { class: typeof cell === "string" ? "" : "number" }, text);
          }),
        ),
      ),
    );
  };
  const sort = (column: number) => {
    // Numbers from the largest on at first, names from A.
    const up = order.column === column ? !order.up : typeof rows[0]?.[column] === "string";
    order = { column, up };
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    const sorted = [...rows].sort((a, b) => {
      const [x, y] = [a[column], b[column]];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      const by = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return up ? by : -by;
    });
    fill(sorted);
  };
  columns.forEach((name, i) => {
    heads.push(h("th", { scope: "col" }, h("button", { type: "button", class: "sort", onclick: () => sort(i) }, name)));
  });
  fill(rows);
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", { class: "sortable" }, h("caption", {}, caption), h("thead", {}, h("tr", {}, ...heads)), body),
  );
}
