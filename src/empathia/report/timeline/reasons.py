"""What a label hangs on, as a part of the page that unfolds without JavaScript."""

from __future__ import annotations

from empathia.report.escaping import escaped
from empathia.report.wording import because, part, percent
from empathia.types import Part, Reason


def folded(reason: Reason, source: str = "") -> str:
    """The sentence, and below it, folded, each part with a bar, and the prompt.

    Args:
        reason: Of one source.
        source: Its name, where there are several.
    """
    name = f"{source}: " if source else ""
    sentence = f'<span dir="auto">{escaped(name + because(reason))}</span>'
    told = [f'<details class="because"><summary>{sentence}</summary>', _sure(reason)]
    told += [f"<p>{escaped(k)}: {escaped(words)}</p>" for k, words in reason.cues.items()]
    if reason.parts:
        told.append(_table(reason))
    told.append("<p>All that the model was asked:</p>")
    told += [
        f'<pre dir="auto"><b>{escaped(m.role)}</b>\n{escaped(m.content)}</pre>'
        for m in reason.prompt
    ]
    return "".join([*told, "</details>"])


def _sure(reason: Reason) -> str:
    if reason.confidence is None:
        return ""
    return f"<p>{escaped(reason.label or '')} {percent(reason.confidence)}</p>"


def _table(reason: Reason) -> str:
    sure = reason.confidence or 0.0
    head = "".join(
        f'<th scope="col">{x}</th>' for x in ("without", escaped(f"{reason.label} is then"))
    )
    rows = "".join(_row(p, sure) for p in reason.parts)
    return (
        f'<table class="left-out"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "<p>Each part was left out, one at a time, and the label scored again: measured, not what "
        "the model says of itself. Blue is what the label loses, dashed what it gains.</p>"
    )


def _row(left: Part, sure: float) -> str:
    then = percent(left.without)
    text = escaped(part(left))
    return (
        f'<tr><th scope="row" dir="auto">{text}</th>'
        f"<td>{_bar(left.without, sure)}<span>{then}</span></td></tr>"
    )


def _bar(without: float, sure: float) -> str:
    """The share that stays, and beside it what falls or rises; a picture for the eye alone."""
    low, high = sorted((without, sure))
    kind = "falls" if without < sure else "rises"
    return (
        '<svg class="bar-of" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all-of" width="100" height="8"/><rect class="stays" width="{100 * low:.1f}" '
        f'height="8"/><rect class="{kind}" x="{100 * low:.1f}" width="{100 * (high - low):.1f}" '
        'height="8"/></svg>'
    )
