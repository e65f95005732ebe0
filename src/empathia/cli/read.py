"""``empathia read``: recordings and transcripts in, timelines out."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._inputs import expand
from empathia.cli._reading import add_reading
from empathia.cli._replying import CHOICES
from empathia.cli._screen import bar, note
from empathia.cli.weights import offered
from empathia.errors import EmpathiaError, UsageError

if TYPE_CHECKING:
    from empathia.pipeline import Options, Reader
    from empathia.types import Timeline


STREAM = Path("-")
"""Standard input, as it comes."""

_EPILOG = """\
examples:
  empathia read talk.mp3                          a table on the terminal
  empathia read talk.mp3 --report out             ... and a page to look at and listen to
  empathia read talk.mp3 --out talk.json --out talk.TextGrid
  empathia read interviews/ --out 'out/{name}.csv'
  empathia read talk.txt --recogniser out/mine/model   ... in the labels of your own model
  empathia read talk.txt --recogniser lm-talk --why    which words each label hangs on
  empathia read talk.mp4 --report out             a video: faces, too; the page plays it
  empathia read chat.txt --reply                  a transcript, with a reply to its last turn
  arecord -f S16_LE -r 16000 | empathia read -    what is heard right now, turn by turn

exit codes: 0 done, 1 a file could not be read, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "read",
        help="make a timeline of feeling from recordings or transcripts",
        description="Who spoke when, what was said, how it sounded, which emotion, how sure.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Read every input; one that fails does not stop the others."""
    if STREAM in args.inputs:
        return _listen(args)
    if args.pcm is not None:
        raise UsageError("--pcm says what standard input is", "Give - as the input, or drop --pcm")
    inputs = expand(args.inputs)
    options = _options(args, inputs)
    names = _names(inputs)
    outputs = [_outputs(args, name, len(inputs)) for name in names]
    given = [] if args.transcript is None else [args.transcript]
    _check_outputs([*inputs, *given], outputs)
    from empathia.pipeline import Reader

    failed = []
    with Reader(options) as reader:
        for path, targets in zip(inputs, outputs, strict=True):
            try:
                _read_one(reader, path, targets, args, several=len(inputs) > 1)
            except EmpathiaError as error:
                if len(inputs) == 1:
                    raise
                failed.append(repr(path.name))
                note(f"{path.name!r}: {' '.join(str(error).split())}")
    if failed:
        note(f"{len(failed)} of {len(inputs)} could not be read: {', '.join(failed)}")
    return 1 if failed else 0


def _listen(args: argparse.Namespace) -> int:
    """Listen to standard input until it ends, or Ctrl-C."""
    from empathia.cli._listening import listen

    if len(args.inputs) > 1:
        raise UsageError("standard input is listened to alone", "Give - or files, not both")
    targets = _outputs(args, "stream", 1)
    _check_outputs([], [targets])
    timeline = listen(_options(args, args.inputs), args.pcm, as_json=args.json, quiet=args.quiet)
    for target in targets:
        _write(timeline, target, STREAM, None, args)
        if not args.quiet:
            note(f"wrote {target}")
    return 0


def _options(args: argparse.Namespace, inputs: Sequence[Path]) -> Options:
    from empathia.cli._chosen import chosen, listed
    from empathia.pipeline import kind

    if args.transcript is not None and STREAM not in inputs:
        if len(inputs) != 1 or kind(inputs[0]) != "recording":
            raise UsageError("--transcript belongs to exactly one recording", "Give one recording")
        if not args.transcript.is_file():
            raise UsageError(f"there is no transcript '{args.transcript}'", "Check the path")
    replies = args.reply_to or ("last" if args.reply else "none")
    unused = [n for n in CHOICES if getattr(args, n) not in (None, [])]
    if replies == "none" and unused:
        raise UsageError(
            f"--{unused[0].replace('_', '-')} says how to reply, and no reply is asked for",
            "Add --reply or --reply-to every",
        )
    names, words = listed(args.names), listed(args.words)
    return chosen(args, names=names, words=words, faces=_faces(args.face), reply=replies)


def _faces(given: Sequence[str]) -> dict[str, str | tuple[str, ...]]:
    """Faces by speaker; several of one who got several numbers."""
    faces: dict[str, dict[str, None]] = {}
    for pair in given:
        name, equals, face = (x.strip() for x in pair.rpartition("="))
        if not (equals and name and face):
            raise UsageError(f"--face expects NAME=FACE, found '{pair}'", "Say 'Ann=face 2'")
        faces.setdefault(name, {})[f"face {face}" if face.isdecimal() else face] = None
    return {
        name: tuple(theirs) if len(theirs) > 1 else next(iter(theirs))
        for name, theirs in faces.items()
    }


def _names(inputs: Sequence[Path]) -> list[str]:
    """A name for each input's outputs: its stem, or more of its path where stems collide."""
    names = [p.stem for p in inputs]
    if len(set(names)) < len(names):
        names = [p.name for p in inputs]
    if len(set(names)) < len(names):
        names = ["-".join(p.parts[-3:]).strip("/") for p in inputs]
    if len(set(names)) < len(names):
        names = [f"{i:03d}-{p.name}" for i, p in enumerate(inputs, 1)]
    return names


def _outputs(args: argparse.Namespace, name: str, inputs: int) -> list[Path]:
    """Where one input's timeline goes; checked before any work is done."""
    from empathia.report.timeline import check_suffix

    if inputs > 1 and any("{name}" not in out for out in args.out):
        raise UsageError(
            "several inputs would be written to one file",
            "Put {name} into --out, as in --out 'out/{name}.json'",
        )
    targets = [Path(out.replace("{name}", name)) for out in args.out]
    if args.report is not None:
        targets.append(args.report / f"{name}.html")
    for target in targets:
        check_suffix(target)
        _check_folder(target.parent)
    if args.react and not any(t.suffix.lower() == ".html" for t in targets):
        raise UsageError("--react draws a listener into a page", "Add --report DIR or --out x.html")
    return targets


def _check_outputs(inputs: Sequence[Path], outputs: Sequence[Sequence[Path]]) -> None:
    """Refuse to write over what is read, or twice into one file."""
    seen = {path.resolve() for path in inputs}
    for target in (t for targets in outputs for t in targets):
        if target.resolve() in seen:
            raise UsageError(
                f"'{target}' would be written over an input or another output",
                "Choose another name",
            )
        seen.add(target.resolve())


def _check_folder(folder: Path) -> None:
    """Find out before the work whether the result can be kept."""
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not there.is_dir():
        raise UsageError(
            f"cannot write into '{folder}' ('{there}' is no folder)", "Choose another folder"
        )
    if not os.access(there, os.W_OK):
        raise UsageError(f"cannot write into '{folder}' (no permission)", "Choose another folder")


def _read_one(
    reader: Reader, path: Path, targets: Sequence[Path], args: argparse.Namespace, *, several: bool
) -> None:
    plain = args.quiet or args.json
    timeline = _timeline(reader, path, plain=plain)
    if not plain and offered(reader.wanted):
        reader.look_again()
        timeline = _timeline(reader, path, plain=plain)
    _show(timeline, args, several=several)
    for target in targets:
        played_with = None if args.no_audio else reader.options
        _write(timeline, target, path, played_with, args)
        if not args.quiet:
            note(f"wrote {target}")


def _timeline(reader: Reader, path: Path, *, plain: bool) -> Timeline:
    with bar("stages", label=lambda stage: f"{path.name[:24]}: {stage}", plain=plain) as progress:
        return reader.read(path, progress)


def _write(
    timeline: Timeline,
    target: Path,
    recording: Path,
    options: Options | None,
    args: argparse.Namespace,
) -> None:
    """Write a timeline; a page plays the recording where the options it was read with are given."""
    from empathia.report.timeline import write

    sound = film = reacted = None
    is_page = target.suffix.lower() == ".html"
    if options is not None and timeline.has_audio and is_page:
        from empathia.pipeline.playing import played

        sound, film = played(recording, options, note)
    if args.react and timeline.turns and is_page:
        from empathia.pipeline.reacting import react as reaction_to

        heard = recording if timeline.has_audio and recording != STREAM else None
        reacted = reaction_to(timeline, recording=heard)
    target.parent.mkdir(parents=True, exist_ok=True)
    write(timeline, target, sound, film, reacted, language=args.page_language)


def _show(timeline: Timeline, args: argparse.Namespace, *, several: bool) -> None:
    if args.json:
        from empathia.types.wire import dumps, to_json

        print(
            json.dumps(to_json(timeline), ensure_ascii=False) if several else dumps(timeline)[:-1]
        )
    elif not args.quiet:
        from empathia.report.timeline.terminal import show

        show(timeline)
