"""Speaks: one voice, whose sound goes out piece by piece."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from contextlib import closing
from types import MappingProxyType

from empathia import media, speech
from empathia.contracts import Voice
from empathia.errors import UsageError
from empathia.listen.language import detect_language
from empathia.service.tasks import Told
from empathia.types import Audio
from empathia.types.manner import Manner

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "wav": "audio/wav",
        "pcm": "audio/pcm",
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "aac": "audio/aac",
        "flac": "audio/flac",
    }
)
"""What sound may be written as, as one stream: its MIME type."""
NICE = 5  # what somebody says is heard before others are answered aloud
_PIECES = "pieces"  # each a wav file of its own
_ENDLESS = 0xFFFFFFFF  # bytes of a wav file whose length nobody knows yet
_SHORT = 20  # letters that tell of no language


def open(wanted: tuple[str, int | None]) -> Speaking:
    """A voice, as :func:`empathia.speech.load` takes it, with so many threads."""
    voice, threads = wanted
    return Speaking(speech.load(voice.removeprefix("url:"), threads))


class Speaking:
    """Speaks one text after another with one voice."""

    lanes = MappingProxyType({"about": "about"})

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def about(self, tell: Told) -> list[str]:
        """Names of its voices; [] where it does not know."""
        return list(self._voice.voices)

    def speak(
        self, tell: Told, *, text: str, voice: str | None, speed: float, tone: str, form: str
    ) -> None:
        """Speak a text; who waits no longer is not spoken for, from the next piece on.

        Args:
            tell: Hears (bytes, seconds of them); what is compressed may come later than its time.
            text: What is said.
            voice: Name of one of its voices; None for its favourite.
            speed: Times its own.
            tone: One of :data:`empathia.types.manner.TONES`.
            form: One of :data:`FORMS`, or "pieces": each is a wav file of its own then.

        Raises:
            UsageError: The voice does not speak this language, or there is no such voice.
            ServerError: The server that speaks is down.
        """
        self._check(text)
        add, end = _writer(form, self._voice.rate)
        with closing(self._voice.speak(text, Manner(voice, speed, tone))) as pieces:
            for piece in pieces:
                tell((add(piece), len(piece.samples) / piece.rate))
        if rest := end():
            tell((rest, 0.0))

    def _check(self, text: str) -> None:
        known = self._voice.languages
        language = detect_language([text]) if sum(map(str.isalpha, text)) > _SHORT else None
        if known and language is not None and language not in known:
            raise UsageError(
                f"{self._voice.name} speaks {', '.join(known)}, the text is in another language",
                "Start the service with a server that speaks it: empathia serve --voice URL#MODEL",
            )


def _writer(form: str, rate: int) -> tuple[Callable[[Audio], bytes], Callable[[], bytes]]:
    """What writes pieces, and what ends them."""
    if form == _PIECES:
        return _file, bytes
    if form == "pcm":
        return speech.samples, bytes
    if form == "wav":
        head = [_header(rate)]  # in front of the first piece
        return lambda piece: (head.pop() if head else b"") + speech.samples(piece), bytes
    encoder = media.Encoder(form, rate)
    return encoder.add, encoder.close


def _file(piece: Audio) -> bytes:
    out = io.BytesIO()
    speech.write_sound(out, piece)
    return out.getvalue()


def _header(rate: int) -> bytes:
    """Of a wav file that is read to its end."""
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", _ENDLESS, b"WAVE")
        + kind
        + struct.pack("<4sI", b"data", _ENDLESS)
    )
