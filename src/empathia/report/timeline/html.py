"""A timeline as one HTML file that needs nothing else: no network, no library, no folder.

The assets in ``page/`` are put into the file when it is written. A content
security policy lets nothing in from outside and runs only the two inline blocks
that it names by hash. All turns are plain text in the page, also without scripts.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from empathia.errors import UsageError
from empathia.media.film import poster
from empathia.pipeline.reacting import Reacted
from empathia.report.escaping import escaped
from empathia.report.face.panel import data as face_data
from empathia.report.face.panel import panel
from empathia.report.marks import Mark, timeline_marks
from empathia.report.timeline import parts
from empathia.report.words import Words, words_in
from empathia.types import Timeline
from empathia.types.wire import label_sets, to_json

_ASSETS = Path(__file__).parents[1] / "assets"
_SCRIPTS = ("page.js", "player.js", "timeline.js", "chart.js", "detail.js")
_SCRIPTED = ("source", "turns", "face", "player", "timeline", "chart", "detail", "measure")
"""Words that the scripts say."""
_KINDS = (
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"RIFF", "audio/wav"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
)


def page(
    timeline: Timeline,
    audio: bytes | None = None,
    audio_type: str | None = None,
    film: bytes | None = None,
    reacted: Reacted | None = None,
    *,
    language: str = "en",
) -> str:
    """The whole page as text.

    Args:
        timeline: What to show.
        audio: The compressed recording (Opus in ogg, mp3, wav), or None for a page without sound.
        audio_type: Its media type; by default that of its first bytes.
        film: The compressed video with its sound (WebM, mp4), which is played in place of the
            sound alone.
        reacted: How a listener takes it; their face moves with it.
        language: Of the page, "en" or "ko"; what people said stays as it is.

    Raises:
        UsageError: Sound or film are of no known kind, or there is no page in the language.
    """
    words = words_in(language)
    marks = timeline_marks(timeline, words.shown)
    sheets, scripts = ["page.css"], list(_SCRIPTS)
    if reacted is not None:
        sheets, scripts = [*sheets, "face.css"], [*scripts, "face.js"]
    style = "\n".join(["", *map(_asset, sheets), parts.colours(marks), ""])
    script = _script(scripts)
    sound = None if not audio else _data_address(audio, audio_type or kind_of(audio))
    moving = None if not film else _data_address(film, film_kind(film))
    before = _poster(film, timeline) if film else None
    fused = [x for t in timeline.turns if t.emotion is not None for x in t.emotion.labels]
    filling = {
        "policy": _policy(script, style),
        "language": language,
        "title": escaped(_title(timeline, words)),
        "style": style,
        "facts": parts.facts(timeline, words),
        "cautions": parts.cautions(timeline, words),
        "film": parts.film(moving, before) + panel(reacted, words),
        "player": "" if moving else parts.player(sound, timeline, words),
        "legend": parts.legend(list(dict.fromkeys(fused)) or marks, marks, words),
        "table": parts.table(timeline, marks, words),
        "licences": parts.licences(timeline, words),
        "provenance": parts.provenance(timeline, words),
        "data": _data(timeline, marks, reacted, words),
        "script": script,
    }
    # One pass, so that braces in somebody's words are not filled in turn.
    filling |= {name: escaped(text) for name, text in words.said.items()}
    return re.sub(r"\{\{([\w.-]+)\}\}", lambda m: filling[m[1]], _asset("template.html"))


def _title(timeline: Timeline, words: Words) -> str:
    last = re.split(r"[/\\]", timeline.source.rstrip("/\\"))[-1]
    return last or timeline.source or words.say("page.timeline")


def kind_of(audio: bytes) -> str:
    """Media type of compressed sound, from its first bytes.

    Raises:
        UsageError: It is of no known kind.
    """
    for start, kind in _KINDS:
        if audio.startswith(start):
            return kind
    if audio[4:8] == b"ftyp":
        return "audio/mp4"
    if len(audio) > 1 and audio[0] == 0xFF and audio[1] >= 0xE0:
        return "audio/mpeg"
    raise UsageError(
        "the sound for the page is of no known kind",
        "Give Opus in ogg, mp3 or wav, or name its media type",
    )


def film_kind(film: bytes) -> str:
    """Media type of a compressed video, from its first bytes.

    Raises:
        UsageError: It is of no known kind.
    """
    if film.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    if film[4:8] == b"ftyp":
        return "video/mp4"
    raise UsageError("the film for the page is of no known kind", "Give WebM or mp4")


def _poster(film: bytes, timeline: Timeline) -> str | None:
    """A picture of the film, of the moment that shows somebody who speaks best."""
    seen = [t.seen for t in timeline.turns if t.seen is not None and t.seen.moment is not None]
    moment = max(seen, key=lambda s: s.share).moment if seen else None
    picture = poster(film, moment)
    return _data_address(picture, "image/jpeg") if picture else None


def _data_address(audio: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(audio).decode('ascii')}"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8").strip()


def _script(names: Sequence[str]) -> str:
    code = "\n".join(map(_asset, names))
    return f'\n(() => {{\n"use strict";\n{code}\nstart();\n}})();\n'


def _policy(script: str, style: str) -> str:
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")

    return (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; "
        f"style-src 'sha256-{digest(style)}'; img-src data:; media-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _data(
    timeline: Timeline, marks: Mapping[str, Mark], reacted: Reacted | None, words: Words
) -> str:
    """What the scripts draw from, as JSON that cannot end its element."""
    known: dict[str, Any] = {**to_json(timeline)}
    del known["provenance"], known["notes"]
    for turn in known["turns"]:
        if turn["seen"] is not None:
            del turn["seen"]["landmarks"]  # the table has the drawing
        turn["why"] = bool(turn["why"])  # and the reasons
    known["waveform"] = [
        round(float(peak), 3) if math.isfinite(peak) else 0 for peak in timeline.waveform
    ]
    known["marks"] = {
        label: {"index": i, "letter": m.letter, "pattern": m.pattern}
        for i, (label, m) in enumerate(marks.items())
    }
    known["said"] = {n: x for n, x in words.said.items() if n.partition(".")[0] in _SCRIPTED}
    known["stored"] = _stored(timeline, words)
    if reacted is not None:
        known["face"] = face_data(reacted)
    text = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _stored(timeline: Timeline, words: Words) -> dict[str, str]:
    """What the scripts show of the timeline that is told otherwise in the page's language."""
    texts = {label for labels in label_sets(timeline) for label in labels}
    for turn in timeline.turns:
        seen = turn.seen
        for cues in (turn.cues, None if seen is None else seen.cues):
            texts |= {cues.description, cues.impression, cues.reference} if cues else set()
        texts |= {turn.utterance.speaker, *(turn.prosody.units if turn.prosody else ())}
        texts |= {seen.absent or "", seen.person or ""} if seen else set()
        felt = (turn.emotion, *turn.emotions.values())
        texts |= {e.abstained or "" for e in felt if e is not None}
        texts |= {(turn.reply and turn.reply.note) or "", turn.utterance.language or ""}
    told = {text: words.shown(text) for text in sorted(texts)}
    return {text: here for text, here in told.items() if here != text}
