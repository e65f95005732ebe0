"""An answer out of those that were written, to the kind of thing that was told.

A small model of what people tell says which kind it is ("a pet died", "passed, won, achieved");
the feeling that was recognised, from words, voice and face, speaks against kinds of another tone.
Where no kind is likely, the answer fits whatever sounds good or hard, or is open. Lines bring in
nothing that was not said; none comes twice in a talk while there is another.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from empathia.config import complete
from empathia.contracts import Tools
from empathia.errors import WeightsError
from empathia.files import Plain
from empathia.replies import rules
from empathia.replies.rules.safety import language_of
from empathia.replies.rules.tone import NEGATIVE, tone_of
from empathia.replies.select import kinds
from empathia.replies.select.kinds import Kind, Kinds
from empathia.types import ANY, Emotion, Exemplar, FloatArray, Reply, Tell, Turn, Wish

OPTIONS: Mapping[str, Plain] = {
    "least": 0.5,  # share that a kind needs to be answered as such
}
SOURCE = "select"
_ASKS = re.compile(r"\?|\b[Tt]ell me\b|\bhear more\b|이야기해|듣고 싶|들려")  # asks for more
_CONTRARY = 0.02  # what is left of a kind whose tone the feeling rules out
_NEXT = 0.5  # a kind answers beside the likeliest from this share of it on
_TOLD = 0.3  # share of good and hard kinds together from which on a telling is one of them,
_CLEAR = 3.0  # where one of the two has so many times the other's
_FELT = 0.6  # ... and most of the feeling that was recognised is so
_GLAD = 0.45  # share of joy in a feeling from which on anything sounds good


class Selected:
    """A generator that answers with a written line.

    Args:
        least: Share that a kind needs to be answered as such.
        threads: For the encoder; None takes all cores.

    Attributes:
        weights: Names of the weights that it works with.
    """

    weights: Sequence[str] = (kinds.WEIGHT,)

    def __init__(self, least: float, threads: int | None) -> None:
        self._least, self._threads = least, threads
        self._kinds: dict[str, Kinds] = {}

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """Lines for the last turn, or the rules' reply with the reason.

        Raises:
            UsageError: There is no turn.
        """
        if not turns:
            return [rules.answer(turns)]
        spoken = _spoken(turns)
        if not (turns[-1].utterance.text or "").strip():
            return [rules.answer(turns, note="no words to answer", wish=wish)]
        language = turns[-1].utterance.language or language_of(turns)
        if language not in kinds.LANGUAGES:
            note = f"no lines are written in '{language}'"
            return [rules.answer(turns, note=note, wish=wish)]
        try:
            known = self._known(language)
        except WeightsError as error:
            return [rules.answer(turns, note=str(error), wish=wish)]
        shares = known.likely(spoken) * _agreeing(known.written.kinds, turns[-1].emotion)
        shares /= shares.sum()
        return list(islice(self._replies(known, shares, turns, wish), wish.candidates))

    def _known(self, language: str) -> Kinds:
        if language not in self._kinds:
            self._kinds[language] = kinds.load(language, self._threads)
        return self._kinds[language]

    def _replies(
        self, known: Kinds, shares: FloatArray, turns: Sequence[Turn], wish: Wish
    ) -> Iterator[Reply]:
        """Replies, the likeliest kind's first; at least one."""
        to, texts = turns[-1].utterance.id, known.written
        least = max(self._least, _NEXT * float(shares.max()))
        likely = [i for i in np.argsort(-shares, kind="stable") if shares[i] >= least]
        for i in likely:
            kind, bank = texts.kinds[i], f"{SOURCE}-{known.language}"
            told, like = known.nearest(kind, _spoken(turns))
            why = f"taken for “{kind.name}” ({shares[i]:.0%})"
            for line in _lines(kind.lines, turns, wish):
                shown = Exemplar(kind.name, bank, told, line, kind.tone, like)
                yield Reply(to, line, SOURCE, exemplars=(shown,), why=why)
        if not likely:
            sounds = _sounds(texts.kinds, shares, turns[-1].emotion)
            for line in _lines(texts.anyway[sounds], turns, wish):
                yield Reply(to, line, SOURCE, why=f"of no kind that is known, sounds {sounds}")


def load(options: Mapping[str, Plain], tools: Tools) -> Selected:
    """The generator.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
    """
    chosen = complete(options, OPTIONS, "the reply generator 'select'")
    return Selected(chosen.number("least"), tools.threads)


def _spoken(turns: Sequence[Turn]) -> list[str]:
    """Words of the turns that have some, each in one line."""
    lines = (" ".join((t.utterance.text or "").split()) for t in turns)
    return [line for line in lines if line]


def _felt(emotion: Emotion | None) -> tuple[float, float] | None:
    """Shares of a feeling that are good and hard; None where nothing was recognised."""
    if emotion is None or not sum(emotion.scores):
        return None
    tones = [tone_of(label) for label in emotion.labels.labels]
    good = sum(s for t, s in zip(tones, emotion.scores, strict=True) if t == "joy")
    hard = sum(s for t, s in zip(tones, emotion.scores, strict=True) if t in NEGATIVE)
    return good / sum(emotion.scores), hard / sum(emotion.scores)


def _agreeing(known: Sequence[Kind], emotion: Emotion | None) -> FloatArray:
    """How far each kind's tone agrees with a feeling, in [_CONTRARY, 1]."""
    felt = _felt(emotion)
    if felt is None:
        return np.ones(len(known), np.float32)
    good, hard = felt
    other = 1 - good - hard
    far = {"joy": good + other / 2, "surprise": (1 + other) / 2, "neutral": 1.0}
    return np.array([max(_CONTRARY, far.get(k.tone, hard + other / 2)) for k in known], np.float32)


def _sounds(known: Sequence[Kind], shares: FloatArray, emotion: Emotion | None) -> str:
    """Whether a telling sounds "good", "hard", or neither ("open"); feeling counts first."""
    felt = _felt(emotion)
    if felt is not None and felt[0] >= _GLAD and felt[0] > 2 * felt[1]:
        return "good"
    good = sum(float(p) for k, p in zip(known, shares, strict=True) if k.tone == "joy")
    hard = sum(float(p) for k, p in zip(known, shares, strict=True) if k.tone in NEGATIVE)
    if good + hard < _TOLD or max(good, hard) < _CLEAR * min(good, hard):
        return "open"
    name, share = ("good", 0) if good > hard else ("hard", 1)
    return name if felt is None or felt[share] >= _FELT else "open"


def _lines(lines: Sequence[str], turns: Sequence[Turn], wish: Wish) -> list[str]:
    """Lines in an order drawn by the turn, those not said yet first, as many ask as is wanted."""
    before = {t.reply.text for t in turns[:-1] if t.reply is not None}
    before |= {t.utterance.text or "" for t in turns[:-1]}
    asks = wish.empathy.get("exploration")
    fit = list(lines)
    if asks == 0:
        fit = [x for x in lines if not _ASKS.search(x)] or fit
    elif asks == 2:
        fit = [x for x in lines if "?" in x] or fit
    seed = f"{len(turns)}\0{turns[-1].utterance.text}".encode("utf-8", "surrogatepass")
    drawn = random.Random(seed)  # noqa: S311 - no secret
    return sorted(drawn.sample(fit, len(fit)), key=before.__contains__)
