// Who says answers aloud: the service, or a voice of this device where the service has none.
import { Player } from "./sound.js";
import { language } from "./words.js";

const PAUSE = 300; // ms that a room still sounds

/** The language of words that are answered, as far as answers are in one: Korean or English. */
export const tongue = (text) => (/[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/.test(text) ? "ko" : "en");

/** A voice of this device for a language, or null. Voices that send words elsewhere are none. */
export function ownVoice(language) {
  const all = globalThis.speechSynthesis?.getVoices() ?? [];
  return all.find((one) => one.localService && one.lang.toLowerCase().startsWith(language)) ?? null;
}

/** Says one answer after another; `changed()` hears when sound begins and ends, and whose it is. */
export class Aloud {
  isOn = true;
  #changed;
  #serves;
  #player = null;
  #plays = false;
  #until = 0; // ms, of performance.now(), when it was last heard
  #spoken = new Set(); // what this device says
  #answer = null; // { id, sentences, by, hushed }

  /** `serves`: whether the service has a voice at all. */
  constructor(serves, changed) {
    this.#serves = serves;
    this.#changed = changed;
  }

  /** To be called in a click: browsers give pages sound in one alone. */
  open() {
    this.#player ??= new Player((plays) => { this.#plays = plays; this.#after(); });
  }

  /** Whether something is said at the moment. */
  get sounds() { return this.#plays || this.#spoken.size > 0; }

  /** Whether it can still be heard, in the room as well. */
  get echoes() { return this.sounds || performance.now() < this.#until; }

  /** `who` says the last answer, or will say the first ("service", "device", or "nobody": it stays in
   *  words), its language, and the device's `voice` for that or null. */
  get by() {
    const { by, sentences } = this.#answer ?? { by: null, sentences: [] };
    const spoken = sentences.length ? tongue(sentences.join(" ")) : language();
    const voice = ownVoice(spoken);
    const instead = voice ? "device" : "nobody";
    return { who: this.#serves && by !== "device" ? "service" : instead, language: spoken, voice };
  }

  #after() {
    if (!this.sounds) this.#until = performance.now() + PAUSE;
    this.#changed();
  }

  /** A sentence of an answer is there. */
  sentence(id, text) {
    if (this.#answer?.id !== id) this.#answer = { id, sentences: [], by: this.#serves ? null : "device", hushed: false };
    else if (!this.#answer.by) this.#instead(); // the one before had no sound
    this.#answer.sentences.push(text);
    if (this.#answer.by === "device") this.#say(text);
  }

  /** Its sound, by the service. */
  sound(id, bytes) {
    if (this.#answer?.id !== id || this.#answer.by === "device") return;
    this.#answer.by = "service";
    if (this.isOn && !this.#answer.hushed) this.#player?.add(bytes);
    this.#changed();
  }

  /** An answer is whole. */
  end() {
    if (this.#answer && !this.#answer.by) this.#instead();
  }

  #instead() {
    this.#answer.by = "device";
    this.#answer.sentences.forEach((one) => this.#say(one));
    this.#changed();
  }

  #say(text) {
    const voice = ownVoice(tongue(text));
    if (!this.isOn || this.#answer.hushed || !voice) return;
    const spoken = new SpeechSynthesisUtterance(text);
    Object.assign(spoken, { voice, lang: voice.lang });
    spoken.onend = spoken.onerror = () => { if (this.#spoken.delete(spoken)) this.#after(); };
    this.#spoken.add(spoken);
    speechSynthesis.speak(spoken);
    this.#changed();
  }

  /** Say no more of this answer, at once. */
  hush() {
    if (this.#answer) this.#answer.hushed = true;
    this.#player?.silence();
    if (this.#spoken.size) {
      this.#spoken.clear();
      speechSynthesis.cancel();
      this.#after();
    }
  }

  /** Let go of the loudspeaker. */
  close() {
    this.hush();
    this.#player?.close();
    this.#player = null;
  }
}
