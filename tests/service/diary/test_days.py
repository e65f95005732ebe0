"""Which day it is, as the clocks of a zone tell: midnights, clock changes, days that never were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_diary import person, written

from empathia.errors import UsageError
from empathia.service.diary import accounts, entries, looking
from empathia.service.diary.days import place, span, zone_of

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


# Worked out by hand from the offsets of the zones.
@pytest.mark.parametrize(
    ("zone", "when", "moment", "day"),
    [
        # now: 12:00 in Seoul (+9), and still the 29th in Honolulu (-10)
        ("Asia/Seoul", None, NOW, date(2026, 11, 30)),
        ("Pacific/Honolulu", None, NOW, date(2026, 11, 29)),
        # a moment just before and at midnight in Seoul
        ("Asia/Seoul", utc(2026, 5, 1, 14, 59, 59), utc(2026, 5, 1, 14, 59, 59), date(2026, 5, 1)),
        ("Asia/Seoul", utc(2026, 5, 1, 15), utc(2026, 5, 1, 15), date(2026, 5, 2)),
        # what another zone's clock says is the same moment
        (
            "Asia/Seoul",
            datetime(2026, 5, 1, 23, tzinfo=timezone(timedelta(hours=-4))),
            utc(2026, 5, 2, 3),
            date(2026, 5, 2),
        ),
        # clocks of the account
        ("Europe/Berlin", datetime(2026, 7, 1, 0, 30), utc(2026, 6, 30, 22, 30), date(2026, 7, 1)),
        # 29 March: 02:00 becomes 03:00, so 02:30 is 03:30 (+2)
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1, 30), date(2026, 3, 29)),
        # 25 October: 03:00 becomes 02:00, so 02:30 comes twice (+2, then +1)
        (
            "Europe/Berlin",
            datetime(2026, 10, 25, 2, 30),
            utc(2026, 10, 25, 0, 30),
            date(2026, 10, 25),
        ),
        (
            "Europe/Berlin",
            datetime(2026, 10, 25, 2, 30, fold=1),
            utc(2026, 10, 25, 1, 30),
            date(2026, 10, 25),
        ),
        # 8 March: Havana's clocks go from 00:00 to 01:00, so the day has no midnight (-5, -4)
        ("America/Havana", datetime(2026, 3, 8, 0, 30), utc(2026, 3, 8, 5, 30), date(2026, 3, 8)),
        # 1 November: Havana's clocks go back from 01:00 to 00:00, the same day twice (-4, -5)
        (
            "America/Havana",
            datetime(2026, 11, 1, 0, 30),
            utc(2026, 11, 1, 4, 30),
            date(2026, 11, 1),
        ),
        (
            "America/Havana",
            datetime(2026, 11, 1, 0, 30, fold=1),
            utc(2026, 11, 1, 5, 30),
            date(2026, 11, 1),
        ),
        # Samoa skipped 30 December 2011 (-10 to +14): a time on it is one on the 31st
        ("Pacific/Apia", datetime(2011, 12, 30, 9), utc(2011, 12, 30, 19), date(2011, 12, 31)),
        # a day is its noon, with or without summer time; today's has not come yet in Berlin (04:00)
        ("Europe/Berlin", date(2026, 7, 1), utc(2026, 7, 1, 10), date(2026, 7, 1)),
        ("Europe/Berlin", date(2026, 3, 29), utc(2026, 3, 29, 10), date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 11, 30), NOW, date(2026, 11, 30)),
        ("Europe/Berlin", date(2024, 2, 29), utc(2024, 2, 29, 11), date(2024, 2, 29)),
    ],
)
def test_a_time_has_its_moment_and_day(zone, when, moment, day):
    assert place(when, ZoneInfo(zone), NOW) == (moment, day)


@pytest.mark.parametrize(
    ("zone", "when"),
    [
        ("Europe/Berlin", date(2026, 12, 1)),  # tomorrow
        ("Asia/Seoul", datetime(2026, 11, 30, 12, 2)),  # in two minutes
        ("UTC", utc(2026, 12, 1)),
        ("Pacific/Apia", date(2011, 12, 30)),  # there was none
        ("UTC", date(1899, 12, 31)),
        ("UTC", datetime.min),
        ("Pacific/Apia", datetime.max),
        ("UTC", datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        ("UTC", date.max),
    ],
)
def test_a_time_that_cannot_be_is_refused(zone, when):
    with pytest.raises(UsageError):
        place(when, ZoneInfo(zone), NOW)


@given(
    when=st.datetimes(datetime(1900, 1, 2), datetime(2026, 11, 28)),
    zone=st.sampled_from(["Asia/Seoul", "America/Havana", "Pacific/Apia", "Africa/Casablanca"]),
)
def test_a_day_is_what_the_clock_shows_at_the_moment(when, zone):
    moment, day = place(when, ZoneInfo(zone), NOW)
    assert moment.utcoffset() == timedelta(0)
    assert moment.astimezone(ZoneInfo(zone)).date() == day
    assert day - when.date() in {timedelta(0), timedelta(1)}  # one more where clocks jump over it


def test_spans_of_months_and_years():
    assert span(2024, 2) == (date(2024, 2, 1), date(2024, 2, 29))
    assert span(2026, 12) == (date(2026, 12, 1), date(2026, 12, 31))
    assert span(2026) == (date(2026, 1, 1), date(2026, 12, 31))
    assert span(9998, 12)[1] == date(9998, 12, 31)
    for month in (0, 13, -1):
        with pytest.raises(UsageError):
            span(2026, month)
    for year in (0, 9999, 10**9):
        with pytest.raises(UsageError):
            span(year, 12)


def test_no_such_zone():
    with pytest.raises(UsageError, match="Asia/Seoul"):
        zone_of("Asia/\x00")


def test_an_entry_stays_on_its_day_when_its_writer_moves(store, clock):
    seoul = person(store, zone="Asia/Seoul")
    clock.now = utc(2026, 5, 1, 15, 30)  # half past midnight on the 2nd
    first = entries.add(store, seoul, written("in Seoul"))
    berlin = accounts.change(store, seoul, zone="Europe/Berlin")
    second = entries.add(store, berlin, written("in Berlin"))
    days = {e.id: (e.day, e.zone) for e in looking.between(store, berlin, *span(2026))}
    assert days == {
        first: (date(2026, 5, 2), "Asia/Seoul"),
        second: (date(2026, 5, 1), "Europe/Berlin"),
    }
    moved = entries.change(store, berlin, first, when=date(2026, 4, 30))
    assert (moved.day, moved.zone, moved.moment) == (
        date(2026, 4, 30),
        "Europe/Berlin",
        utc(2026, 4, 30, 10),
    )
