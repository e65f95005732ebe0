// What the page says, in the language that was chosen: one file a language.
const KEY = "empathia-language";
const TONGUES = { en: "English", ko: "한국어" };
let strings = {};

export const languages = TONGUES;

/** The language that the page speaks. */
export function language() {
  const wanted = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  return wanted in TONGUES ? wanted : "en";
}

/** Speak another language from now on. */
export function speak(code) {
  localStorage.setItem(KEY, code);
}

/** Fetch the words. */
export async function learn() {
  strings = await (await fetch(`/page/words/${language()}.json`)).json();
  document.documentElement.lang = language();
}

/** A sentence by its name, as "talk.begin"; `{name}` in it is filled in. */
export function t(key, values = {}) {
  const found = key.split(".").reduce((inner, part) => inner?.[part], strings);
  if (found === undefined) return key;
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A feeling's name; labels that nobody translated stay as they are. */
export const feeling = (label) => strings.feelings?.[label] ?? label;

/** "0:07", "1:02:33" of seconds. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The language with its country, where the browser tells one: dates are written so. */
export const locale = () => navigator.languages.find((tongue) => tongue.startsWith(language())) ?? language();

/** A moment or a day as people write it. */
export const date = (value, how = { dateStyle: "medium", timeStyle: "short" }) =>
  new Intl.DateTimeFormat(locale(), how).format(new Date(value));

/** A share as "37 %". */
export const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
