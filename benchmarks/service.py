"""How soon the service answers, how much it takes at once, and how soon it is there.

    python benchmarks/service.py talk [--turns N]       an empathic turn, spoken, row by row
    python benchmarks/service.py many [--talks N]       talks at once, each with a word of its own
    python benchmarks/service.py uploads [--uploads N]  uploads at once, and the memory they take
    python benchmarks/service.py start [--times N]      start to ready, and the first turn then

Each starts an ``empathia serve`` of its own on a free port of this machine, with a folder of its
own, and ends it. Sound is sent as it is spoken, 50 ms at a time, and a microphone goes on hearing
a quiet room. Times of a turn count from its last voiced sample, the wait for its end included;
targets stand beside them. Voices are those of the example and of Kokoro. Needs the extra ``dev``
and the pulled weights.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import websockets.asyncio.client as sockets
from conversations import RATE, speech_in

from empathia import speech
from empathia.types import FloatArray
from empathia.types.manner import Manner

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "conversation.wav"
BLOCK = RATE // 20  # samples of a message
ROOM = 1e-4  # of full scale; what a microphone hears where nobody speaks
LENGTHS = (2.5, 6.0)  # s; turns of about 4 s
PATIENCE = 120.0  # s that an event is waited for
MB = 2**20
TARGETS = {"words": 0.9, "emotion": 1.1, "first reply token": 1.5, "first sound": 3.0}
"""s from the last voiced sample, p50; and two thirds of it to be proud of."""
SAID = (
    ("af_heart", "I had a terrible day at work. My boss shouted at me in front of everyone."),
    ("am_michael", "My sister is getting married in June, and I am so happy for her."),
    ("bf_emma", "I can't sleep any more. I keep thinking about the exam on Monday."),
    ("bm_george", "Nobody called me on my birthday, not even my brother."),
)
CODES = (
    *("tiger", "piano", "river", "window", "garden", "candle", "doctor", "pencil"),
    *("dragon", "hammer", "island", "jacket", "lemon", "mirror", "orange", "pepper"),
)


class Clip(NamedTuple):
    """Somebody's turn: its sound (n,) at 16 kHz, and where its voice begins and ends in s."""

    name: str
    samples: FloatArray
    onset: float
    end: float


def clip(name: str, samples: FloatArray) -> Clip:
    voiced = speech_in(samples)
    return Clip(name, samples, float(voiced[0][0]), float(voiced[-1][1]))


def example() -> list[Clip]:
    """Turns of the committed example of about 4 s."""
    sound = _wav(EXAMPLE.read_bytes())
    with EXAMPLE.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = [(r["speaker"], float(r["start"]), float(r["end"])) for r in csv.DictReader(file)]
    made = [clip(who, sound[round(a * RATE) : round(b * RATE)]) for who, a, b in rows]
    return [c for c in made if LENGTHS[0] <= c.end - c.onset <= LENGTHS[1]]


def kokoro(said: Sequence[tuple[str, str]]) -> list[Clip]:
    """Turns of our own (voice, text) by natural voices."""
    voice = speech.load("kokoro")
    made = []
    for name, text in said:
        pieces = [p.samples for p in voice.speak(text, Manner(name))]
        made.append(clip(name, _at_16k(np.concatenate(pieces), voice.rate)))
    return made


def _wav(data: bytes) -> FloatArray:
    import io

    with wave.open(io.BytesIO(data)) as sound:
        raw = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        return _at_16k(raw.astype(np.float32) / np.float32(32768), sound.getframerate())


def _at_16k(samples: FloatArray, rate: int) -> FloatArray:
    if rate == RATE:
        return samples
    at = np.arange(int(len(samples) * RATE / rate)) * (rate / RATE)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


class Server:
    """An ``empathia serve`` of its own.

    Attributes:
        url: Where it listens.
        seconds: From its start until it was ready.
    """

    def __init__(self, folder: Path) -> None:
        call = [sys.executable, "-m", "empathia", "serve", "--port", "0", "--folder", str(folder)]
        begun = time.monotonic()
        self._process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        self.url = self._process.stderr.readline().split()[1]
        self.log: list[Mapping[str, Any]] = []
        for line in self._process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == "ready":
                break
        while not self._answers():
            time.sleep(0.01)
        self.seconds = time.monotonic() - begun
        threading.Thread(target=self._read, daemon=True).start()

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.ConnectError):
            return httpx.get(f"{self.url}/ready").status_code == 200
        return False

    def _read(self) -> None:
        assert self._process.stderr is not None
        self.log += map(json.loads, self._process.stderr)

    def pss(self) -> float:
        """Memory of all of its processes in MB, what they share counted once."""
        return sum(map(_pss, _family(self._process.pid)))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for told in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has its own
            for child in told.read_text().split():
                yield from _family(int(child))


def _pss(pid: int) -> float:
    with contextlib.suppress(OSError):  # it has ended meanwhile
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.stop()


class Heard(NamedTuple):
    """An event of the service and when it came, s of the clock."""

    at: float
    event: Mapping[str, Any]


class Talk:
    """A client that speaks as fast as one speaks, and notes what it hears."""

    def __init__(self, socket: sockets.ClientConnection) -> None:
        self._socket = socket
        self.heard: list[Heard] = []
        self.plays_until = 0.0
        self._news = asyncio.Event()
        self._clip: tuple[Clip, asyncio.Future[float]] | None = None
        self._room = np.random.default_rng(0)
        self.begun = 0.0  # of the clock, where the sound's own time is 0

    async def listen(self) -> None:
        async for message in self._socket:
            event = json.loads(message)
            self.heard.append(Heard(time.monotonic(), event))
            if event["type"] == "audio_output":
                sound = _wav(base64.b64decode(event["data"]))
                now = max(self.plays_until, self.heard[-1].at)
                self.plays_until = now + len(sound) / RATE
            self._news.set()

    async def microphone(self) -> None:
        """Send sound without end; a clip where one is to be said."""
        self.begun, sent = time.monotonic(), 0
        left: FloatArray = np.zeros(0, np.float32)
        while True:
            if self._clip is not None and not len(left):
                (said, told), self._clip = self._clip, None
                left = said.samples
                told.set_result(self.begun + sent / RATE)
            piece, left = left[:BLOCK], left[BLOCK:]
            piece = np.pad(piece, (0, BLOCK - len(piece)))
            piece = piece + self._room.normal(0, ROOM, BLOCK).astype(np.float32)
            sent += BLOCK
            await asyncio.sleep(max(0.0, self.begun + sent / RATE - time.monotonic()))
            data = np.round(np.clip(piece, -1, 1) * 32767).astype("<i2").tobytes()
            await self.send("audio_input", data=base64.b64encode(data).decode())

    async def send(self, kind: str, **fields: object) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def say(self, said: Clip) -> float:
        """Say a clip; returns when it began, and returns at once then."""
        told: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._clip = said, told
        return await told

    async def wait(self, wanted: Callable[[Heard], bool]) -> Heard | None:
        """The first event that is wanted, past ones too; None where it does not come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for place in itertools.count():
                    while place >= len(self.heard):
                        self._news.clear()
                        await self._news.wait()
                    if wanted(self.heard[place]):
                        return self.heard[place]
        return None

    async def turn(self, said: Clip) -> dict[str, float | None]:
        """Say a clip, hear the answer; seconds of each row."""
        playing = self.plays_until
        begun = await self.say(said)
        onset, end = begun + said.onset, begun + said.end
        ends_at = 1000 * (end - self.begun - 0.5)  # in the service's own time of the sound, ms
        words = await self.wait(lambda h: _ends(h) >= ends_at)
        found: dict[str, float | None] = dict.fromkeys(TARGETS)
        if words is None:
            return found
        kinds = {"first reply token": "assistant_message", "first sound": "audio_output"}
        found["words"] = words.at - end
        felt = await self.wait(lambda h: _ends(h) >= ends_at and _felt(h))
        found["emotion"] = None if felt is None else felt.at - end
        for row, kind in kinds.items():
            came = await self.wait(lambda h, k=kind: h.at >= words.at and h.event["type"] == k)
            found[row] = None if came is None else came.at - end
        await self.wait(lambda h: h.at >= words.at and h.event["type"] == "assistant_end")
        if playing > onset:
            found |= self._stopped(onset)
        found["parts"] = sum(onset < h.at <= words.at and _ends(h) > 0 for h in self.heard)
        return found

    def _stopped(self, onset: float) -> dict[str, float | None]:
        """How soon an answer that was played was stopped, and pieces that came all the same."""
        kinds = ("user_interruption", "audio_output", "user_message")
        after = [h for h in self.heard if h.at >= onset and h.event["type"] in kinds]
        first = next((h for h in after if h.event["type"] == kinds[0]), None)
        if first is None:
            return {"interruption": None}
        rest = itertools.takewhile(
            lambda h: h.event["type"] == kinds[1], after[after.index(first) + 1 :]
        )
        return {"interruption": first.at - onset, "pieces after": float(len(list(rest)))}


def _ends(heard: Heard) -> float:
    """Where the turn of words ends, ms; less than 0 for other events."""
    said = heard.event["type"] == "user_message" and not heard.event["interim"]
    return float(heard.event["time"]["end"]) if said else -1.0


def _felt(heard: Heard) -> bool:
    return bool((heard.event["models"].get("empathia") or {}).get("emotion"))


@contextlib.asynccontextmanager
async def talking(server: Server) -> AsyncIterator[Talk]:
    """A talk with its microphone on."""
    url = server.url.replace("http", "ws", 1) + "/v0/evi/chat"
    async with sockets.connect(url, max_size=None) as socket:
        one = Talk(socket)
        audio = {"encoding": "linear16", "sample_rate": RATE, "channels": 1}
        await one.send("session_settings", audio=audio)
        tasks = [asyncio.ensure_future(t) for t in (one.listen(), one.microphone())]
        try:
            yield one
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def talk(args: argparse.Namespace) -> dict[str, Any]:
    """Turns of about 4 s, one after another; each begins while the answer before is played."""
    clips = list(itertools.islice(itertools.cycle([*example(), *kokoro(SAID)]), args.turns))

    async def held(server: Server) -> list[dict[str, float | None]]:
        async with talking(server) as one:
            await asyncio.sleep(1.0)
            found = []
            for said in clips:
                found.append(await one.turn(said))
                await asyncio.sleep(0.3)
            return found

    with serving() as server:
        turns = asyncio.run(held(server))
    rows = [_row(name, [t[name] for t in turns], target) for name, target in TARGETS.items()]
    stopped = [t for t in turns if "interruption" in t]
    rows.append(_row("interruption", [t["interruption"] for t in stopped], 0.2))
    after = sum(t.get("pieces after") or 0 for t in stopped)
    whole = sum(t.get("parts") == 1 for t in turns)
    print(f"{len(turns)} turns, {whole} of them in one part; {after:.0f} pieces after a stop")
    _print(rows)
    return {"rows": rows, "whole": whole, "turns": turns}


def _row(name: str, values: Sequence[float | None], target: float | None = None) -> dict[str, Any]:
    there = [v for v in values if v is not None]
    low, high, worst = np.percentile(there, (50, 95, 99)) if there else (np.nan,) * 3
    row = {"row": name, "count": len(there), "lost": len(values) - len(there)}
    return row | {"p50": float(low), "p95": float(high), "p99": float(worst), "target": target}


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    print(f"{'':<28} count  lost    p50    p95    p99   target p50")
    for r in rows:
        target = r["target"]
        met = "" if target is None else f"{target:.2f} {'ok' if r['p50'] <= target else 'MISSED'}"
        times = "".join(f"{r[p]:7.2f}" for p in ("p50", "p95", "p99"))
        print(f"{r['row']:<28}{r['count']:6d}{r['lost']:6d}{times}   {met}", flush=True)


def many(args: argparse.Namespace) -> dict[str, Any]:
    """Talks at once: each says its word three times, and must hear of no other."""
    every = list(itertools.islice(itertools.cycle(CODES), args.talks))
    voices = itertools.cycle([voice for voice, _ in SAID])
    text = "I think of my {0} today. I am sad about the {0}."
    clips = kokoro([(v, text.format(code)) for v, code in zip(voices, every, strict=False)])
    pause = np.random.default_rng(1)

    async def held(server: Server, said: Clip) -> tuple[list[dict[str, float | None]], list[Heard]]:
        found = []
        async with talking(server) as one:
            for _ in range(args.rounds):
                await asyncio.sleep(float(pause.uniform(0.5, 3.0)))
                found.append(await one.turn(said))
        return found, one.heard

    async def all_of(server: Server) -> Sequence[Any]:
        return await asyncio.gather(*(held(server, c) for c in clips))

    with serving() as server:
        talks = asyncio.run(all_of(server))
        memory = server.pss()
    turns = [t for found, _ in talks for t in found]
    texts = [" ".join(_words(h.event) for h in heard).lower() for _, heard in talks]
    missed = [(c, text) for c, text in zip(every, texts, strict=True) if c not in text]
    others = [set(CODES) - {code} for code in every]
    mixed = sum(any(o in text for o in s) for s, text in zip(others, texts, strict=True))
    errors = sum(h.event["type"] == "error" for _, heard in talks for h in heard)
    rows = [_row(name, [t[name] for t in turns]) for name in TARGETS]
    print(
        f"{len(talks)} talks at once, {len(turns)} turns: {len(missed)} talks without their word, "
        f"{mixed} with another's, {errors} errors; {memory:.0f} MB"
    )
    _print(rows)
    counts = {"without": missed, "mixed": mixed, "errors": errors, "memory_mb": memory}
    return {"rows": rows, **counts}


def _words(event: Mapping[str, Any]) -> str:
    told = event["type"] in ("user_message", "assistant_message")
    return event["message"]["content"] or "" if told else ""


def uploads(args: argparse.Namespace) -> dict[str, Any]:
    """Uploads at once: refused ones come again when they may, until all are read."""
    sound = EXAMPLE.read_bytes()
    with wave.open(str(EXAMPLE)) as whole, tempfile.TemporaryDirectory() as folder:
        part = Path(folder, "part.wav")
        with wave.open(str(part), "wb") as out:
            out.setparams(whole.getparams())
            out.writeframes(whole.readframes(round(args.seconds * whole.getframerate())))
        sound = part.read_bytes()
    with serving() as server:
        asyncio.run(_read_all(server, sound, 1, {}))  # what is loaded by the first one stays
        before, peak, ends = server.pss(), [0.0], threading.Event()

        def watch() -> None:
            while not ends.wait(0.5):
                peak[0] = max(peak[0], server.pss())

        watching = threading.Thread(target=watch)
        watching.start()
        told: dict[str, int] = {}
        begun = time.monotonic()
        try:
            asyncio.run(_read_all(server, sound, args.uploads, told))
        finally:
            seconds = time.monotonic() - begun
            ends.set()
            watching.join()
        time.sleep(5)
        after = server.pss()
    print(
        f"{args.uploads} uploads of {args.seconds:.0f} s at once: {told} in {seconds:.0f} s\n"
        f"memory of all processes: {before:.0f} MB before, {peak[0]:.0f} MB at most (bound 3072), "
        f"{after:.0f} MB after ({after / before - 1:+.1%}, bound +10 %)"
    )
    memory = {"before_mb": before, "peak_mb": peak[0], "after_mb": after}
    return {"told": told, "seconds": seconds, **memory}


async def _read_all(server: Server, sound: bytes, count: int, told: dict[str, int]) -> None:
    def count_one(what: str) -> None:
        told[what] = told.get(what, 0) + 1

    async def one(client: httpx.AsyncClient) -> None:
        while True:
            answer = await client.post("/v1/jobs", files={"file": ("part.wav", sound)})
            if answer.status_code != 429:
                break
            count_one("refused" if "retry-after" in answer.headers else "refused without a time")
            await asyncio.sleep(int(answer.headers.get("retry-after", 1)))
        if answer.status_code != 202:
            count_one(f"status {answer.status_code}")
            return
        place = answer.headers["location"]
        while (job := (await client.get(place)).json())["state"] not in ("done", "failed"):
            await asyncio.sleep(0.5)
        count_one(job["state"])

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as client:
        await asyncio.gather(*(one(client) for _ in range(count)))


def start(args: argparse.Namespace) -> dict[str, Any]:
    """Start it several times; the turn that is said as soon as it is ready, and later ones."""
    ready, first, later = [], list[dict[str, float | None]](), list[dict[str, float | None]]()
    said = example()[0]

    async def held(server: Server) -> None:
        async with talking(server) as one:
            first.append(await one.turn(said))
            for _ in range(args.later):
                await asyncio.sleep(0.5)
                later.append(await one.turn(said))

    for _ in range(args.times):
        with serving() as server:
            ready.append(server.seconds)
            asyncio.run(held(server))
    rows = [_row("start to ready", ready, 6.0)]
    for name in TARGETS:
        rows += [
            _row(f"{name}, the first turn", [t[name] for t in first]),
            _row(f"{name}, later", [t[name] for t in later]),
        ]
    _print(rows)
    return {"rows": rows}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["talk", "many", "uploads", "start"])
    parser.add_argument("--turns", type=int, default=20, help="of talk")
    parser.add_argument("--talks", type=int, default=16, help="of many")
    parser.add_argument("--rounds", type=int, default=3, help="of many: turns of each")
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0, help="of an upload")
    parser.add_argument("--times", type=int, default=3, help="of start")
    parser.add_argument("--later", type=int, default=4, help="of start: turns after the first")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures go here")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} (figures are of an idle machine below .3)")
    figures = {"talk": talk, "many": many, "uploads": uploads, "start": start}[args.what](args)
    if args.json is not None:
        args.json.write_text(json.dumps({"load": load, **figures}, indent=1))


if __name__ == "__main__":
    main()
