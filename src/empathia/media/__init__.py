"""Sound out of audio and video files, in one streaming pass, and back into Opus.

Everything is decoded with PyAV to mono float32 at one rate. Nothing here keeps
more than a few blocks in memory, so a recording may be as long as it likes.
What had to be mended on the way is counted in a ``Condition`` and told to the
user as notes; what cannot be read at all is a ``MediaError``.
"""

from __future__ import annotations

from empathia.files import shown
from empathia.media.container import (
    ALL,
    FORMATS,
    PICTURES,
    SUFFIXES,
    MediaInfo,
    Selection,
    Track,
    check,
    probe,
)
from empathia.media.decoding import blocks, spans, unmixed
from empathia.media.encoding import Encoder, encode, media_type
from empathia.media.mixing import Condition
from empathia.media.streams import Block, Pcm, Source, broken, listened
from empathia.media.tape import Tape

__all__ = [
    "ALL",
    "FORMATS",
    "PICTURES",
    "SUFFIXES",
    "Block",
    "Condition",
    "Encoder",
    "MediaInfo",
    "Pcm",
    "Selection",
    "Source",
    "Tape",
    "Track",
    "blocks",
    "broken",
    "check",
    "encode",
    "listened",
    "media_type",
    "probe",
    "shown",
    "spans",
    "unmixed",
]
