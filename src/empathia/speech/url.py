"""Any server that speaks as OpenAI's ``/v1/audio/speech`` does: Kokoro-FastAPI, openedai, a cloud.

Words go to that server and nowhere else, see ``is_local``. Sound is heard as it comes.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from http.client import HTTPResponse

import numpy as np

from empathia.contracts import Sounds
from empathia.errors import ServerError, UsageError
from empathia.lm.server import http, said
from empathia.types import Audio
from empathia.types.manner import PLAINLY, Manner

_KEY = "EMPATHIA_SPEECH_KEY"
_RATE = 24_000  # Hz, of what the protocol calls pcm
_VOICE = "alloy"  # which every server has or takes for its own
_LONGEST = 2000  # characters of a request; the protocol allows 4,096
_PIECE = 9600  # bytes: .2 s
_A_CHARACTER = _RATE * 2  # bytes of sound, at most: 1 s
_CONNECT_S, _WAIT_S = 5.0, 60.0
_ENDS = (". ", "! ", "? ", "。", "… ")
_OTHERS = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"{", b"<")
_TONES = {
    "gentle": "Speak gently and slowly, as to somebody who is sad.",
    "calm": "Speak calmly and evenly.",
    "bright": "Speak brightly, glad with somebody.",
}


def load(spec: str, threads: int | None = None) -> SpeechServer:
    """The voice of a server; threads are the server's own matter.

    Args:
        spec: The URL, "#" and the model, perhaps "#" and its voice:
            "http://localhost:8880/v1#kokoro#af_heart".
        threads: Not used.

    Raises:
        UsageError: The URL, the model or the key cannot be meant.
    """
    url, _, rest = spec.partition("#")
    model, _, voice = rest.partition("#")
    return SpeechServer(url, model, voice or _VOICE)


class SpeechServer:
    """A voice behind a URL.

    Args:
        url: The server, with or without ``/v1``.
        model: Name of the model as the server knows it.
        voice: Where a manner names none.
        timeout: Seconds until the next bytes are there.

    The key is read from the environment: EMPATHIA_SPEECH_KEY, else OPENAI_API_KEY, the latter only
    for openai.com and this machine.

    Raises:
        UsageError: The URL, the model or the key cannot be meant.
    """

    rate: int = _RATE
    voices: Sequence[str] = ()
    languages: Sequence[str] = ()

    def __init__(self, url: str, model: str, voice: str = _VOICE, timeout: float = _WAIT_S) -> None:
        if not model.strip():
            raise UsageError(
                "no model is named for the speech server", "Put it behind the URL: URL#MODEL"
            )
        address = http.parse(url, _KEY)
        path = address.path.removesuffix("/audio/speech") or "/v1"
        self.name: str = model
        self.is_local: bool = address.is_local
        self._address = replace(address, path=f"{path}/audio/speech")
        self._voice, self._timeout = voice, timeout
        self._key = http.key(address, _KEY)

    def __repr__(self) -> str:
        return f"SpeechServer('{self._address}', '{self.name}')"

    def speak(self, text: str, manner: Manner = PLAINLY) -> Sounds:
        """Sound as it comes; closing it closes the connection.

        Args:
            text: In a language that the server speaks; longer ones are asked for in parts.
            manner: A tone goes along as ``instructions``, which some models heed.

        Raises:
            UsageError: The text holds what is none.
            ServerError: The server is down or slow, or what it sends is no speech.
        """
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UsageError("the words hold half a character", "Leave it out") from error
        for part in _parts(text):
            body = {
                "model": self.name,
                "input": part,
                "voice": manner.voice or self._voice,
                "response_format": "pcm",
                "speed": manner.speed,
            }
            if manner.tone in _TONES:
                body["instructions"] = _TONES[manner.tone]
            yield from self._heard(json.dumps(body).encode(), _A_CHARACTER * (len(part) + 10))

    def _heard(self, body: bytes, most: int) -> Generator[Audio, None, None]:
        headers = {"Content-Type": "application/json", "Accept": "audio/*"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        total = 0
        with http.opened(
            self._address, body, headers, connect=_CONNECT_S, wait=self._timeout
        ) as answer:
            if answer.status != HTTPStatus.OK:
                raise self._refused(answer.status, answer.read(http.MAX_BYTES))
            for piece in self._plain(_blocks(answer)):
                total += len(piece)
                if total > most:
                    raise self._error("speaks on and on", "Check that it is a speech server")
                values = np.frombuffer(piece, "<i2").astype(np.float32)
                yield Audio(values / np.float32(32768), _RATE)
        if not total:
            raise self._error("answered with no sound", "Try another model or voice")

    def _plain(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Samples of 16 bits, without the header that some servers send nevertheless."""
        held = next(blocks, b"")
        if held.startswith(b"RIFF"):
            while (start := self._start(held)) is None and (more := next(blocks, b"")):
                held += more
            held = held[start or len(held) :]
        elif held.startswith(_OTHERS):
            raise self._error("answered with something that is not PCM", "Use one that can")
        while held:
            even = len(held) & ~1
            if even:
                yield held[:even]
            more = next(blocks, b"")
            held = held[even:] + more if more else b""

    def _start(self, held: bytes) -> int | None:
        """Where the samples of a WAV file start; None as long as its header goes on.

        Raises:
            ServerError: They are not what was asked for.
        """
        at = 12
        while len(held) >= at + 8:
            kind, size = held[at : at + 4], int.from_bytes(held[at + 4 : at + 8], "little")
            if kind == b"data":
                return at + 8
            if len(held) < at + 8 + size:
                return None
            if kind == b"fmt ":
                parts = np.frombuffer(held[at + 8 : at + 24], "<u2").tolist()
                told = parts[0], parts[1], parts[2] + (parts[3] << 16), parts[7]
                if told != (1, 1, _RATE, 16):
                    raise self._error(
                        f"answered with WAV of {told[1]} channels, {told[2]} Hz, {told[3]} "
                        f"bits, expected 1, {_RATE}, 16",
                        "Set its output so",
                    )
            at += 8 + size + size % 2
        return None

    def _refused(self, status: int, body: bytes) -> ServerError:
        complaint = said.shorten(said.complaint(body))
        complaint = complaint.replace(self._key, "***") if self._key else complaint
        remedies = {
            400: "Check its model and voice",
            401: f"Set {_KEY} to its key",
            403: f"Set {_KEY} to a key that may use the model",
            404: f"Check the URL and that it serves the model '{self.name}'",
            429: "Ask again later",
        }
        what = f"answered with HTTP status {status}" + (f": {complaint}" if complaint else "")
        return self._error(what, remedies.get(status, "Look into its log"))

    def _error(self, what: str, remedy: str) -> ServerError:
        return ServerError(f"the speech server {self._address} {what}", remedy)


def _blocks(answer: HTTPResponse) -> Iterator[bytes]:
    """Bytes as they come, a fifth of a second at a time but for the last."""
    held = b""
    while block := answer.read1(_PIECE):
        held += block
        while len(held) >= _PIECE:
            yield held[:_PIECE]
            held = held[_PIECE:]
    if held:
        yield held


def _parts(text: str) -> Iterator[str]:
    """The text in requests, cut behind sentences; none where there is nothing to say."""
    rest = " ".join(text.split())
    while any(c.isalnum() for c in rest):
        cut = len(rest)
        if cut > _LONGEST:
            ends = [rest.rfind(e, 0, _LONGEST) + len(e) for e in _ENDS if e in rest[:_LONGEST]]
            cut = max(ends, default=0) or rest.rfind(" ", 0, _LONGEST) + 1 or _LONGEST
        yield rest[:cut].strip()
        rest = rest[cut:]
