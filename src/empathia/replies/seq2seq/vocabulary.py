"""The words of the generator: pieces of text, and marks that no text can bring in.

What is read is cues, then turns, each behind a mark and in the role of its speaker. Too long a talk
loses its oldest pieces: the end of the last turn stays in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from empathia.errors import WeightsError
from empathia.types import Empathy
from empathia.types.felt import ELEMENTS, LEVELS

SPEAKER, LISTENER = 0, 1
"""Roles: who is answered; anybody else, who answers among them."""
SIZE = 300
"""The least vocabulary: bytes and marks come first."""
_TONES = ("bad", "even", "good")
_EVEN = 0.05  # sentiment up to which words are neither good nor bad, as VADER counts
CUES = (
    *(f"{element}={level}" for element in ELEMENTS for level in range(len(LEVELS))),
    *(f"sentiment={tone}" for tone in _TONES),
)
"""What a reply can be told to be."""
_NAMES = ("<pad>", "<begin>", "<end>", "<turn>", *(f"<{cue}>" for cue in CUES))
_T5 = ("<pad>", "<pad>", "</s>", *(f"<extra_id_{i}>" for i in range(1 + len(CUES))))

Line = tuple[int, str]
"""A turn: the role of who speaks, and the words."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers of pieces that stand for no text.

    Args:
        pad: Fills up a batch.
        begin: Before the first piece of a reply.
        end: Behind the last.
        turn: Before each turn.
        cues: By :data:`CUES`.
    """

    pad: int
    begin: int
    end: int
    turn: int
    cues: Mapping[str, int]

    @property
    def silent(self) -> list[int]:
        """Those that a reply never holds."""
        return sorted({self.pad, self.begin, self.turn, *self.cues.values()} - {self.end})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Text to pieces and back.

    Args:
        tokenizer: Of the package ``tokenizers``.
        marks: Among its pieces.
        size: How many pieces there are.
    """

    tokenizer: Any
    marks: Marks
    size: int

    def pieces(self, text: str) -> list[int]:
        """Numbers of a text's pieces; what looks like a mark in it is text."""
        spoken = text.encode("utf-8", "replace").decode()  # of a lone surrogate there is no piece
        return list(self.tokenizer.encode(spoken, add_special_tokens=False).ids)

    def reply(self, text: str, most: int) -> list[int]:
        """The first pieces of a reply, at most ``most``, with the mark of its end."""
        return [*self.pieces(text)[: most - 1], self.marks.end]

    def context(
        self, lines: Sequence[Line], most: int, told: Iterable[str] = ()
    ) -> tuple[list[int], list[int]]:
        """What is read of a talk.

        Args:
            lines: Its turns, the oldest first.
            most: Pieces at most: the oldest go.
            told: Cues, which are never cut.

        Returns:
            Pieces and the role of each.
        """
        front = [self.marks.cues[cue] for cue in told]
        ids, roles = [], []
        for role, text in lines:
            turn = [self.marks.turn, *self.pieces(text)]
            ids += turn
            roles += [role] * len(turn)
        room = most - len(front)
        return front + ids[-room:], [LISTENER] * len(front) + roles[-room:]

    def text(self, ids: Sequence[int]) -> str:
        """The text of pieces."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def dumps(self) -> str:
        """As JSON."""
        return str(self.tokenizer.to_str())


def learn(texts: Iterable[str], size: int) -> Vocabulary:
    """A byte-level BPE of ``size`` pieces at most; no text is unknown to it."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(_NAMES),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return loads(tokenizer.to_str())


def loads(text: str, size: int = 0) -> Vocabulary:
    """A vocabulary of this project, or T5's, out of a ``tokenizer.json``.

    Args:
        text: The JSON.
        size: Rows of the model's embedding, where it has more than there are pieces.

    Raises:
        WeightsError: It is neither.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as e:  # tokenizers raises bare exceptions
        raise _foreign(str(e)) from e
    tokenizer.encode_special_tokens = True
    tokenizer.no_padding()
    tokenizer.no_truncation()
    own = tokenizer.token_to_id("<turn>") is not None
    ids = [n for n in map(tokenizer.token_to_id, _NAMES if own else _T5) if n is not None]
    if len(ids) < len(_NAMES):
        raise _foreign("it lacks a mark")
    pad, begin, end, turn, *told = ids
    marks = Marks(pad, begin, end, turn, dict(zip(CUES, told, strict=True)))
    return Vocabulary(tokenizer, marks, max(size, tokenizer.get_vocab_size()))


def _foreign(problem: str) -> WeightsError:
    return WeightsError(
        f"the tokenizer is none of a reply generator or of T5 ({' '.join(problem.split())})",
        "Name another model, or train again",
    )


def alternating(context: str) -> list[Line]:
    """The turns of an exemplar's context: speakers take turns, the last one is answered."""
    lines = context.split("\n")
    return [((len(lines) - 1 - i) % 2, line) for i, line in enumerate(lines)]


def cues(levels: Mapping[str, int], sentiment: float | None) -> list[str]:
    """The cues that tell how a reply is to be; what is not asked for is left out."""
    told = [f"{element}={levels[element]}" for element in ELEMENTS if element in levels]
    if sentiment is not None:
        tone = 1 if abs(sentiment) < _EVEN else 2 if sentiment > 0 else 0
        told.append(f"sentiment={_TONES[tone]}")
    return told


def cues_of(judged: Empathy) -> list[str]:
    """The cues that fit what judges said of a reply."""
    return cues({name: e.level for name, e in judged.elements.items()}, judged.sentiment)
