"""How often an English-only speech model is believed: on English, German and Korean.

    python benchmarks/language_gate.py DATA [--clips 4] [--joins 2] [--threads 2]

DATA holds the corpora ``ravdess``, ``emodb`` and ``korean_emotional`` in their official
layouts. Every speaker gives single clips and recordings of 5 to 10 joined clips with pauses.
The threshold is chosen on one half of the speakers of each corpus, on single clips, with
invented words costing five times as much as words withheld; the errors are those of the other
half. Two kinds of evidence are compared: the mean probability
of all words, and of new words only (``empathia.listen.gate.certainty``), which is what
``read`` uses. Nothing is written.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia import media
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.gate import CERTAIN, certainty
from empathia.listen.speech import RATE
from empathia.listen.words import Transcriber
from empathia.types import Audio, FloatArray

ENGLISH = "ravdess"
INVENTED = 5.0  # what a foreign recording let through costs, in English ones withheld
PATTERNS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "ravdess": ("Actor_*/*.flac", lambda p: p.parent.name),
    "emodb": ("*.flac", lambda p: p.name[:2]),
    "korean_emotional": ("**/wav/*.flac", lambda p: p.parent.parent.name),
}


@dataclass(frozen=True)
class Case:
    """One recording that was transcribed; evidence is None where no word was found."""

    corpus: str
    kind: str  # "clip" or "join"
    fits: bool  # belongs to a speaker that the threshold is chosen on
    plain: float | None
    new: float | None

    @property
    def english(self) -> bool:
        return self.corpus == ENGLISH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", type=int, default=4, help="single clips a speaker")
    parser.add_argument("--joins", type=int, default=2, help="joined recordings a speaker")
    parser.add_argument("--threads", type=int, default=None)
    args = parser.parse_args()
    transcriber = Transcriber.load(threads=args.threads)
    cases: list[Case] = []
    for corpus in PATTERNS:
        if (args.data / corpus).is_dir():
            cases += _corpus(args.data, corpus, transcriber, args.clips, args.joins)
            print(f"  {corpus}: done", flush=True)
    for name in ("plain", "new"):
        _report(cases, name)


def _corpus(
    data: Path, corpus: str, transcriber: Transcriber, clips: int, joins: int
) -> Iterator[Case]:
    pattern, speaker_of = PATTERNS[corpus]
    speakers: dict[str, list[Path]] = defaultdict(list)
    for path in sorted((data / corpus).glob(pattern)):
        speakers[speaker_of(path)].append(path)
    most = clips if len(speakers) > 12 else 2 * clips  # so that every corpus gives 60 or more
    for index, (speaker, paths) in enumerate(sorted(speakers.items())):
        draw = random.Random(f"{corpus} {speaker}")
        fits = index % 2 == 0
        for path in draw.sample(paths, min(most, len(paths))):
            yield _case(corpus, "clip", fits, _sound(path), transcriber)
        for _ in range(joins):
            chosen = draw.sample(paths, min(draw.randint(5, 10), len(paths)))
            yield _case(corpus, "join", fits, _joined(chosen, draw), transcriber)


def _sound(path: Path) -> FloatArray:
    return np.concatenate([block.samples for block in media.blocks(path, RATE)])


def _joined(paths: Sequence[Path], draw: random.Random) -> FloatArray:
    parts: list[FloatArray] = []
    for path in paths:
        parts += [_sound(path), np.zeros(int(RATE * draw.uniform(0.2, 1.0)), np.float32)]
    return np.concatenate(parts)


def _case(
    corpus: str, kind: str, fits: bool, samples: FloatArray, transcriber: Transcriber
) -> Case:
    dictation = Dictation(ListenOptions(), transcriber)
    ear = Ear(dictation, None)
    ear.add(Audio(samples, RATE))
    ear.finish()
    words = [w for window in dictation.windows for w in window.words]
    plain = float(np.mean([w.probability for w in words])) if words else None
    return Case(corpus, kind, fits, plain, certainty(words))


def _kept(case: Case, evidence: str, threshold: float) -> bool:
    value = getattr(case, evidence)
    return value is not None and value >= threshold


def _fitted(cases: Sequence[Case], evidence: str) -> float:
    """The middle of the thresholds with the lowest cost: invented words are worse than none."""
    fit = [c for c in cases if c.fits and c.kind == "clip"]
    english = [c for c in fit if c.english]
    others = [c for c in fit if not c.english]
    grid = np.arange(0.30, 0.96, 0.01)
    errors = [
        np.mean([not _kept(c, evidence, t) for c in english])
        + INVENTED * np.mean([_kept(c, evidence, t) for c in others])
        for t in grid
    ]
    best = grid[np.isclose(errors, min(errors))]
    return float(best[len(best) // 2])


def _report(cases: Sequence[Case], evidence: str) -> None:
    threshold = _fitted(cases, evidence)
    what = {"plain": "mean over all words", "new": "mean over new words"}[evidence]
    print(f"\n{what}: threshold fitted on half of the speakers {threshold:.2f}")
    limits = {f"{threshold:.2f}": threshold}
    if evidence == "new":
        limits[f"{CERTAIN:.2f} (in use)"] = CERTAIN
    for shown, limit in limits.items():
        print(f"  at {shown}, other half of the speakers:")
        for kind in ("clip", "join"):
            for corpus in PATTERNS:
                held = [c for c in cases if c.corpus == corpus and c.kind == kind and not c.fits]
                if not held:
                    continue
                kept = sum(_kept(c, evidence, limit) for c in held)
                wrong = len(held) - kept if corpus == ENGLISH else kept
                verb = "withheld" if corpus == ENGLISH else "let through"
                print(
                    f"    {kind:5} {corpus:18} {verb:12} {wrong:3} of {len(held):3} "
                    f"({100 * wrong / len(held):4.1f} %)"
                )


if __name__ == "__main__":
    main()
