// What is known about one turn.
const SHAKY = 0.5;
const MOST = 9;
let wordItems = [];

function showDetail(turn) {
  wordItems = [];
  byId("detail").replaceChildren(...[
    detailTop(turn), detailVerdict(turn), ...detailWords(turn), ...detailWhy(turn), ...detailCues(turn), ...detailFace(turn), ...detailShares(turn),
    ...detailMeasures(turn), ...detailReply(turn),
  ].filter(Boolean));
}

function detailTop(turn) {
  const seconds = say("detail.seconds", { number: (turn.end - turn.start).toFixed(1) });
  const span = `${clock(turn.start, true)} – ${clock(turn.end, true)} · ${seconds}`;
  const when = !timed(turn) ? say("detail.timeless") : lasts(turn) ? span : clock(turn.start, true);
  const step = (text, name, by) => {
    const to = turn.index + by;
    const button = el("button", { type: "button", class: "plain", "aria-label": name, disabled: !turns[to] }, text);
    button.addEventListener("click", () => { choose(to); focusStep(name); });
    return button;
  };
  const steps = el("div", { class: "steps" }, step("←", say("detail.previous"), -1));
  if (player.ready && timed(turn)) {
    const play = el("button", { type: "button", class: "solid", "aria-label": say("detail.play") }, `▶ ${say("player.play")}`);
    play.addEventListener("click", () => player.playTurn(turn));
    steps.append(play);
  }
  steps.append(step("→", say("detail.next"), 1));
  const title = el("h2", { id: "detail-title" }, `${say("detail.turn", { number: turn.index + 1 })} · `, el("bdi", {}, called(turn.speaker)),
    untold(turn) ? el("span", { class: "doubt", title: say("turns.untold") }, "?") : null);
  return el("div", { class: "top" }, el("div", {}, title, el("p", {}, when), ...beside(turn).map((line) => el("p", {}, line))), steps);
}

/** The panel was built anew: keep the focus on the button that was pressed. */
function focusStep(name) {
  const again = byId("detail").querySelector(`[aria-label="${name}"]`);
  (again && !again.disabled ? again : byId("detail")).focus();
}

function detailVerdict(turn) {
  const emotion = turn.emotion;
  if (!emotion) return el("p", { class: "small" }, say("detail.unasked"));
  if (emotion.label === null) return el("p", { class: "verdict" }, chip(null), `${say("turns.unsure")} `, el("small", {}, translated(emotion.abstained || "")));
  const next = emotion.runner_up;
  const second = next ? el("small", {}, say("turns.second", { verdict: `${translated(next.label)} ${percent(next.score)}` })) : null;
  return el("p", { class: "verdict" }, chip(emotion.label), `${verdict(emotion)} `, second);
}

function detailWords(turn) {
  const title = el("h3", {}, say("detail.words"));
  if (!turn.words.length) return [title, el("p", { class: turn.text ? "whole" : "small", dir: "auto" }, turn.text || say("detail.wordless"))];
  const list = el("ol", { class: "words", dir: "auto" });
  for (const word of turn.words) {
    const shaky = word.probability !== null && word.probability < SHAKY;
    const sure = word.probability === null ? "" : ` · ${percent(word.probability)}`;
    const item = el("li", { class: shaky ? "shaky" : null, title: `${clock(word.start, true)} – ${clock(word.end, true)}${sure}` },
      el("span", { class: "w" }, word.text.trim()),
      shaky ? el("span", { class: "unseen" }, ` (${say("detail.uncertain", { share: percent(word.probability) })})`) : null,
      el("span", { class: "t" }, clock(word.start, true)));
    list.append(item);
    wordItems.push([word, item]);
  }
  const unsure = turn.words.some((w) => w.probability !== null && w.probability < SHAKY);
  return [title, list, unsure ? el("p", { class: "small" }, say("detail.shaky")) : null];
}

function showWord(now, moving) {
  for (const [word, item] of wordItems) item.classList.toggle("now", moving && word.start <= now && now < word.end);
}

function detailCues(turn) {
  if (!turn.cues || !(turn.cues.description || turn.cues.impression)) return [];
  return [
    el("h3", {}, say("detail.sounded")),
    turn.cues.description ? el("p", {}, translated(turn.cues.description)) : null,
    turn.cues.impression ? el("p", { class: "impression" }, translated(turn.cues.impression)) : null,
    el("p", { class: "small" }, relative(turn.cues)),
  ];
}

const relative = (cues) => say("detail.relative", { reference: translated(cues.reference) });

/** What was seen of the speaker; the picture or drawing is that of the table. */
function detailFace(turn) {
  if (!turn.seen) return [];
  const title = el("h3", {}, say("detail.looked"));
  if (turn.seen.person === null) return [title, el("p", { class: "small" }, say("detail.unseen") + (turn.seen.absent ? ` (${translated(turn.seen.absent)})` : ""))];
  const shown = document.querySelector(`#turn-${turn.index + 1} .look`);
  const cues = turn.seen.cues || {};
  const where = { face: translated(turn.seen.person), share: percent(turn.seen.share), time: clock(turn.seen.moment, true) };
  return [title, el("div", { class: "seen" }, shown ? shown.cloneNode(true) : null, el("div", {},
    el("p", {}, cues.description ? translated(cues.description) : say("face.nothing")),
    cues.impression ? el("p", { class: "impression" }, translated(cues.impression)) : null,
    el("p", { class: "small" }, say(turn.seen.moment === null ? "face.where" : "detail.where", where)),
    cues.reference ? el("p", { class: "small" }, relative(cues)) : null))];
}

/** What the label hangs on; the table has it, folded. */
function detailWhy(turn) {
  if (!turn.why) return [];
  const row = document.getElementById(`turn-${turn.index + 1}`).nextElementSibling;
  return [el("h3", {}, say("detail.why")), ...[...row.querySelectorAll("details")].map((one) => one.cloneNode(true))];
}

function detailShares(turn) {
  const all = [...(turn.emotion ? [["fusion", turn.emotion]] : []), ...Object.entries(turn.emotions)];
  if (!all.length) return [];
  const scored = all.filter(([, e]) => Object.keys(e.scores).length);
  const parts = [el("h3", {}, say("detail.shares"))];
  if (scored.length) parts.push(...shareTable(scored));
  for (const [name, { abstained, vad }] of all) {
    if (abstained !== null) parts.push(el("p", { class: "small" }, say("detail.abstained", { source: source(name), why: translated(abstained) })));
    if (vad) parts.push(el("p", { class: "small" }, say("detail.vad", { source: source(name), values: vad.map((v) => v.toFixed(2)).join(", ") })));
  }
  return parts;
}

function shareTable(scored) {
  const labels = [...new Set(scored.flatMap(([, e]) => Object.keys(e.scores)))];
  const first = scored[0][1].scores;
  const order = labels.length <= MOST ? labels : labels.sort((a, b) => (first[b] || 0) - (first[a] || 0)).slice(0, MOST);
  const head = el("tr", {}, el("th", { scope: "col" }, say("turns.emotion")));
  for (const [name] of scored) head.append(el("th", { scope: "col" }, source(name)));
  const body = el("tbody");
  for (const label of order) {
    const row = el("tr", {}, el("th", { scope: "row" }, chip(label), el("span", {}, translated(label))));
    for (const [, emotion] of scored) row.append(shareCell(emotion, label));
    body.append(row);
  }
  const table = el("table", { class: "bars" }, el("thead", {}, head), body);
  const rest = labels.length - order.length;
  return rest ? [table, el("p", { class: "small" }, say("detail.rest", { number: rest }))] : [table];
}

function shareCell(emotion, label) {
  const score = emotion.scores[label];
  if (score === undefined) return el("td", {}, "–");
  const fill = el("b", { class: `e${mark(label).index}` });
  fill.style.width = `${score * 100}%`;
  const best = emotion.label === label ? " best" : "";
  return el("td", {}, el("div", { class: `share${best}` }, fill, el("span", {}, percent(score))));
}

const measure = (name) => (Object.hasOwn(data.said, `measure.${name}`) ? say(`measure.${name}`) : name);

function detailMeasures(turn) {
  if (!turn.prosody) return [];
  const list = el("dl", { class: "measures" });
  for (const [name, { value, unit }] of Object.entries(turn.prosody.measures)) {
    const digits = Math.abs(value) >= 100 ? 0 : 1;
    const shown = value === null ? say("detail.unmeasured") : `${value.toFixed(digits)} ${translated(unit || "")}`;
    list.append(el("div", {}, el("dt", {}, measure(name)), el("dd", {}, shown)));
  }
  return [el("h3", {}, say("detail.measures")), list];
}

function detailReply(turn) {
  if (!turn.reply) return [];
  const by = say("detail.by", { source: turn.reply.source }) + (turn.reply.note ? ` (${translated(turn.reply.note)})` : "");
  return [el("h3", {}, say("detail.reply")), el("blockquote", { class: "reply", dir: "auto" }, turn.reply.text), el("p", { class: "small" }, by)];
}
