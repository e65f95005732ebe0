"""What to say to the user of who speaks."""

from __future__ import annotations

from collections.abc import Sequence

from empathia.types import Utterance

_SHOWN = 5  # times


def on_speakers(utterances: Sequence[Utterance], bounds: tuple[int, int] | None) -> tuple[str, ...]:
    """What is not known of who speaks, and where fewer speak than were given.

    Args:
        utterances: All turns.
        bounds: How many people speak by what the user says, at least and at most.
    """
    if not utterances:
        return ()
    notes = []
    heard = len({u.speaker for u in utterances})
    if bounds is not None and heard < bounds[0]:
        given = str(bounds[0]) if bounds[0] == bounds[1] else f"{bounds[0]} to {bounds[1]}"
        voices = "1 voice was" if heard == 1 else f"{heard} voices were"
        notes.append(f"{given} speakers were given, and {voices} told apart")
    short = [u.start or 0.0 for u in utterances if u.speaker_confidence == 0]
    if short:
        times = ", ".join(f"{t:.0f}" for t in short[:_SHOWN])
        more = f" and {len(short) - _SHOWN} more" if len(short) > _SHOWN else ""
        notes.append(f"too short to tell who speaks: the turns at {times}{more} s")
    return tuple(notes)
