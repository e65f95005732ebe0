"""The part of a page in which a listener's face moves."""

from __future__ import annotations

from empathia.files import Plain
from empathia.pipeline.reacting import RATE, Reacted
from empathia.reaction.lively import NAMES
from empathia.report.escaping import escaped
from empathia.report.face import model


def panel(reacted: Reacted | None) -> str:
    """The canvas and what it shows; "" where nobody reacts."""
    if reacted is None:
        return ""
    notes = [told(reacted), *reacted.notes]
    return (
        '<section class="panel listener" aria-labelledby="listener-title"><div class="bar">'
        '<h2 id="listener-title">A listener</h2><div id="face-bar"></div></div>'
        '<canvas id="face" role="img" aria-label="A drawn face that reacts to what is said">'
        '</canvas><p class="said" id="face-said" dir="auto" aria-hidden="true"></p>'
        f'<p class="small">{escaped("; ".join(notes))}.</p></section>'
    )


def told(reacted: Reacted) -> str:
    """Whose reactions these are, in words."""
    first = next((r for r in reacted.reactions if r is not None), None)
    note = first.note if first is not None and first.note else f"foretold by {reacted.predictor}"
    return f"drawn, nobody's photograph: {note}"


def data(reacted: Reacted) -> dict[str, Plain]:
    """What ``assets/face.js`` moves and draws."""
    if reacted.face is not None:
        track = model.track(NAMES, reacted.face, RATE)
    else:
        track = model.places(reacted.landmarks(0, reacted.frames), RATE)
    times = [[round(x, 3) for x in span] for span in reacted.times]
    return {"model": model.model(), "track": track, "times": times}
