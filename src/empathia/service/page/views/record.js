// Records, and shows what each turn comes across as when it ends.
import { ENDED, talk } from "../lib/api.js";
import { cues } from "../lib/cues.js";
import { button, h, level, put, say } from "../lib/dom.js";
import { strip, verdict } from "../lib/feelings.js";
import { choices, dropping, forget, hold, moves, progress, saving, send, sending, watch } from "../lib/jobs.js";
import { Microphone, base64 } from "../lib/sound.js";
import { clock, t } from "../lib/words.js";
import { complain, told } from "../main.js";

const QUIET = 0.01; // of full scale: a room without anybody
const PATIENCE = 4; // s of quiet until it is said
const RETRY = 3000; // ms until a service that went is asked again

/** One recording, from the microphone's opening to its file. */
class Take {
  #microphone = new Microphone();
  #talk = null;
  #over = false;
  loudest = 0;

  /** `on` hears `level(0..1)`, `turn(message, seconds)`, `draft(words)`, `trouble(words)` and `gone()`. */
  constructor(on) { this.on = on; }

  get seconds() { return this.began ? (performance.now() - this.began) / 1000 : 0; }

  async begin() {
    await this.#microphone.open({
      record: true, level: (l) => this.#loud(l), pcm: (samples) => this.#hear(samples), gone: () => this.on.gone(),
    });
    this.began = performance.now();
    addEventListener("beforeunload", this);
    this.#connect();
  }

  #connect() {
    const before = this.seconds;
    this.#talk = talk({ kept: "no", verbose_transcription: true }, this.#microphone.rate, (message) => this.#told(message, before), (code) => this.#left(code));
    this.#talk.say({ type: "pause_assistant_message" });
  }

  #loud(level) {
    this.loudest = Math.max(this.loudest, level);
    this.on.level(level);
  }

  #hear(samples) {
    this.#talk?.say({ type: "audio_input", data: base64(samples) });
  }

  #told(message, before) {
    if (message.type === "error") this.on.trouble(t("record.late"));
    else this.on.trouble(""); // it is there
    if (message.type !== "user_message") return;
    if (message.interim) this.on.draft(message.message.content);
    else this.on.turn(message, before + message.time.begin / 1000);
  }

  #left(code) {
    this.#talk = null;
    if (this.#over) return;
    this.on.trouble(t({ [ENDED.busy]: "record.late", [ENDED.signedOut]: "record.signed-out" }[code] ?? "record.left"));
    if (code === ENDED.gone || code === ENDED.signedOut) return; // asked again it says the same
    setTimeout(() => this.#over || this.#connect(), RETRY);
  }

  handleEvent(event) { event.preventDefault(); }

  /** End it; the file, or null where nothing was recorded. */
  async end() {
    this.#over = true;
    removeEventListener("beforeunload", this);
    this.#talk?.close();
    const file = await this.#microphone.close();
    if (file === null) return null;
    const now = new Date(Date.now() - 60_000 * new Date().getTimezoneOffset()).toISOString();
    const name = `Recording ${now.slice(0, 10)} ${now.slice(11, 16).replace(":", ".")}`;
    return new File([file], `${name}.${file.name.split(".").pop()}`, { type: file.type });
  }
}

export default async function draw(main, signal) {
  const desk = h("section", { class: "panel desk", "aria-label": t("record.desk") });
  const turns = h("ol", { class: "live", "aria-live": "polite", "aria-label": t("record.turns") });
  const empty = h("p", { class: "hint" }, t("record.empty"));
  const going = h("p", { class: "spoken going", dir: "auto", "aria-hidden": "true" }); // it is told as it ends
  put(main, h("h1", {}, t("record.title")), h("p", { class: "lead" }, t("record.lead")),
    h("div", { class: "taking" }, desk, h("section", { class: "panel" }, h("h2", {}, t("record.turns")), empty, going, turns)));
  const draft = (words) => { going.textContent = words && `${words} …`; };
  const heard = (message, at) => { empty.hidden = true; draft(""); turns.prepend(turn(message, at)); };
  const here = { desk, signal, heard, draft };
  const kept = [...sending].find((one) => one.recorded);
  if (!kept) idle(here);
  else if (moves(kept)) await onward(here, kept, kept.sent);
  else unsent(here, kept);
}

/** A turn as it was heard. */
function turn({ message, models }, at) {
  const { emotion, cues: heard } = models.empathia;
  const voice = cues(heard?.levels).map(([name, much]) => `${name}: ${much}`).join(", ");
  return h("li", {}, h("p", { class: "row-of" }, h("span", { class: "when" }, clock(at)), verdict(emotion)),
    h("p", { dir: "auto", class: "spoken" }, message.content), strip(emotion?.scores ?? {}),
    voice ? h("p", { class: "small" }, voice) : null);
}

function idle(here, amiss = "") {
  const more = choices();
  const start = button(t("record.start"), () => recording(here, more), { class: "solid large" });
  put(here.desk, h("p", { class: "counter" }, clock(0)), start, h("p", { class: "status", role: "status" }, amiss), more.node);
  return start;
}

async function recording(here, more) {
  const { desk, signal, heard, draft } = here;
  const counter = h("p", { class: "counter", role: "timer" }, clock(0));
  const meter = level();
  const said = h("p", { class: "status", role: "status" });
  const take = new Take({ level: meter.show, turn: heard, draft, trouble: (words) => say(said, words), gone: () => stop(t("record.unplugged")) });
  let [ended, one] = [null, null];
  const end = () => {
    clearInterval(ticking);
    draft("");
    ended ??= take.end();
    return ended;
  };
  const stop = async (amiss = "") => {
    if (ended) return;
    const file = await end();
    if (!file) return void (signal.aborted || idle(here, t("record.short")));
    one = hold(file, more.given());
    const silent = take.loudest < QUIET ? t("record.silent") : amiss;
    if (signal.aborted) return; // it waits among the recordings
    if (silent) unsent(here, one, silent);
    else await onward(here, one);
  };
  let ticking = 0;
  try {
    await take.begin();
  } catch (error) {
    complain(error);
  }
  if (!take.began) return;
  if (signal.aborted) return void end();
  ticking = setInterval(() => {
    counter.textContent = clock(take.seconds);
    if (take.seconds > PATIENCE && take.loudest < QUIET) say(said, t("record.quiet"));
    else if (said.textContent === t("record.quiet")) say(said, "");
  }, 250);
  signal.addEventListener("abort", () => stop());
  const done = button(t("record.stop"), () => stop(), { class: "solid large on" });
  const drop = async () => { await end(); forget(one); idle(here).focus(); }; // it may be unplugged while that is asked
  put(desk, counter, meter.node, done, said, dropping(signal, drop));
  done.focus();
}

/** Send a recording and go where it is read. */
async function onward(here, one, sent = send(one)) {
  const bar = progress();
  const show = () => bar.tell(...(one.state === "queued" ? [t("jobs.queued")] : [t("jobs.sending"), one.share]));
  watch(show, here.signal);
  put(here.desk, h("p", {}, t("record.kept")), bar.node);
  show();
  const job = await sent;
  if (here.signal.aborted) return;
  if (job) location.hash = `#recordings/${job.id}`;
  else unsent(here, one);
}

/** A recording that the service does not have: send it, save it, or let go of it. */
function unsent(here, one, amiss = "") {
  const again = button(t("record.send"), () => onward(here, one), { class: "solid" });
  put(here.desk, h("div", { role: "alert" }, ...(one.error ? [...told(one.error), h("p", {}, t("record.safe"))] : [h("p", {}, amiss || t("record.unsent"))])),
    h("div", { class: "row-of" }, again, saving(one.file, t("record.save")), dropping(here.signal, () => { forget(one); idle(here).focus(); })));
  again.focus();
}
