// What was heard in a recording, turn by turn.
import { ask } from "../../lib/api.js";
import { cues as inWords } from "../../lib/cues.js";
import { verdict } from "../../lib/feelings.js";
import { h, put } from "../../lib/dom.js";
import { clock, language, t } from "../../lib/words.js";
import { complain } from "../../main.js";

const CALM = "calm recording"; // what levels of pitch are relative to, where one was measured

/** Folded; it is asked for when it is opened. */
export function heard(path, signal) {
  const inside = h("div", {}, h("p", { class: "small" }, t("diary.heard.wait")));
  let asked = false;
  return h("details", {
    ontoggle: async ({ target }) => {
      if (!target.open || asked) return;
      asked = true;
      try {
        const { turns } = await ask(path, { signal });
        put(inside, turns.length ? h("ol", { class: "heard" }, turns.map(turn)) : h("p", { class: "small" }, t("diary.unheard")));
      } catch (error) {
        asked = false;
        target.open = false;
        complain(error);
      }
    },
  }, h("summary", {}, t("diary.heard.title")), inside);
}

function turn({ start, text, language: spoken, emotion, cues }) {
  const levels = inWords(cues?.levels);
  return h("li", {}, h("p", {}, h("span", { class: "at" }, start === null ? "" : clock(start)), " ", h("span", { lang: spoken }, text ?? "")),
    h("p", {}, emotion ? verdict(emotion) : null),
    levels.length ? h("ul", { class: "levels" }, levels.map(([name, level]) => h("li", {}, `${name}: ${level}`))) : null,
    cues?.reference === CALM ? h("p", { class: "small" }, t("diary.heard.calm")) : null,
    language() === "en" && cues?.impression ? h("p", { class: "small" }, cues.impression) : null);
}
