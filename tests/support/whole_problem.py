"""A little problem with words, rows, frames and speech, so that every recogniser learns of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from little_problem import LABELS, WORDS, learn, part

from empathia.contracts import Recogniser
from empathia.training.problem import Part
from empathia.types import Features, Sample

KOREAN = {"glad": "기뻐 행복", "low": "눈물 슬픔", "cross": "짜증 분노"}
KOREAN_ONES = ("text_korean", "text_multilingual")
SPEECH = ("speech", *(f"mean1.{k}" for k in range(4)))
VOICE, SPOKEN = {"voice": ("tone",)}, {"voice": ("speech",)}
QUICK = {"epochs": 2, "lr": 1e-2}
HOW: dict[str, dict[str, object]] = {
    "acoustic": {"modalities": VOICE, "options": {"repeats": 0, "penalties": [0.03]}},
    "dialogue": {
        "modalities": {"text": ("tone",), "voice": ("frames",)},
        "options": {
            "members": 1,
            "width": 8,
            "memory": 4,
            "squares_up_to": 4,
            "directions": 2,
            "penalties": [1.0],
        },
    },
    "encoder": {"options": {"tuned": 1, "past": 1, "pieces": 16}},
    "face": {"modalities": {"face": ("face",)}, "options": {"penalties": [0.03]}},
    "kernel": {"modalities": VOICE, "options": {"penalties": [0.3]}},
    "late": {
        "modalities": {"text": (), **VOICE},
        "options": {"members": {"tfidf": {}, "kernel": {}}, "weights": [0.7, 0.3]},
    },
    "lm": {"options": {"backend": "scripted", "model": "", "calibrate": 8}},
    "talk": {
        "modalities": {"text": (), "voice": ("tone",)},
        "options": {"past": 1, "pieces": 16, "start": ""},
    },
    "text": {"options": {"tuned": 1, "pieces": 16}, "training": {**QUICK, "select": "macro_f1"}},
    "text_multilingual": {"options": {"tuned": 1, "pieces": 16}, "training": QUICK},
    "voice": {"modalities": SPOKEN, "options": {"l2": 1.0, "columns": ["mean1"]}},
    "voicenet": {
        "modalities": {"voice": ("frames",)},
        "options": {
            "feature": "frames",
            "baseline": "all",
            "channels": 4,
            "hidden": 4,
            "window": 8,
            "pitch": 0.0,
        },
    },
}
"""How each recogniser that needs more than words and its defaults learns in a moment."""


def whole(made: Part, gold: dict[str, str], *, korean: bool = False) -> Part:
    """The part with features that tell each label, and Korean words where they are wanted."""
    rng = np.random.default_rng(2)

    def more(sample: Sample) -> Sample:
        felt = LABELS.labels.index(gold[sample.id])
        row = np.eye(3, 4)[felt] * 3 + rng.normal(size=4)
        frames = row + rng.normal(size=(12, 4))
        shown = np.concatenate([frames, rng.normal(size=(12, 58))], axis=1)
        arrays = {
            "tone": row[None],
            "frames": frames,
            "face": shown,
            "speech": np.array([[1.0, *row]]),
        }
        features = {
            name: Features(
                sample.id,
                name,
                values.astype(np.float32),
                SPEECH if name == "speech" else (),
                rate=25.0 if name in {"frames", "face"} else None,
            )
            for name, values in arrays.items()
        }
        words = {"text": KOREAN[gold[sample.id]], "language": "ko"} if korean else {}
        return dataclasses.replace(sample, features=features, **words)

    return Part(tuple(tuple(map(more, d)) for d in made.dialogues), made.targets)


def taught(name: str, folder: Path) -> Recogniser:
    """What a recogniser learns of it."""
    korean = name in KOREAN_ONES
    parts = (part([f"{s}{i}" for i in range(2) for s in "xy"]), part(["xv", "yv"], 1))
    train, valid = (whole(*p, korean=korean) for p in parts)
    made: Recogniser = learn(
        name, folder, **({"train": train, "valid": valid, "training": QUICK} | HOW.get(name, {}))
    )
    return made


def unseen(name: str) -> tuple[tuple[Sample, ...], ...]:
    """Dialogues that it has not learnt from."""
    return whole(*part(["xt", "yt"], 7), korean=name in KOREAN_ONES).dialogues


def turned(sample: Sample) -> Sample:
    """The sample with other words and other features of as much speech."""
    features = {}
    for name, f in sample.features.items():
        values = -f.values
        if "speech" in f.names:
            values[:, f.names.index("speech")] *= -1
        features[name] = dataclasses.replace(f, values=values)
    text = KOREAN["cross"] if sample.language == "ko" else " ".join(WORDS["cross"])
    return dataclasses.replace(sample, text=text, features=features)
