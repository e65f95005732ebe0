"""An entry of a diary out of a recording or a text: words, and what they come across as."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from empathia.contracts import Progress
from empathia.cues import CuesSoFar
from empathia.errors import UsageError
from empathia.listen.language import detect_language
from empathia.pipeline import Conversation, Options, Reader, Spoken, kind
from empathia.pipeline.models import Models
from empathia.pipeline.record import Record
from empathia.types import Timeline, Turn, Utterance
from empathia.types.shapes import TimelineJson
from empathia.types.wire import to_json

NOTHING = "nothing was heard"
_WHO = "you"
_PIECE = 400  # characters that are judged at a time
_CALM = 5.0  # s of speech that tell how somebody speaks
_SENTENCE = re.compile(r"(?<=[.!?…。？！])\s+|\n+")


class Read(TypedDict):
    """What was read.

    Args:
        words: All of them; "" where there were none.
        language: ISO 639-1 code, or None.
        timeline: Of a recording, else None.
        shares: Label to its share; they sum to 1. {} where there are none.
        abstained: Why, there.
    """

    words: str
    language: str | None
    timeline: TimelineJson | None
    shares: dict[str, float]
    abstained: str | None


def heard(
    path: Path,
    options: Options,
    models: Models,
    progress: Progress,
    calm: Mapping[str, float] | None = None,
) -> Read:
    """What one person tells in a recording.

    Args:
        path: The recording.
        options: How it is read.
        models: That read it.
        progress: Hears how far it is.
        calm: Means of how they speak when calm, which cues of pitch are relative to; None takes
            their own turns.

    Raises:
        UsageError: It is none.
        InputError: It cannot be decoded.
    """
    timeline = _listen(path, options, models, progress)
    if calm and (bins := models.bins(Record())) is not None:
        timeline = _against(timeline, CuesSoFar(bins, options.levels, calm))
    texts = [t.utterance.text for t in timeline.turns]
    shares, abstained = felt(timeline.turns)
    return {
        "words": " ".join(x.strip() for x in texts if x),
        "language": timeline.language,
        "timeline": to_json(timeline),
        "shares": shares,
        "abstained": abstained,
    }


def written(text: str, options: Options, models: Models) -> Read:
    """What a text tells, read in pieces that the recognisers take in."""
    language = options.language or detect_language([text])
    mine = dataclasses.replace(options, adapt=False, reply="none")
    said = [
        Spoken(Utterance(f"piece-{i:04d}", i, _WHO, piece), language=options.language)
        for i, piece in enumerate(_pieces(text))
    ]
    turns = Conversation(mine, models=models).extend(said, language=language)
    shares, abstained = felt(turns)
    return {
        "words": text,
        "language": language,
        "timeline": None,
        "shares": shares,
        "abstained": abstained,
    }


def calm(
    path: Path, options: Options, models: Models, progress: Progress
) -> tuple[dict[str, float], dict[str, float], float]:
    """Mean and deviation over the turns of each measure of prosody, and seconds of speech.

    Raises:
        UsageError: There is too little speech.
    """
    turns = _listen(path, options, models, progress).turns
    rows = [t.prosody for t in turns if t.prosody is not None]
    seconds = sum(_weight(t) for t in turns)
    if not rows or seconds < _CALM:
        raise UsageError(
            f"{seconds:.1f} s of speech, expected {_CALM:.0f} s or more",
            "Speak calmly for half a minute, of anything",
        )
    values = np.concatenate([r.values[:1] for r in rows]).astype(float)
    known = [i for i in range(values.shape[1]) if np.isfinite(values[:, i]).all()]
    means = {rows[0].names[i]: float(values[:, i].mean()) for i in known}
    return means, {rows[0].names[i]: float(values[:, i].std()) for i in known}, seconds


def felt(turns: Sequence[Turn]) -> tuple[dict[str, float], str | None]:
    """Shares of emotions over all turns, or why there are none.

    A turn counts as long as it is, or by its words where it has no times. One that is not sure
    counts with all of its scores; where none is sure, nothing is said.
    """
    told = [(t, e) for t in turns if (e := t.emotion) is not None]
    if not told:
        return {}, NOTHING
    if all(e.label is None for _, e in told):
        _, longest = max(told, key=lambda x: _weight(x[0]))
        return {}, longest.abstained
    sums: dict[str, float] = defaultdict(float)
    for turn, emotion in told:
        whole = sum(emotion.scores)
        for label, score in zip(emotion.labels, emotion.scores, strict=False):
            sums[label] += _weight(turn) * score / whole if whole else 0.0
    total = sum(sums.values())
    if not total:
        return {}, "no emotion has a score"
    ranked = sorted(sums.items(), key=lambda x: (-x[1], x[0]))
    return {label: share / total for label, share in ranked}, None


def _listen(path: Path, options: Options, models: Models, progress: Progress) -> Timeline:
    if kind(path) != "recording":
        raise UsageError("expected a recording, this is a text", "Send its words instead")
    mine = dataclasses.replace(options, speakers=1, video=False, pictures=False)
    timeline = Reader(mine, models).read(path, progress)
    return dataclasses.replace(timeline, source="entry")  # the path is gone by now


def _against(timeline: Timeline, cues: CuesSoFar) -> Timeline:
    turns = (
        dataclasses.replace(t, cues=cues.add(t.prosody, t.utterance.speaker))
        for t in timeline.turns
    )
    return dataclasses.replace(timeline, turns=tuple(turns))


def _weight(turn: Turn) -> float:
    u = turn.utterance
    if u.start is not None and u.end is not None:
        return max(0.01, u.end - u.start)
    return float(max(1, len((u.text or "").split())))


def _pieces(text: str) -> Iterator[str]:
    """Sentences, several in a piece, and one that is too long in several."""
    piece = ""
    for sentence in filter(str.strip, _SENTENCE.split(text)):
        for start in range(0, len(sentence), _PIECE):
            part = sentence[start : start + _PIECE]
            if piece and len(piece) + 1 + len(part) > _PIECE:
                yield piece
                piece = ""
            piece = f"{piece} {part}" if piece else part
    if piece:
        yield piece
