// The mood from day to day: a picture with an axis, and the same as a table.
import { SEVERAL, colour, letter, on } from "../../lib/feelings.js";
import { h, put, svg } from "../../lib/dom.js";
import { percent, t } from "../../lib/words.js";
import { dayName, daysOf } from "./days.js";
import { drawnIn, height, inWords } from "./moods.js";

const TALL = 220;
const EDGE = { left: 58, right: 14, top: 16, bottom: 28 };
const ROOM = 17; // px to other days from which on a letter fits
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
  const near = (one, other) => one !== other && Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) < ROOM;
  return svg("svg", { width: wide + EDGE.left + EDGE.right, height: TALL, role: "img", "aria-label": t("diary.curve-told", { number: known.length }) },
    axis(days, x, y, wide), svg("path", { class: "through", d: `M${points.map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("L")}` }),
    points.map((point) => dot(point, !points.some((other) => near(point, other)))));
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
  const labels = drawnIn(mood);
  const [one, other] = labels.map(colour);
  const half = (fill) => svg("stop", { offset: "50%", "stop-color": fill });
  const both = other && svg("linearGradient", { id: `both-${day}`, x2: 1, y2: 1 }, half(one), half(other));
  const kind = other ? "mixed" : one ? "one" : "unsure";
  const shape = { class: `dot ${kind}`, style: other ? `stroke:url(#both-${day})` : one && `fill:${one}` };
  const told = svg("title", {}, `${dayName(day, short)}: ${inWords(mood)}`);
  if (!lettered) return svg("g", {}, both, svg("circle", { ...shape, cx: x, cy: y, r: 5 }), told);
  return svg("g", {}, both, svg("rect", { ...shape, x: x - 8, y: y - 8, width: 16, height: 16, rx: 5 }),
    svg("text", { class: `letter ${kind}`, x, y: y + 4, "text-anchor": "middle", style: kind === "one" ? `fill:${on(...labels)}` : null },
      { mixed: SEVERAL, one: one && letter(labels[0]), unsure: "?" }[kind]), told);
}

function table(known, moods) {
  return h("div", { class: "scroller" }, h("table", { class: "told" },
    h("thead", {}, h("tr", {}, ["day", "feeling", "height", "entries"].map((name) => h("th", { scope: "col" }, t(`diary.column.${name}`))))),
    h("tbody", {}, known.map((day) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: `#diary/${day}` }, dayName(day, short))), h("td", {}, inWords(moods[day])),
      h("td", {}, signed(height(moods[day].shares))), h("td", {}, String(moods[day].entries)))))));
}

const signed = (value) => `${value > 0.005 ? "+" : value < -0.005 ? "−" : ""}${percent(Math.abs(value))}`;
