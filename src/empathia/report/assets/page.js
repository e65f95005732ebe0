// State that all parts share, and how they are wired together. No library, no request.
const data = JSON.parse(document.getElementById("data").textContent);
const turns = data.turns.map((turn, index) => ({ ...turn, index }));
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
document.querySelector(".head").hidden = location.hash === "#inside"; // of a page that has told what it is
const stored = new Map(Object.entries(data.stored));

/** A sentence in the page's language; its {blanks} are filled in. */
const say = (name, values = {}) => data.said[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);

/** What the timeline holds in English, in the page's language. */
const translated = (text) => stored.get(text) ?? text;
const called = (name) => (name.startsWith("Speaker") ? translated(name) : name);
const source = (name) => (Object.hasOwn(data.said, `source.${name}`) ? say(`source.${name}`) : name);

/** An element with properties and children; text goes in as text, never as HTML. */
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function clock(seconds, tenths = false) {
  const whole = tenths ? Math.round(seconds * 10) : Math.round(seconds) * 10;
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 36000);
  const minutes = Math.floor(whole / 600) % 60;
  const tail = two(Math.floor(whole / 10) % 60) + (tenths ? "." + (whole % 10) : "");
  return hours ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

function percent(share) {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return ">\u00a099\u00a0%"; // no line breaks in it
  return rounded === 0 && share > 0 ? "<\u00a01\u00a0%" : `${rounded}\u00a0%`;
}

const mark = (label) => data.marks[label];
const chip = (label) => label === null || label === undefined
  ? el("span", { class: "chip none", "aria-hidden": "true" }, "?")
  : el("span", { class: `chip e${mark(label).index}`, "aria-hidden": "true" }, mark(label).letter);

function verdict(emotion) {
  if (!emotion) return say("turns.unasked");
  return emotion.label === null ? say("turns.unsure") : `${translated(emotion.label)} ${percent(emotion.confidence)}`;
}

const timed = (turn) => turn.start !== null && turn.end !== null;
// Messages of a chat have a moment and no length: they stand one behind the other.
const lasts = (turn) => timed(turn) && turn.end > turn.start;
const onClock = turns.some(lasts);

const untold = (turn) => turn.speaker_confidence === 0;
const languages = new Set(turns.map((t) => t.language).filter(Boolean));

/** What else there is to say of who speaks, when and in which language. */
function beside(turn) {
  const parts = languages.size > 1 && turn.language ? [say("turns.language", { code: translated(turn.language) })] : [];
  if (turn.overlap >= 0.1) parts.push(say("detail.overlap", { seconds: turn.overlap.toFixed(1) }));
  if (untold(turn)) parts.push(say("turns.untold"));
  return parts;
}

function spoken(turn) {
  const [start, end] = timed(turn) ? [clock(turn.start, true), clock(turn.end, true)] : [];
  const when = !timed(turn) ? say("detail.timeless") : lasts(turn) ? say("timeline.span", { start, end }) : start;
  return [say("detail.turn", { number: turn.index + 1 }), called(turn.speaker), when, verdict(turn.emotion), ...beside(turn)].join(", ");
}

let chosen = null;

/** Open a turn's details and mark it everywhere; does not move the focus. */
function choose(index, { announce = true } = {}) {
  if (index === null || index < 0 || index >= turns.length) return;
  const before = chosen;
  chosen = index;
  for (const [i, on] of [[before, false], [index, true]]) {
    if (i === null || (i === index && !on)) continue;
    markTurn(i, on);
    markRow(i, on);
  }
  showDetail(turns[index]);
  pickOnChart(index);
  if (announce) byId("status").textContent = spoken(turns[index]);
}

/** What a click or Enter on a turn does: open it and, where there is sound, play it. */
function activate(index) {
  choose(index);
  player.playTurn(turns[index]);
}

function markRow(index, on) {
  const button = rowButtons[index];
  button.closest("tr").classList.toggle("chosen", on);
  button.tabIndex = on ? 0 : -1;
  if (on) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

const rowButtons = [];

/** Times in the table become buttons; one is in the tab order, arrows reach the others. */
function enliven() {
  for (const cell of document.querySelectorAll("td.at[data-turn]")) {
    const index = Number(cell.dataset.turn);
    const sign = player.ready ? "▶ " : "";
    const button = el("button", { type: "button", tabIndex: -1 }, sign + cell.textContent);
    const named = { number: index + 1, speaker: called(turns[index].speaker) };
    button.setAttribute("aria-label", say(player.ready ? "turns.play" : "turns.open", named));
    button.addEventListener("click", () => { activate(index); revealDetail(); });
    cell.replaceChildren(button);
    rowButtons[index] = button;
  }
  byId("turns").addEventListener("keydown", (event) => {
    const at = rowButtons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: turns.length - 1 }[event.key];
    if (at < 0 || to === undefined || !rowButtons[to]) return;
    event.preventDefault();
    choose(to, { announce: false });
    rowButtons[to].focus();
  });
}

/** On a narrow page the details stand above the table, out of sight. */
function revealDetail() {
  const top = byId("detail").getBoundingClientRect().top;
  if (top < 0 || top > window.innerHeight * 0.8) byId("detail").scrollIntoView({ block: "start" });
}

function start() {
  player.prepare();
  enliven();
  buildTimeline();
  layOut();
  if (data.face) listener.prepare();
  new ResizeObserver(() => layOut()).observe(byId("scroller"));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") player.pause(); });
  if (turns.length) choose(0, { announce: false });
}
