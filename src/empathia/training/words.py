"""Reading the words of one utterance: what is read, and what its scores are worth.

For recognisers that see an utterance's words alone. They abstain where there are no words, where
the words are in a language that they do not know, and where they are too unsure.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.files import Plain
from empathia.metrics.calibration import fit_bias_corrected
from empathia.metrics.scores import Array, sigmoid, softmax
from empathia.metrics.thresholds import best_thresholds, coverage_threshold
from empathia.training.keeping import ARRAYS, VALUES, positive
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id, corpus_of
from empathia.types import About, FloatArray, Sample

NO_WORDS = "no words"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted on validation answers.

    Args:
        thresholds: (labels,) where the independent score of a label means "there".
        temperature: T of the exclusive scores ``softmax(logits / T + bias)``.
        bias: (labels,).
        threshold: Confidence under which the recogniser abstains.
        accuracy_below, accuracy_above: Share of right answers on either side of it.
        views: By corpus, what stands in place of ``bias`` for its own texts: it knows how often
            that corpus gives each label.
    """

    thresholds: tuple[float, ...]
    temperature: float
    bias: tuple[float, ...]
    threshold: float
    accuracy_below: float | None = None
    accuracy_above: float | None = None
    views: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        logits: NDArray[np.floating],
        gold: NDArray[np.bool_],
        coverage: float,
        fitted: tuple[float, NDArray[np.float64]] | None = None,
    ) -> Calibration:
        """The calibration by validation logits.

        Args:
            logits: (items, labels).
            gold: (items, labels), at least one true an item.
            coverage: Share of items that are to be answered, in [0, 1].
            fitted: Temperature and bias, where they are not to be those of the likeliest union.
        """
        temperature, bias = fitted or fit_bias_corrected(logits, gold)
        p = softmax(logits / temperature + bias)
        right = gold[np.arange(len(p)), p.argmax(1)]
        threshold = coverage_threshold(p.max(1), coverage)
        below = p.max(1) < threshold
        return cls(
            tuple(best_thresholds(sigmoid(logits), gold).tolist()),
            temperature,
            tuple(bias.tolist()),
            threshold,
            float(right[below].mean()) if below.any() else None,
            float(right[~below].mean()),
        )

    def at(self, thresholds: Array, views: Mapping[str, Array] | None = None) -> Calibration:
        """The same with other thresholds and views, (labels,) each."""
        seen = {corpus: tuple(view.tolist()) for corpus, view in (views or {}).items()}
        return replace(self, thresholds=tuple(thresholds.tolist()), views=seen)

    @classmethod
    def restored(cls, values: dict[str, float]) -> Calibration:
        """The calibration of which :meth:`plain` gave ``values``.

        Raises:
            TypeError: One is missing, or there are others.
            ValueError: They do not fit each other.
        """
        calibration = cls(**values)  # type: ignore[arg-type]
        pairs = {n: tuple(map(float, getattr(calibration, n))) for n in ("thresholds", "bias")}
        numbers = {
            "temperature": positive(calibration.temperature),
            "threshold": float(calibration.threshold),
        }
        rows = [pairs["bias"], *dict(calibration.views).values()]
        if any(len(row) != len(pairs["thresholds"]) for row in rows):
            raise ValueError("its thresholds, bias and views are not of as many labels")
        return cls(**{**values, **pairs, **numbers})  # type: ignore[arg-type]

    def plain(self) -> dict[str, Plain]:
        """As values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class WordReader:
    """Reads utterances, each by its own words.

    Args:
        logits: Texts to raw scores, (texts, labels) float32.
        calibration: What they are worth.
        languages: ISO 639-1 codes of what it reads.
        own_script: Whether a text whose language is not known may be read.
        exclusive: Answer with scores that sum to 1, else with independent ones.
        several: Raw scores of each label on its own, where they are others.
    """

    logits: Callable[[Sequence[str]], FloatArray]
    calibration: Calibration
    languages: tuple[str, ...]
    own_script: Callable[[str], bool]
    exclusive: bool = True
    several: Callable[[Sequence[str]], FloatArray] | None = None

    def scores(self, texts: Sequence[str], corpora: Sequence[str] = ()) -> Array:
        """(texts, labels) calibrated scores that sum to 1.

        Args:
            texts: Any number.
            corpora: Of which corpus each is, "" for none; () for none at all.
        """
        c = self.calibration
        views = np.array([c.views.get(x, c.bias) for x in corpora or ("",)])
        return softmax(self.logits(texts) / c.temperature + views)

    def independent(self, texts: Sequence[str]) -> Array:
        """(texts, labels) probability of each label on its own, for several at a time.

        A label is there from its threshold on.
        """
        return sigmoid((self.several or self.logits)(texts))

    def answer(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`."""
        read = [s for d in dialogues for s in d if self.cannot(s) is None]
        if not read:
            return {}
        texts = [s.text or "" for s in read]
        if not self.exclusive:
            return by_id(read, self.independent(texts))
        return by_id(read, self.scores(texts, [corpus_of(s) for s in read]))

    def cannot(self, sample: Sample) -> str | None:
        """Why a sample is not to be read, or None."""
        return unread(sample, self.languages, self.own_script)

    def recogniser(
        self,
        about: About,
        folder: Path,
        change: str,
        record: Mapping[str, Plain] | None = None,
    ) -> Model:
        """The recogniser that reads so.

        Args:
            about: What it is.
            folder: Its files lie there, and are copied where it is kept.
            change: Name of the file of the tuned layers.
            record: The course of its training.
        """

        def write(new: Path) -> None:
            for name in (ARRAYS, VALUES, change):
                shutil.copyfile(folder / name, new / name)

        bound = self.calibration.threshold
        return Model(about, self.answer, record or {}, write, cannot=self.cannot, threshold=bound)


def unread(
    sample: Sample, languages: Sequence[str], own_script: Callable[[str], bool]
) -> str | None:
    """Why the words of a sample are not to be read, or None.

    Args:
        sample: An utterance.
        languages: ISO 639-1 codes of what is read.
        own_script: Whether a text whose language is not known may be read.
    """
    if sample.text is None or not any(c.isalnum() for c in sample.text):
        return NO_WORDS
    if sample.language is None:
        return None if own_script(sample.text) else "its language is not known"
    spoken = code(sample.language)
    if spoken in languages:
        return None
    known = ", ".join(languages)
    return f"it knows {known}, the words are in {'another language' if spoken == 'und' else spoken}"


def code(language: str) -> str:
    """The language alone of a code that may tell a country, too: "en" of "en_GB"."""
    return language.lower().replace("_", "-").split("-")[0]


def latin(text: str) -> bool:
    """Whether most letters are Latin (all of that script lies below U+0250 or at U+1E00)."""
    letters = [c for c in text if c.isalpha()]
    return sum(c < "ɐ" or "Ḁ" <= c <= "ỿ" for c in letters) >= 0.5 * len(letters)
