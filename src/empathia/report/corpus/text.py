"""A corpus in numbers, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from empathia.report.corpus.stats import Amount, Stats

Rows = Sequence[Sequence[str]]


def tables(found: Stats) -> Iterator[tuple[Sequence[str], Rows]]:
    """Heads and rows: the parts, the labels, and everything else.

    Args:
        found: What was counted.
    """
    total = {k: sum(p[k] for p in found.parts.values()) for k in _counts(found)}
    parts = [(part, *(str(n) for n in counts.values())) for part, counts in found.parts.items()]
    if len(parts) > 1:
        parts.append(("all", *(str(n) for n in total.values())))
    yield (found.corpus, *total), parts
    if found.labels:
        labelled = sum(sum(by_part.values()) for by_part in found.labels.values())
        yield (
            ("label", *found.parts, "all", "share"),
            [
                (
                    label,
                    *(str(n) for n in by_part.values()),
                    str(sum(by_part.values())),
                    f"{100 * sum(by_part.values()) / max(labelled, 1):.1f} %",
                )
                for label, by_part in found.labels.items()
            ],
        )
    yield ("what", "value"), list(_others(found, total))


def _counts(found: Stats) -> Sequence[str]:
    return list(next(iter(found.parts.values()), {}))


def _others(found: Stats, total: dict[str, int]) -> Iterator[tuple[str, str]]:
    yield "language", ", ".join(found.languages) or "not known"
    yield "speakers", str(found.speakers or "not known")
    for gender, counts in found.genders.items():
        yield gender, f"{counts['utterances']} utterances of {counts['speakers']} speakers"
    for name, counts in found.groups.items():
        yield f"group {name}", f"{counts['groups']} groups, {counts['utterances']} utterances"
    if found.several:
        yield "several labels", f"{found.several} utterances"
    if found.seconds is not None:
        yield "sound", _length(found.seconds, total["utterances"])
    if found.words is not None:
        w = found.words
        yield (
            "words",
            (
                f"{w.total:.0f}, median {w.median:g}, {w.least:g} to {w.most:g} "
                f"an utterance{_of(w.n, total['utterances'])}"
            ),
        )
    if found.affect:
        yield "valence, arousal, dominance", f"{found.affect} utterances"
    yield from _agreed(found)
    yield "media", f"{found.media} utterances, {len(found.missing)} files missing"
    for path in found.missing[:3]:
        yield "missing", path


def _length(s: Amount, utterances: int) -> str:
    return (
        f"{s.total / 60:.0f} min, median {s.median:.2f} s, {s.least:.2f} to {s.most:.2f} s "
        f"an utterance{_of(s.n, utterances)}"
    )


def _of(n: int, utterances: int) -> str:
    return "" if n == utterances else f", known of {n} of {utterances}"


def _agreed(found: Stats) -> Iterator[tuple[str, str]]:
    a = found.agreement
    if a is None:
        yield "agreement", "no votes"
        return
    least, most = a.raters
    yield "raters", f"{least if least == most else f'{least} to {most}'} on {a.rated} utterances"
    yield (
        "agreement",
        (
            f"pairwise {a.pairwise:.3f}, Fleiss' kappa {a.fleiss_kappa:.3f}, "
            f"Krippendorff's alpha {a.krippendorff_alpha:.3f}"
        ),
    )
