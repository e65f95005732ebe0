// Recordings on their way: sent one after another, whatever is shown meanwhile, then read.
import { about, ended, owner, signedOut } from "../main.js";
import { Problem, ask, events, upload } from "./api.js";
import { deleting } from "./dialog.js";
import { button, field, h, put, say } from "./dom.js";
import { clock, date, language, percent, t } from "./words.js";

const TONGUES = ["de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "zh"];
const AGAIN = 1000; // ms until a service that went is asked again
const SOON = 8; // s after which it can be told how long something takes
const NOBODYS = "empathia-nobodys"; // ids of what was sent from here when nobody was signed in
const MADE = /^(?:Recording|녹음) (\d{4}-\d\d-\d\d) (\d\d)\.(\d\d)\.\w+$/; // files that were recorded here
const watchers = new Set();
const unread = new Map(); // what was recorded here, by id of its job, until it is read
let last = Promise.resolve();

/**
 * Files that the service has not taken: `file`, `options`, `recorded` here or a file before,
 * `state` ("held", "queued", "sending", "refused"), `share` that was sent, `error`; `sent` is the
 * promise of its job.
 */
export const sending = new Set();

function tell() {
  for (const watcher of watchers) watcher();
}

/** Call `changed()` whenever something of `sending` changes, until `signal`. */
export function watch(changed, signal) {
  watchers.add(changed);
  signal.addEventListener("abort", () => watchers.delete(changed));
}

/** Keep a recording that is not to be sent yet; nothing that was said is lost. */
export function hold(file, options = {}, error = null) {
  const one = { file, options, recorded: true, state: "held", share: 0, error };
  sending.add(one);
  tell();
  return one;
}

/** Send a file, or one of `sending` again; its job, or null where it was refused. */
export function send(what, options = {}) {
  const fresh = () => ({ file: what, options, recorded: false });
  const one = what instanceof File ? fresh() : what;
  Object.assign(one, { state: "queued", share: 0, error: null });
  sending.add(one);
  tell();
  last = last.then(() => sent(one));
  one.sent = last;
  return last;
}

async function sent(one) {
  if (!sending.has(one)) return null; // left out meanwhile
  const form = new FormData();
  for (const [name, value] of Object.entries(one.options)) if (value) form.append(name, value);
  form.append("file", one.file);
  const empty = () => new Problem(400, { detail: t("jobs.empty"), remedy: t("jobs.empty-remedy") }, language());
  const so = (state, more = {}) => { Object.assign(one, { state, ...more }); tell(); };
  try {
    so("sending");
    if (!one.file.size) throw empty();
    if (owner !== (about.account?.id ?? null)) throw signedOut(); // else it would be everybody's
    const job = await upload("/v1/jobs", form, (share) => so("sending", { share }));
    if (one.recorded) unread.set(job.id, one.file);
    if (!about.account) remember([...nobodys(), job.id]);
    forget(one);
    return job;
  } catch (error) {
    so("refused", { error });
    await ended(error);
    return null;
  }
}

/** Whether a file is on its way. */
export const moves = (one) => one.state === "queued" || one.state === "sending";

/** Send no more of it. */
export function forget(one) {
  sending.delete(one);
  tell();
}

/** Ids of what was sent from here when nobody was signed in. */
export const nobodys = () => JSON.parse(localStorage.getItem(NOBODYS) ?? "[]");

const remember = (ids) => localStorage.setItem(NOBODYS, JSON.stringify(ids));

/** Delete a job. */
export async function remove(id) {
  await ask(`/v1/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
  remember(nobodys().filter((one) => one !== id));
}

/** Take that into the account that is signed in, or (`wanted` false) think of it no more. */
export async function claim(wanted) {
  const gone = (error) => { if (error.status !== 404) throw error; };
  for (const id of wanted ? nobodys() : []) await ask(`/v1/jobs/${id}/claim`, { method: "POST" }).catch(gone);
  remember([]);
}

/** What was recorded here and is not read yet, or null. */
export const recordedAs = (id) => unread.get(id) ?? null;

/** Tell how far the service is with a job until it is over; the job then, or null where it was deleted. */
export async function follow(id, on, signal) {
  for (let job = null; ;) {
    try {
      await events(`/v1/jobs/${id}/events`, (name, value) => { if (name === "job") job = value; else on(value); }, { signal });
    } catch (error) {
      if (error.status === 404) return null;
      if (error.status !== 0 && !(error.status >= 500)) throw error;
    }
    if (job?.state === "done") unread.delete(id);
    if (job) return job;
    await new Promise((go) => setTimeout(go, AGAIN));
  }
}

/** What a file goes by: one that was recorded here by when that was. */
export function titled(name) {
  const [, day, hour, minute] = MADE.exec(name) ?? [];
  const moment = new Date(`${day}T${hour}:${minute}`);
  if (Number.isNaN(moment.getTime())) return name;
  const year = moment.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return t("record.of", { day: date(moment, { day: "numeric", month: "long", year }), time: `${hour}:${minute}` });
}

/** What is `asked` of a recording; null where there is none, which stands in `main` then. */
export async function existing(main, asked) {
  try {
    return await asked;
  } catch (error) {
    if (error.status !== 404) throw error;
    put(main, h("h1", {}, t("recording.absent")), h("p", { class: "lead" }, t("recording.absent-why")),
      h("p", {}, h("a", { class: "plain", href: "#recordings" }, t("recording.absent-to"))));
    return null;
  }
}

/** How far something is: `node`, and `tell(what, share or null)`; what is read aloud is `what` alone. */
export function progress() {
  const bar = h("progress", { max: 1, "aria-label": t("jobs.progress") });
  const what = h("span", { role: "status" });
  const much = h("span", { class: "much" });
  const node = h("div", { class: "progress-of" }, what, much, bar);
  let [since, from] = [0, 0]; // of what is told now
  const told = (text, share = null) => {
    if (what.textContent !== text) [since, from] = [performance.now(), share ?? 0];
    say(what, text);
    const spent = (performance.now() - since) / 1000;
    const left = share > from && spent > SOON ? Math.ceil(spent * (1 - share) / (share - from) / 60) : 0;
    much.textContent = share === null ? "" : [percent(share), ...(left ? [t("jobs.left", { number: left })] : [])].join(" · ");
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  };
  return { node, tell: told };
}

/** What the service is at, of its progress, and the share of it that is done. */
export function stage({ stage: name, done, total, before }) {
  if (before) return [t("stage.behind", { number: before }), null];
  const named = t(`stage.${name}`);
  return [named.startsWith("stage.") ? t("stage.reading") : named, total ? Math.min(1, done / total) : null];
}

/** How a recording is to be read, folded; `given()` is what was chosen. */
export function choices() {
  const tongue = new Intl.DisplayNames(language(), { type: "language" });
  const names = h("input", { type: "text", autocomplete: "off" });
  const speakers = h("input", { type: "number", min: 1, max: 20, inputmode: "numeric" });
  const spoken = h("select", {}, h("option", { value: "" }, t("jobs.any-language")),
    TONGUES.map((code) => h("option", { value: code }, tongue.of(code))));
  const node = h("details", { class: "more" }, h("summary", {}, t("jobs.more")),
    field(t("jobs.names"), names, t("jobs.names-hint")), field(t("jobs.speakers"), speakers, t("jobs.speakers-hint")),
    field(t("jobs.language"), spoken));
  return { node, given: () => ({ names: names.value.trim(), speakers: speakers.value, language: spoken.value }) };
}

/** How long, how many speakers and turns. */
export function facts({ duration, speakers, turns }) {
  return [duration === null ? null : clock(duration),
    turns === 0 ? t("recordings.nothing") : speakers === 1 ? t("recordings.one-speaker") : t("recordings.speakers", { number: speakers }),
    turns === 0 ? null : turns === 1 ? t("recordings.one-turn") : t("recordings.turns", { number: turns })].filter(Boolean);
}

/** A link that saves a file on this device. */
export function saving(file, label) {
  const link = h("a", { class: "plain", download: file.name, href: "" }, label);
  link.addEventListener("click", () => {
    link.href = URL.createObjectURL(file);
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  return link;
}

/** Ask before a recording that was not sent is let go of. */
export const sureToDrop = (signal) => deleting({ title: t("record.drop"), texts: [t("record.drop-sure")], signal });

/** A button that asks so; `act` lets go. */
export const dropping = (signal, act) => button(t("record.drop"), async () => { if (await sureToDrop(signal)) await act(); });

addEventListener("beforeunload", (event) => {
  if ([...sending].some((one) => one.recorded || one.state !== "refused")) event.preventDefault();
});
