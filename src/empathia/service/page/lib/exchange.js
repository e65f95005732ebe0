// One talk with the empathic voice: what was said on both sides, and what goes on at the moment.
import { signedOut } from "../main.js";
import { Aloud } from "./aloud.js";
import { ENDED, Problem, talk } from "./api.js";
import { Deaf, Microphone, base64, bytes } from "./sound.js";
import { language } from "./words.js";

const RATE = 48_000; // samples a second of most microphones

/** What was said: `turns` are { who: "you", text, heard, isDraft, lost }, { who: "empathia", id, sentences,
 *  why, isWhole, cut } and { who: "line", what }. It outlasts the exchange, and another goes on with it. */
export const nothingSaid = () => ({ turns: [], group: null });

export class Exchange {
  isPaused = false;
  isMuted = null; // the microphone, while an answer is heard; null: where this device speaks
  #past;
  #tell;
  #socket = null;
  #ear = null;
  #rate = RATE;
  #opening = null; // a microphone that one is asked about
  #owed = false; // an answer
  #excuses = false; // an error that means nothing
  #group = null;

  /** `tell` has changed() of the state, said(turn), level(0..1) and failed(error). */
  constructor(past, serves, tell) {
    this.#past = past;
    this.#tell = tell;
    this.aloud = new Aloud(serves, () => tell.changed());
  }

  get isOn() { return this.#socket !== null; }
  get hears() { return this.#ear !== null; }
  get mutes() { return this.isMuted ?? this.aloud.by.who === "device"; }

  /** The answer that is being given, if there is one. */
  get #unsaid() {
    const turn = this.#last("empathia");
    return turn && !turn.isWhole && !turn.cut ? turn : null;
  }

  /** The state's name, as the words have it. */
  get state() {
    if (this.#opening) return "opening";
    if (!this.isOn) return this.#past.turns.length ? "ended" : "off";
    if (this.aloud.sounds) return this.hears && this.mutes ? "speaking-muted" : "speaking";
    if (this.isPaused) return "paused";
    if (this.#owed) return "thinking";
    if (this.#unsaid) return "answering";
    return this.hears ? "listening" : "waiting";
  }

  /** Begin, or go on with what was said; `aloud`: by microphone, else in writing alone. */
  async begin(aloud) {
    this.aloud.open();
    if (aloud) await this.listen();
    if (!this.isOn && this.#tell) this.#connect();
  }

  /** Open the microphone; where it cannot be, that is told and the talk is a written one. */
  async listen() {
    const ear = new Microphone();
    this.#opening = ear;
    this.#changed();
    try {
      await ear.open({ pcm: (samples) => this.#heard(samples), level: (x) => this.#tell?.level(x), gone: () => this.#unplugged() });
      if (this.#opening !== ear) return void await ear.close(); // it is not wanted any more
      const other = ear.rate !== this.#rate;
      [this.#ear, this.#rate] = [ear, ear.rate];
      if (this.isOn && other) this.#connect(); // the service was told another one
    } catch (error) {
      this.#tell?.failed(error);
    } finally {
      if (this.#opening === ear) this.#opening = null;
      this.#changed();
    }
  }

  /** Close the microphone. */
  deafen() {
    this.#ear?.close();
    this.#ear = this.#opening = null;
    this.#tell?.level(0);
    this.#changed();
  }

  #unplugged() {
    this.deafen();
    this.#tell?.failed(new Deaf("absent"));
  }

  #heard(samples) {
    if (this.mutes && this.aloud.echoes) return;
    this.#socket?.say({ type: "audio_input", data: base64(samples) });
  }

  #connect() {
    this.#socket?.close();
    this.#lose();
    const resumed = this.#past.group ? { resumed_chat_group_id: this.#past.group } : {};
    const socket = talk({ verbose_transcription: true, language: language(), ...resumed }, this.#rate, (message) => { if (this.#socket === socket) this.#take(message); },
      (code) => { if (this.#socket === socket) this.#broke(code); });
    this.#socket = socket;
    this.#owed = false;
    if (this.isPaused) socket.say({ type: "pause_assistant_message" });
    this.#changed();
  }

  /** Say it in writing. */
  async write(text) {
    if (!this.isOn) await this.begin(false);
    this.#add({ who: "you", text, heard: null });
    this.#socket.say({ type: "user_input", text });
    this.#owed = !this.isPaused;
    this.#changed();
  }

  /** Hold answers back, or give the one that waits. */
  pause(on) {
    this.isPaused = on;
    this.#excuses = !on && this.#last("you") !== this.#past.turns.at(-1); // nothing waits: that is told
    this.#owed = !on && !this.#excuses;
    if (on) this.aloud.hush();
    this.#socket?.say({ type: on ? "pause_assistant_message" : "resume_assistant_message" });
    this.#changed();
  }

  /** End it; what was said stays, and it can go on. */
  end() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#owed = this.isPaused = false;
    this.#cut();
    this.#lose();
    this.aloud.hush();
    this.deafen();
  }

  /** End it and let go of all; nothing is told any more. */
  leave() {
    this.#tell = null;
    this.end();
    this.aloud.close();
  }

  #broke(code) {
    this.end();
    if (code === ENDED.signedOut) return void this.#tell?.failed(signedOut());
    const why = code === ENDED.gone ? "gone" : code === ENDED.busy ? "busy" : "broke";
    if (why === "gone") this.#past.group = null; // it goes on as another
    this.#add({ who: "line", what: why });
    this.#changed();
  }

  #take(message) {
    const { type } = message;
    if (type === "chat_metadata") this.#group = message.chat_group_id;
    if (type === "user_message") (message.interim ? this.#draft(message) : this.#understood(message));
    if (type === "assistant_message") this.#answered(message);
    if (type === "audio_output") this.aloud.sound(message.id, bytes(message.data));
    if (type === "assistant_end") this.#whole();
    if (type === "user_interruption") { this.#cut(); this.aloud.hush(); }
    if (type === "error") this.#failed(message);
    this.#changed();
  }

  /** What has been understood of somebody who still speaks. */
  #draft({ message, language }) {
    const turn = this.#drafted ?? { who: "you", isDraft: true, heard: null };
    Object.assign(turn, { text: message.content, language });
    if (this.#drafted) this.#said(turn);
    else this.#add(turn);
  }

  get #drafted() { return this.#past.turns.find((turn) => turn.isDraft && !turn.lost); }

  #understood({ message, models, from_text: written, language }) {
    this.aloud.hush();
    this.#past.group = this.#group;
    this.#owed = !this.isPaused;
    this.#excuses = false;
    const unheard = (x) => x.who === "you" && !x.isDraft && !x.heard && !x.lost;
    const waiting = written ? this.#past.turns.find(unheard) : this.#drafted;
    const turn = waiting ?? { who: "you" };
    Object.assign(turn, { text: message.content, heard: models.empathia, language, isDraft: false });
    if (waiting) this.#said(turn);
    else this.#add(turn);
  }

  #answered({ id, message, models }) {
    this.#owed = false;
    let turn = this.#last("empathia");
    if (turn?.id !== id) {
      this.#cut();
      this.#add(turn = { who: "empathia", id, sentences: [], isWhole: false });
    }
    turn.sentences.push(message.content);
    turn.why ??= models?.empathia?.why;
    this.#said(turn);
    this.aloud.sentence(id, message.content);
  }

  #whole() {
    const turn = this.#last("empathia");
    if (turn) turn.isWhole = true;
    this.aloud.end();
  }

  #failed({ code, message }) {
    this.#owed = false;
    if (!this.#excuses) this.#tell.failed(new Problem(Number(code.slice(1)), { detail: message }));
    this.#excuses = false;
  }

  /** What is left of an answer is not said. */
  #cut() {
    const turn = this.#unsaid;
    if (turn) this.#said(Object.assign(turn, { cut: true }));
  }

  /** Nobody knows whether what was written last has come. */
  #lose() {
    for (const turn of this.#past.turns) {
      if (turn.who !== "you" || turn.heard || turn.lost) continue;
      this.#said(Object.assign(turn, { lost: true }));
    }
  }

  #last(who) { return this.#past.turns.findLast((turn) => turn.who === who); }
  #add(turn) { this.#past.turns.push(turn); this.#said(turn); }
  #said(turn) { this.#tell?.said(turn); }
  #changed() { this.#tell?.changed(); }
}
