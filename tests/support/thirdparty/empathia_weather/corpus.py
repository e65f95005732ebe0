"""Talks about the weather, one file each, labelled in words of their own.

``<split>/<talk>.txt`` holds one utterance a line: speaker, label and words, parted by tabs.
"""

from __future__ import annotations

from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.errors import CorpusError
from empathia.labels import SHARED4, LabelSet, Projection
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="weather",
    licence="CC0-1.0",
    noncommercial=False,
    citation="made for tests",
    page="https://example.org/weather",
    language="en",
)
WEATHER = LabelSet("weather", ("sunny", "rainy", "stormy", "foggy"))
PROJECTIONS = (
    Projection(
        WEATHER,
        SHARED4,
        {"sunny": "joy", "rainy": "sadness", "stormy": "anger", "foggy": None},
    ),
)


def load(path: Path, *, shout: bool = False) -> tuple[Dialogue, ...]:
    """Read the talks.

    Args:
        path: The folder.
        shout: Give all words in capitals.

    Raises:
        CorpusError: There is no talk, a line has not three fields, or its label is unknown.
    """
    files = sorted(path.glob("*/*.txt"))
    if not files:
        raise CorpusError(f"weather: '{path}' holds no talk", "Name the folder above 'train'")
    return tuple(_talk(file, file.parent.name, shout) for file in files)


def _talk(file: Path, split: str, shout: bool) -> Dialogue:
    utterances = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        fields = line.split("\t")
        if len(fields) != 3 or fields[1] not in WEATHER:
            raise CorpusError(
                f"{file}:{number + 1}: expected speaker, label, words; found '{line}'",
                "Mend the line",
            )
        speaker, label, words = fields
        utterances.append(
            Utterance(
                f"{file.stem}-{number}",
                number,
                speaker,
                words.upper() if shout else words,
                gold=(label,),
            )
        )
    return Dialogue(file.stem, tuple(utterances), INFO.name, split, INFO.language, WEATHER)
