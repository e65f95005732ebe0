// The diary: written, looked back on, searched.
import { about } from "../main.js";
import { ask } from "../lib/api.js";
import { form, h, put } from "../lib/dom.js";
import { bars } from "../lib/feelings.js";
import { t } from "../lib/words.js";
import { calendar, year } from "./diary/calendar.js";
import { curve } from "./diary/curve.js";
import { dayName, monthName, plus, plusMonths, today, yearName } from "./diary/days.js";
import { list } from "./diary/entries.js";
import { counted } from "./diary/moods.js";
import { writing } from "./diary/writing.js";

const KINDS = { 4: "year", 7: "month", 10: "day" };
const NAMES = { year: yearName, month: monthName, day: dayName };

export default async function draw(main, signal, where = "", query = "") {
  if (!about.account) return stranger(main);
  if (where === "search" || where === "bookmarks") await found(main, signal, where, query);
  else await period(main, signal, known(where) ? where : today(about.account.zone).slice(0, 7));
}

/** Whether a place is a year, a month or a day. */
function known(where) {
  if (!/^\d{4}(-\d\d){0,2}$/.test(where) || where < "1900" || where > "2999") return false;
  const day = `${where}-01-01`.slice(0, 10);
  const named = new Date(`${day}T12:00Z`);
  return !Number.isNaN(named.getTime()) && named.toISOString().startsWith(day);
}

function stranger(main) {
  put(main, h("article", { class: "panel narrow" }, h("h1", {}, t("tabs.diary")),
    ["write", "look", "yours"].map((part) => h("p", { class: "about" }, t(`diary.about.${part}`))),
    h("div", { class: "row-of" }, h("a", { class: "solid", href: "#account" }, t("diary.sign-in")))));
}

function tools(query = "") {
  const wanted = h("input", { type: "search", value: query, maxlength: 200, required: true, placeholder: t("diary.search-for"), "aria-label": t("diary.search-for") });
  const search = form(() => { location.hash = `#diary/search/${encodeURIComponent(wanted.value)}`; }, { class: "row-of", role: "search" },
    wanted, h("button", { class: "plain" }, t("diary.search")));
  return h("div", { class: "row-of tools" }, search,
    h("a", { class: "plain", href: "#diary/bookmarks" }, h("span", { "aria-hidden": "true" }, "★"), "\u00a0", t("diary.bookmarks")),
    h("a", { class: "plain", href: "#account/files" }, t("diary.files")));
}

async function found(main, signal, where, query) {
  const path = where === "search" ? `/v1/diary/search?${new URLSearchParams({ q: query })}` : "/v1/diary/bookmarks";
  const said = h("p", { role: "status", class: "lead" });
  const holder = h("div", {});
  const refresh = async (sentence) => {
    const { entries } = await ask(path, { signal });
    if (where === "bookmarks") entries.reverse(); // the newest first
    put(said, sentence ? `${sentence} ` : null, entries.length ? counted(entries.length) : t("diary.nothing-found"));
    put(holder, list(entries, about.account, signal, refresh));
  };
  put(main, h("div", { class: "diary-head" }, h("div", {}, h("h1", {}, t(where === "search" ? "diary.search" : "diary.bookmarks")),
    h("a", { href: "#diary" }, t("diary.back"))), tools(query)), said, holder);
  await refresh();
}

/** A year, a month or a day. */
async function period(main, signal, at) {
  const { account } = about;
  const kind = KINDS[at.length];
  const now = today(account.zone);
  const said = h("p", { role: "status", class: "done" });
  const parts = Object.fromEntries(["side", "middle", "entries"].map((name) => [name, h("div", { class: `diary-${name}` })]));
  const refresh = async (sentence = null) => {
    const within = new URLSearchParams({ [kind]: at });
    const shown = kind === "day" ? at.slice(0, 7) : at;
    const [moods, mood, several] = await Promise.all([
      ask(`/v1/diary/curve?${KINDS[shown.length]}=${shown}`, { signal }), ask(`/v1/diary/shares?${within}`, { signal }),
      kind === "year" ? { entries: [] } : ask(`/v1/diary/entries?${within}`, { signal })]);
    const named = kind === "year" ? Array.from({ length: 12 }, (_, i) => plusMonths(`${at}-01`, i)) : [];
    const months = await Promise.all(named.map(async (month) => [month, await ask(`/v1/diary/shares?month=${month}`, { signal })]));
    if (signal.aborted) return;
    look(parts, { at, kind, now, shown, moods, months: Object.fromEntries(months), mood, signal });
    const newest = several.entries.reverse();
    put(parts.entries, kind === "year" ? null : h("h2", {}, newest.length ? counted(newest.length) : t(`diary.nothing.${kind}`)),
      newest.length ? list(newest, account, signal, refresh) : null);
    put(said, sentence);
  };
  const kept = async (entry) => {
    await refresh();
    const away = entry.day.startsWith(at) ? null : h("a", { href: `#diary/${entry.day}` }, dayName(entry.day));
    put(said, t("diary.kept"), away && " ", away);
  };
  put(main, h("div", { class: "diary-head" }, heading(at, kind, now), tools()),
    h("div", { class: `diary diary-of-${kind}` },
      kind === "year" ? said : h("div", { class: "diary-write", oninput: () => put(said) }, writing(account, kind === "day" ? at : null, signal, kept), said),
      parts.side, parts.middle, parts.entries));
  await refresh();
}

/** What is looked at, what lies before and behind it, and what it is a part of. */
function heading(at, kind, now) {
  const step = { year: (n) => String(Number(at) + n), month: (n) => plusMonths(at, n), day: (n) => plus(at, n) }[kind];
  const last = now.slice(0, at.length);
  const to = (where, sign, key) => h("a", { class: "plain", href: `#diary/${where}`, "aria-label": `${t(key)}: ${NAMES[kind](where)}` }, sign);
  const whole = { month: () => at.slice(0, 4), day: () => at.slice(0, 7) }[kind]?.();
  return h("div", {}, h("h1", {}, NAMES[kind](at)), h("nav", { class: "row-of", "aria-label": t("diary.periods") },
    to(step(-1), "‹", "diary.earlier"), at < last ? to(step(1), "›", "diary.later") : null,
    whole ? h("a", { class: "plain", href: `#diary/${whole}` }, NAMES[KINDS[whole.length]](whole)) : null,
    at === last && kind !== "year" ? null : h("a", { class: "plain", href: `#diary/${now.slice(0, 7)}` }, t("diary.now"))));
}

/** Calendar, curve and shares. */
function look(parts, { at, kind, now, shown, moods, months, mood, signal }) {
  const shares = h("section", { class: "panel" }, h("h2", {}, t("diary.shares")),
    h("p", { class: "small" }, t("diary.shares-of", { entries: counted(mood.entries), felt: mood.felt })), bars(mood.shares));
  const told = mood.felt ? shares : null;
  if (kind === "year") {
    put(parts.side, year(moods, months));
    put(parts.middle, curve(shown, moods, signal), told);
    return;
  }
  const go = (month) => { location.hash = `#diary/${month}`; };
  const { table, keys, arrive } = calendar({ month: shown, moods, now, chosen: kind === "day" ? at : null, go });
  put(parts.side, h("section", { class: "panel" }, h("h2", { class: "unseen" }, t("diary.calendar")), table, keys), told);
  put(parts.middle, kind === "month" ? curve(shown, moods, signal) : null);
  arrive();
}
