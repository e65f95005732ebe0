"""Looking back: days, months and years, curves, shares, search, bookmarks."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import select

from empathia.errors import UsageError
from empathia.service.diary.accounts import Visit
from empathia.service.diary.entries import feeling_of, listed
from empathia.service.diary.records import Entry, Feeling, named
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ENTRIES

_LONGEST = 200  # characters that are searched for


@dataclass(frozen=True, slots=True)
class Mood:
    """What entries feel like in the mean.

    Args:
        entries: How many there are.
        felt: How many of them have shares of emotions; the others abstained and count for nothing.
        shares: Label to its mean share over those, the largest first; empty where none has any.
        label: What they are called by (:func:`empathia.service.diary.records.named`).
        feelings: What each of them is called by, where it is, to how many are; the most first.
        is_mixed: Whether they are called by several feelings, and by none together.
    """

    entries: int
    felt: int
    shares: dict[str, float]
    label: str | None
    feelings: dict[str, int]
    is_mixed: bool


def between(store: Store, visit: Visit, first: date, last: date) -> tuple[Entry, ...]:
    """Entries of some days, both ends included, the oldest first."""
    return listed(store, visit, ENTRIES.c.day.between(first, last))


def bookmarks(store: Store, visit: Visit) -> tuple[Entry, ...]:
    """Entries that are marked, the oldest first."""
    return listed(store, visit, ENTRIES.c.bookmark)


def curve(store: Store, visit: Visit, first: date, last: date) -> dict[date, Mood]:
    """The mood of every day that has an entry, in order; :func:`days.span` tells ends of months.

    A day is the mean over its entries, however long they are.
    """
    rows = _feelings(store, visit, first, last)
    return {day: _mood(f for _, f in same) for day, same in groupby(rows, lambda row: row[0])}


def mood(store: Store, visit: Visit, first: date, last: date) -> Mood:
    """The share of each emotion over all entries of some days, both ends included."""
    return _mood(feeling for _, feeling in _feelings(store, visit, first, last))


def search(store: Store, visit: Visit, words: str) -> tuple[Entry, ...]:
    """Entries whose words or summary hold every one of some words, the newest first.

    Parts of words count, so that Korean is matched whatever its endings; case, width and how
    letters are composed do not. Every entry of the account is opened and read for it, encrypted or
    not: the database has no index of words that could tell what is sealed.

    Raises:
        UsageError: There are no words, or too many.
    """
    wanted = _plain(words).split()
    if not wanted or len(words) > _LONGEST:
        raise UsageError(
            f"{len(words)} characters to search for, expected words of at most {_LONGEST}",
            "Name some words",
        )
    entries = listed(store, visit)
    texts = ((e, _plain(f"{e.words}\n{e.summary}")) for e in reversed(entries))
    return tuple(e for e, text in texts if all(w in text for w in wanted))


def _feelings(store: Store, visit: Visit, first: date, last: date) -> list[tuple[date, Feeling]]:
    query = (
        select(ENTRIES.c.day, ENTRIES.c.id, ENTRIES.c.feeling)
        .where(ENTRIES.c.account == visit.account.id, ENTRIES.c.day.between(first, last))
        .order_by(ENTRIES.c.day)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [(row.day, feeling_of(visit, row.id, row.feeling)) for row in rows]


def _mood(feelings: Iterable[Feeling]) -> Mood:
    every = list(feelings)
    felt = [f.shares for f in every if f.shares]
    labels = dict.fromkeys(label for shares in felt for label in shares)
    means = {x: sum(shares.get(x, 0.0) for shares in felt) / len(felt) for x in labels}
    ranked = dict(sorted(means.items(), key=lambda m: (-m[1], m[0])))
    label, each = named(ranked), Counter(filter(None, map(named, felt)))
    called = dict(sorted(each.items(), key=lambda f: (-f[1], f[0])))
    return Mood(len(every), len(felt), ranked, label, called, not label and len(each) > 1)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
