"""What is told while a stream is listened to, in the order in which it becomes known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from empathia.types.talk import Timeline, Turn
from empathia.types.wire import to_json, turn_json


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody begins to speak.

    Args:
        at: When (s).
    """

    at: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody speaks any more, and all that was said is told; who began may have said nothing.

    Args:
        at: Up to when that is known (s).
    """

    at: float


@dataclass(frozen=True, slots=True)
class Drafted:
    """What somebody who still speaks has said, as far as it is heard: more sound may change it.

    Args:
        text: The words.
        language: ISO 639-1 code, as far as it is known.
        start, end: Of these words (s).
    """

    text: str
    language: str | None
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Somebody has finished a turn; who it was may be revised.

    Args:
        turn: All that was heard in it, judged by what came before.
    """

    turn: Turn


@dataclass(frozen=True, slots=True)
class Revised:
    """Later speech shows that others spoke.

    Args:
        speakers: Who it was, by id of the turn; turns that are not named stay as they were.
    """

    speakers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream has ended.

    Args:
        timeline: All turns with their final speakers, as if a file had been read.
    """

    timeline: Timeline


Event = Began | TurnEnded | Revised | Ended


def event_json(event: Event | Drafted | Quiet) -> Mapping[str, object]:
    """An event as plain values.

    ``event`` says which: "began", "quiet", "drafted", "turn", "revised" or "end".
    """
    match event:
        case Drafted(text, language, start, end):
            said = {"text": text, "language": language, "start": start, "end": end}
            return {"event": "drafted", **said}
        case Began(at):
            return {"event": "began", "at": at}
        case Quiet(at):
            return {"event": "quiet", "at": at}
        case TurnEnded(turn):
            return {"event": "turn", "turn": turn_json(turn)}
        case Revised(speakers):
            return {"event": "revised", "speakers": dict(speakers)}
        case Ended(timeline):
            return {"event": "end", "timeline": to_json(timeline)}
