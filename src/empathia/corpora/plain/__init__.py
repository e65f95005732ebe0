"""Plain sentences of everyday talk, one emotion each, written for Empathia; they come with it.

Layout: ``<language>.tsv`` with label and text. Comments, of which the corpora of some languages
consist, hardly ever say "I am angry", ask the way or offer a hand; these do. Each was written for
its label, no template was filled in. All of them teach: what one hand wrote tests nothing.
"""

from __future__ import annotations

from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import lines
from empathia.errors import CorpusError
from empathia.labels import EKMAN7
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="plain",
    licence="CC0-1.0",
    noncommercial=False,
    citation="written for Empathia",
    page="Empathia's own sources",
    language="ko",
)
FOLDER = Path(__file__).parent


def load(path: Path) -> tuple[Dialogue, ...]:
    """Every sentence as a dialogue of one utterance, in the order of the files.

    Args:
        path: Folder with the files.

    Raises:
        CorpusError: No file is there, or a line is not a label and a text.
    """
    files = sorted(path.glob("*.tsv"))
    if not files:
        raise CorpusError(f"'{path}' holds no <language>.tsv", f"Give '{FOLDER}'")
    return tuple(_sentence(f, number, line) for f in files for number, line in lines(f) if line)


def _sentence(file: Path, number: int, line: str) -> Dialogue:
    label, _, text = line.partition("\t")
    if label not in EKMAN7 or not text.strip():
        raise CorpusError(
            f"{file}:{number} is not 'label TAB text' with one of {', '.join(EKMAN7)}",
            "Mend the line",
        )
    key = f"{file.stem}-{number:04d}"
    said = Utterance(id=key, index=0, speaker="author", text=text, gold=(label,))
    return Dialogue(key, (said,), "plain", "train", file.stem, EKMAN7)
