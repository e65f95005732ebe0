"""An utterance in word pieces, with what was said before it: ``[CLS] past [SEP] utterance [SEP]``.

Of a long past the latest pieces are kept. Each earlier turn is marked by a word, "I:" where the
same speaker said it, else "You:".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from empathia.errors import ConfigError
from empathia.training.problem import Conversation, has_words
from empathia.types import Sample


class Pieces(Protocol):
    """What knows word pieces.

    Attributes:
        marks: Pieces that open a text, close a part and fill up a batch.
    """

    marks: tuple[int, int, int]

    def pieces(self, text: str) -> list[int]:
        """Word pieces of a text, without marks."""


@dataclass(frozen=True, slots=True)
class Item:
    """An utterance in word pieces, with its past and marks.

    Args:
        sample: The utterance.
        ids: Word pieces.
        own: Where the utterance's own begin.
    """

    sample: Sample
    ids: tuple[int, ...]
    own: int


class Reader:
    """Makes items of samples.

    Args:
        net: Knows word pieces.
        past: Turns before that are read.
        longest: Word pieces an item at most.
    """

    def __init__(self, net: Pieces, past: int, longest: int) -> None:
        if past < 0 or longest < 8:
            raise ConfigError(
                f"'model.past' is {past}, 'model.pieces' is {longest}, expected at least 0 and 8",
                "Mend the values",
            )
        self.net, self.past, self.longest = net, past, longest

    def items(self, dialogues: Sequence[Conversation]) -> list[Item]:
        """All utterances that have words."""
        return [
            self._item(s, dialogue[max(0, i - self.past) : i])
            for dialogue in dialogues
            for i, s in enumerate(dialogue)
            if has_words(s)
        ]

    def _item(self, sample: Sample, past: Sequence[Sample]) -> Item:
        first, close, _ = self.net.marks
        own = self.net.pieces(sample.text or "")[: self.longest - 2]
        room = self.longest - 3 - len(own)
        before = [p for s in past if has_words(s) for p in self._turn(s, sample.speaker)]
        before = before[-room:] if room > 0 else []
        head = [first, *before, close] if before else [first]
        return Item(sample, (*head, *own, close), len(head))

    def _turn(self, turn: Sample, speaker: str | None) -> list[int]:
        same = speaker is not None and turn.speaker == speaker
        return self.net.pieces(("I: " if same else "You: ") + (turn.text or ""))
