// A new entry, by voice or in words, of now or of a day that has gone by.
import { Problem, ask, events } from "../../lib/api.js";
import { deleting } from "../../lib/dialog.js";
import { button, field, form, h, put } from "../../lib/dom.js";
import { percent, t } from "../../lib/words.js";
import { clocks, today } from "./days.js";
import { recorder } from "./recorder.js";

// What has not been kept yet stays here while the page is open, whatever part of it is looked at.
let draft = null;

function draftOf(account) {
  if (draft?.account !== account.id) {
    draft = { account: account.id, words: "", when: "", marked: false, file: null, way: null };
  }
  return draft;
}

addEventListener("beforeunload", (event) => {
  if (draft && (draft.file || draft.words.trim())) event.preventDefault();
});

/** Send what was recorded; the entry that it became. Where that fails the recording stays here. */
async function sent(mine) {
  const body = new FormData();
  body.append("audio", mine.file);
  if (mine.when) body.append("when", mine.when);
  if (mine.marked) body.append("bookmark", "true");
  let entry = null;
  let problem = null;
  const hear = (name, value) => {
    if (name === "progress") mine.way = value;
    if (name === "entry") entry = value;
    if (name === "problem") problem = new Problem(value.status, value);
    mine.changed();
  };
  mine.way = {};
  mine.changed();
  try {
    await events("/v1/diary/entries", hear, { method: "POST", form: body });
    if (!entry) throw problem ?? new Problem(0);
    forget(mine);
    return entry;
  } finally {
    mine.way = null;
    mine.changed();
  }
}

function forget(mine) {
  Object.assign(mine, { words: "", when: "", marked: false, file: null });
}

/** `kept(entry)` is told of each entry; `day` is the day that is looked at, or null. */
export function writing(account, day, signal, kept) {
  const mine = draftOf(account);
  const state = h("div", { class: "unsent" });
  const send = async () => { const entry = await sent(mine); await mine.kept(entry); };
  const records = recorder({ begin: t("diary.write.record"), end: t("diary.write.done"), signal }, async (file) => {
    Object.assign(mine, { file, when: when.value });
    mine.changed();
    if (!signal.aborted) await send();
  });
  const preset = day && day < today(account.zone) ? `${day}T12:00` : "";
  const { node, when, fresh } = inWords(mine, account, preset);
  const either = h("div", { class: "either" }, records, node);
  mine.kept = kept;
  signal.addEventListener("abort", () => { mine.kept = mine.changed = () => {}; });
  mine.changed = () => {
    const away = either.hidden;
    either.hidden = mine.file !== null;
    waiting(state, mine, { send, signal });
    if (!mine.file) fresh();
    const at = document.activeElement; // what is hidden keeps the focus until it is drawn
    if (at !== document.body && !(either.hidden && either.contains(at))) return;
    if (mine.file && !mine.way) state.querySelector("button").focus();
    else if (away && !mine.file) records.querySelector("button").focus();
  };
  mine.changed();
  return h("section", { class: "panel writing" }, h("h2", {}, t("diary.write.title")), state, either);
}

/** A recording on its way, or what can be done with one that did not get there. */
function waiting(state, mine, { send, signal }) {
  if (!mine.file) return put(state);
  if (mine.way) {
    const { done, total } = mine.way;
    const share = total ? Math.min(1, done / total) : null;
    const told = state.querySelector("[role=status]") ?? h("p", { role: "status" }, t("diary.write.read"));
    return put(state, told, h("progress", { max: 1, value: share ?? undefined, "aria-label": t("diary.write.read") }),
      h("span", { class: "small", "aria-hidden": "true" }, share === null ? "" : percent(share)));
  }
  const url = URL.createObjectURL(mine.file);
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  const discard = button(t("diary.write.discard"), async () => {
    const asked = { title: t("diary.write.discard"), texts: [t("diary.write.discard-what")], signal };
    await deleting(asked, async () => { mine.file = null; });
    mine.changed();
  }, { class: "plain danger" });
  return put(state, h("p", {}, t("diary.write.unsent")), h("audio", { controls: true, src: url, "aria-label": t("diary.write.unsent") }),
    h("div", { class: "row-of" }, button(t("diary.write.send"), send, { class: "solid" }),
      h("a", { class: "plain", href: url, download: mine.file.name }, t("diary.write.save")), discard));
}

function inWords(mine, account, preset) {
  const words = h("textarea", { maxlength: 200000, rows: 4, oninput: () => { mine.words = words.value; } });
  const until = () => { when.max = clocks(Date.now(), account.zone); }; // which goes on while this is looked at
  const when = h("input", { type: "datetime-local", onfocus: until, oninput: () => { until(); mine.when = when.value; } });
  const marked = h("input", { type: "checkbox", onchange: () => { mine.marked = marked.checked; } });
  const said = h("span", { role: "status", class: "small" });
  const more = h("details", { open: (mine.when || preset) !== "" }, h("summary", {}, t("diary.write.more")),
    field(t("diary.write.when"), when, t("diary.write.when-why")), field(t("diary.write.mark"), marked));
  const node = form(async () => {
    if (!mine.words.trim()) return words.focus();
    put(said, t("diary.write.read"));
    try {
      const json = { words: mine.words, bookmark: mine.marked, when: when.value || null };
      const entry = await ask("/v1/diary/entries", { json });
      forget(mine);
      mine.changed();
      await mine.kept(entry);
    } finally {
      put(said);
    }
  }, {}, field(t("diary.write.words"), words), more,
  h("div", { class: "row-of" }, h("button", { class: "plain" }, t("diary.write.keep")), said));
  const fresh = () => { words.value = mine.words; when.value = mine.when || preset; marked.checked = mine.marked; };
  return { node, when, fresh };
}
