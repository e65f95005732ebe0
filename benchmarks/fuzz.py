"""Hostile inputs: is everything read right, or refused in words?

    python benchmarks/fuzz.py --count 10000 --seed 1 [--kind transcript ...] [--jobs N]
    python benchmarks/fuzz.py --seed 1 --only 61        # make one again, keep its file, say all

A third each are recordings, transcripts and tables, made by the tests' `hostile` from the seed and
the number alone. Half keep their meaning and must be read the same (a recording: the same turns as
the plain wav); half are damaged. Each is read in a worker process; one that takes over 10 s of the
processor (or a minute of waiting) or 1.5 GB of its own is killed and counted. Answers are lines of
`out/fuzz/<seed>.jsonl`: what is there is not done again.

same: read, with the meaning that it had. refused: in words, with a remedy (mute: without one).
other: read with another meaning. traceback: an exception that is none of ours. warning: Python's.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from hostile import KINDS, make, write
from hostile.judge import GOOD, Judge

from empathia import weights
from empathia.pipeline import Options, Reader

NEEDED = ("minilm", "whisper-base", "campplus")
SLOW, LARGE = 10.0, 1.5e9  # s of the processor, and bytes, that an input may take
WAIT = 60.0  # s that it may take where others keep the processor busy
_POLL = 0.1  # s
_READY = 60.0  # s that a worker may take to load its models
OUTCOMES = ("same", "read", "refused", "other", "mute", "traceback", "warning", "hang")
OUTCOMES += ("memory", "crash")
Answer = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="N")
    parser.add_argument("--no-weights", action="store_true", help="decode and parse alone")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"))
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work(args)
    elif args.only is not None:
        again(args)
    else:
        run(args)


def judge(args: argparse.Namespace) -> Judge:
    """A judge with the default weights where they are there."""
    there = all(weights.state(n) not in {"missing", "damaged"} for n in NEEDED)
    if args.no_weights or not there:
        return Judge()
    return Judge(Reader(Options(threads=1)))


def again(args: argparse.Namespace) -> None:
    """Make one input again, keep it, and say what comes of it."""
    case = make(args.seed, args.only)
    folder = args.out / f"{args.seed}-{args.only}"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{case.kind}: {case.how}\n{write(case, folder)}")
    if case.truth is not None:
        print(*case.truth.turns, *case.truth.rows, sep="\n")
    with tempfile.TemporaryDirectory() as fresh:
        print(*judge(args)(case, Path(fresh)), sep="\n")


def work(args: argparse.Namespace) -> None:
    """Numbers in, answers out, a line each."""
    judging = judge(args)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anything prints is no answer
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        case = make(args.seed, int(line))
        answer = {"number": case.number, "kind": case.kind, "kept": case.truth is not None}
        answer |= {"how": case.how, "name": repr(case.name)}
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            verdict = judging(case, Path(folder))
        seconds = round(time.perf_counter() - began, 3)
        print(
            json.dumps(answer | verdict._asdict() | {"seconds": seconds}), file=answers, flush=True
        )


class Worker:
    """A process that reads inputs; it is killed when one takes too much, and started again."""

    def __init__(self, args: argparse.Namespace) -> None:
        command = [sys.executable, __file__, "--worker", "--seed", str(args.seed)]
        self._command = command + ["--no-weights"] * args.no_weights
        self._process: subprocess.Popen[bytes] | None = None
        self._idle = 0

    def ask(self, number: int) -> Answer:
        """What comes of an input."""
        process = self._process or self._start()
        process.stdin.write(f"{number}\n".encode())
        process.stdin.flush()
        answer, peak = self._answer(process, SLOW, WAIT, self._idle + LARGE)
        if not answer.startswith(b"{"):
            case = make(int(self._command[4]), number)
            self.stop()
            return {
                "number": number,
                "kind": case.kind,
                "kept": case.truth is not None,
                "how": case.how,
                "name": repr(case.name),
                "outcome": answer.decode() or "crash",
                "detail": "",
                "peak": peak,
            }
        return json.loads(answer) | {"peak": peak}

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._answer(process, _READY, _READY, 1e12)
        self._idle = _resident(process.pid)
        return process

    def _answer(
        self, process: subprocess.Popen[bytes], slow: float, wait: float, large: float
    ) -> tuple[bytes, int]:
        """Its line, or "hang" or "memory", or nothing where it died; and the most bytes it held."""
        began, worked, peak = time.monotonic(), _worked(process.pid), 0
        while not select.select([process.stdout], [], [], _POLL)[0]:
            peak = max(peak, _resident(process.pid))
            if peak > large:
                return b"memory", peak
            if _worked(process.pid) - worked > slow or time.monotonic() - began > wait:
                return b"hang", peak
        return process.stdout.readline(), max(peak, _resident(process.pid))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None


def _worked(pid: int) -> float:
    """Seconds of the processor that a process has had."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """Bytes that a process holds in memory."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


def run(args: argparse.Namespace) -> None:
    file = args.out / f"{args.seed}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    known = [json.loads(x) for x in file.read_text().splitlines()] if file.exists() else []
    done = {a["number"] for a in known}
    kinds = args.kind or KINDS
    asked = [n for n in range(args.count) if KINDS[n % 3] in kinds]
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in asked:
        if number not in done:
            left.put(number)
    lock = threading.Lock()
    with Progress(console=Console(stderr=True)) as bars, file.open("a") as out:
        bar = bars.add_task("inputs", total=len(asked), completed=len(asked) - left.qsize())

        def labour() -> None:
            worker = Worker(args)
            while True:
                try:
                    answer = worker.ask(left.get_nowait())
                except queue.Empty:
                    return worker.stop()
                with lock:
                    known.append(answer)
                    print(json.dumps(answer), file=out, flush=True)
                    bars.advance(bar)

        threads = [threading.Thread(target=labour, daemon=True) for _ in range(args.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    show([a for a in known if a["number"] in set(asked)])


def show(answers: list[Answer]) -> None:
    """How often what came of what."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("inputs", no_wrap=True)
    for outcome in (*OUTCOMES, "all"):
        table.add_column(outcome, justify="right", no_wrap=True)
    counts = Counter((a["kind"], a["kept"], a["outcome"]) for a in answers)
    for kind in KINDS:
        for kept in (True, False):
            each = [counts[kind, kept, outcome] for outcome in OUTCOMES]
            name = f"{kind}s, {'kept' if kept else 'damaged'}"
            table.add_row(name, *map(str, each), str(sum(each)))
    Console(width=110).print(table)
    bad = [a for a in answers if a["outcome"] not in GOOD]
    for a in bad[:20]:
        print(f"{a['number']} {a['kind']} {a['outcome']}: {a['how']}; {a['name']}")


if __name__ == "__main__":
    main()
