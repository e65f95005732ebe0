"""What files are, on the terminal and as JSON; reads without colour and in 80 columns."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from empathia.files import Plain, shown
from empathia.pipeline.check import Checked, Corpus, Recording, Track, Transcript
from empathia.report.wording import NO_WORDS, clock, percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_MOST = 12  # names in a list
_KINDS = {"recording": "recording", "transcript": "transcript", "corpus": "table for a corpus"}
_RELATIONS = {
    "one": "",
    "alike": "alike",
    "opposite": "opposite to each other (their sum is silence)",
    "one-sided": "only one of them with sound",
    "apart": "a speaker each, it seems (read --channels separate)",
    "different": "different",
}

Line = tuple[str, str]  # what it is about, and what is said of it


def to_json(checked: Sequence[Checked]) -> dict[str, Plain]:
    """All that is known of the files; ``docs/json.md`` lists the keys."""
    return {"files": [_plain(c) for c in checked]}


def _plain(checked: Checked) -> dict[str, Plain]:
    made: dict[str, Plain] = dataclasses.asdict(checked)
    return {**made, "path": shown(checked.path)}


def show(checked: Checked, console: Console | None = None) -> None:
    """Print what one file is.

    Args:
        checked: The file.
        console: Where to; by default standard output.
    """
    from rich.console import Console

    console = console or Console()
    kind = "nothing that can be read" if checked.kind is None else _KINDS[checked.kind]
    head = _text(shown(checked.path), console, "bold")
    head.append_text(_text(f" · {kind}", console, "bold red" if checked.kind is None else "bold"))
    console.print(head)
    lines = list(_lines(checked))
    width = max((len(about) for about, _ in lines), default=0)
    for about, said in lines:
        _print(f"{about:{width}}", said, console)
    console.print()


def _print(about: str, said: str, console: Console) -> None:
    from rich.table import Table

    style = {"!": "yellow", "*": "dim"}.get(about.strip(), "")
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(_text(f"  {about}", console, style or "dim"), _text(said, console, style))
    console.print(row)


def _lines(checked: Checked) -> Iterator[Line]:
    if checked.recording is not None:
        yield from _recording(checked.recording)
    if checked.transcript is not None:
        yield from _transcript(checked.transcript)
    if checked.corpus is not None:
        told = () if checked.transcript is None else checked.transcript.notes
        yield from _corpus(checked.corpus, told, alone=checked.transcript is None)
    if checked.problem:
        lead = {"transcript": "no corpus: ", "corpus": "no transcript: "}.get(
            checked.kind or "", ""
        )
        yield ("*" if lead else "!"), f"{lead}{checked.problem}. {checked.remedy}"


def _recording(r: Recording) -> Iterator[Line]:
    picture = ", with moving pictures" if r.video else ""
    length = "no length" if r.announced is None else clock(r.announced, tenths=True)
    yield "file", f"{r.container}{picture}, announces {length}"
    if r.faces is not None:
        unread = f"faces in the picture cannot be read: {r.faces}"
        yield ("!", unread) if r.faces else ("faces", "can be read")
    for track in r.tracks:
        if len(r.tracks) > 1:
            read = " (read where none is chosen)" if track.number == r.main else ""
            named = " ".join(filter(None, (track.title, track.language)))
            yield f"track {track.number}", f"{named}{read}" or "without a name"
        yield from _track(track)


def _track(t: Track) -> Iterator[Line]:
    channels = f"{t.channels} channels, {_RELATIONS[t.relation]}" if t.channels > 1 else "1 channel"
    yield "sound", f"{clock(t.decoded, tenths=True)}, {channels}, {t.rate / 1000:g} kHz"
    if t.level is None or t.peak is None:
        yield "level", "digital silence alone"
    else:
        shares = f"{percent(t.silent)} digital silence, {percent(t.clipped)} clipped"
        yield "level", f"{t.level:.1f} dB, at most {t.peak:.1f} dB; {shares}"
    yield from (("!", note) for note in t.notes)


def _transcript(t: Transcript) -> Iterator[Line]:
    encoding = f", {t.encoding}".replace("utf-8-sig", "utf-8 with a byte order mark")
    yield "read as", f"{t.title} (--format {t.format}){encoding if t.encoding else ''}"
    times = "without times"
    if t.start is not None and t.end is not None:
        times = f"from {clock(t.start)} to {clock(t.end)}"
    silent = f", {t.wordless} of them without words" if t.wordless else ""
    yield "turns", f"{t.turns}, {times}{silent}"
    yield "speakers", _counted(t.speakers)
    unknown = {None: "not told by the words", "und": "not English, and not told which"}
    yield "language", unknown.get(t.language) or str(t.language)
    for turn in t.first:
        at = "" if turn.start is None else f"{clock(turn.start)} "
        yield "", f"{at}{turn.speaker}: {_short(turn.text or NO_WORDS)}"
    yield from (("!", doubt) for doubt in t.doubts)
    yield from (("*", note) for note in t.notes)


def _corpus(c: Corpus, told: Sequence[str], *, alone: bool) -> Iterator[Line]:
    if not (alone or c.labels):
        yield "corpus", f"no column of labels{_perhaps(c)}"
        return
    columns = (a if a == b else f"{b} as {a}" for a, b in c.columns.items())
    yield "corpus", f"columns {', '.join(columns)}"
    if c.unused:
        yield "", f"not used: {_listed(c.unused)}"
    people = f", {c.speakers} speakers" if c.speakers else ""
    yield "rows", f"{c.utterances} in {c.dialogues} dialogues{people}"
    if c.labels:
        missing = f"; {c.unlabelled} rows have none" if c.unlabelled else ""
        yield "labels", _counted(c.labels) + missing
    else:
        yield "labels", f"none{_perhaps(c)}"
    if c.parts:
        yield "parts", _counted(c.parts)
    yield from (("!", doubt) for doubt in c.doubts)
    yield from (("*", note) for note in c.notes if note not in told)


def _perhaps(c: Corpus) -> str:
    """Which columns may hold labels, where none is called so."""
    if not c.perhaps:
        return ""
    named = _listed([f"'{x}'" for x in c.perhaps])
    return f"; perhaps {named} (--map label={c.perhaps[0]})"


def _counted(counts: Mapping[str, int]) -> str:
    return _listed([f"{name} ({n})" for name, n in counts.items()])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(map(_short, names[:_MOST])) + more


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"


def _text(text: str, console: Console, style: str = "") -> Text:
    """Text as it stands: no markup, no escape sequences, nothing the terminal cannot print."""
    from rich.text import Text

    safe = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", text)
    encoding = console.encoding or "utf-8"
    return Text(safe.encode(encoding, "replace").decode(encoding, "replace"), style=style)
