// What the service is asked.

/** What the service, or the way to it, refused; it says what to do, in `lang`: that of the page, or null where the service said it. */
export class Problem extends Error {
  constructor(status, { title = "", detail = "", remedy = "" } = {}, lang = null) {
    super(detail || title);
    Object.assign(this, { status, remedy, lang });
  }
}

async function problem(answer) {
  const told = await answer.json().catch(() => ({}));
  return new Problem(answer.status, told);
}

/** Ask; what is answered. A `form` (FormData) or `json` is sent. */
async function answered(path, { method, json, form, signal } = {}, accept = {}) {
  const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
  const headers = json === undefined ? accept : { ...accept, "content-type": "application/json" };
  const how = method ?? (body === undefined ? "GET" : "POST");
  const answer = await reached(fetch(path, { method: how, body, headers, signal }));
  if (!answer.ok) throw await problem(answer);
  return answer;
}

/** Ask for a file. */
export const fetched = async (path) => reached((await answered(path)).blob());

/** Ask; the answer as JSON, or null where it has none. */
export async function ask(path, options) {
  const answer = await answered(path, options);
  const kind = answer.headers.get("content-type") ?? "";
  return answer.status !== 204 && kind.includes("json") ? answer.json() : null;
}

async function reached(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
}

/** Send a form with `tell(share sent)` on the way; the answer as JSON. */
export function upload(path, form, tell, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.upload.onprogress = (e) => e.lengthComputable && tell(e.loaded / e.total);
    request.onload = () => request.status < 300
      ? resolve(request.response) : reject(new Problem(request.status, request.response ?? {}));
    request.onerror = () => reject(new Problem(0));
    request.onabort = () => reject(new DOMException("given up", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Server-sent events of a path: `on(name, value)` until it is over or aborted. */
export async function events(path, on, options) {
  const answer = await answered(path, options, { accept: "text/event-stream" });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reached(reader.read());
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part)?.[1];
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (name) on(name, JSON.parse(data));
    }
  }
}

/** A talk with the service in sound of `rate`: `on(message)` hears, `over(code)` is told when it ends. */
export function talk(query, rate, on, over) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/v0/evi/chat?${new URLSearchParams(query)}`);
  const open = new Promise((resolve) => { socket.onopen = resolve; });
  socket.onmessage = (event) => on(JSON.parse(event.data));
  socket.onclose = (event) => over(event.code);
  const say = async (message) => { await open; if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };
  say({ type: "session_settings", audio: { encoding: "linear16", sample_rate: rate, channels: 1 } });
  return { say, close: () => socket.close() };
}

/** Codes with which the service ends a talk. */
export const ENDED = { gone: 1008, busy: 1013, signedOut: 3000 };
