"""The words that every report shares: times, shares, verdicts, cautions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from empathia.files import Plain
from empathia.types import (
    LEVELS,
    Cues,
    Emotion,
    Part,
    Reason,
    Reply,
    Seen,
    Timeline,
    Turn,
    overlaps,
)

_CAUTION = (
    "Emotion recognition is uncertain: these are estimates from {}, "
    "not facts about what anybody feels."
)
NO_WORDS = "(no words)"
UNTOLD = "too short to tell who speaks"
NOT_JUDGED = "–"
"""In place of a verdict where no emotion was asked for."""
BROUGHT = "that of the data you bring"
"""Licence of corpora of the user's own: not known here, so the careful answer is taken."""
_AS_WELL = 0.2  # probability of another number of speakers that is worth a word
_NOTICED = 0.1  # s of overlap
_TOLD = 2  # parts that a label hangs on


def clock(seconds: float, *, tenths: bool = False) -> str:
    """``0:05``, ``12:34`` or ``1:02:03``; with a tenth of a second where asked for."""
    whole = round(seconds * 10) if tenths else round(seconds) * 10
    minutes, rest = divmod(whole, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02d}" + (f".{rest % 10}" if tenths else "")
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def counted(number: int, what: str) -> str:
    """``1 turn``, ``2 turns``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def people(timeline: Timeline) -> str:
    """``2 speakers``, or ``2 speakers (or 3)`` where there may as well be that many."""
    told = counted(len(timeline.speakers), "speaker")
    number = timeline.speaker_number
    if number is None or number.how != "estimated":
        return told
    likely = sorted((-p, n) for n, p in number.probabilities.items() if p >= _AS_WELL)
    others = " or ".join(str(n) for _, n in likely if n != number.number)
    return f"{told} (or {others})" if others else told


def languages(timeline: Timeline) -> list[str]:
    """Codes of the languages that are spoken, the one of most turns first."""
    codes = Counter(t.utterance.language for t in timeline.turns if t.utterance.language)
    return [code for code, _ in codes.most_common()]


def untold(turn: Turn) -> bool:
    """Whether a turn is too short to tell who speaks."""
    return turn.utterance.speaker_confidence == 0


def beside(timeline: Timeline) -> list[str]:
    """What stands beside the speaker of each turn: ``de · overlap 0.4 s``, or nothing.

    The language is told where there are several.
    """
    several = len(languages(timeline)) > 1
    told = []
    for turn, overlap in zip(timeline.turns, overlaps(timeline.turns), strict=True):
        parts = [turn.utterance.language] if several and turn.utterance.language else []
        if overlap is not None and overlap >= _NOTICED:
            parts.append(f"overlap {overlap:.1f} s")
        told.append(" · ".join(parts))
    return told


def percent(share: float) -> str:
    """``62 %``; never ``100 %`` or ``0 %`` for what is not quite that."""
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        return "> 99 %"
    return "< 1 %" if rounded == 0 and share > 0 else f"{rounded} %"


def verdict(emotion: Emotion) -> str:
    """``anger 62 %``, or ``unsure`` where the source abstained."""
    if emotion.label is None or emotion.confidence is None:
        return "unsure"
    return f"{emotion.label} {percent(emotion.confidence)}"


def runner_up(emotion: Emotion) -> str | None:
    """``sadness 21 %``, or None where there is no second."""
    if emotion.abstained is not None or emotion.runner_up is None:
        return None
    label, score = emotion.runner_up
    return f"{label} {percent(score)}"


def sounded(cues: Cues | None) -> str:
    """Description and impression as one text; empty where nothing could be said."""
    if cues is None:
        return ""
    impression = cues.impression[:1].upper() + cues.impression[1:]
    return ". ".join(x.rstrip(". ") for x in (cues.description, impression) if x)


def has_faces(timeline: Timeline) -> bool:
    """Whether the face of anybody who speaks was seen."""
    return any(t.seen is not None and t.seen.person is not None for t in timeline.turns)


def looked(seen: Seen | None) -> str:
    """``brows raised, smile. May come across as glad (face 1, in 83 % of the pictures)``.

    Empty where nobody looked; ``not seen (nobody's mouth moves)`` where there is no face.
    """
    if seen is None:
        return ""
    if seen.person is None:
        return f"not seen ({seen.absent})" if seen.absent else "not seen"
    told = sounded(seen.cues) or "nothing to tell"
    return f"{told} ({seen.person}, in {percent(seen.share)} of the pictures)"


def caution(timeline: Timeline) -> str:
    """What to know before reading on."""
    said = any(t.utterance.text for t in timeline.turns) or not timeline.has_audio
    used = [n for n, is_used in (("words", said), ("voice", timeline.has_audio)) if is_used]
    used += ["face"] * has_faces(timeline)
    return _CAUTION.format(" and ".join(filter(None, (", ".join(used[:-1]), used[-1]))))


def noncommercial(provenance: Mapping[str, Plain]) -> str | None:
    """One line on the weights that forbid commercial use or may do so, or None without any."""
    weights = provenance.get("weights")
    named: dict[bool, list[str]] = {True: [], False: []}
    for w in weights if isinstance(weights, Sequence) else ():
        if isinstance(w, Mapping) and w.get("noncommercial"):
            brought = w.get("licence") == BROUGHT
            licence = w.get("licence") or "licence not stated"
            shown = "licence: that of the data you brought" if brought else licence
            named[brought].append(f"{w.get('name', '?')} ({shown})")
    lines = [f"Non-commercial use only: {', '.join(named[False])}"] if named[False] else []
    lines += [f"Made with {', '.join(named[True])}"] if named[True] else []
    return ". ".join(lines) or None


def footnotes(timeline: Timeline) -> Iterator[str]:
    """The caution, the licence mark and the timeline's own notes, in this order."""
    yield caution(timeline)
    mark = noncommercial(timeline.provenance)
    if mark is not None:
        yield mark
    yield from timeline.notes


def reply_note(turn: Turn) -> str:
    """Which generator wrote a turn's reply, its note and why; empty where there is no reply."""
    if turn.reply is None:
        return ""
    return ": ".join(x for x in (turn.reply.source, turn.reply.note, turn.reply.why) if x)


def judged(reply: Reply) -> str:
    """What judges take a reply to be, with the words that show it; empty where none was asked."""
    if reply.empathy is None:
        return ""
    parts = []
    for name, element in reply.empathy.elements.items():
        shown = " | ".join(reply.text[a:b] for a, b in element.evidence)
        words = f" (“{shown}”)" if shown else ""
        parts.append(f"{LEVELS[element.level]} {name} {percent(element.confidence)}{words}")
    if reply.empathy.sentiment is not None:
        parts.append(f"sentiment {reply.empathy.sentiment:+.2f}")
    return ", ".join(parts)


def part(told: Part) -> str:
    """``“I lost my keys”``, ``(voice: high volume)`` or ``what was said before``."""
    if told.kind == "past":
        return "what was said before"
    return f"“{told.text}”" if told.kind == "words" else f"({told.kind}: {told.text})"


def because(reason: Reason) -> str:
    """What a label hangs on, and what becomes of it without.

    ``because of “stupid and sad.”: sadness 62 %, without it 31 %``
    """
    if reason.note is not None or reason.confidence is None:
        return f"no reason: {reason.note}"
    if not reason.told:
        return f"nothing in it stands out for {reason.label}"
    told = reason.told[:_TOLD]
    which = ("the first", "the second") if len(told) > 1 else ("it",)
    falls = [f"without {w} {percent(p.without)}" for w, p in zip(which, told, strict=True)]
    names = " and ".join(map(part, told))
    return f"because of {names}: {reason.label} {percent(reason.confidence)}, {', '.join(falls)}"


def asked_with(reason: Reason, turn: Turn) -> str:
    """The cues of a prompt, those that are told of the turn anyway by name alone.

    ``asked with the voice above``, ``asked with (voice: high volume, fast)``; empty without any.
    """
    seen = None if turn.seen is None else turn.seen.cues
    above = {k: c.description.rstrip(".") for k, c in (("voice", turn.cues), ("face", seen)) if c}
    cues = [
        f"the {kind} above" if above.get(kind) == words else f"({kind}: {words})"
        for kind, words in reason.cues.items()
    ]
    return f"asked with {' and '.join(cues)}" if cues else ""


def whys(turn: Turn) -> list[str]:
    """Reasons and the cues that were told, of each source that can tell; a line each."""
    told = (turn.why or {}).items()
    lines = [(source, x) for source, r in told for x in (because(r), asked_with(r, turn)) if x]
    return [f"{source}: {line}" if len(told) > 1 else line for source, line in lines]
