"""A generator that was trained: its folder on disk, and how it writes.

settings of the net and of what it reads in model.json, weights in model.safetensors,
tokenizer.json, and bank/, the exemplars that it was trained with
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from empathia.exemplars import bank as banks
from empathia.exemplars.bank import Bank
from empathia.files import Plain, write
from empathia.replies.seq2seq import vocabulary as words
from empathia.replies.seq2seq.decoding import Decoding
from empathia.replies.seq2seq.decoding import write as decoded
from empathia.replies.seq2seq.net import Net, Read, SmallNet, stacked
from empathia.replies.seq2seq.retrieving import BANK
from empathia.replies.seq2seq.vocabulary import Line, Vocabulary
from empathia.training.keeping import check_shapes, damaged, read_arrays, write_arrays

_TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a net is, and what it reads.

    Args:
        net: Arguments of :class:`~empathia.replies.seq2seq.net.SmallNet`, or T5's configuration.
        t5: Whether it is T5's.
        given: How exemplars reach the decoder.
        context: Pieces of a talk at most.
        pieces: Of a reply at most.
        turns: Of a talk at most.
        exemplars: How many it was trained with.
        by: How they are found.
    """

    net: Mapping[str, Any]
    t5: bool
    given: str
    context: int
    pieces: int
    turns: int
    exemplars: int
    by: str

    def empty(self) -> Net:
        """The net without what it learnt."""
        if self.t5:
            from empathia.replies.seq2seq import t5

            return t5.restored(self.net, self.given)
        return SmallNet(**self.net, given=self.given)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A trained generator.

    Args:
        net: In evaluation mode.
        vocabulary: Its words.
        bank: The exemplars that it was trained with.
        settings: What it reads.
        record: The course of its training; {} if loaded.
    """

    net: Net
    vocabulary: Vocabulary
    bank: Bank
    settings: Settings
    record: Mapping[str, Plain] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it into a folder that is there: safe files alone."""
        arrays = {n: p.detach().numpy() for n, p in self.net.named_parameters()}
        write_arrays(folder, arrays, dataclasses.asdict(self.settings))
        write(folder / _TOKENIZER, self.vocabulary.dumps().encode())
        shutil.copytree(self.bank.folder, folder / BANK, dirs_exist_ok=True)

    def read(
        self, lines: Sequence[Line], told: Sequence[str] = (), exemplars: Sequence[str] = ()
    ) -> Read:
        """What the net reads of a talk: its latest turns, cues, and the replies of exemplars."""
        s, v = self.settings, self.vocabulary
        talk = v.context(lines[-s.turns :], s.context, told)
        return stacked([talk], [[v.reply(e, s.pieces) for e in exemplars]], v.marks.end)

    def write(self, read: Read, how: Decoding, texts: int) -> list[str]:
        """Replies to one talk, the best (or first drawn) first; arguments as of decoding."""
        marks = self.vocabulary.marks
        with torch.inference_mode():
            memory, mask = self.net.read(read)

            def following(ids: torch.Tensor) -> torch.Tensor:
                """Logits (texts, vocabulary) after texts (texts, length)."""
                n = len(ids)
                every = self.net.logits(memory.expand(n, -1, -1), mask.expand(n, -1), ids)
                last = every[:, -1, : self.vocabulary.size].clone()
                last[:, marks.silent] = -torch.inf
                return last

            rows = decoded(following, marks.begin, marks.end, how, texts)
        return [self.vocabulary.text(row) for row in rows]


def load(folder: Path) -> Kept:
    """What :meth:`Kept.save` wrote.

    Raises:
        WeightsError: A file is missing or damaged, or they do not fit together.
        InputError: The bank is damaged.
    """
    arrays, values = read_arrays(folder)
    try:
        settings = Settings(**values)
        net = settings.empty()
        text = (folder / _TOKENIZER).read_text(encoding="utf-8")
    except (OSError, TypeError, ValueError, KeyError, RuntimeError) as e:
        raise damaged(folder, e) from e
    shapes = {n: tuple(p.shape) for n, p in net.named_parameters()}
    check_shapes(folder, arrays, shapes)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[name]))
    size = int(settings.net["vocab_size" if settings.t5 else "size"])
    return Kept(net.eval(), words.loads(text, size), banks.load(folder / BANK), settings)
