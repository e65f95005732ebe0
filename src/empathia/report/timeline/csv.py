"""A timeline as a table: one row a turn, empty cells where something is not known."""

from __future__ import annotations

import csv
import io

from empathia.types import Emotion, Seen, Timeline, Turn, overlaps
from empathia.types.wire import label_sets

Cell = str | int | float | None

_EMOTION = ("label", "confidence", "runner_up", "runner_up_score", "abstained")


def dumps(timeline: Timeline) -> str:
    """A timeline as csv text (RFC 4180, a header of column names).

    Columns: index, id, speaker, start, end (s), text, language, speaker_confidence,
    overlap (s); the fused emotion with its runner-up; ``p_<label>`` for its scores; label and
    confidence by source; description and impression; prosody as ``<measure>_<unit>``; where there
    was a picture to look at, face, face_share, face_description and face_absent; reply.
    ``read_transcript`` reads the file back.
    """
    shared = overlaps(timeline.turns)
    rows = [_row(t, s, timeline) for t, s in zip(timeline.turns, shared, strict=True)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _row(turn: Turn, overlap: float | None, timeline: Timeline) -> dict[str, Cell]:
    utterance = turn.utterance
    row: dict[str, Cell] = {
        "index": utterance.index,
        "id": utterance.id,
        "speaker": utterance.speaker,
        "start": _ms(utterance.start),
        "end": _ms(utterance.end),
        "text": utterance.text,
        "language": utterance.language,
        "speaker_confidence": _rounded(utterance.speaker_confidence),
        "overlap": overlap,
        **_emotion_cells(turn.emotion),
    }
    row.update(_score_cells(turn, timeline))
    for source in _sources(timeline):
        emotion = turn.emotions.get(source)
        row[f"{source}_emotion"] = None if emotion is None else emotion.label
        row[f"{source}_confidence"] = None if emotion is None else _rounded(emotion.confidence)
        row[f"{source}_abstained"] = None if emotion is None else emotion.abstained
    row["description"] = None if turn.cues is None else turn.cues.description
    row["impression"] = None if turn.cues is None else turn.cues.impression
    row.update(_prosody_cells(turn, timeline))
    row.update(_face_cells(turn, timeline))
    row["reply"] = None if turn.reply is None else turn.reply.text
    return row


def _sources(timeline: Timeline) -> list[str]:
    return list(dict.fromkeys(source for t in timeline.turns for source in t.emotions))


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


def _emotion_cells(emotion: Emotion | None) -> dict[str, Cell]:
    cells: dict[str, Cell] = dict.fromkeys(("emotion", *_EMOTION[1:]))
    if emotion is None:
        return cells
    cells["emotion"] = emotion.label
    cells["confidence"] = _rounded(emotion.confidence)
    cells["abstained"] = emotion.abstained
    if emotion.runner_up is not None:
        cells["runner_up"] = emotion.runner_up[0]
        cells["runner_up_score"] = _rounded(emotion.runner_up[1])
    return cells


def _score_cells(turn: Turn, timeline: Timeline) -> dict[str, Cell]:
    fused = turn.emotion
    scored = {} if fused is None else dict(zip(fused.labels, fused.scores, strict=False))
    labels = [label for labels in label_sets(timeline)[:1] for label in labels]
    return {f"p_{label}": _rounded(scored.get(label)) for label in [*labels, *scored]}


def _prosody_cells(turn: Turn, timeline: Timeline) -> dict[str, Cell]:
    shapes = (t.prosody for t in timeline.turns if t.prosody is not None)
    first = next(shapes, None)
    if first is None:
        return {}
    cells: dict[str, Cell] = {}
    for name, unit in zip(first.names, first.units or ("",) * len(first.names), strict=True):
        column = f"{name}_{unit.replace('/', '_per_')}" if unit else name
        value = None if turn.prosody is None else turn.prosody.measure(name)
        cells[column] = None if value is None else round(value, 3)
    return cells


def _face_cells(turn: Turn, timeline: Timeline) -> dict[str, Cell]:
    if all(t.seen is None for t in timeline.turns):
        return {}
    seen = turn.seen or Seen(None)
    there = seen.person is not None
    return {
        "face": seen.person,
        "face_share": _rounded(seen.share) if there else None,
        "face_description": None if seen.cues is None else seen.cues.description,
        "face_absent": seen.absent,
    }
