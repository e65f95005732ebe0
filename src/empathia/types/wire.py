"""A timeline as JSON and back: one documented, versioned form (``timeline.schema.json``)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from empathia.errors import EmpathiaError, InputError, LabelError
from empathia.files import Plain
from empathia.labels import LabelSet
from empathia.types import (
    Cues,
    Element,
    Emotion,
    Empathy,
    Exemplar,
    Features,
    Message,
    Part,
    Reason,
    Reply,
    Seen,
    SpeakerNumber,
    Timeline,
    Turn,
    Utterance,
    Word,
    overlaps,
)
from empathia.types.seen import LANDMARKS
from empathia.types.shapes import (
    CuesJson,
    EmotionJson,
    EmpathyJson,
    MeasureJson,
    ProsodyJson,
    ReasonJson,
    ReplyJson,
    SeenJson,
    SpeakerNumberJson,
    TimelineJson,
    TurnJson,
    WordJson,
)

SCHEMA_VERSION = "1.5"
_MAJOR = SCHEMA_VERSION.partition(".")[0]
_SCHEMA = Path(__file__).with_name("timeline.schema.json")
_THREE = re.compile(r"\[" + ",".join([r"\n +(-?[0-9][0-9.eE+-]*)"] * 3) + r"\n +\]")
J = TypeVar("J")
T = TypeVar("T")


def label_sets(timeline: Timeline) -> tuple[LabelSet, ...]:
    """All label sets in a timeline, the fused emotions' first."""
    fused = [t.emotion.labels for t in timeline.turns if t.emotion is not None]
    single = [e.labels for t in timeline.turns for e in t.emotions.values()]
    return tuple(dict.fromkeys([*fused, *single]))


def schema() -> dict[str, Plain]:
    """The JSON Schema (2020-12) that :func:`to_json` keeps to."""
    schema: dict[str, Plain] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


def to_json(timeline: Timeline) -> TimelineJson:
    """A timeline as plain dicts, lists, strings, finite numbers, booleans and None.

    What is not known is None. The waveform, pictures, paths to media and gold labels
    stay out, landmarks are rounded to thousandths; all else comes back from :func:`from_json`
    exactly.

    Raises:
        LabelError: Two different label sets share a name.
        InputError: Prosody is not one named row, or provenance holds no plain value.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "source": timeline.source,
        "duration": timeline.duration,
        "language": timeline.language,
        "has_audio": timeline.has_audio,
        "speakers": list(timeline.speakers),
        "label_sets": _label_sets(timeline),
        "notes": list(timeline.notes),
        "turns": [
            turn_json(t, overlap)
            for t, overlap in zip(timeline.turns, overlaps(timeline.turns), strict=True)
        ],
        "speaker_number": _number(timeline.speaker_number),
        "provenance": plain(timeline.provenance),
    }


def dumps(timeline: Timeline) -> str:
    """A timeline as JSON text that ends in a line break; three numbers stand in one line."""
    text = json.dumps(to_json(timeline), ensure_ascii=False, allow_nan=False, indent=2)
    return _THREE.sub(r"[\1, \2, \3]", text) + "\n"


def _label_sets(timeline: Timeline) -> dict[str, list[str]]:
    sets: dict[str, list[str]] = {}
    for labels in label_sets(timeline):
        if sets.setdefault(labels.name, list(labels)) != list(labels):
            raise LabelError(f"two label sets are called '{labels.name}'", "Rename one of them")
    return sets


def _number(number: SpeakerNumber | None) -> SpeakerNumberJson | None:
    if number is None:
        return None
    shares = {str(n): p for n, p in sorted(number.probabilities.items())}
    return {"number": number.number, "how": number.how, "probabilities": shares}


def turn_json(turn: Turn, overlap: float | None = None) -> TurnJson:
    """A turn as it stands in the JSON of a timeline.

    Args:
        turn: The turn.
        overlap: Seconds of it in which another's turn goes on; None where that is not known.
    """
    utterance = turn.utterance
    return {
        "id": utterance.id,
        "index": utterance.index,
        "speaker": utterance.speaker,
        "start": utterance.start,
        "end": utterance.end,
        "text": utterance.text,
        "words": [
            {"text": w.text, "start": w.start, "end": w.end, "probability": _finite(w.probability)}
            for w in turn.words
        ],
        "prosody": None if turn.prosody is None else _prosody(turn.prosody),
        "cues": None if turn.cues is None else _cues(turn.cues),
        "emotions": {source: _emotion(e) for source, e in turn.emotions.items()},
        "emotion": None if turn.emotion is None else _emotion(turn.emotion),
        "reply": None if turn.reply is None else reply_json(turn.reply),
        "language": utterance.language,
        "speaker_confidence": utterance.speaker_confidence,
        "overlap": overlap,
        "seen": None if turn.seen is None else _seen(turn.seen),
        "why": None if turn.why is None else {s: reason_json(r) for s, r in turn.why.items()},
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _prosody(features: Features) -> ProsodyJson:
    if features.values.shape[0] != 1 or not features.names:
        raise InputError(
            f"prosody of '{features.utterance}' has shape {features.values.shape} "
            f"and {len(features.names)} names",
            "Give one row with named measures",
        )
    units = features.units or (None,) * len(features.names)
    measures: dict[str, MeasureJson] = {}
    for name, unit, value in zip(features.names, units, features.values[0], strict=True):
        # The shortest decimal that is the same float32: 62.3137, not 62.31370162963867.
        known = bool(np.isfinite(value))
        measures[name] = {"value": float(str(value)) if known else None, "unit": unit}
    return {"extractor": features.extractor, "measures": measures}


def _cues(cues: Cues) -> CuesJson:
    return {
        "levels": dict(cues.levels),
        "description": cues.description,
        "impression": cues.impression,
        "reference": cues.reference,
    }


def _seen(seen: Seen) -> SeenJson:
    points = seen.landmarks
    return {
        "person": seen.person,
        "share": None if seen.person is None else seen.share,
        "cues": None if seen.cues is None else _cues(seen.cues),
        "absent": seen.absent,
        "moment": seen.moment,
        "landmarks": None
        if points is None
        else [[round(float(x), 3) for x in point] for point in points],
    }


def reason_json(reason: Reason) -> ReasonJson:
    """A reason as it stands in a timeline's JSON."""
    return {
        "label": reason.label,
        "confidence": reason.confidence,
        "prompt": [{"role": m.role, "content": m.content} for m in reason.prompt],
        "cues": dict(reason.cues),
        "parts": [
            {"kind": p.kind, "text": p.text, "change": p.change, "without": p.without}
            for p in reason.parts
        ],
        "note": reason.note,
    }


def _emotion(emotion: Emotion) -> EmotionJson:
    second = emotion.runner_up
    return {
        "source": emotion.source,
        "label_set": emotion.labels.name,
        "label": emotion.label,
        "confidence": emotion.confidence,
        "runner_up": None if second is None else {"label": second[0], "score": second[1]},
        "scores": dict(zip(emotion.labels, emotion.scores, strict=True)) if emotion.scores else {},
        "exclusive": emotion.exclusive,
        "vad": None if emotion.vad is None else list(emotion.vad),
        "abstained": emotion.abstained,
    }


def _empathy(empathy: Empathy) -> EmpathyJson:
    return {
        "elements": {
            name: {
                "level": e.level,
                "scores": list(e.scores),
                "evidence": [list(span) for span in e.evidence],
            }
            for name, e in empathy.elements.items()
        },
        "sentiment": empathy.sentiment,
    }


def reply_json(reply: Reply) -> ReplyJson:
    """A reply as it stands in a timeline's JSON."""
    return {
        "to": reply.to,
        "text": reply.text,
        "source": reply.source,
        "note": reply.note,
        "exemplars": [
            {
                "id": e.id,
                "bank": e.bank,
                "context": e.context,
                "reply": e.reply,
                "emotion": e.emotion,
                "similarity": e.similarity,
            }
            for e in reply.exemplars
        ],
        "why": reply.why,
        "empathy": None if reply.empathy is None else _empathy(reply.empathy),
    }


def plain(value: object) -> Any:  # noqa: ANN401
    """A value as JSON can hold it: NaN becomes None, tuples lists, paths strings.

    Raises:
        InputError: It is nothing that has a plain form.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, (bytes, bytearray)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [plain(v) for v in items]
    raise InputError(
        f"a {type(value).__name__} cannot be written as JSON",
        "Use text, numbers, lists and dicts in provenance",
    )


def from_json(data: TimelineJson) -> Timeline:
    """The timeline that :func:`to_json` wrote.

    Raises:
        InputError: It is of another version, or lacks or bends something.
    """
    version = data.get("schema_version") if isinstance(data, Mapping) else None
    if not isinstance(version, str) or version.partition(".")[0] != _MAJOR:
        raise InputError(
            f"expected a timeline of schema version {SCHEMA_VERSION}, found {version!r}",
            "Read the recording again with this version",
        )
    try:
        return _read_timeline(data)
    except EmpathiaError:
        raise
    except KeyError as error:
        raise InputError(
            f"the timeline lacks {error}", "docs/json.md lists what it must hold"
        ) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"the timeline does not fit its schema ({error})",
            "docs/json.md says what each part must be",
        ) from None


def _read_timeline(data: TimelineJson) -> Timeline:
    sets = {name: LabelSet(name, tuple(labels)) for name, labels in data["label_sets"].items()}
    return Timeline(
        source=data["source"],
        turns=tuple(_read_turn(t, sets) for t in data["turns"]),
        speakers=tuple(data["speakers"]),
        duration=data["duration"],
        language=data["language"],
        has_audio=data["has_audio"],
        notes=tuple(data["notes"]),
        provenance=data["provenance"],
        speaker_number=_maybe(_read_number, data.get("speaker_number")),  # since 1.1
    )


def _read_number(data: SpeakerNumberJson) -> SpeakerNumber:
    shares = {int(n): p for n, p in data["probabilities"].items()}
    return SpeakerNumber(data["number"], data["how"], shares)


def _maybe(read: Callable[[J], T], data: J | None) -> T | None:
    return None if data is None else read(data)


def _read_turn(data: TurnJson, sets: Mapping[str, LabelSet]) -> Turn:
    def emotion(e: EmotionJson) -> Emotion:
        return _read_emotion(e, sets)

    def prosody(p: ProsodyJson) -> Features:
        return _read_prosody(p, data["id"])

    return Turn(
        utterance=Utterance(
            data["id"],
            data["index"],
            data["speaker"],
            data["text"],
            data["start"],
            data["end"],
            language=data.get("language"),  # since 1.1
            speaker_confidence=data.get("speaker_confidence"),
        ),
        words=tuple(_read_word(w) for w in data["words"]),
        prosody=_maybe(prosody, data["prosody"]),
        cues=_maybe(_read_cues, data["cues"]),
        emotions={source: emotion(e) for source, e in data["emotions"].items()},
        emotion=_maybe(emotion, data["emotion"]),
        reply=_maybe(_read_reply, data["reply"]),
        seen=_maybe(_read_seen, data.get("seen")),  # since 1.4
        why=_maybe(_read_why, data.get("why")),  # since 1.5
    )


def _read_why(data: Mapping[str, ReasonJson]) -> dict[str, Reason]:
    return {source: _read_reason(r) for source, r in data.items()}


def _read_reason(data: ReasonJson) -> Reason:
    return Reason(
        data["label"],
        data["confidence"],
        tuple(Message(**m) for m in data["prompt"]),
        dict(data["cues"]),
        tuple(Part(**p) for p in data["parts"]),
        data["note"],
    )


def _read_word(data: WordJson) -> Word:
    probability = data["probability"]
    return Word(
        data["text"], data["start"], data["end"], math.nan if probability is None else probability
    )


def _read_prosody(data: ProsodyJson, utterance: str) -> Features:
    measures = data["measures"]
    values = [math.nan if m["value"] is None else m["value"] for m in measures.values()]
    units = tuple(u for m in measures.values() if (u := m["unit"]) is not None)
    return Features(
        utterance,
        data["extractor"],
        np.array([values], dtype=np.float32),
        tuple(measures),
        units if len(units) == len(measures) else (),
    )


def _read_cues(data: CuesJson) -> Cues:
    return Cues(dict(data["levels"]), data["description"], data["impression"], data["reference"])


def _read_seen(data: SeenJson) -> Seen:
    points = data["landmarks"]
    return Seen(
        data["person"],
        data["share"] or 0.0,
        _maybe(_read_cues, data["cues"]),
        data["absent"],
        data["moment"],
        landmarks=None if points is None else np.array(points, np.float32).reshape(LANDMARKS, 3),
    )


def _read_emotion(data: EmotionJson, sets: Mapping[str, LabelSet]) -> Emotion:
    labels = sets[data["label_set"]]
    scores = data["scores"]
    vad = data["vad"]
    return Emotion(
        source=data["source"],
        labels=labels,
        scores=tuple(scores[label] for label in labels) if scores else (),
        exclusive=data["exclusive"],
        vad=None if vad is None else (vad[0], vad[1], vad[2]),
        abstained=data["abstained"],
    )


def _read_reply(data: ReplyJson) -> Reply:
    return Reply(
        data["to"],
        data["text"],
        data["source"],
        data["note"],
        tuple(Exemplar(**e) for e in data.get("exemplars", ())),  # since 1.2
        data.get("why"),
        _read_empathy(data.get("empathy")),  # since 1.3
    )


def _read_empathy(data: EmpathyJson | None) -> Empathy | None:
    if data is None:
        return None
    elements = {}
    for name, e in data["elements"].items():
        none, weak, strong = e["scores"]
        elements[name] = Element((none, weak, strong), tuple((a, b) for a, b in e["evidence"]))
    return Empathy(elements, data["sentiment"])
