"""Features on a comparable scale: (x - mean) / deviation, fitted on the train part alone.

| kind | mean and deviation of |
|---|---|
| none | nothing: values stay as they are |
| global | all train speech |
| gender | train speech of the speaker's gender; all of it where that is unknown |
| speaker | the speaker's own clips, those of the part at hand, labels unseen |
| running | mean: the speaker's past utterances in the dialogue; deviation: see below |
| neutral | neutral train speech, of the speaker's gender where that is known |
| neutral-speaker | mean: the speaker's own neutral clips; deviation: neutral train speech |

Kinds are joined with "+": "global+running" gives the columns of both.

**running** looks at nothing later. The mean is drawn to the train mean where little was
heard: after n utterances it is (n own + 5 train) / (n + 5), so the first one is held against
the train mean. The deviation is that of the train part's values after this subtraction.

**speaker** and **neutral-speaker** know other clips of the speaker who is tested
(``uses_test_speaker``): say so beside a figure. A speaker with fewer than five clips, or
without a neutral one, is held against train speech. ``neutral`` clips of a test speaker are
an enrolment, such as a user's own recording; they should not be tested on.

Missing values stay NaN and are left out of means. A column that is constant where it was
fitted says nothing and becomes 0. Rows of all clips count alike (frames, for features over
time); only "running" counts utterances.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypedDict

import numpy as np

from empathia.errors import ConfigError, LeakageError
from empathia.training import scales as _scales
from empathia.training.scales import (
    ENOUGH,
    Conversation,
    Fixed,
    FixedJson,
    Running,
    RunningJson,
    Scale,
    past_means,
)
from empathia.types import FloatArray, Sample

_EPSILON = 1e-8  # added to the deviation of neutral speech

# Dialogues of a part to the scale of each of their samples.
_Choose = Callable[[Sequence[Conversation]], Callable[[Sample], Scale]]


class NormaliserJson(TypedDict):
    """A normaliser as a kept model holds it."""

    feature: str
    kinds: list[str]
    scales: list[FixedJson | RunningJson | None]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Replaces one feature of samples by the same on another scale; made by :func:`fit`.

    Args:
        feature: Its name in ``Sample.features``.
        kinds: How, one or several whose columns are joined.
        uses_test_speaker: Whether other clips of the speaker who is tested are looked at.
        scales: For each kind the choice of a scale; None leaves values as they are.
    """

    feature: str
    kinds: tuple[str, ...]
    uses_test_speaker: bool
    scales: tuple[_Choose | None, ...]

    def apply(self, dialogues: Sequence[Conversation]) -> tuple[tuple[Sample, ...], ...]:
        """The same dialogues with the feature replaced where a sample has it.

        Args:
            dialogues: A whole part: "speaker" looks at all of it.
        """
        chosen = [None if c is None else c(dialogues) for c in self.scales]
        return tuple(tuple(self._replaced(s, chosen) for s in d) for d in dialogues)

    def plain(self) -> NormaliserJson:
        """For JSON; :meth:`restored` gives the same normaliser back.

        Raises:
            ConfigError: It looks at other clips of the speaker, which no file can hold.
        """
        if self.uses_test_speaker:
            raise ConfigError(
                f"'{self.feature}' is normalised by '{'+'.join(self.kinds)}', which needs other "
                "clips of the speaker",
                "Take another kind, such as 'running'",
            )
        kept: list[FixedJson | RunningJson | None] = [
            c.plain() if isinstance(c, Fixed | Running) else None for c in self.scales
        ]
        return {"feature": self.feature, "kinds": list(self.kinds), "scales": kept}

    @classmethod
    def restored(cls, plain: NormaliserJson) -> Self:
        """Of what :meth:`plain` gave."""
        feature = str(plain["feature"])
        scales = tuple(_scales.restored(feature, x) for x in plain["scales"])
        return cls(feature, tuple(plain["kinds"]), False, scales)

    def _replaced(
        self, sample: Sample, chosen: Sequence[Callable[[Sample], Scale] | None]
    ) -> Sample:
        old = sample.features.get(self.feature)
        if old is None or self.kinds == ("none",):
            return sample
        values = old.values.astype(np.float64)
        parts = [values if c is None else c(sample)(values) for c in chosen]
        # Of several kinds each column says which one it is of.
        names = (
            tuple(f"{kind}:{n}" for kind in self.kinds for n in old.names)
            if len(parts) > 1
            else old.names
        )
        joined = np.concatenate(parts, axis=1).astype(np.float32)
        new = dataclasses.replace(old, values=joined, names=names, units=())
        return dataclasses.replace(sample, features={**sample.features, self.feature: new})


def fit(
    kind: str,
    feature: str,
    train: Sequence[Conversation],
    neutral: Collection[str] = (),
) -> Normaliser:
    """Fit a normaliser on the train part.

    Args:
        kind: A kind of the table above, or several joined with "+".
        feature: Name in ``Sample.features``.
        train: Dialogues of the train part, with everything in time order.
        neutral: Ids of neutral utterances: of the train part for "neutral"; for
            "neutral-speaker" also the enrolment of speakers to come.

    Raises:
        ConfigError: An unknown kind, no train sample with the feature, or no neutral one.
        LeakageError: "neutral" was given an utterance that is not of the train part.
    """
    kinds = tuple(kind.split("+"))
    if unknown := [k for k in kinds if k not in KINDS]:
        raise ConfigError(
            f"unknown normaliser '{unknown[0]}' for '{feature}'",
            f"Take {', '.join(KINDS)}, or several joined with '+'",
        )
    samples = [s for d in train for s in d if feature in s.features]
    if not samples:
        raise ConfigError(
            f"'{feature}' is to be normalised, and no training utterance has it",
            "Check [features] and [normalise]",
        )
    if "neutral" in kinds and (foreign := set(neutral) - {s.id for d in train for s in d}):
        raise LeakageError(
            f"{len(foreign)} of {len(neutral)} neutral utterances for '{feature}' are not of the "
            f"train part (first: '{min(foreign)}')",
            "Give those of the train part, or take the kind 'neutral-speaker' and say so",
        )
    given = _Train(feature, train, samples, frozenset(neutral))
    uses = any(k in _KNOW_THE_SPEAKER for k in kinds)
    return Normaliser(feature, kinds, uses, tuple(_FITS[k](given) for k in kinds))


@dataclass(frozen=True, slots=True)
class _Train:
    """What there is to fit on: ``samples`` are those with the feature."""

    feature: str
    dialogues: Sequence[Conversation]
    samples: Sequence[Sample]
    neutral: frozenset[str]

    def scale(self, samples: Iterable[Sample], epsilon: float = 0.0) -> Scale:
        return Scale.of([_values(s, self.feature) for s in samples], epsilon)

    def own_neutral(self) -> list[Sample]:
        neutral = [s for s in self.samples if s.id in self.neutral]
        if not neutral:
            raise ConfigError(
                f"no training utterance with '{self.feature}' is neutral",
                "Take another normaliser, or a label set with 'neutral'",
            )
        return neutral


def _values(sample: Sample, feature: str) -> FloatArray:
    return sample.features[feature].values


def _global(train: _Train) -> Fixed:
    return Fixed(train.scale(train.samples), {})


def _gender(train: _Train) -> Fixed:
    return _by_gender(train, train.samples)


def _neutral(train: _Train) -> Fixed:
    return _by_gender(train, train.own_neutral(), _EPSILON)


def _by_gender(train: _Train, samples: Sequence[Sample], epsilon: float = 0.0) -> Fixed:
    overall = train.scale(samples, epsilon)
    scales: dict[str, Scale] = {}
    for gender, clips in _grouped(samples, lambda s: s.gender).items():
        if len(clips) >= ENOUGH:
            scales[gender] = train.scale(clips, epsilon).or_else(overall)
    return Fixed(overall, scales)


def _speaker(train: _Train) -> _Choose:
    overall = train.scale(train.samples)

    def choose(dialogues: Sequence[Conversation]) -> Callable[[Sample], Scale]:
        there = [s for d in dialogues for s in d if train.feature in s.features]
        scales = {
            speaker: train.scale(clips).or_else(overall)
            for speaker, clips in _grouped(there, lambda s: s.speaker).items()
            if len(clips) >= ENOUGH
        }
        return lambda sample: scales.get(sample.speaker or "", overall)

    return choose


def _neutral_speaker(train: _Train) -> _Choose:
    general = _neutral(train)

    def choose(dialogues: Sequence[Conversation]) -> Callable[[Sample], Scale]:
        there = [s for d in dialogues for s in d if train.feature in s.features]
        enrolled = [s for s in there if s.id in train.neutral]
        means = {
            speaker: train.scale(clips).mean
            for speaker, clips in _grouped(enrolled, lambda s: s.speaker).items()
        }
        fallback = general(dialogues)

        def scale(sample: Sample) -> Scale:
            known = fallback(sample)
            mean = means.get(sample.speaker or "")
            if mean is None:
                return known
            return Scale(np.where(np.isnan(mean), known.mean, mean), known.deviation)

        return scale

    return choose


def _running(train: _Train) -> Running:
    start = train.scale(train.samples).mean
    means = past_means(train.dialogues, train.feature, start)
    left = [_values(s, train.feature) - means[s.id] for s in train.samples]
    return Running(train.feature, start, Scale.of(left).deviation)


def _grouped(
    samples: Iterable[Sample], group: Callable[[Sample], str | None]
) -> Mapping[str, list[Sample]]:
    """Samples by a group that is known."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for s in samples:
        if (name := group(s)) is not None:
            groups[name].append(s)
    return groups


_KNOW_THE_SPEAKER = frozenset({"speaker", "neutral-speaker"})
_FITS: Mapping[str, Callable[[_Train], _Choose | None]] = {
    "none": lambda train: None,
    "global": _global,
    "gender": _gender,
    "speaker": _speaker,
    "running": _running,
    "neutral": _neutral,
    "neutral-speaker": _neutral_speaker,
}
KINDS = tuple(_FITS)
"""All kinds."""
