"""A language model of the transformers library by name, unless it is too large for this machine."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from empathia import weights
from empathia.errors import WeightsError
from empathia.files import is_file
from empathia.lm.local import gguf
from empathia.weights.elsewhere import find

_PACKED = 4  # times its file that a GGUF model takes while it is unpacked
_SMALL_BYTES = 1_000_000_000


def base_model(name: str, *, exact: bool = False) -> tuple[Any, Any]:
    """A chat model and its tokenizer, by name: in bf16, on a GPU where there is one.

    Nothing is downloaded, only safetensors and GGUF are read, and no code of a model runs.

    Args:
        name: Of a pulled weight in GGUF, a GGUF file, a folder, or what the hub calls one that is
            in its cache here.
        exact: Compute a small model in 32 bits where there is no GPU: sums of bf16 are off by a
            few tenths of a nat, depending on what is computed with them.

    Raises:
        WeightsError: It is not there, damaged, too large for the memory that is free, or has a
            tokenizer that is not known.
    """
    from transformers import AutoTokenizer

    where, kind = numbers(name, exact=exact)
    source = _source(name)
    check_size(name, size(source), room(where))
    folder, how = source, dict[str, Any](local_files_only=True, trust_remote_code=False)
    if source.is_file():
        folder, how["gguf_file"] = source.parent, source.name
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **how)
    except Exception as error:  # transformers and tokenizers raise whatever they like
        raise _cannot(name, f"its tokenizer: {_line(error)}") from error
    model = _model(name, str(folder), getattr(torch, kind), how)
    return model.to(where), tokenizer


def numbers(name: str, *, exact: bool = False) -> tuple[str, str]:
    """Where :func:`base_model` computes, "cuda" or "cpu"; and in "float32" or "bfloat16".

    Args:
        name: As there.
        exact: As there.

    Raises:
        WeightsError: It is not there.
    """
    where = "cuda" if torch.cuda.is_available() else "cpu"
    small = size(_source(name)) < _SMALL_BYTES and exact and where == "cpu"
    return where, "float32" if small else "bfloat16"


def _source(name: str) -> Path:
    """The GGUF file or the folder of a model."""
    if not name.endswith(".gguf") and name not in {e.name for e in weights.entries()}:
        return find(name)
    file = gguf.path(name)
    if not is_file(file):
        raise _cannot(name, f"there is no file {str(file)!r}")
    return file


def _model(name: str, folder: str, kind: torch.dtype, how: dict[str, Any]) -> Any:  # noqa: ANN401
    """The model with all of its arrays."""
    from transformers import AutoModelForCausalLM, GgufConfig

    packed = {"quantization_config": GgufConfig(dequantize=True)} if "gguf_file" in how else {}
    try:
        with _quiet():
            model, report = AutoModelForCausalLM.from_pretrained(
                folder, dtype=kind, use_safetensors=True, output_loading_info=True, **packed, **how
            )
    except Exception as error:  # and safetensors and torch, too
        raise _cannot(name, _line(error)) from error
    if lacking := sorted(report["missing_keys"]):
        raise _cannot(name, f"it lacks {len(lacking)} arrays, such as {lacking[0]}")
    return model


def size(source: Path) -> int:
    """Bytes that a model takes in memory.

    Args:
        source: A GGUF file, or a folder.
    """
    if source.is_file():
        return _PACKED * source.stat().st_size
    every = list(source.glob("*.safetensors"))  # some hold all once more, "consolidated"
    read = [f for f in every if f.name.startswith("model")]
    return sum(f.stat().st_size for f in read or every)


def room(where: str) -> int | None:
    """Bytes of memory that are free on "cuda" or "cpu"; None where the system does not tell."""
    if where == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        told = dict(line.split(":", 1) for line in lines)
        return 1024 * int(told["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return None


def check_size(name: str, needed: int, free: int | None) -> None:
    """Refuse a model that does not fit, before it is loaded.

    Args:
        name: Of the model.
        needed: Bytes.
        free: Bytes; None where that is not known.

    Raises:
        WeightsError: It does not fit.
    """
    if free is not None and needed > free:
        raise WeightsError(
            f"the language model '{name}' needs about {needed / 1e9:.1f} GB of memory, "
            f"{free / 1e9:.1f} GB are free",
            "Close other programs, take a smaller model, or ask one behind a URL",
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars of a library that has its own idea of a screen; errors are raised."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _cannot(name: str, reason: str) -> WeightsError:
    return WeightsError(
        f"cannot load the language model '{name}' ({reason})",
        "Name a pulled weight, a GGUF file, or a folder with a model and its tokenizer",
    )
