"""How good replies are, of one system or of several side by side, as far as numbers can tell.

Intervals come from resampling talks, the same draws for all systems, so that differences are
paired. BLEU and chrF are those of sacrebleu (Post, WMT 2018) over the sums of a test set; ROUGE-L
is the mean F1 of longest common subsequences of words (Lin, 2004); distinct-n is the share of
different n-grams among all n-grams of words (Li et al., NAACL 2016), which has no interval, as
drawing again makes doubles. No number here tells whether a reply helps.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia import judges
from empathia.contracts import Progress, silent
from empathia.errors import MissingExtra, UsageError
from empathia.exemplars import encoding
from empathia.exemplars.encoding import Encode
from empathia.exemplars.ranking import copied
from empathia.judges.given import Given
from empathia.judges.given import read as given_of
from empathia.listen.language import detect_language
from empathia.metrics.bootstrap import RESAMPLES, Block, interval, resampled
from empathia.types import ELEMENTS, Empathy, FloatArray, Score

Floats = NDArray[np.float64]
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LOOKED_AT = 200  # replies by which a system's language is told
_SAME = 0.95  # cosine from which two replies are near-duplicates


@dataclass(frozen=True, slots=True)
class System:
    """A system's replies.

    Args:
        name: Of the file.
        replies: At least one.
        judged: What judges take each to be; () where they were not asked.
    """

    name: str
    replies: tuple[Given, ...]
    judged: tuple[Empathy, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a system.

    Args:
        name: Of the system.
        scores: By measure, with 95 % intervals where there are some.
        more: By measure, how much more it has than the first system on the replies to the same,
            paired; {} of the first.
    """

    name: str
    scores: Mapping[str, Score]
    more: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class _Column:
    """What a measure sums up.

    Args:
        sums: (replies, columns) what each reply adds.
        value: The measure of sums (columns,); NaN where it has none.
    """

    sums: Floats
    value: Callable[[Floats], float]


def read(
    paths: Sequence[Path], columns: Mapping[str, str] | None = None
) -> tuple[list[System], list[str]]:
    """Systems out of files, one each, and remarks on them.

    Raises:
        EmpathiaError: See :func:`empathia.judges.given.read`.
    """
    systems, notes = [], []
    names = [p.stem for p in paths]
    for path in paths:
        given, remarks = given_of(path, columns)
        name = path.stem if names.count(path.stem) == 1 else str(path)
        systems.append(System(name, tuple(given)))
        notes += [f"{name}: {r}" for r in remarks]
    return systems, notes


def measured(
    systems: Sequence[System],
    resamples: int = RESAMPLES,
    threads: int | None = None,
    progress: Progress = silent,
    models: bool = True,
) -> list[Measured]:
    """Figures of systems and, where references are known, of people and of floors.

    Args:
        systems: At least one; English replies are judged, others are not.
        resamples: How many test sets to draw; 0 gives no intervals.
        threads: Of the models.
        progress: Called as replies are judged.
        models: Whether to ask the judges and the sentence encoder, which takes most of the time.

    Raises:
        WeightsError: The sentence encoder or a judge is not here.
    """
    every = [*systems, *floors(max((s.replies for s in systems), key=_referred))]
    if not models:
        return measure(every, None, resamples)
    panel = judges.load(threads=threads)
    judged = []
    for system in every:
        pairs = [(g.context, g.reply) for g in system.replies]
        said = tuple(judges.judge(panel, pairs, progress)) if _english(system) else ()
        judged.append(replace(system, judged=said))
    encode = encoding.load("minilm" if all(map(_english, every)) else "e5-small", threads)
    return measure(judged, encode, resamples)


def _referred(replies: Sequence[Given]) -> int:
    return sum(bool(g.reference) for g in replies)


def _english(system: System) -> bool:
    return detect_language(g.reply for g in system.replies[:_LOOKED_AT]) in (None, "en")


def measure(
    systems: Sequence[System], encode: Encode | None = None, resamples: int = RESAMPLES
) -> list[Measured]:
    """Figures of each system; the first is what the others are compared with.

    Args:
        systems: At least one.
        encode: Sentence vectors, for similarity and near-duplicates; None leaves these out.
        resamples: How many test sets to draw; 0 gives no intervals.

    Raises:
        UsageError: There is no system.
        MissingExtra: sacrebleu is not installed.
    """
    if not systems:
        raise UsageError("there are no replies", "Name a file with replies")
    units = {u: i for i, u in enumerate(dict.fromkeys(u for s in systems for u in _units(s)))}
    columns = [_columns(s, encode) for s in systems]
    draws = [_draws(s, c, units, resamples) for s, c in zip(systems, columns, strict=True)]
    figures: list[Measured] = []
    every: list[_Sums] = list(zip(systems, columns, draws, strict=True))
    for of in every:
        more: dict[str, Score] = {}
        both = _contexts(systems[0]) & _contexts(of[0])
        if of is not every[0] and both:
            first, second = (_among(both, x, units, resamples) for x in (every[0], of))
            more = _more(first, second)
        figures.append(Measured(of[0].name, _scores(*of), more))
    return figures


_Sums = tuple[System, Mapping[str, _Column], Mapping[str, Floats]]


def _contexts(system: System) -> set[str]:
    return {g.context for g in system.replies}


def _among(contexts: Container[str], of: _Sums, units: Mapping[str, int], resamples: int) -> _Sums:
    """A system, its columns and their draws on its replies to some contexts alone."""
    system, columns, _ = of
    kept = np.array([g.context in contexts for g in system.replies])
    if kept.all():
        return of
    replies = tuple(g for g, k in zip(system.replies, kept, strict=True) if k)
    some = replace(system, replies=replies, judged=())
    fewer = {name: _Column(c.sums[kept], c.value) for name, c in columns.items()}
    return some, fewer, _draws(some, fewer, units, resamples)


def floors(replies: Sequence[Given], seed: int = 1) -> list[System]:
    """What replies have to be compared with: people's, and two that listen to nobody.

    Args:
        replies: Those with references are taken.
        seed: Of who gets whose reference.

    Returns:
        "people": the references themselves; "people, shuffled": those of other talks; "most
        frequent": one reference for all. [] without references.
    """
    known = [g for g in replies if g.reference]
    if not known:
        return []
    other = _of_other_talks(known, seed)
    often = Counter(g.reference for g in known).most_common(1)[0][0]
    texts = {
        "people": [g.reference for g in known],
        "people, shuffled": [known[other[i]].reference for i in range(len(known))],
        "most frequent": [often] * len(known),
    }
    return [
        System(
            name,
            tuple(
                replace(g, reply=r, reference="" if name == "people" else g.reference, exemplars="")
                for g, r in zip(known, said, strict=True)
            ),
        )
        for name, said in texts.items()
    ]


def _of_other_talks(replies: Sequence[Given], seed: int) -> dict[int, int]:
    """For each reply another one, each once, of another talk unless one talk has most of them.

    Talks stand side by side in an order that is drawn; a step as long as the longest leaves any.
    """
    talks = [_talk(g) for g in replies]
    sizes = Counter(talks)
    drawn = np.random.default_rng(seed).permutation(len(sizes)).tolist()
    rank = dict(zip(sizes, drawn, strict=True))
    order = sorted(range(len(talks)), key=lambda i: rank[talks[i]])
    step = max(sizes.values())
    return {i: order[(k + step) % len(order)] for k, i in enumerate(order)}


def _talk(given: Given) -> str:
    """Which talk a reply is of; where that is not known, what it answers, or its own row."""
    return given.dialogue or given.context or given.id


def _units(system: System) -> list[str]:
    return [_talk(g) for g in system.replies]


def _draws(
    system: System, columns: Mapping[str, _Column], units: Mapping[str, int], resamples: int
) -> dict[str, Floats]:
    """Each measure over the test sets that are drawn, (resamples,)."""
    if not resamples or len(units) < 2:
        return {}
    own = list(dict.fromkeys(_units(system)))
    place = {u: i for i, u in enumerate(own)}
    rows = np.array([place[u] for u in _units(system)])
    blocks = []
    for column in columns.values():
        sums = np.zeros((len(own), column.sums.shape[1]))
        np.add.at(sums, rows, column.sums)
        blocks.append(Block(np.array([units[u] for u in own]), sums))
    drawn = resampled(blocks, len(units), resamples)
    return {
        name: np.array([column.value(row) for row in sums])
        for (name, column), sums in zip(columns.items(), drawn, strict=True)
    }


def _score(name: str, column: _Column, drawn: Floats | None, n: int) -> Score:
    low, high = (None if drawn is None else interval(drawn)) or (None, None)
    return Score(name, column.value(column.sums.sum(0)), low, high, n)


def _scores(
    system: System, columns: Mapping[str, _Column], drawn: Mapping[str, Floats]
) -> dict[str, Score]:
    scores = {m: _score(m, c, drawn.get(m), len(c.sums)) for m, c in columns.items()}
    return scores | _distinct(system)


def _more(first: _Sums, second: _Sums) -> dict[str, Score]:
    """How much more the second has than the first, both on the same contexts."""
    before, after = _scores(*first), _scores(*second)
    figures = {}
    for name in [n for n in after if n in before]:
        paired = name in first[2] and name in second[2]
        low, high = (interval(second[2][name] - first[2][name]) if paired else None) or (None, None)
        value = after[name].value - before[name].value
        figures[name] = Score(name, value, low, high, after[name].n)
    return figures


def _columns(system: System, encode: Encode | None) -> dict[str, _Column]:
    """All measures that are sums over replies."""
    replies = system.replies
    texts = [g.reply for g in replies]
    figures = _against_references(replies)
    figures["length"] = _mean([float(len(_words(t))) for t in texts])
    said = [g.context.rpartition("\n")[2] for g in replies]
    figures["copied"] = _mean(
        [copied(t, s) if s else np.nan for t, s in zip(texts, said, strict=True)]
    )
    if any(g.exemplars for g in replies):
        taken = [copied(g.reply, g.exemplars) if g.exemplars else np.nan for g in replies]
        figures["from exemplars"] = _mean(taken)
    for name in ELEMENTS if system.judged else ():
        levels = [
            e.elements[name].expected if name in e.elements else np.nan for e in system.judged
        ]
        figures[name] = _mean(levels)
    if system.judged:
        figures["sentiment"] = _mean(
            [np.nan if e.sentiment is None else e.sentiment for e in system.judged]
        )
    if encode is not None:
        figures |= _by_meaning(replies, encode)
    return figures


def _mean(values: Sequence[float]) -> _Column:
    """The mean of what is known."""
    each = np.array(values, np.float64)
    known = ~np.isnan(each)
    sums = np.stack([np.where(known, each, 0.0), known.astype(np.float64)], axis=1)
    return _Column(sums, lambda s: float(s[0] / s[1]) if s[1] else float("nan"))


def _against_references(replies: Sequence[Given]) -> dict[str, _Column]:
    """BLEU-1 to 4, chrF and ROUGE-L; {} where no reference is known."""
    known = np.array([bool(g.reference) for g in replies])
    if not known.any():
        return {}
    told = [g.reply for g in replies]
    true = [g.reference for g in replies]
    figures = {f"BLEU-{n}": _of_sacrebleu(_bleu(n), told, true, known) for n in (1, 2, 3, 4)}
    figures["chrF"] = _of_sacrebleu(_chrf(), told, true, known)
    longest = [rouge_l(a, b) if b else np.nan for a, b in zip(told, true, strict=True)]
    figures["ROUGE-L"] = _mean(longest)
    return figures


def _bleu(order: int) -> Any:  # noqa: ANN401 - a metric of sacrebleu
    return _sacrebleu().BLEU(max_ngram_order=order, lowercase=True, force=True)


def _chrf() -> Any:  # noqa: ANN401
    return _sacrebleu().CHRF()


def _sacrebleu() -> Any:  # noqa: ANN401
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise MissingExtra("train", "BLEU and chrF") from error
    return metrics


def _of_sacrebleu(
    metric: Any,  # noqa: ANN401
    told: Sequence[str],
    true: Sequence[str],
    known: NDArray[np.bool_],
) -> _Column:
    """A corpus metric by the counts that sacrebleu sums up for its own tests of significance."""
    counts = np.array(metric._extract_corpus_statistics(told, [true]), np.float64)
    counts[~known] = 0

    def value(sums: Floats) -> float:
        whole = [round(x) for x in sums]
        return float(metric._compute_score_from_stats(whole).score)

    return _Column(counts, value)


def rouge_l(reply: str, reference: str) -> float:
    """F1 of the longest common subsequence of words, in [0, 1].

    >>> rouge_l("I am so sorry", "so very sorry")
    0.5714285714285714
    """
    a, b = _words(reply), _words(reference)
    if not a or not b:
        return 0.0
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], before + 1 if x == y else max(row[j], row[j - 1])
    return 2 * row[-1] / (len(a) + len(b))


def _by_meaning(replies: Sequence[Given], encode: Encode) -> dict[str, _Column]:
    """Cosine to the reference, and the share of replies that another one nearly is."""
    rows = encode([g.reply for g in replies])
    figures = {}
    if any(g.reference for g in replies):
        near = (rows * encode([g.reference or " " for g in replies])).sum(1)
        figures["similarity"] = _mean(
            [float(s) if g.reference else np.nan for s, g in zip(near, replies, strict=True)]
        )
    figures["near-duplicates"] = _mean(_doubled(rows).astype(np.float64).tolist())
    return figures


def _doubled(rows: FloatArray) -> NDArray[np.bool_]:
    """Whether another row lies within a cosine of .95, (n,)."""
    figures = np.zeros(len(rows), bool)
    for start in range(0, len(rows), 1024):
        some = rows[start : start + 1024] @ rows.T
        some[np.arange(len(some)), np.arange(start, start + len(some))] = -1
        figures[start : start + len(some)] = some.max(1, initial=-1) >= _SAME
    return figures


def _distinct(system: System) -> dict[str, Score]:
    figures = {}
    spoken = [_words(g.reply) for g in system.replies]
    for name, grams in (
        ("distinct-1", Counter(w for s in spoken for w in s)),
        ("distinct-2", Counter(p for s in spoken for p in pairwise(s))),
    ):
        if all_of := grams.total():
            figures[name] = Score(name, len(grams) / all_of, n=len(spoken))
    return figures


def _words(text: str) -> list[str]:
    return [w.lower() for w in _WORD.findall(text)]
