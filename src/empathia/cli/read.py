"""``empathia read``: recordings and transcripts in, timelines out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from empathia.cli._inputs import expand
from empathia.cli._playing import played
from empathia.cli._replying import CHOICES, add_replying, replying_of
from empathia.cli._screen import bar
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
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        type=Path,
        help="an audio or video file, a transcript (csv txt srt json TextGrid and others, see "
        "docs/formats.md), a folder of those, or - to listen to standard input as it comes",
    )
    listening = parser.add_argument_group("listening")
    _hearing(listening)
    _words(listening)
    _people(listening)
    _judging(listening)
    _watching(parser.add_argument_group("watching"))
    _answering(parser.add_argument_group("replying"))
    _writing(parser.add_argument_group("output"))


def _hearing(group: argparse._ArgumentGroup) -> None:
    """What is known of the recording."""
    group.add_argument(
        "--transcript",
        type=Path,
        metavar="FILE",
        help="words and times of the one recording; none are recognised",
    )
    group.add_argument(
        "--format",
        metavar="NAME",
        help="what transcripts are written as (docs/formats.md; default: told from the file)",
    )
    group.add_argument(
        "--track",
        type=_track,
        metavar="N",
        help="which sound track to read, from 1, or all (default: the main one)",
    )
    group.add_argument(
        "--channels",
        choices=("mix", "separate"),
        default="mix",
        help="mix the channels (default), or take each for a speaker of its own; "
        "with --track all, each track",
    )
    group.add_argument(
        "--pcm",
        metavar="RATE[,CHANNELS]",
        help="standard input is 16-bit little-endian samples without a header, so many a second "
        "(default: told from its first bytes)",
    )


def _words(group: argparse._ArgumentGroup) -> None:
    """How its words are recognised."""
    group.add_argument("--language", metavar="CODE", help="what is spoken, such as en or ko")
    group.add_argument(
        "--asr-model",
        metavar="NAME",
        help="a faster-whisper model name or folder (default: Whisper base, 99 languages; "
        "tiny.en is faster and knows English only)",
    )
    group.add_argument(
        "--words",
        default="",
        metavar="WORD,WORD",
        help="words that may come, such as names, as they are written",
    )


def _people(group: argparse._ArgumentGroup) -> None:
    """Who speaks, and in which turns."""
    group.add_argument(
        "--speakers",
        type=_speakers,
        metavar="N",
        help="how many people speak, 3 or 2-4 (default: estimated)",
    )
    group.add_argument(
        "--names",
        default="",
        metavar="A,B",
        help="names of the speakers in order of first appearance, or of the channels",
    )
    group.add_argument(
        "--pause",
        type=float,
        metavar="S",
        help="a longer pause of a speaker ends a turn, half of it behind a sentence: 0.2 to 5 s "
        "(default: 1; what is shorter than about 0.3 s is heard as no pause)",
    )


def _speakers(text: str) -> int | tuple[int, int]:
    least, dash, most = text.replace("–", "-").partition("-")
    if not (least.strip().isdecimal() and (most.strip().isdecimal() or not dash)):
        raise argparse.ArgumentTypeError(f"expected a number such as 3 or 2-4, found '{text}'")
    return (int(least), int(most)) if dash else int(least)


def _track(text: str) -> int | Literal["all"]:
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number from 1 or 'all', found '{text}'")
    return "all" if text == "all" else int(text)


def _judging(group: argparse._ArgumentGroup) -> None:
    """How cues and emotion are judged."""
    group.add_argument(
        "--levels", type=int, default=5, metavar="N", help="levels of a cue: 3, 4, 5 (default) or 6"
    )
    group.add_argument(
        "--bins",
        type=Path,
        metavar="FILE",
        help="bounds of the cues' levels, fitted by scripts/fit_prosody_bins.py (default: shipped)",
    )
    group.add_argument(
        "--adapt",
        action="store_true",
        help="judge cues against the speaker's whole recording, not the past only",
    )
    group.add_argument(
        "--permissive", action="store_true", help="leave out weights trained on non-commercial data"
    )
    group.add_argument(
        "--prior",
        metavar="KIND",
        help="how often each emotion comes up in what is read: talk (default), comments, balanced, "
        "or a JSON file of shares",
    )
    group.add_argument(
        "--risk",
        type=float,
        metavar="SHARE",
        help="answer only where at most this share of answers as sure were wrong elsewhere (0.5); "
        "who was not measured, as for Korean, answers always, or is believed with --risk",
    )
    group.add_argument(
        "--recogniser",
        action="append",
        metavar="NAME",
        help="hear emotion with this recogniser instead of the shipped ones: a folder of your own "
        "model (out/<run>/model of empathia train), a shipped model or a plug-in by name; may be "
        "repeated",
    )
    group.add_argument("--threads", type=int, metavar="N", help="threads for the models")


def _watching(group: argparse._ArgumentGroup) -> None:
    """What is made of a video's pictures."""
    group.add_argument(
        "--no-video",
        dest="video",
        action="store_false",
        help="read and keep the sound of a video alone (faster)",
    )
    group.add_argument(
        "--face",
        action="append",
        default=[],
        metavar="NAME=FACE",
        help="whose face a speaker's is, as in 'Ann=face 2' (empathia faces shows the numbers; "
        "default: told by the motion of the mouths); may be repeated, also for one name",
    )
    group.add_argument(
        "--no-pictures",
        dest="pictures",
        action="store_false",
        help="keep no picture of anybody: the page draws faces in lines and plays the sound alone",
    )


def _answering(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--reply", action="store_true", help="answer the last turn with empathy")
    group.add_argument("--reply-to", choices=("last", "every"), help="which turns to answer")
    add_replying(group)


def _writing(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--json", action="store_true", help="print JSON (several inputs: one object a line)"
    )
    group.add_argument(
        "--out",
        action="append",
        default=[],
        metavar="FILE",
        help="also write .json .csv .srt .TextGrid or .html by suffix; "
        "'{name}' stands for the input's name; may be repeated",
    )
    group.add_argument("--report", type=Path, metavar="DIR", help="write an HTML page here")
    group.add_argument(
        "--no-audio", action="store_true", help="leave sound and film out of the page"
    )
    group.add_argument(
        "--react",
        action="store_true",
        help="a drawn listener in the page, who takes it as empathia react shows",
    )
    group.add_argument("--quiet", action="store_true", help="no progress, no table")


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
                _say(f"{path.name!r}: {' '.join(str(error).split())}")
    if failed:
        _say(f"{len(failed)} of {len(inputs)} could not be read: {', '.join(failed)}")
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
        _write(timeline, target, STREAM, None, react=args.react)
        if not args.quiet:
            _say(f"wrote {target}")
    return 0


def _say(text: str) -> None:
    print(f"empathia: {text}", file=sys.stderr)


def _options(args: argparse.Namespace, inputs: Sequence[Path]) -> Options:
    from empathia.pipeline import Options, kind

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
    told = vars(args) | {
        "names": tuple(n.strip() for n in args.names.split(",") if n.strip()),
        "words": tuple(w.strip() for w in args.words.split(",") if w.strip()),
        "faces": _faces(args.face),
        "reply": replies,
        **replying_of(args),
        "recognisers": tuple(args.recogniser or ()) or None,
    }
    known = (f.name for f in dataclasses.fields(Options))
    return Options.of({n: told[n] for n in known if told.get(n) is not None})


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
        _write(timeline, target, path, played_with, react=args.react)
        if not args.quiet:
            _say(f"wrote {target}")


def _timeline(reader: Reader, path: Path, *, plain: bool) -> Timeline:
    with bar("stages", label=lambda stage: f"{path.name[:24]}: {stage}", plain=plain) as progress:
        return reader.read(path, progress)


def _write(
    timeline: Timeline, target: Path, recording: Path, options: Options | None, *, react: bool
) -> None:
    """Write a timeline; a page plays the recording where the options it was read with are given."""
    from empathia.report.timeline import write

    sound = film = reacted = None
    is_page = target.suffix.lower() == ".html"
    if options is not None and timeline.has_audio and is_page:
        sound, film = played(recording, options)
    if react and timeline.turns and is_page:
        from empathia.pipeline.reacting import react as reaction_to

        heard = recording if timeline.has_audio and recording != STREAM else None
        reacted = reaction_to(timeline, recording=heard)
    target.parent.mkdir(parents=True, exist_ok=True)
    write(timeline, target, sound, film, reacted)


def _show(timeline: Timeline, args: argparse.Namespace, *, several: bool) -> None:
    if args.json:
        from empathia.types.wire import dumps, to_json

        print(
            json.dumps(to_json(timeline), ensure_ascii=False) if several else dumps(timeline)[:-1]
        )
    elif not args.quiet:
        from empathia.report.timeline.terminal import show

        show(timeline)
