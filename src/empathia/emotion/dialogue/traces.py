"""The linear half of the recogniser ``dialogue``: an utterance and fading traces of the past.

A recurrent net learns a scene by heart as soon as it may; on scenes that it
never saw, a penalised linear model over memories that are not learnt holds up
better. Those memories are exponential averages, slow and quick ones, of what the
speaker and the others did before: of measures with their squares (loud *and*
soft tell something), and of the few main directions of wide features, in which
mood outweighs topic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from empathia.emotion.dialogue.tables import Prepared
from empathia.training.columns import past_and_others, scale
from empathia.training.rows import Table

_STEPS = 100  # of the solver; more change nothing that counts
_KEEPS = (0.5, 0.9)  # share of a trace that is left after the speaker's next turn


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of one modality: what it is now, or one of its traces; NaN where it is not there."""

    modality: str
    rows: Table


class Traces:
    """Dialogues as rows for a linear model; scaling and directions are fitted on training alone.

    Args:
        train: The training part.
        measures: Modalities that are measures, see :class:`Columns`.
        directions: Main directions of other modalities that are remembered.
        context: "causal", "bidirectional" (traces of what follows as well) or "none".
    """

    def __init__(
        self, train: Sequence[Prepared], measures: set[str], directions: int, context: str
    ) -> None:
        self._measures, self._context = measures, context
        self._directions = {
            m: _main(np.concatenate([d.values[m] for d in train]), directions)
            for m in train[0].values
            if m not in measures
        }
        each = [self._blocks(d) for d in train]
        self._scale = [
            scale(np.concatenate([b[k].rows for b in each])) for k in range(len(each[0]))
        ]

    def __call__(self, dialogue: Prepared, hidden: str | None = None) -> Table:
        """(utterances, columns) without NaN; the last ones say which blocks are there.

        Args:
            dialogue: Its tables.
            hidden: A modality that is to be taken for missing.
        """
        columns, flags = [], []
        for block, (mean, spread) in zip(self._blocks(dialogue), self._scale, strict=True):
            there = ~np.isnan(block.rows).all(1, keepdims=True) & (block.modality != hidden)
            columns.append(np.where(there, np.nan_to_num((block.rows - mean) / spread), 0))
            flags.append(there)
        return np.concatenate([*columns, *flags], 1).astype(np.float32)

    def state(self) -> dict[str, Table]:
        """What was fitted, as arrays by name."""
        arrays = {f"traces.{m}.directions": x for m, x in self._directions.items()}
        for k, (mean, spread) in enumerate(self._scale):
            arrays |= {f"traces.{k}.mean": mean, f"traces.{k}.spread": spread}
        return arrays

    @classmethod
    def restored(cls, measures: set[str], context: str, arrays: Mapping[str, Table]) -> Self:
        """The traces of which :meth:`state` gave ``arrays``."""
        new = cls.__new__(cls)
        new._measures, new._context = measures, context
        start, end = "traces.", ".directions"
        new._directions = {
            name[len(start) : -len(end)]: x for name, x in arrays.items() if name.endswith(end)
        }
        blocks = sum(name.startswith(start) and name.endswith(".mean") for name in arrays)
        new._scale = [
            (arrays[f"traces.{k}.mean"], arrays[f"traces.{k}.spread"]) for k in range(blocks)
        ]
        return new

    def _blocks(self, dialogue: Prepared) -> list[Block]:
        speakers = [s.speaker for s in dialogue.samples]
        blocks = []
        for m, rows in dialogue.values.items():
            remembered = _curved(rows) if m in self._measures else rows @ self._directions[m]
            blocks.append(Block(m, remembered if m in self._measures else rows))
            for keep in _KEEPS if self._context != "none" else ():
                blocks.extend(
                    Block(m, trace) for trace in past_and_others(remembered, speakers, keep)
                )
                if self._context == "bidirectional":
                    back = past_and_others(remembered[::-1], speakers[::-1], keep)
                    blocks.extend(Block(m, trace[::-1]) for trace in back)
        return blocks


def _curved(rows: Table) -> Table:
    """Measures with their sizes and signed squares: a linear model then sees both ends."""
    return np.concatenate([rows, np.abs(rows), np.sign(rows) * rows**2], 1)


def _main(rows: Table, directions: int) -> Table:
    """(columns, directions): where scaled rows vary most."""
    whole = rows[~np.isnan(rows).any(1)].astype(np.float64)
    _, vectors = np.linalg.eigh(whole.T @ whole)
    return np.asarray(vectors[:, ::-1][:, :directions], np.float32)


def rows_of(
    traces: Traces, dialogues: Sequence[Prepared], share: float
) -> tuple[Table, NDArray[np.float64], NDArray[np.float64]]:
    """Labelled utterances as rows for a fit: columns, targets, and what each row counts.

    With several modalities every row comes again with each of them hidden, and then counts
    ``share``: so the model learns what to say without.
    """
    modalities = list(dialogues[0].values)
    views: list[tuple[str | None, float]] = [(None, 1.0)]
    if len(modalities) > 1 and share:
        views += [(m, share) for m in modalities]
    columns = [traces(d, hidden)[d.labelled()] for hidden, _ in views for d in dialogues]
    target = np.concatenate([d.target[d.labelled()] for d in dialogues])
    counts = np.repeat([share for _, share in views], len(target))
    return np.concatenate(columns), np.tile(target, (len(views), 1)), counts


@dataclass(frozen=True, slots=True)
class Linear:
    """Logits ``x @ weight + bias`` of rows."""

    weight: Table
    bias: Table

    def __call__(self, x: Table) -> Table:
        """(items, labels)."""
        return x @ self.weight + self.bias


def regress(
    x: Table,
    target: NDArray[np.float64],
    counts: NDArray[np.float64],
    penalty: float,
    *,
    exclusive: bool,
) -> Linear:
    """Softmax regression, or a logistic one a label, with ``penalty / 2 * sum(weight ** 2)``.

    Args:
        x: (items, columns).
        target: (items, labels), shares allowed.
        counts: (items, labels) what each number of the target counts.
        penalty: Against a loss that is summed over items.
        exclusive: One label an item.
    """
    inputs, wanted = torch.from_numpy(x), torch.from_numpy(target).float()
    share = torch.from_numpy(counts).float()
    weight = torch.zeros(x.shape[1], target.shape[1], requires_grad=True)
    bias = torch.zeros(target.shape[1], requires_grad=True)
    steps = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        steps.zero_grad()
        logits = inputs @ weight + bias
        loss = (
            cost(logits, wanted, share, exclusive=exclusive) + penalty / 2 * weight.square().sum()
        )
        loss = loss / len(inputs)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    steps.step(closure)  # type: ignore[no-untyped-call]
    return Linear(weight.detach().numpy(), bias.detach().numpy())


def cost(logits: Tensor, target: Tensor, counts: Tensor, *, exclusive: bool) -> Tensor:
    """Summed cross entropy of targets that may be shares; each number counts its own."""
    if exclusive:
        return -(functional.log_softmax(logits, 1) * target * counts).sum()
    return functional.binary_cross_entropy_with_logits(logits, target, counts, reduction="sum")
