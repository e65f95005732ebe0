"""The words of an utterance as one vector: a sentence encoder's mean over word pieces.

Variants: none or "minilm" is the default encoder (384 columns); "text-default" is the same
with the last layers as the shipped recogniser of emotion tuned them, and so is any shipped
weight or folder that holds such a difference (what ``empathia train`` made of a run file
with the recogniser ``text``: "text:out/mine/model"); any other is a model for transformers'
AutoModel, a folder or a name on the hub ("text:klue/roberta-base") that
lies on this machine. Texts are read one by one: in a batch the last bits of a vector depend
on its neighbours.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from empathia import weights
from empathia.contracts import Extractor
from empathia.encoders import local
from empathia.errors import WeightsError
from empathia.features import Each
from empathia.files import Plain, sha256
from empathia.types import Features, FloatArray

SOURCE = "words"
_DEFAULT, _DELTA = "minilm", "delta.safetensors"
_LONGEST = 256  # word pieces that are read


@functools.lru_cache(maxsize=2)
def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """An extractor that holds its encoder; the same one for the same arguments.

    Args:
        variant: See above.
        threads: Threads inside the encoder; None takes all cores.

    Raises:
        WeightsError: The model is missing, damaged or of another kind.
        MissingExtra: A named encoder needs torch, which is not installed.
    """
    if variant in (None, _DEFAULT):
        return _default(threads, None)
    delta = _delta(str(variant))
    return _named(str(variant), threads) if delta is None else _default(threads, delta)


def weights_of(variant: str | None) -> tuple[str, ...]:
    """Weights of the manifest that a variant needs: none where another encoder is named."""
    if variant in (None, _DEFAULT):
        return (_DEFAULT,)
    if variant in _tuned():
        return _DEFAULT, str(variant)
    return (_DEFAULT,) if (Path(str(variant)) / _DELTA).exists() else ()


def _tuned() -> set[str]:
    """Weights of the manifest that are the default encoder with other last layers."""
    return {e.name for e in weights.entries() if any(f.name == _DELTA for f in e.files)}


def _delta(variant: str) -> Path | None:
    """The tuned layers that a variant names, or None where it names another encoder."""
    file = (weights.folder(variant) if variant in _tuned() else Path(variant)) / _DELTA
    return file if file.exists() else None


def _default(threads: int | None, delta: Path | None) -> Extractor:
    from empathia.encoders.text import TextEncoder

    encoder = TextEncoder.load(weights.folder(_DEFAULT), delta, threads=threads, longest=_LONGEST)
    sums = {file.name: file.sum for file in weights.entry(_DEFAULT).files}
    if delta is not None:
        sums[delta.name] = sha256(delta)
    return _each({"model": _DEFAULT, "sums": sums}, lambda text: encoder.encode([text])[0])


def _named(variant: str, threads: int | None) -> Extractor:
    model = local.load(variant, threads)
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(model.folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as e:  # transformers and tokenizers raise whatever they like
        raise WeightsError(
            f"the tokenizer of '{variant}' in '{model.folder}' cannot be read "
            f"({' '.join(str(e).split())})",
            "Fetch the model again, all of its files",
        ) from e
    lock = threading.Lock()  # this tokenizer sets itself up anew for each call
    return _each({"sum": model.sum}, functools.partial(_encode, model.module, tokenizer, lock))


def _encode(
    module: Any,  # noqa: ANN401 - of torch
    tokenizer: Any,  # noqa: ANN401 - of transformers
    lock: threading.Lock,
    text: str,
) -> FloatArray:
    """Mean of the last layer over all word pieces."""
    import torch

    longest = min(_LONGEST, getattr(module.config, "max_position_embeddings", _LONGEST) - 2)
    with lock:
        pieces = tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")
    with torch.inference_mode():
        states = module(**pieces).last_hidden_state[0]
        vector: FloatArray = states.mean(0).float().numpy()
    return vector


def _each(identity: Mapping[str, Plain], encode: Callable[[str], FloatArray]) -> Extractor:
    def extract(text: str, utterance: str) -> Features:
        return Features(utterance, "text", np.asarray(encode(text), np.float32)[None])

    return Each({"version": 1, "longest": _LONGEST, **identity}, extract)
