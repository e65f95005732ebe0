"""The network of the recogniser ``dialogue``: modalities, their fusion, and two memories.

What is missing is never a zero. Every column of a modality has a learned value
that stands in for a missing number; a missing modality is all of these at once,
and training hides whole modalities so that they are learnt.

Utterances of several dialogues lie in one flat table; dialogues and the turns of
one speaker are lists of its rows. Recurrent layers run over packed lists, so
neither padding nor the other dialogues of a batch can reach an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from empathia.emotion.dialogue.tables import Prepared


@dataclass(frozen=True, slots=True)
class Talk:
    """Utterances of some dialogues.

    Args:
        values: Modality to (utterances, columns), NaN where a number is missing.
        dialogues: Rows of each dialogue, in time order.
        turns: Rows of each speaker of each dialogue, in time order; one a turn of which nobody
            knows who speaks.
        last_other: (utterances,) row of the last turn before it that another speaker had, or -1
            where there is none, or nobody knows.
    """

    values: Mapping[str, Tensor]
    dialogues: Sequence[Tensor]
    turns: Sequence[Tensor]
    last_other: Tensor


def talk(dialogues: Sequence[Prepared]) -> Talk:
    """Several dialogues as one table."""
    spans, turns, others, start = [], [], [], 0
    for d in dialogues:
        rows: dict[str, list[int]] = {}
        spans.append(torch.arange(start, start + len(d.samples)))
        for i, s in enumerate(d.samples, start):
            if s.speaker is None:
                others.append(-1)
                turns.append(torch.tensor([i]))
                continue
            others.append(max((r[-1] for who, r in rows.items() if who != s.speaker), default=-1))
            rows.setdefault(s.speaker, []).append(i)
        turns += [torch.tensor(r) for r in rows.values()]
        start += len(d.samples)
    values = {
        m: torch.from_numpy(np.concatenate([d.values[m] for d in dialogues]))
        for m in dialogues[0].values
    }
    return Talk(values, spans, turns, torch.tensor(others))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a net is built from.

    Args:
        columns: Modality to its number of columns.
        labels: How many labels there are.
        width: Width of the fused utterance.
        memory: Width of what is remembered and of each memory.
        remembered: Modalities that the memories read.
        context: "causal", "bidirectional" or "none".
        dropout: Of hidden values.
        noise: Dropout of the input columns.
        hide: Share of training utterances of which one modality is hidden.
    """

    columns: Mapping[str, int]
    labels: int
    width: int
    memory: int
    remembered: Sequence[str]
    context: str
    dropout: float
    noise: float
    hide: float


class Fusion(nn.Module):
    """One vector an utterance: projected modalities, each weighed by a gate that sees all."""

    def __init__(self, shape: Shape, columns: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.shape, self.names = shape, list(columns)
        self.absent = nn.ParameterDict({m: torch.zeros(n) for m, n in columns.items()})
        self.project = nn.ModuleDict({m: nn.Linear(n, width) for m, n in columns.items()})
        self.gate = nn.Linear(width * len(columns), width * len(columns))

    def forward(self, values: Mapping[str, Tensor]) -> Tensor:
        """(utterances, width)."""
        hidden = self._hidden(len(next(iter(values.values()))))
        parts = []
        for k, name in enumerate(self.names):
            x = torch.where(hidden[:, None] == k, torch.nan, values[name])
            x = torch.where(x.isnan(), self.absent[name], torch.nan_to_num(x))
            x = functional.dropout(x, self.shape.noise, self.training)
            parts.append(functional.gelu(self.project[name](x)))
        gates = torch.sigmoid(self.gate(torch.cat(parts, 1))).chunk(len(parts), 1)
        fused = torch.stack([g * p for g, p in zip(gates, parts, strict=True)]).sum(0)
        return functional.dropout(fused, self.shape.dropout, self.training)

    def _hidden(self, n: int) -> Tensor:
        """(n,) number of the modality that is hidden in training, -1 for none."""
        nobody = torch.full((n,), -1)
        if not self.training or len(self.names) < 2 or not self.shape.hide:
            return nobody
        which = torch.randint(len(self.names), (n,))
        return torch.where(torch.rand(n) < self.shape.hide, which, nobody)


class DialogueNet(nn.Module):
    """Fusion, a memory of the dialogue, a memory of each speaker, and a linear head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.fusion = Fusion(shape, shape.columns, shape.width)
        both = shape.context == "bidirectional"
        size = shape.memory // 2 if both else shape.memory
        self.memory, wide = size * (2 if both else 1), shape.width
        if shape.context != "none":
            kept = {m: n for m, n in shape.columns.items() if m in shape.remembered}
            self.recall = Fusion(shape, kept, shape.memory)
            self.dialogue = nn.GRU(shape.memory, size, bidirectional=both)
            self.speaker = nn.GRU(shape.memory + self.memory, size, bidirectional=both)
            self.stranger = nn.Parameter(torch.zeros(1, self.memory))
            wide += 3 * self.memory
        self.head = nn.Linear(wide, shape.labels)

    def forward(self, talk: Talk) -> Tensor:
        """Logits, (utterances, labels)."""
        fused = self.fusion(talk.values)
        parts = [fused]
        if self.shape.context != "none":
            seen = self.recall(talk.values)
            whole = _along(self.dialogue, seen, talk.dialogues)
            own = _along(self.speaker, torch.cat([seen, whole], 1), talk.turns)
            other = torch.cat([own, self.stranger])[talk.last_other]  # -1 is the stranger
            memory = torch.cat([whole, own, other], 1)
            parts.append(functional.dropout(memory, self.shape.dropout, self.training))
        logits: Tensor = self.head(torch.cat(parts, 1))
        return logits


def _along(layer: nn.GRU, rows: Tensor, sequences: Sequence[Tensor]) -> Tensor:
    """Outputs of a recurrent layer over lists of rows, back in the order of the rows."""
    order = pack_sequence(list(sequences), enforce_sorted=False)
    packed = PackedSequence(
        rows[order.data], order.batch_sizes, order.sorted_indices, order.unsorted_indices
    )
    stepped, _ = layer(packed)
    back = torch.empty_like(order.data)
    back[order.data] = torch.arange(len(back))
    out: Tensor = stepped.data[back]
    return out
