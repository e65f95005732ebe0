// How a feeling looks: a colour, a letter and a word, so that none has to carry it alone.
import { h } from "./dom.js";
import { feeling, percent, t } from "./words.js";

let looks = {};

/** Take the marks that the service gives its labels. */
export function learnMarks(marks) {
  looks = marks;
}

const look = (label) => looks[label] ?? { letter: label.slice(0, 1).toUpperCase(), light: "#8b929c", dark: "#9aa3ae" };

/** Colour of a feeling on this theme's ground. */
export function colour(label) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return look(label)[dark ? "dark" : "light"];
}

/** The letter of a feeling: the first syllable of what it is called in Korean. */
export function letter(label) {
  const first = feeling(label).slice(0, 1);
  return /[가-힣]/.test(first) ? first : look(label).letter;
}

/** The letter of several feelings at once. */
export const SEVERAL = "&";

/** What is read on a feeling's colour (hex): black or white. */
export function on(label) {
  const [red, green, blue] = colour(label).match(/\w\w/g).map((part) => (parseInt(part, 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#10141a" : "#ffffff";
}

/** Colours of feelings as a style: of one or, where they are mixed, of two. */
export const tint = ([one, other = one]) => (one ? `--c:${colour(one)};--d:${colour(other)};--on:${on(one)}` : null);

/** A small square with the feeling's letter; of two colours where there are two; a dashed one where none was told. */
export function chip(...labels) {
  const kind = ["none", "one", "mixed"][labels.length];
  const mark = { none: "?", one: labels[0] && letter(labels[0]), mixed: SEVERAL }[kind];
  return h("span", { class: `chip ${kind}`, style: tint(labels), "aria-hidden": "true" }, mark);
}

/** A feeling with its share, as "sadness 71 %"; or why none is told. `emotion` is as in docs/json.md. */
export function verdict(emotion) {
  const label = emotion?.label ?? null;
  const told = label ? `${feeling(label)} ${emotion.confidence === null ? "" : percent(emotion.confidence)}` : t(emotion ? "felt.unsure" : "felt.none");
  return h("span", { class: "verdict-of" }, label ? chip(label) : chip(), h("span", {}, told));
}

/** Bars of shares by label, the largest first. */
export function bars(shares) {
  const sorted = Object.entries(shares).sort((a, b) => b[1] - a[1]);
  return h("ul", { class: "shares" }, sorted.map(([label, share]) => h("li", {},
    chip(label), h("span", { class: "name" }, feeling(label)),
    h("span", { class: "track-of" }, h("b", { style: `width:${100 * share}%;--c:${colour(label)}` })),
    h("span", { class: "much" }, percent(share)))));
}

/** Shares as one band, for the eye alone: a verdict in words stands beside it. */
export function strip(shares) {
  const some = Object.entries(shares).filter(([, share]) => share >= 0.005);
  return some.length ? h("div", { class: "strip", "aria-hidden": "true" },
    some.map(([label, share]) => h("i", { style: `flex-grow:${share};--c:${colour(label)}` }))) : null;
}
