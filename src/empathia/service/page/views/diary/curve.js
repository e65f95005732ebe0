// The mood from day to day: a picture with an axis, and the same as a table.
import { colour, letter } from "../../lib/feelings.js";
import { h, put, svg } from "../../lib/dom.js";
import { percent, t } from "../../lib/words.js";
import { dayName, daysOf } from "./days.js";
import { height, inWords } from "./moods.js";

const TALL = 220;
const EDGE = { left: 58, right: 14, top: 16, bottom: 28 };
const ROOM = 17; // px a day from which on a letter fits
const short = { day: "numeric", month: "short" };

/** `moods` by day over all days of a period ("2026-11" or "2026"). */
export function curve(period, moods, signal) {
  const days = daysOf(period);
  const known = Object.keys(moods).filter((day) => moods[day].felt).sort();
  if (!known.length) return null;
  const holder = h("div", { class: "curve-of" });
  const watch = new ResizeObserver(() => put(holder, picture(days, known, moods, holder.clientWidth)));
  watch.observe(holder);
  signal.addEventListener("abort", () => watch.disconnect());
  return h("section", { class: "panel" }, h("h2", {}, t("diary.curve")), h("p", { class: "small" }, t("diary.curve-why")),
    holder, h("details", {}, h("summary", {}, t("diary.as-table")), table(known, moods)));
}

function picture(days, known, moods, width) {
  const wide = Math.max(width, 200) - EDGE.left - EDGE.right;
  const tall = TALL - EDGE.top - EDGE.bottom;
  const x = (day) => EDGE.left + wide * (days.indexOf(day) + 0.5) / days.length;
  const y = (value) => EDGE.top + tall * (1 - value) / 2;
  const points = known.map((day) => ({ day, x: x(day), y: y(height(moods[day].shares)), mood: moods[day] }));
  const lettered = wide / days.length >= ROOM;
  return svg("svg", { width: wide + EDGE.left + EDGE.right, height: TALL, role: "img", "aria-label": t("diary.curve-told", { number: known.length }) },
    axis(days, x, y, wide), svg("path", { class: "through", d: `M${points.map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("L")}` }),
    points.map((point) => dot(point, lettered)));
}

function axis(days, x, y, wide) {
  const lines = [[1, "glad"], [0, "even"], [-1, "hard"]].map(([value, name]) => [
    svg("line", { class: value ? "tick" : "tick zero", x1: EDGE.left, x2: EDGE.left + wide, y1: y(value), y2: y(value) }),
    svg("text", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, t(`diary.height.${name}`))]);
  const year = days.length > 31;
  const named = days.filter((day) => (year ? day.endsWith("-01") : Number(day.slice(8)) % 7 === 1));
  const every = year && wide < 460 ? 2 : 1;
  return [...lines.flat(), ...named.filter((_, i) => i % every === 0).map((day) => svg("text", { x: x(day), y: TALL - 8, "text-anchor": year ? "start" : "middle" },
    dayName(day, year ? { month: "short" } : { day: "numeric" })))];
}

function dot({ day, x, y, mood }, lettered) {
  const style = `fill:${mood.label ? colour(mood.label) : "var(--soft)"}`;
  const told = svg("title", {}, `${dayName(day, short)}: ${inWords(mood)}`);
  if (!lettered) return svg("circle", { class: "dot", cx: x, cy: y, r: 4.5, style }, told);
  return svg("g", {}, svg("rect", { class: "dot", x: x - 8, y: y - 8, width: 16, height: 16, rx: 5, style }),
    svg("text", { class: mood.label ? "letter" : "letter none", x, y: y + 4, "text-anchor": "middle" }, mood.label ? letter(mood.label) : "?"), told);
}

function table(known, moods) {
  return h("div", { class: "scroller" }, h("table", { class: "told" },
    h("thead", {}, h("tr", {}, ["day", "feeling", "height", "entries"].map((name) => h("th", { scope: "col" }, t(`diary.column.${name}`))))),
    h("tbody", {}, known.map((day) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: `#diary/${day}` }, dayName(day, short))), h("td", {}, inWords(moods[day])),
      h("td", {}, signed(height(moods[day].shares))), h("td", {}, String(moods[day].entries)))))));
}

const signed = (value) => `${value > 0.005 ? "+" : value < -0.005 ? "−" : ""}${percent(Math.abs(value))}`;
