"""A model in two: the layers below, which are not learnt, are computed once for each text."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from empathia.lm.hub.model import seen
from empathia.lm.hub.tree import Packed, Tree

_KNOWN = frozenset({"llama", "mistral", "qwen2", "qwen3"})
"""Models whose decoder does one layer after the other and nothing else."""


class Halves:
    """A model in two; make it with :meth:`of`.

    Args:
        model: A causal language model of the transformers library.
        layers: How many layers the upper half has.
    """

    def __init__(self, model: Any, layers: int) -> None:  # noqa: ANN401
        decoder = model.base_model
        count = len(decoder.layers) - layers
        self._model = model
        self._lower = _part(decoder, decoder.layers[:count], nn.Identity())
        self._upper = _part(decoder, decoder.layers[count:], decoder.norm)

    @classmethod
    def of(cls, model: Any, layers: int) -> Halves | None:  # noqa: ANN401
        """The halves; None of a model that is not known to come apart, or where one is empty.

        Args:
            model: Which.
            layers: How many the upper half has; 0 for all.
        """
        config = model.config
        alike = len(set(getattr(config, "layer_types", None) or ["same"])) == 1
        apart = config.model_type in _KNOWN and alike
        return cls(model, layers) if apart and 0 < layers < config.num_hidden_layers else None

    @property
    def width(self) -> int:
        """Numbers of a state."""
        return int(self._model.config.hidden_size)

    def below(self, tree: Tree) -> torch.Tensor:
        """(tokens, width) what the lower half makes of a text, without gradients."""
        with torch.no_grad():
            x = self._model.get_input_embeddings()(
                torch.tensor([tree.ids], device=self._model.device)
            )
            states: torch.Tensor = self._lower(
                inputs_embeds=x, **seen(tree, x), use_cache=False
            ).last_hidden_state[0]
        return states

    def logits(self, packed: Packed, states: torch.Tensor) -> torch.Tensor:
        """(tokens of answers, vocabulary) of (tokens, width) states, in 32 bits."""
        x = states[None].to(self._model.device, self._model.dtype)
        out = self._upper(inputs_embeds=x, **seen(packed.tree, x), use_cache=False)
        places, back = np.unique(packed.places, return_inverse=True)
        told = self._model.lm_head(out.last_hidden_state[0][torch.from_numpy(places)]).float()
        each: torch.Tensor = told[torch.from_numpy(back)]
        return each


def _part(decoder: Any, layers: nn.ModuleList, norm: nn.Module) -> Any:  # noqa: ANN401
    """A decoder with other layers, of which it shares the parameters."""
    part = copy.copy(decoder)
    part._modules = {**decoder._modules, "layers": layers, "norm": norm}
    return part


class States:
    """What the lower half makes of many texts, in a file; computed when first asked for.

    Args:
        file: Is made anew; bf16, a row a token.
        tokens: Of all texts together.
        halves: Computes it.
    """

    def __init__(self, file: Path, tokens: int, halves: Halves) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        shape = (max(1, tokens), halves.width)
        self._rows = np.lib.format.open_memmap(file, "w+", np.int16, shape)
        self._known: set[int] = set()
        self._halves = halves

    def of(self, tree: Tree, start: int) -> torch.Tensor:
        """(tokens, width) of a text that has the rows from ``start`` on."""
        rows = self._rows[start : start + len(tree)]
        if start not in self._known:
            made = self._halves.below(tree).to("cpu", torch.bfloat16)
            rows[:] = made.view(torch.int16).numpy()
            self._known.add(start)
        return torch.from_numpy(np.array(rows)).view(torch.bfloat16)
