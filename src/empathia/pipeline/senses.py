"""What is measured of an utterance for those who judge it: features of sound, face and words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from empathia import features
from empathia.types import Audio, Features, Sample, Sight

PROSODY = "prosody"
"""The feature that cues are made of."""
FACE = "face"
"""The feature that cues of a face are made of."""

Extract = Callable[[str | Audio | Sight, str], Features]  # words, sound or face; utterance's id


class Senses:
    """Extractors by name, each loaded once and shared by all recognisers.

    Args:
        threads: Threads for their models; None takes all cores.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._extractors: dict[str, Extract] = {}

    def load(self, names: Iterable[str]) -> list[tuple[str, Extract]]:
        """Extractors of features, each once.

        Raises:
            WeightsError: One needs a model that is missing or damaged.
            MissingExtra: One needs an extra that is not installed.
        """
        chosen = tuple(dict.fromkeys(names))
        for name in chosen:
            if name not in self._extractors:
                self._extractors[name] = features.single(features.load(name, self._threads))
        return [(name, self._extractors[name]) for name in chosen]

    def hear(self, audio: Audio, utterance: str, names: Iterable[str]) -> dict[str, Features]:
        """Features of the sound of one utterance; none where there is no sample of it.

        Args:
            audio: Mono sound at 16 kHz.
            utterance: Its id.
            names: Of the features.
        """
        if not len(audio.samples):  # behind the recording's end: absent, not silent
            return {}
        return {name: extract(audio, utterance) for name, extract in self.load(names)}

    def see(self, sight: Sight, utterance: str, names: Iterable[str]) -> dict[str, Features]:
        """Features of a face in one utterance; none where it was not there.

        Args:
            sight: Of the speaker, cut to the utterance.
            utterance: Its id.
            names: Of the features.
        """
        if not len(sight.times):
            return {}
        return {name: extract(sight, utterance) for name, extract in self.load(names)}

    def read(self, samples: Sequence[Sample], names: Iterable[str]) -> list[Sample]:
        """The samples with features of their words, where they have any."""
        extractors = self.load(names)

        def measured(sample: Sample) -> Mapping[str, Features]:
            if sample.text is None:
                return sample.features
            words = {name: extract(sample.text, sample.id) for name, extract in extractors}
            return {**sample.features, **words}

        return [dataclasses.replace(s, features=measured(s)) for s in samples]
