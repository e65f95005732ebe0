"""The words that every report shares: times, shares, verdicts, cautions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from empathia.files import Plain
from empathia.report.words import ENGLISH, Words
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

NO_WORDS = ENGLISH.say("turns.wordless")
UNTOLD = ENGLISH.say("turns.untold")
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


def people(timeline: Timeline, words: Words = ENGLISH) -> str:
    """``2 speakers``, or ``2 speakers (or 3)`` where there may as well be that many."""
    told = words.count("facts.speakers", len(timeline.speakers))
    number = timeline.speaker_number
    if number is None or number.how != "estimated":
        return told
    likely = sorted((-p, n) for n, p in number.probabilities.items() if p >= _AS_WELL)
    others = words.say("facts.or").join(str(n) for _, n in likely if n != number.number)
    return words.say("facts.as-well", speakers=told, others=others) if others else told


def languages(timeline: Timeline) -> list[str]:
    """Codes of the languages that are spoken, the one of most turns first."""
    codes = Counter(t.utterance.language for t in timeline.turns if t.utterance.language)
    return [code for code, _ in codes.most_common()]


def untold(turn: Turn) -> bool:
    """Whether a turn is too short to tell who speaks."""
    return turn.utterance.speaker_confidence == 0


def beside(timeline: Timeline, words: Words = ENGLISH) -> list[str]:
    """What stands beside the speaker of each turn: ``de · overlap 0.4 s``, or nothing.

    The language is told where there are several.
    """
    several = len(languages(timeline)) > 1
    told = []
    for turn, overlap in zip(timeline.turns, overlaps(timeline.turns), strict=True):
        language = turn.utterance.language
        parts = [words.shown(language)] if several and language else []
        if overlap is not None and overlap >= _NOTICED:
            parts.append(words.say("turns.overlap", seconds=f"{overlap:.1f}"))
        told.append(" · ".join(parts))
    return told


def percent(share: float) -> str:
    """``62 %``; never ``100 %`` or ``0 %`` for what is not quite that."""
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        return "> 99 %"
    return "< 1 %" if rounded == 0 and share > 0 else f"{rounded} %"


def verdict(emotion: Emotion, words: Words = ENGLISH) -> str:
    """``anger 62 %``, or ``unsure`` where the source abstained."""
    if emotion.label is None or emotion.confidence is None:
        return words.say("turns.unsure")
    return f"{words.shown(emotion.label)} {percent(emotion.confidence)}"


def runner_up(emotion: Emotion, words: Words = ENGLISH) -> str | None:
    """``sadness 21 %``, or None where there is no second."""
    if emotion.abstained is not None or emotion.runner_up is None:
        return None
    label, score = emotion.runner_up
    return f"{words.shown(label)} {percent(score)}"


def sounded(cues: Cues | None, words: Words = ENGLISH) -> str:
    """Description and impression as one text; empty where nothing could be said."""
    if cues is None:
        return ""
    impression = words.shown(cues.impression)
    told = words.shown(cues.description), impression[:1].upper() + impression[1:]
    return ". ".join(x.rstrip(". ") for x in told if x)


def has_faces(timeline: Timeline) -> bool:
    """Whether the face of anybody who speaks was seen."""
    return any(t.seen is not None and t.seen.person is not None for t in timeline.turns)


def looked(seen: Seen | None, words: Words = ENGLISH) -> str:
    """``brows raised, smile. May come across as glad (face 1, in 83 % of the pictures)``.

    Empty where nobody looked; ``not seen (nobody's mouth moves)`` where there is no face.
    """
    if seen is None:
        return ""
    if seen.person is None:
        why = f" ({words.shown(seen.absent)})" if seen.absent else ""
        return words.say("face.unseen") + why
    told = sounded(seen.cues, words) or words.say("face.nothing")
    where = words.say("face.where", face=words.shown(seen.person), share=percent(seen.share))
    return f"{told} ({where})"


def caution(timeline: Timeline, words: Words = ENGLISH) -> str:
    """What to know before reading on."""
    said = any(t.utterance.text for t in timeline.turns) or not timeline.has_audio
    of = {"text": said, "voice": timeline.has_audio, "face": has_faces(timeline)}
    used = [words.source(name) for name, is_used in of.items() if is_used]
    sources = words.say("caution.and").join(filter(None, (", ".join(used[:-1]), used[-1])))
    return words.say("caution.text", sources=sources)


def noncommercial(provenance: Mapping[str, Plain], words: Words = ENGLISH) -> str | None:
    """One line on the weights that forbid commercial use or may do so, or None without any."""
    weights = provenance.get("weights")
    named: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
    for w in weights if isinstance(weights, Sequence) else ():
        if isinstance(w, Mapping) and w.get("noncommercial"):
            brought = w.get("licence") == BROUGHT
            licence = str(w.get("licence") or "") or words.say("licence.unknown")
            shown = words.say("licence.brought") if brought else licence
            named[brought].setdefault(shown, []).append(str(w.get("name", "?")))
    kinds = {"licence.noncommercial": named[False], "licence.made": named[True]}
    told = {
        kind: ", ".join(f"{', '.join(names)} ({shown})" for shown, names in of.items())
        for kind, of in kinds.items()
    }
    return ". ".join(words.say(kind, weights=x) for kind, x in told.items() if x) or None


def footnotes(timeline: Timeline) -> Iterator[str]:
    """The caution, the licence mark and the timeline's own notes, in this order."""
    yield caution(timeline)
    mark = noncommercial(timeline.provenance)
    if mark is not None:
        yield mark
    yield from timeline.notes


def reply_note(turn: Turn, words: Words = ENGLISH) -> str:
    """Which generator wrote a turn's reply, its note and why; empty where there is no reply."""
    if turn.reply is None:
        return ""
    note = words.shown(turn.reply.note or "")
    return ": ".join(x for x in (turn.reply.source, note, turn.reply.why) if x)


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


def part(told: Part, words: Words = ENGLISH) -> str:
    """``“I lost my keys”``, ``(voice: high volume)`` or ``what was said before``."""
    if told.kind == "past":
        return words.say("why.past")
    text = f"{words.source(told.kind)}: {words.shown(told.text)}"
    return f"“{told.text}”" if told.kind == "words" else f"({text})"


def because(reason: Reason, words: Words = ENGLISH) -> str:
    """What a label hangs on, and what becomes of it without.

    ``because of “stupid and sad.”: sadness 62 %, without it 31 %``
    """
    if reason.note is not None or reason.confidence is None:
        return words.say("why.no-reason", note=words.shown(str(reason.note)))
    label, told = words.shown(reason.label or ""), reason.told[:_TOLD]
    if not told:
        return words.say("why.nothing", label=label)
    first, last = told[0], told[-1]
    return words.say(
        "why.one" if len(told) == 1 else "why.two",
        part=part(first, words),
        other=part(last, words),
        label=label,
        share=percent(reason.confidence),
        without=percent(first.without),
        less=percent(last.without),
    )


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
