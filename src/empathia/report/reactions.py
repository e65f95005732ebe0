"""How figures of reactions look: a table each of emotion and features, a page, JSON, csv."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path

from empathia import files
from empathia.evaluate.reactions import Evaluated
from empathia.evaluate.reactions.felt import MEASURES as OF_EMOTIONS
from empathia.evaluate.reactions.figures import Measured, Scores
from empathia.evaluate.reactions.shown import AS_PEOPLE, LESS, MEASURES
from empathia.evaluate.reactions.systems import PEOPLE
from empathia.evaluate.reactions.verdict import sentences
from empathia.files import Plain
from empathia.report import still
from empathia.report.escaping import escaped
from empathia.types import Score

_ORDER = (*OF_EMOTIONS, *MEASURES)
_SCALED = LESS | AS_PEOPLE | {"frdiv"}  # as small as the feature's numbers are


def tables(e: Evaluated) -> list[tuple[list[str], list[list[str]]]]:
    """Of the emotion and of each feature a header and a row a measure, a column a predictor.

    A star marks floors from which the predictor differs by more than chance (paired, 95 %). Who
    foretells nothing of it has no column, but for the predictor itself.
    """
    made = []
    for what in _measured(e):
        shown = [e.systems[0], *(m for m in e.systems[1:] if _tells(m, what))]
        there = {x for m in shown for x in m.scores.get(what, {})}
        body = [_row(shown, what, x) for x in _ORDER if x in there]
        made.append(([what, *(m.name for m in shown)], body))
    return made


def remarks(e: Evaluated) -> list[str]:
    """What a reader of the tables has to know, a line each."""
    left_out = ", ".join(f"{n} {why}" for why, n in e.run.dropped.items())
    seeds = len({f.seed for f in e.run.folds})
    unfit = "; ".join(f"{floor}: {why}" for floor, why in e.run.unfit.items())
    shown = {x for m in e.systems for each in m.scores.values() for x in each}
    less, alike = (", ".join(x for x in _ORDER if x in shown & s) for s in (LESS, AS_PEOPLE))
    lines = [
        f"{e.pairs} pairs of {e.dialogues} dialogues, {seeds} seed{'s' * (seeds > 1)}",
        f"no pairs, over seeds and folds: {left_out}" if left_out else "",
        f"less is better of {less}" if less else "",
        f"neither more nor less is better of {alike}: compare with people" if alike else "",
        f"floors that could not learn this: {unfit}" if unfit else "",
        *_silent(e),
        *sentences(e.systems, e.verdicts),
    ]
    return [line for line in lines if line]


def page(e: Evaluated) -> str:
    """Tables and remarks as one HTML file that needs nothing else: no network, no script."""
    filling = {
        "title": escaped(e.run.name),
        "predictor": escaped(e.run.predictor),
        "remarks": "\n".join(f"<li>{escaped(line)}</li>" for line in remarks(e)),
        "tables": "\n".join(_table(*t) for t in tables(e)),
    }
    return still.page("reactions", "run.css", filling)


def to_json(e: Evaluated) -> dict[str, Plain]:
    """All figures; ``docs/json.md`` lists the keys."""
    return {
        "run": e.run.name,
        "predictor": e.run.predictor,
        "pairs": e.pairs,
        "dialogues": e.dialogues,
        "left_out": dict(e.run.dropped),
        "unfit": dict(e.run.unfit),
        "systems": [
            {"name": m.name, "measures": _plain(m.scores), "ahead": _plain(m.ahead)}
            for m in e.systems
        ],
        "verdicts": [
            {**dataclasses.asdict(v), "ahead": None if v.ahead is None else _score(v.ahead)}
            for v in e.verdicts
        ],
        "sentences": sentences(e.systems, e.verdicts),
    }


def write(folder: Path, e: Evaluated) -> None:
    """Write evaluation.json, report.html and figures.csv into a folder, made where missing."""
    folder.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    head = ["predictor", "what", "measure", "value", "low", "high", "n"]
    rows.writerow([*head, "ahead", "ahead_low", "ahead_high"])
    for m in e.systems:
        for what, scores in m.scores.items():
            for name, s in scores.items():
                a = m.ahead.get(what, {}).get(name)
                against = [None] * 3 if a is None else [a.value, a.low, a.high]
                rows.writerow([m.name, what, name, s.value, s.low, s.high, s.n, *against])
    files.write_text(folder / "figures.csv", out.getvalue())
    files.write_text(folder / "report.html", page(e))
    text = json.dumps(to_json(e), ensure_ascii=False, indent=1)
    files.write_text(folder / "evaluation.json", f"{text}\n")


def _measured(e: Evaluated) -> list[str]:
    return list(dict.fromkeys(w for m in e.systems for w in m.scores))


def _tells(measured: Measured, what: str) -> bool:
    """Whether there is more to say of a system than how much it answers."""
    return bool(measured.scores.get(what, {}).keys() - {"covered"})


def _silent(e: Evaluated) -> list[str]:
    """Which floors foretell nothing of what is measured, a line each."""
    floors = [m for m in e.systems[1:] if m.name != PEOPLE]
    silent = {w: [m.name for m in floors if not _tells(m, w)] for w in _measured(e)}
    return [
        f"{what}: {', '.join(names)} foretell{'s' * (len(names) == 1)} none"
        for what, names in silent.items()
        if names
    ]


def _row(shown: Sequence[Measured], what: str, measure: str) -> list[str]:
    scores = [m.scores.get(what, {}).get(measure) for m in shown]
    digits = _decimals([s.value for s in scores if s is not None]) if measure in _SCALED else 3
    return [measure, *(_cell(m, what, measure, digits) for m in shown)]


def _cell(measured: Measured, what: str, measure: str, digits: int) -> str:
    score = measured.scores.get(what, {}).get(measure)
    if score is None:
        return ""
    a = measured.ahead.get(what, {}).get(measure)
    differs = a is not None and a.low is not None and a.high is not None and a.low * a.high > 0
    value, low, high = (_number(x, digits) for x in (score.value, score.low, score.high))
    return f"{value}{'*' * differs}{f' [{low}, {high}]' if low else ''}"


def _decimals(values: Sequence[float]) -> int:
    """Of all figures of a row: two digits of the least one, three decimals at least.

    What is less than a hundredth of the largest reads as nothing beside it, and doesn't count.
    """
    sizes = [abs(v) for v in values if math.isfinite(v)]
    most = max(sizes, default=0.0)
    least = min((s for s in sizes if s >= most / 100), default=0.0)
    wanted = 1 - math.floor(math.log10(least)) if least else 0
    return max(wanted, 3 if most < 100 else 0)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{round(value, digits) + 0:.{digits}f}"  # + 0: no "-0.000"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    names = "".join(f'<th scope="col">{escaped(name)}</th>' for name in head)
    rows = "\n".join(
        f'<tr><th scope="row">{escaped(name)}</th>'
        + "".join(f"<td>{_stacked(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in body
    )
    return (
        f'<section class="panel scroll whole" tabindex="0" role="region" aria-label='
        f'"{escaped(head[0])}">\n<table class="grid stacked">\n<thead><tr>{names}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</section>"
    )


def _stacked(cell: str) -> str:
    """A figure with its interval below it: beside it nine columns are wider than a screen."""
    value, opens, interval = cell.partition(" [")
    return escaped(value) + f'<span class="span">[{escaped(interval)}</span>' * bool(opens)


def _plain(scores: Scores) -> dict[str, Plain]:
    return {w: {m: _score(s) for m, s in each.items()} for w, each in scores.items()}


def _score(score: Score) -> dict[str, Plain]:
    return {"value": score.value, "low": score.low, "high": score.high, "n": score.n}
