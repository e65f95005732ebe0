"""Stimulus and reaction: what somebody said, and what somebody else said next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from empathia.errors import UsageError
from empathia.types import Dialogue, Utterance

UNKNOWN = "unknown"


class Pair(NamedTuple):
    """Two neighbouring utterances of one dialogue, by two speakers, in time order."""

    dialogue: Dialogue
    stimulus: Utterance
    reaction: Utterance


def pairs(dialogues: Sequence[Dialogue], *, labelled: bool = False) -> Iterator[Pair]:
    """Every utterance that is followed, in time order, by one of another speaker.

    Order is that of ``Dialogue.utterances``: by start, never by id. Of several utterances of one
    speaker in a row the last is the stimulus, and of the answer the first is the reaction.

    Args:
        dialogues: Where to look; a pair never leaves its dialogue.
        labelled: Leave utterances without a gold label out before neighbours are looked for.

    Raises:
        UsageError: No dialogue has two known speakers.
    """
    if not any(len({u.speaker for u in d.utterances} - {UNKNOWN}) > 1 for d in dialogues):
        raise UsageError(
            "there are no pairs: no dialogue has two known speakers",
            "Say who speaks (a table: --map speaker=COLUMN)",
        )
    for dialogue in dialogues:
        kept = [u for u in dialogue.utterances if u.gold or not labelled]
        for a, b in pairwise(kept):
            if a.speaker != b.speaker and UNKNOWN not in (a.speaker, b.speaker):
                yield Pair(dialogue, a, b)
