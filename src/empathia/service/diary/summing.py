"""One or two sentences to the writer of an entry, by rules or a language model that is named.

By rules the same entry has the same sentences.

A feeling is named only where it is sure. What suggests harm gets the careful texts of replies.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from empathia.contracts import LanguageModel
from empathia.labels import EKMAN7
from empathia.replies.rules import care
from empathia.replies.rules.safety import Language, kind_of
from empathia.replies.rules.tone import NEGATIVE, mood_of
from empathia.service.diary.records import SURE, Feeling, named, tones
from empathia.service.diary.worded import worded

_Texts = Mapping[str, Mapping[str, Sequence[str]]]


def summary(words: str, feeling: Feeling, language: str, model: LanguageModel | None = None) -> str:
    """What to say to an entry.

    Args:
        words: Of the entry; "" where there were none.
        feeling: What it was taken to feel like.
        language: "en" or "ko", of the account.
        model: Words it, where it can; None leaves it to the rules.
    """
    kind = kind_of(words)
    if kind is not None:
        return care.texts()[cast(Language, language)][kind]
    say, close = _which(words, feeling)
    if model is not None and words.strip():
        tone = say if say in EKMAN7.labels else None
        if (said := worded(model, words, tone, language)) is not None:
            return said
    texts = _texts()[language]
    return f"{_one('say', words, texts['say'][say])} {_one('close', words, texts['close'][close])}"


def _which(words: str, feeling: Feeling) -> tuple[str, str]:
    """What is said, and how it closes, as the table calls them."""
    if not words.strip():
        return ("wordless" if feeling.shares else "unheard"), "silence"
    if (first := named(feeling.shares)) is not None:
        return first, mood_of(first)
    if sum(share for tone, share in tones(feeling.shares).items() if tone in NEGATIVE) >= SURE:
        return "hard", "bad"
    return "open", "any"


def _one(salt: str, words: str, some: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{salt}\0{words}".encode("utf-8", "surrogatepass")).digest()
    return some[int.from_bytes(digest[:4], "big") % len(some)]


@cache
def _texts() -> Mapping[str, _Texts]:
    return tomllib.loads(Path(__file__).with_name("summing.toml").read_text("utf-8"))
