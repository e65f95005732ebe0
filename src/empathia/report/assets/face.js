// The listener's face: a model that moves by blendshapes and a pose, drawn on a canvas.
const BETWEEN = 4; // points of a curve from one point to the next

/** 16-bit numbers out of base64. */
function unpacked(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return new Int16Array(bytes.buffer);
}

/** The value of each column at a moment, between two frames. */
function momentOf(track, seconds) {
  const width = track.names ? track.names.length : track.width;
  const frames = track.numbers.length / width;
  const at = Math.max(0, Math.min(frames - 1, seconds * track.rate));
  const [a, b] = [Math.floor(at), Math.min(frames - 1, Math.floor(at) + 1)];
  const share = at - a;
  const row = new Float64Array(width);
  for (let i = 0; i < width; i += 1) row[i] = track.numbers[a * width + i] * (1 - share) + track.numbers[b * width + i] * share;
  return row;
}

/** Rotations of yaw, pitch and roll in degrees: a pitch, then a yaw, then a roll. */
function rotationOf(yaw, pitch, roll) {
  const [y, p, r] = [-yaw, -pitch, roll].map((a) => (a * Math.PI) / 180);
  const [cy, sy, cp, sp, cr, sr] = [Math.cos(y), Math.sin(y), Math.cos(p), Math.sin(p), Math.cos(r), Math.sin(r)];
  return [
    [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
    [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
    [-sy, cy * sp, cy * cp],
  ];
}

const turned = (m, [x, y, z]) => m.map((row) => row[0] * x + row[1] * y + row[2] * z);

/** Places of all points at a moment of a track of blendshapes. */
function posedPoints(model, track, seconds) {
  const row = momentOf(track, seconds);
  const points = model.rest.map((p) => [...p]);
  const pose = { yaw: 0, pitch: 0, roll: 0 };
  track.names.forEach((name, i) => {
    const value = row[i] * track.units[i];
    if (name in pose) { pose[name] = value; return; }
    const way = model.motions[name] || [];
    for (let k = 0; k < way.length; k += 4) {
      for (let c = 0; c < 3; c += 1) points[way[k]][c] += value * way[k + 1 + c];
    }
  });
  for (const [upper, lower] of model.meeting) {
    upper.forEach((u, i) => {
      const [a, b] = [points[u], points[lower[i]]];
      if (a[1] > b[1]) a[1] = b[1] = (a[1] + b[1]) / 2;
    });
  }
  const m = rotationOf(pose.yaw, pose.pitch, pose.roll);
  const neck = turned(m, model.neck).map((v, i) => model.neck[i] - v);
  return points.map((p) => turned(m, p).map((v, i) => v + neck[i]));
}

function placedPoints(model, track, seconds) {
  const row = momentOf(track, seconds);
  return model.rest.map((_, i) => [0, 1, 2].map((c) => row[3 * i + c] * track.unit));
}

/** All places of the drawing, flat: those of the face, of the head, of the body. */
function flatPoints(model, points) {
  const beyond = model.beyond.map((row) => {
    const sum = [0, 0, 0];
    row.forEach((w, i) => { for (let c = 0; c < 3; c += 1) sum[c] += w * points[model.steady[i]][c]; });
    return sum;
  });
  return [...points, ...beyond, ...model.still].map(([x, y, z]) => [x / (1 + model.depth * z), y / (1 + model.depth * z)]);
}

/** A smooth curve through points (Catmull and Rom's). */
function curveOf(points, closed) {
  const n = points.length;
  const at = (i) => (closed ? points[(i + n) % n] : points[Math.max(0, Math.min(n - 1, i))]);
  const curve = [];
  for (let i = 0; i < (closed ? n : n - 1); i += 1) {
    const [p, a, b, q] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let k = 0; k < BETWEEN; k += 1) {
      const t = k / BETWEEN;
      curve.push([0, 1].map((c) => a[c] + (t / 2) * (b[c] - p[c] + t * (2 * p[c] - 5 * a[c] + 4 * b[c] - q[c] + t * (3 * (a[c] - b[c]) + q[c] - p[c])))));
    }
  }
  if (!closed) curve.push(points[n - 1]);
  return curve;
}

/** The convex outline of points. */
function hullOf(points) {
  const order = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const outline = [];
  for (const way of [order, [...order].reverse()]) {
    const start = outline.length;
    for (const p of way) {
      while (outline.length > start + 1) {
        const [a, b] = outline.slice(-2);
        if ((b[0] - a[0]) * (p[1] - a[1]) > (b[1] - a[1]) * (p[0] - a[0])) break;
        outline.pop();
      }
      outline.push(p);
    }
    outline.pop();
  }
  return outline;
}

function discOf(points, shape) {
  const [[x, y], ...ring] = points;
  const radius = Math.max(...ring.map((p) => Math.hypot(p[0] - x, p[1] - y)));
  return { x: x + radius * shape.shift[0], y: y + radius * shape.shift[1], radius: radius * shape.size };
}

function tracePath(context, points, closed) {
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  if (closed) context.closePath();
}

/** Draw one shape; the context is in the face's own units. */
function drawShape(context, model, shape, flat, colours) {
  const chosen = shape.points.map((i) => flat[i]);
  context.save();
  if (shape.within.length) {
    context.beginPath();
    tracePath(context, curveOf(shape.within.map((i) => flat[i]), true), true);
    context.clip();
  }
  context.globalAlpha = shape.opacity;
  context.fillStyle = context.strokeStyle = colours[shape.paint];
  context.lineWidth = shape.width / 1000;
  context.beginPath();
  if (shape.kind === "net") {
    for (let i = 0; i < chosen.length; i += 2) tracePath(context, chosen.slice(i, i + 2), false);
  } else if (shape.kind === "disc") {
    const { x, y, radius } = discOf(chosen, shape);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  } else if (shape.kind === "hull" || shape.kind === "rim") {
    tracePath(context, hullOf([...curveOf(chosen.slice(0, model.head), true), ...chosen.slice(model.head)]), true);
  } else {
    tracePath(context, curveOf(chosen, shape.kind === "fill"), shape.kind === "fill");
  }
  if (["fill", "hull", "disc"].includes(shape.kind)) context.fill();
  else context.stroke();
  context.restore();
}

const listener = {
  canvas: byId("face"),
  dark: matchMedia("(prefers-color-scheme: dark)"),
  started: null,
  button: el("button", { type: "button", class: "solid" }, `▶ ${say("player.play")}`),
  said: null,

  prepare() {
    if (!this.canvas) return;
    const { track } = data.face;
    track.numbers = unpacked(track.values || track.points);
    track.width = 3 * data.face.model.rest.length;
    this.length = track.numbers.length / (track.names ? track.names.length : track.width) / track.rate;
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.dark.addEventListener("change", () => this.draw());
    byId("face-bar").append(this.button);
    this.button.addEventListener("click", () => (player.ready ? player.toggle() : this.toggle()));
    if (player.ready) for (const name of ["play", "pause", "ended"]) player.sound.addEventListener(name, () => this.name());
    this.tick();
  },

  /** Without sound the face has a clock of its own. */
  toggle() {
    this.offset = this.started === null ? (this.offset || 0) % this.length : this.now();
    this.started = this.started === null ? performance.now() : null;
    this.name();
    this.draw();
  },

  name() {
    const still = player.ready ? player.sound.paused : this.started === null;
    this.button.textContent = still ? `▶ ${say("player.play")}` : `❚❚ ${say("player.pause")}`;
  },

  now() {
    if (player.ready) return player.sound.currentTime;
    const since = this.started === null ? 0 : (performance.now() - this.started) / 1000;
    return (this.offset || 0) + since;
  },

  tick() {
    const now = this.now();
    if (this.started !== null && now >= this.length) this.toggle();
    if (now !== this.shown) this.draw();
    requestAnimationFrame(() => this.tick());
  },

  draw() {
    const { model, track, times } = data.face;
    const now = this.shown = this.now();
    const [left, top, width, height] = model.view;
    const across = this.canvas.clientWidth * devicePixelRatio;
    if (!across) return;
    this.canvas.width = Math.round(across);
    this.canvas.height = Math.round((across * height) / width);
    const context = this.canvas.getContext("2d");
    context.lineJoin = context.lineCap = "round";
    context.scale(this.canvas.width / width, this.canvas.width / width);
    context.translate(-left, -top);
    const flat = flatPoints(model, track.names ? posedPoints(model, track, now) : placedPoints(model, track, now));
    const colours = this.dark.matches ? model.dark : model.light;
    for (const shape of model.shapes) drawShape(context, model, shape, flat, colours);
    const at = times.findLastIndex(([start]) => start <= now);
    this.tell(at);
    if (this.started !== null && at >= 0 && at !== chosen) choose(at, { announce: false });
  },

  /** Below the face: who speaks, and what they say. */
  tell(index) {
    if (index < 0 || index === this.said) return;
    this.said = index;
    const turn = turns[index];
    byId("face-said").replaceChildren(chip(turn.emotion && turn.emotion.label), el("strong", {}, called(turn.speaker)), ` ${turn.text || ""}`);
  },
};
