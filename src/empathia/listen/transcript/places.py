"""Where in a JSON document people talk: the list, or the alike lists, whose objects have words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from empathia.listen.transcript import objects, table
from empathia.listen.transcript.objects import Object, text_of
from empathia.listen.transcript.rows import clean

KNOWN = (
    *("segments", "utterances", "audio_segments", "recognizedPhrases", "phrases", "transcription"),
    *("monologues", "turns", "chunks", "events"),
    *("paragraphs", "messages", "conversation", "conversations", "dialogue", "dialog", "mapping"),
)
"""What lists of turns are called, best first."""
WORDS = ("words", "word_segments", "items")
"""What lists of single words are called."""

_TALKS = (*KNOWN, "log", "transcript", "sentences")  # of several, each is a dialogue
_WHOLE = ("transcripts", "combinedRecognizedPhrases", "combinedPhrases")  # all words once more
_READINGS = ("alternatives", "nBest")
_NAMED = {*_TALKS, *WORDS, *_WHOLE, *_READINGS, "channels", "results"}
_DEPTH = 8
_LISTED = 5  # names in a note, at most
_ALIKE = 0.5  # share of keys that lists of several dialogues have in common, at least
_TIMES = ("start", "startTime", "start_time", "offset", "offsets", "timestamp", "tStartMs")

_Path = tuple[str | int, ...]  # names, and places in lists from 1


class Listed(NamedTuple):
    """Objects that say something, from one place of a document, or from several that are alike.

    Args:
        key: What their list is called, "" where the document is the list.
        objects: In the order of the document.
        depth: How many objects and lists they lie in.
        channels: Of each object, which of several channels it lies in, from 1; 0 without any.
        dialogues: Of each object, which of several dialogues it belongs to; None without any.
    """

    key: str
    objects: list[Object]
    depth: int
    channels: list[int]
    dialogues: list[str | None]

    def kept(self, places: Sequence[int]) -> Listed:
        """Only the objects at these places."""
        return self._replace(
            objects=[self.objects[n] for n in places],
            channels=[self.channels[n] for n in places],
            dialogues=[self.dialogues[n] for n in places],
        )


def listed(document: object) -> tuple[Listed | None, tuple[str, ...]]:
    """The objects that say something, and a note on those in other lists.

    The list with the best known name, else the one that tells speakers or times and has the most
    words, with all lists that differ from it in one unknown name and hold objects of the same
    keys: each of these is a dialogue.
    """
    places: dict[tuple[str, ...], Listed] = {}
    for path, object_, channel in _walk(document, (), 0):
        names = tuple("[]" if isinstance(p, int) else p for p in path)
        key = next((p for p in reversed(names) if p not in {*_READINGS, "[]"}), "")
        place = places.setdefault(names, Listed(key, [], len(path), [], []))
        place.objects.append(object_)
        place.channels.append(channel)
        place.dialogues.append(_dialogue(path))
    if not places:
        return None, ()
    best = min(places, key=lambda names: _rank(places[names]))
    alike = {n for n in places if n == best or _siblings(n, best, places)}
    together = {names: place for names, place in places.items() if names in alike}
    at_once = len(together) > 1 and _at_once(together)
    chosen = _spoken_at_once(together) if at_once else _joined(together)
    notes = ("lists that overlap in time are taken for speakers",) if at_once else ()
    others = [p for n, p in places.items() if n not in alike]
    return chosen, (*notes, *_left(chosen, others)) if others else notes


def _joined(places: Mapping[tuple[str, ...], Listed]) -> Listed:
    """One place of several, each of which is a dialogue."""
    (first, *rest) = places.values()
    for own, place in zip(_names(places), places.values(), strict=True):
        place.dialogues[:] = [" ".join(filter(None, (own, d))) or None for d in place.dialogues]
    for place in rest:
        first.objects.extend(place.objects)
        first.channels.extend(place.channels)
        first.dialogues.extend(place.dialogues)
    if len(set(first.dialogues)) < 2:
        return first._replace(dialogues=[None] * len(first.objects))
    return first


def _names(places: Iterable[tuple[str, ...]]) -> list[str]:
    """The names that places of the same depth have for themselves."""
    paths = list(places)
    apart = [n for n, names in enumerate(zip(*paths, strict=True)) if len(set(names)) > 1]
    return [" ".join(path[n] for n in apart) for path in paths]


def _at_once(places: Mapping[tuple[str, ...], Listed]) -> bool:
    """Whether lists that name nobody overlap in time: each is a speaker, no dialogue."""
    spans = []
    for own, place in zip(_names(places), places.values(), strict=True):
        times = [x.get(k) for x in place.objects for k in ("start", "end")]
        numbers = [t for t in times if isinstance(t, (int, float))]
        named = any(map(objects.sender_of, place.objects)) or any(place.channels)
        if len(numbers) < len(times) or named or "." in own:
            return False  # names with a dot are files, each with a clock of its own
        spans.append((min(numbers), max(numbers)))
    return any(b[0] < a[1] for a, b in pairwise(sorted(spans)))


def _spoken_at_once(places: Mapping[tuple[str, ...], Listed]) -> Listed:
    """One place of several, each of which is what one speaker says."""
    (first, *_) = places.values()
    owned = zip(_names(places), places.values(), strict=True)
    said: list[Object] = [{**x, "speaker": own} for own, p in owned for x in p.objects]
    return first._replace(objects=said, channels=[0] * len(said), dialogues=[None] * len(said))


def _dialogue(path: _Path) -> str | None:
    """Which of several lists of talk a path leads to."""
    last = max((n for n, p in enumerate(path) if isinstance(p, int)), default=None)
    if last is None or last + 1 == len(path) or path[last + 1] not in _TALKS:
        return None
    return None if path[last - 1 : last] == ("channels",) else str(path[last])


def _siblings(
    names: tuple[str, ...], best: tuple[str, ...], places: Mapping[tuple[str, ...], Listed]
) -> bool:
    """Whether two lists differ in one name, which says nothing, and hold alike objects.

    Objects at the same times are the same once more: a translation, say.
    """
    apart = [(a, b) for a, b in zip(names, best, strict=False) if a != b]
    if len(names) != len(best) or len(apart) != 1 or {*apart[0]} & {*_NAMED, "[]"}:
        return False
    a, b = ({k for x in places[p].objects for k in x} for p in (names, best))
    held = [places[p].objects for p in (names, best)]
    own, others = ({str(x["start"]) for x in objects_ if "start" in x} for objects_ in held)
    again = len(own & others) > max(1, len(own) / 2)
    return len(a & b) > _ALIKE * len(a | b) and (names == best or not again)


def _rank(place: Listed) -> tuple[int, int, int]:
    if place.key in KNOWN:
        return KNOWN.index(place.key), 0, place.depth
    told = any(map(_told, place.objects))
    kinds = (told, place.key in WORDS, place.key not in _WHOLE, True)
    said = sum(len((text_of(x) or "").split()) for x in place.objects)
    return len(KNOWN) + kinds.index(True), -said, place.depth


def _told(value: Object) -> bool:
    """Whether an object tells who speaks, or when."""
    if objects.is_word(value):
        return False
    timed = any(k in value for k in _TIMES) or objects.sent(value) is not None
    return timed or objects.sender_of(value) is not None


def _left(chosen: Listed, others: Sequence[Listed]) -> tuple[str, ...]:
    """The note on lists that hold words which the chosen one lacks."""
    if any(objects.words_of(x) for x in chosen.objects[:1]):
        others = [p for p in others if p.key not in WORDS]  # these once more
    read = {w for x in chosen.objects for w in _vocabulary(x)}
    left = [p for p in others if any(w not in read for x in p.objects for w in _vocabulary(x))]
    counts: Counter[str] = Counter()
    for place in left:
        counts[place.key] += len(place.objects)
    if not counts:
        return ()
    listed = ", ".join(f"'{clean(k) or ''}' ({n})" for k, n in list(counts.items())[:_LISTED])
    more = f" and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    key = clean(chosen.key) or ""
    return (f"read from '{key}'; other lists with words were left out: {listed}{more}",)


def _vocabulary(value: Object) -> list[str]:
    return re.findall(r"\w+", (text_of(value) or "").casefold())


def _walk(value: object, path: _Path, channel: int) -> Iterator[tuple[_Path, Object, int]]:
    """Objects in lists, with the names on the way to them."""
    if len(path) > _DEPTH:
        return
    value = _shaped(value)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            below = _first(value, inner) if key in _READINGS else inner
            yield from _walk(below, (*path, str(key)), channel)
        return
    if not isinstance(value, list):
        return
    inside = [x for x in value if isinstance(x, Mapping)]
    worded = any(text_of(x) is not None or objects.words_of(x) for x in inside)
    if worded and not any(map(_holds_talk, inside)):
        yield from ((path, y, channel) for x in inside for y in _thread(x))
        return
    for number, x in enumerate(value, start=1):
        apart = path[-1:] == ("channels",) and len(value) > 1
        yield from _walk(x, (*path, number), number if apart else channel)


def _holds_talk(value: Object) -> bool:
    """Whether an object has all its words once more as a list of turns, which says more."""
    held = (value.get(key) for key in KNOWN)
    lists = (x for x in held if isinstance(x, list) and x and isinstance(x[0], Mapping))
    return any(text_of(x[0]) is not None for x in lists)


def _thread(value: Object) -> Iterator[Object]:
    """A message and the replies that lie in it, however deep."""
    waiting = [value]
    while waiting:
        message = waiting.pop()
        yield message
        replies = message.get("replies")
        for reply in reversed(replies) if isinstance(replies, list) else ():
            if isinstance(reply, Mapping) and text_of(reply) is not None:
                waiting.append(reply)


def _first(value: Object, readings: object) -> object:
    """The best of several readings, with the times and the speaker that stand beside them."""
    if not isinstance(readings, list) or not readings or not isinstance(readings[0], Mapping):
        return readings
    return [{**{k: v for k, v in value.items() if not isinstance(v, list)}, **readings[0]}]


def _shaped(value: object) -> object:
    """Other shapes of a list of objects as one: pairs, columns, numbered entries, ChatGPT's."""
    if isinstance(value, list) and value and all(map(_is_pair, value)):
        return [{"speaker": who, "text": text} for who, text in value]
    inner = list(value.values()) if isinstance(value, Mapping) else []
    if not inner or not isinstance(value, Mapping):
        return value
    if all(isinstance(x, list) for x in inner):
        return _rows(value, inner)
    return _numbered(value, inner) if all(isinstance(x, Mapping) for x in inner) else value


def _numbered(value: Object, inner: Sequence[Object]) -> object:
    """Objects under numbers or ids, or the numbered cells of columns, as a list of objects."""
    if all("message" in x for x in inner):  # the nodes of a ChatGPT export
        return [x["message"] for x in inner if isinstance(x["message"], Mapping)]
    if all(str(k).isdecimal() for k in value) and any(text_of(x) is not None for x in inner):
        return inner
    alike = all(x.keys() == inner[0].keys() for x in inner)
    return _rows(value, [list(x.values()) for x in inner]) if alike else value


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value)


def _rows(value: Object, columns: Sequence[Sequence[object]]) -> object:
    """Columns as objects, where all are equally long, hold no lists, and one is of words."""
    named = "text" in table.columns([str(k) for k in value]) and len(columns) > 1
    if not named or len({len(c) for c in columns}) != 1:
        return value
    flat = all(isinstance(x, (str, int, float, type(None))) for c in columns for x in c)
    rows = [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
    return rows if flat else value
