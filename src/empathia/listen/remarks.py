"""What to say to the user of who speaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from empathia.types import SpeakerNumber, Utterance

_SHOWN = 5  # times
_HARDLY = 0.02  # probability, by the voices, of so many speakers as were given, or more


def on_speakers(
    utterances: Sequence[Utterance],
    number: SpeakerNumber | None,
    bounds: tuple[int, int] | None,
) -> tuple[str, ...]:
    """What is not known of who speaks, and where fewer speak than were given.

    Args:
        utterances: All turns.
        number: How many speak as it was heard; None where nobody does.
        bounds: How many people speak by what the user says, at least and at most.
    """
    if number is None or not utterances:
        return ()
    short = [u.start or 0.0 for u in utterances if u.speaker_confidence == 0]
    notes = [*_fewer(len({u.speaker for u in utterances}), number, bounds)]
    if short:
        times = ", ".join(f"{t:.0f}" for t in short[:_SHOWN])
        more = f" and {len(short) - _SHOWN} more" if len(short) > _SHOWN else ""
        notes.append(f"too short to tell who speaks: the turns at {times}{more} s")
    return tuple(notes)


def _fewer(heard: int, number: SpeakerNumber, bounds: tuple[int, int] | None) -> Iterator[str]:
    """Doubts about a number that was given."""
    if bounds is None:
        return
    least, most = bounds
    given = f"{least} speakers were" if least == most else f"{least} to {most} speakers were"
    if heard < least:
        voices = "1 voice was" if heard == 1 else f"{heard} voices were"
        yield f"{given} given, and {voices} told apart"
        return
    likely = number.probabilities
    if least == most and likely:
        chance = sum(p for n, p in likely.items() if n >= min(least, max(likely)))
        if chance < _HARDLY:
            best = max(likely, key=lambda n: likely[n])
            yield (
                f"{given} given, and the voices sound like {best}: one person may have been taken "
                "for several"
            )
