"""Invented talk, written down in every usual way."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from random import Random

from hostile.case import Case, Truth
from hostile.notations import NOTATIONS

NAMES = (
    *("Ann", "Ben", "Zoë", "José", "Mary Jane", "Dr. Smith", "Speaker 1", "SPEAKER_00", "O'Neil"),
    *("Anne-Marie", "Jürgen", "Мария", "민수", "さくら", "A"),
)
_WORDS = (
    *(
        "I passed the exam.",
        "That is wonderful!",
        "Why did nobody tell me?",
        "I lost my keys, again",
    ),
    *("Well, um, I don't know; maybe.", "She said “never” to him.", "It was 5:30 in the morning."),
    *("No!", "Ja, das ist schön.", "C'est très bien, merci.", "Me siento mal hoy.", "뭐라고요?"),
    *(
        "I hate it",
        "Oh… okay",
        "50 % of it",
        "e.g. this & that",
        'He said "go" and left',
        "- really?",
    ),
    *("ok 👍", "I said: it is over.", "A/B", "#1", "100", "so so so so so so so so so so so so"),
)
LABELS = ("joy", "anger", "sadness", "neutral", "fear", "very happy")
Turn = tuple[str, str, float, float]


def talk(rng: Random) -> list[Turn]:
    """Two to eight turns of up to three people, at most one of whom says the same twice."""
    people = rng.sample(NAMES, rng.choice((2, 2, 2, 3)))
    turns: list[Turn] = []
    at = rng.choice((0.0, 0.5, 3.25))
    for i in range(rng.randint(2, 8)):
        who = people[i % len(people)] if rng.random() < 0.8 or i < len(people) else people[0]
        long = round(rng.choice((0.8, 1.5, 2.75, 4.0)), 3)
        turns.append((who, rng.choice(_WORDS), at, round(at + long, 3)))
        at = round(at + long + rng.choice((0.0, 0.25, 1.0)), 3)
    return turns


def clock(seconds: float, mark: str = ".", *, hours: bool = True) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    head = f"{whole // 3600:02d}:" if hours else ""
    return f"{head}{whole // 60 % 60:02d}:{whole % 60:02d}{mark}{thousandths:03d}"


def delimited(rng: Random, rows: list[list[str]], how: list[str], marks: str = ",;\t|") -> str:
    """Rows as csv or its kin."""
    mark = rng.choice(marks)
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    how.append(f"delimiter {mark!r}{' all quoted' if quoting else ''}")
    trailing = rng.random() < 0.15
    file = io.StringIO()
    writer = csv.writer(file, delimiter=mark, quoting=quoting, lineterminator="\n")
    for row in rows:
        writer.writerow([*row, *([""] * trailing)])
    text = file.getvalue()
    if trailing:
        how.append("trailing delimiter")
    if mark == ";" and rng.random() < 0.3:
        how.append("sep=;")
        text = f"sep=;\n{text}"
    return text


def _table(rng: Random, turns: list[Turn], how: list[str]) -> tuple[str, list[str], bool]:
    timed = rng.random() < 0.7
    forms = [lambda s: f"{s:.3f}", clock, str, lambda s: clock(s, hours=False)]
    time = rng.choice(forms)
    columns = {
        rng.choice(("speaker", "Speaker", "NAME", "who")): [t[0] for t in turns],
        rng.choice(("text", "Text", "utterance", "Words")): [t[1] for t in turns],
    }
    if timed:
        columns[rng.choice(("start", "Start", "begin", "start_time"))] = [time(t[2]) for t in turns]
        columns[rng.choice(("end", "End", "stop", "end_time"))] = [time(t[3]) for t in turns]
    if rng.random() < 0.4:
        columns[rng.choice(("note", "confidence", "page"))] = [
            rng.choice(("", "x", "0.5")) for _ in turns
        ]
    names = list(columns)
    if rng.random() < 0.4:
        rng.shuffle(names)
        how.append("columns in another order")
    rows = [names, *(list(r) for r in zip(*(columns[n] for n in names), strict=True))]
    text = delimited(rng, rows, how)
    suffix = ".tsv" if "'\\t'" in how[-1] and rng.random() < 0.5 else ".csv"
    return text, [suffix, ".txt"], timed


def _jsonl(rng: Random, turns: list[Turn], how: list[str]) -> tuple[str, list[str], bool]:
    timed = rng.random() < 0.7
    rows = [
        {"speaker": s, "text": t} | ({"start": a, "end": b} if timed else {})
        for s, t, a, b in turns
    ]
    escaped = rng.random() < 0.5
    if rng.random() < 0.3:
        how.append("one list")
        return (
            json.dumps(rows, ensure_ascii=escaped, indent=rng.choice((None, 2))),
            [".jsonl"],
            timed,
        )
    return (
        "".join(json.dumps(r, ensure_ascii=escaped) + "\n" for r in rows),
        [".jsonl", ".ndjson"],
        timed,
    )


def _lines(rng: Random, turns: list[Turn], how: list[str]) -> tuple[str, list[str], bool]:
    form = rng.choice(("{s}: {t}", "{s}: {t}", "[{s}]: {t}", "**{s}:** {t}", "{s} : {t}"))
    how.append(form)
    return (
        "".join(form.format(s=s, t=t) + "\n" for s, t, _, _ in turns),
        [".txt", ".text", ".md"],
        False,
    )


def _srt(rng: Random, turns: list[Turn], how: list[str]) -> tuple[str, list[str], bool]:
    form = rng.choice(("{s}: {t}", "<v {s}>{t}", "[{s}]: {t}", "<i>{s}: {t}</i>"))
    numbered, mark = rng.random() < 0.8, rng.choice(",,.")
    how.append(f"{form}{'' if numbered else ' without numbers'}")
    cues = [
        (f"{i}\n" if numbered else "")
        + f"{clock(a, mark)} --> {clock(b, mark)}\n{form.format(s=s, t=t)}\n"
        for i, (s, t, a, b) in enumerate(turns, 1)
    ]
    return rng.choice(("\n", "\n", "\n\n")).join(cues), [".srt", ".txt"], True


def _vtt(rng: Random, turns: list[Turn], how: list[str]) -> tuple[str, list[str], bool]:
    form = rng.choice(("<v {s}>{t}", "<v {s}>{t}</v>", "{s}: {t}", "<v.loud {s}>{t}"))
    how.append(form)
    hours, places = rng.random() < 0.5, rng.random() < 0.3
    head = rng.choice(("WEBVTT\n\n", "WEBVTT - talk\n\n", "WEBVTT\n\nNOTE made by hand\n\n"))
    cues = [
        (f"c{i}\n" if rng.random() < 0.3 else "")
        + f"{clock(a, hours=hours)} --> {clock(b, hours=hours)}"
        + (" align:start position:0%" if places else "")
        + f"\n{form.format(s=s, t=t.replace('&', '&amp;'))}\n"
        for i, (s, t, a, b) in enumerate(turns, 1)
    ]
    return head + "\n".join(cues), [".vtt", ".txt"], True


_FORMATS = {"table": _table, "jsonl": _jsonl, "lines": _lines, "srt": _srt, "vtt": _vtt}


def kept(rng: Random) -> Case:
    """A transcript in some format, its text stored in some way."""
    name = rng.choice([*_FORMATS, *NOTATIONS])
    turns, how = talk(rng), [name]
    if name in _FORMATS and name not in ("table", "jsonl"):
        # Dashes before words stand for somebody else there.
        turns = [t for t in turns if not t[1].startswith("- ")] or talk(Random(1))
    if name in NOTATIONS:
        text, suffixes, turns = NOTATIONS[name](rng, turns, how)
        timed = True
    else:
        text, suffixes, timed = _FORMATS[name](rng, turns, how)
    suffix = suffixes[0] if rng.random() < 0.8 else rng.choice(suffixes)
    if rng.random() < 0.1:
        suffix = suffix.upper()
    blank = name not in ("vtt", "eaf", "textgrid") and rng.random() < 0.2
    codecs = ("utf-8", "utf-8-sig") if name == "eaf" else None  # it says itself what it is in
    content = stored(rng, text, how, blank=blank, codecs=codecs)
    truth = tuple((s, t, a if timed else None, b if timed else None) for s, t, a, b in turns)
    return Case("transcript", "; ".join(how), f"talk{suffix}", content, Truth(turns=truth))


def stored(
    rng: Random,
    text: str,
    how: list[str],
    *,
    blank: bool,
    codecs: Sequence[str] | None = None,
) -> bytes:
    """Text as bytes: line ends, blank lines and blanks, encoding."""
    if blank:
        how.append("blank lines")
        text = "\n" + text + "\n\n"
    if rng.random() < 0.15:
        how.append("blanks at line ends")
        text = text.replace("\n", "  \n")
    if rng.random() < 0.15 and text.endswith("\n"):
        how.append("no last line end")
        text = text[:-1]
    end = rng.choice(("\n", "\n", "\r\n", "\r\n", "\r"))
    text = text.replace("\n", end)
    codec = rng.choice(codecs or _codecs(text))
    how.append(f"{codec}, {end!r}")
    return text.encode(codec)


def _codecs(text: str) -> list[str]:
    """Encodings that hold a text and can be told from it."""
    codecs = ["utf-8", "utf-8", "utf-8-sig", "utf-16"]
    high = [c for c in text if c > "\x7f"]
    if len(high) < 0.1 * len(text):
        codecs += ["utf-16-le", "utf-16-be"]
    if high and all(map(_western, high)):
        codecs += ["cp1252"] * 2
    return codecs


def _western(letter: str) -> bool:
    try:
        return len(letter.encode("cp1252")) == 1
    except UnicodeEncodeError:
        return False
