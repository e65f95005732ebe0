"""What ``empathia read`` can be told."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from empathia.cli._replying import add_replying


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add inputs and options, in groups."""
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
    _recognising(listening)
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


def _recognising(group: argparse._ArgumentGroup) -> None:
    """Who hears emotion, and whether they say why."""
    group.add_argument(
        "--recogniser",
        action="append",
        metavar="NAME",
        help="hear emotion with this recogniser instead of the shipped ones: a folder of your own "
        "model (out/<run>/model of empathia train), a shipped model or a plug-in by name; may be "
        "repeated",
    )
    group.add_argument(
        "--why",
        action="store_true",
        help="measure which words and cues each label hangs on, where a recogniser can tell "
        "(--recogniser lm-talk): up to a dozen questions a turn more",
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
        "--page-language", choices=("en", "ko"), default="en", help="that the page speaks"
    )
    group.add_argument(
        "--react",
        action="store_true",
        help="a drawn listener in the page, who takes it as empathia react shows",
    )
    group.add_argument("--quiet", action="store_true", help="no progress, no table")
