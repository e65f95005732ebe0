// Emotion over time: the fused probabilities of every turn, stacked where they sum to one.
const CHART = 150;
const STRETCH = 12;
let chart = null;
let pick = null;
let shownSpeaker = null;
const crowdedNote = el("span", { class: "small", hidden: true }, say("chart.averaged"));

const fusedLabels = [...new Set(turns.flatMap((t) => (t.emotion ? Object.keys(t.emotion.scores) : [])))];
const stacked = turns.every((t) => !t.emotion || t.emotion.exclusive);

/** Colour and pattern of every label, once for the whole page. */
function patterns() {
  const strokes = {
    plain: "", dots: "M2 2h1.6v1.6h-1.6zM6 6h1.6v1.6h-1.6z", rows: "M0 2h8M0 6h8", columns: "M2 0v8M6 0v8",
    rising: "M-2 2l4 -4M0 8l8 -8M6 10l4 -4", falling: "M-2 6l4 4M0 0l8 8M6 -2l4 4", grid: "M0 0h8M0 0v8",
  };
  const defs = Object.values(data.marks).map(({ index, pattern }) => svg(
    "pattern", { id: `pattern-${index}`, class: `e${index}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    svg("rect", { class: "edge", width: 8, height: 8 }),
    svg("path", { class: "weave", d: strokes[pattern] || "" }),
  ));
  return svg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "defs" }, svg("defs", {}, ...defs));
}

function buildChart(content) {
  if (!fusedLabels.length) return;
  const choice = el("div", { class: "chart-bar", role: "radiogroup", "aria-label": say("chart.whose") }, el("strong", {}, say("chart.title")));
  if (speakers.length > 1) {
    for (const speaker of [null, ...speakers]) choice.append(speakerChoice(speaker));
  }
  choice.append(crowdedNote);
  const scale = el("div", { class: "scale", "aria-hidden": "true" });
  for (const share of [1, 0.5, 0]) {
    const label = el("span", {}, percent(share));
    label.style.top = `${(1 - share) * (CHART - 12)}px`;
    scale.append(label);
  }
  chart = svg("svg", { class: "chart", height: CHART, role: "img", "aria-label": say("chart.told") });
  chart.addEventListener("click", pickByClick);
  content.append(choice, scale, chart);
}

function speakerChoice(speaker) {
  const input = el("input", { type: "radio", name: "whose", checked: speaker === null });
  input.addEventListener("change", () => { shownSpeaker = speaker; drawChart(); });
  return el("label", {}, input, el("bdi", {}, speaker === null ? say("chart.everybody") : called(speaker)));
}

function charted() {
  return turns.filter((t) => place(t) !== null && (shownSpeaker === null || t.speaker === shownSpeaker));
}

/** Runs of turns with scores, and the unsure turns between; each turn is flat over its length, joined to the next by a slope. */
function runs() {
  const found = [[]];
  const unsure = [];
  let reached = 0;
  for (const turn of charted()) {
    const [start, end] = place(turn);
    if (end <= reached && start < reached) continue; // thrown in while another speaks on
    const from = Math.max(start, reached);
    if (!turn.emotion || turn.emotion.label === null) {
      found.push([]);
      unsure.push({ from: toX(from), to: toX(end) });
      continue;
    }
    const { scores } = turn.emotion;
    reached = Math.max(from, end);
    found[found.length - 1].push({ from: toX(from), to: toX(reached), scores });
  }
  return [found.filter((run) => run.length), unsure];
}

/** Turns narrower than a few pixels would be noise: draw the mean of those that share a stretch. */
function averaged(points) {
  const groups = new Map();
  for (const point of points) {
    const key = Math.floor((point.from + point.to) / 2 / STRETCH);
    groups.set(key, [...(groups.get(key) || []), point]);
  }
  return [...groups.values()].map((group) => {
    const weights = group.map((p) => Math.max(p.to - p.from, 0.01));
    const whole = weights.reduce((a, b) => a + b, 0);
    const mean = (label) => group.reduce((sum, p, i) => sum + (p.scores[label] || 0) * weights[i], 0) / whole;
    return { from: group[0].from, to: group[group.length - 1].to, scores: Object.fromEntries(fusedLabels.map((l) => [l, mean(l)])) };
  });
}

function drawChart() {
  if (!chart) return;
  chart.setAttribute("width", width);
  chart.replaceChildren();
  for (const y of [0.5, CHART / 2, CHART - 0.5]) chart.append(svg("line", { class: "grid", x1: 0, x2: width, y1: y, y2: y }));
  const [found, unsure] = runs();
  const points = found.flat();
  const crowded = points.length > 30 && points.length * STRETCH > 1.6 * width;
  chart.classList.toggle("crowded", crowded);
  crowdedNote.hidden = !crowded;
  for (const span of crowded ? [] : unsure) chart.append(...hole(span));
  for (const run of crowded ? [averaged(points)] : found) chart.append(...(stacked ? areas(run) : curves(run)));
  pick = svg("rect", { class: "pick", y: 1, height: CHART - 2, rx: 4, width: 0, x: 0 });
  chart.append(pick);
  if (chosen !== null) pickOnChart(chosen);
}

/** Where nobody commits themselves: the dashed box of the legend. */
function hole({ from, to }) {
  const wide = to - from;
  const text = svg("text", { x: (from + to) / 2, y: CHART / 2 + 4, "text-anchor": "middle" });
  text.textContent = wide < 14 ? "" : wide < 70 ? "?" : `? ${say("chart.unsure")}`;
  return [svg("rect", { class: "block none", x: from + 1, y: 1, width: Math.max(wide - 2, 1), height: CHART - 2, rx: 5 }), text];
}

function areas(run) {
  const floors = run.map(() => 0);
  const parts = [];
  const letters = [];
  for (const label of fusedLabels) {
    const lower = floors.slice();
    run.forEach((point, i) => { floors[i] += point.scores[label] || 0; });
    const line = (heights) => run.flatMap((p, i) => [`${p.from.toFixed(1)} ${y(heights[i])}`, `${p.to.toFixed(1)} ${y(heights[i])}`]);
    const { index } = mark(label);
    parts.push(svg("path", { class: `area e${index}`, fill: `url(#pattern-${index})`, d: `M${line(floors).join("L")}L${line(lower).reverse().join("L")}Z` }));
    letters.push(...initial(run, label, lower));
  }
  return [...parts, ...letters];
}

const y = (share) => (CHART - Math.min(share, 1) * CHART).toFixed(1);

/** The label's letter where its area is thickest, if it fits there. */
function initial(run, label, lower) {
  const { index, letter } = mark(label);
  const best = run.reduce((b, p, i) => ((p.scores[label] || 0) > (run[b].scores[label] || 0) ? i : b), 0);
  const height = run[best].scores[label] || 0;
  if (height * CHART < 18 || run[best].to - run[best].from < 14) return [];
  const x = (run[best].from + run[best].to) / 2;
  const middle = CHART - (lower[best] + height / 2) * CHART;
  const text = svg("text", { class: `initial e${index}`, x, y: middle + 4 });
  text.textContent = letter;
  return [svg("rect", { class: `edge e${index}`, x: x - 9, y: middle - 8, width: 18, height: 16, rx: 4 }), text];
}

function curves(run) {
  return fusedLabels.map((label) => {
    const points = run.flatMap((p) => [p.from, p.to].map((x) => `${x.toFixed(1)} ${y(p.scores[label] || 0)}`));
    return svg("path", { class: `curve e${mark(label).index}`, d: `M${points.join("L")}` });
  });
}

function pickOnChart(index) {
  if (!pick) return;
  const where = place(turns[index]);
  const there = where !== null && (shownSpeaker === null || turns[index].speaker === shownSpeaker);
  const [from, to] = there ? where.map(toX) : [0, 0];
  pick.setAttribute("x", from);
  pick.setAttribute("width", there ? Math.max(to - from, 3) : 0);
}

function pickByClick(event) {
  const at = (event.clientX - chart.getBoundingClientRect().left) / width * extent;
  const hit = charted().findLast((t) => { const [a, b] = place(t); return a <= at && at <= b; });
  if (hit) activate(hit.index);
}
