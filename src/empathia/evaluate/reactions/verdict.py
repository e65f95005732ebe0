"""Whether a predictor beats doing nothing, copying the speaker, and the other floors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from empathia.evaluate.reactions import felt, shown
from empathia.evaluate.reactions.figures import Measured
from empathia.evaluate.reactions.systems import EMOTION, PEOPLE
from empathia.types import Score

_STILL = 1e-9  # of how much people vary: less is rounding
FLOORS = ("hold", "mirror")
"""Whom a predictor has to beat; what is not among the floors of a run is named for lack."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one thing that is foretold, by one measure, against one floor.

    Args:
        what: "emotion", or a feature.
        measure: By which it is judged.
        floor: Whom it has to beat.
        beats: Whether it is better by more than chance (paired, 95 %); None where that cannot be
            told: the floor has no figure, or there is one dialogue.
        ahead: How much more it has than the floor; None where the floor has no figure.
    """

    what: str
    measure: str
    floor: str
    beats: bool | None
    ahead: Score | None


def verdicts(systems: Sequence[Measured]) -> tuple[Verdict, ...]:
    """Of the first of them against every floor, by the measures that decide.

    Emotions are judged by weighted F1, points by their mean error, other features by squared
    error; what has frames also by concordance over time, of which a constant has none.
    """
    first, others = systems[0], {m.name: m for m in systems[1:] if m.name != PEOPLE}
    told = []
    for what, scores in first.scores.items():
        for measure in _judged(what, scores):
            for floor in dict.fromkeys((*FLOORS, *others)):
                if floor == first.name:
                    continue
                there = others[floor].ahead if floor in others else {}
                ahead = there.get(what, {}).get(measure)
                if ahead is None and floor not in FLOORS:
                    continue  # it foretells other things
                told.append(Verdict(what, measure, floor, _beats(measure, ahead), ahead))
    return tuple(told)


def sentences(systems: Sequence[Measured], told: Sequence[Verdict]) -> tuple[str, ...]:
    """Verdicts in words, and what else has to be said of the first predictor."""
    name, lines = systems[0].name, []
    people = next((m.scores for m in systems if m.name == PEOPLE), {})
    for what, measure in dict.fromkeys((v.what, v.measure) for v in told):
        mine = [v for v in told if (v.what, v.measure) == (what, measure)]
        parts = []
        for beats, words in ((False, "does not beat"), (True, "beats"), (None, "is not told from")):
            floors = [_named(v) for v in mine if v.beats is beats]
            if floors:
                parts.append(f"{words} {', '.join(floors)}")
        lines.append(f"{what}, {measure}: {name} {'; '.join(parts)}")
    if EMOTION not in systems[0].scores and any(EMOTION in m.scores for m in systems):
        lines.append(f"{EMOTION}: {name} foretells none")
    for what, scores in systems[0].scores.items():
        most = _STILL * people[what]["frvar"].value if "frvar" in people.get(what, {}) else 0.0
        if "frvar" in scores and scores["frvar"].value <= most:
            lines.append(f"{what}: what {name} foretells does not move")
        if "covered" in scores and scores["covered"].value < 1:
            share = scores["covered"].value
            rest = "is wrong" if what == EMOTION else "counts for nobody"
            lines.append(f"{what}: {name} foretells {share:.1%} of it, the rest {rest}")
        if "sized" in people.get(what, {}) and people[what]["sized"].value < 1:
            lost = 1 - people[what]["sized"].value
            lines.append(
                f"{what}: nme, pck and accuracy leave out {lost:.1%} of the frames of a reaction, "
                f"in the mean, which lack one of the two points that give the unit"
            )
    return tuple(lines)


def _judged(what: str, there: Collection[str]) -> list[str]:
    if what == EMOTION:
        return [felt.MEASURES[0]] if felt.MEASURES[0] in there else []
    near = next((m for m in ("nme", "mse") if m in there), None)
    return [m for m in (near, "frcorr") if m is not None and m in there]


def _beats(measure: str, ahead: Score | None) -> bool | None:
    if ahead is None or ahead.low is None or ahead.high is None:
        return None
    return ahead.high < 0 if measure in shown.LESS else ahead.low > 0


def _named(verdict: Verdict) -> str:
    a = verdict.ahead
    if a is None:
        return f"{verdict.floor} (no figure)"
    if a.low is None or a.high is None:
        return f"{verdict.floor} (no interval)"
    if verdict.beats:
        return verdict.floor
    return f"{verdict.floor} ({a.value:+.3f} [{a.low:+.3f}, {a.high:+.3f}])"
