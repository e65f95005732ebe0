"""An OpenAI-compatible server on this machine that does what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Step = Callable[[BaseHTTPRequestHandler], None]


class ChatServer(ThreadingHTTPServer):
    """Does one step a request, the last one again and again, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self, steps: list[Step]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.steps, self.seen, self.over = steps, [], threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """A client that gave up is no news."""


class Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), json.loads(body)))
        self.server.steps[min(len(self.server.seen), len(self.server.steps)) - 1](self)

    def log_message(self, *args):
        pass


@contextmanager
def serving(*steps: Step) -> Iterator[ChatServer]:
    server = ChatServer(list(steps))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def send(status: int, body: bytes, **headers: str) -> Step:
    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return step


def says(content: object, finish: str = "stop") -> Step:
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return send(200, json.dumps({"choices": [choice]}).encode())


def events(*pieces: str, over: bool = True) -> Step:
    """Server-sent events, one a piece, chunked as real servers send them."""
    lines = [{"choices": [{"delta": {"content": p}}]} for p in pieces]
    body = "".join(f"data: {json.dumps(x)}\n\n" for x in lines) + "data: [DONE]\n\n" * over
    return send(200, body.encode(), Content_Type="text/event-stream")


def like_vllm(handler) -> None:
    """Ten tokens of prompt, then one a letter of the answer, each with -1 nat."""
    body = handler.server.seen[-1][2]
    begun = body["messages"][-1]["content"] if body.get("continue_final_message") else ""
    known = [{"5": {"logprob": -1.0, "rank": 2}}] * (9 + len(begun))
    choice = {"message": {"role": "assistant", "content": "x"}}
    reply = {"choices": [choice], "prompt_logprobs": [None, *known]}
    send(200, json.dumps(reply).encode())(handler)
