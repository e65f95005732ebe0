// The microphone, and a player that can be silenced at once.
import { Problem } from "./api.js";

const SLICE = 0.1; // s of sound that is handed on at a time

/** No sound comes in; `why` is "insecure", "refused", "absent" or "busy", as the words say. */
export class Deaf extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

async function listen() {
  if (!navigator.mediaDevices) throw new Deaf("insecure"); // browsers hide it from plain http
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    const why = { NotAllowedError: "refused", NotFoundError: "absent", NotReadableError: "busy" }[error.name];
    throw why ? new Deaf(why) : error;
  }
}

const open = new Set();

/** Whether a microphone is open. */
export const hears = () => open.size > 0;

/** A microphone: `pcm(Int16Array)` at `rate`, `level(0..1)` for a meter; it records on demand. */
export class Microphone {
  #context = null;
  #stream = null;
  #recorder = null;
  #parts = [];

  /** Open it; `gone()` is told where it is unplugged. Where it cannot be opened, as with a `Deaf`, it is closed. */
  async open(how) {
    try {
      await this.#begin(how);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #begin({ pcm = () => {}, level = () => {}, gone = () => {}, record = false }) {
    this.#stream = await listen();
    open.add(this);
    this.#stream.getTracks().forEach((track) => track.addEventListener("ended", gone));
    this.#context = new AudioContext();
    await this.#context.audioWorklet.addModule("/page/lib/slices.js").catch(() => { throw new Problem(0); });
    const slices = new AudioWorkletNode(this.#context, "slices", { processorOptions: { seconds: SLICE } });
    slices.port.onmessage = ({ data }) => { level(data.level); pcm(data.samples); };
    this.#context.createMediaStreamSource(this.#stream).connect(slices);
    if (record) this.#record();
  }

  /** Samples a second of what `pcm` is given. */
  get rate() { return this.#context.sampleRate; }

  #record() {
    const type = ["audio/webm;codecs=opus", "audio/mp4"].find((x) => MediaRecorder.isTypeSupported(x));
    this.#recorder = new MediaRecorder(this.#stream, type ? { mimeType: type } : {});
    this.#parts = [];
    this.#recorder.ondataavailable = ({ data }) => this.#parts.push(data);
    this.#recorder.start(1000);
  }

  /** Close it; what was recorded as a File, or null. */
  async close() {
    let file = null;
    if (this.#recorder) {
      if (this.#recorder.state !== "inactive") { // else it was unplugged
        const ended = new Promise((resolve) => { this.#recorder.onstop = resolve; });
        this.#recorder.stop();
        await ended;
      }
      const type = this.#recorder.mimeType.split(";")[0];
      const name = `recording.${type.includes("mp4") ? "m4a" : "webm"}`;
      const whole = new File(this.#parts, name, { type });
      file = whole.size ? whole : null; // it was stopped before there was any sound
    }
    this.#stream?.getTracks().forEach((track) => track.stop());
    open.delete(this);
    await this.#context?.close().catch(() => {});
    this.#context = this.#stream = this.#recorder = null;
    return file;
  }
}

/** Plays pieces of sound one behind the other; `changed(plays)` hears when it begins and ends. */
export class Player {
  #context = new AudioContext();
  #until = 0;
  #playing = new Set();
  #turn = 0;
  #queue = Promise.resolve();

  constructor(changed = () => {}) {
    this.changed = changed;
    this.#context.resume().catch(() => {}); // some browsers let it begin in a click alone
  }

  /** Play a piece (bytes of a sound file) after all that came before. */
  add(bytes) {
    const turn = this.#turn;
    this.#queue = this.#queue.then(() => this.#place(bytes, turn)).catch(() => {});
  }

  async #place(bytes, turn) {
    const sound = await this.#context.decodeAudioData(bytes);
    if (turn !== this.#turn) return; // silenced meanwhile
    await this.#context.resume();
    const source = this.#context.createBufferSource();
    source.buffer = sound;
    source.connect(this.#context.destination);
    this.#until = Math.max(this.#until, this.#context.currentTime);
    source.start(this.#until);
    this.#until += sound.duration;
    if (!this.#playing.size) this.changed(true);
    this.#playing.add(source);
    source.onended = () => {
      this.#playing.delete(source);
      if (!this.#playing.size) this.changed(false);
    };
  }

  /** Say no more, at once. */
  silence() {
    this.#turn += 1;
    this.#until = 0;
    for (const source of this.#playing) source.stop();
  }

  /** Let go of the loudspeaker. */
  close() {
    this.silence();
    return this.#context.close();
  }
}

/** Bytes as base64, and back. */
export function base64(bytes) {
  const raw = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < raw.length; at += 32768) text += String.fromCharCode(...raw.subarray(at, at + 32768));
  return btoa(text);
}
export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
