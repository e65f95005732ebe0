"""Berlin Database of Emotional Speech: ten actors say ten German sentences.

``load`` takes the release's folder (``wav/03a01Fa.wav``) or any folder with
such files. A name is speaker, sentence, letter of the emotion in German, take.
Each clip is a dialogue of one utterance; the release has no splits. Groups: text,
the code of the sentence ("a01").
"""

from __future__ import annotations

import re
from pathlib import Path

from empathia.corpora import CorpusInfo, _clips
from empathia.labels.sets import EMODB7
from empathia.types import Dialogue

INFO = CorpusInfo(
    name="emodb",
    licence="none stated; free for research",
    noncommercial=True,
    citation="Burkhardt et al. 2005, A Database of German Emotional Speech, Interspeech",
    page="http://emodb.bilderbar.info",
    language="de",
)

_NAME = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])([a-z])")
_LAYOUT = "the official names, as in wav/03a01Fa.wav"
# Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral
_EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
_MALE = frozenset({"03", "10", "11", "12", "15"})
_FEMALE = frozenset({"08", "09", "13", "14", "16"})


def load(path: Path) -> tuple[Dialogue, ...]:
    """Read the clips; speakers are "03", "08" to "16".

    Args:
        path: Folder with the clips at any depth; wav or flac.

    Raises:
        CorpusError: No clip is there, one is there twice, or a name is not of EMO-DB.
    """
    files = _clips.find(path, "emodb", _LAYOUT)
    return _clips.dialogues(files, INFO, EMODB7, _describe)


def _describe(file: Path) -> _clips.Clip:
    name = _clips.match(_NAME, file, "emodb", _LAYOUT)
    gender = "male" if name[1] in _MALE else "female" if name[1] in _FEMALE else None
    return _clips.Clip(name[1], gender, _EMOTIONS[name[3]], {"text": name[2]})
