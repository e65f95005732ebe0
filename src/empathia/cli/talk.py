"""``empathia talk``: a conversation on the terminal, kept on disk turn by turn."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._replying import add_replying
from empathia.errors import EmpathiaError, UsageError

if TYPE_CHECKING:
    from empathia.pipeline.session import Session
    from empathia.types import Turn

_EPILOG = """\
What you type is answered; what begins with a slash is for the program:
  /emotion      how the last turn was understood, with all scores
  /why          where the last reply comes from
  /save FILE    write the talk as .json .csv .srt or .html
  /forget       delete the talk from the disk and end
  /quit         end (so does Ctrl-D); the talk is kept

examples:
  empathia talk                          begin a talk
  empathia talk --resume                 go on with the last one
  empathia talk --resume old.json        ... with this one
  empathia talk --voice                  each line names a recording of what you say
  echo "I passed!" | empathia talk --file passed.json

Talks are kept on this machine alone, readable by you alone, in EMPATHIA_HOME/talks, else
~/.local/share/empathia/talks.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "talk",
        help="talk with Empathia, which answers what is said",
        description="It answers what you say, turn by turn, and keeps the talk on disk. It is a "
        "program: no therapist, no doctor, and no help in an emergency.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument(
        "--resume",
        nargs="?",
        const=Path(),
        type=Path,
        metavar="FILE",
        help="go on with the last talk, or with the one in FILE",
    )
    kept.add_argument("--file", type=Path, metavar="FILE", help="keep a new talk here")
    parser.add_argument(
        "--voice", action="store_true", help="each line is the path of a recording of one turn"
    )
    parser.add_argument("--language", metavar="CODE", help="what is spoken, such as en or ko")
    parser.add_argument(
        "--permissive", action="store_true", help="leave out weights trained on non-commercial data"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="threads for the models")
    add_replying(parser)


def run(args: argparse.Namespace) -> int:
    """Talk until the input ends."""
    from empathia.cli._chosen import chosen
    from empathia.pipeline.session import Session

    with Session(_file(args), chosen(args)) as session:
        _Talk(session, voice=args.voice).go()
    return 0


def _file(args: argparse.Namespace) -> Path:
    from empathia.pipeline import session

    if args.resume is not None:
        path: Path = session.latest() if args.resume == Path() else args.resume
        if not path.is_file():
            raise UsageError(f"there is no talk '{path}'", "Leave the name out for the last one")
        return path
    if args.file is None:
        return session.new(datetime.now())
    if args.file.exists():
        raise UsageError(f"'{args.file}' is there already", "Go on with it: --resume FILE")
    if not args.file.absolute().parent.is_dir():
        raise UsageError(f"there is no folder '{args.file.parent}'", "Make it first")
    return Path(args.file)


class _Talk:
    """What is shown, and what lines do.

    Args:
        session: The talk.
        voice: Lines are recordings.
    """

    def __init__(self, session: Session, *, voice: bool) -> None:
        self._session, self._voice = session, voice
        self._people = sys.stdin.isatty()
        self._ended = False
        self._commands: Mapping[str, Callable[[str], None]] = {
            "/emotion": self._emotion,
            "/why": self._why,
            "/save": self._save,
            "/forget": self._forget,
            "/quit": self._quit,
            "/help": lambda _: print(_EPILOG.partition("\n\n")[0]),
        }

    def go(self) -> None:
        """Answer until there is nothing more."""
        self._greet()
        for line in self._lines():
            try:
                self._do(line)
            except EmpathiaError as error:
                print(f"empathia: {error}", file=sys.stderr)
            if self._ended:
                return
        if self._people:
            print()

    def _greet(self) -> None:
        turns = self._session.turns
        if self._people:
            print(f"The talk is kept in {self._session.path}; /help says what else there is.")
        for turn in turns[-4:] if self._people else ():
            print(f"{turn.utterance.speaker}: {turn.utterance.text or '(no words)'}")
        if self._session.is_owed:  # it was stopped before the answer was there
            self._answer()

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = input("you: " if self._people else "")
            except EOFError:
                return
            if line.strip():
                yield line.strip()

    def _do(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        if name in self._commands:
            self._commands[name](rest.strip())
            return
        if name.startswith("/") and not (self._voice and Path(line).exists()):
            raise UsageError(f"there is no '{name}'", f"Type one of {', '.join(self._commands)}")
        if self._voice:
            turn = self._session.hear(Path(line).expanduser())
            print(f"you: {turn.utterance.text or '(no words heard)'}")
        else:
            self._session.say(line)
        self._answer()

    def _answer(self) -> None:
        told: list[str] = []

        def tell(piece: str) -> None:
            print(piece if told else f"Empathia: {piece}", end="", flush=True)
            told.append(piece)

        turn = self._session.answer(tell if self._people else None)
        reply = "" if turn.reply is None else turn.reply.text
        if told:
            print()
        if reply and "".join(told).strip() != reply:
            print(f"Empathia: {'(rather) ' if told else ''}{reply}", flush=True)

    def _last(self) -> Turn:
        if (turn := self._session.last) is None:
            raise UsageError("nothing was said yet", "Say something")
        return turn

    def _emotion(self, _: str) -> None:
        from empathia.report.wording import percent, sounded, verdict

        turn = self._last()
        for name, emotion in {"together": turn.emotion, **turn.emotions}.items():
            if emotion is None:
                continue
            ranked = sorted(zip(emotion.scores, emotion.labels, strict=False), reverse=True)
            scores = ", ".join(f"{label} {percent(score)}" for score, label in ranked)
            why = f" ({emotion.abstained})" if emotion.abstained else ""
            print(f"  {name}: {verdict(emotion)}{why}{': ' if scores else ''}{scores}")
        if heard := sounded(turn.cues):
            print(f"  voice: {heard}")

    def _why(self, _: str) -> None:
        from empathia.report.wording import judged, reply_note, verdict

        turn = self._last()
        if turn.reply is None:
            raise UsageError("nothing was answered yet", "Say something")
        print(f"  worded by {reply_note(turn)}")
        if turn.reply.empathy is not None:
            print(f"  judges take it for: {judged(turn.reply)}")
        for e in turn.reply.exemplars:
            print(f"  {e.bank} {e.id} ({e.similarity:.2f}): {e.context!r} -> {e.reply!r}")
        if turn.emotion is not None:
            print(f"  it took what you said for: {verdict(turn.emotion)}")

    def _save(self, name: str) -> None:
        from empathia.report.timeline import write

        if not name:
            raise UsageError("/save needs a file", "/save talk.html")
        print(f"  wrote {write(self._session.timeline, Path(name).expanduser())}")

    def _forget(self, _: str) -> None:
        self._session.path.unlink(missing_ok=True)
        self._ended = True
        print("  the talk is deleted")

    def _quit(self, _: str) -> None:
        self._ended = True
