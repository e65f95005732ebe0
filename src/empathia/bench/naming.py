"""Names in a run with a predictor that lead nowhere: told at once, before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from empathia import plugins
from empathia.bench.pairs import direction, strangers
from empathia.config import Run
from empathia.errors import ConfigError, UsageError, near
from empathia.types import Dialogue

_WAYS = ("direction", "learn_from")
_SHOWN = 15  # names that are there


def check_plugins(run: Run) -> None:
    """Refuse plug-ins that there are not, and directions that name no two.

    Raises:
        ConfigError: With the file, and of all such names the key, and names that are near.
    """
    r = run.reaction
    recogniser = (r.recogniser,) if r.recogniser else ()
    wrong = [
        *_unknown("model.predictor", (run.model.predictor,), plugins.names("reaction")),
        *_unknown("reaction.floors", r.floors, plugins.names("reaction")),
        *_unknown("reaction.recogniser", recogniser, plugins.names("emotion")),
    ]
    for key in _WAYS:
        try:
            direction(getattr(r, key))
        except UsageError as e:
            wrong.append(f"'reaction.{key}': {e.problem}")
    _refuse(run, wrong)


def check_speakers(run: Run, dialogues: Sequence[Dialogue]) -> None:
    """Refuse directions of speakers who never speak.

    Raises:
        ConfigError: With the file, the keys, and who speaks.
    """
    speakers = {u.speaker for d in dialogues for u in d.utterances}
    ways = {key: direction(getattr(run.reaction, key)) for key in _WAYS}
    wrong = [
        what
        for key, way in ways.items()
        for what in _unknown(
            f"reaction.{key}", strangers(way, speakers), ("F", "M", "any", *sorted(speakers))
        )
    ]
    _refuse(run, wrong)


def check_features(run: Run, known: Iterable[str]) -> None:
    """Refuse targets that nobody can have.

    Args:
        run: The run file.
        known: Extractors, and what comes ready-made with the corpora.

    Raises:
        ConfigError: With the file, the key, and names that are near.
    """
    there = {*known}
    unknown = [t for t in run.reaction.targets if not {t, t.partition(":")[0]} & there]
    _refuse(run, list(_unknown("reaction.targets", unknown, sorted(there))))


def _unknown(key: str, names: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    strange = [n for n in names if n not in known]
    if strange:
        told = ", ".join(f"'{n}'{near(n, known)}" for n in strange)
        shown = ", ".join(known[:_SHOWN]) + ", ..." * (len(known) > _SHOWN)
        yield f"'{key}' names {told}, known: {shown}"


def _refuse(run: Run, wrong: Sequence[str]) -> None:
    if wrong:
        raise ConfigError(f"{run.file}: {'; '.join(wrong)}", "Mend the names")
