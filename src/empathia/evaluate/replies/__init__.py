"""How good replies are, of one system or of several side by side, as far as numbers can tell.

Intervals come from resampling talks, the same draws for all systems, so that differences are
paired. BLEU and chrF are those of sacrebleu (Post, WMT 2018) over the sums of a test set; ROUGE-L
is the mean F1 of longest common subsequences of words (Lin, 2004); distinct-n is the share of
different n-grams among all n-grams of words (Li et al., NAACL 2016), which has no interval, as
drawing again makes doubles. No number here tells whether a reply helps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from empathia import judges
from empathia.contracts import Progress, silent
from empathia.evaluate.replies.figures import Measured, measure
from empathia.evaluate.replies.systems import PEOPLE, System, with_floors
from empathia.exemplars import encoding
from empathia.listen.language import detect_language
from empathia.metrics.bootstrap import RESAMPLES
from empathia.types import FloatArray

Losses = Callable[[Sequence[tuple[str, str]], Progress], list[FloatArray]]
"""Nats of each token of each reply, (tokens,), of (context, reply); the end token is the last."""
_LOOKED_AT = 200  # replies by which a system's language is told


def measured(
    systems: Sequence[System],
    resamples: int = RESAMPLES,
    threads: int | None = None,
    progress: Progress = silent,
    *,
    models: bool = True,
    losses: Losses | None = None,
) -> list[Measured]:
    """Figures of systems and, where references are known, of people and of floors.

    Args:
        systems: At least one; English replies are judged, others are not.
        resamples: How many test sets to draw; 0 gives no intervals.
        threads: Of the models.
        progress: Called as replies are judged.
        models: Whether to ask the judges and the sentence encoder, which takes most of the time.
        losses: What tells how likely replies are, of the systems and of people.

    Raises:
        WeightsError: The sentence encoder or a judge is not here.
    """
    every = with_floors(systems)
    names = {s.name for s in systems} | {PEOPLE}
    if losses is not None:
        every = [_read(s, losses, progress) if s.name in names else s for s in every]
    if not models:
        return measure(every, None, resamples)
    every = _judged(every, threads, progress)
    encode = encoding.load("minilm" if all(map(_english, every)) else "e5-small", threads)
    return measure(every, encode, resamples)


def _read(system: System, losses: Losses, progress: Progress) -> System:
    pairs = [(g.context, g.reply) for g in system.replies]
    return replace(system, losses=tuple(losses(pairs, progress)))


def _judged(systems: Sequence[System], threads: int | None, progress: Progress) -> list[System]:
    """Systems with what judges take their English replies, and the emotion in them, to be."""
    panel, feeling = judges.load(threads=threads), judges.load(["emotion"], threads=threads)
    judged = []
    for system in systems:
        if not _english(system):
            judged.append(system)
            continue
        pairs = [(g.context, g.reply) for g in system.replies]
        texts = list(dict.fromkeys(t for g in system.replies for t in (g.reply, g.reference) if t))
        # This judge reads contexts: each text stands alone, for one.
        told = judges.judge(feeling, [(t, "") for t in texts], progress)
        labels = {t: e.emotion.label for t, e in zip(texts, told, strict=True) if e.emotion}
        said = tuple(judges.judge(panel, pairs, progress))
        emotions = {t: x for t, x in labels.items() if x is not None}
        judged.append(replace(system, judged=said, emotions=emotions))
    return judged


def _english(system: System) -> bool:
    return detect_language(g.reply for g in system.replies[:_LOOKED_AT]) in (None, "en")
