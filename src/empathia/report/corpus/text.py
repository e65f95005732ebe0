"""A corpus in numbers, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from empathia.report.corpus.stats import Amount, Stats

Rows = Sequence[Sequence[str]]


def tables(stats: Stats) -> Iterator[tuple[Sequence[str], Rows]]:
    """Heads and rows: the parts, the labels, and everything else.

    Args:
        stats: What was counted.
    """
    total = {k: sum(p[k] for p in stats.parts.values()) for k in _counts(stats)}
    parts = [(part, *(str(n) for n in counts.values())) for part, counts in stats.parts.items()]
    if len(parts) > 1:
        parts.append(("all", *(str(n) for n in total.values())))
    yield (stats.corpus, *total), parts
    if stats.labels:
        labelled = sum(sum(by_part.values()) for by_part in stats.labels.values())
        yield (
            ("label", *stats.parts, "all", "share"),
            [
                (
                    label,
                    *(str(n) for n in by_part.values()),
                    str(sum(by_part.values())),
                    f"{100 * sum(by_part.values()) / max(labelled, 1):.1f} %",
                )
                for label, by_part in stats.labels.items()
            ],
        )
    yield ("what", "value"), list(_others(stats, total))


def _counts(stats: Stats) -> Sequence[str]:
    return list(next(iter(stats.parts.values()), {}))


def _others(stats: Stats, total: dict[str, int]) -> Iterator[tuple[str, str]]:
    yield "language", ", ".join(stats.languages) or "not known"
    yield "speakers", str(stats.speakers or "not known")
    for gender, counts in stats.genders.items():
        yield gender, f"{counts['utterances']} utterances of {counts['speakers']} speakers"
    for name, counts in stats.groups.items():
        yield f"group {name}", f"{counts['groups']} groups, {counts['utterances']} utterances"
    if stats.several:
        yield "several labels", f"{stats.several} utterances"
    if stats.seconds is not None:
        yield "sound", _length(stats.seconds, total["utterances"])
    if stats.words is not None:
        w = stats.words
        yield (
            "words",
            (
                f"{w.total:.0f}, median {w.median:g}, {w.least:g} to {w.most:g} "
                f"an utterance{_of(w.n, total['utterances'])}"
            ),
        )
    if stats.affect:
        yield "valence, arousal, dominance", f"{stats.affect} utterances"
    yield from _agreed(stats)
    yield "media", f"{stats.media} utterances, {len(stats.missing)} files missing"
    for path in stats.missing[:3]:
        yield "missing", path


def _length(s: Amount, utterances: int) -> str:
    return (
        f"{s.total / 60:.0f} min, median {s.median:.2f} s, {s.least:.2f} to {s.most:.2f} s "
        f"an utterance{_of(s.n, utterances)}"
    )


def _of(n: int, utterances: int) -> str:
    return "" if n == utterances else f", known of {n} of {utterances}"


def _agreed(stats: Stats) -> Iterator[tuple[str, str]]:
    a = stats.agreement
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
