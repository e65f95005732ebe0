"""What corpora of single clips share: find the files, one dialogue a clip."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from empathia.corpora import CorpusInfo
from empathia.errors import CorpusError
from empathia.labels import LabelSet
from empathia.types import Dialogue, Utterance

SOUND = frozenset({".wav", ".flac"})


class Clip(NamedTuple):
    """What the name of a clip says."""

    speaker: str
    gender: str | None
    label: str
    groups: Mapping[str, str]


def find(path: Path, corpus: str, layout: str) -> list[Path]:
    """All sound files under a folder, sorted by name of file.

    Args:
        path: The corpus's folder.
        corpus: Its name, for messages.
        layout: How its files are named, for messages.

    Raises:
        CorpusError: There is no such folder, it holds no sound, or a name appears twice.
    """
    if not path.is_dir():
        raise CorpusError(f"{corpus}: '{path}' is no folder", f"Expected {layout}")
    files = sorted(
        (f for f in path.rglob("*") if f.suffix.lower() in SOUND and not f.name.startswith(".")),
        key=lambda f: (f.stem, str(f)),
    )
    if not files:
        raise CorpusError(f"{corpus}: no wav or flac file under '{path}'", f"Expected {layout}")
    for a, b in pairwise(files):
        if a.stem == b.stem:
            raise CorpusError(
                f"{corpus}: clip '{a.stem}' is there twice: '{a}' and '{b}'", "Keep one of the two"
            )
    return files


def match(pattern: re.Pattern[str], file: Path, corpus: str, layout: str) -> re.Match[str]:
    """The parts of a file's name.

    Raises:
        CorpusError: The name does not follow the corpus's naming.
    """
    parts = pattern.fullmatch(file.stem)
    if parts is None:
        raise CorpusError(
            f"{corpus}: cannot understand the name of '{file}'",
            f"Expected {layout}; remove what is not of the corpus",
        )
    return parts


def dialogues(
    files: list[Path], info: CorpusInfo, labels: LabelSet, describe: Callable[[Path], Clip]
) -> tuple[Dialogue, ...]:
    """One dialogue of one utterance for each clip; its id is the file's name without suffix.

    Args:
        files: The clips.
        info: Name of the corpus and its language.
        labels: Its label set.
        describe: Says what the name of a clip means.
    """
    result = []
    for file in files:
        speaker, gender, label, groups = describe(file)
        clip = Utterance(
            file.stem, 0, speaker, audio=file, gender=gender, gold=(label,), groups=groups
        )
        result.append(Dialogue(file.stem, (clip,), info.name, None, info.language, labels))
    return tuple(result)
