"""How the recogniser ``dialogue`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from empathia.config import Options
from empathia.emotion.dialogue.net import DialogueNet, Shape, talk
from empathia.emotion.dialogue.tables import Prepared, prepare
from empathia.emotion.dialogue.traces import Linear, Traces
from empathia.metrics.scores import Array, probabilities
from empathia.training.columns import Columns
from empathia.training.keeping import Arrays, Settings, positive, read, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id

_LEAST = 1e-9
_ROOM = 32  # dialogues that are answered together


def shape_of(columns: Columns, options: Options, labels: int) -> Shape:
    """What the nets are built from."""
    o = options
    remembered = o.words("remembered") or list(columns.width)
    return Shape(
        columns.width,
        labels,
        o.count("width"),
        o.count("memory"),
        remembered,
        o.text("context"),
        o.number("dropout"),
        o.number("noise"),
        o.number("modality_dropout"),
    )


@dataclass(frozen=True, slots=True)
class Nets:
    """The committee of nets, in evaluation mode."""

    nets: Sequence[nn.Module]
    exclusive: bool

    def __call__(self, some: Sequence[Prepared]) -> Array:
        """Mean scores of all utterances."""
        with torch.no_grad():
            given = talk(some)
            each = [probabilities(n(given).numpy(), exclusive=self.exclusive) for n in self.nets]
        return np.asarray(np.mean(each, 0))


@dataclass(frozen=True, slots=True)
class Remembering:
    """The linear model over traces of the past."""

    traces: Traces
    linear: Linear
    exclusive: bool

    def __call__(self, some: Sequence[Prepared]) -> Array:
        """Scores of all utterances."""
        rows = np.concatenate([self.traces(d) for d in some])
        return probabilities(self.linear(rows), exclusive=self.exclusive)


@dataclass(frozen=True, slots=True)
class Answering:
    """Both halves; answers dialogues.

    Args:
        columns: Make tables of samples.
        halves: What each half counts, and the half.
        labels: How many there are.
        exclusive: One label an utterance.
        temperature: Temperature.
    """

    columns: Columns
    halves: Sequence[tuple[float, Callable[[Sequence[Prepared]], Array]]]
    labels: int
    exclusive: bool
    temperature: float = 1.0

    def logits(self, some: Sequence[Prepared]) -> Array:
        """Logits of averaged scores, all utterances of all dialogues."""
        mixed = np.sum([share * half(some) for share, half in self.halves], 0)
        p: Array = np.clip(mixed, _LEAST, 1 - _LEAST)
        return (
            np.log(p) / self.temperature
            if self.exclusive
            else (np.log(p) - np.log1p(-p)) / self.temperature
        )

    def __call__(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`."""
        scores: dict[str, tuple[float, ...]] = {}
        some = prepare(dialogues, self.columns, self.labels)
        for start in range(0, len(some), _ROOM):
            batch = some[start : start + _ROOM]
            p = probabilities(self.logits(batch), exclusive=self.exclusive)
            judged = np.concatenate([d.judged() for d in batch])
            samples = [s for d in batch for s in d.samples]
            scores |= by_id([s for s, j in zip(samples, judged, strict=True) if j], p[judged])
        return scores

    def save(self, folder: Path) -> None:
        """Write it; :func:`load` reads it."""
        arrays, plain = self.columns.state()
        for _, half in self.halves:
            if isinstance(half, Remembering):
                arrays |= half.traces.state()
                arrays |= {"linear.weight": half.linear.weight, "linear.bias": half.linear.bias}
            elif isinstance(half, Nets):
                for i, net in enumerate(half.nets):
                    arrays |= {f"net.{i}.{k}": v.numpy() for k, v in net.state_dict().items()}
        write_arrays(folder, arrays, {"columns": plain, "temperature": self.temperature})


def load(folder: Path, threads: int | None) -> Model:
    """What :meth:`Answering.save` wrote."""
    settings = read(folder)
    arrays, plain = read_arrays(folder)
    if threads is not None:
        torch.set_num_threads(threads)
    answer = _restored(settings, arrays, plain)
    return Model(settings.about, answer, write=answer.save)


def _restored(k: Settings, arrays: Arrays, plain: Mapping[str, Any]) -> Answering:
    o, labels = Options(k.options), len(k.labels)
    columns = Columns.restored(k.modalities, arrays, plain["columns"])
    linear = o.number("linear")
    halves: list[tuple[float, Callable[[Sequence[Prepared]], Array]]] = []
    if linear < 1:
        shape = shape_of(columns, o, labels)
        nets = [_net(i, shape, arrays) for i in range(o.count("members"))]
        halves.append((1 - linear, Nets(nets, k.exclusive)))
    if linear > 0:
        traces = Traces.restored(columns.measures, o.text("context"), arrays)
        model = Linear(arrays["linear.weight"], arrays["linear.bias"])
        halves.append((linear, Remembering(traces, model, k.exclusive)))
    return Answering(columns, halves, labels, k.exclusive, positive(plain["temperature"]))


def _net(number: int, shape: Shape, arrays: Arrays) -> nn.Module:
    net, start = DialogueNet(shape), f"net.{number}."
    mine = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
    net.load_state_dict({k: torch.from_numpy(v) for k, v in mine.items()})
    return net.eval()
