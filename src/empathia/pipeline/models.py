"""The models that reading needs: loaded on first use, once, and listed for the record."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from empathia import weights
from empathia.contracts import Generator, Tools
from empathia.errors import MissingExtra, UsageError, WeightsError
from empathia.training import model
from empathia.types import Audio, Emotion, Features, Sample
from empathia.version import __version__

if TYPE_CHECKING:
    from empathia.cues import Bins
    from empathia.listen.speakers import Diariser
    from empathia.listen.words import Transcriber
    from empathia.lm.local import LocalModel
    from empathia.pipeline.own import Own


class Recogniser(Protocol):
    """What ``load`` of a plug-in in ``emotion/`` returns."""

    name: str

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample, in order."""


class Used(Protocol):
    """What the record says of a weight."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def noncommercial(self) -> bool: ...  # noqa: D102


class Shipped:
    """A shipped model, read as one dialogue."""

    def __init__(self, name: str, threads: int | None) -> None:
        self._recogniser = model.load(weights.folder(name), threads)
        self.name = self._recogniser.about.name

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample, in order."""
        (emotions,) = self._recogniser.recognise([samples])
        return emotions


class ByLanguage:
    """Hands each sample to the recogniser of its language.

    Args:
        readers: Recogniser by ISO 639-1 code; that of None reads all other languages.
    """

    name = "text"

    def __init__(self, readers: Mapping[str | None, Recogniser]) -> None:
        self._readers = readers

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample, in order; their source is "text" whoever read."""
        found: dict[int, Emotion] = {}
        for code, reader in self._readers.items():
            mine = [i for i, s in enumerate(samples) if self._reader(s.language) == code]
            said = reader.recognise([samples[i] for i in mine])
            found |= {i: replace(e, source=self.name) for i, e in zip(mine, said, strict=True)}
        return [found[i] for i in range(len(samples))]

    def _reader(self, language: str | None) -> str | None:
        return language if language in self._readers else None


class Models:
    """Loads each model when it is first asked for.

    Args:
        threads: Threads for the models; None takes all cores.
        permissive: Leave out weights trained on non-commercial data.
        recogniser: Folder of the user's own recogniser, in place of the shipped ones.
    """

    def __init__(
        self, threads: int | None, *, permissive: bool, recogniser: Path | None = None
    ) -> None:
        self._threads = threads
        self._folder = recogniser
        self._permissive = permissive
        self._used: dict[str, Used] = {}
        self._left_out: dict[str, str] = {}
        self._unheard: list[str] = []
        self._opened: list[LocalModel] = []

    def begin(self) -> None:
        """Forget which weights earlier readings used.

        The user's own recogniser is loaded: one that cannot be used is told before the work.
        """
        self._used.clear()
        self._left_out.clear()
        self._unheard.clear()
        if self._own is not None:
            self._use(*self._own.weights)
            self._used[self._own.name] = self._own.settings

    def _use(self, *names: str) -> None:
        """Write down for the record that this reading uses weights."""
        self._used |= {name: weights.entry(name) for name in names}

    def _allowed(self, name: str, what: str) -> bool:
        """Whether a weight may be used; what is left out is told to the user."""
        if self._permissive and weights.entry(name).noncommercial:
            self._left_out[name] = what
            return False
        return True

    @cached_property
    def _own(self) -> Own | None:
        if self._folder is None:
            return None
        from empathia.pipeline.own import load

        return load(self._folder, self._threads, permissive=self._permissive)

    def recognisers(self, languages: Collection[str | None], *, sound: bool) -> list[Recogniser]:
        """Who says what is felt: the user's own recogniser, else words and, with sound, voice."""
        if self._own is None:
            voice = self.voice() if sound else None
            return [self.text(languages), *([] if voice is None else [voice])]
        if self._own.heard and not sound:
            heard = ", ".join(self._own.heard)
            self._unheard.append(f"'{self._own.name}' also listens ({heard}): there is no sound")
        return [self._own]

    def listeners(self) -> Mapping[str, Callable[[Audio, str], Features]]:
        """What recognisers need of the sound: extractors by the name of the feature."""
        if self._own is not None:
            return self._own.heard
        return {} if self.voice() is None else {"speech": self.speech_features()}

    def text(self, languages: Collection[str | None]) -> Recogniser:
        """What reads words in these languages: the Korean recogniser for "ko", else the English."""
        readers: dict[str | None, Recogniser] = {}
        if "ko" in languages:
            self._use("text-korean")
            readers["ko"] = self._korean
        if not readers or set(languages) - set(readers):
            self._use("minilm", "text-default")
            readers[None] = self._text
        return ByLanguage(readers)

    @cached_property
    def _korean(self) -> Recogniser:
        return Shipped("text-korean", self._threads)

    @cached_property
    def _text(self) -> Recogniser:
        return Shipped("text-default", self._threads)

    def voice(self) -> Recogniser | None:
        """The voice recogniser, or None where its weights may not be used."""
        if not self._allowed("voice-default", "the voice recogniser"):
            return None
        self._use("voice-default")
        return self._voice

    @cached_property
    def _voice(self) -> Recogniser:
        return Shipped("voice-default", self._threads)

    def bins(self) -> Bins | None:
        """The prosody bins, or None where they may not be used."""
        if not self._allowed("prosody-bins", "cues in words"):
            return None
        self._use("prosody-bins")
        return self._bins

    @cached_property
    def _bins(self) -> Bins:
        from empathia.cues import Bins

        return Bins.load(weights.folder("prosody-bins") / "bins.json")

    @cached_property
    def _speech_encoder(self) -> Any:  # noqa: ANN401 - SpeechEncoder, whose import is not free
        from empathia.encoders.speech import SpeechEncoder

        return SpeechEncoder.load(weights.folder("whisper-tiny-en"), self._threads)

    def speech_features(self) -> Callable[[Audio, str], Features]:
        """Pools the speech encoder's layers for (audio, utterance id)."""
        from empathia.features.speech import extract

        self._use("whisper-tiny-en")
        return partial(extract, encoder=self._speech_encoder)

    def diariser(self) -> Diariser:
        """A fresh diariser for one recording."""
        from empathia.listen.speakers import Diariser

        self._use("resemblyzer")
        return Diariser(self._speaker_encoder)

    @cached_property
    def _speaker_encoder(self) -> Any:  # noqa: ANN401 - SpeakerEncoder, whose import is not free
        from empathia.encoders.speaker import SpeakerEncoder

        return SpeakerEncoder.load(weights.folder("resemblyzer"), self._threads)

    @cached_property
    def _transcribers(self) -> dict[str | None, Transcriber]:
        return {}

    def transcriber(self, model: str | None) -> Transcriber:
        """The speech-to-text model."""
        from empathia.listen.words import Transcriber

        if model is None:
            self._use("whisper-tiny-en")
        if model not in self._transcribers:
            self._transcribers[model] = Transcriber.load(model, self._threads)
        return self._transcribers[model]

    @cached_property
    def _generators(self) -> dict[tuple[str | None, str | None], tuple[Generator, list[str]]]:
        return {}

    def generator(self, url: str | None, model: str | None) -> tuple[Generator, list[str]]:
        """What answers, and remarks on it: a server, a local model, or the rules."""
        key = (url, model)
        if key == (None, None):
            self._use("smollm2")
        if key not in self._generators:
            self._generators[key] = self._generator(url, model)
        return self._generators[key]

    def _generator(self, url: str | None, model: str | None) -> tuple[Generator, list[str]]:
        from empathia.reply import lm, rules

        if url is not None:
            from empathia.lm.server import ServerModel

            server = ServerModel(url, model or "")
            sent = [] if server.is_local else [f"words were sent to {server.host} for replies"]
            return lm.load({}, Tools(lambda: server, self._threads)), sent
        tools = Tools(lambda: self._local(model), self._threads)
        try:
            return lm.load({}, tools), []
        except (MissingExtra, WeightsError) as missing:
            self._used.pop("smollm2", None)
            return rules.load({}, tools), [f"replies come from rules: {missing}"]

    def _local(self, model: str | None) -> LocalModel:
        from empathia.lm import local

        if model is None:
            return self._open(local.load("smollm2", threads=self._threads))
        path = Path(model)
        if not path.is_file():
            raise UsageError(f"there is no GGUF file '{model}'", "Check --llm-model")
        return self._open(local.LocalModel(path, name=path.stem, threads=self._threads))

    def _open(self, model: LocalModel) -> LocalModel:
        self._opened.append(model)
        return model

    def close(self) -> None:
        """Let go of models that hold more than memory."""
        while self._opened:
            self._opened.pop().close()
        self._generators.clear()

    def notes(self) -> list[str]:
        """What was left out or could not be used, for the user."""
        return self._unheard + [
            f"{what}: left out, its weights are non-commercial (--permissive)"
            for what in self._left_out.values()
        ]

    def provenance(self, options: Any) -> dict[str, Any]:  # noqa: ANN401 - pipeline.Options
        """Versions, options, and the weights that were used with their licences."""
        given = {
            f.name: getattr(options, f.name)
            for f in dataclasses.fields(options)
            if getattr(options, f.name) != f.default
        }
        return {
            "empathia": __version__,
            "python": platform.python_version(),
            "options": {k: _plain(v) for k, v in given.items()},
            "weights": [
                {
                    "name": e.name,
                    "role": e.role,
                    "licence": e.licence,
                    "noncommercial": e.noncommercial,
                }
                for e in self._used.values()
            ],
        }


def _plain(value: object) -> object:
    return (
        [*value] if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
    )
