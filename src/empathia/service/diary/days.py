"""Days as the clocks of an account tell them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from empathia.errors import UsageError

_FIRST = 1900
_AHEAD = timedelta(minutes=1)  # by which a client's clock may be fast


def zone_of(name: str) -> ZoneInfo:
    """A time zone by IANA's name.

    Raises:
        UsageError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise UsageError(
            f"there is no time zone {name[:60]!r}", "Name one as IANA does, such as Asia/Seoul"
        ) from None


def place(when: datetime | date | None, zone: ZoneInfo, now: datetime) -> tuple[datetime, date]:
    """The moment of an entry, in UTC, and the day that it belongs to.

    Args:
        when: None is now. A datetime with a zone is a moment; without one it is read off the
            account's clocks: one that they leave out counts as if they had not been set yet (02:30
            is 03:30), of one that they show twice the first counts, or the second with ``fold=1``.
            A date is its noon, or now where that has not come yet.
        zone: Of the account.
        now: With a zone.

    Raises:
        UsageError: It has not come yet, is before 1900, or is a day that the zone skipped.
    """
    given = now if when is None else when
    if not _FIRST <= given.year <= now.year + 1:
        raise UsageError(f"{given} cannot be, expected a time since {_FIRST}", "Mend the year")
    if isinstance(given, datetime):
        moment = (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
        if moment > now + _AHEAD:
            raise UsageError(f"{given} has not come yet", "Check the time, and its zone")
        return moment, moment.astimezone(zone).date()
    moment = min(datetime.combine(given, time(12), zone).astimezone(UTC), now.astimezone(UTC))
    if moment.astimezone(zone).date() != given:
        raise UsageError(f"{given} has not come yet, or was skipped in {zone.key}", "Name another")
    return moment, given


def span(year: int, month: int | None = None) -> tuple[date, date]:
    """First and last day of a year or a month.

    Raises:
        UsageError: There is no such month.
    """
    begins, ends = (1, 12) if month is None else (month, month)
    try:
        first = date(year, begins, 1)
        last = date(year + ends // 12, ends % 12 + 1, 1) - timedelta(days=1)
    except (ValueError, OverflowError):
        raise UsageError(
            f"there is no month {month} of {year}, expected 1 to 12", "Mend it"
        ) from None
    return first, last
