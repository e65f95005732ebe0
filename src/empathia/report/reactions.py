"""How figures of reactions look: a table each of emotion and features, a page, JSON, csv."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from pathlib import Path

from empathia import files
from empathia.evaluate.reactions import Evaluated
from empathia.evaluate.reactions.felt import MEASURES as OF_EMOTIONS
from empathia.evaluate.reactions.figures import Measured, Scores
from empathia.evaluate.reactions.shown import AS_PEOPLE, LESS, MEASURES
from empathia.evaluate.reactions.verdict import sentences
from empathia.files import Plain
from empathia.report import still
from empathia.report.escaping import escaped
from empathia.types import Score

_ORDER = (*OF_EMOTIONS, *MEASURES)


def tables(e: Evaluated) -> list[tuple[list[str], list[list[str]]]]:
    """Of the emotion and of each feature a header and a row a measure, a column a predictor.

    A star marks floors from which the predictor differs by more than chance (paired, 95 %).
    """
    made = []
    for what in dict.fromkeys(w for m in e.systems for w in m.scores):
        there = {x for m in e.systems for x in m.scores.get(what, {})}
        head = [what, *(m.name for m in e.systems)]
        body = [[x, *(_cell(m, what, x) for m in e.systems)] for x in _ORDER if x in there]
        made.append((head, body))
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


def _cell(measured: Measured, what: str, measure: str) -> str:
    score = measured.scores.get(what, {}).get(measure)
    if score is None:
        return ""
    a = measured.ahead.get(what, {}).get(measure)
    differs = a is not None and a.low is not None and a.high is not None and a.low * a.high > 0
    between = "" if score.low is None else f" [{_number(score.low)}, {_number(score.high)}]"
    return f"{_number(score.value)}{'*' * differs}{between}"


def _number(value: float | None) -> str:
    """Three decimals, or three digits of what is very small or large."""
    if value is None:
        return ""
    return f"{value:.3f}" if value == 0 or 0.001 <= abs(value) < 100 else f"{value:.3g}"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    names = "".join(f'<th scope="col">{escaped(name)}</th>' for name in head)
    rows = "\n".join(
        f'<tr><th scope="row">{escaped(name)}</th>'
        + "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in body
    )
    return (
        f'<section class="panel scroll whole" tabindex="0" role="region" aria-label='
        f'"{escaped(head[0])}">\n<table class="grid">\n<thead><tr>{names}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</section>"
    )


def _plain(scores: Scores) -> dict[str, Plain]:
    return {w: {m: _score(s) for m, s in each.items()} for w, each in scores.items()}


def _score(score: Score) -> dict[str, Plain]:
    return {"value": score.value, "low": score.low, "high": score.high, "n": score.n}
