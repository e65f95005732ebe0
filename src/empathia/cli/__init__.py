"""The command line: a verb a file, and nothing heavy until a verb runs.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from empathia.errors import EmpathiaError, EmpathiaWarning
from empathia.version import __version__

# Verb to what --help says of it; `empathia/cli/<verb>.py` holds the rest.
VERBS = {
    "read": "make a timeline of feeling from recordings or transcripts",
    "faces": "find and follow the faces in videos",
    "talk": "talk with Empathia, which answers what is said",
    "reply": "answer a talk out of a file",
    "react": "show how a listener would take a talk, as a face that moves",
    "serve": "run the service: HTTP, WebSocket, and a page",
    "check": "say what files would be taken for, without any model",
    "exemplars": "build, list and search banks of answers that people gave",
    "judge": "say how empathic replies are, and what shows it",
    "weights": "list, pull and verify the weights",
    "corpus": "list, check, count and export corpora",
    "prompt": "show what a language model is asked about how somebody feels",
    "audit": "look for leaks and shortcuts in a corpus or a run",
    "init": "write a first run file for a corpus",
    "train": "train what a run file describes",
    "evaluate": "measure what a run answered",
    "compare": "compare runs, with paired differences",
    "ablate": "train with and without each modality, corpus or option",
}


class _Parser(argparse.ArgumentParser):
    """Takes options by their whole names: what is cut short may be another one's beginning."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - those of argparse
        super().__init__(**how, allow_abbrev=False)


def _parser(verb: str | None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="empathia",
        description="Hears how people feel in a conversation and answers with empathy.",
        epilog="Emotion recognition is uncertain; it is no lie detector and no diagnosis.",
    )
    parser.add_argument("--version", action="version", version=f"empathia {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, summary in VERBS.items():
        if name == verb:
            importlib.import_module(f"empathia.cli.{name}").add(verbs)
        else:
            verbs.add_parser(name, help=summary)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; None takes ``sys.argv``.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _speak_plainly()
    verb = next((a for a in arguments if a in VERBS), None)
    with warnings.catch_warnings():
        warnings.showwarning = _note
        warnings.simplefilter("always", EmpathiaWarning)
        return _run(arguments, verb)


def _run(arguments: list[str], verb: str | None) -> int:
    try:
        args = _parser(verb).parse_args(arguments)
        code: int = importlib.import_module(f"empathia.cli.{args.verb}").run(args)
        sys.stdout.flush()
        return code
    except EmpathiaError as error:
        print(f"empathia: {_one_line(error)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("empathia: stopped; nothing half-written was kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`empathia read x | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"empathia: {_one_line(error)}", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get("EMPATHIA_DEBUG"):
            raise
        print(
            f"empathia: this should not have happened: {type(error).__name__}: "
            f"{_one_line(error)}. Set EMPATHIA_DEBUG=1 to see where, and report it",
            file=sys.stderr,
        )
        return 1


def _note(  # noqa: PLR0917 - the signature of warnings.showwarning
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning as a line for people: damage that was counted, not a place in our code."""
    print(f"note: {_one_line(message)}", file=sys.stderr)


def _speak_plainly() -> None:
    """Write UTF-8 into files and pipes; escape what a terminal cannot show.

    What was closed (``>&-``) leads nowhere.
    """
    sys.stdout = sys.stdout or io.TextIOWrapper(io.FileIO(os.devnull, "w"))
    sys.stderr = sys.stderr or io.TextIOWrapper(io.FileIO(os.devnull, "w"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            shown = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=shown, errors="backslashreplace")


def _one_line(error: Exception | str) -> str:
    return " ".join(str(error).split())
