"""``empathia faces``: whose faces are in a video, with all that is measured of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._inputs import expand
from empathia.cli._options import add_overwrite, spare
from empathia.cli._screen import bar, print_json, table
from empathia.errors import EmpathiaError, UsageError

if TYPE_CHECKING:
    from empathia.contracts import Progress
    from empathia.files import Plain
    from empathia.listen.faces import Moment, Tally
    from empathia.listen.faces.kept import Kept

_EPILOG = """\
examples:
  empathia faces talk.mp4                        who is in the picture, when and how often
  empathia faces talk.mp4 --out faces            ... with all measures (npz) and a sheet
  empathia faces talk.mp4 --overlay drawn.mp4    ... and the video with everything drawn over
  empathia faces clips/ --out faces --json

exit codes: 0 done, also where no face is seen; 1 a file could not be read, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "faces",
        help="find and follow the faces in videos",
        description="Whose faces are in a video when: 478 landmarks, 52 blendshapes, the head's "
        "pose and expressions of each (docs/faces.md).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "videos", nargs="+", metavar="VIDEO", type=Path, help="a video, or a folder of videos"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write a folder for each video in here: an npz for each person, faces.json, sheet.png",
    )
    parser.add_argument(
        "--overlay", type=Path, metavar="FILE", help="write the video with its faces drawn (.mp4)"
    )
    add_overwrite(parser)
    parser.add_argument(
        "--rate",
        type=float,
        default=10.0,
        metavar="HZ",
        help="pictures a second to look at, at most those that there are (default: 10)",
    )
    parser.add_argument("--no-sheet", action="store_true", help="write no picture of the faces")
    parser.add_argument("--no-expressions", action="store_true", help="read no expressions")
    parser.add_argument("--threads", type=int, metavar="N", help="threads for the models")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Look at every video; one that cannot be read does not stop the others."""
    from empathia.media import PICTURES

    if not 0 < args.rate <= 1000:
        raise UsageError(f"--rate is {args.rate}, expected 0 < rate <= 1000 Hz", "Change it")
    if args.threads is not None and args.threads < 1:
        raise UsageError(f"--threads must be at least 1, not {args.threads}", "Change it")
    videos = expand(args.videos, what="video")
    if any(path.is_dir() for path in args.videos):
        named = set(args.videos)
        videos = [v for v in videos if v in named or v.suffix.lower() in PICTURES | {".webm"}]
    _check(args, videos)
    told: list[dict[str, Plain]] = []
    failed = 0
    for video in videos:
        try:
            one, persons = _one(video, args)
        except EmpathiaError as error:
            if len(videos) == 1:
                raise
            failed += 1
            print(f"empathia: {video.name!r}: {' '.join(str(error).split())}", file=sys.stderr)
            continue
        told.append(one)
        if not args.json:
            _show(one, persons)
    if args.json:
        print_json({"videos": told})
    return int(failed > 0)


def _check(args: argparse.Namespace, videos: Sequence[Path]) -> None:
    if not videos:
        raise UsageError("the folder holds no video", "Name videos")
    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise UsageError(f"--out '{args.out}' is a file, expected a folder", "Name a folder")
    stems = [v.stem for v in videos]
    if args.out is not None and len(set(stems)) < len(stems):
        raise UsageError(
            "two videos have one name, and would be written to one folder", "Part them"
        )
    for stem in stems if args.out is not None else ():
        there = args.out / stem
        if there.is_file() or (there.is_dir() and not (there / "faces.json").is_file()):
            raise UsageError(
                f"'{there}' is there and not written by this verb", "Name another --out"
            )
    if args.overlay is not None:
        _check_overlay(args, videos)


def _check_overlay(args: argparse.Namespace, videos: Sequence[Path]) -> None:
    if len(videos) > 1:
        raise UsageError("--overlay draws one video", "Name one video")
    if args.overlay.suffix.lower() != ".mp4":
        raise UsageError(f"--overlay '{args.overlay}' is no .mp4", "Name it .mp4")
    if args.overlay.resolve() == videos[0].resolve():
        raise UsageError("--overlay would be written over the video", "Choose another name")
    if args.overlay.is_dir():
        raise UsageError(f"--overlay '{args.overlay}' is a folder", "Name a file in it")
    if args.out is not None:
        place, folder = args.overlay.resolve(), args.out.resolve()
        ours = folder / videos[0].stem
        if place in (folder, ours) or ours in place.parents or place in folder.parents:
            raise UsageError(
                f"--overlay '{args.overlay}' is where the folders of --out are written",
                "Choose another name",
            )
    spare(args.overlay, args.overwrite)


def _one(video: Path, args: argparse.Namespace) -> tuple[dict[str, Plain], list[Kept]]:
    """Watch one video, and write what is asked for."""
    label = f"{video.name[:24]}: "
    with bar("stages", label=lambda stage: label + stage, plain=args.json) as progress:
        if args.out is None:
            return _watch(video, None, args, progress)
        from empathia.files import new_folder

        with new_folder(args.out / video.stem) as new:
            told = _watch(video, new, args, progress)
    print(f"empathia: wrote {args.out / video.stem}", file=sys.stderr)
    return told


def _watch(
    video: Path, folder: Path | None, args: argparse.Namespace, progress: Progress
) -> tuple[dict[str, Plain], list[Kept]]:
    """Everything of one video, into a folder if there is one."""
    from empathia.files import write, write_json
    from empathia.listen.faces import Tally, watch
    from empathia.listen.faces.kept import Keeper
    from empathia.report.faces.sheet import Sheet
    from empathia.report.raster import encoded

    tally, keeper, sheet = Tally(), Keeper(folder), Sheet()
    drawing = folder is not None and not args.no_sheet
    moments = watch(
        video,
        rate=args.rate,
        expressions=not args.no_expressions,
        keep=drawing or args.overlay is not None,
        progress=progress,
        tally=tally,
        threads=args.threads,
    )
    passing = keeper.keeping(moments)
    if drawing:
        passing = sheet.collecting(passing)
    if args.overlay is not None:
        _film(passing, video, args)
    for _ in passing:
        pass
    persons = keeper.close()
    told = _told(video, [_plain(p) for p in persons], tally, args)
    if folder is None:
        return told, persons
    write_json(folder / "faces.json", told)
    if drawing and persons:
        heads = [(p.person, _head(p)) for p in persons]
        write(folder / "sheet.png", encoded(sheet.drawn(heads), "PNG"))
    return told, persons


def _film(moments: Iterator[Moment], video: Path, args: argparse.Namespace) -> None:
    """Write the overlay."""
    from empathia.report.faces.drawn import film

    try:
        made = film(moments, args.rate, video, args.overlay)
    except OSError as error:
        raise EmpathiaError(
            f"--overlay '{args.overlay}' cannot be written ({error.strerror or error})",
            "Name a file in a folder that you may write to, with room on its disk",
        ) from error
    if made:
        print(f"empathia: wrote {args.overlay}", file=sys.stderr)


def _told(
    video: Path, persons: Sequence[Plain], tally: Tally, args: argparse.Namespace
) -> dict[str, Plain]:
    """What is said of a video."""
    from empathia import weights
    from empathia.encoders.face import WEIGHTS
    from empathia.encoders.face.expression import WEIGHT
    from empathia.version import __version__

    used = [*WEIGHTS, *([] if args.no_expressions else [WEIGHT])]
    sums = {name: {f.name: f.sum for f in weights.entry(name).files} for name in used}
    return {
        "format": 1,
        "video": video.name,
        "rate": args.rate,
        "pictures": tally.pictures,
        "cuts": tally.cuts,
        "fleeting": tally.fleeting,
        "persons": persons,
        "absent": None if persons else tally.absent,
        "notes": list(tally.condition.notes()),
        "weights": sums,
        "version": __version__,
    }


def _show(told: dict[str, Plain], persons: Sequence[Kept]) -> None:
    """A table of persons, or why there is none."""
    from empathia.report.wording import counted, percent

    notes, pictures = told["notes"], told["pictures"]
    assert isinstance(notes, list) and isinstance(pictures, int)
    if not persons:
        print(f"{told['video']}: no face seen: {told['absent']}")
    else:
        print(f"{told['video']}: {counted(pictures, 'picture')} looked at")
        rows = [
            (p.person, _span(p), percent(p.share), f"{len(p.spans)}", f"{p.size:.0f} px")
            for p in persons
        ]
        table(("person", "seen", "share", "spans", "width"), rows)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def _plain(seen: Kept) -> dict[str, Plain]:
    """A person in JSON."""
    return {
        "person": seen.person,
        "file": seen.file,
        "pictures": seen.pictures,
        "share": round(seen.share, 4),
        "spans": [[round(start, 3), round(end, 3)] for start, end in seen.spans],
        "size": round(seen.size, 1),
    }


def _head(seen: Kept) -> str:
    from empathia.report.wording import percent

    return f"{seen.person} · {_span(seen)} · in {percent(seen.share)} of the pictures"


def _span(seen: Kept) -> str:
    return f"{_clock(seen.spans[0][0])} to {_clock(seen.spans[-1][1])}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
