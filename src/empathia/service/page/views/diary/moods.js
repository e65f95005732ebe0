// What days and entries feel like, as the service tells it: `shares` by label, or none.
import { verdict } from "../../lib/feelings.js";
import { h } from "../../lib/dom.js";
import { feeling, percent, t } from "../../lib/words.js";

const GLAD = ["joy"];
const HARD = ["sadness", "anger", "fear", "disgust"];
// Reasons as the service writes them; others are shown as they are.
const UNHEARD = "nothing was heard";
const UNSURE = /^(\w+) is too unsure \((\d+) %, needs (\d+) %\)$/;

/** The label with the largest share, or null. */
export const main = (shares) => Object.entries(shares).reduce((a, b) => (a && a[1] >= b[1] ? a : b), null)?.[0] ?? null;

/** How much gladder than hard, from -1 to 1. */
export function height(shares) {
  const sum = (labels) => labels.reduce((all, label) => all + (shares[label] ?? 0), 0);
  return sum(GLAD) - sum(HARD);
}

/** A mood in words: "joy 71 %"; or why there is none. */
export function inWords({ shares, abstained }) {
  const label = main(shares);
  if (label) return `${feeling(label)} ${percent(shares[label])}`;
  return abstained === UNHEARD ? t("diary.unheard") : t("felt.unsure");
}

/** The same with its mark, and with the reason where there is no feeling. */
export function shown({ shares, abstained }) {
  const label = main(shares);
  if (label) return verdict({ label, confidence: shares[label] });
  if (abstained === UNHEARD) return h("span", { class: "verdict-of" }, t("diary.unheard"));
  const unsure = UNSURE.exec(abstained);
  return [verdict({ label: null }), unsure
    ? h("small", { class: "why" }, t("diary.too-unsure", { feeling: feeling(unsure[1]), share: percent(unsure[2] / 100), needed: percent(unsure[3] / 100) }))
    : h("small", { class: "why", lang: "en" }, abstained)];
}

/** The mean of days of which each is told with how many entries have a feeling. */
export function together(moods) {
  const sums = {};
  let felt = 0;
  for (const mood of moods) {
    felt += mood.felt;
    for (const [label, share] of Object.entries(mood.shares)) sums[label] = (sums[label] ?? 0) + mood.felt * share;
  }
  for (const label of Object.keys(sums)) sums[label] /= felt;
  return { entries: moods.reduce((all, mood) => all + mood.entries, 0), felt, shares: sums };
}

/** "1 entry", "12 entries". */
export const counted = (number) => (number === 1 ? t("diary.one-entry") : t("diary.entries", { number }));
