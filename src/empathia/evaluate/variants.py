"""What a part of a run is worth: the run beside variants that lack a corpus or set an option."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia.bench.results import read_results
from empathia.config import Run
from empathia.errors import UsageError
from empathia.evaluate.ablation import MEASURES
from empathia.evaluate.comparison import Comparison, Row, compare
from empathia.files import Plain
from empathia.types import Score


@dataclass(frozen=True, slots=True)
class Varied:
    """A run and its variants on the same test utterances.

    Args:
        names: Of the rows; the first is the whole run.
        comparisons: One a measure, rows as ``names``; differences are to the whole.
    """

    names: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


def without(run: Run, corpora: Sequence[str] | None) -> dict[str, Run]:
    """Variants that do not learn from a corpus, by what people call them.

    Args:
        run: The whole.
        corpora: One variant each; None for all that only teach.

    Raises:
        UsageError: A corpus is unknown or evaluated on, or there is none that only teaches.
    """
    tested = run.data.evaluated_on or run.data.corpora
    taught = run.data.learnt_from or run.data.corpora
    teaching = [c for c in taught if c not in tested]
    if not teaching:
        raise UsageError(
            f"{run.file} has no corpus to leave out: it is evaluated on each of "
            f"{', '.join(tested)}",
            "Name in data.evaluated_on those that are tested; the others only teach",
        )
    for name in corpora or ():
        if name not in teaching:
            what = "is evaluated on" if name in tested else "does not learn from"
            raise UsageError(
                f"{run.file} {what} '{name}', which cannot be left out "
                f"(what can: {', '.join(teaching)})",
                "Name some of these, or all",
            )
    return {
        f"without {name}": _learning_from(run, [c for c in taught if c != name])
        for name in corpora or teaching
    }


def _learning_from(run: Run, corpora: Sequence[str]) -> Run:
    return dataclasses.replace(run, data=dataclasses.replace(run.data, learnt_from=tuple(corpora)))


def check_question(run: Run, variants: Mapping[str, Run]) -> None:
    """Refuse variants that are asked something else, which has no difference to the whole.

    Raises:
        UsageError: Labels, or what is tested, are not those of the whole.
    """
    for name, variant in variants.items():
        if _question(variant) != _question(run):
            raise UsageError(
                f"'{name}' changes what is asked; a variant may change how and from what is learnt",
                "Change it in all rows, or train two run files and 'empathia compare' them",
            )


def _question(run: Run) -> object:
    d = run.data
    tested = d.evaluated_on or d.corpora
    options = {c: d.options.get(c) for c in tested}
    kind = d.targets == "multi"
    return (
        (run.own_labels, d.labels, kind, tested, options),
        (d.limit, d.protocol, d.folds, d.listed),
    )


def varied(whole: Path, variants: Mapping[str, Path], resamples: int) -> Varied:
    """Measure a run and its variants, on the same resampled dialogues.

    Args:
        whole: Folder of the run.
        variants: Folders of the others, by name.
        resamples: For the intervals.
    """
    runs = [read_results(f) for f in (whole, *variants.values())]
    comparisons = tuple(compare(runs, m, resamples) for m in MEASURES)
    return Varied(("whole", *variants), comparisons)


def as_json(varied: Varied) -> dict[str, Plain]:
    """Plain values; ``difference`` is the variant's figure less that of the whole."""
    first = varied.comparisons[0]
    rows: list[Plain] = [
        {"name": name, "measures": {c.metric: _plain(c.rows[i]) for c in varied.comparisons}}
        for i, name in enumerate(varied.names)
    ]
    return {"utterances": first.utterances, "dialogues": first.dialogues, "rows": rows}


def _plain(row: Row) -> dict[str, Plain]:
    gap = row.difference
    to_whole = {} if gap is None else {"difference": {**_ends(gap), "p": row.p}}
    return {**_ends(row.score), **to_whole}


def _ends(score: Score) -> dict[str, Plain]:
    return {"value": score.value, "low": score.low, "high": score.high}
