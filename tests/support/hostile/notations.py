"""Talk as annotation tools, speech recognisers, chats and meetings write it down."""

from __future__ import annotations

import json
from random import Random
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

Turn = tuple[str, str, float, float]


class Written(NamedTuple):
    """A transcript as text.

    Args:
        text: The file.
        suffixes: That it may have, the usual one first.
        turns: What it says, where that is not quite what it was to say.
    """

    text: str
    suffixes: tuple[str, ...]
    turns: list[Turn]


def textgrid(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    end = turns[-1][3]
    people = list(dict.fromkeys(t[0] for t in turns))
    tiers = [_intervals([t for t in turns if t[0] == who], end) for who in people]

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    short = rng.random() < 0.4
    how.append("short" if short else "long")
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
    if short:
        lines = ["0", str(end), "<exists>", str(len(people))]
        for who, tier in zip(people, tiers, strict=True):
            lines += ['"IntervalTier"', quoted(who), "0", str(end), str(len(tier))]
            for a, b, text in tier:
                lines += [str(a), str(b), quoted(text)]
        return Written(head + "\n".join(lines) + "\n", (".TextGrid",), turns)
    lines = [
        "xmin = 0 ",
        f"xmax = {end} ",
        "tiers? <exists> ",
        f"size = {len(people)} ",
        "item []: ",
    ]
    for i, (who, tier) in enumerate(zip(people, tiers, strict=True), 1):
        lines += [
            f"    item [{i}]:",
            '        class = "IntervalTier" ',
            f"        name = {quoted(who)} ",
        ]
        lines += [
            "        xmin = 0 ",
            f"        xmax = {end} ",
            f"        intervals: size = {len(tier)} ",
        ]
        for j, (a, b, text) in enumerate(tier, 1):
            lines += [
                f"        intervals [{j}]:",
                f"            xmin = {a} ",
                f"            xmax = {b} ",
            ]
            lines.append(f"            text = {quoted(text)} ")
    return Written(head + "\n".join(lines) + "\n", (".TextGrid",), turns)


def _intervals(turns: list[Turn], end: float) -> list[tuple[float, float, str]]:
    """A tier without holes."""
    whole, at = [], 0.0
    for _, text, a, b in turns:
        whole += [(at, a, "")] * (a > at) + [(a, b, text)]
        at = b
    return whole + [(at, end, "")] * (end > at)


def eaf(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    slots, tiers = [], []
    for who in dict.fromkeys(t[0] for t in turns):
        marks = []
        for i, (speaker, text, a, b) in enumerate(turns):
            if speaker != who:
                continue
            for end, at in (("a", a), ("b", b)):
                value = f'TIME_SLOT_ID="{end}{i}" TIME_VALUE="{round(at * 1000)}"'
                slots.append(f"<TIME_SLOT {value}/>")
            marks.append(
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="m{i}" TIME_SLOT_REF1="a{i}" '
                f'TIME_SLOT_REF2="b{i}"><ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE>'
                "</ALIGNABLE_ANNOTATION></ANNOTATION>\n"
            )
        named = f" PARTICIPANT={quoteattr(who)}" if rng.random() < 0.5 else ""
        tiers.append(
            f'<TIER LINGUISTIC_TYPE_REF="default"{named} TIER_ID={quoteattr(who)}>\n'
            f"{''.join(marks)}</TIER>\n"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT FORMAT="3.0">\n'
    units = '<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>\n'
    order = f"<TIME_ORDER>\n{chr(10).join(slots)}\n</TIME_ORDER>\n"
    text = f"{head}{units}{order}{''.join(tiers)}</ANNOTATION_DOCUMENT>\n"
    return Written(text, (".eaf",), turns)


def elan_tab(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    rows = [f"{s}\t\t{_clock(a)}\t{_clock(b)}\t{t}\n" for s, t, a, b in turns]
    return Written("".join(rows), (".txt",), turns)


def recognised(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    segments = [{"start": a, "end": b, "text": f" {t}", "speaker": s} for s, t, a, b in turns]
    made: dict[str, object] = {"segments": segments, "language": "en"}
    if rng.random() < 0.5:
        made = {"text": " ".join(t[1] for t in turns), **made}
    indent = rng.choice((None, 1, 4))
    return Written(json.dumps(made, indent=indent), (".json",), turns)


def stm(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    turns = [(s.replace(" ", "_"), t, a, b) for s, t, a, b in turns]
    rows = [f"talk 1 {s} {a:.3f} {b:.3f} <o,f0> {t}\n" for s, t, a, b in turns]
    return Written(";; made by hand\n" + "".join(rows), (".stm",), turns)


def audacity(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    rows = [f"{a:.6f}\t{b:.6f}\t{s}: {t}\n" for s, t, a, b in turns]
    return Written("".join(rows), (".txt",), turns)


def chat(rng: Random, turns: list[Turn], how: list[str]) -> Written:
    form = rng.choice(
        (
            "{d:02d}/12/2021, 22:{m:02d} - {s}: {t}",
            "[{d:02d}.12.21, 22:{m:02d}:05] {s}: {t}",
            "12/{d}/21, 10:{m:02d} PM - {s}: {t}",
            "[2021-12-{d:02d}, 22:{m:02d}:05] {s}: {t}",
        )
    )
    how.append(form)
    day = rng.randint(13, 28)
    rows = [form.format(d=day, m=i, s=s, t=t) + "\n" for i, (s, t, _, _) in enumerate(turns, 10)]
    minutes = [(s, t, 60.0 * i, 60.0 * i) for i, (s, t, _, _) in enumerate(turns)]
    return Written("".join(rows), (".txt",), minutes)


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"


NOTATIONS = {
    "textgrid": textgrid,
    "eaf": eaf,
    "elan tab": elan_tab,
    "recogniser's JSON": recognised,
    "stm": stm,
    "audacity": audacity,
    "chat": chat,
}
