"""What people are called in a prompt: names as they are, ids by a letter that tells nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from empathia.lm import one_line
from empathia.types import Sample

UNKNOWN = "Somebody"
_LONGEST = 40  # characters of a name
_WORD = r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*\.?"
_NAME = re.compile(rf"{_WORD}(?: {_WORD}){{0,3}}")
_NOBODY = frozenset({"", "?", "unknown", "none", "somebody"})
# Words for who somebody is to a corpus, a chat or a model: no names, and some tell the gender.
_ROLES = frozenset(
    (
        *("male", "female", "man", "woman", "boy", "girl", "speaker", "listener", "agent"),
        *("남자", "여자", "남성", "여성", "남", "여", "소년", "소녀", "화자", "상담사", "내담자"),
        *("user", "assistant", "system", "tool", "human", "bot", "client", "therapist"),
    )
)


def names(dialogue: Sequence[Sample]) -> list[str]:
    """What the speaker of each turn is called, the same person the same in all turns.

    An id, which may tell gender, session or corpus ("Ses01F"), becomes "Speaker A", "Speaker B",
    by order of first speaking, so that no later turn changes what an earlier one is called.

    Args:
        dialogue: All turns from the first.
    """
    known: dict[str | None, str] = {}
    letters = 0
    for s in dialogue:
        if s.speaker in known:
            continue
        said = one_line((s.speaker or "").removeprefix(f"{s.groups.get('corpus', '')}/"))
        if said.casefold() in _NOBODY:
            known[s.speaker] = UNKNOWN
        elif _is_name(said):
            known[s.speaker] = said
        else:
            known[s.speaker] = f"Speaker {_letters(letters)}"
            letters += 1
    return [known[s.speaker] for s in dialogue]


def _is_name(said: str) -> bool:
    """A few words of letters alone, the first with a capital or in a script without."""
    parts = said.casefold().split()
    if not _NAME.fullmatch(said) or len(said) > _LONGEST or _ROLES.intersection(parts):
        return False
    return not said[0].islower() and (len(said) > 1)


def _letters(i: int) -> str:
    """A, B ... Z, AA, AB ..."""
    more, last = divmod(i, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)
