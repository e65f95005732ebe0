"""How soon a turn that has ended is told, words and emotion included, targets beside the figures.

    python benchmarks/live.py                 turns of the committed example, each with rest behind
                                              it, and the example as it is
    python benchmarks/live.py DATA            ... and made conversations (conversations.py)
    python benchmarks/live.py DATA --minutes 60 [--file]
                                              so much made talk in one stream as fast as it goes,
                                              or in one file: what it takes as it grows

Sound comes in tenths of a second, as fast as it is spoken: this takes as long as the streams are,
and a machine that is too slow, or busy with something else, shows as latency. It counts from the
last voiced sample of a turn to when it is told. "wait" is what passes until the block has come
that decides that the turn has ended, "work" what passes after that.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import tempfile
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from conversations import RATE, Case, converse, speech_in

from empathia.pipeline import Options, Reader
from empathia.pipeline.live import Live
from empathia.pipeline.models import Models
from empathia.types import Audio, FloatArray
from empathia.types.events import Ended, Event, Revised, TurnEnded

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "conversation.wav"
BLOCK = 0.1  # s
REST = 2.0  # s behind a turn
NEAR = 0.5  # s between the end of a turn and where it is told to end
LENGTHS = (2.5, 6.0)  # s; turns of about 4 s


class Told(NamedTuple):
    """One event: when the block had come that it came of, and when it was told (s)."""

    came: float
    told: float
    event: Event


class Stream(NamedTuple):
    """A sound and when somebody's turns begin and end in it (s), by the voice itself."""

    name: str
    samples: FloatArray
    turns: Sequence[tuple[float, float]]


def play(stream: Stream, models: Models) -> tuple[list[Told], float]:
    """Listen to a stream as fast as it comes.

    Returns:
        What was told, and the seconds that closing took.
    """
    told: list[Told] = []
    size = round(BLOCK * RATE)
    with Live(models.options, models) as live:
        begun = time.perf_counter()
        for at in range(0, len(stream.samples), size):
            block = stream.samples[at : at + size]
            came = (at + len(block)) / RATE
            time.sleep(max(0.0, begun + came - time.perf_counter()))
            events = live.add(Audio(block, RATE))
            now = time.perf_counter() - begun
            told += [Told(came, now, e) for e in events]
        came, now = len(stream.samples) / RATE, time.perf_counter() - begun
        events = live.close()
        closed = time.perf_counter() - begun
        told += [Told(came, closed, e) for e in events]
    return told, closed - now


def rested() -> Stream:
    """Each turn of the committed example with rest behind it."""
    samples = _example()
    parts: list[FloatArray] = []
    turns: list[tuple[float, float]] = []
    at = 0.0
    with EXAMPLE.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cut = samples[round(float(row["start"]) * RATE) : round(float(row["end"]) * RATE)]
            voiced = speech_in(cut)
            turns.append((at + voiced[0][0], at + voiced[-1][1]))
            parts += [cut, np.zeros(round(REST * RATE), np.float32)]
            at += len(cut) / RATE + REST
    return Stream("turns with rest behind them", np.concatenate(parts), turns)


def as_it_is() -> Stream:
    """The committed example."""
    samples = _example()
    turns: list[tuple[float, float]] = []
    with EXAMPLE.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            start = float(row["start"])
            voiced = speech_in(samples[round(start * RATE) : round(float(row["end"]) * RATE)])
            turns.append((start + voiced[0][0], start + voiced[-1][1]))
    return Stream("the example as it is", samples, turns)


def made(data: Path, count: int) -> list[Stream]:
    """Conversations as people have them."""
    streams = []
    for number in range(count):
        made = converse(data, Case("report", "calm", 2, "clean", number))
        turns = [(start, end) for start, end, _ in made.turns]
        streams.append(Stream(f"made conversation {number}", made.sound.samples, turns))
    return streams


def _example() -> FloatArray:
    with wave.open(str(EXAMPLE)) as sound:
        raw = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return raw.astype(np.float32) / np.float32(32768)


def latencies(stream: Stream, told: Sequence[Told]) -> list[tuple[float, float]]:
    """(wait, work) in s of each turn of about 4 s whose end was told as one."""
    ended = [t for t in told if isinstance(t.event, TurnEnded)]
    every = []
    for start, end in stream.turns:
        near = [t for t in ended if abs(_end(t.event) - end) < NEAR]
        if near and LENGTHS[0] <= end - start <= LENGTHS[1]:
            one = min(near, key=lambda t: abs(_end(t.event) - end))
            every.append((one.came - end, one.told - one.came))
    return every


def _end(event: Event) -> float:
    assert isinstance(event, TurnEnded)
    return event.turn.utterance.end or 0.0


def report(name: str, streams: Sequence[Stream], models: Models) -> None:
    """Play some streams and print what they take."""
    waits: list[tuple[float, float]] = []
    asked = closing = seconds = revised = 0.0
    cpu = time.process_time()
    for stream in streams:
        told, closed = play(stream, models)
        waits += latencies(stream, told)
        asked += sum(LENGTHS[0] <= b - a <= LENGTHS[1] for a, b in stream.turns)
        revised += sum(len(t.event.speakers) for t in told if isinstance(t.event, Revised))
        closing += closed
        seconds += len(stream.samples) / RATE
    cpu = time.process_time() - cpu
    wait, took = np.array(waits).T
    print(f"\n{name}: {len(waits)} of {asked:.0f} turns of {LENGTHS[0]} to {LENGTHS[1]} s end so")
    for what, values, target in (
        ("end of the turn to its words and emotion", wait + took, 0.8),
        ("  of it waiting for the end", wait, None),
        ("  of it work", took, None),
    ):
        low, high = np.percentile(values, (50, 90))
        beside = (
            ""
            if target is None
            else f"  target p50 <= {target} {'ok' if low <= target else 'MISSED'}"
        )
        print(f"{what:<44} p50 {low:6.2f} s  p90 {high:6.2f} s{beside}")
    print(
        f"processor time / sound {cpu / seconds:.3f}, "
        f"closing {closing / len(streams):.2f} s, {revised:.0f} turns revised"
    )


def talk(data: Path, minutes: float) -> FloatArray:
    """Conversations of the tuning half, one behind the other."""
    parts: list[FloatArray] = []
    while sum(len(p) for p in parts) < minutes * 60 * RATE:
        parts.append(converse(data, Case("tune", "calm", 2, "clean", len(parts))).sound.samples)
    return np.concatenate(parts)[: round(minutes * 60 * RATE)]


def grown(samples: FloatArray, models: Models) -> None:
    """Stream a long talk as fast as it goes, and print what each tenth of it takes."""
    size, tenth = round(BLOCK * RATE), len(samples) // 10
    events: list[Event] = []
    with Live(models.options, models) as live:
        for part in range(10):
            cpu, wall = time.process_time(), time.perf_counter()
            for at in range(part * tenth, (part + 1) * tenth, size):
                events += live.add(Audio(samples[at : min(at + size, (part + 1) * tenth)], RATE))
            _print_cost(f"tenth {part + 1}", tenth / RATE, cpu, wall)
        cpu, wall = time.process_time(), time.perf_counter()
        events += live.close()
        _print_cost("closing", len(samples) / RATE, cpu, wall)
    counts = {k.__name__: sum(isinstance(e, k) for e in events) for k in (TurnEnded, Revised)}
    print(counts, *(e.timeline.notes for e in events if isinstance(e, Ended)))


def read(samples: FloatArray, models: Models) -> None:
    """Read a long talk from a file, and print what it takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "talk.wav")
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        cpu, wall = time.process_time(), time.perf_counter()
        with Reader(models.options) as reader:
            timeline = reader.read(path)
        _print_cost("file", len(samples) / RATE, cpu, wall)
    print(f"{len(timeline.turns)} turns", timeline.notes)


def _print_cost(name: str, seconds: float, cpu: float, wall: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{name:<10} wall / sound {(time.perf_counter() - wall) / seconds:.3f}, processor time / "
        f"sound {(time.process_time() - cpu) / seconds:.3f}, peak memory {peak:.2f} GB",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder of corpora")
    parser.add_argument("--asr-model", metavar="NAME", help="as in empathia read")
    parser.add_argument("--pause", type=float, metavar="S", help="as in empathia read")
    parser.add_argument("--count", type=int, default=6, help="made conversations")
    parser.add_argument("--minutes", type=float, help="of made talk, as fast as it goes")
    parser.add_argument("--file", action="store_true", help="read them as a file")
    args = parser.parse_args()
    options = Options(asr_model=args.asr_model, pause=args.pause)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} (figures are of an idle machine below .3)")
    models = Models(options)
    with Live(options, models) as live:  # models are loaded and warm
        live.add(Audio(_example()[: 4 * RATE], RATE))
        live.close()
    if args.minutes is not None:
        (read if args.file else grown)(talk(args.data, args.minutes), models)
        return
    report("turns of the example with rest behind them", [rested()], models)
    report("the example as it is", [as_it_is()], models)
    if args.data is not None:
        report("made conversations", made(args.data, args.count), models)


if __name__ == "__main__":
    main()
