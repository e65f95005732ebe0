"""What of somebody else's answer can be said here: whole sentences, or nothing.

An exemplar was said in another talk. Sentences that bring up names, numbers, people or things which
nobody mentioned in this one are left out; where none is left the exemplar is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from empathia.exemplars.words import is_korean
from empathia.replies.lm.grounded import confused, strays
from empathia.replies.lm.polish import UnfitError, polish, words

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*[\"'”’)]*")
_NAME = re.compile(r"(?<=[\w,;] )(?!I\b|I['’])[A-Z]\w+")
_NUMBER = re.compile(r"\d+")
_MEN = "he him his himself dad father grandpa grandfather brother son husband boyfriend uncle "
_WOMEN = "she her hers herself mum mom mother grandma grandmother sister daughter wife girlfriend "
_PEOPLE = (
    frozenset(
        (_MEN + "nephew boy guy man boss friend neighbour neighbor dog cat baby kid").split()
    ),
    frozenset(
        (_WOMEN + "niece girl aunt woman boss friend neighbour neighbor dog cat baby").split()
    ),
)
_PRONOUNS = (frozenset({"he", "him", "his", "he's"}), frozenset({"she", "her", "hers", "she's"}))
_STRAYS = 2  # words of a sentence that may be new
# What a listener says of themselves; whoever says more tells another's story.
_LISTENING = re.compile(
    r"\bI(?:['’]m| am) (?:so |very |really |truly |terribly )*"
    r"(?:sorry|happy|glad|sure|proud|here|listening)\b"
    r"|\bI (?:can |could |do |really |just |only )*"
    r"(?:hope|bet|wish|wonder|understand|see|hear|imagine|guess|think|feel)\b"
    r"|\b(?:tell|telling|told|with) me\b"
)
_OWN = re.compile(r"\b(?:I|(?i:my|me|we|us|our|mine))\b")
_SHORTEST = 4  # words of a reply; two in Korean, where they are longer
_HEAD = 2  # syllables by which forms of a Korean word meet
_COMMON = 0.02  # share of a bank's replies from which on a Korean word is a listener's
_HANGUL = re.compile(r"[가-힣]+")


def fitted(
    reply: str, spoken: Sequence[str], tone: str | None = None, common: Collection[str] = ()
) -> str:
    """What of a reply fits a talk.

    Args:
        reply: Of an exemplar.
        spoken: What was said in this talk, the turn that is answered last.
        tone: Broad tone of the feeling that was recognised, where that is sure.
        common: What :func:`heads` gave of the bank, for Korean.

    Raises:
        UnfitError: Nothing does; says why.
    """
    sentences = [s.strip() for s in _SENTENCE.findall(reply) if s.strip()]
    reasons = [_objection(s, spoken, common) for s in sentences]
    kept = [s for s, reason in zip(sentences, reasons, strict=True) if reason is None]
    # A question alone, or what is left behind a sentence that was dropped, hangs in the air.
    if not kept or kept[0] != sentences[0]:
        raise UnfitError(next((r for r in reasons if r), "it was empty"))
    text = polish(" ".join(kept), spoken[-1], (), tone)
    if len(words(text)) < (_SHORTEST // 2 if is_korean(text) else _SHORTEST):
        raise UnfitError("it said too little")
    return text


def heads(replies: Sequence[str]) -> frozenset[str]:
    """Beginnings of Korean words that many replies of a bank have: those of a listener."""
    counts = Counter(h for r in replies for h in {w[:_HEAD] for w in _HANGUL.findall(r)})
    return frozenset(h for h, n in counts.items() if n >= max(2, _COMMON * len(replies)))


def _objection(sentence: str, spoken: Sequence[str], common: Collection[str]) -> str | None:
    """Why a sentence of another talk cannot be said in this one, or None."""
    said = " ".join(spoken)
    heard = set(words(said))
    for found in (*_NUMBER.findall(sentence), *_NAME.findall(sentence)):
        if found.lower() not in heard:
            return f"it named {found}"
    if is_korean(sentence):
        told = {w[:_HEAD] for w in _HANGUL.findall(said)} | set(common)
        new = [w for w in _HANGUL.findall(sentence) if len(w) > 1 and w[:_HEAD] not in told]
        return f"it brought up '{new[0]}'" if new else None
    mine = set(words(sentence))
    for pronouns, people in zip(_PRONOUNS, _PEOPLE, strict=True):
        if mine & pronouns and not heard & people:
            return f"it spoke of '{min(mine & pronouns)}', and there is nobody"
    if confused(sentence) or _OWN.search(_LISTENING.sub(" ", sentence)):
        return "it told another story"
    new = strays(sentence, spoken)
    return f"it brought up '{new[0]}'" if len(new) > _STRAYS else None
