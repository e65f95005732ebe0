"""Sentence vectors with multilingual-e5-small (Wang et al. 2024), about a hundred languages.

The graph ``graphs/multilingual.onnx`` holds the structure, the pulled weight ``e5-small`` the
numbers in four bits; fine-tuned weights are the same plus a small difference. Word embeddings stay
in the file, those of a text are looked up. Vectors are the mean over word pieces, not normalised;
texts are read behind "query: ", as the encoder was trained to.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia import weights
from empathia.encoders import quarter, whole
from empathia.encoders.graph import session
from empathia.encoders.text import WIDTH, by_length
from empathia.errors import WeightsError
from empathia.types import FloatArray

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

NAME, TOKENIZER = quarter.NAME, "tokenizer.json"
_BEFORE = "query: "
_UNLIKE = (
    f"Train the recogniser again from the pulled weight '{NAME}', or for one that ships: "
    "empathia weights verify"
)


class MultilingualEncoder:
    """Texts to vectors; make it with :meth:`load` and keep it.

    Args:
        tokenizer: What :func:`tokenizer` gave.
        longest: Word pieces that are read of a text; the rest is cut off.
        network: Its word embeddings are looked up.
        graph: A session of ``graphs/multilingual.onnx``.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        longest: int,
        network: quarter.Network,
        graph: onnxruntime.InferenceSession,
    ) -> None:
        self._tokenizer, self._longest = tokenizer, longest
        self._network, self._graph = network, graph

    @classmethod
    def load(
        cls,
        folder: Path,
        difference: Mapping[str, FloatArray] | None = None,
        *,
        threads: int | None = None,
        longest: int = 256,
    ) -> MultilingualEncoder:
        """Read the pulled weight ``e5-small``.

        Args:
            folder: Of the weight.
            difference: Added to the weights of the same names.
            threads: Threads inside an operator; None takes all cores.
            longest: Word pieces that are read of a text; the rest is cut off.

        Raises:
            WeightsError: A file is missing, damaged, or the difference fits no weight.
        """
        network = quarter.read(folder / quarter.FILE)
        arrays = dict(network.arrays)
        del arrays[quarter.KIND]
        for name, change in (difference or {}).items():
            if name not in arrays or arrays[name].shape != change.shape:
                raise WeightsError(
                    f"a difference to '{name}', which '{folder}' has not in that shape",
                    _UNLIKE,
                )
            arrays[name] = arrays[name] + change
            if not np.isfinite(arrays[name]).all():
                raise WeightsError(f"a difference makes '{name}' what is no number", _UNLIKE)
        graph = session("multilingual", arrays, threads)
        return cls(tokenizer(folder), longest, network, graph)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of texts, each computed from its own text alone.

        Args:
            texts: Any number; the empty text has a vector as well.

        Returns:
            (len(texts), 384) float32, mean over word pieces.
        """
        read = pieces(self._tokenizer, texts, self._longest)
        vectors = np.zeros((len(read), WIDTH), np.float32)
        for some in by_length(read):
            ids = np.zeros((len(some), max(len(read[i]) for i in some)), np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(some):
                ids[row, : len(read[i])] = read[i]
                mask[row, : len(read[i])] = 1
            words = self._network.embedded(ids)
            vectors[some] = self._graph.run(None, {"words": words, "mask": mask})[0]
        return vectors


@functools.cache
def tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of the pulled weight, which neither pads nor cuts: one for all, it is large.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from tokenizers import Tokenizer

    try:
        read = Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as e:  # tokenizers raises bare Exception
        raise WeightsError(
            f"the tokenizer in '{folder}' cannot be read ({e})", weights.remedy(NAME)
        ) from e
    read.no_padding()
    read.no_truncation()
    return read


def pieces(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> list[list[int]]:
    """Word pieces of texts as the encoder reads them, with its marks at both ends.

    Args:
        tokenizer: Of the encoder.
        texts: Any number.
        longest: Pieces of a text at most, marks included.
    """
    every = [e.ids for e in tokenizer.encode_batch([_BEFORE + whole(t) for t in texts])]
    return [ids if len(ids) <= longest else [*ids[: longest - 1], ids[-1]] for ids in every]
