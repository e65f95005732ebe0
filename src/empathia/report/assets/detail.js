// What is known about one turn.
const SHAKY = 0.5;
const SOURCES = { fusion: "together", text: "words", voice: "voice", face: "face" };
const MEASURES = {
  duration: "length", avg_intensity: "mean loudness", intensity_variation: "variation of loudness",
  avg_pitch: "mean pitch", pitch_std: "variation of pitch", pitch_range: "range of pitch",
  articulation_rate: "articulation rate", mean_hnr: "harmonicity",
};
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
  const span = `${clock(turn.start, true)} – ${clock(turn.end, true)} · ${(turn.end - turn.start).toFixed(1)} s`;
  const when = !timed(turn) ? "no times" : lasts(turn) ? span : clock(turn.start, true);
  const step = (text, name, by) => {
    const to = turn.index + by;
    const button = el("button", { type: "button", class: "plain", "aria-label": name, disabled: !turns[to] }, text);
    button.addEventListener("click", () => { choose(to); focusStep(name); });
    return button;
  };
  const steps = el("div", { class: "steps" }, step("←", "Previous turn", -1));
  if (player.ready && timed(turn)) {
    const play = el("button", { type: "button", class: "solid", "aria-label": "Play this turn" }, "▶ Play");
    play.addEventListener("click", () => player.playTurn(turn));
    steps.append(play);
  }
  steps.append(step("→", "Next turn", 1));
  const title = el("h2", { id: "detail-title" }, `Turn ${turn.index + 1} · `, el("bdi", {}, turn.speaker),
    untold(turn) ? el("span", { class: "doubt", title: UNTOLD }, "?") : null);
  return el("div", { class: "top" }, el("div", {}, title, el("p", {}, when), ...beside(turn).map((line) => el("p", {}, line))), steps);
}

/** The panel was built anew: keep the focus on the button that was pressed. */
function focusStep(name) {
  const again = byId("detail").querySelector(`[aria-label="${name}"]`);
  (again && !again.disabled ? again : byId("detail")).focus();
}

function detailVerdict(turn) {
  const emotion = turn.emotion;
  if (!emotion) return el("p", { class: "small" }, "No emotion was asked for.");
  if (emotion.label === null) return el("p", { class: "verdict" }, chip(null), "unsure ", el("small", {}, emotion.abstained || ""));
  const second = emotion.runner_up ? el("small", {}, `then ${emotion.runner_up.label} ${percent(emotion.runner_up.score)}`) : null;
  return el("p", { class: "verdict" }, chip(emotion.label), `${verdict(emotion)} `, second);
}

function detailWords(turn) {
  const title = el("h3", {}, "Words");
  if (!turn.words.length) return [title, el("p", { class: turn.text ? "whole" : "small", dir: "auto" }, turn.text || "no words")];
  const list = el("ol", { class: "words", dir: "auto" });
  for (const word of turn.words) {
    const shaky = word.probability !== null && word.probability < SHAKY;
    const sure = word.probability === null ? "" : ` · ${percent(word.probability)}`;
    const item = el("li", { class: shaky ? "shaky" : null, title: `${clock(word.start, true)} – ${clock(word.end, true)}${sure}` },
      el("span", { class: "w" }, word.text.trim()),
      shaky ? el("span", { class: "unseen" }, ` (uncertain: ${percent(word.probability)})`) : null,
      el("span", { class: "t" }, clock(word.start, true)));
    list.append(item);
    wordItems.push([word, item]);
  }
  const unsure = turn.words.some((w) => w.probability !== null && w.probability < SHAKY);
  return [title, list, unsure ? el("p", { class: "small" }, "Words with a ? were hard to understand.") : null];
}

function showWord(now, moving) {
  for (const [word, item] of wordItems) item.classList.toggle("now", moving && word.start <= now && now < word.end);
}

function detailCues(turn) {
  if (!turn.cues || !(turn.cues.description || turn.cues.impression)) return [];
  return [
    el("h3", {}, "How it sounded"),
    turn.cues.description ? el("p", {}, turn.cues.description) : null,
    turn.cues.impression ? el("p", { class: "impression" }, turn.cues.impression) : null,
    el("p", { class: "small" }, `Levels relative to: ${turn.cues.reference}`),
  ];
}

/** What was seen of the speaker; the picture or drawing is that of the table. */
function detailFace(turn) {
  if (!turn.seen) return [];
  const title = el("h3", {}, "How it looked");
  if (turn.seen.person === null) return [title, el("p", { class: "small" }, turn.seen.absent ? `Not seen (${turn.seen.absent})` : "Not seen")];
  const shown = document.querySelector(`#turn-${turn.index + 1} .look`);
  const cues = turn.seen.cues || {};
  const when = turn.seen.moment === null ? "" : `, here at ${clock(turn.seen.moment, true)}`;
  return [title, el("div", { class: "seen" }, shown ? shown.cloneNode(true) : null, el("div", {},
    el("p", {}, cues.description || "nothing to tell"),
    cues.impression ? el("p", { class: "impression" }, cues.impression) : null,
    el("p", { class: "small" }, `${turn.seen.person}, in ${percent(turn.seen.share)} of the pictures${when}`),
    cues.reference ? el("p", { class: "small" }, `Levels relative to: ${cues.reference}`) : null))];
}

/** What the label hangs on; the table has it, folded. */
function detailWhy(turn) {
  if (!turn.why) return [];
  const row = document.getElementById(`turn-${turn.index + 1}`).nextElementSibling;
  return [el("h3", {}, "Why"), ...[...row.querySelectorAll("details")].map((one) => one.cloneNode(true))];
}

function detailShares(turn) {
  const all = [...(turn.emotion ? [["fusion", turn.emotion]] : []), ...Object.entries(turn.emotions)];
  if (!all.length) return [];
  const scored = all.filter(([, e]) => Object.keys(e.scores).length);
  const parts = [el("h3", {}, "Probabilities by source")];
  if (scored.length) parts.push(...shareTable(scored));
  for (const [source, emotion] of all) {
    if (emotion.abstained !== null) parts.push(el("p", { class: "small" }, `${SOURCES[source] || source} did not commit itself: ${emotion.abstained}`));
    if (emotion.vad) parts.push(el("p", { class: "small" }, `${SOURCES[source] || source}: valence, arousal, dominance ${emotion.vad.map((v) => v.toFixed(2)).join(", ")}`));
  }
  return parts;
}

function shareTable(scored) {
  const labels = [...new Set(scored.flatMap(([, e]) => Object.keys(e.scores)))];
  const first = scored[0][1].scores;
  const order = labels.length <= MOST ? labels : labels.sort((a, b) => (first[b] || 0) - (first[a] || 0)).slice(0, MOST);
  const head = el("tr", {}, el("th", { scope: "col" }, "emotion"));
  for (const [source] of scored) head.append(el("th", { scope: "col" }, SOURCES[source] || source));
  const body = el("tbody");
  for (const label of order) {
    const row = el("tr", {}, el("th", { scope: "row" }, chip(label), el("span", {}, label)));
    for (const [, emotion] of scored) row.append(shareCell(emotion, label));
    body.append(row);
  }
  const table = el("table", { class: "bars" }, el("thead", {}, head), body);
  const rest = labels.length - order.length;
  return rest ? [table, el("p", { class: "small" }, `and ${rest} less likely labels`)] : [table];
}

function shareCell(emotion, label) {
  const score = emotion.scores[label];
  if (score === undefined) return el("td", {}, "–");
  const fill = el("b", { class: `e${mark(label).index}` });
  fill.style.width = `${score * 100}%`;
  const best = emotion.label === label ? " best" : "";
  return el("td", {}, el("div", { class: `share${best}` }, fill, el("span", {}, percent(score))));
}

function detailMeasures(turn) {
  if (!turn.prosody) return [];
  const list = el("dl", { class: "measures" });
  for (const [name, { value, unit }] of Object.entries(turn.prosody.measures)) {
    const digits = Math.abs(value) >= 100 ? 0 : 1;
    const shown = value === null ? "not measured" : `${value.toFixed(digits)} ${unit || ""}`;
    list.append(el("div", {}, el("dt", {}, MEASURES[name] || name), el("dd", {}, shown)));
  }
  return [el("h3", {}, "Measured in the voice"), list];
}

function detailReply(turn) {
  if (!turn.reply) return [];
  const by = `Written by: ${turn.reply.source}${turn.reply.note ? ` (${turn.reply.note})` : ""}`;
  return [el("h3", {}, "Reply"), el("blockquote", { class: "reply", dir: "auto" }, turn.reply.text), el("p", { class: "small" }, by)];
}
