"""Korean emotional speech (SELVAS): fifteen speakers, four emotions.

``load`` takes the folder above ``*/<speaker>/wav/<speaker>NNNNN``, where NNNNN
is 1-100 neutral, 101-200 happy, 201-300 angry, 301-400 sad. The release does
not say who is female, so gender is not known. Each clip is a dialogue of one
utterance; there are no splits. Groups: style, the kind of recording, where a folder
above says so ("plain-to-emotional", "emotional-to-emotional").

That numbering is the release's own, and its last two parts seem to have changed places: what
is numbered as angry is the lowest, slowest and softest speech of each speaker, what is
numbered as sad high, fast and harsh, and the scripts of the release that are public mourn in
the one and scold in the other. ``as_heard`` names both by what is heard.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from empathia.corpora import CorpusInfo, _clips
from empathia.errors import CorpusError
from empathia.labels.sets import KOREAN4
from empathia.types import Dialogue

INFO = CorpusInfo(
    name="korean_emotional",
    licence="CC-BY-NC-SA-4.0",
    noncommercial=True,
    citation="SELVAS AI, Korean emotional speech (emotional-to-emotional, plain-to-emotional)",
    page="https://github.com/emotiontts/emotiontts_open_db",
    language="ko",
)

_NAME = re.compile(r"([a-z]{3})(\d{5})")
_STYLES = ("plain-to-emotional", "emotional-to-emotional")
_HEARD = ("neutral", "happy", "sad", "angry")
_LAYOUT = "files such as */nea/wav/nea00101.wav, numbered 1 to 400"


def load(path: Path, *, as_heard: bool = False) -> tuple[Dialogue, ...]:
    """Read the clips; speakers are three letters ("nea").

    Args:
        path: Folder with the clips at any depth; wav or flac.
        as_heard: 201-300 is sad and 301-400 angry, against the release's own words.

    Raises:
        CorpusError: No clip is there, one is there twice, or a name is not of this corpus.
    """
    files = _clips.find(path, "korean_emotional", _LAYOUT)
    describe = functools.partial(_describe, as_heard=as_heard)
    return _clips.dialogues(files, INFO, KOREAN4, describe)


def _describe(file: Path, *, as_heard: bool) -> _clips.Clip:
    name = _clips.match(_NAME, file, "korean_emotional", _LAYOUT)
    number = int(name[2])
    if not 1 <= number <= 400:
        raise CorpusError(
            f"korean_emotional: '{file}' has the number {number}", f"Expected {_LAYOUT}"
        )
    style = next((s for s in _STYLES if s in file.parts), None)
    groups = {"style": style} if style else {}
    order = _HEARD if as_heard else KOREAN4.labels
    return _clips.Clip(name[1], None, order[(number - 1) // 100], groups)
