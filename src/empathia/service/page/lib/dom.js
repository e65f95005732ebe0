// Elements. Text goes in as text, never as HTML: what people said cannot become a script.
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "srcObject") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** An element; properties are attributes, `onclick` and the like listen. */
export const h = (tag, properties = {}, ...children) =>
  fill(document.createElement(tag), properties, children);

/** The same of a picture. */
export const svg = (tag, properties = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), properties, children);

/** Put children in the place of what is there. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** Do something while a button shows that, and cannot be pressed again. It keeps the focus. */
async function busily(node, act) {
  node.disabled = true;
  node.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    node.disabled = false;
    node.removeAttribute("aria-busy");
    if (document.activeElement === document.body) node.focus();
  }
}

/** A button; while what it does is under way it is busy. */
export function button(label, act, properties = {}) {
  const node = h("button", { type: "button", class: "plain", ...properties }, label);
  node.addEventListener("click", (event) => busily(node, () => act(event)));
  return node;
}

/** A form; what is sent goes to `act`, one after another. That it goes on is said where it says how it went. */
export function form(act, properties, ...children) {
  const node = h("form", properties, ...children);
  const sends = node.querySelector("button:not([type=button])");
  const said = node.querySelector("[role=status]") ?? h("span", { role: "status", class: "small" });
  if (!node.contains(said) && properties.role !== "search") sends.parentElement.append(said);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sends.disabled) return;
    node.setAttribute("aria-busy", "true");
    said.textContent = t("frame.busy");
    try {
      await busily(sends, () => act(event));
    } finally {
      node.removeAttribute("aria-busy");
      if (said.textContent === t("frame.busy")) put(said);
    }
  });
  return node;
}

let fields = 0;

/** A labelled field of a form; a hint describes it. A box to tick stands before its label. */
export function field(label, control, hint = null) {
  control.id ||= `field-${fields += 1}`;
  if (hint) control.setAttribute("aria-describedby", `${control.id}-hint`);
  const told = [h("label", { for: control.id }, label), hint && h("small", { id: `${control.id}-hint` }, hint)];
  if (control.type === "checkbox") return h("div", { class: "check" }, control, h("div", {}, told));
  return h("div", { class: "field" }, told[0], control, told[1]);
}

/** Say it where it is not said yet: what is put anew is read out again. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

const FLOOR = 60; // dB that a bar of loudness shows

/** A bar of loudness, for the eye alone; `show(0..1)`. */
export function level() {
  const bar = h("b");
  const show = (loud) => {
    const share = Math.max(0, 1 + 20 * Math.log10(Math.max(loud, 1e-4)) / FLOOR);
    bar.style.transform = `scaleX(${share.toFixed(3)})`;
  };
  return { node: h("div", { class: "level", "aria-hidden": "true" }, bar), show };
}
