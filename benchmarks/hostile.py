"""Hostile clients against a real service: does it fail, tell too much, or let anybody in?

    python benchmarks/hostile.py [--count 2000] [--seed 1] [--kind forms ...] [--json FILE]

Starts `empathia serve` on a free port of this machine with data that it throws away, and sends it
what the tests' `attacks` make of the seed, kind by kind; `schema` is schemathesis with what the
service says of itself (extra `fuzz`). Printed are how the answers begin, and the faults:

5xx: also in words of a socket (503 with Retry-After, of a model that loads, is none). dropped: no
answer where one was due. let in: what had to be refused was done. leak: an answer with words of
somebody else. hung: no answer after a minute, or a slow client that is waited for without end. Of
the log: tracebacks and faults, and words, names, tokens and paths that it holds.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import logging
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
from rich import box
from rich.console import Console
from rich.table import Table
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import attacks

SERVE = [sys.executable, "-m", "empathia", "serve"]
SHARES = {
    "schema": 0.30,
    "texts": 0.18,
    "forms": 0.12,
    "accounts": 0.06,
    "paths": 0.06,
    "sites": 0.05,
    "heads": 0.05,
    "tokens": 0.04,
    "talks": 0.04,
    "frames": 0.03,
    "sounds": 0.02,
    "diaries": 0.03,
    "scripts": 0.01,
    "slow": 0.01,
}
FAULTS = ("5xx", "dropped", "let in", "leak", "hung")
_LONG = 60.0  # s that an answer may take
_SLOW = 100.0  # s after which a client that does nothing is to be gone
_HERE = "127.0.0.1"
Seen = tuple[int, str]  # status, or how a socket was closed; what was said


class Person(NamedTuple):
    """Somebody whose things nobody else may see."""

    name: str
    passphrase: str
    words: str
    session: dict[str, str]
    ids: dict[str, str]


class Target:
    """The service, and who has something in it."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.port = int(url.rpartition(":")[2])
        self.door = {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=url, timeout=_LONG, headers=self.door)
        self.ann, self.bob = self._person("ann"), self._person("bob")

    def _person(self, who: str) -> Person:
        name, words = f"canary-{who}-{secrets.token_hex(6)}", f"canary{secrets.token_hex(8)}"
        passphrase = secrets.token_urlsafe(16)
        given = {"name": name, "passphrase": passphrase, "token": True, "keeps_audio": True}
        token = self.http.post("/v1/account", json=given).json()["token"]
        session = {"x-empathia-session": token}
        ask = lambda *a, **k: self.http.request(*a, headers=session, **k)  # noqa: E731
        entry = ask("POST", "/v1/diary/entries", json={"words": f"I am glad, {words}."}).json()[
            "id"
        ]
        file = {"file": (f"{words}.txt", f"Ann: I am glad, {words}.".encode())}
        job = ask("POST", "/v1/jobs", files=file).json()["id"]
        ask("GET", f"/v1/jobs/{job}/events")
        with connect(
            self._socket("/v0/evi/chat"), additional_headers={**self.door, **session}
        ) as s:
            group = json.loads(s.recv())["chat_group_id"]
            s.send(json.dumps({"type": "user_input", "text": f"I am glad, {words}."}))
            s.recv(_LONG)
        ids = {"entry": entry, "job": job, "chat": group}
        return Person(name, passphrase, words, session, ids)

    def ask(self, method: str, path: str, **given: object) -> Seen:
        """An answer."""
        with self.http.stream(method, path, **given) as answer:
            text = ""
            for piece in answer.iter_text():
                text += piece
                if len(text) > 1_000_000:
                    break
            status = answer.status_code
            if status == 503 and "retry-after" in answer.headers:
                return 429, text
            return status, text

    def raw(self, content: bytes) -> Seen:
        """An answer to bytes; 0 where there is none."""
        with socket.create_connection((_HERE, self.port), _LONG) as line:
            with contextlib.suppress(OSError):
                line.sendall(content)
                line.shutdown(socket.SHUT_WR)
            came = b""
            with contextlib.suppress(ConnectionError):
                while piece := line.recv(65536):
                    came += piece
        status = re.match(rb"HTTP/1.1 (\d+)", came)
        return int(status[1]) if status else 0, came.decode("latin-1")

    def settle(self) -> None:
        """Wait until nothing of Bob's waits to be read."""
        until = time.monotonic() + 600
        while time.monotonic() < until:
            jobs = json.loads(self.ask("GET", "/v1/jobs", headers=self.bob.session)[1])["jobs"]
            if all(j["state"] in {"done", "failed"} for j in jobs):
                return
            time.sleep(0.5)

    def talk(self, path: str, messages: list[str | bytes], person: Person) -> Seen:
        """What is said to messages over a socket, and how it was closed."""
        said, headers = "", {**self.door, **person.session}
        try:
            with connect(self._socket(path), additional_headers=headers, max_size=None) as line:
                for message in messages:
                    line.send(message)
                with contextlib.suppress(TimeoutError):
                    while True:
                        said += str(line.recv(0.3))
            return 1000, said
        except ConnectionClosed as error:
            cut = any(len(m) > 4_000_000 for m in messages)  # in the midst of being sent
            code = error.rcvd.code if error.rcvd else 1009 if cut else 1006
            return (500 if code in (1006, 1011) else code), said
        except WebSocketException as error:
            return getattr(getattr(error, "response", None), "status_code", 500), str(error)

    def _socket(self, path: str) -> str:
        return f"ws{self.url.removeprefix('http')}{path}"


Act = Callable[[Target], Seen]
Case = tuple[str, Act, Callable[[Seen], str | None]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=[*SHARES])
    parser.add_argument("--seconds", type=float, default=3000.0, help="after which no more is sent")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # of what we send
    with tempfile.TemporaryDirectory() as folder:
        told = run(args, Path(folder))
    show(told)
    if args.json:
        args.json.write_text(json.dumps(told, indent=1, ensure_ascii=False))
    sys.exit(bool(told["faults"] or told["tracebacks"] or told["leaks"] or told["ended"]))


def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Send all of it; what came of it."""
    log, token = folder / "log", secrets.token_urlsafe(24)
    seen: dict[str, Counter[str]] = {}
    faults: list[dict[str, str]] = []
    began = time.monotonic()
    with served(folder, log, token) as (process, url):
        target = Target(url, token)
        secret = [token, str(folder), "XXXXXXXX", "etc/passwd"]
        for person in (target.ann, target.bob):
            secret += [person.name, person.passphrase, person.words, *person.session.values()]
        for kind in args.kind or SHARES:
            number = max(4, round(args.count * SHARES[kind]))
            counts = seen.setdefault(kind, Counter())
            for how, act, expected in KINDS[kind](target, Random(f"{args.seed} {kind}"), number):
                if time.monotonic() - began > args.seconds or process.poll() is not None:
                    break
                status, fault = outcome(target, act, expected)
                counts[status] += 1
                if fault:
                    faults.append({"kind": kind, "how": how[:120], "fault": fault, "seen": status})
            print(f"{kind}: {dict(counts)}", file=sys.stderr, flush=True)
        alive = process.poll() is None and target.ask("GET", "/ready")[0] == 200
    lines = log.read_text("utf-8", "replace").splitlines()
    broken = [x for x in lines if "Traceback" in x or '"event": "fault"' in x]
    leaks = [x[:300] for x in lines[1:] if any(s in x for s in secret)]
    return {
        "kinds": {k: dict(c) for k, c in seen.items()},
        "sent": sum(sum(c.values()) for c in seen.values()),
        "seconds": round(time.monotonic() - began),
        "faults": faults,
        "tracebacks": broken,
        "leaks": leaks,
        "ended": not alive or process.returncode not in (0, -signal.SIGTERM),
    }


@contextlib.contextmanager
def served(folder: Path, log: Path, token: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The service; it ends with the block, in peace."""
    command = [*SERVE, "--port", "0", "--folder", str(folder / "data"), "--threads", "1"]
    environment = {**os.environ, "EMPATHIA_TOKEN": token}
    with log.open("wb") as file:
        process = subprocess.Popen(command, stderr=file, env=environment)
    try:
        until = time.monotonic() + 300
        while '"event": "ready"' not in (text := log.read_text()):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the service did not start:\n{text}")
            time.sleep(0.2)
        yield process, re.findall(r"http://\S+", text)[0]
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
    finally:
        process.kill()
        process.wait()


def outcome(
    target: Target, act: Act, expected: Callable[[Seen], str | None]
) -> tuple[str, str | None]:
    """How an answer begins, and what is wrong with it."""
    began = time.monotonic()
    try:
        seen = act(target)
    except httpx.TimeoutException:
        return "none", "hung"
    except httpx.HTTPError as error:
        # What is refused while it is sent may be cut off before the answer is read.
        fine = isinstance(error, httpx.WriteError | httpx.LocalProtocolError)
        return "none", None if fine else f"dropped: {error!r}"
    except (OSError, TimeoutError) as error:
        return "none", f"hung: {error!r}"
    status, text = seen
    label = "none" if not status else f"{status // 100}xx" if status < 1000 else "closed"
    if status in range(500, 600) or "should not have happened" in text or "E0500" in text:
        return label, f"5xx: {text[:300]}"
    if time.monotonic() - began > _LONG:
        return label, "hung"
    return label, expected(seen)


def any_is_fine(_: Seen) -> None:
    """Whatever the answer, so that it is none of the faults."""


def private(target: Target) -> Callable[[Seen], str | None]:
    """Nothing of Ann's may be in it."""

    def judged(seen: Seen) -> str | None:
        ann = target.ann
        shown = any(x in seen[1] for x in (ann.words, ann.name, *ann.session.values()))
        return f"leak: {seen[1][:200]}" if shown else None

    return judged


def refused(*statuses: int) -> Callable[[Seen], str | None]:
    """It has to be one of these statuses."""
    return lambda seen: None if seen[0] in statuses else f"let in: {seen[0]} {seen[1][:200]}"


def schema(target: Target, random: Random, number: int) -> Iterator[Case]:
    """What fits, and what does not fit, the service's own description."""
    try:
        import hypothesis
        import schemathesis
        from schemathesis.generation import GenerationMode
    except ImportError:
        print("schemathesis is not there: pip install -e '.[fuzz]'", file=sys.stderr)
        return
    described = target.http.get("/v1/openapi.json").json()
    loaded = schemathesis.openapi.from_dict(described)
    every = [o.ok() for o in loaded.get_all_operations()]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    each = -(-number // len(every))  # some have less to be varied
    made: list[Any] = []
    for operation, mode in itertools.product(every, modes):
        with contextlib.suppress(Exception):  # there may be nothing that does not fit

            @hypothesis.seed(random.randrange(2**32))
            @hypothesis.settings(
                max_examples=each,
                deadline=None,
                database=None,
                phases=[hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            def take(case: object) -> None:
                made.append(case)

            take()
    random.shuffle(made)
    for case in made[:number]:
        yield f"{case.method} {case.path}", _called(case), any_is_fine


def _called(case: Any) -> Act:  # noqa: ANN401 - as schemathesis makes it
    def act(target: Target) -> Seen:
        given = case.as_transport_kwargs(base_url=target.url)
        stays = (case.method, case.path) != ("DELETE", "/v1/session")
        headers = {**given.get("headers", {}), **target.door}
        headers |= target.bob.session if stays else {}
        headers = {k: v for k, v in headers.items() if v is not None}
        import requests

        try:
            answer = requests.request(
                **{**given, "headers": headers}, timeout=_LONG, stream=False, allow_redirects=False
            )
        except requests.Timeout as error:
            raise httpx.ReadTimeout("") from error
        except (requests.RequestException, ValueError, UnicodeError):  # cannot be sent at all
            return 0, ""
        fine = answer.status_code == 503 and "retry-after" in answer.headers
        return (429 if fine else answer.status_code), answer.text[:1000]

    return act


def texts(target: Target, random: Random, number: int) -> Iterator[Case]:
    """JSON that is bent."""
    entry, job = target.bob.ids["entry"], target.bob.ids["job"]
    turns = [{"text": "I lost my keys.", "speaker": "Ann"}, {"text": "Oh no.", "speaker": "Ben"}]
    chat = {"model": "empathia", "messages": [{"role": "user", "content": "I lost my keys."}]}
    bodies: list[tuple[str, str, dict[str, object]]] = [
        ("POST", "/v1/account", {"name": "x", "passphrase": "x", "zone": "UTC", "language": "en"}),
        ("PATCH", "/v1/account", {"zone": "UTC", "language": "en", "keeps_audio": True}),
        ("PUT", "/v1/account/passphrase", {"old": "wrong", "new": "wrong"}),
        ("POST", "/v1/account/delete", {"passphrase": "wrong"}),
        ("POST", "/v1/session", {"name": "x", "passphrase": "wrong", "token": True}),
        ("POST", "/v1/diary/entries", {"words": "glad", "when": "2026-01-01", "bookmark": True}),
        ("PATCH", f"/v1/diary/entries/{entry}", {"words": "sad", "bookmark": False, "when": None}),
        ("POST", "/v1/reply", {"turns": turns, "listener": "Ben", "sentiment": 0.5}),
        ("POST", "/v1/judge", {"pairs": [{"context": "I lost it.", "reply": "That is hard."}]}),
        ("POST", "/v1/react", {"turns": turns, "listener": "Ben", "seed": 1}),
        ("POST", "/v1/chat/completions", {**chat, "stop": ["."], "max_tokens": 5, "n": 1}),
        ("POST", "/v1/audio/speech", {"model": "empathia-speech", "input": "Hi", "voice": "x"}),
        ("DELETE", f"/v1/jobs/{job}x", {"x": 1}),
        ("POST", f"/v1/jobs/{job}/ask", {"utterance": "turn-0000", "language": "ko"}),
        ("POST", "/page/token", {"token": "wrong"}),
    ]
    for _ in range(number):
        method, path, base = random.choice(bodies)
        how, content, headers = attacks.texts(base, random)
        headers = {"content-type": "application/json", **target.bob.session, **headers}
        act = _asks(method, path, content=content, headers=headers)
        yield f"{method} {path}: {how}", act, private(target)


def _raw(content: bytes) -> Act:
    return lambda target: target.raw(content)


def _asks(method: str, path: str, **given: object) -> Act:
    return lambda target: target.ask(method, path, **given)


def forms(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Forms that are bent."""
    model = {"model": "empathia-transcribe", "prompt": "x", "temperature": "0", "language": "en"}
    bodies: list[tuple[str, str, str, dict[str, str]]] = [
        ("POST", "/v1/jobs", "file", {"names": "Ann,Ben", "speakers": "2", "pause": "1"}),
        ("POST", "/v1/diary/entries", "audio", {"when": "2026-01-01", "language": "en"}),
        ("POST", "/api/diary/analyze", "audio", {"gender": "female", "language": "en"}),
        ("POST", "/v1/diary/import", "file", {}),
        ("PUT", "/v1/diary/baseline", "audio", {}),
        ("POST", "/v1/audio/transcriptions", "file", {**model, "keywords[]": "x"}),
    ]
    for _ in range(number):
        method, path, file, fields = random.choice(bodies)
        content = random.choice([b"Ann: I am here.", attacks.sounds(random)[1]])
        how, body, headers = attacks.forms(file, content, fields, random)
        act = _asks(method, path, content=body, headers={**target.bob.session, **headers})
        yield f"{path}: {how}", act, private(target)


def accounts(target: Target, random: Random, number: int) -> Iterator[Case]:
    """What is Ann's, asked for by Bob and by nobody."""
    entry, job, chat = (target.ann.ids[x] for x in ("entry", "job", "chat"))
    one, made = f"/v1/diary/entries/{entry}", f"/v1/jobs/{job}"
    ways: list[tuple[str, str, dict[str, Any]]] = [
        *[("GET", f"{one}{x}", {}) for x in ("", "/timeline", "/audio")],
        *[("GET", f"{made}{x}", {}) for x in ("", "/events", "/timeline", "/page")],
        *[("GET", f"{made}/timeline.{x}", {}) for x in ("csv", "srt", "TextGrid")],
        ("PATCH", one, {"json": {"bookmark": True}}),
        ("PATCH", one, {"json": {"words": "mine now"}}),
        *[("DELETE", x, {}) for x in (one, f"{one}/audio", made)],
    ]
    lists = [
        "/v1/jobs",
        "/v1/diary/entries",
        "/v1/diary/bookmarks",
        "/v1/diary/curve",
        f"/v1/diary/search?q={target.ann.words}",
        "/v1/diary/export",
    ]
    who = [target.bob.session, {}, {"x-empathia-session": "wrong"}, {"cookie": "empathia-session="}]
    for _ in range(number - number // 6):
        headers = random.choice(who)
        if random.random() < 0.3:
            path = random.choice(lists)
            yield f"GET {path}", _asks("GET", path, headers=headers), private(target)
            continue
        method, path, given = random.choice(ways)
        judged = refused(401, 403, 404)
        yield f"{method} {path}", _asks(method, path, headers=headers, **given), judged
    for _ in range(number // 6):
        path = f"/v0/evi/chat?resumed_chat_group_id={chat}"
        yield path, lambda t, path=path: t.talk(path, [], t.bob), refused(1008)
    mine = lambda t: t.ask("GET", one, headers=t.ann.session)  # noqa: E731
    yield "it is still hers", mine, lambda s: None if target.ann.words in s[1] else "let in: lost"


def paths(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Paths that lead out of where they should."""
    for i in range(number):
        path = attacks.PATHS[i % len(attacks.PATHS)]
        method = random.choice(["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "TRACE"])
        head = f"{method} {path} HTTP/1.1\r\nHost: {_HERE}:{target.port}\r\nConnection: close\r\n"
        head += f"Authorization: Bearer {target.token}\r\n" if random.random() < 0.7 else ""
        content = f"{head}Content-Length: 0\r\n\r\n".encode()

        def judged(seen: Seen) -> str | None:
            return "leak: a file" if "root:" in seen[1] else private(target)(seen)

        yield f"{method} {path[:60]}", _raw(content), judged


def sites(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Pages of others, and names that are made to mean this machine."""
    for _ in range(number):
        headers = {**target.ann.session}
        if random.random() < 0.4:
            host = random.choice(attacks.HOSTS)
            head = f"GET /v1/jobs HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
            head += f"Authorization: Bearer {target.token}\r\n\r\n"
            act = _raw(head.encode("latin-1"))
            # What some call localhost is this machine, whatever port it is said to have.
            yield f"host {host[:40]!r}", act, refused(0, 400, 421)
            continue
        if random.random() < 0.2:
            headers |= {"sec-fetch-site": "cross-site"}
        else:
            headers |= {"origin": random.choice(attacks.ORIGINS)}
        method, path = random.choice(
            [
                ("POST", "/v1/session"),
                ("DELETE", "/v1/session"),
                ("POST", "/v1/jobs"),
                ("PATCH", "/v1/account"),
                ("DELETE", "/v1/diary/audio"),
                ("POST", "/v1/reply"),
            ]
        )
        sent = {k: v.encode("latin-1", "replace") for k, v in headers.items()}
        act = _asks(method, path, headers=sent, content=b"{}")
        yield f"{method} {path} {headers.get('origin', '')[:40]!r}", act, refused(400, 403)


def heads(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Heads that are no good HTTP."""
    host = f"{_HERE}:{target.port}\r\nAuthorization: Bearer {target.token}"
    host += f"\r\nX-Empathia-Session: {target.bob.session['x-empathia-session']}"
    for _ in range(number):
        how, content = attacks.heads("/v1/jobs", host, random)
        yield how, _raw(content), private(target)


def tokens(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Without the token, and with others."""
    token = target.token
    wrong = [
        {},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {token[:-1]}"},
        {"authorization": f"Basic {token}"},
        {"authorization": f"Bearer {token}x"},
        {"authorization": "Bearer \xff"},
        {"cookie": f"empathia-token={token[:-1]}"},
        {"cookie": "empathia-token"},
        {"cookie": "a" * 8000},
        {"x-hume-api-key": "\xe9" * 40},
        {"authorization": f"Bearer {target.ann.session['x-empathia-session']}"},
        {"cookie": '=;;"empathia-token"="\\'},
    ]
    asked = ["/v1/jobs", "/v1/openapi.json", "/v1/diary/entries", "/v1/models", "/v1/nothing"]
    for _ in range(number):
        headers = {k: v.encode("latin-1") for k, v in random.choice(wrong).items()}
        headers = {"authorization": b"", **headers}  # not the client's own
        method, path = random.choice(["GET", "POST", "DELETE"]), random.choice(asked)
        yield (
            f"{method} {path} {headers!r}"[:90],
            _asks(method, path, headers=headers),
            refused(401),
        )


def talks(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Messages of sockets that are bent."""
    for _ in range(number):
        path, make = random.choice(
            [("/v0/evi/chat", attacks.evi), ("/v1/realtime", attacks.realtime)]
        )
        made = [make(random) for _ in range(random.choice([1, 5, 30]))]
        how = f"{path}: {', '.join(h for h, _ in made[:4])}"
        act = lambda t, m=[m for _, m in made], p=path: t.talk(p, m, t.bob)  # noqa: E731
        yield how, act, private(target)


def frames(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Frames that are none, and clients that leave in their midst."""
    every = itertools.chain.from_iterable(attacks.frames(random) for _ in itertools.count())
    for how, content in itertools.islice(every, number):
        path = random.choice(["/v0/evi/chat", "/v1/realtime"])
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {_HERE}:{target.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
            f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {target.token}\r\n\r\n"
        )

        def judged(seen: Seen) -> str | None:
            ends = seen[1].rpartition("\x88")[2]  # its frame that closes: length, code
            failed = len(ends) > 2 and int.from_bytes(ends[1:3].encode("latin-1"), "big") == 1011
            return "5xx: closed with 1011" if failed else None

        yield f"{path}: {how}", _raw(head.encode() + content), judged


def sounds(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Recordings that lie, read to their end."""
    target.settle()
    for _ in range(number):
        how, content = attacks.sounds(random)
        name = f"x.{random.choice(['wav', 'flac', 'mp3', 'webm', 'm4a', 'ogg', 'txt', 'csv'])}"

        def act(t: Target, file: tuple[str, bytes] = (name, content)) -> Seen:
            status, text = t.ask("POST", "/v1/jobs", files={"file": file}, headers=t.bob.session)
            if status == 202:
                id = json.loads(text)["id"]
                return t.ask("GET", f"/v1/jobs/{id}/events", headers=t.bob.session)
            return status, text

        yield f"{name}: {how}", act, private(target)


def diaries(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Diaries to import, and what comes out of what was let in."""
    for _ in range(number):
        how, content = attacks.zips(random)
        files = {"file": ("d.zip", content)}
        act = _asks("POST", "/v1/diary/import", files=files, headers=target.bob.session)
        yield how, act, private(target)
        if random.random() < 0.2:
            path = random.choice(["entries?year=2026", "curve?year=2026", "export"])
            act = _asks("GET", f"/v1/diary/{path}", headers=target.bob.session)
            yield path, act, private(target)


def scripts(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Scripts in names and words, which stay text in every page."""
    for _ in range(number):
        script = random.choice(attacks.SCRIPTS)

        def act(t: Target, script: str = script) -> Seen:
            b, text = t.bob.session, f"{script}: I am glad, {script}."
            file = {"file": (f"{script.replace('/', '')}.txt", text.encode())}
            status, told = t.ask("POST", "/v1/jobs", files=file, headers=b)
            if status != 202:
                return status, told
            id = json.loads(told)["id"]
            t.ask("GET", f"/v1/jobs/{id}/events", headers=b)
            page = t.ask("GET", f"/v1/jobs/{id}/page", headers=b)[1]
            live = script.startswith("<") and script != "<!--" and script in page
            return (599, "should not have happened: a live script") if live else (200, "")

        yield script, act, any_is_fine


def slow(target: Target, random: Random, number: int) -> Iterator[Case]:
    """Many that say little, or do not listen, at a time; others are answered meanwhile."""
    host = f"Host: {_HERE}:{target.port}\r\nAuthorization: Bearer {target.token}\r\n"
    form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b"
    ways = {
        "nothing": b"",
        "half a head": b"GET /v1/jobs HTTP/1.1\r\nX: ",
        "half a form": f"POST /v1/jobs HTTP/1.1\r\n{host}{form}".encode(),
        "half a text": f"POST /v1/session HTTP/1.1\r\n{host}Content-Length: 9\r\n\r\n{{".encode(),
    }
    held = [(how, _opened(target, ways[how])) for how in ways for _ in range(15)]
    until = time.monotonic() + _SLOW
    for _ in range(number // 2):
        began = time.monotonic()
        yield (
            "while others are slow",
            _asks("GET", "/ready"),
            (lambda s, b=began: None if time.monotonic() - b < 5 else "hung"),
        )
    threads = [threading.Thread(target=_drip, args=(line, until)) for _, line in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for how in ways:
        open_ = sum(line.fileno() != -1 for h, line in held if h == how)
        said = f"hung: {open_} of 15 are still waited for"
        yield how, lambda t: t.ask("GET", "/ready"), lambda s, o=open_, x=said: x if o else None
    for _, line in held:
        line.close()


def _opened(target: Target, content: bytes) -> socket.socket:
    line = socket.create_connection((_HERE, target.port), _LONG)
    line.sendall(content)
    return line


def _drip(line: socket.socket, until: float) -> None:
    """A byte a second until the service is fed up."""
    line.settimeout(1.0)
    while time.monotonic() < until:
        try:
            line.sendall(b"x")
            time.sleep(0.5)
            while line.recv(65536):
                pass
            line.close()
            return
        except TimeoutError:
            continue
        except OSError:
            line.close()
            return


EVERY = (schema, texts, forms, accounts, paths, sites, heads, tokens, talks, frames, sounds)
KINDS: dict[str, Callable[[Target, Random, int], Iterator[Case]]] = {
    kind.__name__: kind for kind in (*EVERY, diaries, scripts, slow)
}


def show(told: dict[str, Any]) -> None:
    """The counts, and what was wrong."""
    labels = sorted({x for c in told["kinds"].values() for x in c})
    table = Table("kind", *labels, *FAULTS, box=box.SIMPLE)
    wrong = Counter((f["kind"], f["fault"].partition(":")[0]) for f in told["faults"])
    for kind, counts in told["kinds"].items():
        row = [str(counts.get(x, 0)) for x in labels]
        table.add_row(kind, *row, *(str(wrong[kind, f]) for f in FAULTS))
    Console(width=140).print(table)
    for fault in told["faults"][:40]:
        print(fault)
    for line in [*told["tracebacks"][:20], *told["leaks"][:20]]:
        print(line)
    print(
        f"{told['sent']} requests in {told['seconds']} s: {len(told['faults'])} faults, "
        f"{len(told['tracebacks'])} tracebacks and faults in the log, "
        f"{len(told['leaks'])} lines of the log that tell too much"
        + (", and the service has ended" if told["ended"] else "")
    )


if __name__ == "__main__":
    main()
