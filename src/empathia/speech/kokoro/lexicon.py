"""How English words sound: a lexicon, the endings that words take, their letters.

Phonemes are those of misaki, whose lexica these are; Kokoro learnt to speak from them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from empathia.speech.kokoro import letters
from empathia.speech.kokoro.letters import UNSTRESSED, VOWELS

Entry = str | Mapping[str, str | None]  # of a part of speech, "None" before a pause

_FLAPS = "AIOWYiuæɑəɛɪɹʊʌ"  # after which an American t is tapped
_DOUBLED = re.compile(r"([bdgklmnprtvz])\1$")
_CLITICS = {"'ll": "əl", "'d": "d", "'ve": "əv", "'re": "əɹ", "'m": "m", "n't": "ᵊnt"}
_VERB_AFTER, _NOUN_AFTER, _DONE_AFTER = (
    frozenset(words.split())
    for words in (
        "to i you we they who can could will would shall should may might must do don't does "
        "doesn't did didn't not let's please won't can't couldn't wouldn't shouldn't i'll you'll "
        "we'll they'll i'd you'd we'd they'd",
        "a an the my your his her its our their",
        "have has had i've you've we've they've hasn't haven't hadn't",
    )
)
_LITTLE: Mapping[str, tuple[str | None, str | None, str | None]] = {
    "i": ("ˌI", "ˌI", "ˌI"),
    "a": (None, "ɐ", "ɐ"),
    "an": ("ɐn", "ɐn", "ɐn"),
    "the": ("ðə", "ðə", "ði"),
    "to": (None, "tə", "tʊ"),
    "in": ("ˈɪn", "ɪn", "ɪn"),
    "am": (None, "ɐm", "ɐm"),
    "that": ("ðˈæt", None, None),
    "shh": ("ʃ", "ʃ", "ʃ"),
}
"""Before a pause, before a consonant, before a vowel; None as the lexicon has it."""
_SPELLED = 5  # letters of an unknown word in capitals or without vowels, at most
_LONGEST = 40  # letters of what is taken for one word
_DRAWN = re.compile(r"(.)\1{2,}")
_JOINTS, _VOICED = re.compile(r"[-.]"), re.compile(r"[aeiouy]", re.IGNORECASE)


class Lexicon:
    """Pronunciations of one kind of English.

    Args:
        folder: With the lexica.
        kind: "us" or "gb".
    """

    def __init__(self, folder: Path, kind: str = "us") -> None:
        self._british = kind == "gb"
        self._tiers: list[dict[str, Entry]] = [  # what people checked goes before what they did not
            json.loads((folder / f"{kind}_{tier}.json").read_text(encoding="utf-8"))
            for tier in ("gold", "silver")
        ]

    def sound(self, word: str, before: str = "", after: str | None = None) -> str:
        """Phonemes of a word in its place; "" where nothing of it can be said.

        Args:
            word: As it is written.
            before: The word before it in lower case.
            after: Phonemes of what follows; None before a pause.
        """
        plain = _ascii(word)
        small = plain.lower()
        said = self._in_place(small, plain, before, after)
        if said is None:
            said = self._whole(plain, before, after)
            said = self._unknown(plain, before, after) if said is None else said
            if word[:1].isupper():
                said = _stressed(said, "ˈ" if word.isupper() and len(word) > 1 else "ˌ")
        return said if self._british else said.replace("ɾ", "T").replace("ʔ", "t")

    def _in_place(self, small: str, plain: str, before: str, after: str | None) -> str | None:
        """Little words that sound by their neighbours."""
        if small == "used" and (after or "").startswith(("tə", "tʊ")):
            return "jˈuːst" if self._british else "jˈust"
        if small not in _LITTLE or plain == "AM" or (plain == "A" and before):
            return None
        vowel = (after or "").translate(UNSTRESSED)[:1] in tuple(VOWELS)
        said = _LITTLE[small][0 if after is None else 1 + vowel]
        return said.replace("æ", "a") if said and self._british else said

    def _whole(self, word: str, before: str = "", after: str | None = "") -> str | None:
        """Of a word that is known, as it is or by its ending."""
        small = word.lower()
        if (entry := self._entry(word, small, small.capitalize())) is not None:
            if isinstance(entry, str):
                return entry
            said = entry.get(_part(entry, before, after), entry["DEFAULT"])
            return said if said is not None else self._spelled(word)
        if len(word) == 1:
            return self._spelled(word)
        for stems, ended in (
            (_before_s(small), self._with_s),
            (_before_ed(small), self._with_ed),
            (_before_ing(small), self._with_ing),
        ):
            for stem in stems:
                entry = self._entry(stem, stem.capitalize()) if len(stem) > 1 else None
                if entry is not None:
                    said = entry if isinstance(entry, str) else entry["DEFAULT"]
                    return None if said is None else ended(said)
        return None

    def _entry(self, *shapes: str) -> Entry | None:
        return next((tier[w] for tier in self._tiers for w in shapes if w in tier), None)

    def _unknown(self, word: str, before: str, after: str | None) -> str:
        """As if fewer letters were drawn out (sooo), by its parts, spelled, or by its letters."""
        for fewer in (r"\1\1", r"\1"):
            shorter = _DRAWN.sub(fewer, word)
            known = self._whole(shorter, before, after) if 1 < len(shorter) < len(word) else None
            if known is not None:
                return known
        parts = [
            p[i : i + _LONGEST] for p in _JOINTS.split(word) for i in range(0, len(p), _LONGEST)
        ]
        if len(parts) > 1:
            return "".join(self.sound(p, "-", "") for p in parts)
        for clitic, sound in _CLITICS.items():
            if word.lower().endswith(clitic) and len(word) > len(clitic):
                return self.sound(word[: -len(clitic)], before, "") + sound
        stem, apostrophe, s = word.partition("'")
        if s.lower() not in ("", "s"):  # O'Neil
            return self.sound(stem, "-", "") + self.sound(s, "-", "")
        if not apostrophe and word[-1:] == "s" and word[:-1].isupper() and len(word) > 2:  # MRIs
            stem, s = word[:-1], "s"
        known = self._whole(stem, before, "") if apostrophe else None
        if known is None and len(stem) <= _SPELLED and (stem.isupper() or not _VOICED.search(stem)):
            known = self._spelled(stem)
        known = letters.sounded(stem.lower()) if known is None else known
        return self._with_s(known) if s else known

    def _spelled(self, word: str) -> str:
        """Letter by letter, the last one stressed."""
        names = [self._entry(c) for c in word.upper()]
        *most, last = [n for n in names if isinstance(n, str)] or [""]
        return "".join(n.replace("ˈ", "ˌ") for n in most) + last

    def _with_s(self, said: str) -> str:
        if said[-1:] in "ptkfθ":
            return f"{said}s" if said else ""
        if said[-1] in "szʃʒʧʤ":
            return f"{said}{'ɪ' if self._british else 'ᵻ'}z"
        return f"{said}z"

    def _with_ed(self, said: str) -> str:
        if said[-1] in "pkfθʃsʧ":
            return f"{said}t"
        if said[-1] not in "td":
            return f"{said}d"
        if said[-1] == "t" and said[-2:-1] in _FLAPS and not self._british:
            said = f"{said[:-1]}ɾ"
        return f"{said}{'ɪ' if self._british else 'ᵻ'}d"

    def _with_ing(self, said: str) -> str:
        if said[-1] == "t" and said[-2:-1] in _FLAPS and not self._british:
            said = f"{said[:-1]}ɾ"
        return f"{said}ɪŋ"


def _part(entry: Mapping[str, str | None], before: str, after: str | None) -> str:
    """The part of speech that a word with several sounds is taken for."""
    if after is None and "None" in entry:
        return "None"
    if before in _DONE_AFTER and "VBN" in entry:
        return "VBN"
    if before in _VERB_AFTER:
        return "VERB"
    # Where noun and verb sound alike (close), what follows "the" is mostly an adjective.
    named = before in _NOUN_AFTER and entry.get("NOUN") != entry.get("VERB", "")
    return "NOUN" if named else "DEFAULT"


def _before_s(word: str) -> tuple[str, ...]:
    if word.endswith(("'s", "s'")):
        return (word[:-2], word[:-1]) if word.endswith("s'") else (word[:-2],)
    if not word.endswith("s") or word.endswith("ss"):
        return ()
    if word.endswith("ies"):
        return (f"{word[:-3]}y", word[:-1])
    return (word[:-1], word[:-2]) if word.endswith("es") else (word[:-1],)


def _before_ed(word: str) -> tuple[str, ...]:
    if not word.endswith("ed") or word.endswith("eed"):
        return ()
    stem = word[:-2]
    more = (f"{stem[:-1]}y",) if stem.endswith("i") else ()
    return (*more, word[:-1], stem, *((stem[:-1],) if _DOUBLED.search(stem) else ()))


def _before_ing(word: str) -> tuple[str, ...]:
    if not word.endswith("ing"):
        return ()
    stem = word[:-3]
    return (stem, f"{stem}e", *((stem[:-1],) if _DOUBLED.search(stem) else ()))


def _stressed(said: str, mark: str) -> str:
    """A word that bears no stress, with one on its first vowel."""
    if "ˈ" in said or (mark == "ˌ" and "ˌ" in said):
        return said
    if "ˌ" in said:
        return said.replace("ˌ", "ˈ")
    at = next((i for i, c in enumerate(said) if c in VOWELS), None)
    return said if at is None else f"{said[:at]}{mark}{said[at:]}"


def _ascii(word: str) -> str:
    """Without accents and other signs."""
    word = word.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", word)
    return "".join(c for c in plain if (c.isascii() and c.isalpha()) or c in "'-.").strip("-.")
