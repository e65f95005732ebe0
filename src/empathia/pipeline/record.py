"""What one reading used, and remarks for the user."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping

from empathia import weights
from empathia.files import Plain
from empathia.pipeline.options import Options
from empathia.pipeline.recognisers import Named, Used
from empathia.version import __version__


class Record:
    """What one reading used, and remarks for the user."""

    def __init__(self) -> None:
        self._used: dict[str, Used] = {}
        self._notes: list[str] = []

    def use(self, *names: str) -> None:
        """Write down weights of the manifest."""
        for name in names:
            e = weights.entry(name)
            self._used[name] = Used(e.name, e.role, e.licence, e.noncommercial)

    def use_recogniser(self, named: Named) -> None:
        """Write down a recogniser and the weights that it works with."""
        self.use(*named.weights)
        if named.used is not None:
            self._used[named.used.name] = named.used
        if named.remark:
            self.note(named.remark)

    def note(self, *remarks: str) -> None:
        """Add remarks; each is given once."""
        self._notes += remarks

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks for the user, in the order in which they came."""
        return tuple(dict.fromkeys(self._notes))

    def provenance(self, options: Options) -> Mapping[str, Plain]:
        """Versions, options, and the weights that were used with their licences."""
        given = {
            f.name: _plain(getattr(options, f.name))
            for f in dataclasses.fields(options)
            if getattr(options, f.name) not in (f.default, {})
        }
        return {
            "empathia": __version__,
            "python": platform.python_version(),
            "options": given,
            "weights": [dataclasses.asdict(used) for used in self._used.values()],
        }


def _plain(value: object) -> Plain:
    if isinstance(value, tuple):
        return [_plain(x) for x in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
