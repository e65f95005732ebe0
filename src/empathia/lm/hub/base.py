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

_PACKED = 4  # times its file that a GGUF model takes while it is unpacked
_SMALL_BYTES = 1_000_000_000
_SUFFIXES = (".safetensors", ".bin", ".gguf")


def base_model(name: str, *, exact: bool = False) -> tuple[Any, Any]:
    """A chat model and its tokenizer, by name: in bf16, on a GPU where there is one.

    Args:
        name: Of a pulled weight in GGUF, a GGUF file, a folder, or what the hub calls it.
        exact: Compute a small model in 32 bits where there is no GPU: sums of bf16 are off by a
            few tenths of a nat, depending on what is computed with them.

    Raises:
        WeightsError: It is not there, is too large for the memory that is free, or has a
            tokenizer that is not known.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    where: Any = "cuda" if torch.cuda.is_available() else "cpu"
    more: dict[str, Any] = {}
    source = name
    if name in {e.name for e in weights.entries()}:
        source, more["gguf_file"] = str(weights.folder(name)), "model.gguf"
    elif name.endswith(".gguf"):
        source, more["gguf_file"] = str(Path(name).parent), Path(name).name
    needed = size(source)
    check_size(name, needed, room(where))
    small = exact and where == "cpu" and needed < _SMALL_BYTES
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **more)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise _cannot(name, "its tokenizer: ", error) from error
    if more:
        more["quantization_config"] = GgufConfig(dequantize=True)
    try:
        with _quiet():
            model = AutoModelForCausalLM.from_pretrained(
                source, dtype=torch.float32 if small else torch.bfloat16, **more
            )
    except (OSError, ValueError) as error:
        raise _cannot(name, "", error) from error
    return model.to(where), tokenizer


def size(source: str) -> int:
    """Bytes that a model takes in memory; 0 where its files are not on this machine yet.

    Args:
        source: A folder, or what the hub calls it.
    """
    folder = Path(source)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            folder = Path(snapshot_download(source, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError, OSError):
            return 0
    sizes = {s: sum(f.stat().st_size for f in folder.glob(f"*{s}")) for s in _SUFFIXES}
    # Of several formats one is loaded.
    return max(sizes[".safetensors"] or sizes[".bin"], _PACKED * sizes[".gguf"])


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


def _cannot(name: str, part: str, error: Exception) -> WeightsError:
    told = (str(error).strip() or type(error).__name__).splitlines()[0]
    return WeightsError(
        f"cannot load the language model '{name}' ({part}{told})",
        "Name a pulled weight, a folder, or a model of the hub that is in reach",
    )
