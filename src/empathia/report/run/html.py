"""An evaluation as one HTML file that needs nothing else: no network, no script, no folder.

Every picture is in the file twice, for light and for dark screens, with its
content in words; every figure is in a table too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence

from empathia.evaluate import Evaluation
from empathia.evaluate.judged import SILENCES
from empathia.report import still
from empathia.report.escaping import escaped
from empathia.report.run.pictures import Picture
from empathia.report.run.wording import figure, measure_name, protocol, selection, span, value
from empathia.types import Score


def run_page(e: Evaluation, pictures: Mapping[str, tuple[Picture, bytes, bytes]]) -> str:
    """The whole page as text.

    Args:
        e: What to show.
        pictures: Its pictures by name, each with its svg for light and for dark screens.
    """
    filling = {
        "title": escaped(e.run.name),
        "facts": escaped(protocol(e)),
        "selection": escaped(selection(e)),
        "notes": _notes(e),
        "figures": _figures(e),
        "pictures": "\n".join(_picture(n, *p, len(e.labels)) for n, p in pictures.items()),
        "classes": _classes(e),
        "folds": _panel("folds", "Each fold", _parts([(n, s) for n, s in e.by_fold])),
        "slices": _panel("slices", "Each slice", _parts(_by_slice(e))),
        "confusion": _confusion(e),
        "provenance": escaped(
            json.dumps(e.run.plain(), indent=2, ensure_ascii=False, sort_keys=True)
        ),
    }
    return still.page("run", "run.css", filling)


def _notes(e: Evaluation) -> str:
    first = (
        "Gold labels are what raters perceived. An interval covers the choice of test dialogues."
    )
    items = "".join(f"<li>{escaped(n)}</li>" for n in e.notes)
    return f"<p>{first}</p>" + (f"<ul>{items}</ul>" if items else "")


def _picture(name: str, picture: Picture, light: bytes, dark: bytes, labels: int) -> str:
    def address(svg: bytes) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")

    large = " large whole" if name == "confusion" and labels > 12 else ""
    return (
        f'<section class="panel picture{large}"><h2>{escaped(picture.title)}</h2>'
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{address(dark)}">'
        f'<img src="{address(light)}" alt="{escaped(picture.alt)}"></picture></section>'
    )


def _panel(name: str, title: str, content: str) -> str:
    if not content:
        return ""
    return (
        f'<section class="panel whole" aria-labelledby="{name}"><h2 id="{name}">{title}</h2>\n'
        f"{content}\n</section>"
    )


def _table(head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A table; each row is (class of the row, its cells as HTML)."""
    top = "".join(f'<th scope="col">{escaped(h)}</th>' for h in head)
    body = "\n".join(
        f'<tr class="{kind}"><th scope="row">{cells[0]}</th>'
        + "".join(f"<td>{c}</td>" for c in cells[1:])
        + "</tr>"
        for kind, cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="grid"><thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(s: Score | None) -> str:
    if s is None:
        return "–"
    return f'{value(s.metric, s.value)}<span class="span">{span(s)}</span>'


def _figures(e: Evaluation) -> str:
    folds = {s.metric: s for s in e.fold_means}
    head = ["measure", "all test utterances"] + ["mean over folds"] * bool(folds)
    rows: list[tuple[str, list[str]]] = []
    for m in e.measures:
        cells = [escaped(measure_name(m.metric)), _cell(m)]
        cells += [_cell(folds.get(m.metric))] * bool(folds)
        cells += [value(m.metric, v) for v in e.by_seed.get(m.metric, ())]
        rows.append(("main" if m.metric == e.main else "", cells))
    for name, figures in e.baselines.items():
        cells = [
            f"floor: {escaped(name)}, {escaped(measure_name(e.main))}",
            value(e.main, figures[e.main]),
        ]
        rows.append(("floor", cells + [""] * (bool(folds) + len(e.seeds))))
    return _table([*head, *(f"seed {s}" for s in e.seeds)], rows)


def _classes(e: Evaluation) -> str:
    head = ("label", "precision", "recall", "F1", "gold items", "said (mean of seeds)")
    return _table(
        head,
        [
            (
                "",
                [
                    escaped(c.label),
                    *(figure(s) for s in (c.precision, c.recall, c.f1)),
                    f"{c.support:,}",
                    f"{c.predicted:,.0f}",
                ],
            )
            for c in e.classes
        ],
    )


def _by_slice(e: Evaluation) -> list[tuple[str, tuple[Score, ...]]]:
    names = list(dict.fromkeys(s.slice for s in e.slices))
    return [(n, tuple(s for s in e.slices if s.slice == n)) for n in names]


def _parts(parts: Sequence[tuple[str, tuple[Score, ...]]]) -> str:
    """Parts of the test set, one a row, with the measures that matter most."""
    if not parts:
        return ""
    names = [
        n
        for n in ("weighted_f1", "macro_f1", "micro_f1", "accuracy", "uar")
        if any(s.metric == n for _, scores in parts for s in scores)
    ]
    rows = []
    for name, scores in parts:
        known = {s.metric: s for s in scores}
        cells = [_cell(known.get(n)) for n in names]
        rows.append(("", [escaped(name.replace("=", ": ", 1)), f"{scores[0].n:,}", *cells]))
    return _table(["", "utterances", *map(measure_name, names)], rows)


def _confusion(e: Evaluation) -> str:
    return _table(
        ["gold", *e.labels, *SILENCES],
        [
            ("", [escaped(label), *(f"{n:,}" for n in row)])
            for label, row in zip(e.labels, e.confusion.tolist(), strict=True)
        ],
    )
