"""The part of a page in which a listener's face moves."""

from __future__ import annotations

from empathia.files import Plain
from empathia.pipeline.reacting import RATE, Reacted
from empathia.reaction.lively import NAMES
from empathia.report.escaping import escaped
from empathia.report.face import model
from empathia.report.words import ENGLISH, Words


def panel(reacted: Reacted | None, words: Words = ENGLISH) -> str:
    """The canvas and what it shows; "" where nobody reacts."""
    if reacted is None:
        return ""
    notes = [told(reacted, words), *map(words.shown, reacted.notes)]
    return (
        '<section class="panel listener" aria-labelledby="listener-title"><div class="bar">'
        f'<h2 id="listener-title">{escaped(words.say("listener.title"))}</h2>'
        '<div id="face-bar"></div></div><canvas id="face" role="img" '
        f'aria-label="{escaped(words.say("listener.face"))}">'
        '</canvas><p class="said" id="face-said" dir="auto" aria-hidden="true"></p>'
        f'<p class="small">{escaped("; ".join(notes))}.</p></section>'
    )


def told(reacted: Reacted, words: Words = ENGLISH) -> str:
    """Whose reactions these are, in words."""
    first = next((r for r in reacted.reactions if r is not None), None)
    foretold = words.say("listener.foretold", name=reacted.predictor)
    note = words.shown(first.note) if first is not None and first.note else foretold
    return words.say("listener.drawn", note=note)


def data(reacted: Reacted) -> dict[str, Plain]:
    """What ``assets/face.js`` moves and draws."""
    if reacted.face is not None:
        track = model.track(NAMES, reacted.face, RATE)
    else:
        track = model.places(reacted.landmarks(0, reacted.frames), RATE)
    times = [[round(x, 3) for x in span] for span in reacted.times]
    return {"model": model.model(), "track": track, "times": times}
