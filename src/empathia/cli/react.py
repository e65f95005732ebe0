"""``empathia react``: how a listener would take a talk, as a face that moves."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._options import add_overwrite, spare
from empathia.cli._screen import bar, note, print_json
from empathia.errors import UsageError

if TYPE_CHECKING:
    from empathia.pipeline import Options
    from empathia.pipeline.reacting import Reacted
    from empathia.types import Timeline

_EPILOG = """\
examples:
  empathia react talk.mp3                        a page beside you that plays with the sound
  empathia react talk.mp3 --video talk.mp4       a film of the listener, with the sound
  empathia react talk.mp3 --video talk.gif --part 12-24
  empathia react chat.txt --listener Ben         of a transcript; Ben listens to the others
  empathia react talk.mp3 --npz talk.npz --json  as numbers

exit codes: 0 done, 1 the file cannot be read, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "react",
        help="show how a listener would take a talk, as a face that moves",
        description="A drawn face that listens: it nods, blinks and feels with who speaks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "input", type=Path, metavar="INPUT", help="a recording, a transcript, or a timeline (.json)"
    )
    parser.add_argument(
        "--predictor",
        default="lively",
        metavar="NAME",
        help="who foretells the reactions: lively (default; rules, not learnt), or the folder of "
        "a predictor that empathia train kept",
    )
    parser.add_argument(
        "--listener", metavar="NAME", help="who of the talk listens (default: somebody else)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of chance (default: 1)")
    parser.add_argument("--language", metavar="CODE", help="what is spoken, such as en or ko")
    parser.add_argument("--speakers", type=int, metavar="N", help="how many people speak")
    parser.add_argument("--names", default="", metavar="A,B", help="names of the speakers")
    parser.add_argument(
        "--permissive", action="store_true", help="leave out weights trained on non-commercial data"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="threads for the models")
    _writing(parser.add_argument_group("output"))


def _writing(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--video",
        dest="target",
        type=Path,
        metavar="FILE",
        help="write .html (plays with the sound), .mp4 or .gif (default: NAME-reaction.html here)",
    )
    add_overwrite(group)
    group.add_argument(
        "--part", type=_part, metavar="S-S", help="of an mp4 or a gif: from one second to another"
    )
    group.add_argument("--width", type=int, metavar="PIXELS", help="of an mp4 or a gif")
    group.add_argument("--no-audio", action="store_true", help="leave sound and film out")
    group.add_argument(
        "--no-pictures",
        dest="pictures",
        action="store_false",
        help="keep no picture of anybody who speaks",
    )
    group.add_argument("--npz", type=Path, metavar="FILE", help="write all frames as numbers")
    group.add_argument("--json", action="store_true", help="print all as JSON")


def _part(text: str) -> tuple[float, float]:
    start, dash, end = text.partition("-")
    try:
        span = float(start), float(end)
    except ValueError:
        span = (0.0, 0.0)
    if not dash or not 0 <= span[0] < span[1]:
        raise argparse.ArgumentTypeError(f"expected seconds such as 12-24, not '{text}'")
    return span


def run(args: argparse.Namespace) -> int:
    """Read, react, write."""
    from empathia.cli._chosen import chosen, listed
    from empathia.pipeline.answering import read
    from empathia.pipeline.reacting import react
    from empathia.report.face import writing

    if not args.input.exists():
        raise UsageError(f"there is no file '{args.input}'", "Check the path")
    video = args.target
    if video is None and args.npz is None and not args.json:
        video = Path(f"{args.input.stem}-reaction.html")
    _check(args, video)
    options = chosen(args, names=listed(args.names))
    with bar("stages", plain=args.json) as progress:
        timeline = read(args.input, options, progress)
        recording = _recording(args.input, timeline)
        reacted = react(
            timeline,
            args.predictor,
            recording=recording,
            listener=args.listener,
            seed=args.seed,
            threads=args.threads,
            progress=progress,
        )
        heard = None if args.no_audio else recording
        if video is not None and video.suffix.lower() == ".html":
            _page(reacted, video, heard, options)
        elif video is not None:
            writing.film(reacted, video, heard, part=args.part, width=args.width, progress=progress)
        if args.npz is not None:
            writing.npz(reacted, args.npz)
    _tell(args, reacted, video)
    return 0


def _tell(args: argparse.Namespace, reacted: Reacted, video: Path | None) -> None:
    """What was written, and what there is to know of it."""
    from empathia.report.face.stage import unwritten
    from empathia.report.face.writing import to_json

    for path in (video, args.npz):
        if path is not None:
            print(f"empathia: wrote {path}", file=sys.stderr)
    film = video is not None and video.suffix.lower() != ".html"
    lacking = unwritten(reacted.timeline) if film else None
    for remark in (*reacted.notes, *([lacking] if lacking else [])):
        print(f"note: {remark}", file=sys.stderr)
    if args.json:
        print_json(to_json(reacted))


def _check(args: argparse.Namespace, video: Path | None) -> None:
    """What cannot be written is told before the work."""
    from empathia.report.face.writing import VIDEOS, check

    for path, suffixes in ((video, VIDEOS), (args.npz, (".npz",))):
        if path is not None:
            check(path, suffixes)
            if path.exists() and path.samefile(args.input):
                raise UsageError(f"'{path}' would be written over the input", "Name another file")
    if video is not None:
        spare(video, args.overwrite)
    if (video is None or video.suffix.lower() == ".html") and (args.part or args.width):
        flag = "--part" if args.part else "--width"
        raise UsageError(f"{flag} belongs to an mp4 or a gif", "Name one with --video")


def _recording(given: Path, timeline: Timeline) -> Path | None:
    """Where the sound of a talk is: the input, or what a timeline was made of."""
    if not timeline.has_audio:
        return None
    path = Path(timeline.source) if given.suffix.lower() == ".json" else given
    if path.is_file():
        return path
    print(f"note: '{path}' is not there: reacted without its sound", file=sys.stderr)
    return None


def _page(reacted: Reacted, path: Path, recording: Path | None, options: Options) -> None:
    from empathia.pipeline.playing import played
    from empathia.report.timeline import write

    sound = film = None
    if recording is not None:
        sound, film = played(recording, options, note)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(reacted.timeline, path, sound, film, reacted)
