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
from empathia.types import Timeline
from empathia.types.wire import to_json

_ASSETS = Path(__file__).parents[1] / "assets"
_SCRIPTS = ("page.js", "player.js", "timeline.js", "chart.js", "detail.js")
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
) -> str:
    """The whole page as text.

    Args:
        timeline: What to show.
        audio: The compressed recording (Opus in ogg, mp3, wav), or None for a page without sound.
        audio_type: Its media type; by default that of its first bytes.
        film: The compressed video with its sound (WebM, mp4), which is played in place of the
            sound alone.
        reacted: How a listener takes it; their face moves with it.

    Raises:
        UsageError: Sound or film are of no known kind.
    """
    marks = timeline_marks(timeline)
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
        "title": escaped(_title(timeline)),
        "style": style,
        "facts": parts.facts(timeline),
        "cautions": parts.cautions(timeline),
        "film": parts.film(moving, before) + panel(reacted),
        "player": "" if moving else parts.player(sound, timeline),
        "legend": parts.legend(list(dict.fromkeys(fused)) or marks, marks),
        "table": parts.table(timeline, marks),
        "provenance": parts.provenance(timeline),
        "data": _data(timeline, marks, reacted),
        "script": script,
    }
    # One pass, so that braces in somebody's words are not filled in turn.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: filling[match[1]], _asset("template.html"))


def _title(timeline: Timeline) -> str:
    return re.split(r"[/\\]", timeline.source.rstrip("/\\"))[-1] or timeline.source or "Timeline"


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


def _data(timeline: Timeline, marks: Mapping[str, Mark], reacted: Reacted | None) -> str:
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
    if reacted is not None:
        known["face"] = face_data(reacted)
    text = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
