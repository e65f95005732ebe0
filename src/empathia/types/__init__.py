"""The values that travel between stages: frozen, validated, free of torch.

Times are seconds from the start of the recording, scores lie in [0, 1],
audio is mono float32 in [-1, 1]. What is not known is None or absent, never 0.
"""

from __future__ import annotations

from empathia.types.about import About
from empathia.types.felt import ELEMENTS, LEVELS, Element, Emotion, Empathy, Score
from empathia.types.heard import Cues, Features, Sample
from empathia.types.reaction import Reaction
from empathia.types.seen import BLENDSHAPES, LANDMARKS, Face, Picture, Seen, Sight
from empathia.types.speech import Audio, Dialogue, FloatArray, Utterance, Word, spaced
from empathia.types.talk import (
    ANY,
    Exemplar,
    Message,
    Part,
    Reason,
    Reply,
    Request,
    SpeakerNumber,
    Tell,
    Timeline,
    Turn,
    Wish,
    overlaps,
)

__all__ = [
    "ANY",
    "BLENDSHAPES",
    "ELEMENTS",
    "LANDMARKS",
    "LEVELS",
    "About",
    "Audio",
    "Cues",
    "Dialogue",
    "Element",
    "Emotion",
    "Empathy",
    "Exemplar",
    "Face",
    "Features",
    "FloatArray",
    "Message",
    "Part",
    "Picture",
    "Reaction",
    "Reason",
    "Reply",
    "Request",
    "Sample",
    "Score",
    "Seen",
    "Sight",
    "SpeakerNumber",
    "Tell",
    "Timeline",
    "Turn",
    "Utterance",
    "Wish",
    "Word",
    "overlaps",
    "spaced",
]
