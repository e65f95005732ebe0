"""Is the gold label in an input: in a number, in a word, in a name?

Everything is learnt on training and tried on test: what only looks as if it
knew the label (a rare word, a fine grid) does not hold there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.audit.cases import Case, Cut, label_counts, most
from empathia.audit.finding import Finding, Severity, some
from empathia.audit.inputs import Columns
from empathia.audit.words import words

KNOWS = 98.0
"""Percent of new utterances that a single number, word or name gets right: no honest input of one
dimension comes near, the best acoustic measure separates two emotions at about 85."""
MARKED = 80.0
"""Percent of the utterances in which telling words must stand to be a leak: feelings have words of
their own, but few corpora in which people use them all the time."""
MANY = 20.0
"""Percent from which on they are worth a note: made-up sentences, or people told what to say."""
_BINS = 256
_FEW = 20  # test utterances of a class, below which its recall is no evidence

_Learner = tuple[NDArray[np.intp], NDArray[np.intp]]


class Clue(NamedTuple):
    """How well one thing tells the label: percent right, and of what share of the test."""

    name: str
    right: float
    share: float = 100.0


def gold(cuts: Sequence[Cut], all_cases: Sequence[Case], tables: Sequence[Columns]) -> Finding:
    """A gold label in a feature column, in a word or in a grouping."""
    cut = _first(cuts, all_cases)
    if cut is None:
        return Finding("gold", "note", "Too few labelled utterances to look for labels in inputs.")
    columns = [t for table in tables for t in _columns(table, cut)]
    groups = [_named(cut, f"grouping '{g}'", _grouping(g)) for g in _groups(cut)]
    spoken = _words(cut)
    leaks = [t for t in columns + groups if t.right >= KNOWS]
    if spoken.right >= KNOWS and spoken.share >= MARKED:
        leaks.append(spoken)
    best = sorted(columns + groups + [spoken], key=lambda t: -t.right * min(1, t.share / MARKED))
    severity: Severity = "wrong" if leaks else "fine"
    if leaks:
        named = some([f"{t.name} ({t.right:.1f} %)" for t in leaks], 3)
        sentence = f"The gold label stands in an input: {named} gets new utterances right."
    elif spoken.right >= KNOWS and spoken.share >= MANY:
        severity, best = "note", [spoken]
        sentence = (
            f"In {spoken.share:.0f} % of the test stand {spoken.name}: sentences that were made "
            "up, or a label in the words."
        )
    else:
        best = [t for t in best if t is not spoken] or best
        sentence = (
            f"No single number, word or grouping tells the label; the best is {best[0].name}."
        )
    bars = tuple((t.name, t.right, "%") for t in best[:5] if t.share > 0)
    figure = max((t.right for t in leaks), default=best[0].right)
    return Finding(
        "gold",
        severity,
        sentence,
        figure,
        "% right",
        bars,
        {"leaks": [t._asdict() for t in leaks[:50]]},
    )


def names(cuts: Sequence[Cut], all_cases: Sequence[Case]) -> Finding:
    """A gold label in ids and file names; loaders feed none of these, but a path might."""
    cut = _first(cuts, all_cases)
    clues = [] if cut is None else [_named(cut, n, read) for n, read in _name_parts(cut)]
    best = max(clues, key=lambda t: t.right, default=Clue("", 0.0))
    if best.right >= KNOWS:
        sentence = (
            f"{best.name[0].upper()}{best.name[1:]} tells the label ({best.right:.1f} % right): "
            "names of files and ids must not reach a model. The loaders of Empathia hand on none."
        )
        return Finding(
            "names", "note", sentence, best.right, "% right", ((best.name, best.right, "%"),)
        )
    sentence = "No part of the ids and file names tells the label."
    bars = ((best.name, best.right, "%"),) if clues else ()
    return Finding("names", "fine", sentence, best.right if clues else None, "% right", bars)


def _first(cuts: Sequence[Cut], all_cases: Sequence[Case]) -> Cut | None:
    """One fold, or every second utterance against the others where there are no parts."""
    labelled = [c for c in all_cases if c.label is not None]
    if cuts:
        train = tuple(c for c in cuts[0].train if c.label is not None)
        test = tuple(c for c in cuts[0].evaluated if c.label is not None)
    else:
        train, test = tuple(labelled[::2]), tuple(labelled[1::2])
    counts = label_counts(test)
    usable = len(train) >= _FEW and len(test) >= _FEW and len(counts) > 1
    return Cut("", train, (), test) if usable else None


def _columns(table: Columns, cut: Cut) -> Iterator[Clue]:
    """The best that each column does: at all labels, or at one against the others."""
    labels = sorted(label_counts(cut.train + cut.test))
    where = {x: i for i, x in enumerate(labels)}
    y_train = np.array([where[c.label or ""] for c in cut.train])
    y_test = np.array([where[c.label or ""] for c in cut.test])
    train = table.values[[c.place for c in cut.train]]
    test = table.values[[c.place for c in cut.test]]
    for i in range(table.width):
        # What a gap tells is asked by another check.
        there, evaluated = ~np.isnan(train[:, i]), ~np.isnan(test[:, i])
        binned = _binned(train[there, i], test[evaluated, i])
        if binned is not None:
            right = _tells(binned, y_train[there], y_test[evaluated])
            yield Clue(f"{table.name}: {table.names[i]}", right)


def _binned(train: NDArray[np.float64], test: NDArray[np.float64]) -> _Learner | None:
    """Bins of the values, each its own where they are few; None where there is little to bin."""
    known = np.unique(train)
    if len(known) < 2 or len(test) < _FEW:
        return None
    middles = (known[1:] + known[:-1]) / 2
    if len(middles) >= _BINS:
        middles = middles[np.linspace(0, len(middles) - 1, _BINS - 1).astype(int)]
    return np.searchsorted(middles, train), np.searchsorted(middles, test)


def _tells(binned: _Learner, y_train: NDArray[np.intp], y_test: NDArray[np.intp]) -> float:
    """Percent right, of all labels or of the one that is best told from the others.

    Both are means of recalls, so that a rare class or a common one gives nothing away.
    """
    x_train, x_test = binned
    k = int(max(y_train.max(), y_test.max())) + 1
    counts = np.zeros((int(max(x_train.max(), x_test.max())) + 1, k))
    np.add.at(counts, (x_train, y_train), 1)
    size, support = counts.sum(0), np.bincount(y_test, minlength=k)
    rates = counts / np.maximum(size, 1)
    right = rates.argmax(1)[x_test] == y_test
    there = support > 0
    recalls = np.bincount(y_test, right, minlength=k)[there] / support[there]
    others = (counts.sum(1, keepdims=True) - counts) / np.maximum(size.sum() - size, 1)
    says = (rates > others)[x_test]  # (test, labels)
    own = y_test[:, None] == np.arange(k)
    hit = (says & own).sum(0) / np.maximum(support, 1)
    spared = (~says & ~own).sum(0) / np.maximum(len(y_test) - support, 1)
    single = ((hit + spared) / 2)[support >= min(_FEW, support.max())]
    return 100 * float(max(recalls.mean(), single.max(initial=0.0)))


def _words(cut: Cut) -> Clue:
    """The word that best gives the label away, by what it did in training."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for c in cut.train:
        for word in set(words(c.said.text)):
            counts[word][c.label or ""] += 1
    purity = {w: max(n.values()) / n.total() for w, n in counts.items() if n.total() >= 5}
    telling = {w for w, p in purity.items() if p >= KNOWS / 100}
    hits = evaluated = 0
    for c in cut.test:
        mine = telling & set(words(c.said.text))
        if mine:
            word = max(mine, key=lambda w: (counts[w].total(), w))
            hits, evaluated = hits + (most(counts[word]) == c.label), evaluated + 1
    right = 100 * hits / evaluated if evaluated else 0.0
    shown = sorted(telling, key=lambda w: (-counts[w].total(), w))[:3]
    name = "words that stand with one label only" + f" ({some(shown, 3)})" * bool(shown)
    return Clue(name, right, 100 * evaluated / len(cut.test))


def _named(cut: Cut, name: str, read: Callable[[Case], str | None]) -> Clue:
    """How well a value tells the label: its commonest one in training."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for c in cut.train:
        if (value := read(c)) is not None:
            counts[value][c.label or ""] += 1
    labels = label_counts(cut.test)
    right: Counter[str] = Counter()
    for c in cut.test:
        value = read(c)
        if value in counts and most(counts[value]) == c.label:
            right[c.label or ""] += 1
    return Clue(name, 100 * sum(right[x] / n for x, n in labels.items()) / len(labels))


def _groups(cut: Cut) -> list[str]:
    return sorted({g for c in cut.test for g in c.said.groups})


def _grouping(name: str) -> Callable[[Case], str | None]:
    return lambda c: c.said.groups.get(name)


def _name_parts(cut: Cut) -> Iterator[tuple[str, Callable[[Case], str | None]]]:
    """Ways to read a part of an id: between its marks, and sign by sign."""
    ids = [c.said.id for c in cut.train]
    parts = max(len(_split(x)) for x in ids)
    for i in range(parts if parts > 1 else 0):
        yield f"part {i + 1} of the ids", _part(i)
    if len({len(x) for x in ids}) == 1:
        for i in range(len(ids[0])):
            yield f"sign {i + 1} of the ids", _sign(i)


def _part(i: int) -> Callable[[Case], str | None]:
    return lambda c: _at(_split(c.said.id), i)


def _sign(i: int) -> Callable[[Case], str | None]:
    return lambda c: _at(c.said.id, i)


def _split(name: str) -> list[str]:
    return re.split(r"[^0-9A-Za-z]+", name)


def _at(name: Sequence[str], i: int) -> str | None:
    return name[i] if i < len(name) else None
