// Talk with the empathic voice: by microphone or in writing, answered in words and aloud.
import { about, complain } from "../main.js";
import { bubble, grow } from "../lib/bubbles.js";
import { ask } from "../lib/api.js";
import { deleting } from "../lib/dialog.js";
import { button, h, level as loudness, put, say, svg } from "../lib/dom.js";
import { Exchange, nothingSaid } from "../lib/exchange.js";
import { languages, t } from "../lib/words.js";

const WIDE = "(min-width: 860px)"; // there is room beside what was said
const NEAR = 300; // px from the end of the page within which one reads along
const [VOICE, MUTES] = ["empathia-talk-voice", "empathia-talk-mutes"];
const kept = {}; // by account: who comes back to this view finds what was said

export default async function draw(main, signal) {
  const past = kept[about.account?.id] ??= nothingSaid();
  const said = conversation();
  const tell = { changed: () => refresh(), said: said.show, failed: complain, level: (x) => panel.level(x) };
  const talk = new Exchange(past, about.voice !== null, tell);
  const forget = async () => {
    const gone = (error) => { if (error.status !== 404) throw error; };
    if (past.group) await ask(`/v1/chats/${past.group}`, { method: "DELETE" }).catch(gone);
    Object.assign(past, nothingSaid());
    said.clear();
    refresh();
  };
  const panel = controls(talk, forget, signal);
  const refresh = () => panel.refresh();
  signal.addEventListener("abort", () => talk.leave());
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") talk.aloud.hush(); }, { signal });
  globalThis.speechSynthesis?.addEventListener("voiceschanged", refresh, { signal });
  put(main, h("div", { class: "talk" },
    h("div", {}, h("h1", {}, t("talk.title")), h("p", { class: "lead" }, t("talk.lead"))),
    panel.node,
    h("div", {}, said.node, writing(talk),
      h("p", { class: "hint" }, t("talk.program"), " ", h("a", { href: "#limits" }, t("frame.limits"))))));
  past.turns.forEach(said.show);
  refresh();
}

/** What was said: `show(turn)` adds or renews one. */
function conversation() {
  const list = h("ol", { class: "said" });
  const empty = h("p", { class: "empty" }, t("talk.empty"));
  const nodes = new Map();
  const show = (turn) => {
    const { scrollHeight } = document.documentElement;
    const along = turn.who === "you" || scrollHeight - innerHeight - scrollY < NEAR;
    const before = nodes.get(turn);
    if (before && (turn.who === "empathia" || (turn.isDraft && !turn.lost))) grow(before, turn);
    else {
      nodes.set(turn, bubble(turn));
      if (before) before.replaceWith(nodes.get(turn));
      else list.append(nodes.get(turn));
    }
    empty.hidden = true;
    if (along) scrollTo(0, document.documentElement.scrollHeight);
  };
  const clear = () => { nodes.clear(); put(list); empty.hidden = false; };
  return { node: h("div", { role: "log", "aria-label": t("talk.conversation") }, empty, list), show, clear };
}

/** A field to write in; Enter sends, but not in the midst of a syllable. */
function writing(talk) {
  const words = h("textarea", { rows: "2", maxlength: "4000", "aria-describedby": "talk-keys" });
  const form = h("form", { class: "write" }, h("label", {}, h("span", {}, t("talk.write")), words),
    h("button", { class: "solid" }, t("talk.send")), h("small", { id: "talk-keys" }, t("talk.keys")));
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    words.value = "";
    if (text) talk.write(text).catch(complain);
  });
  return form;
}

function toggle(label, act, hint = null) {
  const box = h("input", { type: "checkbox", role: "switch", onchange: () => act(box.checked) });
  return { box, node: h("label", { class: "switch" }, box, h("span", {}, label, hint && h("small", {}, hint))) };
}

/** What one does with the talk, and how it stands; `refresh()` shows what has changed. */
function controls(talk, forget, signal) {
  talk.aloud.isOn = localStorage.getItem(VOICE) !== "no";
  talk.isMuted = { yes: true, no: false }[localStorage.getItem(MUTES)] ?? null;
  const choose = (key, on) => localStorage.setItem(key, on ? "yes" : "no");
  const face = h("span", {});
  const big = button(face, () => (talk.isOn ? talk.end() : talk.begin(true)), { class: "solid begin" });
  const anew = button(t("talk.new"), async () => {
    if (await deleting({ title: t("talk.new"), texts: [t("talk.forget")], signal }, forget)) big.focus();
  });
  const halt = button("", () => talk.pause(!talk.isPaused));
  const hush = button(t("talk.hush"), () => talk.aloud.hush(), { "aria-keyshortcuts": "Escape", title: t("talk.hush-key") });
  const ear = toggle(t("talk.microphone"), (on) => (on ? talk.listen() : talk.deafen()));
  const voice = toggle(t("talk.voice"), (on) => { choose(VOICE, on); talk.aloud.isOn = on; if (!on) talk.aloud.hush(); });
  const mutes = toggle(t("talk.mutes"), (on) => { choose(MUTES, on); talk.isMuted = on; refresh(); }, t("talk.mutes-why"));
  const state = h("p", { class: "state", role: "status" });
  const level = loudness();
  const whose = h("p", { class: "small" });
  const row = h("div", { class: "row-of" }, halt, hush);
  const refresh = () => {
    const stage = talk.isOn ? "end" : talk.state === "ended" ? "go-on" : "begin";
    if (big.dataset.is !== stage) put(face, stage === "end" ? stop() : microphone(), t(`talk.button.${stage}`));
    big.dataset.is = stage;
    say(state, t(`talk.state.${talk.state}`));
    state.dataset.is = talk.state;
    say(halt, t(talk.isPaused ? "talk.resume" : "talk.pause"));
    hush.setAttribute("aria-disabled", String(!talk.aloud.sounds));
    Object.assign(ear.box, { checked: talk.hears, disabled: talk.state === "opening" });
    [voice.box.checked, mutes.box.checked] = [talk.aloud.isOn, talk.mutes];
    anew.hidden = stage !== "go-on";
    row.hidden = ear.node.hidden = !talk.isOn;
    level.node.hidden = !talk.hears;
    whose.textContent = told(talk.aloud);
  };
  const node = h("section", { class: "panel with", "aria-label": t("talk.controls") }, big, h("div", {}, state, level.node), anew, row,
    h("details", { open: matchMedia(WIDE).matches }, h("summary", {}, t("talk.sound")), ear.node, voice.node, mutes.node, whose));
  return { node, refresh, level: level.show };
}

const icon = (...parts) => svg("svg", { viewBox: "0 0 24 24", width: "22", height: "22", "aria-hidden": "true" }, parts);
const microphone = () => icon(svg("rect", { x: "9", y: "3", width: "6", height: "11", rx: "3" }), svg("path", { d: "M5 11a7 7 0 0 0 14 0M12 18v3" }));
const stop = () => icon(svg("rect", { x: "6", y: "6", width: "12", height: "12", rx: "2", fill: "currentColor" }));

/** Whose voice answers have, so that nobody takes it for another's. */
function told({ isOn, by: { who, language: spoken, voice } }) {
  if (!isOn) return t("talk.silent");
  const tongue = languages[spoken];
  if (who === "service") return t("talk.by.service", { name: about.voice });
  return who === "device" ? t("talk.by.device", { language: tongue, name: voice.name }) : t("talk.by.nobody", { language: tongue });
}
