// A button that records, with a meter and a clock.
import { button, h, level, put, say } from "../../lib/dom.js";
import { dropping } from "../../lib/jobs.js";
import { Microphone } from "../../lib/sound.js";
import { clock, t } from "../../lib/words.js";

/**
 * Buttons that begin and end a recording; `done(file)` is given it.
 *
 * It ends with `signal` or where the microphone is unplugged, and what was said until then is
 * given, too. `begin` and `end` are the buttons' words; a third lets go of it, who is asked first.
 */
export function recorder({ begin, end, signal }, done) {
  const meter = level();
  const time = h("span", { class: "when" });
  const said = h("p", { class: "unseen", role: "status" });
  const short = h("p", { class: "small", role: "status" });
  const running = h("div", { class: "row-of recording", hidden: true });
  let microphone = null;
  let ticking = 0;

  async function ended() {
    const open = microphone;
    microphone = null;
    clearInterval(ticking);
    const file = await open?.close();
    running.hidden = true;
    start.hidden = false;
    put(said);
    meter.show(0);
    start.focus();
    return file;
  }

  async function stop() {
    const file = await ended();
    if (file) await done(file);
    else say(short, t("record.short"));
  }

  const start = button(begin, async () => {
    const opening = new Microphone();
    const gone = () => { if (microphone) stop(); };
    await opening.open({ level: meter.show, gone, record: true });
    microphone = opening;
    if (signal.aborted) return stop();
    const began = performance.now();
    const tick = () => { time.textContent = clock((performance.now() - began) / 1000); };
    tick();
    ticking = setInterval(tick, 500);
    start.hidden = true;
    running.hidden = false;
    put(short);
    put(said, t("diary.hears"));
    halt.focus();
  }, { class: "solid begins" });
  const halt = button(end, stop, { class: "solid ends" });
  const drop = dropping(signal, async () => { if (microphone) await ended(); });
  put(running, halt, drop, h("span", { class: "lamp", "aria-hidden": "true" }), time, meter.node);
  addEventListener("beforeunload", (event) => { if (microphone) event.preventDefault(); }, { signal });
  signal.addEventListener("abort", () => { if (microphone) stop(); });
  return h("div", { class: "recorder" }, start, running, said, short);
}
