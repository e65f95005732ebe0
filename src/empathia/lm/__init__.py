"""Language models, each a plug-in that follows :class:`empathia.contracts.LanguageModel`.

``local`` runs a GGUF file in this process, ``hub`` a model of the transformers library, ``server``
asks an OpenAI-compatible server, ``scripted`` answers what a test tells it to.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import closing

from empathia.contracts import Pieces
from empathia.types import Request
from empathia.types.soft import MARK

_MARK = re.compile(
    r"<\s*[|｜][^<>]*[|｜]\s*>|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS)\]"
    r"|</?(?:s|bos|eos|pad|unk|think|(?:start|end)_of_turn)>",
    re.IGNORECASE,
)
_JOINERS = "\u200c\u200d"  # that emoji and some scripts are written with


def written(stream: Callable[[Request], Pieces], requests: Sequence[Request]) -> list[str]:
    """Whole answers of a model that writes them piece by piece."""
    texts = []
    for request in requests:
        with closing(stream(request)) as pieces:
            texts.append("".join(pieces))
    return texts


def one_line(words: str) -> str:
    """Others' words as they may stand in a prompt: one line, without what models tell roles by."""
    text = " ".join(words.split())
    text = "".join(c for c in text if _harmless(c))
    while (without := _MARK.sub(" ", text)) != text:  # marks may be wrapped in marks
        text = without
    return " ".join(text.split())


def _harmless(c: str) -> bool:
    """Whether a character is neither a control, as of the direction of writing, nor an object."""
    return c in _JOINERS or (c != MARK and unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
