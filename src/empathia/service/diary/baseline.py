"""How somebody speaks when calm: means and deviations that their voice is measured against."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update

from empathia.errors import AbsentError, UsageError
from empathia.service.diary.accounts import Visit
from empathia.service.diary.entries import hold
from empathia.service.diary.records import packed
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ACCOUNTS

_MEASURES = 256


@dataclass(frozen=True, slots=True)
class Baseline:
    """A personal neutral baseline.

    Args:
        means: Mean by measure of prosody, in its unit.
        deviations: Standard deviation, 0 or more, by the same measures.
        seconds: Of speech that they come from.
        moment: When that was recorded, with a zone.

    Raises:
        UsageError: These do not fit each other, or are no numbers.
    """

    means: Mapping[str, float]
    deviations: Mapping[str, float]
    seconds: float
    moment: datetime

    def __post_init__(self) -> None:
        numbers = [*self.means.values(), *self.deviations.values(), self.seconds]
        least = min([self.seconds, *self.deviations.values()])
        if (
            self.means.keys() != self.deviations.keys()
            or not 0 < len(self.means) <= _MEASURES
            or not all(map(math.isfinite, numbers))
            or least < 0
            or self.moment.tzinfo is None
        ):
            raise UsageError(
                "expected a finite mean and a deviation of 0 or more of the same 1 to "
                f"{_MEASURES} measures, seconds, and a moment with a zone",
                "Measure the calm recording again",
            )


def baseline(store: Store, visit: Visit) -> Baseline:
    """The account's baseline.

    Raises:
        AbsentError: It has none.
    """
    query = select(ACCOUNTS.c.baseline).where(ACCOUNTS.c.id == visit.account.id)
    with store.reading() as connection:
        kept = connection.execute(query).scalar()
    if kept is None:
        raise AbsentError("there is no calm recording of this account", "Record one")
    return baseline_of(json.loads(visit.seal.open("baseline", kept)))


def set_baseline(store: Store, visit: Visit, measured: Baseline | None) -> None:
    """Keep a baseline in place of what was there, which is wiped; None deletes it."""
    content = None
    if measured is not None:
        content = visit.seal.close("baseline", packed(baseline_json(measured)).encode())
    mine = ACCOUNTS.c.id == visit.account.id
    with store.writing() as connection:
        hold(connection, visit)
        connection.execute(update(ACCOUNTS).where(mine).values(baseline=content))
    store.wipe()


def baseline_json(measured: Baseline) -> dict[str, object]:
    """A baseline as JSON holds it."""
    return {**asdict(measured), "moment": measured.moment.isoformat()}


def baseline_of(data: Mapping[str, object]) -> Baseline:
    """What :func:`baseline_json` made.

    Raises:
        KeyError, TypeError, ValueError: It is none.
        UsageError: Its numbers cannot be.
    """
    return Baseline(**{**data, "moment": datetime.fromisoformat(str(data["moment"]))})  # type: ignore[arg-type]
