// Days and months as the diary names them: "2026-11-30", "2026-11", "2026".
import { date, locale } from "../../lib/words.js";

const DAY = 86400000; // ms
const noon = (day) => new Date(`${day}T12:00Z`);
const two = (n) => String(n).padStart(2, "0");

/** The clocks of a zone that the browser knows; UTC for one that it does not. */
export function zoneFor(zone) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

/** A moment by the clocks of a zone, as a field of a form writes it: "2026-11-30T08:15". */
export const clocks = (moment, zone) =>
  new Intl.DateTimeFormat("sv", { timeZone: zoneFor(zone), dateStyle: "short", timeStyle: "short" }).format(new Date(moment)).replace(" ", "T");

/** Which day it is in a zone. */
export const today = (zone) => clocks(Date.now(), zone).slice(0, 10);

/** A day so many days on. */
export const plus = (day, days) => new Date(noon(day).getTime() + days * DAY).toISOString().slice(0, 10);

/** A month so many months on. */
export function plusMonths(month, months) {
  const [year, number] = month.split("-").map(Number);
  const all = year * 12 + number - 1 + months;
  return `${String(Math.floor(all / 12)).padStart(4, "0")}-${two(all % 12 + 1)}`;
}

/** All days of a month or a year. */
export function daysOf(period) {
  const within = [];
  const first = period.length === 4 ? `${period}-01-01` : `${period}-01`;
  for (let day = first; day.startsWith(period); day = plus(day, 1)) within.push(day);
  return within;
}

/** A day, a month or a year as people write it. */
export const dayName = (day, how = { weekday: "long", day: "numeric", month: "long", year: "numeric" }) =>
  date(noon(day), { ...how, timeZone: "UTC" });
export const monthName = (month, how = { month: "long", year: "numeric" }) => dayName(`${month}-15`, how);
export const yearName = (year) => dayName(`${year}-06-15`, { year: "numeric" });

/** On which day of the week weeks begin where this language is spoken: 1 is Monday, 7 Sunday. */
export function weekBegins() {
  const here = new Intl.Locale(locale());
  return (here.getWeekInfo?.() ?? here.weekInfo)?.firstDay ?? 1;
}

/** Days of a week from its first on, each as one of them; the second week of 2024 is any week. */
export const week = () => Array.from({ length: 7 }, (_, i) => plus("2024-01-08", weekBegins() - 1 + i));

/** How many days of its week stand before a day. */
export const before = (day) => (noon(day).getUTCDay() - weekBegins() + 7) % 7;
