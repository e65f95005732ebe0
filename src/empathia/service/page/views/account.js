// Who one is: signing in and out, what is kept and how, and all that can be taken along or deleted.
import { about, admit, tongue as languageOf, tongues } from "../main.js";
import { Problem, ask, fetched, upload } from "../lib/api.js";
import { deleting } from "../lib/dialog.js";
import { button, field, form, h, put } from "../lib/dom.js";
import { saving, sending, sureToDrop } from "../lib/jobs.js";
import { language, percent, t } from "../lib/words.js";
import { recorder } from "./diary/recorder.js";

const SHORTEST = 8; // characters of a passphrase

export default async function draw(main, signal, part = "") {
  if (!about.account) return put(main, ...strangers());
  const { account } = about;
  put(main, h("h1", {}, t("frame.account", { name: account.name })),
    h("p", { class: "lead" }, account.is_encrypted ? t("account.sealed") : t("account.open")),
    h("div", { class: "row-of" }, h("a", { class: "plain", href: "#diary" }, t("account.to-diary")),
      button(t("account.leave"), () => leave(signal))),
    h("div", { class: "panels" }, settings(account), passphrase(), calm(account, signal), belongings(signal)));
  if (part === "files") main.querySelector("#files").focus();
}

/** What the service says of a passphrase or a name, in the language of the page. */
async function plain(asked) {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const why = { 401: "account.wrong", 429: "account.slow" }[error.status] ?? (/is taken$/.test(error.message) ? "account.taken" : null);
    throw why ? new Problem(error.status, { detail: t(why) }, language()) : error;
  }
}

async function leave(signal) {
  const unsent = [...sending].some((one) => one.recorded);
  if (!unsent || await sureToDrop(signal)) await gone();
}

/** Nothing of who leaves stays on the page for whoever comes next. */
async function gone() {
  await ask("/v1/session", { method: "DELETE" });
  location.reload();
}

/** For the browser's keeper of passwords, which wants to know whose a passphrase is. */
const whose = () => h("input", { type: "text", autocomplete: "username", value: about.account.name, hidden: true });

// Signing in

function strangers() {
  return [h("h1", {}, t("account.title")), h("p", { class: "lead" }, t("account.why")),
    h("div", { class: "panels" }, signIn(), makeOne())];
}

const nameField = () => h("input", { type: "text", autocomplete: "username", autocapitalize: "none", maxlength: 64, required: true });

/** A field for a passphrase, and a box that shows it. */
function secret(label, autocomplete, hint = null) {
  const fresh = autocomplete === "new-password";
  const input = h("input", { type: "password", autocomplete, minlength: fresh ? SHORTEST : null, maxlength: 1024, required: true });
  const shown = h("input", { type: "checkbox", onchange: () => { input.type = shown.checked ? "text" : "password"; } });
  return [input, [field(label, input, hint), field(t("account.show"), shown)]];
}

function signIn() {
  const name = nameField();
  const [word, shown] = secret(t("account.passphrase"), "current-password");
  return form(() => admit(plain(ask("/v1/session", { json: { name: name.value, passphrase: word.value } }))),
    { class: "panel", id: "sign-in" }, h("h2", {}, t("account.enter")), field(t("account.name"), name), shown,
  h("p", { class: "row-of" }, h("button", { class: "solid" }, t("account.enter"))));
}

function makeOne() {
  const name = nameField();
  const [word, shown] = secret(t("account.passphrase"), "new-password", t("account.good-passphrase"));
  const zone = zones(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const tongue = tongues(language());
  const keeps = h("input", { type: "checkbox" });
  const sealed = h("input", { type: "checkbox" });
  return form(async () => {
    const json = {
      name: name.value, passphrase: word.value, zone: zone.value, language: tongue.value,
      keeps_audio: keeps.checked, encrypted: sealed.checked,
    };
    await admit(plain(ask("/v1/account", { json })));
  }, { class: "panel", id: "make-one" }, h("h2", {}, t("account.make")), field(t("account.name"), name), shown,
  field(t("account.zone"), zone, t("account.zone-why")), field(t("account.language"), tongue, t("account.language-why")),
  field(t("account.keeps"), keeps, t("account.keeps-why")),
  field(t("account.encrypt"), sealed, t("account.encrypt-why")),
  h("p", { class: "row-of" }, h("button", { class: "solid" }, t("account.make"))));
}

function zones(chosen) {
  const known = new Set([chosen, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return h("select", {}, [...known].sort().map((zone) => h("option", { value: zone, selected: zone === chosen }, zone.replaceAll("_", " "))));
}

// Signed in

function settings(account) {
  const said = h("p", { role: "status", class: "small" });
  const change = async (json) => {
    put(said, t("frame.busy"));
    try {
      Object.assign(about.account, await ask("/v1/account", { method: "PATCH", json }));
      put(said, t("account.saved"));
    } catch (error) {
      put(said);
      throw error;
    }
  };
  const zone = zones(account.zone);
  zone.addEventListener("change", () => change({ zone: zone.value }));
  const tongue = languageOf("account-language");
  const keeps = h("input", { type: "checkbox", checked: account.keeps_audio, onchange: () => change({ keeps_audio: keeps.checked }) });
  return h("section", { class: "panel" }, h("h2", {}, t("account.settings")),
    field(t("account.zone"), zone, t("account.zone-why")), field(t("account.language"), tongue, t("account.language-why")),
    field(t("account.keeps"), keeps, t("account.keeps-stay")), said);
}

function passphrase() {
  const [old, shownOld] = secret(t("account.old"), "current-password");
  const [fresh, shownNew] = secret(t("account.new"), "new-password", t("account.good-passphrase"));
  const said = h("p", { role: "status", class: "small" });
  const changing = form(async () => {
    await plain(ask("/v1/account/passphrase", { method: "PUT", json: { old: old.value, new: fresh.value } }));
    changing.reset();
    old.type = fresh.type = "password";
    put(said, t("account.changed"));
  }, { class: "panel" }, h("h2", {}, t("account.change")), whose(), shownOld, shownNew,
  h("p", {}, h("button", { class: "plain" }, t("account.change"))), said);
  return changing;
}

/** How one speaks when calm. */
function calm(account, signal) {
  const said = h("p", { role: "status", class: "small" });
  const drop = button(t("account.calm-drop"), async () => {
    await ask("/v1/diary/baseline", { method: "DELETE" });
    has(false);
    put(said, t("account.calm-dropped"));
    begins.focus();
  });
  const has = (there) => {
    account.has_baseline = there;
    drop.hidden = !there;
    put(state, there ? t("account.calm-there") : t("account.calm-none"));
  };
  const state = h("p", {});
  const records = recorder({ begin: t("account.calm-begin"), end: t("account.calm-end"), signal }, async (file) => {
    if (signal.aborted) return;
    put(said, t("account.calm-heard"));
    const sound = new FormData();
    sound.append("audio", file);
    try {
      const { seconds } = await ask("/v1/diary/baseline", { method: "PUT", form: sound, signal });
      has(true);
      put(said, t("account.calm-kept", { seconds: Math.round(seconds) }));
    } catch (error) {
      put(said);
      throw error;
    }
  });
  const begins = records.querySelector("button");
  has(account.has_baseline);
  return h("section", { class: "panel" }, h("h2", {}, t("account.calm")), h("p", { class: "small" }, t("account.calm-why")),
    state, records, h("div", { class: "row-of" }, drop), said);
}

/** What can be taken along, brought in and deleted. */
function belongings(signal) {
  const said = h("p", { role: "status", class: "small" });
  return h("section", { class: "panel" }, h("h2", { id: "files", tabindex: "-1" }, t("account.belongings")),
    h("h3", {}, t("account.export")), h("p", { class: "small" }, t("account.export-why")),
    takeOut(),
    h("h3", {}, t("account.import")), bringIn(signal),
    h("h3", {}, t("account.delete")), h("div", { class: "row-of" },
      button(t("account.silence"), () => silence(said, signal), { class: "plain danger" }),
      button(t("account.close"), () => close(signal), { class: "plain danger" })), said);
}

/** It is made and comes even where one goes on to another view. */
function takeOut() {
  const said = h("span", { role: "status", class: "small" });
  return h("div", { class: "row-of" }, button(t("account.export"), async () => {
    put(said, t("account.exports"));
    try {
      saving(new File([await fetched("/v1/diary/export")], "diary.zip", { type: "application/zip" }), "").click();
      put(said, t("account.exported"));
    } catch (error) {
      put(said);
      throw error;
    }
  }), said);
}

function bringIn(signal) {
  const said = h("span", { role: "status", class: "small" });
  const file = h("input", { type: "file", accept: ".zip,application/zip", required: true });
  const far = h("progress", { max: 1, value: 0, hidden: true, "aria-label": t("account.import") });
  const brings = form(async () => {
    const zip = new FormData();
    zip.append("file", file.files[0]);
    far.hidden = false;
    try {
      const tell = (share) => {
        far.value = share;
        put(said, share < 1 ? t("account.sent", { share: percent(share) }) : t("account.reads"));
      };
      const came = await upload("/v1/diary/import", zip, tell, signal);
      put(said, t("account.imported", came), came.silent ? ` ${t("account.imported-silent", came)}` : null);
      brings.reset();
    } catch (error) {
      put(said);
      throw error;
    } finally {
      far.hidden = true;
    }
  }, {}, field(t("account.import-file"), file, t("account.import-why")),
  h("div", { class: "row-of" }, h("button", { class: "plain" }, t("account.import")), far, said));
  return brings;
}

async function silence(said, signal) {
  let number = 0;
  const asked = { title: t("account.silence"), texts: [t("account.silence-what")], signal };
  const done = await deleting(asked, async () => {
    number = (await ask("/v1/diary/audio", { method: "DELETE" })).deleted;
  });
  if (done) put(said, t("account.silenced", { number }));
}

async function close(signal) {
  const [word, shown] = secret(t("account.passphrase"), "current-password");
  const asked = {
    title: t("account.close"), texts: [t("account.close-what"), t("account.close-export")],
    label: t("account.close-for-good"), more: h("div", {}, whose(), shown), signal,
  };
  const done = await deleting(asked, () => plain(ask("/v1/account/delete", { json: { passphrase: word.value } })));
  if (done) await gone();
}
