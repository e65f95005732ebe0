"""Speech to text with faster-whisper, one window of speech at a time.

A window is an uncut stretch of the recording of at most 28 s that begins and
ends with speech, so that every word keeps its true time. Whether the words can
be believed is decided in ``listen/gate.py``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np

from empathia.listen.models import load
from empathia.listen.spoken import code_of, names_of
from empathia.types import Audio, FloatArray, Word

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import WhisperGenerationResult
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

LOOPS = 2.4  # compression of a text that repeats itself; Whisper's own bound
BEAM = 5  # hypotheses; 1 is a quarter faster, and makes a tenth more errors
_CLEAR = 0.5  # probability of each word of what is clear
_FRAMES = 100  # of the spectrogram in a second
_LONGEST = 3000  # frames that the encoder takes
_SHORTEST = 1500  # frames, with nothing behind the sound: in less the model goes on past the end
_PAD = 700
_QUIET = 0.5  # s of silence around what is heard: cut off at its first sound, words are missed
_TOLD = 0.6  # probability from which a language is told
_REST = 100  # frames, half of them quiet, that are too few to go on for
_LEAST = 100  # frames that the model gets on with at a time
_TEXT = 448  # tokens that the decoder holds
_FEW, _TOKENS = 20, 30  # tokens that may come anyhow, and for each second: a loop has no end
_TIMELESS = 3  # words that take no time where people speak fast, one behind the other
_BEFORE, _BEHIND = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # joined to the word at this side


@dataclass(frozen=True, slots=True)
class Window:
    """What was recognised in one uncut stretch of a recording, in one go.

    Args:
        start: Start in s from the start of the recording.
        end: End in s.
        words: Words in time order, times in s from the start of the recording.
        language: ISO 639-1 code of the language that they were taken for, or None.
        language_probability: That it is this language, in [0, 1]; 1 where that was given.
        log_probability: Mean natural logarithm of the probability of its tokens, at most 0.
        no_speech: Probability that nobody speaks, as the model sees it, in [0, 1].
        compression: Length of the text over its length when compressed; loops are above 2.4.
    """

    start: float
    end: float
    words: tuple[Word, ...]
    language: str | None = None
    language_probability: float = 1.0
    log_probability: float = 0.0
    no_speech: float = 0.0
    compression: float = 1.0


class Encoded(NamedTuple):
    """Sound as the model's decoder hears it.

    Attributes:
        features: (n_mels, n_frames) log-mel spectrogram, 100 frames a second.
        output: What the encoder made of it.
    """

    features: FloatArray
    output: StorageView


class Transcriber:
    """A speech recogniser, loaded once and used for any number of recordings.

    Args:
        model: A loaded faster-whisper model.
        name: What the user called it.
    """

    def __init__(self, model: WhisperModel, name: str) -> None:
        self._model = model
        self._tokenizers: dict[str, Tokenizer] = {}
        self.name = name

    @classmethod
    def load(cls, model: str | Path | None = None, threads: int | None = None) -> Transcriber:
        """Load a model onto the CPU, computing in int8.

        Args:
            model: A weight of the manifest, a folder in CTranslate2's format, or a name that
                faster-whisper knows ("small", "Systran/faster-whisper-small"), which is taken
                from the local hub cache. None takes Whisper base, which knows 99 languages.
            threads: Threads; None takes all cores, or OMP_NUM_THREADS where that is set.

        Raises:
            MissingExtra: faster-whisper is not installed.
            UsageError: There is no model of that name.
            WeightsError: The model is missing or does not load.
        """
        return cls(*load(model, threads))

    @property
    def english_only(self) -> bool:
        """Whether the model takes every language for English."""
        return not self._model.model.is_multilingual

    def knows(self, language: str) -> bool:
        """Whether the model can write this language (ISO 639-1)."""
        return any(name in self._model.supported_languages for name in names_of(language))

    def encode(self, audio: Audio) -> Encoded:
        """Sound as words and its language are heard in it.

        Args:
            audio: At most 28 s at 16 kHz; what is shorter takes less time.
        """
        features = self._features(audio)
        return Encoded(features, self._output(features))

    def languages(self, heard: Encoded) -> dict[str, float]:
        """Probability of each of the model's languages, by Whisper's names; they sum to 1.

        Across a room, the language is known better in as much as the model was trained on.
        """
        if self.english_only:
            return {"en": 1.0}
        told = self._languages(heard.output)
        if max(told.values()) < _TOLD:
            told = self._languages(self._output(heard.features, _LONGEST))
        return told

    def _languages(self, output: StorageView) -> dict[str, float]:
        (ranked,) = self._model.model.detect_language(output)
        return {token[2:-2]: float(p) for token, p in ranked}

    def glimpse(self, audio: Audio) -> dict[str, float]:
        """The same as :meth:`languages`, for a fraction of the time: nothing is to be written.

        Args:
            audio: At most 28 s at 16 kHz.
        """
        features = self._features(audio)
        return self._languages(self._output(features, 0))

    def transcribe(
        self,
        heard: Encoded,
        start: float,
        language: str = "en",
        hints: str = "",
        *,
        quick: bool = False,
    ) -> list[Window]:
        """Recognise words.

        Decoding is without chance, so the same sound gives the same words.

        Args:
            heard: As :meth:`encode` gives it.
            start: Where it starts in the recording (s).
            language: ISO 639-1 code, or what Whisper calls it.
            hints: Words that may come, as they are written.
            quick: Of words that are clear the likeliest one is taken at once, and no others are
                weighed beside it: half of the time.

        Returns:
            What was written in one go; more than one where the model stopped on the way.
        """
        windows: list[Window] = []
        tokenizer = self._tokenizer(language)
        left, output = heard
        at = start - _QUIET
        end = at + left.shape[1] / _FRAMES - _QUIET
        while not windows or left.shape[1] > _REST:
            made = self._go(left, output, tokenizer, hints, 1 if quick else BEAM)
            if quick and not made.is_clear:
                made = self._go(left, output, tokenizer, hints)
            if made.compression > LOOPS and left.shape[1] + _PAD < _LONGEST:
                # A loop often begins where the sound ends: more of nothing behind it helps.
                output = self._output(left, _LONGEST)
                made = self._go(left, output, tokenizer, hints)
            windows.append(made.at(at, start, end))
            left, at = left[:, made.stopped :], at + made.stopped / _FRAMES
            if left.shape[1] > _REST:
                output = self._output(left)
        return windows

    def _go(
        self,
        features: FloatArray,
        output: StorageView,
        tokenizer: Tokenizer,
        hints: str,
        beam: int = BEAM,
    ) -> _Written:
        """What the model writes in one go."""
        frames = features.shape[1]
        result = self._generated(output, tokenizer, hints, frames, beam)
        tokens = result.sequences_ids[0]
        parts, stopped = _parts(tokens, tokenizer.timestamp_begin, frames)
        return _Written(
            self._words(parts, tokenizer, output, frames),
            stopped,
            code_of(tokenizer.language_code),
            log_probability=result.scores[0] * len(tokens) / (len(tokens) + 1),
            no_speech=result.no_speech_prob,
            compression=_compression(tokenizer.decode(tokens).strip()),
        )

    def _features(self, audio: Audio) -> FloatArray:
        quiet = np.zeros(round(_QUIET * audio.rate), np.float32)
        samples = np.concatenate([quiet, audio.samples, quiet])
        features: FloatArray = self._model.feature_extractor(samples)
        return features[:, : min(_LONGEST, features.shape[1] - 1)]

    def _output(self, features: FloatArray, frames: int | None = None) -> StorageView:
        """What the encoder makes of features, with nothing behind them up to so many frames."""
        if frames is None:
            frames = max(_SHORTEST, features.shape[1] + _PAD)
        frames = min(_LONGEST, max(frames, features.shape[1]))
        padded = np.zeros((features.shape[0], frames + frames % 2), np.float32)
        padded[:, : features.shape[1]] = features
        return self._model.encode(padded)

    def _tokenizer(self, language: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        known = self._model.supported_languages
        name = next((n for n in (language, *names_of(language)) if n in known), "en")
        if name not in self._tokenizers:
            model = self._model
            self._tokenizers[name] = Tokenizer(
                model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=name
            )
        return self._tokenizers[name]

    def _generated(
        self, output: StorageView, tokenizer: Tokenizer, hints: str, frames: int, beam: int
    ) -> WhisperGenerationResult:
        from faster_whisper.transcribe import get_suppressed_tokens

        prompt = self._model.get_prompt(tokenizer, [], hotwords=hints or None)
        most = len(prompt) + _FEW + _TOKENS * frames // _FRAMES
        (result,) = self._model.model.generate(
            output,
            [prompt],
            beam_size=beam,
            max_length=min(_TEXT, most),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
        )
        return result

    def _words(
        self, parts: list[_Part], tokenizer: Tokenizer, output: StorageView, frames: int
    ) -> list[_TimedWord]:
        segments = [
            _Timed(seek=0, start=a / _FRAMES, end=b / _FRAMES, tokens=tokens, words=[])
            for a, b, tokens in parts
        ]
        self._model.add_word_timestamps(
            [segments], tokenizer, output, frames, _BEFORE, _BEHIND, 0.0
        )
        return without_loops(
            [w for segment in segments for w in segment["words"] if w["word"].strip()]
        )


class _Written(NamedTuple):
    """As ``Window``, with the words as faster-whisper gives them, and the frame it stopped at."""

    words: list[_TimedWord]
    stopped: int
    language: str
    log_probability: float
    no_speech: float
    compression: float

    @property
    def is_clear(self) -> bool:
        """Whether nothing else could be meant."""
        sure = all(w["probability"] >= _CLEAR for w in self.words)
        return bool(self.words) and sure and self.compression <= LOOPS

    def at(self, offset: float, start: float, end: float) -> Window:
        """The window, its times from ``offset`` on and inside of the sound (s)."""

        def time(seconds: float) -> float:
            return min(max(offset + float(seconds), start), end)

        words = tuple(
            Word(
                w["word"].strip(),
                time(w["start"]),
                max(time(w["start"]), time(w["end"])),
                float(w["probability"]),
            )
            for w in self.words
        )
        return Window(
            time(0.0),
            time(self.stopped / _FRAMES),
            words,
            self.language,
            log_probability=self.log_probability,
            no_speech=self.no_speech,
            compression=self.compression,
        )


class _Timed(TypedDict):
    """A part as faster-whisper wants it, which then adds the words."""

    seek: int
    start: float
    end: float
    tokens: list[int]
    words: list[_TimedWord]


class _TimedWord(TypedDict):
    word: str
    start: float
    end: float
    probability: float


class _Part(NamedTuple):
    """Tokens between two time stamps of the model, in frames."""

    start: int
    end: int
    tokens: list[int]


def _parts(tokens: list[int], stamp: int, frames: int) -> tuple[list[_Part], int]:
    """What was written, by its time stamps, and up to which frame.

    Two stamps stand between parts and one at the end; where two stand at the end, or the last
    part has none, the model goes on from there.

    Args:
        tokens: Those from ``stamp`` on are time stamps, one every two frames.
        stamp: The stamp of the start.
        frames: Length of what was heard.
    """
    cuts = [i for i in range(1, len(tokens)) if min(tokens[i - 1 : i + 1]) >= stamp]
    closed = len(tokens) >= 2 and tokens[-2] < stamp <= tokens[-1]
    if not cuts:
        return [_Part(0, frames, tokens)], frames
    ends = [*cuts, len(tokens)] if closed else cuts
    parts = []
    for first, last in pairwise([0, *ends]):
        inside = tokens[first:last]
        start, end = (min(2 * max(t - stamp, 0), frames) for t in (inside[0], inside[-1]))
        parts.append(_Part(start, max(start, end), inside))
    return parts, frames if closed else max(parts[-1].end, min(frames, _LEAST))


def without_loops(words: list[_TimedWord]) -> list[_TimedWord]:
    """Without runs of words that take no time: a loop goes on where nothing is left to hear.

    Its words may be as certain as any.
    """
    kept: list[_TimedWord] = []
    for timeless, run in groupby(words, lambda w: w["end"] <= w["start"]):
        alike = list(run)
        kept += alike if not timeless or len(alike) <= _TIMELESS else []
    return kept


def _compression(text: str) -> float:
    whole = text.encode()
    return len(whole) / len(zlib.compress(whole))
