"""A reply from rules, which always works and needs no model: every generator's fallback.

It names the feeling, hedged by how sure the recogniser is, and asks one open
question. It gives no advice and no diagnosis and does not say that it is somebody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from empathia.config import complete
from empathia.contracts import Tools
from empathia.errors import UsageError
from empathia.files import Plain
from empathia.replies.rules.tone import sureness, tone
from empathia.types import ANY, Emotion, Reply, Tell, Turn, Wish

OPTIONS: Mapping[str, Plain] = {}
SOURCE = "rules"

# Tone -> (sentences when sure, sentences when not so sure).
_ACKNOWLEDGE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "joy": (
        (
            "It sounds like this makes you really happy.",
            "That sounds like such good news for you.",
            "I can hear how much joy there is in this.",
        ),
        (
            "I may be wrong, but you seem glad about this.",
            "It seems as if there is something good in this for you.",
        ),
    ),
    "sadness": (
        (
            "I'm sorry, that sounds really painful.",
            "It sounds like this weighs heavily on you.",
            "That sounds hard, and it makes sense to feel sad about it.",
        ),
        (
            "I may be wrong, but this seems to make you a little sad.",
            "It seems as if this is not easy for you.",
        ),
    ),
    "anger": (
        (
            "That sounds really frustrating.",
            "It sounds like this made you angry, and I can see why.",
            "I can hear how much this upsets you.",
        ),
        (
            "I may be wrong, but this seems to have annoyed you.",
            "It seems as if something about this was not right for you.",
        ),
    ),
    "fear": (
        (
            "That sounds frightening.",
            "It sounds like this worries you a lot.",
            "I can hear how anxious this makes you.",
        ),
        (
            "I may be wrong, but this seems to worry you.",
            "It seems as if there is some unease in this for you.",
        ),
    ),
    "disgust": (
        (
            "That sounds really unpleasant.",
            "It sounds like that was hard to bear.",
            "I can hear how much that put you off.",
        ),
        (
            "I may be wrong, but that seems to have put you off.",
            "It seems as if that was unpleasant for you.",
        ),
    ),
    "surprise": (
        (
            "It sounds like you did not see that coming.",
            "That sounds like quite a surprise.",
            "I can hear how unexpected this was.",
        ),
        (
            "I may be wrong, but this seems to have caught you by surprise.",
            "It seems as if this was not what you had expected.",
        ),
    ),
    "neutral": (
        ("Thank you for telling me.", "I'm listening.", "I see, thank you for sharing that."),
        ("Thank you for telling me.", "I'm listening."),
    ),
}
UNNAMED = (
    "Thank you for telling me.",
    "I'm listening, and I would like to understand.",
    "It sounds like there is more to this.",
)
_ASK: dict[str, tuple[str, ...]] = {
    "joy": (
        "What was the best moment?",
        "What does it mean to you?",
        "Would you like to tell me more about it?",
    ),
    "sadness": (
        "What is the hardest part of it for you?",
        "Would you like to tell me more?",
        "How have you been since then?",
    ),
    "anger": (
        "What bothered you the most about it?",
        "What happened then?",
        "What would have felt fair to you?",
    ),
    "fear": (
        "What worries you the most about it?",
        "What goes through your mind then?",
        "How are you feeling right now?",
    ),
    "disgust": (
        "What was the worst part of it?",
        "How did it leave you feeling?",
        "Would you like to tell me more?",
    ),
    "surprise": (
        "What went through your mind?",
        "What do you make of it now?",
        "How do you feel about it?",
    ),
    "neutral": (
        "How do you feel about it?",
        "What is that like for you?",
        "Would you like to tell me more?",
    ),
}
_UNHEARD = "I could not make out the words, but I'm listening."


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
            asks; more cannot be had of rules.

    Raises:
        UsageError: There is no turn.
    """
    if not turns:
        raise UsageError("there is no turn to answer", "Give the conversation up to it")
    target = turns[-1]
    spoken = (target.utterance.text or "").strip()
    seed = f"{len(turns) - 1}\0{spoken}"
    acknowledgement = acknowledge(target.emotion, seed) if spoken else _unheard(target.emotion)
    questions = _ASK[tone(target.emotion) or "neutral"] if spoken else _ASK["neutral"][-1:]
    said, asked = [acknowledgement], [pick(questions, seed, "ask")]
    if wish.empathy.get("exploration") == 0:
        asked = []
    elif wish.empathy.get("reaction") == wish.empathy.get("interpretation") == 0 and spoken:
        said = []
    return Reply(target.utterance.id, " ".join([*said, *asked]), SOURCE, note)


def acknowledge(emotion: Emotion | None, seed: str) -> str:
    """A sentence that names the feeling, as hedged as the recogniser is unsure."""
    sure, kind = sureness(emotion), tone(emotion)
    if sure == "none" or kind is None:
        return pick(UNNAMED, seed, "say")
    return pick(_ACKNOWLEDGE[kind][0 if sure == "sure" else 1], seed, "say")


def pick(options: Sequence[str], seed: str, salt: str) -> str:
    """One of several, the same for the same seed on every machine."""
    digest = hashlib.sha256(f"{salt}\0{seed}".encode("utf-8", "surrogatepass")).digest()
    return options[int.from_bytes(digest[:4], "big") % len(options)]


def _unheard(emotion: Emotion | None) -> str:
    kind = tone(emotion)
    if kind in (None, "neutral") or sureness(emotion) == "none":
        return _UNHEARD
    return f"{_UNHEARD[:-1]}, and there may be some {kind} in your voice."
