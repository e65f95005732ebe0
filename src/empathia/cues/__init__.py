"""How an utterance sounded, in words: levels, one description, one hedged impression.

Within a corpus a measure's level says which part of the train split it falls into.

On a user's recording loudness depends on the microphone and pitch on the person, so the
levels of both, and of their variation, are relative to the speaker: the deviation from
the median of that speaker's turns (dB; semitones for pitch) is held against the deviations
that the train split's speakers show from theirs. Ranks among the speaker's few turns would
call the loudest of six equal turns very loud; train deviations are in dB, so .2 dB stay
"medium" for a steady speaker and 8 dB are "very high" for anybody. The median of at least
five turns is hardly moved by one outburst.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from empathia.cues.bins import (
    ADAPTED,
    CUTS,
    ENOUGH,
    RATIOS,
    SO_FAR,
    Bins,
    Row,
    Turns,
    check_levels,
    cut,
    deviation,
    level_of,
    present,
    remember,
    scaled,
)
from empathia.cues.words import (
    HEDGE,
    IMPRESSIONS,
    LEVELS,
    LOUD,
    MELODY,
    PACE,
    PITCH,
    RATE,
    RELATIVE,
    SIZE,
    SWING,
    TIMBRE,
    TONE,
    WIDTH,
)
from empathia.errors import UsageError
from empathia.types import Cues, Features

__all__ = ["Bins", "CuesSoFar", "Row", "describe", "describe_recording"]

CORPUS, CALM = "corpus", "calm recording"
# Absolute values that say nothing of a user's recording: the microphone's and the clip's.
_UNSAID = (LOUD, SWING, "duration")
_VOCAL_SEX = (PITCH, MELODY)


def describe(prosody: Features, bins: Bins, levels: int = 5, group: str | None = None) -> Cues:
    """Cues of a corpus utterance, relative to the train split.

    Args:
        prosody: The eight measures.
        bins: Fitted on the corpus' train split.
        levels: 3, 4, 5 or 6.
        group: The speaker's group; None or an unknown one uses the overall bins.

    Raises:
        UsageError: Another number of levels.
    """
    check_levels(levels)
    classes = {
        name: level
        for name, value in _measures(prosody).items()
        if (level := level_of(value, bins.thresholds(name, levels, group))) is not None
    }
    of_group = bins.groups.get(group or "", {})
    return _cues(classes, levels, CORPUS, {name for name in classes if name in of_group})


def describe_recording(
    prosodies: Sequence[Features | None],
    speakers: Sequence[str],
    bins: Bins,
    levels: int = 5,
    adapt: bool = False,
) -> list[Cues | None]:
    """Cues of all turns of a user's recording, relative to each speaker.

    Loudness, pitch and their variation are relative to the speaker's earlier turns, so
    that no turn's cues depend on a later one, or with ``adapt`` to all of the speaker's
    turns. Under five such turns pitch uses the overall bins and loudness says nothing.
    Rate and harmonicity always use the overall bins.

    Args:
        prosodies: The measures of each turn in time order; None where there are none.
        speakers: Who speaks, one a turn.
        bins: With deviations, as the shipped ones.
        levels: 3, 4, 5 or 6.
        adapt: Look at the whole recording; the cues then say "adapted".

    Returns:
        One for each turn; None where nothing could be judged.

    Raises:
        UsageError: Another number of levels, or not one speaker a turn.
    """
    check_levels(levels)
    if len(prosodies) != len(speakers):
        problem = f"{len(prosodies)} turns and {len(speakers)} speakers"
        raise UsageError(problem, "Name one speaker a turn")
    turns = list(zip(prosodies, speakers, strict=True))
    if not adapt:
        so_far = CuesSoFar(bins, levels)
        return [so_far.add(prosody, speaker) for prosody, speaker in turns]
    measured = [({} if p is None else _measures(p), speaker) for p, speaker in turns]
    known = _nobody()
    for values, speaker in measured:
        remember(known[speaker], values)
    return [_relative(v, known[speaker], bins, levels, ADAPTED) for v, speaker in measured]


class CuesSoFar:
    """Cues of a user's turns as they come, relative to what each speaker did so far.

    Args:
        bins: With deviations, as the shipped ones.
        levels: 3, 4, 5 or 6.
        calm: Means of measures of a calm recording of the one who speaks. Pitch and its variation
            are held against these from the first turn on, and the cues then say "calm recording";
            loudness is not, for it may have been another microphone.

    Raises:
        UsageError: Another number of levels.
    """

    def __init__(
        self, bins: Bins, levels: int = 5, calm: Mapping[str, float] | None = None
    ) -> None:
        check_levels(levels)
        self._bins, self._levels = bins, levels
        self._known = _nobody()
        means = present({name: (calm or {}).get(name) for name in RATIOS})
        self._calm = {name: [scaled(name, mean)] * ENOUGH for name, mean in means.items()}

    def add(self, prosody: Features | None, speaker: str) -> Cues | None:
        """The cues of one more turn; None where nothing could be judged.

        Args:
            prosody: The eight measures, or None where there are none.
            speaker: Who speaks.
        """
        values = {} if prosody is None else _measures(prosody)
        turns = {**self._known[speaker], **self._calm}
        cues = _relative(values, turns, self._bins, self._levels, SO_FAR)
        remember(self._known[speaker], values)
        if cues is None or not self._calm.keys() & cues.levels.keys():
            return cues
        return replace(cues, reference=CALM)


def _nobody() -> defaultdict[str, Turns]:
    """What is known of speakers before the first turn."""
    return defaultdict(lambda: defaultdict(list))


def _relative(
    values: Mapping[str, float],
    turns: Mapping[str, Sequence[float]],
    bins: Bins,
    levels: int,
    reference: str,
) -> Cues | None:
    """Cues of one turn, relative to the speaker where enough of their turns are known."""
    placed, personal = _judge(values, turns, bins, levels, reference)
    against = reference if personal else CORPUS
    return _cues(placed, levels, against, personal) if placed else None


def _judge(
    values: Mapping[str, float],
    turns: Mapping[str, Sequence[float]],
    bins: Bins,
    levels: int,
    reference: str,
) -> tuple[dict[str, int], set[str]]:
    """Levels of one turn, and the measures whose level is relative to the speaker."""
    classes: dict[str, int] = {}
    personal: set[str] = set()
    tables = bins.deviations.get(reference, {})
    for name, value in values.items():
        away = deviation(turns, name, value) if name in tables else None
        if away is not None:
            level = level_of(away, cut(tables[name], levels))
            personal.add(name)
        elif name in _UNSAID:
            continue
        else:
            level = level_of(value, bins.thresholds(name, levels))
        if level is not None:
            classes[name] = level
    return classes, personal


def _cues(classes: Mapping[str, int], levels: int, reference: str, placed: set[str]) -> Cues:
    """Words for levels; ``placed`` names those held against the person or their group."""
    names = {name: LEVELS[levels][level] for name, level in classes.items()}
    text = _description(names, placed if reference != CORPUS else set())
    # Against everybody a man's pitch is low and a woman's high: that says who speaks,
    # not how, so it makes no impression.
    telling = {n: level for n, level in classes.items() if n in placed or n not in _VOCAL_SEX}
    return Cues(names, text, _impression(telling, levels), reference)


def _description(names: Mapping[str, str], personal: set[str]) -> str:
    """One phrase a measure that has a level; volume and its variation share one."""
    parts: list[tuple[str, str]] = []
    swing = f"{SIZE[names[SWING]]} variation" if SWING in names else ""
    if LOUD in names:
        parts.append((LOUD, f"{names[LOUD]} volume" + (f" with {swing}" if swing else "")))
    elif swing:
        parts.append((SWING, f"{swing} in volume"))
    if PITCH in names:
        parts.append((PITCH, f"{names[PITCH]} pitch"))
    if MELODY in names:
        parts.append((MELODY, f"{WIDTH[names[MELODY]]} pitch variation"))
    if RATE in names:
        parts.append((RATE, PACE[names[RATE]]))
    if (timbre := TIMBRE.get(names.get(TONE, ""))) is not None:
        parts.append((TONE, timbre))
    relative = ", ".join(words for name, words in parts if name in personal)
    rest = [words for name, words in parts if name not in personal]
    return ", ".join([RELATIVE.format(relative), *rest] if relative else rest)


def _impression(classes: Mapping[str, int], levels: int) -> str:
    """The first impression of the table whose measures all fit, hedged; "" if none does."""
    grades = {name: _grades(level, levels) for name, level in classes.items()}
    for condition, words in IMPRESSIONS:
        if all(side in grades.get(name, ()) for name, side in condition.items()):
            return HEDGE.format(words)
    return ""


def _grades(level: int, levels: int) -> tuple[str, ...]:
    """Sides that a level lies on: the outermost one is marked twice."""
    cuts = (0.0, *CUTS[levels], 1.0)
    if cuts[level + 1] <= 0.25:
        return ("-", "--") if level == 0 else ("-",)
    if cuts[level] >= 0.75:
        return ("+", "++") if level == levels - 1 else ("+",)
    return ()


def _measures(prosody: Features) -> dict[str, float]:
    return present({name: prosody.measure(name) for name in prosody.names})
