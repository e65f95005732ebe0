// What days and entries feel like, as the service tells it: `shares` by label, or none, and the
// `label` that they are called by where it is sure; of several entries what each of them is called by
// (`feelings`), and whether these are several and none is that of all (`is_mixed`).
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

/** Labels that a mood is drawn in: one, the two that most entries have where it is mixed, or none. */
export const drawnIn = ({ label, feelings, is_mixed: mixed }) =>
  (label ? [label] : mixed ? Object.keys(feelings).slice(0, 2) : []);

/** A mood in words: "joy 71 %", "mixed: joy, sadness". */
export function inWords({ label, shares, feelings, is_mixed: mixed }) {
  if (label) return `${feeling(label)} ${label in shares ? percent(shares[label]) : ""}`;
  const several = Object.keys(feelings).map(feeling).join(", ");
  if (mixed) return `${t("felt.mixed")}: ${several}`;
  return several ? t("felt.unsure-but", { feeling: several }) : t("felt.unsure");
}

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
