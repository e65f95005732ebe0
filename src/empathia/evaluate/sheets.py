"""Blind sheets: people say what is wrong with replies and do not know whose they are.

A sheet holds replies of several systems to the same contexts, in an order that is drawn; whose
each is stands in a key that raters do not get. What they say comes back as files, and becomes the
share of each system's replies that are faulted, with an interval over contexts, and how far the
raters agree.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from empathia import files, tables
from empathia.errors import InputError, UsageError
from empathia.evaluate.replies.systems import System
from empathia.metrics.agreement import fleiss_kappa, krippendorff_alpha
from empathia.metrics.bootstrap import RESAMPLES, Block, interval, resampled
from empathia.types import Score

FAULTS: Mapping[str, str] = {
    "repeats": "repeats itself, or a reply from before",
    "parrots": "only gives back what was said",
    "advises": "gives advice that nobody asked for",
    "invents": "makes up a story, or things that nobody said",
    "off": "is off the point, makes no sense, or has the wrong tone",
}
"""What can be wrong with a reply."""
FINE = "fine"
HEAD = ("id", "context", "reply", "faults")


@dataclass(frozen=True, slots=True)
class Item:
    """A reply to be rated.

    Args:
        id: In its sheet, "1a" for the first reply to the first context.
        context: What it answers, a line a turn.
        reply: The words.
        system: Whose it is; stands in the key alone.
    """

    id: str
    context: str
    reply: str
    system: str


@dataclass(frozen=True, slots=True)
class Rated:
    """What raters say of a system.

    Args:
        name: Of the system.
        replies: How many were rated.
        faulted: Share with any fault, mean of the raters, with a 95 % interval.
        faults: Share with each fault.
    """

    name: str
    replies: int
    faulted: Score
    faults: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ratings:
    """What came back.

    Args:
        systems: In the order of the key.
        raters: Their names.
        kappa: Fleiss' kappa of faulted or not; NaN with a single rater.
        alpha: Krippendorff's alpha of the same.
    """

    systems: tuple[Rated, ...]
    raters: tuple[str, ...]
    kappa: float
    alpha: float


def draw(systems: Sequence[System], items: int, seed: int) -> list[Item]:
    """Replies to contexts that all systems answer, in an order that is drawn.

    Args:
        systems: At least one.
        items: How many contexts at most.
        seed: Draws contexts and the order of the replies to each.

    Raises:
        UsageError: No context is answered by all.
    """
    answers = [{g.context: g.reply for g in s.replies if g.context} for s in systems]
    common = [c for c in answers[0] if all(c in a for a in answers)] if answers else []
    if not common:
        raise UsageError(
            "no context is answered by all of these systems", "Give files with the same contexts"
        )
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(common))[:items]
    sheet = []
    for number, place in enumerate(drawn, 1):
        context = common[place]
        for position, who in enumerate(rng.permutation(len(systems))):
            reply = answers[who][context]
            sheet.append(Item(f"{number}{_letters(position)}", context, reply, systems[who].name))
    return sheet


def _letters(n: int) -> str:
    """a, b, ..., y, za, zb: what no spreadsheet takes for a number."""
    return "z" * (n // 25) + "abcdefghijklmnopqrstuvwxy"[n % 25]


def digest(items: Sequence[Item]) -> str:
    """What tells a sheet from others, whose replies have the same ids: of all that raters see."""
    told = json.dumps([(i.id, i.context, i.reply) for i in items])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def write(folder: Path, items: Sequence[Item], page: str) -> None:
    """Write sheet.html and sheet.csv for raters, and key.json, which they must not see."""
    folder.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEAD)
    table.writerows((i.id, i.context, i.reply, "") for i in items)
    files.write_text(folder / "sheet.csv", out.getvalue())
    files.write_text(folder / "sheet.html", page)
    key = {i.id: {"system": i.system, "context": i.context, "reply": i.reply} for i in items}
    files.write_text(folder / "key.json", json.dumps(key, ensure_ascii=False, indent=1) + "\n")


def read_back(paths: Sequence[Path], key: Path, resamples: int = RESAMPLES) -> Ratings:
    """What raters say, system by system.

    Args:
        paths: A rater each: the csv with its column "faults" filled in (names of
            :data:`FAULTS` parted by blanks, or "fine"), or the JSON that the page saves.
        key: The key of the sheet.
        resamples: How many sets of contexts to draw for the intervals.

    Raises:
        InputError: A file cannot be read, or names another reply or another fault.
        UsageError: There is no rating.
    """
    items = _key(key)
    whose = {i.id: i.system for i in items}
    stems = [path.stem for path in paths]
    names = [p.stem if stems.count(p.stem) == 1 else str(p) for p in paths]
    raters = {n: _ratings(p, items) for n, p in zip(names, paths, strict=True)}
    if not any(raters.values()):
        raise UsageError("nothing was rated", "Fill in the column 'faults': a fault, or 'fine'")
    systems = list(dict.fromkeys(whose.values()))
    votes = {i: [r[i] for r in raters.values() if i in r] for i in whose}
    binary = [[{"faulted" if v else FINE} for v in votes[i]] for i in whose]
    return Ratings(
        tuple(_rated(n, [i for i in whose if whose[i] == n], votes, resamples) for n in systems),
        tuple(raters),
        fleiss_kappa(binary),
        krippendorff_alpha(binary),
    )


Votes = Mapping[str, Sequence[frozenset[str]]]


def _rated(name: str, ids: Sequence[str], votes: Votes, resamples: int) -> Rated:
    rated = [i for i in ids if votes[i]]
    bad = np.array([np.mean([bool(v) for v in votes[i]]) for i in rated])
    low = high = None
    if len(rated) > 1:
        units = np.arange(len(rated))  # a system has one reply to a context
        block = Block(units, np.stack([bad, np.ones_like(bad)], 1))
        (sums,) = resampled([block], len(rated), resamples)
        low, high = interval(sums[:, 0] / sums[:, 1]) or (None, None)
    value = float(bad.mean()) if rated else float("nan")
    faults = {
        f: float(np.mean([np.mean([f in v for v in votes[i]]) for i in rated])) if rated else 0.0
        for f in FAULTS
    }
    return Rated(name, len(rated), Score("faulted", value, low, high, len(rated)), faults)


def _key(path: Path) -> list[Item]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return [
            Item(str(k), str(v["context"]), str(v["reply"]), str(v["system"]))
            for k, v in plain.items()
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{files.shown(path)} is no key of a sheet ({type(error).__name__})",
            "Name the key.json that stands beside the sheet",
        ) from error


def _ratings(path: Path, items: Sequence[Item]) -> dict[str, frozenset[str]]:
    """A rater's faults by the replies that were rated."""
    known = {i.id: i.reply for i in items}
    given = _saved(path, digest(items)) if path.suffix.lower() == ".json" else _filled(path, known)
    ratings = {}
    for key, text in given.items():
        faults = frozenset(text.replace(",", " ").lower().split())
        if not faults:
            continue
        if key not in known:
            raise _of_another(path, f"rates a reply '{key}' that is not of this sheet")
        if strange := sorted(faults - set(FAULTS) - {FINE}):
            raise InputError(
                f"{files.shown(path)}: reply {key} has the fault '{strange[0]}'",
                f"Name of {', '.join(FAULTS)}, or {FINE}",
            )
        ratings[key] = faults - {FINE}
    return ratings


def _saved(path: Path, sheet: str) -> dict[str, str]:
    """What the page saved, by reply."""
    plain: Any = tables.json_document(tables.read_text(path, large=True).text, path)
    told = plain.get("ratings") if isinstance(plain, Mapping) else None
    if not isinstance(told, Mapping):
        raise InputError(f"{files.shown(path)} holds no ratings", "Give what the page saved")
    if plain.get("sheet") != sheet:
        raise _of_another(path, "is of another sheet than this key")
    return {str(k): " ".join(map(str, v)) if isinstance(v, list) else "" for k, v in told.items()}


def _filled(path: Path, known: Mapping[str, str]) -> dict[str, str]:
    """The column of faults of a filled table, by reply."""
    table = tables.read(path, lambda header: sum(h in HEAD for h in header))
    given = {}
    for cells in (r.cells for r in table.records):
        key, reply = str(cells.get("id", "")), str(cells.get("reply") or "")
        if reply and " ".join(reply.split()) != " ".join(known.get(key, reply).split()):
            raise _of_another(path, f"has another reply {key} than this key")
        given[key] = str(cells.get("faults") or "")
    return given


def _of_another(path: Path, what: str) -> InputError:
    return InputError(f"{files.shown(path)} {what}", "Name the sheet's own key")
