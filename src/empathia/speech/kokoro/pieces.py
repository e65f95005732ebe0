"""From text to what Kokoro reads: phonemes, in pieces, the first one short.

Sound can be heard once the first piece is made; each later one is made while the one before it is
heard, so it may be longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from empathia.speech.kokoro.lexicon import Lexicon
from empathia.speech.kokoro.reading import aloud, sentences

LONGEST = 510  # phonemes that Kokoro takes
_FIRST, _MOST = 45, 160  # phonemes of the first piece and of any; some 2 s and 8 s
_GROWTH = 2.5  # the longest piece after another, times it
_LEAST = 12  # shorter ones sound clipped
_TOKEN = re.compile(r"(?P<word>[^\W\d_]+(?:['.-][^\W\d_]+)*'?)|(?P<mark>[;:,.!?—…()“”])")
_STOPS, _BREAKS = ".!?…", ";:,—)"
_JOINING = (
    " and but or because that when if so since while although though who which where in on at with "
    "for to of from about like than as by "
)


class Unit(NamedTuple):
    """A word.

    Args:
        text: In lower case.
        sound: Its phonemes and the punctuation about it.
    """

    text: str
    sound: str

    @property
    def rank(self) -> int:
        """How well speech may pause after it: 2 a sentence ends, 1 a clause, 0 neither."""
        bare = self.sound.rstrip("”)") or self.sound
        return 2 if bare[-1] in _STOPS else 1 if self.sound[-1] in _BREAKS else 0


def pieces(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Phonemes in pieces of at most :data:`LONGEST`, cut where speech pauses.

    Args:
        text: English, as long as it likes.
        lexicon: How words sound.
    """
    waiting: list[Unit] = []
    most = _FIRST
    coming = (unit for s in sentences(aloud(text)) for unit in units(s, lexicon))
    for unit in coming:
        waiting.append(unit)
        while _length(waiting) > most + _LEAST:  # else what is left would be too short
            count = _cut(waiting, most)
            yield _joined(waiting[:count])
            most = min(_MOST, max(_FIRST, round(_GROWTH * _length(waiting[:count]))))
            waiting = waiting[count:]
    while waiting:
        count = len(waiting) if most > _FIRST else _cut(waiting, most)
        yield _joined(waiting[:count])
        most, waiting = _MOST, waiting[count:]


def units(sentence: str, lexicon: Lexicon) -> list[Unit]:
    """Words with their phonemes and the punctuation that belongs to each.

    Args:
        sentence: As :func:`~empathia.speech.kokoro.reading.aloud` writes it.
        lexicon: How words sound.
    """
    tokens = [(m.lastgroup, m[0]) for m in _TOKEN.finditer(sentence)]
    made: list[Unit] = []
    after: str | None = None
    marks = ""
    for i in range(len(tokens) - 1, -1, -1):
        kind, text = tokens[i]
        if kind == "mark":
            if text not in "(“":
                text = " —" if text == "—" else text
                marks, after = text + marks, after if text == "”" else None
            elif made and not marks:
                made[-1] = Unit(made[-1].text, text + made[-1].sound)
            continue
        before = tokens[i - 1][1].lower() if i and tokens[i - 1][0] == "word" else ""
        sound = lexicon.sound(text, before, after)
        if sound:
            made += [Unit(text.lower(), part) for part in _chopped(sound + marks)]
            after, marks = sound, ""
    return made[::-1]


def _chopped(sound: str) -> list[str]:
    """Parts of a word that is longer than any piece, the last one first."""
    return [sound[i : i + _FIRST] for i in range(0, len(sound), _FIRST)][::-1]


def _cut(waiting: list[Unit], most: int) -> int:
    """How many words make the next piece; the first one ends as soon as it may."""
    soon = most == _FIRST
    ends: dict[int, list[int]] = {2: [], 1: [], 0: [], -1: []}
    length = -1
    for count, unit in enumerate(waiting, 1):
        length += 1 + len(unit.sound)
        if length > most and count > 1:
            break
        follows = waiting[count].text if count < len(waiting) else ""
        if length >= _LEAST:
            ends[unit.rank].append(count)
            if unit.rank == 0 and f" {follows} " in _JOINING:
                ends[-1].append(count)
    if soon and (pauses := ends[2] + ends[1]):
        return min(pauses)
    for rank in (2, 1, -1, 0):
        if ends[rank]:
            return ends[rank][0 if soon and rank == -1 else -1]
    return len(waiting) if length <= most else max(1, count - 1)


def _length(waiting: list[Unit]) -> int:
    return sum(len(u.sound) + 1 for u in waiting) - 1


def _joined(words: list[Unit]) -> str:
    return " ".join(u.sound for u in words)
