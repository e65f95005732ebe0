"""Judges of replies: what a reply to something reads like, and what that something tells of.

A judge is a plug-in (docs/plugins.md); :func:`judge` asks several and joins what each judges.
They tell how a text reads, as its raters would take it: not whether it helps, nor whether
somebody meant it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from empathia import plugins
from empathia.contracts import Judge, Progress, silent
from empathia.types import Empathy

DEFAULT = ("epitome", "sentiment")
"""Judges of the replies themselves."""
ALL = (*DEFAULT, "emotion")
"""With that of what they answer."""
_AT_ONCE = 64  # pairs between two reports of progress


def load(
    names: Sequence[str] = DEFAULT, folders: Sequence[Path] = (), threads: int | None = None
) -> list[Judge]:
    """Load judges by name.

    Args:
        names: Of plug-ins.
        folders: Of kept models that take the place of shipped ones.
        threads: Threads of their models; None takes all cores.

    Raises:
        UsageError: There is no such judge, or it has no use for such a model.
        WeightsError: Its model is missing or damaged.
    """
    found = [plugins.load("judges", name, ("load",)) for name in names]
    return [plugin.load(folders, threads) for plugin in found]


def judge(
    judges: Sequence[Judge], pairs: Sequence[tuple[str, str]], progress: Progress = silent
) -> list[Empathy]:
    """What judges together take replies to be.

    Args:
        judges: Each judges other things; of two that judge the same the later one counts.
        pairs: (context, reply); the context is "" where it is not known.
        progress: Told about replies that are done.

    Returns:
        One a pair, in order.
    """
    found: list[Empathy] = []
    for start in range(0, len(pairs), _AT_ONCE):
        progress("judging replies", start, len(pairs))
        some = pairs[start : start + _AT_ONCE]
        found += [_joined(said) for said in zip(*(j.judge(some) for j in judges), strict=True)]
    progress("judging replies", len(pairs), len(pairs))
    return found


def _joined(said: Sequence[Empathy]) -> Empathy:
    whole = Empathy()
    for one in said:
        whole = dataclasses.replace(
            whole,
            elements={**whole.elements, **one.elements},
            sentiment=whole.sentiment if one.sentiment is None else one.sentiment,
            emotion=one.emotion or whole.emotion,
        )
    return whole
