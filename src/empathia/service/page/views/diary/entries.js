// Entries as they are read, played, edited and deleted.
import { ask } from "../../lib/api.js";
import { deleting } from "../../lib/dialog.js";
import { button, field, form, h, put } from "../../lib/dom.js";
import { bars } from "../../lib/feelings.js";
import { date, t } from "../../lib/words.js";
import { clocks, zoneFor } from "./days.js";
import { heard } from "./heard.js";
import { shown } from "./moods.js";

const place = (entry) => `/v1/diary/entries/${entry.id}`;
const edits = new Map(); // what is being edited, by id of its entry: it outlasts the list that is drawn
const card = (entry) => document.getElementById(`entry-${entry.id}`);

/** A list of entries; `changed(sentence)` draws all of it again and says what was done. */
export function list(entries, account, signal, changed) {
  const at = document.activeElement?.closest(".entry form")?.closest("li").id;
  queueMicrotask(() => { if (at) document.getElementById(at)?.querySelector("textarea")?.focus(); }); // one writes on
  return h("ol", { class: "entries" }, entries.map((entry) => item(entry, account, signal, changed)));
}

addEventListener("beforeunload", (event) => { if (edits.size) event.preventDefault(); });

function item(entry, account, signal, changed) {
  const when = date(entry.moment, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", timeZone: zoneFor(entry.zone) });
  const told = h("div", { class: "told" });
  const node = h("li", { class: "panel entry", id: `entry-${entry.id}` },
    h("div", { class: "entry-head" }, h("h3", { tabindex: "-1" }, h("time", { datetime: entry.moment }, when),
      entry.zone === account.zone ? null : h("small", {}, ` (${entry.zone})`)),
    h("p", {}, shown(entry))), told);
  (edits.has(entry.id) ? editing : read)(told, entry, account, signal, changed);
  return node;
}

/** The entry as it is read. */
function read(told, entry, account, signal, changed) {
  const sound = entry.audio && h("audio", { controls: true, preload: "none", src: `${place(entry)}/audio`, "aria-label": t("diary.entry.recording") });
  const words = h("p", { class: "words-of", lang: entry.language }, entry.words);
  const shares = Object.keys(entry.feeling.shares).length
    ? h("details", {}, h("summary", {}, t("diary.shares")), bars(entry.feeling.shares)) : null;
  const edit = button(t("diary.entry.edit"), () => editing(told, entry, account, signal, changed).focus(), { class: "plain edit" });
  put(told, entry.words ? words : null, entry.summary ? h("p", { class: "said-to" }, entry.summary) : null, sound,
    shares, entry.has_timeline ? heard(`${place(entry)}/timeline`, signal) : null,
    h("div", { class: "row-of" }, bookmark(entry), edit, entry.audio ? silencing(entry, signal, changed) : null, removing(entry, signal, changed)));
}

function bookmark(entry) {
  const node = button("", async () => {
    Object.assign(entry, await ask(place(entry), { method: "PATCH", json: { bookmark: !entry.bookmark } }));
    show();
  });
  const show = () => {
    put(node, h("span", { "aria-hidden": "true" }, entry.bookmark ? "★ " : "☆ "), t("diary.entry.bookmark"));
    node.setAttribute("aria-pressed", String(entry.bookmark));
  };
  show();
  return node;
}

function editing(told, entry, account, signal, changed) {
  const begun = clocks(entry.moment, account.zone);
  const mine = edits.get(entry.id) ?? { words: entry.words, when: begun };
  const keep = () => edits.set(entry.id, { words: words.value, when: when.value });
  const words = h("textarea", { rows: 6, maxlength: 200000, value: mine.words, lang: entry.language, oninput: keep });
  const when = h("input", { type: "datetime-local", value: mine.when, max: clocks(Date.now(), account.zone), required: true, oninput: keep });
  const said = h("span", { role: "status", class: "small" });
  const back = () => {
    edits.delete(entry.id);
    read(told, entry, account, signal, changed);
    told.querySelector(".edit").focus();
  };
  put(told, form(async () => {
    const json = {};
    if (words.value !== entry.words) json.words = words.value;
    if (when.value !== begun) json.when = when.value;
    if (!Object.keys(json).length) return back();
    put(said, t("diary.write.read"));
    try {
      await ask(place(entry), { method: "PATCH", json });
    } finally {
      put(said);
    }
    edits.delete(entry.id);
    await changed(t("diary.entry.edited"));
    card(entry)?.querySelector(".edit").focus();
  }, {}, field(t("diary.entry.words"), words, entry.kind === "voice" ? t("diary.entry.edit-why") : null), field(t("diary.write.when"), when),
  h("div", { class: "row-of" }, h("button", { class: "solid" }, t("diary.write.keep")), button(t("dialog.stay"), back), said)));
  return words;
}

function silencing(entry, signal, changed) {
  return button(t("diary.entry.silence"), async () => {
    const asked = { title: t("diary.entry.silence"), texts: [t("diary.entry.silence-what")], signal };
    if (!await deleting(asked, () => ask(`${place(entry)}/audio`, { method: "DELETE" }))) return;
    await changed(t("diary.entry.silenced"));
    card(entry)?.querySelector("h3").focus();
  });
}

function removing(entry, signal, changed) {
  return button(t("diary.entry.delete"), async () => {
    const near = card(entry).nextElementSibling ?? card(entry).previousElementSibling;
    const texts = [t(entry.audio ? "diary.entry.delete-sound" : entry.kind === "voice" ? "diary.entry.delete-voice" : "diary.entry.delete-words"), t("diary.entry.delete-true")];
    const asked = { title: t("diary.entry.delete-title"), texts, label: t("diary.entry.delete"), signal };
    if (!await deleting(asked, () => ask(place(entry), { method: "DELETE" }))) return;
    edits.delete(entry.id);
    await changed(t("diary.entry.deleted"));
    const next = near && document.getElementById(near.id)?.querySelector("h3");
    (next ?? document.getElementById("main")).focus();
  }, { class: "plain danger" });
}
