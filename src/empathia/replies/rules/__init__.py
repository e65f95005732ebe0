"""A reply from rules, which always works and needs no model: every generator's fallback.

It names the feeling, hedged by how sure the recogniser is, and asks one open question, in the
language of what it answers (English or Korean). It gives no advice and no diagnosis, does not say
that it is somebody, and says nothing twice in a talk as long as it has something else to say.
What it says stands in ``words.en.toml`` and ``words.ko.toml``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from empathia.config import complete
from empathia.contracts import Tools
from empathia.errors import UsageError
from empathia.files import Plain
from empathia.replies.rules.safety import language_of
from empathia.replies.rules.tone import NEGATIVE, hardship, mood_of, sureness, tone
from empathia.replies.rules.wording import Saying, Wording, wording
from empathia.types import ANY, Emotion, Reply, Tell, Turn, Wish

OPTIONS: Mapping[str, Plain] = {}
SOURCE = "rules"
_HARD, _CLEAR = 0.7, 0.5  # hardship from which on that is said; confidence that names which
_DOUBTFUL = 0.35  # hardship beside which nobody is called glad who may be
_STORY = 24  # letters from which on words tell a story
_RECENT = 4  # turns whose mood lasts
_SENTENCE = re.compile(r"[^.!?\s][^.!?]*[.!?]")
_HEAD = re.compile(r"(?<![가-힣])[가-힣]{2}")  # by which forms of a Korean word meet


class Rules:
    """A generator that answers every turn; the same turns get the same reply."""

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """A reply to the last turn; there is one alone.

        Raises:
            UsageError: There is no turn.
        """
        return [answer(turns, wish=wish)]


def load(options: Mapping[str, Plain], tools: Tools | None = None) -> Rules:
    """The generator; it has no options and needs no tools.

    Raises:
        ConfigError: An option is given.
    """
    complete(options, OPTIONS, "the reply generator 'rules'")
    return Rules()


def answer(turns: Sequence[Turn], *, note: str | None = None, wish: Wish = ANY) -> Reply:
    """A reply to the last turn, from what was said up to it.

    Args:
        turns: The conversation up to the turn that is answered.
        note: Goes into the reply: the reason why it does not come from a model.
        wish: Without exploration it asks nothing, without reaction and interpretation it only
            asks. In Korean a reaction is warmth, which comes in addition where it is asked for,
            and in the place of the feeling where no interpretation is wanted. More cannot be
            had of rules.

    Raises:
        UsageError: There is no turn.
    """
    if not turns:
        raise UsageError("there is no turn to answer", "Give the conversation up to it")
    target, words = turns[-1], wording(language_of(turns))
    spoken = (target.utterance.text or "").strip()
    saying = _saying(turns, words) if spoken else _unheard(target.emotion, words)
    picks = _Picks(turns)
    said = _said(saying, words, wish, picks, must=not (spoken and saying.ask))
    level = wish.empathy.get("exploration")
    asked = []
    if level != 0 and saying.ask:
        asked = picks.one("ask", saying.ask, words.open.ask, again=not said or bool(level))
    said = said or ([] if asked else picks.one("say", saying.say))
    return Reply(target.utterance.id, " ".join([*said, *asked]), SOURCE, note)


def _saying(turns: Sequence[Turn], words: Wording) -> Saying:
    """What to say to the last turn: to what it tells or feels, else to the mood of the talk."""
    target = turns[-1]
    own = _own(target, words)
    if own is not None:
        return own
    earlier = [
        t for t in turns[-1 - _RECENT : -1] if t.utterance.speaker == target.utterance.speaker
    ]
    for turn in reversed(earlier):
        before = _own(turn, words)
        if before is not None and before.mood in words.still:
            return words.still[before.mood]
    kind, sure = tone(target.emotion), sureness(target.emotion)
    if words.story is not None and sure != "sure" and len(target.utterance.text or "") >= _STORY:
        return words.story
    if kind == "neutral" and sure != "none":
        return (words.sure if sure == "sure" else words.unsure)[kind]
    return Saying(words.open.say, words.open.ask or words.sure[kind or "neutral"].ask)


def _own(turn: Turn, words: Wording) -> Saying | None:
    """What to say to what a turn by itself tells or feels; None where that is nothing."""
    felt = turn.emotion
    kind, sure, hard = tone(felt), sureness(felt), hardship(felt)
    shown = words.shown(turn.utterance.text or "", mood_of(kind) if sure == "sure" else None)
    if shown is not None or kind is None or kind == "neutral":
        return shown
    if sure == "sure":
        return words.sure[kind]
    if words.low is None:
        return None if sure == "none" else words.unsure[kind]
    # Which of several hard feelings it is, is told apart worst.
    if kind in NEGATIVE and (felt is None or (felt.confidence or 0) < _CLEAR):
        return words.low if hard >= _HARD else None
    doubtful = kind == "joy" and hard > _DOUBTFUL
    return None if sure == "none" or doubtful else words.unsure[kind]


def _said(saying: Saying, words: Wording, wish: Wish, picks: _Picks, *, must: bool) -> list[str]:
    """The sentences before the question, as they are wanted."""
    reaction, interpretation = map(wish.empathy.get, ("reaction", "interpretation"))
    if reaction == interpretation == 0 and not must:
        return []
    warm: list[str] = []
    if reaction or (reaction is None and interpretation == 0):
        warm = picks.one("warm", words.warm.get(saying.mood, ()))
    if warm and interpretation == 0:
        return warm
    return [*warm, *picks.one("say", saying.say, words.open.say, again=True)]


class _Picks:
    """Takes one of several sentences, the same for the same talk on every machine.

    What was said before in the talk is not said again; what has the fewest words in common with
    what was just said comes first (in Korean alone).
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        last = (turns[-1].utterance.text or "").strip()
        self._seed = f"{len(turns) - 1}\0{last}"
        self._heard = set(_HEAD.findall(last))
        self._said = [t.reply.text for t in turns[:-1] if t.reply is not None]
        self._said += [t.utterance.text or "" for t in turns[:-1]]

    def one(
        self, salt: str, some: Sequence[str], more: Sequence[str] = (), *, again: bool = False
    ) -> list[str]:
        """One of some, or of more where each was said; [] where there is none.

        Args:
            salt: Makes choices differ.
            some: To choose from.
            more: To fall back on.
            again: Say something again rather than nothing.
        """
        fresh = self._fresh(salt, some) or self._fresh(salt, more)
        if not fresh and some and again:
            fresh = self._turned(salt, some)
        found = sorted(fresh, key=lambda x: len(self._heard & set(_HEAD.findall(x))))[:1]
        self._heard.update(h for x in found for h in _HEAD.findall(x))
        return found

    def _fresh(self, salt: str, some: Sequence[str]) -> list[str]:
        return [x for x in self._turned(salt, some) if not self._was_said(x)]

    def _was_said(self, text: str) -> bool:
        """Whether a sentence of it was."""
        return any(s in said for s in _SENTENCE.findall(text) for said in self._said)

    def _turned(self, salt: str, some: Sequence[str]) -> list[str]:
        """The sentences, from one of them on that the words choose."""
        digest = hashlib.sha256(f"{salt}\0{self._seed}".encode("utf-8", "surrogatepass")).digest()
        first = int.from_bytes(digest[:4], "big") % max(1, len(some))
        return [*some[first:], *some[:first]]


def _unheard(emotion: Emotion | None, words: Wording) -> Saying:
    kind = tone(emotion)
    text = words.unheard
    if kind not in (None, "neutral") and sureness(emotion) != "none":
        text = words.voiced.format(tone=words.names[str(kind)])
    return Saying((text,), words.sure["neutral"].ask[-1:])
