"""How well `read` knows who speaks when: in made conversations, and in recordings with a truth.

    python benchmarks/diarisation.py DATA [--recordings 60] [--cells 'calm-2-*' ...] [--half report]
    python benchmarks/diarisation.py --real FOLDER        flac (or wav) and rttm side by side

DATA holds the corpora of ``conversations.py``, which says what the places are and who speaks. A
cell is a manner, a number of speakers and a place: ``calm-2-clean``. Each recording goes the way
of `read`, from blocks of sound over speech detection to turns, but without words.

The diarisation error rate (DER) has no collar and counts every speaker of overlapping speech; it
is given with the number of speakers known and estimated, and the latter in parts: missed, false,
confused. Beside it the floors: everybody is one speaker, on the speech of the truth and on the
speech that is detected. "heard" is the detector alone: speech missed and invented, whoever speaks.
Means are over seconds, not over recordings. Turns are matched with what each says in one go
(back-channels too), beginnings and ends within .5 s. Targets stand beside the figures.
"""

from __future__ import annotations

import argparse
import fnmatch
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from conversations import HALVES, MANNERS, PLACES, Case, Conversation, Span, converse

from empathia import media, weights
from empathia.encoders.segmentation import Segmentation
from empathia.encoders.speaker import SpeakerEncoder
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.overlap import HeadCount
from empathia.listen.speakers import Diarisation, Diariser, SpeakerSpan
from empathia.listen.speech import RATE, Segment
from empathia.listen.turns import turns
from empathia.metrics.diarisation import (
    BoundaryMatches,
    DiarisationErrors,
    boundary_matches,
    diarisation_errors,
)
from empathia.types import Audio

CELLS = ("*-clean", "*-room", "*-phone", "*-noise")  # "far" is asked for by name
BLOCK = 10 * RATE


@dataclass(frozen=True)
class Target:
    """What a cell should reach; DER at most, the others at least; None where none is set."""

    given: float | None = None
    estimated: float | None = None
    number: float | None = None


TARGETS = {
    "calm-1-clean": Target(number=0.95),
    "acted-1-clean": Target(number=0.65),
    "calm-2-clean": Target(0.08, 0.13, 0.70),
    "acted-2-clean": Target(0.15, 0.22, 0.50),
    "calm-3-clean": Target(estimated=0.20, number=0.45),
    "calm-4-clean": Target(estimated=0.20, number=0.45),
}
TURNS = 0.80
REAL = {"paa1": 0.065, "paa2": 0.15}
MEETINGS = ("dev00", "dev01", "trn04")
MEETINGS_TARGET = 0.38
FAR = ("trn01", "trn02", "trn03")


class Row(NamedTuple):
    """What was measured in one recording; ``cell`` and ``name`` say which."""

    cell: str
    name: str
    speakers: int
    number: int
    given: DiarisationErrors
    estimated: DiarisationErrors
    one_on_truth: DiarisationErrors
    one_on_detected: DiarisationErrors
    detected: DiarisationErrors
    turns: BoundaryMatches


@cache
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder.load(weights.folder("campplus"), threads=1)


@cache
def head_count() -> HeadCount:
    segmentation = Segmentation.load(weights.folder("segmentation"), threads=1)
    return HeadCount.load(weights.folder("overlap"), segmentation)


def listened(sound: Audio, heads: HeadCount | None = None) -> tuple[list[Segment], Diariser]:
    """Segments of speech, and a diariser that has heard them, as `read` does it.

    Args:
        sound: The recording.
        heads: Tells where two speak at once; None as `read --permissive` does it.
    """
    diariser = Diariser(encoder(), heads)
    ear = Ear(Dictation(ListenOptions(words=False)), diariser)
    for at in range(0, len(sound.samples), BLOCK):
        ear.add(Audio(sound.samples[at : at + BLOCK], sound.rate))
    ear.finish()
    return ear.segments, diariser


def measured(cell: str, name: str, talk: Conversation) -> Row:
    """Everything that is measured in one recording."""
    speakers = len({s for _, _, s in talk.spans})
    segments, diariser = listened(talk.sound, head_count())
    times = [(s.start, s.end) for s in segments]
    one = [SpeakerSpan(s.start, s.end, 0) for s in segments]
    given, guess = Diarisation((), None), Diarisation((), None)
    if segments:
        given, guess = diariser.finish(times, (speakers, speakers)), diariser.finish(times, None)
    truth_as_one = [(a, b, 0) for a, b, _ in talk.spans]
    spoken = [(t.start, t.end, t.speaker) for t in turns(guess.spans, ())]
    return Row(
        cell,
        name,
        speakers,
        len({s.speaker for s in guess.spans}),
        diarisation_errors(talk.spans, given.spans),
        diarisation_errors(talk.spans, guess.spans),
        diarisation_errors(talk.spans, truth_as_one),
        diarisation_errors(talk.spans, one),
        diarisation_errors(truth_as_one, one),
        boundary_matches(talk.turns, spoken),
    )


# -- made conversations ------------------------------------------------------------------------


def made(data: Path, case: Case) -> Row:
    """One made conversation."""
    return measured(cell_of(case), f"{case.number:03}", converse(data, case))


def cell_of(case: Case) -> str:
    return f"{case.manner}-{case.speakers}-{case.place}"


def cases(half: str, recordings: int, wanted: Sequence[str]) -> list[Case]:
    """All conversations of the cells that match one of these patterns."""
    every = [
        Case(half, manner, speakers, place, number)
        for manner, speakers, place in itertools.product(MANNERS, (1, 2, 3, 4), PLACES)
        for number in range(recordings)
    ]
    return [c for c in every if any(fnmatch.fnmatch(cell_of(c), p) for p in wanted)]


# -- recordings with a truth -------------------------------------------------------------------


def real(sound: Path) -> Row:
    """One recording with an rttm file beside it."""
    spans = rttm(sound.with_suffix(".rttm"))
    samples = np.concatenate([b.samples for b in media.blocks(sound, RATE)])
    talk = Conversation(Audio(samples, RATE), tuple(spans), tuple(spoken_in_one_go(spans)))
    return measured("real", sound.stem, talk)


def rttm(path: Path) -> list[Span]:
    """Who speaks when by an rttm file, speakers numbered by first appearance."""
    lines = [line.split() for line in path.read_text("utf-8").splitlines()]
    rows = sorted(
        (float(w[3]), float(w[3]) + float(w[4]), w[7]) for w in lines if w and w[0] == "SPEAKER"
    )
    names = list(dict.fromkeys(name for _, _, name in rows))
    return [(start, end, names.index(name)) for start, end, name in rows]


def spoken_in_one_go(spans: Sequence[Span], pause: float = 1.0) -> Iterator[Span]:
    """Spans of one speaker with no longer pause between them, as one."""
    for speaker in sorted({s for _, _, s in spans}):
        own = sorted((a, b) for a, b, s in spans if s == speaker)
        start, end = own[0]
        for a, b in own[1:]:
            if a - end > pause:
                yield start, end, speaker
                start = a
            end = max(end, b)
        yield start, end, speaker


# -- tables ------------------------------------------------------------------------------------

HEAD = (
    f"{'':16}{'n':>4} {'given':>7} {'estim.':>7} = {'missed':>6} {'false':>6} {'conf.':>6} "
    f"{'number':>7} {'turns':>6} | one speaker on {'truth':>6} {'heard':>6} | "
    f"heard: {'missed':>6} {'false':>6} | numbers estimated"
)


def line(name: str, rows: Sequence[Row]) -> str:
    """Figures over some recordings, without targets."""
    guess, heard = total(r.estimated for r in rows), total(r.detected for r in rows)
    parts = [x / guess.spoken for x in guess[:3]]
    numbers = sorted(Counter(r.number for r in rows).items())
    return (
        f"{name:16}{len(rows):>4} {total(r.given for r in rows).rate:7.3f} {guess.rate:7.3f} = "
        f"{parts[0]:6.3f} {parts[1]:6.3f} {parts[2]:6.3f} {right(rows):7.2f} {f1(rows):6.2f} | "
        f"{'':14} {total(r.one_on_truth for r in rows).rate:6.3f} "
        f"{total(r.one_on_detected for r in rows).rate:6.3f} | "
        f"{'':6} {heard.missed / heard.spoken:6.3f} {heard.false / heard.spoken:6.3f} | "
        + " ".join(f"{number}:{count}" for number, count in numbers)
    )


def total(every: Iterable[DiarisationErrors]) -> DiarisationErrors:
    """Seconds of several recordings together."""
    return DiarisationErrors(*(sum(column) for column in zip(*every, strict=True)))


def right(rows: Sequence[Row]) -> float:
    """In which share of recordings the number of speakers is right."""
    return float(np.mean([r.number == r.speakers for r in rows]))


def f1(rows: Sequence[Row]) -> float:
    return BoundaryMatches(*(sum(c) for c in zip(*(r.turns for r in rows), strict=True))).f1


def mark(what: str, figure: float, least: float | None = None, most: float | None = None) -> str:
    """A figure beside its target; empty without one."""
    if least is None and most is None:
        return ""
    reached = figure >= least if least is not None else figure <= (most or 0.0)
    sign, target = (">=", least) if least is not None else ("<=", most)
    return (
        f"    {what:44} {figure:6.3f}  target {sign} {target:<6g} {'ok' if reached else 'MISSED'}"
    )


def verdicts(cell: str, rows: Sequence[Row]) -> list[str]:
    """What a cell has reached of what it should."""
    target = TARGETS.get(cell, Target())
    several = rows[0].speakers > 1
    lines = [
        mark("DER, number given", total(r.given for r in rows).rate, most=target.given),
        mark("DER, number estimated", total(r.estimated for r in rows).rate, most=target.estimated),
        mark("number of speakers right", right(rows), least=target.number),
        mark("turn boundaries within .5 s, F1", f1(rows), least=TURNS if several else None),
    ]
    return [x for x in lines if x]


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """All cells of made conversations."""
    yield HEAD
    for cell, own in itertools.groupby(rows, key=lambda r: r.cell):
        these = list(own)
        yield line(cell, these)
        yield from verdicts(cell, these)


def real_table(rows: Sequence[Row]) -> Iterator[str]:
    """All recordings with a truth, and the means that count."""
    yield HEAD
    for row in rows:
        yield line(f"{row.name} ({row.speakers})", [row])
        yield from filter(
            None, [mark("DER, estimated", row.estimated.rate, most=REAL.get(row.name))]
        )
    for names, target in ((MEETINGS, MEETINGS_TARGET), (FAR, None)):
        these = [r for r in rows if r.name in names]
        rates = {
            "estimated": [r.estimated.rate for r in these],
            "given": [r.given.rate for r in these],
            "one speaker on detected speech": [r.one_on_detected.rate for r in these],
            "one speaker on the speech of the truth": [r.one_on_truth.rate for r in these],
        }
        for what, values in rates.items() if these else ():
            mean = math.fsum(values) / len(values)
            most = target if what == "estimated" else None
            text = f"mean of {', '.join(r.name for r in these)}: {what}"
            yield mark(text, mean, most=most) or f"    {text:44} {mean:6.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder of corpora")
    parser.add_argument("--recordings", type=int, default=60, help="of each cell")
    parser.add_argument("--cells", nargs="+", default=CELLS, help="patterns, as 'calm-*-phone'")
    parser.add_argument("--half", choices=HALVES, default="report", help="of the speakers")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="sounds and rttm files")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="every recording's figures")
    args = parser.parse_args()
    rows: list[Row] = []
    with ProcessPoolExecutor(args.processes) as pool:
        if args.data is not None:
            jobs = cases(args.half, args.recordings, args.cells)
            rows += pool.map(partial(made, args.data), jobs, chunksize=4)
            print(*tables(rows), sep="\n", flush=True)
        if args.real is not None:
            sounds = [p.with_suffix(s) for p in args.real.glob("*.rttm") for s in (".flac", ".wav")]
            whole = list(pool.map(real, sorted(s for s in sounds if s.is_file())))
            print(*real_table(whole), sep="\n")
            rows += whole
    if args.json is not None:
        written = [{k: _plain(v) for k, v in r._asdict().items()} for r in rows]
        args.json.write_text(json.dumps(written, indent=1), "utf-8")


def _plain(value: object) -> object:
    if isinstance(value, DiarisationErrors):
        return {**value._asdict(), "rate": value.rate if value.spoken else None}
    return value._asdict() if isinstance(value, BoundaryMatches) else value


if __name__ == "__main__":
    main()
