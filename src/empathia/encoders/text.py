"""Sentence vectors with all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019).

The graph ``graphs/text.onnx`` holds the structure, the pulled
``model.safetensors`` the weights; fine-tuned weights are the same plus a small
difference. Vectors are the mean over word pieces, not normalised.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.encoders import whole
from empathia.encoders.graph import session
from empathia.errors import WeightsError
from empathia.types import FloatArray

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

WIDTH = 384
MIDDLE = 3
"""Layers below the second vector that is given of a text."""
_SHIPPED = "text-default"
_KIND = "embeddings.token_type_embeddings"
_UNUSED = {"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"}
# Word pieces a batch at most, so that long texts don't need much memory at once.
_ROOM = 4096
_BATCH = 32


class TextEncoder:
    """Texts to vectors; make it with :meth:`load` and keep it.

    Args:
        tokenizer: WordPiece, without padding, truncating.
        graph: A session of ``graphs/text.onnx``.
    """

    def __init__(self, tokenizer: Tokenizer, graph: onnxruntime.InferenceSession) -> None:
        self.tokenizer = tokenizer
        self._graph = graph

    @classmethod
    def load(
        cls,
        weights_folder: Path,
        delta: Path | None = None,
        *,
        threads: int | None = None,
        longest: int = 256,
    ) -> TextEncoder:
        """Read the pulled weight ``minilm``.

        Args:
            weights_folder: Holds ``model.safetensors`` and ``tokenizer.json``.
            delta: A safetensors file with differences (any float type) that are added to the
                weights of the same names.
            threads: Threads inside an operator; None takes all cores.
            longest: Word pieces that are read of a text; the rest is cut off.

        Raises:
            WeightsError: A file is missing, damaged, or a difference fits no weight.
        """
        from tokenizers import Tokenizer

        graph = _graph(weights_folder / "model.safetensors", delta, threads)
        try:
            tokenizer = Tokenizer.from_file(str(weights_folder / "tokenizer.json"))
        except Exception as e:  # tokenizers raises bare Exception
            raise WeightsError(
                f"the tokenizer in '{weights_folder}' cannot be read ({e})",
                weights.remedy("minilm"),
            ) from e
        tokenizer.no_padding()
        tokenizer.enable_truncation(longest)
        return cls(tokenizer, graph)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of texts, each computed from its own text alone.

        Args:
            texts: Any number; the empty text has a vector as well.

        Returns:
            (len(texts), 384) float32, mean over word pieces.
        """
        pieces = [e.ids for e in self.tokenizer.encode_batch([whole(t) for t in texts])]
        return self.encode_pieces(pieces)[:, :WIDTH]

    def encode_pieces(
        self, pieces: Sequence[Sequence[int]], starts: Sequence[int] | None = None
    ) -> FloatArray:
        """Vectors of parts of texts, each read in the light of what stands before it.

        Args:
            pieces: Word pieces of each text, marks included, at most 512.
            starts: Where in each the part begins that the vector is of; None takes all of it.

        Returns:
            (len(pieces), 768) float32, mean over the word pieces from there on: of the last layer,
            then of the third.
        """
        vectors = np.zeros((len(pieces), 2 * WIDTH), np.float32)
        for some in by_length(pieces):
            ids = np.zeros((len(some), max(len(pieces[i]) for i in some)), np.int64)
            mask = np.zeros_like(ids)
            pool = np.zeros_like(ids)
            for row, i in enumerate(some):
                ids[row, : len(pieces[i])] = pieces[i]
                mask[row, : len(pieces[i])] = 1
                pool[row, 0 if starts is None else starts[i] : len(pieces[i])] = 1
            given = {"ids": ids, "mask": mask, "pool": pool}
            vectors[some] = np.concatenate(self._graph.run(["pooled", "middle"], given), 1)
        return vectors


def by_length(pieces: Sequence[Sequence[int]]) -> list[list[int]]:
    """Batches of texts of like length, within a bound on padded word pieces."""
    batches: list[list[int]] = []
    for i in sorted(range(len(pieces)), key=lambda i: len(pieces[i])):
        last = batches[-1] if batches else None
        if last is None or len(last) >= _BATCH or (len(last) + 1) * len(pieces[i]) > _ROOM:
            batches.append([i])
        else:
            last.append(i)
    return batches


@functools.lru_cache(maxsize=1)
def _pulled(path: Path, threads: int | None) -> onnxruntime.InferenceSession:
    """The encoder without a difference, which several read with."""
    return session("text", _arrays(path, None), threads)


def _graph(path: Path, delta: Path | None, threads: int | None) -> onnxruntime.InferenceSession:
    if delta is None:
        return _pulled(path, threads)
    return session("text", _arrays(path, delta), threads)


def _arrays(path: Path, delta: Path | None) -> dict[str, NDArray[np.float32]]:
    """All weights by the names of the graph."""
    base = {n: a for n, a in _read(path, weights.remedy("minilm")).items() if n not in _UNUSED}
    base[f"{_KIND}.first"] = base.pop(f"{_KIND}.weight")[0]
    if delta is None:
        return base
    remedy = _delta_remedy(delta)
    for name, difference in _read(delta, remedy).items():
        if name not in base or base[name].shape != difference.shape:
            raise WeightsError(
                f"'{delta}' changes '{name}', which the encoder has not in that shape", remedy
            )
        base[name] = base[name] + difference.astype(np.float32)
        if not np.isfinite(base[name]).all():
            raise WeightsError(f"'{delta}' makes '{name}' what is no number", remedy)
    return base


def _delta_remedy(delta: Path) -> str:
    """The shipped difference is installed again, an own one trained again."""
    shipped = weights.place(weights.entry(_SHIPPED))
    if delta.resolve().parent == shipped.resolve():
        return weights.remedy(_SHIPPED)
    return "Train again from the pulled weight 'minilm'"


def _read(path: Path, remedy: str) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as e:
        raise WeightsError(f"'{path}' cannot be read ({e})", remedy) from e
