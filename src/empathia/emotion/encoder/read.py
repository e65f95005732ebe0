"""What the recogniser ``encoder`` reads and how it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from empathia.config import Options
from empathia.encoders.tunable import Encoder, encoder, mean_over
from empathia.metrics.scores import Array, probabilities
from empathia.training.context import Item, Reader
from empathia.training.keeping import positive, read, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id

_ANSWERED = 64  # utterances that are answered at once


class Net(nn.Module):
    """Encoder, mean over the utterance's pieces, dropout, linear head."""

    def __init__(self, body: Encoder, labels: int, dropout: float) -> None:
        super().__init__()
        self.body: Any = body
        self.head = nn.Linear(body.width, labels)
        self.dropout = dropout

    def forward(self, items: Sequence[Item]) -> Tensor:
        """Logits, (items, labels)."""
        longest = max(len(i.ids) for i in items)
        ids = torch.full((len(items), longest), self.body.marks[2])
        mask = torch.zeros(len(items), longest, dtype=torch.bool)
        own = mask.clone()
        for row, item in enumerate(items):
            ids[row, : len(item.ids)] = torch.tensor(item.ids)
            mask[row, : len(item.ids)] = True
            own[row, item.own : len(item.ids)] = True
        with torch.autocast("cpu", torch.bfloat16):
            pooled = mean_over(self.body(ids, mask), own).float()
        logits: Tensor = self.head(functional.dropout(pooled, self.dropout, self.training))
        return logits


def logits_of(net: Net, items: Sequence[Item]) -> Array:
    """(items, labels), answered in the order of their lengths."""
    out = np.zeros((len(items), net.head.out_features))
    order = sorted(range(len(items)), key=lambda i: len(items[i].ids))
    for start in range(0, len(order), _ANSWERED):
        some = order[start : start + _ANSWERED]
        with torch.no_grad():
            out[some] = net([items[i] for i in some]).numpy()
    return out


@dataclass(frozen=True, slots=True)
class Answering:
    """A trained net that answers dialogues.

    Args:
        net: In evaluation mode.
        reader: Makes its items.
        temperature: Temperature.
        exclusive: One label an utterance.
    """

    net: Net
    reader: Reader
    temperature: float
    exclusive: bool

    def __call__(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`."""
        items = self.reader.items(dialogues)
        scores = probabilities(
            logits_of(self.net, items) / self.temperature, exclusive=self.exclusive
        )
        return by_id([i.sample for i in items], scores)

    def save(self, folder: Path) -> None:
        """Write what was trained; the rest is the pretrained encoder's."""
        trained = {n: p.detach().numpy() for n, p in self.net.named_parameters() if p.requires_grad}
        write_arrays(folder, trained, {"temperature": self.temperature})


def load(folder: Path, threads: int | None) -> Model:
    """What :meth:`Answering.save` wrote."""
    settings = read(folder)
    arrays, plain = read_arrays(folder)
    if threads is not None:
        torch.set_num_threads(threads)
    o = Options(settings.options)
    body = encoder(o.text("encoder"), o.count("tuned"), o.number("dropout"), o.text("start"))
    net = Net(body, len(settings.labels), o.number("dropout"))
    trained = {n: p for n, p in net.named_parameters() if p.requires_grad}
    if set(trained) != set(arrays):
        raise ValueError("its arrays do not fit the encoder")
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(torch.from_numpy(arrays[name]))
    reader = Reader(body, o.count("past"), o.count("pieces"))
    answer = Answering(net.eval(), reader, positive(plain["temperature"]), settings.exclusive)
    return Model(settings.about, answer, write=answer.save)
