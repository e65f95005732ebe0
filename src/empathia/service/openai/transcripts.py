"""Transcriptions: what is asked of a recording, and its words in all forms."""

from __future__ import annotations

import math
import string
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from empathia.errors import UsageError
from empathia.files import Plain
from empathia.listen.attribution import ends_sentence, text_of
from empathia.pipeline.options import language_code
from empathia.service.openai.fields import Fields
from empathia.service.problems import Unfit
from empathia.service.streaming import event
from empathia.types import Timeline, Turn, Word
from empathia.types.wire import turn_json

MODEL = "empathia-transcribe"
FORMATS = ("json", "text", "verbose_json", "srt", "vtt", "diarized_json")
_STREAMED = ("json", "text", "diarized_json")
_GRAINS = ("word", "segment")
_WIDE = 80  # characters of a segment, from which on a new one begins
_HINTS = 1000  # characters of what may be said
_NEUTRAL: Mapping[str, Sequence[object]] = {
    "include": (),
    "languages": (),
    "known_speaker_names": (),
    "known_speaker_references": (),
    "chunking_strategy": ("auto",),
}
Json = dict[str, Plain]


class Wanted(NamedTuple):
    """What is asked for.

    Args:
        form: One of :data:`FORMATS`.
        grains: Of times: "word", "segment".
        stream: Whether it comes in pieces.
        given: How it is read.
    """

    form: str
    grains: tuple[str, ...]
    stream: bool
    given: Mapping[str, Plain]


def wanted(fields: Fields) -> Wanted:
    """What a form asks for.

    Raises:
        Unfit: It cannot be, or cannot be done.
    """
    fields.model(MODEL)
    fields.refuse(_NEUTRAL)
    fields.number("temperature", 0, 1, 0)  # the likeliest words are taken, whatever it is
    form = fields.choice("response_format", FORMATS, "json")
    grains = fields.get("timestamp_granularities") or []
    assert isinstance(grains, list)
    name = "timestamp_granularities"
    if not set(grains) <= set(_GRAINS):
        raise Unfit(name, f"'{name}' are 'word' and 'segment'", "Name one of them")
    if grains and form != "verbose_json":
        raise Unfit(name, f"'{name}' go with 'verbose_json', not '{form}'", "Ask for verbose_json")
    stream = fields.flag("stream")
    if stream and form not in _STREAMED:
        known = ", ".join(_STREAMED)
        raise Unfit("stream", f"'{form}' does not come in pieces", f"Ask for {known}")
    return Wanted(form, tuple(grains) or ("segment",), stream, _reading(fields))


def _reading(fields: Fields) -> Json:
    given: Json = {}
    try:
        code = language_code(fields.text("language", 20, "en")) if fields.get("language") else None
    except UsageError as error:
        raise Unfit("language", error.problem, error.remedy) from None
    if code is not None:
        given["language"] = code
    keywords = fields.get("keywords") or []
    assert isinstance(keywords, list)
    hints = [*keywords, *([fields.text("prompt", _HINTS)] if fields.get("prompt") else [])]
    if sum(map(len, hints)) > _HINTS:
        raise Unfit("keywords", f"'keywords' have more than {_HINTS} characters", "Leave some out")
    if hints:
        given["words"] = tuple(hints)
    return given


class _Segment(NamedTuple):
    turn: Turn
    words: tuple[Word, ...]
    start: float
    end: float
    text: str


def _segments(timeline: Timeline) -> list[_Segment]:
    """What is said, in sentences; those that are long in parts."""
    made = []
    for turn in timeline.turns:
        u = turn.utterance
        if not u.text:
            continue
        if not turn.words:
            made.append(_Segment(turn, (), u.start or 0.0, u.end or 0.0, u.text))
        for words in _parts(turn.words):
            text = text_of(words, u.language) or ""
            made.append(_Segment(turn, tuple(words), words[0].start, words[-1].end, text))
    return made


def _parts(words: Sequence[Word]) -> Iterator[list[Word]]:
    part: list[Word] = []
    for word in words:
        part.append(word)
        if ends_sentence(word) or sum(len(w.text) + 1 for w in part) > _WIDE:
            yield part
            part = []
    if part:
        yield part


def written(timeline: Timeline, asked: Wanted) -> str | Json:
    """A transcript as it was asked for: an object, or a text."""
    return _WRITERS[asked.form](timeline, asked)


def _text(timeline: Timeline) -> str:
    return " ".join(t.utterance.text for t in timeline.turns if t.utterance.text)


def _usage(timeline: Timeline) -> Json:
    return {"type": "duration", "seconds": round(timeline.duration or 0.0, 3)}


def _verbose(timeline: Timeline, asked: Wanted) -> Json:
    segments = _segments(timeline)
    told: Json = {
        "task": "transcribe",
        "language": timeline.language,
        "duration": timeline.duration,
        "text": _text(timeline),
        "usage": _usage(timeline),
    }
    if "segment" in asked.grains:
        told["segments"] = [_segment(i, s, timeline.speakers) for i, s in enumerate(segments)]
    if "word" in asked.grains:
        told["words"] = [
            {"word": w.text.strip(), "start": round(w.start, 3), "end": round(w.end, 3)}
            for s in segments
            for w in s.words
        ]
    return told


def _segment(number: int, s: _Segment, speakers: Sequence[str]) -> Json:
    sure = [math.log(max(w.probability, 1e-6)) for w in s.words if not math.isnan(w.probability)]
    raw = s.text.encode()
    return {
        "id": number,
        "seek": 0,
        "start": round(s.start, 3),
        "end": round(s.end, 3),
        "text": s.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(sum(sure) / len(sure), 4) if sure else None,
        "compression_ratio": round(len(raw) / len(zlib.compress(raw)), 4),
        "no_speech_prob": None,
        "empathia": _own(s.turn, speakers),
    }


def _own(turn: Turn, speakers: Sequence[str]) -> Json:
    emotion: Plain = turn_json(turn)["emotion"]  # type: ignore[assignment]
    return {"speaker": _letter(turn.utterance.speaker, speakers), "emotion": emotion}


def _letter(speaker: str, speakers: Sequence[str]) -> str:
    number = speakers.index(speaker) if speaker in speakers else 0
    return string.ascii_uppercase[number] if number < 26 else f"S{number + 1}"


def _turns(timeline: Timeline) -> list[Json]:
    return [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{i:04d}",
            "start": round(t.utterance.start or 0.0, 3),
            "end": round(t.utterance.end or 0.0, 3),
            "speaker": _letter(t.utterance.speaker, timeline.speakers),
            "text": t.utterance.text,
            "empathia": _own(t, timeline.speakers),
        }
        for i, t in enumerate(t for t in timeline.turns if t.utterance.text)
    ]


def _diarized(timeline: Timeline, _: Wanted) -> Json:
    return {
        "task": "transcribe",
        "duration": timeline.duration,
        "text": _text(timeline),
        "segments": list(_turns(timeline)),
        "usage": _usage(timeline),
    }


def _srt(timeline: Timeline, _: Wanted) -> str:
    cues = enumerate(_segments(timeline), 1)
    return "".join(f"{n}\n{_span(s, ',')}\n{s.text}\n\n" for n, s in cues)


def _vtt(timeline: Timeline, _: Wanted) -> str:
    cues = (f"{_span(s, '.')}\n{_plain(s.text)}\n\n" for s in _segments(timeline))
    return "WEBVTT\n\n" + "".join(cues)


def _plain(text: str) -> str:
    """Without what would be a tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _span(s: _Segment, point: str) -> str:
    return f"{_stamp(s.start, point)} --> {_stamp(s.end, point)}"


def _stamp(seconds: float, point: str) -> str:
    whole, ms = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{ms:03d}"


_WRITERS: Mapping[str, Callable[[Timeline, Wanted], str | Json]] = {
    "json": lambda timeline, _: {"text": _text(timeline), "usage": _usage(timeline)},
    "text": lambda timeline, _: f"{_text(timeline)}\n",
    "verbose_json": _verbose,
    "srt": _srt,
    "vtt": _vtt,
    "diarized_json": _diarized,
}


def events(timeline: Timeline, asked: Wanted) -> Iterator[str]:
    """A transcript as server-sent events, turn by turn."""
    first = True
    for segment in _turns(timeline):
        own = {"segment_id": segment["id"]} if asked.form == "diarized_json" else {}
        delta = f"{'' if first else ' '}{segment['text']}"
        yield event({"type": "transcript.text.delta", "delta": delta, **own})
        if own:
            yield event(segment)
        first = False
    yield event({"type": "transcript.text.done", "text": _text(timeline)})
