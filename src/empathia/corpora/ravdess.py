"""RAVDESS, speech part: 24 actors say two English sentences in eight emotions.

``load`` takes the folder of the release at any level above ``Actor_NN``; names
say all: ``MM-VC-EE-II-SS-RR-AA`` (modality, vocal channel, emotion, intensity,
statement, repetition, actor). Songs and video files of the release are left
out. Each clip is a dialogue of one utterance; the release has no splits. Groups:
intensity ("normal", "strong"), statement ("1": kids, "2": dogs), repetition.
"""

from __future__ import annotations

import re
from pathlib import Path

from empathia.corpora import CorpusInfo, _clips
from empathia.errors import CorpusError
from empathia.labels.sets import RAVDESS8
from empathia.types import Dialogue

INFO = CorpusInfo(
    name="ravdess",
    licence="CC-BY-NC-SA-4.0",
    noncommercial=True,
    citation="Livingstone & Russo 2018, The Ryerson Audio-Visual Database of Emotional Speech "
    "and Song, PLoS ONE 13(5)",
    page="https://doi.org/10.5281/zenodo.1188976",
    language="en",
)

_NAME = re.compile(r"(0[1-3])-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(\d\d)")
_LAYOUT = "the official names, as in Actor_01/03-01-05-02-01-02-01.wav"
_AUDIO_ONLY, _SPEECH = "03", "01"


def load(path: Path) -> tuple[Dialogue, ...]:
    """Read the speech clips; speakers are "01" to "24", odd ones male.

    Args:
        path: Folder with the ``Actor_NN`` folders, at any depth; wav or flac.

    Raises:
        CorpusError: No clip is there, one is there twice, or a name is not of RAVDESS.
    """
    files = [f for f in _clips.find(path, "ravdess", _LAYOUT) if _is_speech(f)]
    if not files:
        raise CorpusError(f"ravdess: no speech clip under '{path}'", f"Expected {_LAYOUT}")
    return _clips.dialogues(files, INFO, RAVDESS8, _describe)


def _is_speech(file: Path) -> bool:
    name = _clips.match(_NAME, file, "ravdess", _LAYOUT)
    return (name[1], name[2]) == (_AUDIO_ONLY, _SPEECH)


def _describe(file: Path) -> _clips.Clip:
    name = _clips.match(_NAME, file, "ravdess", _LAYOUT)
    gender = "male" if int(name[7]) % 2 else "female"
    groups = {
        "intensity": "strong" if name[4] == "02" else "normal",
        "statement": name[5][1],
        "repetition": name[6][1],
    }
    return _clips.Clip(name[7], gender, RAVDESS8.labels[int(name[3]) - 1], groups)
