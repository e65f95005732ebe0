// One sound for the whole page: play a turn to its end, or all from here on.
const player = {
  sound: byId("sound"),
  ready: false,
  stopAt: null,
  button: null,
  slider: null,
  when: null,

  prepare() {
    if (!this.sound) return;
    this.ready = true;
    this.sound.src = blobOf(this.sound.src);
    this.sound.removeAttribute("controls");
    this.button = el("button", { type: "button", class: "solid" }, `▶ ${say("player.all")}`);
    this.slider = el("input", { type: "range", min: "0", max: "1", step: "0.1", value: "0", "aria-label": say("player.position") });
    this.when = el("span", { class: "when" }, "0:00");
    byId("player").append(this.button, this.slider, this.when);
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => { this.stopAt = null; this.seek(Number(this.slider.value)); });
    for (const name of ["loadedmetadata", "seeked", "timeupdate"]) this.sound.addEventListener(name, () => this.show());
    this.sound.addEventListener("play", () => { this.show(); requestAnimationFrame(() => this.tick()); });
    for (const name of ["pause", "ended"]) this.sound.addEventListener(name, () => this.show());
    this.sound.addEventListener("error", () => this.fail());
    if (this.sound.tagName === "VIDEO") this.sound.addEventListener("click", () => this.toggle());
  },

  fail() {
    this.ready = false;
    byId("player").replaceChildren(el("span", { class: "silent" }, say("player.fail")));
  },

  total() {
    return Number.isFinite(this.sound.duration) ? this.sound.duration : data.duration || 0;
  },

  seek(seconds) {
    const go = () => { this.sound.currentTime = Math.min(seconds, this.total()); };
    if (this.sound.readyState >= 1) go();
    else this.sound.addEventListener("loadedmetadata", go, { once: true });
  },

  play() {
    const promise = this.sound.play();
    if (promise) promise.catch((error) => { if (error.name === "NotSupportedError") this.fail(); });
  },

  pause() { if (this.ready) this.sound.pause(); },

  toggle() {
    if (!this.sound.paused) { this.pause(); return; }
    this.stopAt = null;
    if (this.sound.ended) this.seek(0);
    this.play();
  },

  playTurn(turn) {
    if (!this.ready || !timed(turn)) return;
    this.stopAt = turn.end;
    this.seek(turn.start);
    this.play();
  },

  tick() {
    const now = this.sound.currentTime;
    if (this.stopAt !== null && now >= this.stopAt && !this.sound.seeking) {
      this.stopAt = null;
      this.pause();
    }
    this.show();
    if (!this.sound.paused) requestAnimationFrame(() => this.tick());
  },

  show() {
    if (!this.ready) return;
    const now = this.sound.currentTime;
    this.button.textContent = this.sound.paused ? `▶ ${say("player.all")}` : `❚❚ ${say("player.pause")}`;
    this.slider.max = String(this.total());
    this.slider.value = String(now);
    this.slider.setAttribute("aria-valuetext", clock(now));
    this.when.textContent = `${clock(now)} / ${clock(this.total())}`;
    showPlayhead(now, !this.sound.paused);
    showWord(now, !this.sound.paused);
    if (!this.sound.paused && this.stopAt === null) this.follow(now);
  },

  /** While all is played, the details keep up with the voice. */
  follow(now) {
    const at = turns.findLastIndex((t) => timed(t) && t.start <= now && now < t.end);
    if (at >= 0 && at !== chosen) choose(at, { announce: false });
  },
};

/** A data: address as a blob: one, in which every browser can seek. */
function blobOf(address) {
  const comma = address.indexOf(",");
  const raw = atob(address.slice(comma + 1));
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  const type = address.slice(5, comma).replace(/;base64$/, "");
  return URL.createObjectURL(new Blob([bytes], { type }));
}
