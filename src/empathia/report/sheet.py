"""The page of a blind sheet, and how its ratings look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from empathia.evaluate.sheets import FAULTS, Item, Ratings, digest
from empathia.files import Plain

_PAGE = Path(__file__).with_name("assets") / "sheet.html"


def page(items: Sequence[Item]) -> str:
    """A page that holds the replies and nothing of whose they are."""
    groups = [
        {"context": context, "replies": [{"id": i.id, "reply": i.reply} for i in same]}
        for context, same in groupby(items, lambda i: i.context)
    ]
    told = {"id": digest(items), "faults": FAULTS, "groups": groups}
    sheet = json.dumps(told, ensure_ascii=False)
    safe = sheet.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _PAGE.read_text(encoding="utf-8").replace("/*sheet*/null", safe)


def rows(ratings: Ratings) -> tuple[list[str], list[list[str]]]:
    """A header and a row a system, the least faulted first."""
    ordered = sorted(ratings.systems, key=lambda s: (s.replies == 0, s.faulted.value))
    body = []
    for s in ordered:
        f = s.faulted
        between = "" if f.low is None else f" [{f.low:.0%}, {f.high:.0%}]"
        shares = [f"{s.faults[x]:.0%}" for x in FAULTS]
        body.append([s.name, str(s.replies), f"{f.value:.0%}{between}", *shares])
    return ["system", "replies", "faulted", *FAULTS], body


def agreement(ratings: Ratings) -> str:
    """How far the raters agree, in a line."""
    who = ", ".join(ratings.raters)
    if len(ratings.raters) < 2:
        return f"rated by {who} alone: how far raters agree is not known"
    return (
        f"rated by {who}: Fleiss' kappa {ratings.kappa:.2f}, Krippendorff's alpha "
        f"{ratings.alpha:.2f} (faulted or not)"
    )


def to_json(ratings: Ratings) -> dict[str, Plain]:
    """All of it; ``docs/json.md`` lists the keys."""
    return {
        "raters": list(ratings.raters),
        "kappa": None if ratings.kappa != ratings.kappa else ratings.kappa,
        "alpha": None if ratings.alpha != ratings.alpha else ratings.alpha,
        "systems": [
            {
                "name": s.name,
                "replies": s.replies,
                "faulted": {"value": s.faulted.value, "low": s.faulted.low, "high": s.faulted.high},
                "faults": dict(s.faults),
            }
            for s in ratings.systems
        ],
    }
