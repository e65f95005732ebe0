// In the audio thread: sound in slices of 16-bit samples, each with its level.
class Slices extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.samples = new Int16Array(Math.round(sampleRate * processorOptions.seconds));
    this.filled = 0;
    this.loudest = 0;
  }

  process([[channel]]) {
    for (const value of channel ?? []) {
      const clipped = Math.max(-1, Math.min(1, value));
      this.loudest = Math.max(this.loudest, Math.abs(clipped));
      this.samples[this.filled++] = Math.round(clipped * 32767);
      if (this.filled === this.samples.length) this.give();
    }
    return true;
  }

  give() {
    this.port.postMessage({ samples: this.samples.slice(), level: this.loudest });
    this.filled = 0;
    this.loudest = 0;
  }
}
registerProcessor("slices", Slices);
