"""Which speech model a name means, where it is, and loading it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import weights
from empathia.errors import UsageError, WeightsError, needs

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

DEFAULT_MODEL = "whisper-base"

# The same weights under the names that faster-whisper uses.
_MANIFEST = {"base": DEFAULT_MODEL, "tiny.en": "whisper-tiny-en"}
_NEEDED = ("model.bin", "config.json")


@contextmanager
def hidden(*packages: str) -> Iterator[None]:
    """Make packages look as if they were not installed, unless they are loaded already.

    CTranslate2 and the hub client import torch and transformers where they find them, for
    converters that reading never uses: seconds of start-up and hundreds of MB.
    """
    names = [p for p in packages if p not in sys.modules]
    for name in names:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python spells "cannot be found"
    try:
        yield
    finally:
        for name in names:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]


def load(model: str | Path | None = None, threads: int | None = None) -> tuple[WhisperModel, str]:
    """A model on the CPU, computing in int8, and what to call it; as ``Transcriber.load``."""
    name = DEFAULT_MODEL if model is None else str(model)
    library = _library()
    folder = _folder(name)
    try:
        loaded = library(
            str(folder), device="cpu", compute_type="int8", cpu_threads=_threads(threads)
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise WeightsError(
            f"the speech model '{name}' does not load ({_one_line(error)})",
            "Name a folder in CTranslate2's Whisper format, or pull the model again",
        ) from error
    return loaded, folder.name if Path(name).is_dir() else name


def weight_of(model: str | Path | None) -> str | None:
    """The weight of the manifest that a model's name means; None where it means another one."""
    name = DEFAULT_MODEL if model is None else str(model)
    if name and Path(name).expanduser().is_dir():
        return None
    name = _MANIFEST.get(name, name)
    return name if name in {entry.name for entry in weights.entries()} else None


def _library() -> type[WhisperModel]:
    with needs("asr", "Recognising words"), hidden("torch", "transformers"):
        from faster_whisper import WhisperModel
    library: type[WhisperModel] = WhisperModel
    return library


def _threads(wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    # 0 leaves it to CTranslate2, which then heeds OMP_NUM_THREADS but would else take 4.
    return 0 if os.environ.get("OMP_NUM_THREADS") else (os.cpu_count() or 1)


def _folder(name: str) -> Path:
    """The folder that a model's name means."""
    given = Path(name).expanduser()
    if name and given.is_dir():
        lacking = [n for n in _NEEDED if not (given / n).is_file()]
        if lacking:
            raise WeightsError(
                f"the folder '{name}' is no CTranslate2 Whisper model: it lacks "
                f"{' and '.join(lacking)}",
                "Convert the model with ct2-transformers-converter, or name another one",
            )
        return given
    weight = weight_of(name)
    return _cached(name) if weight is None else weights.folder(weight)


def _cached(name: str) -> Path:
    """A faster-whisper model from the hub's local cache; nothing is downloaded."""
    from faster_whisper.utils import available_models, download_model

    if name not in available_models() and name.count("/") != 1:
        raise UsageError(
            f"there is no speech model and no folder '{name}'",
            f"Name a folder, {DEFAULT_MODEL}, or one of: {', '.join(available_models())}",
        )
    try:
        return Path(download_model(name, local_files_only=True))
    except Exception as error:  # the hub client raises a dozen unrelated kinds
        raise WeightsError(
            f"the speech model '{name}' is not in the local hub cache ({_one_line(error)})",
            'Reading downloads nothing: fetch it once with python -c "import faster_whisper; '
            f"faster_whisper.download_model('{name}')\", or name a folder with --asr-model",
        ) from error


def _one_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:200] if text else type(error).__name__
