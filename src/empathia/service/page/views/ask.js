// Ask the language model about one turn of a recording, and see what its answer hangs on.
import { Problem, ask, events } from "../lib/api.js";
import { h, put } from "../lib/dom.js";
import { bars, verdict } from "../lib/feelings.js";
import { existing, progress, titled } from "../lib/jobs.js";
import { clock, date, feeling, language, percent, t } from "../lib/words.js";
import { complain, told as inWords } from "../main.js";

const CLEAR = 0.2; // nats and probability that a part costs the label, where the sentence names it
const FALLS = 0.02;
const TOLD = 2; // parts in the sentence

export default async function draw(main, signal, id = "", utterance = "") {
  if (!id) return which(main, signal);
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  const timeline = await existing(main, ask(`${path}/timeline`, { signal }));
  if (!timeline) return;
  const { turns, source } = timeline;
  const panel = h("section", { class: "panel answer", "aria-label": t("ask.answer") }, h("p", { class: "hint" }, t("ask.choose")));
  const list = h("ol", { class: "choose", "aria-label": t("ask.turns") }, turns.map((turn) => choice(turn, id, utterance)));
  put(main, h("p", {}, h("a", { href: `#recordings/${id}` }, `← ${titled(source)}`)), h("h1", {}, t("ask.title")),
    h("p", { class: "lead" }, t("ask.lead")), h("div", { class: "asking" }, h("section", { class: "panel" }, h("h2", {}, t("ask.turns")), list), panel));
  const turn = turns.find((one) => one.id === utterance);
  if (!turn) return;
  const chosen = list.querySelector("[aria-current]");
  list.scrollTop = chosen.offsetTop - list.offsetTop - list.clientHeight / 3;
  if (innerWidth < 800) panel.scrollIntoView();
  answer(panel, path, turn, signal).catch(complain);
}

/** Recordings that can be asked about. */
async function which(main, signal) {
  const { jobs } = await ask("/v1/jobs", { signal });
  const done = jobs.filter((job) => job.state === "done");
  put(main, h("h1", {}, t("ask.title")), h("p", { class: "lead" }, t("ask.which")),
    done.length ? h("ul", { class: "jobs" }, done.map((job) => h("li", {}, h("a", { class: "name", href: `#ask/${job.id}` }, titled(job.name)),
      h("span", { class: "when" }, date(job.created))))) : h("p", {}, h("a", { href: "#record" }, t("ask.none"))));
}

const when = (turn) => (turn.start === null ? null : h("span", { class: "when" }, clock(turn.start)));

function choice(turn, id, chosen) {
  return h("li", {}, h("a", { href: `#ask/${id}/${encodeURIComponent(turn.id)}`, "aria-current": turn.id === chosen ? "true" : null },
    h("span", { class: "row-of" }, when(turn), h("b", {}, turn.speaker), verdict(turn.emotion)),
    h("span", { class: "spoken", dir: "auto" }, turn.text || t("ask.wordless"))));
}

async function answer(panel, path, turn, signal) {
  const bar = progress();
  const quoted = h("blockquote", { class: "quoted" }, h("p", { class: "row-of" }, when(turn), h("b", {}, turn.speaker)),
    h("p", { dir: "auto" }, turn.text || t("ask.wordless")));
  put(panel, quoted, bar.node);
  bar.tell(t("ask.asking"));
  let told = null;
  try {
    await events(`${path}/ask`, (name, value) => {
      if (name === "progress" && value.stage === "loading") bar.tell(t("ask.loading"));
      if (name === "answer") told = value;
      if (name === "problem") throw new Problem(value.status, value);
    }, { method: "POST", json: { utterance: turn.id, language: language() }, signal });
  } catch (error) {
    if (error.name === "AbortError" || error.status === 401) throw error;
    put(panel, quoted, h("div", { role: "alert" }, ...inWords(error)));
    return;
  }
  put(panel, quoted, ...shown(told, turn));
  panel.querySelector("h2").focus();
}

function shown({ emotion, why }, turn) {
  return [h("h2", { tabindex: "-1" }, t("ask.says"), " ", verdict(emotion)),
    emotion.label ? null : h("p", { class: "small" }, t("ask.unsure", { label: feeling(why.label), share: percent(why.confidence) })),
    h("p", { class: "because" }, why.note ? [t("ask.no-reason"), " ", why.note] : because(why)),
    h("p", { class: "small" }, t("ask.beside"), " ", verdict(turn.emotion)),
    h("h3", {}, t("ask.shares")), bars(emotion.scores),
    why.parts.length ? h("h3", {}, t("ask.parts", { label: feeling(why.label) })) : null, why.parts.length ? left(why) : null,
    h("h3", {}, t("ask.cues")), cues(why.cues),
    h("details", { class: "prompt" }, h("summary", {}, t("ask.prompt")),
      why.prompt.map(({ role, content }) => [h("h3", { lang: "en" }, role), h("pre", { lang: "en", dir: "auto" }, content)]).flat()),
    h("p", { class: "small" }, t("ask.caution"))];
}

const part = ({ kind, text }) => (kind === "past" ? t("ask.past") : kind === "words" ? `“${text}”` : `${t(`kind.${kind}`)} “${text}”`);

/** The sentence that says what a label hangs on. */
function because(why) {
  const counts = why.parts.filter((p) => p.change >= CLEAR && why.confidence - p.without >= FALLS).slice(0, TOLD);
  const label = feeling(why.label);
  if (!counts.length) return t("ask.nothing-counts", { label });
  const values = { label, share: percent(why.confidence), part: part(counts[0]), without: percent(counts[0].without) };
  if (counts.length === 1) return t("ask.one-counts", values);
  return t("ask.two-count", { ...values, other: part(counts[1]), less: percent(counts[1].without) });
}

/** How sure the label is without each part, the one that counts most first. */
function left(why) {
  const row = ({ name, share, whole }) => h("tr", { class: whole ? "whole-of" : null }, h("th", { scope: "row" }, name),
    h("td", {}, h("span", { class: "track-of" }, h("b", { style: `width:${100 * share}%` })), h("span", { class: "much" }, percent(share))));
  return h("table", { class: "without" }, h("thead", { class: "unseen" }, h("tr", {}, h("th", {}, t("ask.left-out")), h("th", {}, t("ask.how-sure")))),
    h("tbody", {}, row({ name: t("ask.all"), share: why.confidence, whole: true }),
      why.parts.map((p) => row({ name: t("ask.without", { part: part(p) }), share: p.without }))));
}

function cues(told) {
  const each = Object.entries(told);
  if (!each.length) return h("p", { class: "small" }, t("ask.no-cues"));
  return h("ul", {}, each.map(([kind, words]) => h("li", {}, `${t(`kind.${kind}`)}: ${words}`)));
}
