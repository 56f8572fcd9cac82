// Elements of the page.

type Attribute = string | number | boolean | null | ((event: never) => void);

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.replace(/^on/, ""), value as EventListener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children);
  return element;
}

let numbers = 0;

/** An id that no other element has. */
export function freshId(): string {
  return `n${numbers++}`;
}

/** A drop-down list with its label. */
export function choice(
  label: string,
  options: string[],
  onChange: (index: number) => void,
): { element: HTMLElement; select: HTMLSelectElement } {
  const select = h("select", {
    onchange: () => onChange(select.selectedIndex),
  });
  for (const option of options) select.append(h("option", {}, option));
  return { element: h("label", { class: "choice" }, `${label} `, select), select };
}

/** A checkbox with its label. */
export function checkbox(label: string, checked: boolean, onChange: (on: boolean) => void): HTMLElement {
  const input = h("input", { type: "checkbox", onchange: () => onChange(input.checked) });
  input.checked = checked;
  return h("label", { class: "check" }, input, ` ${label}`);
}

export function percent(share: number | null | undefined, digits = 1): string {
  return share == null || !Number.isFinite(share) ? "n/a" : `${(100 * share).toFixed(digits)} %`;
}

/** A number to as many digits as one reads. */
export function short(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return "n/a";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return String(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return size >= 100 ? value.toFixed(1) : size >= 1 ? value.toFixed(3) : value.toFixed(4);
}
