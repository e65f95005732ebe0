"""The one reply that no generator may improvise: to words that hint at self-harm.

The check reads phrases, in English only. It is meant to be cautious: it also
fires on quotations, on denials and on worry about somebody else, where the reply
does no harm. It is no detector of risk: it misses whatever is said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from empathia.types import Turn

CARE = (
    "I'm really sorry that things are this heavy, and I'm glad you put it into words. "
    "If you or someone else could be in danger, please contact your local emergency services "
    "or a crisis line now, and reach out to a person you trust."
)
NOTE = "words that hint at self-harm get a fixed reply"

_PHRASES = (
    r"suicid\w*",
    r"self[- ]?harm\w*",
    r"(?:kill|hang|drown|hurt|harm|cut|shoot|poison|starv)t?(?:ing|ed|e)? (?:myself|himself|herself"
    r"|themselves|themself|yourself)",
    r"(?:end|ending|ended|take|taking|took|taken) (?:my|his|her|their)(?: own)? li(?:fe|ves)",
    r"(?:end|ending) it all",
    r"(?:want|wanted|wants|wish|wishing|ready|going) to "
    r"(?:die|be dead|not exist|disappear forever)",
    r"wan+a die",
    r"wish (?:that )?i (?:was|were) (?:dead|never born)",
    r"wish (?:that )?i(?:'d| had) never been born",
    r"(?:not|n't|never|no longer)(?: really)? (?:want|wanna|like|care)(?: to)? "
    r"(?:live|be alive|be here any ?more|exist|wake up)",
    r"(?:not|n't) (?:want to )?(?:go on|keep) living",
    r"(?:no|any) (?:reason|point)(?: left)? (?:to live|to be alive|in living|to go on|in going on)",
    r"(?:can|could)(?:not|'t| not) (?:go on|do this|take (?:it|this)) any ?(?:more|longer)",
    r"(?:took|taken|swallow(?:ed)?|take|taking) (?:all (?:of )?|a (?:whole )?bottle of |too many |"
    r"the whole bottle of )(?:(?:my|his|her|their|the|those|these) )?(?:\w+ )?"
    r"(?:pills|tablets|medication)",
    r"(?:not|n't) worth living",
    r"better off (?:dead|without me|if i (?:was|were) (?:dead|gone|not here))",
    r"overdos\w+",
    r"slit(?:ting)? my wrists?",
    r"jump(?:ing)? off (?:a|the) (?:bridge|roof|building)",
)
_HINT = re.compile(r"\b(?:" + "|".join(_PHRASES) + r")\b", re.IGNORECASE)


def hints_at_self_harm(text: str | None) -> bool:
    """Whether words hint at suicide or self-harm."""
    if not text:
        return False
    plain = " ".join(text.replace("’", "'").replace("‘", "'").split())
    # "\b" stands before a letter: "n't" begins inside a word, so its phrases are tried apart.
    return bool(_HINT.search(plain) or _HINT.search(plain.replace("n't", " not")))


def needs_care(turns: Sequence[Turn]) -> bool:
    """Whether the last turn, or anybody's among the ten before it, hints at self-harm."""
    return any(hints_at_self_harm(t.utterance.text) for t in turns[-11:])
