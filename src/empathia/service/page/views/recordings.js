// All recordings: sent by button or dropped on the page, read one after another.
import { ask } from "../lib/api.js";
import { button, h, put } from "../lib/dom.js";
import { choices, claim, dropping, facts, follow, forget, moves, nobodys, progress, saving, send, sending, stage, titled, watch } from "../lib/jobs.js";
import { date, t } from "../lib/words.js";
import { about, because, complain, told } from "../main.js";
import single from "./recording.js";

export default async function draw(main, signal, id = null) {
  if (id !== null) return single(main, signal, id);
  const coming = h("ul", { class: "jobs", "aria-label": t("recordings.coming") });
  const list = new List(signal);
  put(main, h("h1", {}, t("recordings.title")), h("p", { class: "lead" }, t("recordings.lead")),
    bringing(signal), about.account && nobodys().length ? claiming(list) : null, coming, list.empty, list.node);
  const rows = new Map();
  const changed = () => {
    const taken = [...rows.keys()].filter((one) => !sending.has(one));
    for (const one of taken) { rows.get(one).node.remove(); rows.delete(one); }
    for (const one of sending) {
      if (!rows.has(one)) { rows.set(one, onItsWay(one, signal)); coming.append(rows.get(one).node); }
      rows.get(one).show();
    }
    coming.hidden = !sending.size;
    if (taken.length) list.refresh().catch(complain);
  };
  watch(changed, signal);
  changed();
  await list.refresh();
  list.read().catch(complain);
}

/** Where files are brought: by button, or dropped anywhere on the page. */
function bringing(signal) {
  const more = choices();
  const input = h("input", { type: "file", multiple: true, hidden: true });
  const bring = (files) => { for (const file of files) send(file, more.given()); };
  input.addEventListener("change", () => { bring(input.files); input.value = ""; });
  const zone = h("section", { class: "panel zone", "aria-label": t("recordings.bring") },
    h("div", { class: "row-of" }, button(t("recordings.choose"), () => input.click(), { class: "solid" }), h("span", { class: "hint" }, t("recordings.drop"))),
    input, more.node);
  const over = (on) => zone.classList.toggle("over", on);
  addEventListener("dragover", (event) => { event.preventDefault(); over(true); }, { signal });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); }, { signal });
  addEventListener("drop", (event) => { event.preventDefault(); over(false); bring(event.dataTransfer.files); }, { signal });
  return zone;
}

/** What was sent from here before somebody signed in: theirs, or left to all who do not sign in. */
function claiming(list) {
  const choose = (wanted) => async () => { await claim(wanted); node.remove(); list.claimed = true; await list.refresh(); };
  list.claimed = false;
  const node = h("section", { class: "panel claiming" }, h("p", {}, t("recordings.before", { number: nobodys().length })),
    h("div", { class: "row-of" }, button(t("recordings.claim"), choose(true), { class: "solid" }), button(t("recordings.unclaimed"), choose(false))));
  return node;
}

/** A file that the service has not taken. */
function onItsWay(one, signal) {
  const bar = progress();
  const said = h("div", { class: "unsent", role: "status" });
  const name = h("span", { class: "name" }, titled(one.file.name));
  const node = h("li", {}, name, bar.node, said);
  let shown = null;
  const drop = () => forget(one);
  const show = () => {
    bar.node.hidden = !moves(one);
    if (moves(one)) bar.tell(t(one.state === "queued" ? "jobs.queued" : "jobs.sending"), one.state === "queued" ? null : one.share);
    if (shown === one.state) return;
    shown = one.state;
    put(said, moves(one) ? null : [...(one.error ? told(one.error) : [h("p", {}, t("record.unsent"))]),
      h("div", { class: "row-of" }, button(t(one.error ? "recordings.again" : "record.send"), () => { send(one); }),
        one.recorded ? saving(one.file, t("record.save")) : null,
        one.recorded ? dropping(signal, drop) : button(t("recordings.leave"), drop))]);
  };
  return { node, show };
}

/** What the service has, the newest first. */
class List {
  node = h("ul", { class: "jobs", "aria-label": t("recordings.title") });
  empty = h("p", { class: "hint", hidden: true }, t("recordings.none"));
  #jobs = new Map(); // id -> { job, node, bar }
  #wake = () => {};
  claimed = true; // all that could be

  constructor(signal) { this.signal = signal; }

  async refresh() {
    const { jobs } = await ask("/v1/jobs", { signal: this.signal });
    for (const job of jobs.reverse()) {
      if (this.#jobs.has(job.id)) continue;
      this.#jobs.set(job.id, { job, node: h("li"), bar: progress() });
      this.node.prepend(this.#jobs.get(job.id).node);
      this.#show(job);
    }
    this.#wake();
    this.empty.hidden = this.#jobs.size > 0 || sending.size > 0 || !this.claimed;
  }

  #show(job) {
    const row = this.#jobs.get(job.id);
    row.job = job;
    const over = job.state === "done" || job.state === "failed";
    if (!over) row.bar.tell(t(`stage.${job.state}`));
    put(row.node, h("a", { class: "name", href: `#recordings/${job.id}` }, titled(job.name)),
      h("span", { class: "when" }, date(job.created)), over ? outcome(job) : row.bar.node);
  }

  /** Follow what is read, the oldest first, as the service reads it: one connection is enough. */
  async read() {
    while (!this.signal.aborted) {
      const next = [...this.#jobs.values()].find(({ job }) => job.state === "waiting" || job.state === "reading");
      if (!next) {
        await new Promise((resolve) => { this.#wake = resolve; });
        continue;
      }
      const { id } = next.job;
      const job = await follow(id, (far) => next.bar.tell(...stage(far)), this.signal);
      if (job) this.#show(job);
      else {
        next.node.remove();
        this.#jobs.delete(id);
      }
    }
  }
}

/** What a job came to: how much there is, or why there is nothing. */
function outcome({ state, about, problem }) {
  if (state === "failed") return h("div", { class: "failed" }, h("p", {}, t("recordings.failed")), because(problem));
  return h("span", { class: "much-of" }, facts(about).join(" · "));
}
