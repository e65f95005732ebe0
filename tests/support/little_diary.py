"""Entries for tests of the diary."""

from __future__ import annotations

from argon2 import PasswordHasher

from empathia.labels import LabelSet
from empathia.service.diary import accounts
from empathia.service.diary.accounts import Visit
from empathia.service.diary.records import Draft, Feeling, Recording
from empathia.service.diary.store import Store
from empathia.types import Emotion, Timeline, Turn, Utterance, Word
from empathia.types.wire import TimelineJson, to_json

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SECRET = "long enough"
GLAD = Feeling({"joy": 0.75, "sadness": 0.25})
SILENT = Feeling(abstained="nothing was said")


def heard(*texts: str) -> TimelineJson:
    """A timeline of these turns."""
    two = LabelSet("two", ("joy", "sadness"))
    turns = tuple(
        Turn(
            Utterance(f"u{i}", i, "you", text, float(i), i + 0.5),
            words=(Word(text, float(i), i + 0.5, 0.9),),
            emotion=Emotion("fusion", two, (0.75, 0.25)),
        )
        for i, text in enumerate(texts)
    )
    return to_json(Timeline("entry", turns, ("you",), float(len(texts)), "en", has_audio=True))


def written(words: str = "A walk by the sea.", **more: object) -> Draft:
    """A written entry."""
    return Draft(**{"kind": "text", "words": words, "feeling": GLAD, **more})


def spoken(words: str = "It rained.", content: bytes = b"RIFF", **more: object) -> Draft:
    """A spoken entry with all that can be kept of one."""
    given = {
        "kind": "voice",
        "words": words,
        "feeling": GLAD,
        "summary": f"You told of this: {words}",
        "language": "en",
        "timeline": heard(words),
        "audio": Recording("audio/wav", content),
    }
    return Draft(**{**given, **more})


def person(store: Store, name: str = "ann", **more: object) -> Visit:
    """Somebody with an account that keeps audio."""
    return accounts.register(store, name, SECRET, **{"keeps_audio": True, **more})
