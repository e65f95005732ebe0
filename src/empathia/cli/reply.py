"""``empathia reply``: what Empathia would answer in a talk."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._replying import add_replying
from empathia.cli._screen import bar, print_json
from empathia.errors import UsageError

if TYPE_CHECKING:
    from empathia.contracts import Voice
    from empathia.pipeline.answering import Answered

_EPILOG = """\
examples:
  empathia reply chat.txt                               an answer to the last turn, and why
  empathia reply talk.json --candidates 3               of a timeline that read wrote
  empathia reply chat.txt --empathy reaction=2,exploration=0
  empathia reply chat.txt --all --listener Ben --out answers.csv
                                                        to each turn that Ben answers
  empathia evaluate answers.csv                         how good these are
  empathia reply chat.txt --speak answer.wav            ... spoken, by Kokoro's voice
  empathia reply chat.txt --speak answer.wav --speak-with kokoro:bm_george

exit codes: 0 done, 1 the file cannot be read, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "reply",
        help="answer a talk out of a file",
        description="What Empathia would answer, with exemplars, judges' scores and reasons.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a transcript, a recording, or a timeline (.json)"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="answer each turn that somebody else's follows, by what came before it",
    )
    parser.add_argument(
        "--listener", metavar="NAME", help="answer only what this speaker answers in the talk"
    )
    parser.add_argument("--language", metavar="CODE", help="what is spoken, such as en or ko")
    parser.add_argument(
        "--permissive", action="store_true", help="leave out weights trained on non-commercial data"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="threads for the models")
    add_replying(parser.add_argument_group("replying"))
    out = parser.add_argument_group("output")
    out.add_argument("--json", action="store_true", help="print all as JSON")
    out.add_argument("--out", type=Path, metavar="FILE", help="write all as csv or jsonl")
    out.add_argument("--speak", type=Path, metavar="FILE", help="speak the answers into a .wav")
    out.add_argument(
        "--speak-with",
        metavar="VOICE",
        help="kokoro (default) or kokoro:NAME, English; or URL#MODEL#VOICE of a server with "
        "OpenAI's /v1/audio/speech",
    )


def run(args: argparse.Namespace) -> int:
    """Read, answer, print, write."""
    from empathia.cli._chosen import chosen
    from empathia.pipeline.answering import answer, read
    from empathia.report import replied as looks
    from empathia.report.judged import KINDS, check

    if args.out is not None:
        check(args.out, KINDS)
    voice = _voice(args)
    if not args.file.exists():
        raise UsageError(f"there is no file '{args.file}'", "Check the path")
    options = chosen(args)
    with bar("steps", plain=args.json) as progress:
        talk = read(args.file, options, progress)
        answers = answer(talk, options, every=args.all, listener=args.listener, progress=progress)
    if args.out is not None:
        looks.write(args.out, answers)
        print(f"wrote {args.out}", file=sys.stderr)
    if args.json:
        print_json(looks.to_json(answers))
    else:
        print(*map(looks.shown, answers), sep="\n")
    if voice is not None:
        _speak(args.speak, voice, answers)
    return 0


def _voice(args: argparse.Namespace) -> Voice | None:
    """The voice that is asked for, before anything is read."""
    from empathia import speech

    if args.speak is None:
        if args.speak_with is not None:
            raise UsageError("--speak-with says whose voice, and nothing is spoken", "Add --speak")
        return None
    if args.speak.suffix.lower() != ".wav":
        raise UsageError(f"cannot speak into '{args.speak.name}'", "Name a file that ends in .wav")
    return speech.load(args.speak_with or "kokoro", args.threads)


def _speak(file: Path, voice: Voice, answers: Sequence[Answered]) -> None:
    from empathia import speech
    from empathia.types.manner import Manner

    pieces = (
        piece
        for one in answers
        for piece in voice.speak(one.reply.text, Manner(tone=speech.tone(one.turn.emotion)))
    )
    seconds = speech.write_wav(file, pieces)
    print(f"wrote {file} ({seconds:.1f} s, spoken by {voice.name})", file=sys.stderr)
