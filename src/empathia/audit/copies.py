"""Is the same thing in training and test under two names: sentences, sound, keys, numbers?"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

from empathia.audit.cases import Case, Cut
from empathia.audit.finding import Finding, Severity, graded, percent, some
from empathia.audit.words import MIN_WORDS, SAME, near_copies, words

COPIED_WORRY, COPIED_WRONG = 1.0, 5.0
"""Percent of the test utterances with a near copy in training. Common phrases of five words recur
in any two samples of talk (about 1 % of MELD's test); a script that is acted twice gives tens."""
SCRIPTED = 8.0
"""Takes of a sentence, on average, from which on a corpus is read from a list: there all parts
share the list by design, and words tell nothing."""


def sentences(cuts: Sequence[Cut]) -> Finding:
    """Near-copied sentences of five words or more across training and test."""
    hit = evaluated = same_label = 0
    pairs: list[tuple[str, str]] = []
    for cut in cuts:
        test = [(c, w) for c in cut.evaluated if len(w := words(c.said.text)) >= MIN_WORDS]
        known = [(c, w) for c in cut.known if len(w := words(c.said.text)) >= MIN_WORDS]
        copied = near_copies([w for _, w in known], [w for _, w in test])
        hit, evaluated = hit + len(copied), evaluated + len(cut.evaluated)
        for t, k in copied.items():
            here, there = test[t][0], known[k][0]
            same_label += here.label is not None and here.label == there.label
            pairs.append((there.said.id, here.said.id))
    share, takes = percent(hit, evaluated), _takes(cuts)
    severity = graded(share, COPIED_WORRY, COPIED_WRONG)
    sentence = (
        f"{hit:,} test utterances ({share:.1f} %) have a near copy in training ({MIN_WORDS} words "
        f"or more, at least {SAME:.0%} of the words the same); {same_label:,} of these copies "
        "have the same label."
    )
    if severity == "wrong" and takes >= SCRIPTED:
        severity = "note"
        sentence += f" The sentences are a list: each is said {takes:.0f} times on average."
    if not any(c.said.text for cut in cuts for c in cut.test):
        severity, sentence = "note", "The corpus has no words to compare."
    elif not hit:
        sentence = "No sentence of five words or more is near-copied from training to test."
    bars = (
        ("near-copied", share, "%"),
        ("with the same label", percent(same_label, evaluated), "%"),
    )
    details = {"pairs": pairs[:50], "takes": round(takes, 1)}
    return Finding("sentences", severity, sentence, share, "% of the test", bars, details)


def _takes(cuts: Sequence[Cut]) -> float:
    said = [c.said.text for cut in cuts[:1] for c in cut.known + cut.test if c.said.text]
    return len(said) / max(1, len(set(said)))


def sound(all_cases: Sequence[Case], cuts: Sequence[Cut]) -> Finding:
    """The same recording under two names; recordings that hold many utterances are left out."""
    files: dict[Path, list[Case]] = defaultdict(list)
    for c in all_cases:
        if c.said.audio is not None:
            files[c.said.audio].append(c)
    clips = {path: names[0] for path, names in files.items() if len(names) == 1 and path.is_file()}
    if not clips:
        return Finding("recordings", "note", "There are no clips whose content could be compared.")
    same = [[clips[p].place for p in paths] for paths in _same_content(clips)]
    named = {c.place: c.said.id for c in clips.values()}
    ids = [some([named[p] for p in group]) for group in same]
    crossing = _crossing(same, cuts)
    sentence = f"The {len(clips):,} clips all differ in content."
    if same:
        sentence = (
            f"{len(same):,} of the {len(clips):,} clips exist under several names "
            f"({some(ids, 2)}), {crossing:,} of them in training and test."
        )
    severity: Severity = "wrong" if crossing else "worry" if same else "fine"
    bars = (("under several names", percent(len(same), len(clips)), "%"),)
    return Finding(
        "recordings",
        severity,
        sentence,
        len(same),
        "recordings",
        bars,
        {"same": ids[:50], "crossing": crossing},
    )


def _same_content(paths: Iterable[Path]) -> list[list[Path]]:
    """Groups of files with the same bytes; only files of one size are read."""
    sizes: dict[int, list[Path]] = defaultdict(list)
    for path in paths:
        sizes[path.stat().st_size].append(path)
    sums: dict[bytes, list[Path]] = defaultdict(list)
    for group in sizes.values():
        for path in group if len(group) > 1 else ():
            sums[hashlib.sha256(path.read_bytes()).digest()].append(path)
    return [group for group in sums.values() if len(group) > 1]


def _crossing(groups: Sequence[Sequence[int]], cuts: Sequence[Cut]) -> int:
    """How many groups of cases lie on both sides of a fold."""
    crossed = set()
    for cut in cuts:
        known, test = {c.place for c in cut.known}, {c.place for c in cut.test}
        crossed |= {
            i
            for i, g in enumerate(groups)
            if any(p in known for p in g) and any(p in test for p in g)
        }
    return len(crossed)


def duplicates(all_cases: Sequence[Case], cuts: Sequence[Cut]) -> Finding:
    """Keys that stand for two utterances, and one utterance under two keys."""
    ids = Counter(c.said.id for c in all_cases)
    twice = sorted(key for key, n in ids.items() if n > 1)
    rows = _rows(all_cases)
    crossing = _crossing(rows, cuts)
    copies = sum(len(g) - 1 for g in rows)
    extra = sum(ids[key] - 1 for key in twice)
    texts = _groups(
        ((c.dialogue, c.said.text) if c.said.text else None, c.place) for c in all_cases
    )
    unclear = percent(sum(map(len, texts)), len(all_cases))
    n = extra + copies
    parts = []
    if twice:
        parts.append(f"{len(twice):,} utterance ids occur more than once ({some(twice)})")
    if copies:
        parts.append(f"{copies:,} rows repeat another row under a new id")
    if crossing:
        parts.append(f"{crossing:,} of these lie in training and test")
    sentence = (
        "; ".join(parts) + "." if parts else "Every utterance has one id, and every id one row."
    )
    if unclear:
        sentence += (
            f" A join by dialogue and text would be wrong for up to {unclear:.1f} % of them."
        )
    bars = (("rows too many", percent(n, len(all_cases)), "%"), ("ambiguous by text", unclear, "%"))
    return Finding(
        "duplicates",
        "wrong" if n else "fine",
        sentence,
        n,
        "rows",
        bars,
        {"ids": twice[:50], "by text": unclear},
    )


def repeats(all_cases: Sequence[Case]) -> frozenset[int]:
    """Places of rows that repeat an earlier one; other checks look at what is there once."""
    return frozenset(place for group in _rows(all_cases) for place in group[1:])


def _rows(all_cases: Sequence[Case]) -> list[list[int]]:
    return _groups((_row(c), c.place) for c in all_cases)


def _row(c: Case) -> Hashable:
    u = c.said
    if not u.text or u.start is None or u.end is None or u.end <= u.start:
        return None  # without times an "okay" may well be said twice
    return u.speaker, u.text, u.start, u.end


def _groups(keyed: Iterable[tuple[Hashable, int]]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for key, place in keyed:
        if key is not None:
            groups[key].append(place)
    return [g for g in groups.values() if len(g) > 1]
