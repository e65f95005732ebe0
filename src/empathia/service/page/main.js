// The frame of the page: where one is, in which language, and what one agreed to.
import { Problem, ask } from "./lib/api.js";
import { button, field, h, put } from "./lib/dom.js";
import { learnMarks } from "./lib/feelings.js";
import { Deaf } from "./lib/sound.js";
import { language, languages, learn, speak, t } from "./lib/words.js";

const VIEWS = ["record", "recordings", "talk", "diary"];
const AGREED = "empathia-agreed";
const main = h("main", { id: "main", tabindex: "-1" });
let leaving = new AbortController();

/** What the service says of itself: `voice` (name, languages) or null, `account` or null. */
export let about = null;

/** Where one was before the account was asked for, to go back to. */
export let before = "#record";

/** Say what went wrong and what to do, where everybody hears it. */
export function complain(error) {
  if (error.name === "AbortError") return;
  const { text, remedy, known } = plainly(error);
  put(notice, h("p", {}, text), remedy ? h("p", { class: "remedy" }, remedy) : null,
    button(t("problem.close"), () => put(notice)));
  if (!known) console.error(error);
}

/** An error in words: `text`, `remedy` or "", and whether it is one that can happen. */
export function plainly(error) {
  if (error instanceof Deaf) {
    return { text: t(`deaf.${error.why}`), remedy: t(`deaf-remedy.${error.why}`), known: true };
  }
  if (!(error instanceof Problem)) return { text: t("problem.fault"), remedy: "", known: false };
  if (error.status === 0) return { text: t("problem.unreachable"), remedy: "", known: true };
  return { text: error.message, remedy: error.remedy, known: true };
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
  leaving = new AbortController();
  put(notice);
  const [name, ...rest] = place();
  const view = [...VIEWS, "ask", "account", "limits"].includes(name) ? name : VIEWS[0];
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view !== "account") before = location.hash;
  put(main);
  if (!about.open) return door();
  if (view === "limits" || !localStorage.getItem(AGREED)) return limits();
  try {
    const { default: draw } = await import(`./views/${view}.js`);
    await draw(main, leaving.signal, ...rest);
    document.title = `${main.querySelector("h1")?.textContent ?? t(`tabs.${view}`)} · Empathia`;
  } catch (error) {
    complain(error);
  }
}

/** A service that others reach asks for its token once. */
function door() {
  const token = h("input", { type: "password", autocomplete: "current-password", required: true });
  const form = h("form", { class: "panel narrow" }, h("h1", {}, t("door.title")), h("p", {}, t("door.why")),
    field(t("door.token"), token), h("button", { class: "solid" }, t("door.enter")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await ask("/page/token", { json: { token: token.value } });
      await begin();
    } catch (error) {
      complain(error);
    }
  });
  put(main, form);
  token.focus();
}

/** What this can and cannot know; nothing is heard before one has agreed to it. */
function limits() {
  const agreed = localStorage.getItem(AGREED);
  const agree = button(t("limits.agree"), () => { localStorage.setItem(AGREED, "1"); return show(); }, { class: "solid" });
  put(main, h("article", { class: "panel narrow limits" }, h("h1", {}, t("limits.title")),
    ["does", "not", "kept", "law", "help"].map((part) => [
      h("h2", {}, t(`limits.${part}.title`)), h("p", {}, t(`limits.${part}.text`))]).flat(),
    agreed ? null : h("p", {}, agree)));
}

function frame() {
  const tongue = h("select", { "aria-label": t("frame.language") },
    Object.entries(languages).map(([code, name]) =>
      h("option", { value: code, lang: code, selected: code === language() }, name)));
  tongue.addEventListener("change", async () => {
    speak(tongue.value);
    if (about.account) await ask("/v1/account", { method: "PATCH", json: { language: tongue.value } });
    await begin();
    document.querySelector(".who-am-i select").focus();
  });
  const account = h("a", { href: "#account" }, about.account ? about.account.name : t("frame.sign-in"));
  put(document.body,
    h("a", { class: "skip", href: "#main", onclick: (e) => { e.preventDefault(); main.focus(); } }, t("frame.skip")),
    h("header", { class: "top" }, h("a", { class: "brand", href: "#record" }, "Empathia"),
      h("nav", { "aria-label": t("frame.parts") }, VIEWS.map((v) => h("a", { href: `#${v}` }, t(`tabs.${v}`)))),
      h("div", { class: "who-am-i" }, account, tongue)),
    notice, main,
    h("footer", { class: "bottom" }, h("a", { href: "#limits" }, t("frame.limits")),
      h("span", {}, t("frame.local")), h("span", {}, about.version)));
}

/** Learn who is there and in which language, and draw all of it; also after signing in or out. */
export async function begin() {
  await learn();
  about = await ask("/page/about.json");
  learnMarks(about.marks);
  frame();
  await show();
}

addEventListener("unhandledrejection", (event) => { event.preventDefault(); complain(event.reason); });
addEventListener("hashchange", () => { show(); main.focus(); });
begin().catch((error) => { put(document.body, notice, main); complain(error); });
