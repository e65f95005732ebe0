"""Timelines made by hand, for the tests of what reads and writes them."""

from __future__ import annotations

import dataclasses
import io
import math
import random
import wave
from collections.abc import Sequence

import numpy as np

from empathia.face.points import (
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    NOSE_BASE,
    NOSE_BRIDGE,
    OUTER_LIPS,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from empathia.labels import EKMAN7, LabelSet
from empathia.types import (
    Cues,
    Emotion,
    Features,
    FloatArray,
    Message,
    Part,
    Reason,
    Reply,
    Seen,
    SpeakerNumber,
    Timeline,
    Turn,
    Utterance,
    Word,
)

MEASURES = {
    "duration": "s",
    "avg_intensity": "dB",
    "intensity_variation": "dB",
    "avg_pitch": "Hz",
    "pitch_std": "Hz",
    "pitch_range": "Hz",
    "articulation_rate": "syl/s",
    "mean_hnr": "dB",
}
LINES = (
    "I looked for you the whole morning and nobody knew a thing",
    "Sorry, my train stood still for an hour",
    "You could have called me, you know that",
    "I did call, twice, and you never picked up",
    "Oh. I had left it in the kitchen",
    "Well, that explains everything",
    "Shall we still go and see the sea",
    "Yes! I have been waiting for that all week",
)
PROVENANCE = {
    "version": "0.1.0",
    "weights": [
        {
            "name": "text-default",
            "role": "emotion from words",
            "licence": "Apache-2.0",
            "noncommercial": False,
        },
        {
            "name": "voice-default",
            "role": "emotion from the voice",
            "licence": "CC BY-NC-SA 4.0",
            "noncommercial": True,
        },
    ],
    "options": {"speakers": 2, "names": ["Ann", "Ben"]},
}


def emotion(source: str, labels: LabelSet, rng: random.Random, sharp: float = 3.0) -> Emotion:
    """Scores that sum to 1, the sharper the more certain."""
    raw = [math.exp(sharp * rng.random()) for _ in labels]
    return Emotion(source, labels, tuple(r / sum(raw) for r in raw))


def prosody(id: str, rng: random.Random, missing: bool = False) -> Features:
    values = [rng.uniform(1, 300) for _ in MEASURES]
    if missing:
        values[3] = math.nan
    row = np.array([values], dtype=np.float32)
    return Features(id, "prosody", row, tuple(MEASURES), tuple(MEASURES.values()))


def words(text: str, start: float, end: float, rng: random.Random) -> tuple[Word, ...]:
    parts = text.split()
    step = (end - start) / max(1, len(parts))
    return tuple(
        Word(p, start + i * step, start + (i + 1) * step, rng.uniform(0.3, 1))
        for i, p in enumerate(parts)
    )


def turn(
    index: int,
    *,
    speaker: str = "Ann",
    text: str | None = "well",
    span: tuple[float, float] | None = None,
    labels: LabelSet = EKMAN7,
    voice: bool = True,
    abstained: str | None = None,
    reply: str | None = None,
    seed: int = 0,
) -> Turn:
    """One turn; ``span`` gives its times in s, ``abstained`` why nobody commits themselves."""
    rng = random.Random(seed * 100_003 + index)
    id = f"t{index + 1}"
    start, end = span if span is not None else (None, None)
    spoken = voice and span is not None
    emotions = {"text": emotion("text", labels, rng)}
    if spoken:
        emotions["voice"] = emotion("voice", labels, rng, sharp=1.5)
    fused = emotion("fusion", labels, rng, sharp=4)
    if abstained is not None:
        emotions = {s: Emotion(s, labels, abstained=abstained) for s in emotions}
        fused = Emotion("fusion", labels, abstained=abstained)
    return Turn(
        Utterance(id, index, speaker, text, start, end),
        words=words(text, *span, rng) if spoken and text and span else (),
        prosody=prosody(id, rng, missing=index % 4 == 3) if spoken else None,
        cues=Cues(
            {"avg_intensity": "high", "avg_pitch": "low"},
            "high volume, low pitch, slow",
            "may come across as tense or under strain",
            "speaker so far",
        )
        if spoken
        else None,
        emotions=emotions,
        emotion=fused,
        reply=None if reply is None else Reply(id, reply, "rules"),
    )


def timeline(
    n_turns: int = 8,
    *,
    times: bool = True,
    voice: bool = True,
    speakers: Sequence[str] = ("Ann", "Ben"),
    labels: LabelSet = EKMAN7,
    texts: Sequence[str | None] = LINES,
    abstain: Sequence[int] = (),
    replies: bool = True,
    notes: Sequence[str] = ("turns were put in the order of their starts",),
    source: str = "talk.wav",
    seed: int = 0,
) -> Timeline:
    """A conversation in which the speakers take turns, with a reply to the last one."""
    rng = random.Random(seed)
    turns, clock = [], 0.4
    for i in range(n_turns):
        text = texts[i % len(texts)]
        end = clock + 0.6 + 0.28 * len((text or "").split())
        turns.append(
            turn(
                i,
                speaker=speakers[i % len(speakers)],
                text=text,
                span=(clock, end) if times else None,
                labels=labels,
                voice=voice,
                abstained="too short" if i in abstain else None,
                reply="That sounds like a long wait." if replies and i == n_turns - 1 else None,
                seed=seed,
            )
        )
        clock = end + rng.uniform(-0.2, 0.9)
    heard = times and voice
    return Timeline(
        source=source,
        turns=tuple(turns),
        speakers=tuple(dict.fromkeys(t.utterance.speaker for t in turns)),
        duration=clock + 1 if times else None,
        language="en",
        has_audio=heard,
        waveform=waveform(turns, clock + 1) if heard else (),
        notes=tuple(notes),
        provenance=PROVENANCE,
    )


def one(text: str | None, speaker: str = "Ann", **more: object) -> Timeline:
    """A timeline of one turn with these words."""
    said = turn(0, speaker=speaker, text=text, span=(0.5, 2.0), reply=text)
    return Timeline("a.wav", (said,), (speaker,), 3.0, "en", True, **more)  # type: ignore[arg-type]


def waveform(turns: Sequence[Turn], duration: float, n: int = 1500) -> tuple[float, ...]:
    """Peaks that swell inside turns and are still between them."""
    rng = random.Random(1)
    peaks = np.full(n, 0.01)
    for t in turns:
        a = int((t.utterance.start or 0) / duration * n)
        b = max(a + 1, int((t.utterance.end or 0) / duration * n))
        swell = np.abs(np.sin(np.linspace(0.2, 3, b - a)))
        peaks[a:b] = swell * np.array([rng.uniform(0.25, 0.95) for _ in range(b - a)])
    return tuple(float(p) for p in peaks)


def sound(seconds: float, rate: int = 8000) -> bytes:
    """A quiet tone as wav."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        n = int(seconds * rate)
        file.writeframes(
            b"".join((i % 40 * 50 - 1000).to_bytes(2, "little", signed=True) for i in range(n))
        )
    return out.getvalue()


def overlapping() -> Timeline:
    """Ann speaks on while Ben throws something in, which is too short to tell who it was."""
    told = [
        ("Ann", (0, 6), "en", 0.9),
        ("Ben", (2, 2.5), "de", 0.0),
        ("Ann", (6.5, 8), None, None),
    ]
    made = []
    for i, (speaker, span, language, sure) in enumerate(told):
        said = turn(i, speaker=speaker, span=span)
        known = dataclasses.replace(said.utterance, language=language, speaker_confidence=sure)
        made.append(dataclasses.replace(said, utterance=known))
    number = SpeakerNumber(2, "estimated", {3: 0.3, 2: 0.7})
    return Timeline("a.wav", tuple(made), ("Ann", "Ben"), 8.0, "en", True, speaker_number=number)


def drawn_face(smile: float = 0.0) -> FloatArray:
    """Normalised landmarks (478, 3) of a face in few strokes."""
    rng = np.random.default_rng(7)
    points = rng.uniform(-0.5, 0.5, (478, 3)) * (1, 1, 0.2)
    for part, (x, y, wide, high, bend) in {
        OVAL: (0, 0.45, 0.82, 1.1, 0),
        RIGHT_EYE: (-0.36, 0, 0.16, 0.07, 0),
        LEFT_EYE: (0.36, 0, 0.16, 0.07, 0),
        RIGHT_IRIS: (-0.36, 0, 0.05, 0.05, 0),
        LEFT_IRIS: (0.36, 0, 0.05, 0.05, 0),
        RIGHT_BROW: (-0.38, -0.22, 0.22, 0.03, 0.06),
        LEFT_BROW: (0.38, -0.22, 0.22, 0.03, 0.06),
        OUTER_LIPS: (0, 0.92, 0.28, 0.1, -smile),
        INNER_LIPS: (0, 0.92, 0.22, 0.03, -smile),
        NOSE_BRIDGE: (0, 0.25, 0.01, 0.25, 0),
        NOSE_BASE: (0, 0.52, 0.14, 0.05, 0),
    }.items():
        around = np.linspace(0, 2 * np.pi, len(part), endpoint=False)
        points[list(part), 0] = x + wide * np.cos(around)
        points[list(part), 1] = y + high * np.sin(around) + bend * (2 * np.cos(around) ** 2 - 1)
    return points.astype(np.float32)


def filmed(picture: bytes = b"") -> Timeline:
    """A video: who speaks first was seen, the next one not, and of the third nothing was kept."""
    whole = timeline(4, source="talk.mp4")
    faces = (
        Seen(
            "face 1",
            0.83,
            Cues(
                {"smile": "high"},
                "smile, brows raised",
                "may come across as glad or amused",
                "speaker so far",
            ),
            moment=1.2,
            picture=picture,
            landmarks=drawn_face(0.1),
        ),
        Seen(None, absent="1 face, and its mouth does not move with the voice"),
        Seen("face 1", 0.3, moment=6.0, landmarks=drawn_face()),
        None,
    )
    turns = (dataclasses.replace(t, seen=s) for t, s in zip(whole.turns, faces, strict=True))
    return dataclasses.replace(whole, turns=tuple(turns))


def film(seconds: float = 1.0, rate: int = 8) -> bytes:
    """A small video without sound, grey that grows brighter, as WebM."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(int(seconds * rate)):
            grey = np.full((48, 64, 3), 20 + 200 * i // max(1, int(seconds * rate)), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def reasoned(found: Timeline, *, hostile: str = "</details><script>alert(1)</script>") -> Timeline:
    """The same with a reason of its first turn, one of two sources of the second, none later."""
    asked = (Message("system", "How do they feel?"), Message("user", f"Ann: {hostile}\n(x)"))
    parts = (
        Part("words", hostile, 1.25, 0.31),
        Part("voice", "low volume", 0.75, 0.43),
        Part("past", "", -0.5, 0.73),
    )
    why = Reason("sadness", 0.62, asked, {"voice": "low volume, fast"}, parts)
    unscored = Reason("joy", 1.0, asked, note="its answers are not scored")
    told = ({"lm": why}, {"lm": why, "mine": unscored})
    turns = [
        dataclasses.replace(t, why=w) for t, w in zip(found.turns, (*told, *[{}] * 9), strict=False)
    ]
    return dataclasses.replace(found, turns=tuple(turns))
