// A lane a speaker over one axis: time where it is known, else the number of the turn.
const speakers = [...new Set([...data.speakers, ...turns.map((t) => t.speaker)])];
const LANE = 62;
const RULER = data.waveform.length ? 58 : 26;
const WIDEST = 60000;
const lanes = [];
const blocks = [];
let ruler = null;
let playhead = null;
let zoom = 1;
let width = 0;

const lastEnd = turns.reduce((most, t) => Math.max(most, t.end || 0), 0);
const extent = onClock ? Math.max(data.duration || 0, lastEnd, 0.001) : Math.max(turns.length, 1);
const toX = (value) => (value / extent) * width;

/** Where a turn lies on the axis, or null where it has no times among turns that do. */
function place(turn) {
  if (!onClock) return [turn.index, turn.index + 1];
  return timed(turn) ? [turn.start, turn.end] : null;
}

function buildTimeline() {
  const content = byId("content");
  content.append(patterns());
  ruler = svg("svg", { class: "ruler", height: RULER, "aria-hidden": "true" });
  content.append(ruler);
  for (const speaker of speakers) content.append(...lane(speaker));
  buildChart(content);
  if (player.ready) {
    playhead = el("div", { class: "head-line" });
    content.append(playhead);
    ruler.addEventListener("click", (event) => player.seek((event.offsetX / width) * extent));
  }
  byId("content").addEventListener("keydown", moveByKey);
  byId("scroller").addEventListener("wheel", zoomByWheel, { passive: false });
  zoomButtons();
  byId("hint").textContent = hintText();
  zoom = firstZoom();
}

function hintText() {
  const lost = onClock ? turns.filter((t) => !timed(t)).length : 0;
  const note = lost ? [say(`timeline.lost.${lost === 1 ? "one" : "many"}`, { number: lost })] : [];
  return [say(player.ready ? "timeline.hear" : "timeline.see"), ...note].join(" ");
}

function lane(speaker) {
  const id = `lane-${lanes.length}`;
  const drawing = svg("svg", { height: LANE, "aria-hidden": "true" });
  const track = el("div", { class: "track", role: "group", "aria-labelledby": id }, drawing);
  const own = turns.filter((t) => t.speaker === speaker && place(t) !== null);
  for (const turn of own) track.append(blockButton(turn));
  lanes.push({ own, drawing });
  return [el("h3", { class: "who", id, title: called(speaker) }, called(speaker)), track];
}

function blockButton(turn) {
  const button = el("button", { type: "button", class: "turn", tabIndex: -1, "aria-label": `${spoken(turn)}. ${turn.text || say("detail.wordless")}` });
  const words = turn.text ? `\n${turn.text}` : "";
  button.title = `${[called(turn.speaker), verdict(turn.emotion), ...beside(turn)].join(" · ")}${words}`;
  button.addEventListener("click", () => activate(turn.index));
  button.addEventListener("focus", () => keepInView(turn));
  blocks[turn.index] = button;
  return button;
}

function markTurn(index, on) {
  const button = blocks[index];
  if (!button) return;
  button.classList.toggle("chosen", on);
  button.tabIndex = on ? 0 : -1;
  if (on) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

/** Left and right go through all turns, up and down to the nearest of another speaker. */
function moveByKey(event) {
  const at = blocks.indexOf(document.activeElement);
  if (at < 0) return;
  const step = (by) => { let i = at + by; while (i >= 0 && i < blocks.length && !blocks[i]) i += by; return i; };
  const to = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1), Home: () => blocks.findIndex(Boolean),
    End: () => blocks.length - 1, ArrowDown: () => across(at, 1), ArrowUp: () => across(at, -1),
  }[event.key];
  if (!to) return;
  event.preventDefault();
  const index = to();
  if (!blocks[index]) return;
  choose(index, { announce: false });
  blocks[index].focus();
}

function across(at, by) {
  const other = lanes[speakers.indexOf(turns[at].speaker) + by];
  if (!other || !other.own.length) return at;
  const middle = (t) => { const [a, b] = place(t); return (a + b) / 2; };
  const here = middle(turns[at]);
  return other.own.reduce((best, t) => (Math.abs(middle(t) - here) < Math.abs(middle(best) - here) ? t : best)).index;
}

function keepInView(turn) {
  const box = byId("scroller");
  const [a, b] = place(turn).map(toX);
  if (a < box.scrollLeft || b > box.scrollLeft + box.clientWidth) box.scrollLeft = a - box.clientWidth * 0.2;
}

function zoomButtons() {
  const add = (text, name, act) => {
    const button = el("button", { type: "button", class: "plain", "aria-label": name }, text);
    button.addEventListener("click", act);
    byId("zoom").append(button);
  };
  add("−", say("timeline.out"), () => zoomTo(zoom / 1.6));
  add("+", say("timeline.in"), () => zoomTo(zoom * 1.6));
  add(say("timeline.fit"), say("timeline.fit-all"), () => zoomTo(1));
}

function zoomByWheel(event) {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const box = byId("scroller");
  zoomTo(zoom * Math.exp(-event.deltaY / 300), event.clientX - box.getBoundingClientRect().left);
}

/** Change the zoom and keep what is under `at` (px from the left edge) where it is. */
function zoomTo(wanted, at = byId("scroller").clientWidth / 2) {
  const box = byId("scroller");
  const held = (box.scrollLeft + at) / width;
  zoom = Math.max(1, Math.min(wanted, WIDEST / Math.max(box.clientWidth, 1)));
  layOut();
  box.scrollLeft = held * width - at;
}

/** Everything in view where that leaves turns wide enough to hit, else closer. */
function firstZoom() {
  const lengths = turns.map(place).filter(Boolean).map(([a, b]) => b - a).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] || extent;
  const fit = (median / extent) * byId("scroller").clientWidth;
  return fit >= 12 ? 1 : Math.min(24 / Math.max(fit, 0.001), WIDEST / Math.max(byId("scroller").clientWidth, 1));
}

function layOut() {
  width = Math.max(1, Math.floor(byId("scroller").clientWidth * zoom));
  byId("content").style.width = `${width}px`;
  drawRuler();
  for (const each of lanes) drawLane(each);
  drawChart();
  if (player.ready) showPlayhead(player.sound.currentTime, false);
}

function drawRuler() {
  ruler.setAttribute("width", width);
  ruler.replaceChildren();
  if (data.waveform.length) ruler.append(svg("path", { class: "still", d: wave(0, extent, 40, 15) }));
  const steps = onClock ? [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const step = steps.find((s) => toX(s) >= (onClock ? 64 : 40)) || steps[steps.length - 1];
  for (let at = 0; at <= extent; at += step) {
    const x = toX(onClock ? at : at - 0.5);
    if (!onClock && at === 0) continue;
    if (onClock) ruler.append(svg("line", { class: "tick", x1: x, x2: x, y1: 4, y2: 20 }));
    const label = svg("text", { x: onClock ? x + 4 : x, y: 14, "text-anchor": onClock ? "start" : "middle" });
    label.textContent = onClock ? clock(at) : String(at);
    if (x + 34 < width || !onClock) ruler.append(label);
  }
}

function drawLane({ own, drawing }) {
  drawing.setAttribute("width", width);
  drawing.replaceChildren();
  for (const turn of own) {
    const [a, b] = place(turn);
    const x = toX(a);
    const wide = Math.max(toX(b) - x - (onClock ? 0 : 2), 2);
    drawing.append(...drawBlock(turn, x, wide, a, b));
    const button = blocks[turn.index];
    const room = Math.max(wide, 6);
    button.style.left = `${Math.max(0, Math.min(x, width - room))}px`;
    button.style.width = `${room}px`;
    button.style.padding = wide < 16 ? "0" : "";
    button.replaceChildren(...blockText(turn, wide));
  }
}

function drawBlock(turn, x, wide, a, b) {
  const emotion = turn.emotion;
  const box = { x, y: 0, width: wide, height: LANE, rx: 5 };
  if (!emotion || emotion.label === null) {
    const parts = [svg("rect", { ...box, class: "block none" })];
    return data.waveform.length ? [...parts, svg("path", { class: "still", d: wave(a, b, 39, 20) })] : parts;
  }
  const { index } = mark(emotion.label);
  const sure = emotion.confidence >= 0.5 ? " sure" : "";
  const parts = [
    svg("rect", { ...box, class: `block e${index}${sure}`, fill: `url(#pattern-${index})` }),
    svg("rect", { x, y: 0, width: Math.min(3, wide), height: LANE, class: `edge e${index}` }),
  ];
  if (data.waveform.length) parts.push(svg("path", { class: `loud e${index}`, d: wave(a, b, 39, 20) }));
  return parts;
}

function blockText(turn, wide) {
  const label = turn.emotion && turn.emotion.label;
  if (wide < 16) return [];
  const sign = label ? mark(label).letter : "?";
  if (wide < 70) return [sign];
  const head = label ? `${sign} ${translated(label)}` : `? ${say("chart.unsure")}`;
  return data.waveform.length || !turn.text || wide < 90 ? [head] : [head, el("span", {}, turn.text)];
}

/** The outline of the peaks between two places on the axis, at most two points a pixel. */
function wave(from, to, middle, reach) {
  const peaks = data.waveform;
  const first = Math.max(0, Math.floor((from / extent) * peaks.length));
  const last = Math.min(peaks.length - 1, Math.ceil((to / extent) * peaks.length));
  const stride = Math.max(1, Math.floor(peaks.length / width));
  const upper = [];
  const lower = [];
  for (let i = first; i <= last; i += stride) {
    const peak = Math.max(...peaks.slice(i, i + stride)) * reach;
    const x = Math.min(Math.max(((i + 0.5) / peaks.length) * width, toX(from)), toX(to)).toFixed(1);
    upper.push(`${x} ${(middle - Math.max(peak, 0.6)).toFixed(1)}`);
    lower.push(`${x} ${(middle + Math.max(peak, 0.6)).toFixed(1)}`);
  }
  return upper.length ? `M${upper.join("L")}L${lower.reverse().join("L")}Z` : "";
}

function showPlayhead(seconds, moving) {
  if (!playhead) return;
  const x = toX(seconds);
  playhead.style.left = `${x}px`;
  const box = byId("scroller");
  if (moving && (x < box.scrollLeft || x > box.scrollLeft + box.clientWidth)) box.scrollLeft = x - box.clientWidth * 0.15;
}
