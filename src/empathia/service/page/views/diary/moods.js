// What days and entries feel like, as the service tells it: `shares` by label, or none, and the
// `label` that they are called by where it is sure.
import { verdict } from "../../lib/feelings.js";
import { h } from "../../lib/dom.js";
import { feeling, percent, t } from "../../lib/words.js";

const GLAD = ["joy"];
const HARD = ["sadness", "anger", "fear", "disgust"];
// Reasons as the service writes them; others are shown as they are.
const UNHEARD = "nothing was heard";
const UNSURE = /^(\w+) is too unsure \((\d+) %, needs (\d+) %\)$/;

/** How much gladder than hard, from -1 to 1. */
export function height(shares) {
  const sum = (labels) => labels.reduce((all, label) => all + (shares[label] ?? 0), 0);
  return sum(GLAD) - sum(HARD);
}

/** A mood in words: "joy 71 %". */
export const inWords = ({ label, shares }) =>
  (label ? `${feeling(label)} ${label in shares ? percent(shares[label]) : ""}` : t("felt.unsure"));

/** The same of an entry with its mark, and with the reason where there is no feeling. */
export function shown({ label, feeling: { shares, abstained } }) {
  if (label) return verdict({ label, confidence: shares[label] ?? null });
  if (abstained === UNHEARD) return h("span", { class: "verdict-of" }, t("diary.unheard"));
  const unsure = UNSURE.exec(abstained);
  return [verdict({ label: null }), unsure
    ? h("small", { class: "why" }, t("diary.too-unsure", { feeling: feeling(unsure[1]), share: percent(unsure[2] / 100), needed: percent(unsure[3] / 100) }))
    : abstained && h("small", { class: "why", lang: "en" }, abstained)];
}

/** "1 entry", "12 entries". */
export const counted = (number) => (number === 1 ? t("diary.one-entry") : t("diary.entries", { number }));
