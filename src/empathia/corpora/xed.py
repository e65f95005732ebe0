"""XED, English part: subtitle lines, Plutchik's eight emotions and neutral (Öhman et al. 2020).

Layout: ``en-annotated.tsv`` (text, label numbers divided by commas) and
``neu_en.txt`` (9, text). The release numbers anger 1, anticipation 2, disgust 3,
fear 4, joy 5, sadness 6, surprise 7, trust 8.
"""

from __future__ import annotations

from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import lines
from empathia.errors import CorpusError
from empathia.labels.sets import XED9
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="xed",
    licence="CC-BY-4.0",
    noncommercial=False,
    citation="Öhman, Pàmies, Kajava and Tiedemann, XED: A Multilingual Dataset for Sentiment "
    "Analysis and Emotion Detection, COLING 2020",
    page="https://github.com/Helsinki-NLP/XED",
    language="en",
)


def load(path: Path) -> tuple[Dialogue, ...]:
    """Every line as a dialogue of one utterance; XED has no official split, so all are "train".

    Args:
        path: Folder with the two files.

    Raises:
        CorpusError: A file is missing, or a line does not parse.
    """
    emotional = path / "en-annotated.tsv"
    neutral = path / "neu_en.txt"
    return (
        *(_emotional(emotional, n, line) for n, line in lines(emotional) if line.strip()),
        *(_neutral(neutral, n, line) for n, line in lines(neutral) if line.strip()),
    )


def _emotional(file: Path, number: int, line: str) -> Dialogue:
    text, tab, numbers = line.rpartition("\t")
    try:
        chosen = sorted({int(n) for n in numbers.split(",")})
    except ValueError:
        chosen = []
    if not tab or not chosen or not all(1 <= n <= 8 for n in chosen):
        raise CorpusError(f"{file}:{number} is not 'text TAB numbers from 1 to 8'", "Mend the line")
    return _line(f"emotional/{number}", text, tuple(XED9.labels[n - 1] for n in chosen))


def _neutral(file: Path, number: int, line: str) -> Dialogue:
    first, tab, text = line.partition("\t")
    if first != "9" or not tab:
        raise CorpusError(f"{file}:{number} is not '9 TAB text'", "Mend the line")
    return _line(f"neutral/{number}", text.rstrip("\t"), ("neutral",))


def _line(key: str, text: str, gold: tuple[str, ...]) -> Dialogue:
    return Dialogue(
        id=key,
        utterances=(Utterance(id=key, index=0, speaker="unknown", text=text, gold=gold),),
        corpus="xed",
        split="train",
        language="en",
        labels=XED9,
    )
