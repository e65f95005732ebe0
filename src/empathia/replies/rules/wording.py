"""What the rules say in a language, out of the table beside this module (``words.en.toml``).

A table words an answer by the tone of a feeling, as sure as that is. It may know more: what is
told, by phrases ("about"), what to say where something was hard and no more is known ("low"), or
where the talk goes on with words of no feeling ("still"), and warmth that is asked for ("warm").
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from empathia.replies.rules.phrases import Phrases, expression
from empathia.replies.rules.safety import Language
from empathia.replies.rules.tone import mood_of

_NO_WORD = re.compile(r"[^\w.!?\s]+")
_LAUGHTER = re.compile(r"(?<=[가-힣])[ㅋㅎㅠㅜ]+|[ㅋㅎㅠㅜ]{2,}")


@dataclass(frozen=True, slots=True)
class Saying:
    """Sentences of which an answer takes some.

    Args:
        say: That name a feeling; one is taken.
        ask: Open questions, likewise; () asks nothing.
        mood: Of what is answered: "good", "bad" or "any".
    """

    say: tuple[str, ...]
    ask: tuple[str, ...] = ()
    mood: str = "any"


@dataclass(frozen=True, slots=True)
class About:
    """What is said to something that words show."""

    saying: Saying
    cues: Phrases
    but: Phrases
    short: int | None  # most characters of the words

    def shows(self, plain: str) -> bool:
        """Whether plain words show it."""
        if self.short is not None and len(plain) > self.short:
            return False
        return self.cues.search(plain) and not self.but.search(plain)


@dataclass(frozen=True, slots=True)
class Wording:
    """All that the rules say in a language.

    Args:
        unheard: Where there are no words.
        voiced: Where there are none, but a tone, which is put in.
        names: Of the tones, as ``voiced`` needs them.
        open: Where the feeling is not known.
        story: The same, for words that tell a story; None takes ``open``.
        sure: By tone, where it is.
        unsure: By tone, where it may be.
        low: Where something is hard, and no more is known; None leaves that to the tone.
        still: By mood, where the talk goes on with words of no feeling.
        warm: By mood, warmth that is asked for.
        about: What words show, in the order in which to try.
    """

    unheard: str
    voiced: str
    names: Mapping[str, str]
    open: Saying
    story: Saying | None
    sure: Mapping[str, Saying]
    unsure: Mapping[str, Saying]
    low: Saying | None
    still: Mapping[str, Saying]
    warm: Mapping[str, tuple[str, ...]]
    about: tuple[About, ...]

    def shown(self, text: str, felt: str | None) -> Saying | None:
        """What to say to what words show, but where a sure feeling is against it.

        Args:
            text: The words.
            felt: "good" or "bad", where that is sure.
        """
        plain = _plain(text)
        against = {("good", "bad"), ("bad", "good")}
        return next(
            (
                a.saying
                for a in self.about
                if (felt, a.saying.mood) not in against and a.shows(plain)
            ),
            None,
        )


@cache
def wording(language: Language) -> Wording:
    """What the rules say in a language."""
    table = tomllib.loads(Path(__file__).with_name(f"words.{language}.toml").read_text("utf-8"))
    return Wording(
        unheard=table["unheard"],
        voiced=table["voiced"],
        names=table.get("names", {x: x for x in table["tone"]}),
        open=_saying(table["open"]),
        story=_saying(table["story"]) if "story" in table else None,
        sure={x: _saying(t, mood=mood_of(x)) for x, t in table["tone"].items()},
        unsure={x: _saying(t, "unsure", mood_of(x)) for x, t in table["tone"].items()},
        low=_saying(table["low"], mood="bad") if "low" in table else None,
        still={mood: _saying(t, mood=mood) for mood, t in table.get("still", {}).items()},
        warm={mood: tuple(lines) for mood, lines in table.get("warm", {}).items()},
        about=tuple(_about(t, language) for t in table.get("about", ())),
    )


def _saying(table: Mapping[str, Any], say: str = "say", mood: str | None = None) -> Saying:
    return Saying(
        tuple(table[say]), tuple(table.get("ask", ())), mood or str(table.get("mood", "any"))
    )


def _about(table: Mapping[str, Any], language: Language) -> About:
    def phrases(key: str) -> Phrases:
        lines: Sequence[str] = table.get(key, "").splitlines()
        return Phrases([expression(line, language) for line in lines if line])

    return About(_saying(table), phrases("cues"), phrases("but"), table.get("short"))


def _plain(text: str) -> str:
    """Words as phrases expect them: in lower case, without signs, and laughter beside words."""
    words = _NO_WORD.sub(" ", unicodedata.normalize("NFC", text).lower())
    less = _LAUGHTER.sub(" ", words)
    return " ".join((less if any(c.isalnum() for c in less) else words).split())
