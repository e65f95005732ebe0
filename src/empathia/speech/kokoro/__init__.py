"""Kokoro: a natural English voice of 82 million parameters, on this machine.

It knows no feelings: a tone changes how fast it speaks and how long it pauses, and nothing else.
British voices (``bf_``, ``bm_``) speak by the British lexicon. Weights: ``kokoro``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia import weights
from empathia.contracts import Sounds
from empathia.encoders.graph import threads_told
from empathia.errors import UsageError, near
from empathia.speech.kokoro.lexicon import Lexicon
from empathia.speech.kokoro.pieces import LONGEST, pieces
from empathia.types import Audio, FloatArray
from empathia.types.manner import FASTEST, PLAINLY, SLOWEST, Manner

if TYPE_CHECKING:
    import onnxruntime

FAVOURITE = "af_heart"
_RATE = 24_000  # Hz
_SIZES = (510, 256)  # lengths that a voice has a style for, and a style's dimensions
_TONES = {"plain": (1.0, 1.0), "gentle": (0.9, 1.4), "calm": (0.95, 1.2), "bright": (1.06, 0.9)}
"""Speed and pauses of each tone, times the plain ones."""
_PAUSES = ((".!?…", 0.3), (";:—)", 0.2), (",", 0.12))  # s after what a piece ends with
_QUIET = 0.004  # of full scale, below which there is no speech
_LEAD, _TAIL = 0.02, 0.06  # s that stay before the first sound and after the last
_FOREIGN = 0.3  # share of letters that are not Latin from which on a text is not English


def weights_of(spec: str = "") -> tuple[str, ...]:
    """What it speaks with, whichever voice it is."""
    return ("kokoro",)


def load(spec: str = "", threads: int | None = None) -> Kokoro:
    """The voice.

    Args:
        spec: Which of its voices it is where a manner names none; "" for its favourite.
        threads: For the network; None for all cores.

    Raises:
        UsageError: It has no such voice.
        WeightsError: Its weights are not here.
    """
    return Kokoro(weights.folder("kokoro"), spec or FAVOURITE, threads)


class Kokoro:
    """Speaks English, piece by piece.

    Args:
        folder: Of the weights.
        favourite: Voice where a manner names none.
        threads: For the network; None for all cores.

    Raises:
        UsageError: It has no such voice.
    """

    name: str = "kokoro"
    is_local: bool = True
    rate: int = _RATE
    languages: Sequence[str] = ("en",)

    def __init__(self, folder: Path, favourite: str, threads: int | None) -> None:
        self._folder = folder
        self.voices: Sequence[str] = tuple(sorted(p.stem for p in folder.glob("*.bin")))
        self._favourite = self._known(favourite)
        self._symbols = _symbols(folder)
        self._net = _net(folder / "model.onnx", threads)
        self._lexicon(favourite)  # so that the first words don't wait for it

    def speak(self, text: str, manner: Manner = PLAINLY) -> Sounds:
        """Sound of a text, as each piece is ready; closing it ends the work.

        Args:
            text: English; what cannot be said (emoji, other scripts' words) is left out.
            manner: Whose voice, how fast, in which tone.

        Returns:
            Mono pieces at 24 kHz, pauses between them included; none where nothing can be said.

        Raises:
            UsageError: There is no such voice, or the text is in another script.
        """
        voice = self._known(manner.voice or self._favourite)
        _refuse_foreign(text)
        return self._spoken(text, voice, manner)

    def _spoken(self, text: str, voice: str, manner: Manner) -> Generator[Audio, None, None]:
        style = self._style(voice)
        faster, longer = _TONES[manner.tone]
        speed = min(FASTEST, max(SLOWEST, manner.speed * faster))
        pause = 0.0
        for phonemes in pieces(text, self._lexicon(voice)):
            said = self._said(phonemes, style, speed)
            if not len(said):
                continue
            yield Audio(np.pad(said, (round(pause * _RATE), 0)), _RATE)
            ends = phonemes.rstrip("”")[-1:]
            seconds = next((s for marks, s in _PAUSES if ends and ends in marks), 0.0)
            pause = seconds * longer / speed

    def _said(self, phonemes: str, style: FloatArray, speed: float) -> FloatArray:
        """(samples,) float32 of a piece, without the silence about it."""
        known = [self._symbols[c] for c in phonemes if c in self._symbols][:LONGEST]
        if not any(c.isalpha() for c in phonemes):
            return np.zeros(0, np.float32)
        feed = {
            "tokens": np.array([[0, *known, 0]], np.int64),
            "style": style[len(known) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        (sound,) = self._net.run(None, feed)
        return _trimmed(np.clip(np.nan_to_num(np.asarray(sound, np.float32).ravel()), -1, 1))

    def _known(self, voice: str) -> str:
        if voice not in self.voices:
            raise UsageError(
                f"kokoro has no voice '{voice}'{near(voice, self.voices)}",
                f"Name one of {', '.join(self.voices)}",
            )
        return voice

    def _style(self, voice: str) -> FloatArray:
        """(lengths, dimensions) float32."""
        values = np.fromfile(self._folder / f"{voice}.bin", np.float32)
        return values.reshape(_SIZES)

    def _lexicon(self, voice: str) -> Lexicon:
        return _lexicon(self._folder, "gb" if voice.startswith("b") else "us")


def _refuse_foreign(text: str) -> None:
    """Refuse a text in another script, whose words would be left out.

    Raises:
        UsageError: It is one.
    """
    letters = (c for c in unicodedata.normalize("NFKC", text) if c.isalpha())
    names = [unicodedata.name(c, "").split(" ")[0] for c in letters]
    others = [n for n in names if n != "LATIN"]
    if names and len(others) >= _FOREIGN * len(names):
        script = max(set(others), key=others.count).capitalize()
        raise UsageError(
            f"kokoro speaks English, and this text is written in another script ({script})",
            "Name the URL of a speech server that speaks its language, or use the browser's voice",
        )


def _trimmed(sound: FloatArray) -> FloatArray:
    loud = np.flatnonzero(np.abs(sound) > _QUIET)
    if not len(loud):
        return sound[:0]
    start = max(0, int(loud[0]) - round(_LEAD * _RATE))
    return sound[start : int(loud[-1]) + round(_TAIL * _RATE)]


def _symbols(folder: Path) -> dict[str, int]:
    import json

    held: dict[str, dict[str, int]] = json.loads((folder / "vocab.json").read_text("utf-8"))
    return held["vocab"]


@lru_cache(maxsize=2)
def _lexicon(folder: Path, kind: str) -> Lexicon:
    return Lexicon(folder, kind)


def _net(file: Path, threads: int | None) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads_told(threads)
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
