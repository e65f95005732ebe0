// Months as grids of days, each with what it feels like.
import { SEVERAL, chip, tint } from "../../lib/feelings.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/words.js";
import { before, dayName, daysOf, monthName, plus, plusMonths, week } from "./days.js";
import { counted, drawnIn, inWords } from "./moods.js";

let wanted = null; // the day that gets the focus when its month has been drawn

const said = (day, mood) => {
  const name = dayName(day, { weekday: "long", day: "numeric", month: "long" });
  return mood ? `${name}: ${inWords(mood)}, ${counted(mood.entries)}` : t("diary.day-empty", { day: name });
};

/** Days by weeks, with null where the month has not begun or is over. */
function weeks(month) {
  const days = daysOf(month);
  const cells = [...Array(before(days[0])).fill(null), ...days];
  while (cells.length % 7) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, i) => cells.slice(7 * i, 7 * i + 7));
}

/** A month: arrows go from day to day, Page Up and Down from month to month, Enter opens a day. */
export function calendar({ month, moods, now, chosen, go }) {
  const days = daysOf(month);
  const cells = new Map();
  let at = [wanted, chosen, now].find((day) => days.includes(day)) ?? days[0];
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

  function focus(day) {
    if (!cells.has(day)) {
      wanted = day;
      return go(day.slice(0, 7));
    }
    cells.get(at).tabIndex = -1;
    at = day;
    cells.get(at).tabIndex = 0;
    cells.get(at).focus();
  }

  function other(months) {
    const next = daysOf(plusMonths(at.slice(0, 7), months));
    focus(next[Math.min(Number(at.slice(8)), next.length) - 1]);
  }

  function key(event) {
    const moves = {
      Home: () => focus(days[Math.max(0, days.indexOf(at) - before(at))]),
      End: () => focus(days[Math.min(days.length - 1, days.indexOf(at) - before(at) + 6)]),
      PageUp: () => other(-1), PageDown: () => other(1),
    };
    const move = event.key in steps ? () => focus(plus(at, steps[event.key])) : moves[event.key];
    if (!move || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    move();
  }

  function cell(day) {
    if (!day) return h("td", {});
    const mood = moods[day];
    const kinds = { day: true, felt: mood, today: day === now, chosen: day === chosen };
    const open = h("a", {
      href: `#diary/${day}`, tabindex: day === at ? 0 : -1, class: Object.keys(kinds).filter((kind) => kinds[kind]).join(" "),
      style: mood ? tint(drawnIn(mood)) : null, "aria-label": said(day, mood), "aria-current": day === now ? "date" : day === chosen ? "page" : null,
      onfocus: () => { cells.get(at).tabIndex = -1; at = day; open.tabIndex = 0; },
    }, h("span", { class: "number" }, String(Number(day.slice(8)))),
    mood?.entries > 1 ? h("span", { class: "several" }, `×${mood.entries}`) : null, mood ? chip(...drawnIn(mood)) : null);
    cells.set(day, open);
    return h("td", { class: day > now ? "to-come" : null, "aria-selected": day === chosen ? "true" : null }, open);
  }

  const head = week().map((day) => h("th", { scope: "col", abbr: dayName(day, { weekday: "long" }) }, dayName(day, { weekday: "short" })));
  const table = h("table", { class: "calendar", role: "grid", "aria-label": monthName(month), onkeydown: key },
    h("thead", {}, h("tr", {}, head)),
    h("tbody", {}, weeks(month).map((row) => h("tr", {}, row.map(cell)))));
  const arrive = () => {
    if (wanted) cells.get(wanted)?.focus();
    wanted = null;
  };
  return { table, keys: keys(Object.values(moods).some((mood) => mood.is_mixed), days.includes(now)), arrive };
}

/** What marks of days mean that are no letters. */
const keys = (mixed, current) => h("ul", { class: "keys small" },
  current ? h("li", {}, h("span", { class: "key-today", "aria-hidden": "true" }), t("diary.today")) : null,
  mixed ? h("li", {}, h("span", { class: "chip mixed", "aria-hidden": "true" }, SEVERAL), t("felt.mixed")) : null,
  h("li", {}, chip(), t("felt.unsure")));

/** A year as twelve small months; `moods` by day, `months` by month. */
export const year = (moods, months) =>
  h("ol", { class: "year" }, Object.entries(months).map(([month, mood]) => small(month, moods, mood)));

function small(month, moods, mood) {
  const squares = weeks(month).map((row) => row.map((day) =>
    h("i", { class: moods[day] ? "felt" : day ? null : "none", style: moods[day] ? tint(drawnIn(moods[day])) : null })));
  const told = h("p", { class: "small" }, mood.felt ? [chip(...drawnIn(mood)), ` ${inWords(mood)} · `] : null,
    mood.entries ? counted(mood.entries) : null);
  return h("li", { class: "panel" }, h("h2", {}, h("a", { href: `#diary/${month}` }, monthName(month, { month: "long" }))),
    h("div", { class: "squares", "aria-hidden": "true" }, squares.flat()), told);
}
