"""The text files of the IEMOCAP release: annotations of a dialogue, and its words.

Annotations (``dialog/EmoEvaluation/*.txt``), a block an utterance::

    [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
    C-E2:	Neutral;	()
    C-F1:	Neutral;	()
    A-E3:	val 3; act 2; dom  2;	()

Lines ``C-E*`` are what the evaluators chose, one or several categories. ``C-F1`` and
``C-M1`` are the actors' own ratings of themselves and no votes; the ratings of ``A-*`` stand
averaged on the first line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from empathia.errors import CorpusError

LABELS = {
    "neu": "neutral",
    "hap": "happy",
    "sad": "sad",
    "ang": "angry",
    "sur": "surprised",
    "fea": "fearful",
    "dis": "disgusted",
    "fru": "frustrated",
    "exc": "excited",
    "oth": "other",
}
NO_AGREEMENT = "xxx"
_CATEGORIES = {
    "neutral": "neutral",
    "neutral state": "neutral",
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "surprise": "surprised",
    "fear": "fearful",
    "disgust": "disgusted",
    "frustration": "frustrated",
    "excited": "excited",
    "other": "other",
}
_NUMBER = r"(\d+(?:\.\d+)?)"
_HEAD = re.compile(
    rf"\[{_NUMBER} - {_NUMBER}\]\t(\S+)\t(\w+)\t\[{_NUMBER}, {_NUMBER}, {_NUMBER}\]\s*"
)
_SAID = re.compile(rf"(\S+) \[{_NUMBER}-{_NUMBER}\]:(.*)")
_FORM = "'[start - end] TAB utterance TAB label TAB [valence, arousal, dominance]'"

Damage = defaultdict[str, list[str]]


class Rated(NamedTuple):
    """One utterance of an annotation file; ``vad`` in [-1, 1], ``label`` None without agreement."""

    id: str
    start: float
    end: float
    label: str | None
    votes: tuple[tuple[str, ...], ...]
    vad: tuple[float, float, float] | None


def ratings(file: Path, damage: Damage) -> list[Rated]:
    """All utterances of a dialogue, in time order.

    Args:
        file: One file of ``EmoEvaluation``.
        damage: What is wrong with single ratings is added: problem to places.

    Raises:
        CorpusError: A line does not parse, a label is unknown, or an utterance occurs twice.
    """
    found: dict[str, Rated] = {}
    last = None
    for number, line in _lines(file):
        place = f"{file}:{number}"
        if line.startswith("["):
            rated = _rated(place, line, file.stem, damage)
            if rated.id in found:
                raise CorpusError(f"{place} repeats utterance '{rated.id}'", "Drop one of the two")
            last = rated.id
            found[last] = rated
        elif line.startswith("C-") and last is not None:
            if line.startswith("C-E"):
                vote = _vote(place, line, damage)
                found[last] = found[last]._replace(votes=(*found[last].votes, *vote))
        elif not line.startswith(("%", "A-")):
            raise CorpusError(f"{place} does not parse, expected {_FORM} or ratings", "Mend it")
    return sorted(found.values(), key=lambda r: (r.start, r.end, r.id))


def words(file: Path, damage: Damage) -> dict[str, str]:
    """What is said, by utterance id; lines that are no utterances are added to ``damage``."""
    found: dict[str, str] = {}
    for number, line in _lines(file):
        said = _SAID.fullmatch(line)
        if said is None:
            damage["transcription lines that do not parse"].append(f"{file}:{number}")
        elif said[1] in found:
            raise CorpusError(f"{file}:{number} repeats utterance '{said[1]}'", "Drop one")
        else:
            found[said[1]] = said[4].strip()
    return found


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    # Latin-1, as released; it decodes everything, so a wrong encoding shows in the patterns.
    for number, line in enumerate(file.read_text(encoding="latin-1").split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _rated(place: str, line: str, dialogue: str, damage: Damage) -> Rated:
    head = _HEAD.fullmatch(line)
    if head is None:
        raise CorpusError(f"{place} does not parse, expected {_FORM}", "Mend the line")
    start, end, key, label = float(head[1]), float(head[2]), head[3], head[4]
    if label not in LABELS and label != NO_AGREEMENT:
        names = ", ".join((*LABELS, NO_AGREEMENT))
        raise CorpusError(f"{place} has the label '{label}'", f"Expected one of {names}")
    if not key.startswith(f"{dialogue}_"):
        raise CorpusError(f"{place}: '{key}' is not of the dialogue {dialogue}", "Mend the id")
    if start > end:
        raise CorpusError(f"{place} ends before it starts ({start} to {end} s)", "Mend the times")
    v, a, d = ((float(head[i]) - 3) / 2 for i in (5, 6, 7))
    known = all(-1 <= x <= 1 for x in (v, a, d))
    if not known:
        damage["valence, arousal or dominance outside of 1 to 5, left out"].append(place)
    return Rated(key, start, end, LABELS.get(label), (), (v, a, d) if known else None)


def _vote(place: str, line: str, damage: Damage) -> list[tuple[str, ...]]:
    """One rater's categories; none where they cannot be understood."""
    chosen = line.partition(":")[2].split("(")[0].split(";")
    named = [c.strip().lower() for c in chosen if c.strip()]
    if not named or not all(n in _CATEGORIES for n in named):
        damage["ratings that do not parse, left out"].append(place)
        return []
    return [tuple(_CATEGORIES[n] for n in named)]
