"""What may be left of a model's answer: the first sentence or two, or nothing.

A small model echoes its prompt, changes sides, goes in circles or cheers at a
loss. Each of these has a rule here and a reason that is told to the user.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from empathia.exemplars.words import is_korean
from empathia.replies.rules.safety import kind_of, language_of
from empathia.replies.rules.tone import NEGATIVE
from empathia.types import Turn

MAX_CHARS = 300
_SENTENCES = 2
_SHORT = 5  # letters; "no, no" and "so very, very" may come again
_OFTEN = 3

_LABEL = re.compile(r"^\s*[\w .'-]{1,24}?\s?:\s+(?=\S)")
_MARKUP = re.compile(r"[*_`#>~]+|^\s*(?:[-•]|\d+[.)](?!\d))\s*", re.MULTILINE)
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>")
_SENTENCE = re.compile(r"[^\s.!?…。！？][^.!?…。！？]*[.!?…。！？]+[\"'”’)]*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_PERSONA = re.compile(
    r"\b(?:as an? (?:ai|a\.i\.|language model|assistant|human|therapist|doctor)"
    r"|language model|chat ?bot|artificial intelligence|ai (?:system|assistant|model)"
    r"|i(?:'m| am) (?:an? )?(?:ai|human|person|real person|therapist|counsel+or|psychologist"
    r"|doctor|assistant)|my (?:wife|husband|mother|father|childhood|own experience)"
    r"|when i was|i remember when)\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:you (?:should|shouldn't|must not|need to|have to|ought to|had better|could try)"
    r"|i (?:suggest|recommend|advise)|my advice|why don't you|make sure (?:to|you)|have you tried"
    r"|diagnos\w+|disorder|you(?:'re| are) (?:clinically |mentally )?(?:depressed|ill|bipolar)"
    r"|calm down|get over it|cheer up|don't (?:worry|be (?:sad|angry|afraid|upset)))\b",
    re.IGNORECASE,
)
_CHEER = re.compile(
    r"\b(?:wonderful|congratulations|fantastic|exciting|excited|amazing"
    r"|great (?:news|story|job|day)|beautiful|lovely|brave|lucky|glad|happy|proud|joy|joyful"
    r"|celebrat\w+|special|fun|yay|awesome|delight\w*|nice|smile)\b",
    re.IGNORECASE,
)
_MOURN = re.compile(
    r"\b(?:sorry|painful|sad|terrible|awful|tragic|devastat\w+|heartbreaking|your loss|frustrating"
    r"|frightening|scary|difficult|hard|tough|stress\w*)\b",
    re.IGNORECASE,
)


class UnfitError(Exception):
    """A model's answer that cannot be a reply; the message says why."""


def polish(raw: str, said: str, prompt: Iterable[str] = (), tone: str | None = None) -> str:
    """The reply in a model's answer.

    Args:
        raw: What the model answered.
        said: The words that it answers to.
        prompt: Texts that it must not repeat: instructions and examples.
        tone: The broad tone of the feeling, or None where it is not known.

    Returns:
        One or two sentences, 1 to ``MAX_CHARS`` characters, in one line.

    Raises:
        UnfitError: Nothing of it can be used.
    """
    sentences = _sentences(_stripped(raw))
    fresh = [s for s in sentences if not _echoes(s, said)]
    if sentences and not fresh:
        raise UnfitError("it repeated what was said")
    text = " ".join(_distinct(fresh)[:_SENTENCES])
    if len(text) > MAX_CHARS:
        text = fresh[0]
    reason = _objection(text, said, prompt, tone)
    if reason:
        raise UnfitError(reason)
    return text


def check_language(text: str, turns: Sequence[Turn]) -> None:
    """Whoever writes Korean is answered in Korean.

    Raises:
        UnfitError: They would not be.
    """
    if language_of(turns) == "ko" and not is_korean(text):
        raise UnfitError("it was not in Korean")


def words(text: str) -> list[str]:
    """Words in lower case, with apostrophes made straight."""
    return [w.lower().replace("’", "'") for w in _WORD.findall(text)]


def _stripped(raw: str) -> str:
    """The first paragraph without role labels, quotes, markup and asides."""
    visible = "".join(
        c if c.isprintable() or c == "\n" else " " for c in unicodedata.normalize("NFC", raw)
    )
    plain = _ASIDE.sub(" ", _MARKUP.sub(" ", visible))
    lines = [line.strip() for line in plain.splitlines()]
    paragraph = next((line for line in lines if _WORD.search(line) and line[-1] != ":"), "")
    paragraph = _LABEL.sub("", paragraph).strip()
    return re.sub(r"\s+", " ", paragraph).strip('"“”«» ').removeprefix("'")


def _sentences(text: str) -> list[str]:
    return [s.strip('"“”«» ') for s in _SENTENCE.findall(text) if _WORD.search(s)]


def _distinct(sentences: Sequence[str]) -> list[str]:
    return list({tuple(words(s)): s for s in reversed(sentences)}.values())[::-1]


def _echoes(sentence: str, said: str) -> bool:
    """Whether a sentence mostly hands the speaker's own words back."""
    mine, theirs = words(sentence), words(said)
    if len(mine) < 3:
        return False
    if f" {' '.join(mine)} " in f" {' '.join(theirs)} ":
        return True
    if len(mine) < 6:
        return False
    spoken = set(_grams(theirs, 4))
    return sum(g in spoken for g in _grams(mine, 4)) > 0.5 * (len(mine) - 3)


def _objection(text: str, said: str, prompt: Iterable[str], tone: str | None) -> str | None:
    """Why a text cannot be a reply, or None."""
    kind = kind_of(text)
    checks = (
        (not text, "it was empty or did not finish a sentence"),
        (len(text) > MAX_CHARS, "it was too long"),
        (not _same_script(text, said), "it was in another script"),
        (_circles(text), "it went in circles"),
        (_stammers(text), "it repeated itself"),
        (_repeats(text, prompt), "it repeated its instructions"),
        (bool(_PERSONA.search(_straight(text))), "it spoke of itself"),
        (bool(_ADVICE.search(_straight(text))), "it gave advice"),
        (kind is not None, f"it spoke of {kind}"),
        (tone in NEGATIVE and bool(_CHEER.search(text)), "its tone did not fit"),
        (tone == "joy" and bool(_MOURN.search(text)), "its tone did not fit"),
    )
    return next((reason for wrong, reason in checks if wrong), None)


def _straight(text: str) -> str:
    return text.replace("’", "'")


def _grams(items: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(items[i : i + n]) for i in range(len(items) - n + 1)]


def _circles(text: str) -> bool:
    pairs, singles = _grams(words(text), 3), words(text)
    if len(singles) >= 8 and len(set(pairs)) < 0.75 * len(pairs):
        return True
    starts = Counter(tuple(words(s)[:3]) for s in _sentences(text))
    longest = max((len(w) for w in singles), default=0)
    return longest > 40 or max(starts.values(), default=0) > 1


def _stammers(text: str) -> bool:
    """Whether a word or a run of words comes again at once, or a long word three times."""
    spoken = words(text)
    for n in range(1, 5):
        for i in range(len(spoken) - 2 * n + 1):
            run = spoken[i : i + n]
            if run == spoken[i + n : i + 2 * n] and sum(map(len, run)) >= _SHORT:
                return True
    often = Counter(w for w in spoken if len(w) >= _SHORT)
    return max(often.values(), default=0) >= _OFTEN


def _repeats(text: str, prompt: Iterable[str]) -> bool:
    mine = set(_grams(words(text), 6))
    return any(mine & set(_grams(words(p), 6)) for p in prompt)


def _script(text: str) -> str | None:
    names = (unicodedata.name(c, "?").split()[0] for c in text if c.isalpha())
    common = Counter(names).most_common(1)
    return common[0][0] if common else None


def _same_script(text: str, said: str) -> bool:
    return _script(text) in (None, "LATIN", _script(said))
