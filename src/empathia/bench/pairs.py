"""Stimulus and reaction: what somebody said, and what somebody else said next.

Every utterance of a dialogue is the stimulus of one pair, or is counted with the reason why not.
Order is that of ``Dialogue.utterances``: by start, never by id or end. Of several utterances of
one speaker in a row the last is the stimulus, and of the answer the first is the reaction; a pair
never leaves its dialogue. A reaction may begin before its stimulus ends, as people answer while
others speak, and as the segments of many corpora reach into each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, repeat
from typing import NamedTuple

from empathia.errors import UsageError
from empathia.features import is_extractor, source
from empathia.training.problem import Exchange
from empathia.types import Dialogue, Sample, Utterance

UNKNOWN = "unknown"
HELD = ("label", "text", "sound", "video")
"""What both sides of a pair may be asked to have, beside features by name."""
_GENDERS = {"f": "female", "female": "female", "m": "male", "male": "male"}


class Pair(NamedTuple):
    """Two neighbouring utterances of one dialogue, by two speakers, in time order."""

    dialogue: Dialogue
    stimulus: Utterance
    reaction: Utterance

    @property
    def past(self) -> tuple[Utterance, ...]:
        """All utterances of the dialogue up to the stimulus, which is the last, in time order.

        None of them starts after the reaction. The last may end after the reaction starts.
        """
        return self.dialogue.utterances[: self.stimulus.index + 1]


class Found(NamedTuple):
    """Pairs, and how many utterances are the stimulus of none, by reason."""

    pairs: tuple[Pair, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which neighbours are a pair.

    Args:
        labelled: Leave utterances without a gold label out before neighbours are looked for, so
            that who answers is the next one with a label.
        directions: (who speaks, who answers) of the pairs that are wanted: a gender ("F",
            "male"), a speaker, or "any"; () for all.
        gap: The longest silence between the two (s); None for any.
        overlap: How long the reaction may run before the stimulus ends (s); None for any. The
            table of IEMOCAP holds segments that overlap in four of five pairs.
        held: What both must have: of :data:`HELD`, or names of features.
    """

    labelled: bool = False
    directions: tuple[tuple[str, str], ...] = ()
    gap: float | None = None
    overlap: float | None = None
    held: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("gap", "overlap"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise UsageError(f"{name} is {value} s", "Give 0 or more, or leave it out")


def direction(text: str) -> tuple[str, str]:
    """Who speaks and who answers, of "F-M" or, where a name holds a hyphen, "Ann-Mae->Ben".

    Raises:
        UsageError: It does not name two.

    >>> direction("F-M"), direction("Ann-Mae -> any")
    (('F', 'M'), ('Ann-Mae', 'any'))
    """
    parts = [x.strip() for x in text.split("->" if "->" in text else "-")]
    if len(parts) != 2 or not all(parts):
        raise UsageError(
            f"'{text}' does not say who answers whom",
            "Write F-M, any-M, or names of speakers as Ann->Ben",
        )
    return parts[0], parts[1]


def strangers(way: tuple[str, str], speakers: Collection[str]) -> list[str]:
    """Who of a :func:`direction` is neither a speaker, nor a gender, nor "any"."""
    return [w for w in way if w not in speakers and w.lower() not in (*_GENDERS, "any")]


def pairs(
    dialogues: Sequence[Dialogue],
    rule: Rule | None = None,
    features: Mapping[str, Collection[str]] | None = None,
    listening: Mapping[str, Collection[str]] | None = None,
) -> Found:
    """Every utterance that is followed, in time order, by one of another speaker.

    Args:
        dialogues: Where to look.
        rule: Which pairs are wanted; None takes all.
        features: By name, ids of the utterances that have it.
        listening: By name, ids of the utterances over which the one who listens has it. Of these
            names a pair must have that, and not both sides one of their own.

    Raises:
        UsageError: No dialogue has two known speakers, or the rule names a speaker or a feature
            that there is not.
    """
    rule, features, listening = rule or Rule(), features or {}, listening or {}
    if not any(len({u.speaker for u in d.utterances} - {UNKNOWN}) > 1 for d in dialogues):
        raise UsageError(
            "there are no pairs: no dialogue has two known speakers",
            "Say who speaks (a table: --map speaker=COLUMN, or, if they are a part of its cells, "
            "--map 'speaker=COLUMN:(PATTERN)')",
        )
    _check(rule, dialogues, {*features, *listening})
    every: list[Pair] = []
    left_out: Counter[str] = Counter()
    for dialogue in dialogues:
        kept = _kept(dialogue, labelled=rule.labelled)
        left_out["without a label"] += len(dialogue.utterances) - len(kept)
        left_out["nothing follows"] += bool(kept)
        for pair in (Pair(dialogue, a, b) for a, b in pairwise(kept)):
            reason = next(_against(rule, *pair[1:], features, listening), None)
            if reason is None:
                every.append(pair)
            else:
                left_out[reason] += 1
    return Found(tuple(every), {reason: n for reason, n in left_out.items() if n})


def exchanges(
    every: Iterable[Pair],
    asked: Mapping[str, Sample],
    answered: Mapping[str, Sample],
    emotions: Mapping[str, tuple[float, ...]],
    meanwhile: Collection[str] | None = None,
) -> Iterator[Exchange]:
    """Pairs as predictors of reactions learn from them, one by one.

    Args:
        every: See :func:`pairs`.
        asked: By utterance id, what a predictor may know of what was said; without gold labels.
        answered: By the stimulus' id, the reaction: its features are what is foretold.
        emotions: By utterance id, targets of the reaction's emotion, where there are some.
        meanwhile: Features that are foretold of who listens; None where they are of the reaction.
            A turn of the listener that still goes on as the stimulus begins is then without the
            frames from there on, and without rows that :func:`shows` tells of. Its words and the
            rows of its voice are of the whole turn.
    """
    foretold = tuple(meanwhile or ())

    @cache
    def hidden(name: str) -> bool:
        return shows(name, foretold)

    for pair in every:
        past = tuple(asked[u.id] for u in pair.past)
        if meanwhile is not None:
            past = tuple(map(_until, past, pair.past, repeat(pair), repeat(hidden)))
        yield Exchange(past, answered[pair.stimulus.id], emotions.get(pair.reaction.id))


def shows(name: str, targets: Collection[str]) -> bool:
    """Whether a feature shows what is foretold: it is of a face, or of a target's extractor."""
    base = name.partition(":")[0]
    if base in {t.partition(":")[0] for t in targets}:
        return True
    return is_extractor(name) and source(name) == "face"


def _until(sample: Sample, u: Utterance, pair: Pair, hidden: Callable[[str], bool]) -> Sample:
    """A turn of the one who listens as far as it is over when the stimulus begins.

    Where that changes nothing it is the sample itself: by that, pasts of a dialogue are known.
    """
    begin = pair.stimulus.start
    if begin is None or u.start is None or u.end is None:
        return sample
    if u.speaker != pair.reaction.speaker or u.end <= begin:
        return sample
    over = begin - u.start
    features = {}
    for name, f in sample.features.items():
        if f.rate is None:
            if not hidden(name):
                features[name] = f
        elif frames := int(over * f.rate + 1e-6):
            whole = frames >= len(f.values)
            features[name] = f if whole else replace(f, values=f.values[:frames])
    same = all(features.get(name) is f for name, f in sample.features.items())
    return sample if same else replace(sample, features=features)


def listeners(dialogues: Iterable[Dialogue], *, labelled: bool = False) -> dict[str, str]:
    """By the id of an utterance who listens to it: whoever answers next, if that is somebody else.

    Args:
        dialogues: Of one corpus.
        labelled: As in :class:`Rule`.
    """
    return {
        a.id: b.speaker
        for d in dialogues
        for a, b in pairwise(_kept(d, labelled=labelled))
        if a.speaker != b.speaker and UNKNOWN not in (a.speaker, b.speaker)
    }


def _kept(dialogue: Dialogue, *, labelled: bool) -> list[Utterance]:
    return [u for u in dialogue.utterances if u.gold or not labelled]


def _check(rule: Rule, dialogues: Sequence[Dialogue], features: Collection[str]) -> None:
    speakers = {u.speaker for d in dialogues for u in d.utterances}
    for who in (w for way in rule.directions for w in strangers(way, speakers)):
        named = ", ".join(sorted(speakers)[:10])
        raise UsageError(
            f"'{who}' is no speaker here (there are {named}{', ...' * (len(speakers) > 10)})",
            "Name one of them, a gender (F, M) or any",
        )
    for name in rule.held:
        if name not in HELD and name not in features:
            known = ", ".join((*HELD, *sorted(features)))
            raise UsageError(f"nobody can have '{name}' here (known: {known})", "Name one of these")


def _against(
    rule: Rule,
    a: Utterance,
    b: Utterance,
    features: Mapping[str, Collection[str]],
    listening: Mapping[str, Collection[str]],
) -> Iterator[str]:
    """Why two neighbours are no pair that is wanted."""
    if UNKNOWN in (a.speaker, b.speaker):
        yield "the speaker is unknown"
    if a.speaker == b.speaker:
        yield "the same speaker goes on"
    if rule.directions:
        ways = [_all(_is(a, who), _is(b, whom)) for who, whom in rule.directions]
        if True not in ways:
            yield "the gender is unknown" if None in ways else "another direction"
    if rule.gap is not None or rule.overlap is not None:
        yield from _timing(rule, a, b)
    for name in rule.held:
        if name in listening:
            if a.id not in listening[name]:
                yield f"the listener is without {name}"
        elif not all(_has(u, name, features.get(name, ())) for u in (a, b)):
            yield f"one is without {name}"


def _timing(rule: Rule, a: Utterance, b: Utterance) -> Iterator[str]:
    if a.end is None or b.start is None:
        yield "the times are unknown"
        return
    if rule.gap is not None and b.start - a.end > rule.gap:
        yield f"more than {rule.gap:g} s between"
    if rule.overlap is not None and a.end - b.start > rule.overlap:
        yield f"more than {rule.overlap:g} s of overlap"


def _is(u: Utterance, who: str) -> bool | None:
    """Whether somebody is whom a direction names; None where the gender is not known."""
    if who == u.speaker or who.lower() == "any":
        return True
    if who.lower() not in _GENDERS:
        return False
    return None if u.gender is None else u.gender == _GENDERS[who.lower()]


def _all(one: bool | None, other: bool | None) -> bool | None:
    """Both, as far as it is known."""
    if one is False or other is False:
        return False
    return None if None in (one, other) else True


def _has(u: Utterance, name: str, there: Collection[str]) -> bool:
    if name == "label":
        return bool(u.gold)
    if name == "text":
        return bool(u.text and u.text.strip())
    if name in ("sound", "video"):
        file = u.audio if name == "sound" else u.video
        return file is not None and file.exists()
    return u.id in there
