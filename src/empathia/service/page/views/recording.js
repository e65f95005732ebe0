// One recording: how far it is, then its timeline.
import { ask } from "../lib/api.js";
import { deleting } from "../lib/dialog.js";
import { button, h, put } from "../lib/dom.js";
import { existing, facts, follow, progress, recordedAs, remove, saving, stage, titled } from "../lib/jobs.js";
import { date, language, t } from "../lib/words.js";
import { because, complain } from "../main.js";

const KINDS = [["timeline", "JSON", "json"], ["timeline.csv", "CSV", "csv"]];
const TIMED = [["timeline.srt", "SRT", "srt"], ["timeline.TextGrid", "TextGrid", "TextGrid"]];

export default async function draw(main, signal, id) {
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  const job = await existing(main, ask(path, { signal }));
  if (!job) return;
  const body = h("div", { class: "one" });
  put(main, h("p", {}, h("a", { href: "#recordings" }, t("recording.all"))), h("h1", {}, titled(job.name)), body);
  const show = (over) => {
    put(body, ...(over.state === "done" ? timeline(over, path, signal) : [failure(over, signal)]));
  };
  if (job.state === "waiting" || job.state === "reading") {
    const bar = progress();
    put(body, h("section", { class: "panel" }, bar.node, h("p", { class: "hint" }, t("recording.leave")), h("div", { class: "row-of" }, removal(job, signal))));
    bar.tell(t(`stage.${job.state}`));
    follow(id, (far) => bar.tell(...stage(far)), signal).then((over) => {
      if (over) show(over);
      else location.hash = "#recordings"; // it was deleted meanwhile
    }).catch(complain);
  } else {
    show(job);
  }
}

function failure(job, signal) {
  const file = recordedAs(job.id);
  return h("section", { class: "panel", role: "alert" }, h("p", {}, t("recordings.failed")), because(job.problem),
    h("div", { class: "row-of" }, file ? saving(file, t("record.save")) : null, removal(job, signal)));
}

function timeline(job, path, signal) {
  const base = job.name.replace(/\.\w{1,5}$/, "");
  const kinds = job.about.duration === null ? KINDS : [...KINDS, ...TIMED];
  const saved = kinds.map(([what, label, ending]) =>
    h("a", { class: "plain", href: `${path}/${what}`, download: `${base}.${ending}` }, label));
  return [h("p", { class: "facts", role: "status" }, [date(job.created), ...facts(job.about)].join(" · ")),
    h("div", { class: "row-of tools" }, h("a", { class: "solid", href: `#ask/${job.id}` }, t("recording.ask")),
      h("span", { class: "hint" }, t("recording.download")), ...saved, removal(job, signal)),
    h("iframe", { class: "report", src: `${path}/page?language=${language()}#inside`, title: t("recording.report", { name: titled(job.name) }) })];
}

function removal(job, signal) {
  return button(t("recording.delete"), async () => {
    const asked = { title: t("recording.delete"), texts: [t("recording.delete-sure", { name: titled(job.name) })], signal };
    if (await deleting(asked, () => remove(job.id))) location.hash = "#recordings";
  }, { class: "plain danger" });
}
