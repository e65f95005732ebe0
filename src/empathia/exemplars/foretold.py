"""What an answer will be about: a linear map from what was said to where answers lie.

Ridge regression from vectors of contexts to vectors of replies, over all exemplars of a bank, in
closed form. Its value is the mean of the answers that people give to the like; the exemplar whose
reply lies nearest has the largest expected cosine to theirs.

A bank can be given another map of the same shape, which was learnt by contrast and kept in a folder
(:class:`Retriever`): that one tells best which reply is the true one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from empathia.errors import UsageError, WeightsError
from empathia.exemplars import encoding
from empathia.exemplars.encoding import unit
from empathia.files import sha256, write
from empathia.types import FloatArray

RETRIEVER, _MAP = "retriever.safetensors", "map"
_PENALTY = 10.0  # best of 3, 10, 30, 100 on the validation part of EmpatheticDialogues


def learn(contexts: FloatArray, replies: FloatArray) -> FloatArray:
    """The map (width + 1, width), the last row its constant.

    Args:
        contexts: (n, width), of length 1.
        replies: (n, width), likewise.
    """
    given = _with_constant(contexts)
    square = given.T @ given + _PENALTY * np.eye(given.shape[1], dtype=np.float32)
    learnt: FloatArray = np.linalg.solve(square, given.T @ replies).astype(np.float32)
    return learnt


def foretell(learnt: FloatArray, rows: FloatArray) -> FloatArray:
    """Where answers lie: vectors (..., width) of length 1, as those of the contexts are."""
    places: FloatArray = unit(_with_constant(rows) @ learnt)
    return places


def _with_constant(rows: FloatArray) -> FloatArray:
    ones = np.ones((*rows.shape[:-1], 1), np.float32)
    joined: FloatArray = np.concatenate([rows, ones], axis=-1)
    return joined


@dataclass(frozen=True, slots=True)
class Retriever:
    """A map that was learnt and kept.

    Args:
        map: (width + 1, width).
        encoder: Name of the encoder whose vectors it maps.
        name: Of its folder.
        sum: sha256 of its file; both "" where it was not loaded.
    """

    map: FloatArray = field(repr=False)
    encoder: str
    name: str = ""
    sum: str = ""

    def save(self, folder: Path) -> None:
        """Write it into a folder that is there."""
        from safetensors.numpy import save

        told = {"encoder": self.encoder, "encoder_sum": encoding.sum_of(self.encoder)}
        write(folder / RETRIEVER, save({_MAP: np.ascontiguousarray(self.map)}, told))

    @classmethod
    def load(cls, folder: Path, encoder: str | None) -> Retriever:
        """What :meth:`save` wrote.

        Args:
            folder: Where it lies.
            encoder: Whose vectors it shall map; None for none.

        Raises:
            UsageError: There is none, or it maps another encoder's vectors.
            WeightsError: It is damaged.
        """
        from safetensors import SafetensorError, safe_open

        if not (folder / RETRIEVER).is_file():
            raise UsageError(
                f"there is no retriever in '{folder}' (no {RETRIEVER})",
                "Train one: empathia train runs/retriever.toml",
            )
        try:
            with safe_open(folder / RETRIEVER, "numpy") as file:
                told, learnt = file.metadata(), file.get_tensor(_MAP)
            if learnt.ndim != 2 or len(learnt) != learnt.shape[1] + 1:
                raise ValueError(f"a map of shape {learnt.shape}")
            made, its_sum = told["encoder"], told["encoder_sum"]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise WeightsError(
                f"the retriever in '{folder}' is damaged ({error})", "Train it again"
            ) from error
        if encoder is None or encoding.sum_of(encoder) != its_sum:
            raise UsageError(
                f"the retriever in '{folder}' maps vectors of '{made}', the bank has "
                f"{'none' if encoder is None else f'those of {encoder!r}'}",
                "Build the bank with the encoder of the retriever, or train the retriever again",
            )
        return cls(learnt, made, folder.name, sha256(folder / RETRIEVER))
