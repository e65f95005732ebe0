// The frame of the page: where one is, in which language, and what one agreed to.
import { Problem, ask } from "./lib/api.js";
import { deleting } from "./lib/dialog.js";
import { button, field, form, h, put } from "./lib/dom.js";
import { learnMarks } from "./lib/feelings.js";
import { Deaf, hears } from "./lib/sound.js";
import { language, languages, learn, speak, t } from "./lib/words.js";

const VIEWS = ["record", "recordings", "talk", "diary"];
const AGREED = "empathia-agreed";
const REFUSED = [401, 403, 404, 408, 409, 413, 415, 429, 501, 502, 503]; // told in words of their own
const PROGRAMS = /\/v\d|\b(GET|POST|PUT|DELETE) |JSON|content-type/; // for whoever writes some
const main = h("main", { id: "main", tabindex: "-1" });
const account = h("a", { class: "plain", href: "#account" });
let entering = false; // who is there is being asked: nothing is shown meanwhile that may be another's
let leaving = new AbortController();

/** The last account that was signed in here: what was made then is its own. */
export let owner = null;

/** What the service says of itself: `voice` (name, languages) or null, `account` or null. */
export let about = null;

/** Where one was before the account was asked for, to go back to. */
export let before = "#record";

/** Say what went wrong and what to do, where everybody hears it. */
export async function complain(error) {
  if (error.name !== "AbortError" && !await ended(error)) notify(error);
}

const notify = (error) => put(notice, ...told(error), button(t("problem.close"), () => { put(notice); main.focus(); }));

/** Whether an error tells that the session has ended meanwhile; the page is drawn anew then, and says so. */
export async function ended({ status }) {
  if (status !== 401) return false;
  const { open, account } = await ask("/page/about.json");
  if (open === about.open && account?.id === about.account?.id) return false;
  await begin();
  notify(signedOut());
  return true;
}

/** That somebody has to sign in again. */
export const signedOut = () => new Problem(401, { detail: t("problem.ended") }, language());

/** An error in words, and what to do. */
export function told(error) {
  const say = (text, remedy = "") => [h("p", {}, text), remedy ? h("p", { class: "small" }, remedy) : null];
  if (error instanceof Deaf) return say(t(`deaf.${error.why}`), t(`deaf-remedy.${error.why}`));
  if (!(error instanceof Problem)) {
    console.error(error);
    return say(t("problem.fault"));
  }
  if (error.lang) return say(error.message, error.remedy);
  if (!error.status) return say(t("problem.unreachable"), t("problem.reach"));
  const kind = REFUSED.includes(error.status) ? error.status : error.status < 500 ? 400 : 500;
  const most = kind === 413 && /at most ([\d,]+) bytes/.exec(error.message);
  return [...say(t(`refused.${kind}.text`), t(`refused.${kind}.remedy`)), kind === 400 ? because(error) : null,
    most ? h("p", { class: "small" }, t("problem.most", { number: Math.round(most[1].replaceAll(",", "") / 2 ** 20) || 1 })) : null];
}

/** Why the service did not take what it was given, as it says that: in English, where it is said for people. */
export function because({ message, detail = message, remedy = "" }) {
  const words = [detail, remedy].filter((text) => text && !PROGRAMS.test(text));
  return words.length ? h("p", { class: "small", lang: "en" }, words.join(". ")) : null;
}
const notice = h("div", { class: "notice", role: "alert" });

function place() {
  try {
    return location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return []; // half a character
  }
}

async function show() {
  leaving.abort();
  const { signal } = leaving = new AbortController();
  put(notice);
  const [name, ...rest] = place();
  const view = [...VIEWS, "ask", "account", "limits"].includes(name) ? name : VIEWS[0];
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view !== "account") before = location.hash;
  put(main);
  waits(true);
  if (entering) return; // it is drawn when that is known
  try {
    if (!about.open) door();
    else if (view === "limits" || !localStorage.getItem(AGREED)) limits();
    else {
      const { default: draw } = await import(`./views/${view}.js`);
      if (signal.aborted) return; // one is elsewhere by now
      await draw(main, signal, ...rest);
    }
    if (!signal.aborted) document.title = `${main.querySelector("h1")?.textContent ?? t(`tabs.${view}`)} · Empathia`;
  } catch (error) {
    if (signal.aborted) return;
    await complain(error);
    if (!signal.aborted && !main.childElementCount) put(main, h("p", {}, button(t("recordings.again"), show, { class: "solid" })));
  } finally {
    if (!signal.aborted) waits(false);
  }
}

/** Show that something is waited for, in the place of what is not there yet. */
function waits(on) {
  main.dataset.waits = t("frame.busy");
  if (on) main.setAttribute("aria-busy", "true");
  else main.removeAttribute("aria-busy");
}

/** A service that others reach asks for its token once. */
function door() {
  const token = h("input", { type: "password", autocomplete: "current-password", required: true });
  const enter = async () => {
    await ask("/page/token", { json: { token: token.value } }).catch((error) => {
      throw error.status === 401 ? new Problem(401, { detail: t("door.wrong"), remedy: t("door.why") }, language()) : error;
    });
    await begin();
  };
  put(main, form(enter, { class: "panel narrow" }, h("h1", {}, t("door.title")), h("p", {}, t("door.why")),
    field(t("door.token"), token), h("p", { class: "row-of" }, h("button", { class: "solid" }, t("door.enter")))));
  token.focus();
}

/** What this can and cannot know; nothing is heard before one has agreed to it. */
function limits() {
  const agreed = localStorage.getItem(AGREED);
  const agree = button(t("limits.agree"), async () => { localStorage.setItem(AGREED, "1"); await show(); main.focus(); }, { class: "solid" });
  put(main, h("article", { class: "panel narrow limits" }, h("h1", {}, t("limits.title")),
    ["does", "not", "kept", "law", "help"].map((part) => [
      h("h2", {}, t(`limits.${part}.title`)), h("p", {}, t(`limits.${part}.text`))]).flat(),
    agreed ? null : h("p", {}, agree)));
}

/** Languages to choose from. */
export const tongues = (chosen, more = {}) => h("select", more, Object.entries(languages).map(([code, name]) =>
  h("option", { value: code, lang: code, selected: code === chosen }, name)));

/** The same of this page, which is drawn in it anew. */
export function tongue(id, more = {}) {
  const node = tongues(language(), { id, ...more });
  node.addEventListener("change", async () => {
    const asked = { title: t("frame.language"), texts: [t("frame.hears")], label: t("frame.change"), signal: leaving.signal };
    if (hears() && !await deleting(asked)) return void (node.value = language());
    speak(node.value);
    if (about.account) await ask("/v1/account", { method: "PATCH", json: { language: node.value } });
    await begin();
    document.getElementById(id).focus();
  });
  return node;
}

function frame() {
  whose();
  put(document.body,
    h("a", { class: "skip", href: "#main", onclick: (e) => { e.preventDefault(); main.focus(); } }, t("frame.skip")),
    h("header", { class: "top" }, h("a", { class: "brand", href: "#record" }, "Empathia"),
      h("nav", { "aria-label": t("frame.parts") }, VIEWS.map((v) => h("a", { href: `#${v}` }, t(`tabs.${v}`)))),
      h("div", { class: "who-am-i" }, account, tongue("language", { "aria-label": t("frame.language") }))),
    notice, main,
    h("footer", { class: "bottom" }, h("a", { href: "#limits" }, t("frame.limits")),
      h("span", {}, t("frame.local")), h("span", {}, about.version)));
}

const whose = () => put(account, about.account ? t("frame.account", { name: about.account.name }) : t("frame.sign-in"));

/** Nobody else is there than before: what was held back is drawn. */
async function stays() {
  entering = false;
  if (!about) return;
  whose();
  if (main.childElementCount) waits(false);
  else await show();
}

/** Let somebody in by a session that was `asked` for, back to where they were. */
export async function admit(asked) {
  entering = true;
  put(account, t("frame.busy"));
  try {
    speak((await asked).account.language);
    history.replaceState(null, "", before || "#record");
    await begin();
  } catch (error) {
    await stays();
    throw error;
  }
  main.focus();
}

/** Learn who is there and in which language, and draw all of it; also after signing in or out. */
export async function begin() {
  entering = true;
  try {
    await learn();
    about = await ask("/page/about.json");
  } catch (error) {
    await stays();
    throw error;
  }
  entering = false;
  if (owner && about.account && about.account.id !== owner) location.reload(); // nothing passes from one to another
  owner = about.account?.id ?? owner;
  learnMarks(about.marks);
  frame();
  await show();
}

addEventListener("unhandledrejection", (event) => { event.preventDefault(); complain(event.reason); });
addEventListener("hashchange", () => { if (about) { show(); main.focus(); } }); // else it is not begun yet
begin().catch((error) => { put(document.body, notice, main); complain(error); });
