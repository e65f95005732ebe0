"""What was written is seen again: by day, as curves and shares, by words, marked."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

import pytest
from little_diary import person, written

from empathia.errors import UsageError
from empathia.service.diary import entries, looking
from empathia.service.diary.days import span
from empathia.service.diary.looking import Mood
from empathia.service.diary.records import Feeling

NOVEMBER = span(2026, 11)


def _add(store, visit, day: int, feeling: Feeling, words: str = "words", **more) -> str:
    draft = written(words, feeling=feeling, when=datetime(2026, 11, day, 1), **more)
    return entries.add(store, visit, draft)


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"])
def visit(request, store):
    other = person(store, "bob")
    _add(store, other, 1, Feeling({"anger": 1.0}), "산책 Straße", bookmark=True)
    return person(store, "ann", encrypted=request.param)


def test_a_curve_has_the_mean_of_each_day(store, visit):
    _add(store, visit, 1, Feeling({"joy": 0.5, "sadness": 0.5}))
    _add(store, visit, 1, Feeling({"joy": 0.75, "fear": 0.25}))
    _add(store, visit, 1, Feeling(abstained="unsure"))
    _add(store, visit, 30, Feeling(abstained="unsure"))
    # Two of three count: joy (.5 + .75) / 2, sadness (.5 + 0) / 2, fear (0 + .25) / 2.
    whole = {"joy": 0.625, "sadness": 0.25, "fear": 0.125}
    curve = looking.curve(store, visit, *NOVEMBER)
    assert curve == {
        date(2026, 11, 1): Mood(3, 2, whole, "joy", {"joy": 1}, False),
        date(2026, 11, 30): Mood(1, 0, {}, None, {}, False),
    }
    assert list(curve[date(2026, 11, 1)].shares) == ["joy", "sadness", "fear"]
    assert looking.curve(store, visit, date(2026, 11, 2), date(2026, 11, 29)) == {}
    assert looking.mood(store, visit, *span(2026)) == Mood(4, 2, whole, "joy", {"joy": 1}, False)
    assert looking.mood(store, visit, *span(2025)) == Mood(0, 0, {}, None, {}, False)


def test_days_whose_entries_disagree_are_mixed_and_not_unsure(store, visit):
    sure = {"joy": {"joy": 0.86, "neutral": 0.14}, "sadness": {"sadness": 0.71, "neutral": 0.29}}
    even = {"joy": 0.3, "sadness": 0.4, "neutral": 0.3}
    days = {2: [sure["joy"], sure["sadness"], sure["sadness"]], 3: [sure["joy"], even], 4: [even]}
    days[5] = [{"joy": 1.0}, {"joy": 1.0}, {"sadness": 1.0}]  # .67 joy
    for day, several in days.items():
        for shares in several:
            _add(store, visit, day, Feeling(shares))
    moods = {d.day: m for d, m in looking.curve(store, visit, *NOVEMBER).items()}
    assert {d: (m.label, m.is_mixed, [*m.feelings.items()]) for d, m in moods.items()} == {
        2: (None, True, [("sadness", 2), ("joy", 1)]),
        3: (None, False, [("joy", 1)]),
        4: (None, False, []),
        5: ("joy", False, [("joy", 2), ("sadness", 1)]),
    }


def test_days_months_and_years_are_in_order(store, visit):
    late = entries.add(store, visit, written("late", when=datetime(2026, 10, 31, 23, 59)))
    first = entries.add(store, visit, written("first", when=datetime(2026, 11, 1, 0, 0)))
    noon = entries.add(store, visit, written("noon", when=date(2026, 11, 1)))

    def ids(*days: date) -> list[str]:
        return [e.id for e in looking.between(store, visit, *days)]

    assert ids(date(2026, 11, 1), date(2026, 11, 1)) == [first, noon]
    assert ids(*span(2026, 10)) == [late]
    assert ids(*span(2026)) == [late, first, noon]


def test_bookmarks(store, visit):
    _add(store, visit, 1, Feeling(abstained="unsure"))
    marked = _add(store, visit, 2, Feeling(abstained="unsure"), bookmark=True)
    assert [e.id for e in looking.bookmarks(store, visit)] == [marked]


SEARCHES = {
    "강아지": [2],
    "산책": [2, 1],  # whatever ending follows
    "한강 산책": [1],
    "산책 없음": [],
    unicodedata.normalize("NFD", "강아지"): [2],
    "STRASSE": [3],
    "straße": [3],
    "ＣＡＦÉ": [3],
    "cafe\u0301": [3],
    "summed": [3],  # the summary
    "%강%": [],
    "100%_a": [4],
    "👩‍👧": [4],
}


def test_search_knows_words_however_they_are_written(store, visit):
    no = Feeling(abstained="unsure")
    _add(store, visit, 1, no, "한강에서 산책을 했다")
    _add(store, visit, 2, no, unicodedata.normalize("NFD", "강아지와 산책했다"))
    _add(store, visit, 3, no, "Café in der Hauptstraße", summary="Summed up")
    _add(store, visit, 4, no, "100%_a 👩‍👧")
    for wanted, hits in SEARCHES.items():
        assert [e.day.day for e in looking.search(store, visit, wanted)] == hits, wanted


@pytest.mark.parametrize("wanted", ["", " \n", "x" * 201])
def test_a_search_for_nothing_is_refused(store, wanted):
    with pytest.raises(UsageError, match="search for"):
        looking.search(store, person(store), wanted)
