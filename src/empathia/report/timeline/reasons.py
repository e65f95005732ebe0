"""What a label hangs on, as a part of the page that unfolds without JavaScript."""

from __future__ import annotations

from empathia.report.escaping import escaped
from empathia.report.wording import because, part, percent
from empathia.report.words import ENGLISH, Words
from empathia.types import Part, Reason


def folded(reason: Reason, source: str = "", words: Words = ENGLISH) -> str:
    """The sentence, and below it, folded, each part with a bar, and the prompt.

    Args:
        reason: Of one source.
        source: Its name, where there are several.
        words: Those of the page.
    """
    name = f"{words.shown(source)}: " if source else ""
    sentence = f'<span dir="auto">{escaped(name + because(reason, words))}</span>'
    told = [f'<details class="because"><summary>{sentence}</summary>', _sure(reason, words)]
    told += [
        f"<p>{escaped(words.source(kind))}: {escaped(words.shown(cues))}</p>"
        for kind, cues in reason.cues.items()
    ]
    if reason.parts:
        told.append(_table(reason, words))
    told.append(f"<p>{escaped(words.say('why.asked'))}</p>")
    told += [
        f'<pre dir="auto"><b>{escaped(m.role)}</b>\n{escaped(m.content)}</pre>'
        for m in reason.prompt
    ]
    return "".join([*told, "</details>"])


def _sure(reason: Reason, words: Words) -> str:
    if reason.confidence is None:
        return ""
    return f"<p>{escaped(words.shown(reason.label or ''))} {percent(reason.confidence)}</p>"


def _table(reason: Reason, words: Words) -> str:
    sure = reason.confidence or 0.0
    names = words.say("why.without"), words.say("why.then", label=words.shown(str(reason.label)))
    head = "".join(f'<th scope="col">{escaped(x)}</th>' for x in names)
    rows = "".join(_row(p, sure, words) for p in reason.parts)
    return (
        f'<table class="left-out"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"<p>{escaped(words.say('why.measured'))}</p>"
    )


def _row(left: Part, sure: float, words: Words) -> str:
    then = percent(left.without)
    text = escaped(part(left, words))
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
