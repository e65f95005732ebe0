// What was said, as a conversation: each of the person's turns with how it came across.
import { tongue } from "./aloud.js";
import { cues as inWords } from "./cues.js";
import { h, say } from "./dom.js";
import { bars, verdict } from "./feelings.js";
import { feeling, language, percent, t } from "./words.js";

const SOURCES = ["text", "voice", "face"];

/** A turn of an exchange (lib/exchange.js) as an item of a list. */
export function bubble(turn) {
  if (turn.who === "line") return h("li", { class: "break" }, t(`talk.line.${turn.what}`));
  return turn.who === "you" ? yours(turn) : answer(turn);
}

const who = (name) => h("span", { class: "by" }, name);

function yours({ text, heard, isDraft, lost, language: code }) {
  const stands = lost ? "lost" : isDraft ? "draft" : "sent";
  const later = heard ? felt(heard) : [h("p", { class: "small" }, t(`talk.yours.${stands}`))];
  return h("li", { class: isDraft ? "bubble yours drafted" : "bubble yours", "aria-busy": isDraft && !lost ? "true" : null }, who(t("talk.you")), h("p", { lang: code ?? tongue(text), dir: "auto" }, text), later);
}

const answer = (turn) => grow(h("li", { class: "bubble answer" }, who("Empathia"), h("p", { dir: "auto" })), turn);

/** What has come since it was drawn of an answer, or of what is still being said; what is there already stays,
 *  and is not read out again. */
export function grow(node, { sentences, why, cut, text }) {
  const words = node.querySelector("p");
  if (!sentences) return say(words, text);
  words.lang = tongue(sentences.join(" "));
  for (const one of sentences.slice(words.children.length)) words.append(h("span", {}, one), " ");
  if (why && !node.querySelector("details")) node.append(h("details", {}, h("summary", {}, t("talk.why")), h("p", { class: "small reason" }, why)));
  if (cut && !node.querySelector(".cut")) node.append(h("p", { class: "small cut" }, t("talk.cut")));
  return node;
}

function felt({ emotion, emotions, cues }) {
  const unsure = emotion && !emotion.label;
  const second = !unsure && emotion?.runner_up;
  return [
    h("p", { class: "felt" }, verdict(emotion),
      second && h("small", {}, " ", t("talk.second", { feeling: feeling(second.label), share: percent(second.score) })),
      unsure && h("small", {}, " ", t("talk.unsure"))),
    h("details", {}, h("summary", {}, t(cues ? "talk.sounded" : "talk.shares")), cues && sounded(cues),
      emotion && Object.keys(emotion.scores).length ? [cues && h("h3", {}, t("talk.shares")), bars(emotion.scores)] : null,
      bySource(emotions ?? {}), unsure && emotion.abstained && h("p", { class: "small reason" }, emotion.abstained)),
  ];
}

/** How the voice was, in words; the impression is written in English alone. */
function sounded({ levels, impression, reference }) {
  const told = inWords(levels).map(([name, much]) => h("div", {}, h("dt", {}, name), h("dd", {}, much)));
  return [told.length ? h("dl", { class: "measures" }, told) : h("p", { class: "small" }, t("talk.nothing-to-tell")),
    language() === "en" && impression && h("p", { class: "impression" }, impression),
    told.length ? h("p", { class: "small" }, t(reference === "corpus" ? "talk.beside-others" : "talk.beside-you")) : null];
}

function bySource(emotions) {
  const there = SOURCES.filter((name) => name in emotions);
  return there.length > 1 && h("dl", { class: "sources" }, there.map((name) => h("div", {},
    h("dt", {}, t(`talk.source.${name}`)), h("dd", {}, verdict(emotions[name])))));
}
