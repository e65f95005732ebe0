"""What a label hangs on: one part of a prompt is left out at a time, and the label scored again.

A model is not asked why: what it would write of itself is another answer, not a measurement. Each
cue is left out, each feature that is no text, each piece of the words (a word of a short turn, a
clause of a long one), and what was said before as a whole. All else of the prompt stays as it was,
to the letter, so that a change is that of the part.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from empathia.emotion.lm.prompt import Prompt, Said, retold
from empathia.emotion.lm.template import Template
from empathia.metrics.scores import Array
from empathia.types import Part

UNSCORED = "its answers are not scored"
_MOST = 12  # parts of a prompt, each a question more (of each label that is asked about)
_WORDS, _LEAST = (6, 2)  # pieces of the words at most; where there are many cues
_SHORT = 5  # words of a piece that is not cut again
_NOTHING = "..."  # stands for words that were all left out
_CUE = ", "  # between two cues
_WIDE, _CLOSE = "。、！？，；：", "”’)」』）"
_ENDS = tuple(".,;:!?…—" + _WIDE)
_WORD = re.compile(rf"(?:\S*?[{_WIDE}][{_WIDE}!?.…]*[{_CLOSE}]*|\S+)\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prompt, and the prompt without it.

    Args:
        kind: One of :data:`empathia.types.talk.PARTS`.
        text: It; "" of the past.
        prompt: Without it.
    """

    kind: str
    text: str
    prompt: Prompt


def pieces(prompt: Prompt, template: Template) -> list[Piece]:
    """The parts of a prompt, 12 at most; prompts that begin alike stand beside each other.

    Args:
        prompt: Any.
        template: Of the prompt.
    """
    said = prompt.said
    made = [_cue(prompt, k, i, template) for k, c in said.cues.items() for i in range(_count(c))]
    made += [_soft(prompt, name) for name in prompt.features]
    room = _MOST - bool(prompt.past)
    made = made[: room - _LEAST]
    cut = chunks(said.text.strip(), max(_LEAST, min(_WORDS, room - len(made))))
    for i in reversed(range(len(cut))):
        rest = "".join(cut[:i] + cut[i + 1 :]).strip() or _NOTHING
        without = retold(prompt, dataclasses.replace(said, text=rest), template)
        made.append(Piece("words", cut[i].strip(), without))
    if prompt.past:
        made.append(Piece("past", "", dataclasses.replace(prompt, past=())))
    return made


def _count(cues: str) -> int:
    return len(cues.split(_CUE))


def _cue(prompt: Prompt, kind: str, place: int, template: Template) -> Piece:
    said = prompt.said
    cues = said.cues[kind].split(_CUE)
    rest = _CUE.join(cues[:place] + cues[place + 1 :])
    told = {k: rest if k == kind else c for k, c in said.cues.items() if k != kind or rest}
    without = retold(prompt, Said(said.speaker, said.text, told), template)
    return Piece(kind, cues[place], without)


def _soft(prompt: Prompt, name: str) -> Piece:
    rest = {k: values for k, values in prompt.features.items() if k != name}
    without = dataclasses.replace(prompt, soft=prompt.soft if rest else "", features=rest)
    return Piece("soft", name, without)


def chunks(text: str, most: int) -> list[str]:
    """A text in pieces: its words, where these are few, else clauses, long ones cut in two.

    Where no blanks are between words, what ends in a wide mark ("、") stands for a word.

    Args:
        text: In one line, without blanks around it.
        most: Pieces, at least 1.

    Returns:
        Pieces with the blanks that follow them: joined they are the text.
    """
    words = _WORD.findall(text)
    if len(words) <= most:
        return words
    cut: list[list[str]] = [[]]
    for word in words:
        cut[-1].append(word)
        if word.rstrip().rstrip("\"'" + _CLOSE).endswith(_ENDS):
            cut.append([])
    cut = [c for c in cut if c]
    while len(cut) > most:  # the shortest two neighbours become one
        i = min(range(len(cut) - 1), key=lambda i: len(cut[i]) + len(cut[i + 1]))
        cut[i : i + 2] = [cut[i] + cut[i + 1]]
    while len(cut) < most and len(longest := max(cut, key=len)) > _SHORT:
        i, half = cut.index(longest), len(longest) // 2
        cut[i : i + 1] = [longest[:half], longest[half:]]
    return ["".join(c) for c in cut]


def measured(left: Sequence[Piece], sure: float, without: Array) -> tuple[Part, ...]:
    """What a label loses without each part, most first.

    Args:
        left: Parts that were left out.
        sure: Probability of the label with all of them.
        without: (parts,) its probabilities without each.
    """
    whole = _odds(np.array(sure))
    parts = [
        Part(x.kind, x.text, float(whole - _odds(p)), float(p))
        for x, p in zip(left, without, strict=True)
    ]
    return tuple(sorted(parts, key=lambda p: -p.change))


def _odds(p: Array) -> Array:
    """Log odds of probabilities, of any shape."""
    kept = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(kept / (1 - kept)))
