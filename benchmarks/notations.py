"""How many real dialogues come back turn by turn from each way of writing down who speaks.

    python benchmarks/notations.py DATA [--json]

DATA holds meld/ and empathetic_dialogues/ (docs/corpora.md). The dialogues of their test parts are
written in each notation and read again; right is a dialogue of which every speaker and every word
is the same. "none" writes the words alone: right is that nobody is named.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from empathia.corpora import empathetic_dialogues, meld
from empathia.errors import EmpathiaError
from empathia.listen.transcript import read_transcript
from empathia.listen.transcript.rows import clean

Turns = Sequence[tuple[str, str]]


def _minutes(i: int) -> str:
    return f"{i * 3 // 60}:{i * 3 % 60:02d}"


def _cue(i: int, line: str) -> str:
    return f"{i + 1}\n00:{i * 3 // 60:02d}:{i * 3 % 60:02d},000 --> 00:59:59,000\n{line}\n\n"


# How a turn is written: its place, who, what.
NOTATIONS: dict[str, tuple[str, Callable[[int, str, str], str]]] = {
    "Ann: words": (".txt", lambda i, a, b: f"{a}: {b}\n"),
    "ann: words": (".txt", lambda i, a, b: f"{a.lower()}: {b}\n"),
    "[Ann]: words": (".txt", lambda i, a, b: f"[{a}]: {b}\n"),
    "[Ann] words": (".txt", lambda i, a, b: f"[{a}] {b}\n"),
    "(ANN) words": (".txt", lambda i, a, b: f"({a.upper()}) {b}\n"),
    "<ann> words": (".txt", lambda i, a, b: f"<{a.lower()}> {b}\n"),
    "**Ann:** words": (".md", lambda i, a, b: f"**{a}:** {b}\n\n"),
    "Ann TAB words": (".txt", lambda i, a, b: f"{a}\t{b}\n"),
    ">> ANN: words": (".txt", lambda i, a, b: f">> {a.upper()}: {b}\n"),
    "[0:12] Ann: words": (".txt", lambda i, a, b: f"[{_minutes(i)}] {a}: {b}\n"),
    "Ann (0:12): words": (".txt", lambda i, a, b: f"{a} ({_minutes(i)}): {b}\n"),
    "srt, Ann: words": (".srt", lambda i, a, b: _cue(i, f"{a}: {b}")),
    "srt, [Ann]: words": (".srt", lambda i, a, b: _cue(i, f"[{a}]: {b}")),
    "srt, (ANN) words": (".srt", lambda i, a, b: _cue(i, f"({a.upper()}) {b}")),
    "WhatsApp": (".txt", lambda i, a, b: f"31/12/21, 22:{i % 60:02d} - {a}: {b}\n"),
    "chat with ISO days": (".txt", lambda i, a, b: f"[2024-05-01 10:{i % 60:02d}:00] {a}: {b}\n"),
    "Zoom chat": (".txt", lambda i, a, b: f"10:{i % 60:02d}:03\t From {a} to Everyone:\t{b}\n"),
    "Otter": (".txt", lambda i, a, b: f"{a}  {_minutes(i)}\n{b}\n\n"),
    "Rev": (".txt", lambda i, a, b: f"{a} ({_minutes(i)}):\n{b}\n"),
    "Slack": (".txt", lambda i, a, b: f"{a.lower()}  10:{i % 60:02d} AM\n{b}\n"),
    "none": (".txt", lambda i, a, b: f"{b}\n"),
    "srt, none": (".srt", lambda i, a, b: _cue(i, b)),
}
_LOWER = ("ann: words", "<ann> words", "Slack")


def _dialogues(data: Path) -> Iterator[Turns]:
    parts = (*meld.load(data / "meld"), *empathetic_dialogues.load(data / "empathetic_dialogues"))
    for dialogue in parts:
        turns = [(u.speaker, clean(u.text or "")) for u in dialogue.utterances]
        named = [(f"Speaker {w}" if w.isdecimal() else clean(w) or "", x) for w, x in turns]
        spoken = [(who, text) for who, text in named if text]
        if dialogue.split == "test" and 1 < len(spoken) < 60:  # an hour has 60 minutes
            yield spoken


def _wanted(name: str, turns: Turns) -> list[tuple[str, str]]:
    if name.endswith("none"):
        return [("Speaker", text) for _, text in turns]
    if name in _LOWER:
        return [(who.lower(), text) for who, text in turns]
    return [(who.upper() if "ANN" in name else who, text) for who, text in turns]


def main() -> None:
    """Print a row a notation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    dialogues = list(_dialogues(args.data))
    right: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, write) in NOTATIONS.items():
            path = Path(folder) / f"a{suffix}"
            for turns in dialogues:
                path.write_text("".join(write(i, *t) for i, t in enumerate(turns)), "utf-8")
                try:
                    read = read_transcript(path).dialogue.utterances
                except EmpathiaError:
                    read = ()
                same = [(u.speaker, u.text) for u in read] == _wanted(name, turns)
                right[name] = right.get(name, 0) + same
    if args.json:
        print(json.dumps({"dialogues": len(dialogues), "right": right}))
        return
    print(f"{len(dialogues):,} dialogues")
    for name, count in right.items():
        print(f"{name:22} {count:6,} {100 * count / len(dialogues):6.2f} %")


if __name__ == "__main__":
    main()
