"""Features that become embeddings of a language model: learnt, kept beside what else was learnt.

Of each feature the columns are scaled by its training part, and missing numbers are its mean. A
linear projector lays a few frames side by side and makes one token of them; in a Q-former (after Li
et al. 2023, one layer) queries that are learnt look at all frames. What comes is about as long as
the model's own embeddings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from empathia.errors import ConfigError, UsageError
from empathia.files import write
from empathia.lm.local.adapter import damaged
from empathia.types import FloatArray
from empathia.types.soft import FILE, Soft, Way, digest

_KEY = "soft"
_WIDTH, _HEADS = 64, 4  # of a Q-former
_FAR = 6.0  # deviations from the mean; what is further is no further

Scales = Mapping[str, tuple[FloatArray, FloatArray]]
"""Name of a feature to mean and deviation of its columns, (dim,) each."""


class _Feature(nn.Module):
    """One feature's way into (tokens, width) embeddings."""

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, way: Way, mean: torch.Tensor, spread: torch.Tensor, width: int) -> None:
        super().__init__()
        self.way = way
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        dim = len(mean)
        if way.kind == "linear":
            self.out = nn.Linear(way.every * dim, width)
            return
        self.queries = nn.Parameter(torch.randn(way.queries, _WIDTH))
        self.frames = nn.Linear(dim, _WIDTH)
        self.looks = nn.MultiheadAttention(_WIDTH, _HEADS, batch_first=True)
        self.thinks = nn.Sequential(
            nn.LayerNorm(_WIDTH),
            nn.Linear(_WIDTH, 2 * _WIDTH),
            nn.GELU(),
            nn.Linear(2 * _WIDTH, _WIDTH),
        )
        self.out = nn.Linear(_WIDTH, width)

    def forward(self, values: torch.Tensor, dropout: float) -> torch.Tensor:
        """(frames, dim) to (tokens, width)."""
        x = torch.nan_to_num((values - self.mean) / self.spread, nan=0.0).clamp(-_FAR, _FAR)
        most = self.way.every * self.way.longest
        if self.way.kind == "linear" and len(x) > most:
            x = functional.adaptive_avg_pool1d(x.T[None], most)[0].T
        # A column is left out for all frames, as adapters leave out theirs.
        x = x * functional.dropout(torch.ones_like(self.mean), dropout, self.training)
        if self.way.kind == "linear":
            lacking = -len(x) % self.way.every
            x = functional.pad(x, (0, 0, 0, lacking)).reshape(-1, self.out.in_features)
            return cast(torch.Tensor, self.out(x))
        seen = self.frames(x)[None]
        told = self.queries + self.looks(self.queries[None], seen, seen, need_weights=False)[0][0]
        return cast(torch.Tensor, self.out(told + self.thinks(told)))


class Projector(nn.Module):
    """Features in, embeddings out.

    Args:
        way: How many tokens a feature becomes.
        scales: Of each feature, in the order in which they stand in a prompt.
        width: Numbers of an embedding.
        size: Root mean square of the model's own embeddings.
        dropout: Share of a feature's columns that is left out in training.
    """

    size: torch.Tensor

    def __init__(
        self, way: Way, scales: Scales, width: int, size: float = 1.0, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.way, self.names, self.dropout = way, tuple(scales), dropout
        self.register_buffer("size", torch.tensor(float(size)))
        self.features = nn.ModuleList(
            _Feature(way, _tensor(mean), _tensor(spread), width) for mean, spread in scales.values()
        )

    def forward(self, soft: Soft) -> torch.Tensor:
        """(tokens, width) of features by name, in 32 bits, one feature after the other.

        Raises:
            UsageError: A feature was not learnt, or has other columns.
        """
        known = {
            n: len(cast(_Feature, f).mean) for n, f in zip(self.names, self.features, strict=True)
        }
        for name, values in soft.items():
            if values.shape[1] != known.get(name):
                told = ", ".join(f"{n} ({dim})" for n, dim in known.items())
                raise UsageError(
                    f"'{name}' with {values.shape[1]} columns is no soft token of this model "
                    f"(there are: {told})",
                    "Take the features of its training",
                )
        rows = [
            self.size * feature(_tensor(soft[name]).to(self.size.device), self.dropout)
            for name, feature in zip(self.names, self.features, strict=True)
            if name in soft
        ]
        return torch.cat(rows)


class Places:
    """The numbers by which soft tokens stand in a text: -1, -2 ...

    Features that are the same have the same numbers and others have others, so that a tree of
    tokens shares what may be shared.

    Args:
        way: How many tokens a feature becomes.
    """

    def __init__(self, way: Way) -> None:
        self._way, self._count = way, 0
        self._known: dict[str, list[int]] = {}
        self._given: list[Soft] = []

    def of(self, soft: Soft) -> list[int]:
        """The numbers of these features' tokens; none where there are none."""
        key = digest(soft)
        if soft and key not in self._known:
            n = self._way.tokens(soft)
            self._known[key] = [-1 - i for i in range(self._count, self._count + n)]
            self._count += n
            self._given.append(soft)
        return self._known.get(key, [])

    def rows(self, projector: Projector) -> torch.Tensor | None:
        """(tokens, width) of all that has a number, -1 first; None where nothing has."""
        return torch.cat([projector(soft) for soft in self._given]) if self._given else None


def read_as(model: Any, ids: Sequence[int], rows: torch.Tensor | None) -> dict[str, torch.Tensor]:  # noqa: ANN401
    """What a model is given of tokens, some of them soft: (1, tokens) or (1, tokens, width).

    Args:
        model: Of the transformers library.
        ids: Of tokens; those of soft ones are negative.
        rows: (soft tokens, width) of :meth:`Places.rows`; None where there are none.
    """
    numbers = torch.tensor([list(ids)], device=model.device)
    if rows is None:
        return {"input_ids": numbers}
    own = model.get_input_embeddings()(numbers.clamp(min=0))
    put = rows[(-1 - numbers).clamp(min=0)].to(own.dtype)
    return {"inputs_embeds": torch.where((numbers < 0)[..., None], put, own)}


def projector(model: Any, way: Way, scales: Scales, dropout: float) -> Projector:  # noqa: ANN401
    """A projector for a model, which has learnt nothing yet.

    Args:
        model: Of the transformers library.
        way: How many tokens a feature becomes.
        scales: Of each feature, in the order in which they stand in a prompt.
        dropout: Share of a feature's columns that is left out in training.
    """
    own = model.get_input_embeddings().weight.detach().float()
    made = Projector(way, scales, own.shape[1], float(own.pow(2).mean().sqrt()), dropout)
    return made.to(own.device)


def save(folder: Path, made: Projector, base: str) -> None:
    """Write a projector, and the name of the model whose embeddings it makes."""
    from safetensors.torch import save as packed

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().cpu().contiguous() for k, v in made.state_dict().items()}
    told = {"base": base, "names": made.names, "way": asdict(made.way)}
    write(folder / FILE, packed(tensors, {_KEY: json.dumps(told)}))


def base(folder: Path) -> str:
    """Name of the model that a kept projector belongs to.

    Raises:
        WeightsError: There is none, or it is damaged.
    """
    return str(_told(folder)["base"])


def load(folder: Path, model: Any) -> Projector:  # noqa: ANN401
    """The projector that :func:`save` wrote.

    Args:
        folder: Where it is.
        model: Whose embeddings it makes.

    Raises:
        WeightsError: It is not there, damaged, or another model's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    told, like = _told(folder), model.get_input_embeddings().weight
    try:
        tensors = load_file(folder / FILE)
        # A column that says nothing has an endless deviation.
        if bad := [k for k, v in tensors.items() if torch.isnan(v).any()]:
            raise ValueError(f"'{bad[0]}' holds what is no number")
        empty = [tensors[f"features.{i}.mean"].numpy() for i in range(len(told["names"]))]
        scales = {n: (x, x) for n, x in zip(told["names"], empty, strict=True)}
        made = Projector(told["way"], scales, like.shape[1])
        made.load_state_dict(tensors)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise damaged(folder, error, "the projector") from error
    return made.to(like.device).eval()


def _told(folder: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / FILE, "pt") as file:
            told = json.loads(file.metadata()[_KEY])
        return {"base": told["base"], "names": told["names"], "way": Way(**told["way"])}
    except (OSError, KeyError, TypeError, ValueError, ConfigError, SafetensorError) as error:
        raise damaged(folder, error, "the projector") from error


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(np.array(values, np.float32))
