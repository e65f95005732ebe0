"""Speech to text with faster-whisper, one window of speech at a time.

A window is an uncut stretch of the recording of at most 28 s that begins and
ends with speech, so that every word keeps its true time. Whether the words can
be believed is decided afterwards, over the whole recording, in
``listen/gate.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import weights
from empathia.errors import MissingExtra, UsageError, WeightsError
from empathia.types import Audio, Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

DEFAULT_MODEL = "whisper-tiny-en"

_MANIFEST = {"tiny.en": DEFAULT_MODEL}  # the same weights under the name that faster-whisper uses
_NEEDED = ("model.bin", "config.json")


@dataclass(frozen=True, slots=True)
class Window:
    """What was recognised in one uncut stretch of a recording.

    Args:
        start: Start in s from the start of the recording.
        end: End in s.
        words: Words in time order, times in s from the start of the recording.
        language: ISO 639-1 code of the language that they were taken for, or None.
    """

    start: float
    end: float
    words: tuple[Word, ...]
    language: str | None = None


class Transcriber:
    """A speech recogniser, loaded once and used for any number of recordings.

    Args:
        model: A loaded faster-whisper model.
        name: What the user called it.
    """

    def __init__(self, model: WhisperModel, name: str) -> None:
        self._model = model
        self.name = name

    @classmethod
    def load(cls, model: str | Path | None = None, threads: int | None = None) -> Transcriber:
        """Load a model onto the CPU, computing in int8.

        Args:
            model: A weight of the manifest, a folder in CTranslate2's format, or a name that
                faster-whisper knows ("small", "Systran/faster-whisper-small"), which is taken
                from the local hub cache, else from the hub. None takes Whisper tiny.en.
            threads: Threads; None takes all cores, or OMP_NUM_THREADS where that is set.

        Raises:
            MissingExtra: faster-whisper is not installed.
            UsageError: There is no model of that name.
            WeightsError: The model is missing or does not load.
        """
        name = str(model or DEFAULT_MODEL)
        library = _library()
        folder = _folder(name)
        try:
            loaded = library(
                str(folder), device="cpu", compute_type="int8", cpu_threads=_threads(threads)
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise WeightsError(
                f"the speech model '{name}' does not load ({_one_line(error)})",
                "Name a folder in CTranslate2's Whisper format, or pull the model again",
            ) from error
        return cls(loaded, folder.name if Path(name).is_dir() else name)

    @property
    def english_only(self) -> bool:
        """Whether the model takes every language for English."""
        return not self._model.model.is_multilingual

    def knows(self, language: str) -> bool:
        """Whether the model can write this language (ISO 639-1)."""
        return language in self._model.supported_languages

    def languages(self, audio: Audio) -> dict[str, float]:
        """Probability of each language for a window; only of a multilingual model."""
        _, _, ranked = self._model.detect_language(audio.samples)
        return {language: float(p) for language, p in ranked}

    def transcribe(self, audio: Audio, start: float, language: str = "en") -> Window:
        """Recognise the words of one window.

        Decoding is greedy and without chance, so the same sound gives the same words.
        Stretches that the model itself takes for no speech are left out.

        Args:
            audio: At most 30 s at 16 kHz.
            start: Where the window starts in the recording (s).
            language: ISO 639-1 code.
        """
        segments, _ = self._model.transcribe(
            audio.samples,
            language=language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            no_speech_threshold=0.6,
            log_prob_threshold=-1.0,
        )
        words: list[Word] = []
        for word in (w for segment in segments for w in segment.words or ()):
            text = word.word.strip()
            if text:
                first = min(max(float(word.start), 0.0), audio.duration)
                last = min(max(float(word.end), first), audio.duration)
                words.append(Word(text, start + first, start + last, float(word.probability)))
        return Window(start, start + audio.duration, tuple(words), language)


class LanguageVote:
    """Which language a recording is in, from its first windows.

    Args:
        seconds: Windows are asked until this much was heard (s) ...
        sure: ... or one language leads with this probability.
    """

    def __init__(self, seconds: float = 60.0, sure: float = 0.95) -> None:
        self._seconds = seconds
        self._sure = sure
        self._heard = 0.0
        self._votes: dict[str, float] = {}

    @property
    def settled(self) -> bool:
        """Whether further windows need not be asked."""
        return self._heard >= self._seconds or (
            self._heard >= 10 and self.probability >= self._sure
        )

    @property
    def language(self) -> str | None:
        """The leading language, None before the first vote."""
        return max(self._votes, key=self._votes.__getitem__) if self._votes else None

    @property
    def probability(self) -> float:
        """Mean probability of the leading language over what was heard, in [0, 1]."""
        return max(self._votes.values()) / self._heard if self._heard else 0.0

    def add(self, probabilities: dict[str, float], seconds: float) -> None:
        """One window's vote, weighted by its length."""
        self._heard += seconds
        for language, probability in probabilities.items():
            self._votes[language] = self._votes.get(language, 0.0) + probability * seconds


@contextmanager
def hidden(*packages: str) -> Iterator[None]:
    """Make packages look as if they were not installed, unless they are loaded already.

    CTranslate2 and the hub client import torch and transformers where they find them, for
    converters that reading never uses: seconds of start-up and hundreds of MB.
    """
    names = [p for p in packages if p not in sys.modules]
    for name in names:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python spells "cannot be found"
    try:
        yield
    finally:
        for name in names:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]


def _library() -> type[WhisperModel]:
    try:
        with hidden("torch", "transformers"):
            from faster_whisper import WhisperModel
    except ImportError as error:
        raise MissingExtra("asr", "Recognising words") from error
    library: type[WhisperModel] = WhisperModel
    return library


def _threads(wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    # 0 leaves it to CTranslate2, which then heeds OMP_NUM_THREADS but would else take 4.
    return 0 if os.environ.get("OMP_NUM_THREADS") else (os.cpu_count() or 1)


def _folder(name: str) -> Path:
    """The folder that a model's name means."""
    given = Path(name).expanduser()
    if given.is_dir():
        lacking = [n for n in _NEEDED if not (given / n).is_file()]
        if lacking:
            raise WeightsError(
                f"the folder '{name}' is no CTranslate2 Whisper model: it lacks "
                f"{' and '.join(lacking)}",
                "Convert the model with ct2-transformers-converter, or name another one",
            )
        return given
    name = _MANIFEST.get(name, name)
    if name in {entry.name for entry in weights.entries()}:
        return weights.folder(name)
    return _cached(name)


def _cached(name: str) -> Path:
    """A faster-whisper model from the hub's local cache; nothing is downloaded."""
    from faster_whisper.utils import available_models, download_model

    if name not in available_models() and name.count("/") != 1:
        raise UsageError(
            f"there is no speech model and no folder '{name}'",
            f"Name a folder, {DEFAULT_MODEL}, or one of: {', '.join(available_models())}",
        )
    try:
        return Path(download_model(name, local_files_only=True))
    except Exception as error:  # the hub client raises a dozen unrelated kinds
        raise WeightsError(
            f"the speech model '{name}' is not in the local hub cache ({_one_line(error)})",
            'Reading downloads nothing: fetch it once with python -c "import faster_whisper; '
            f"faster_whisper.download_model('{name}')\", or name a folder with --asr-model",
        ) from error


def _one_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:200] if text else type(error).__name__
