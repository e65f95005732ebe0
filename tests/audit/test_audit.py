"""Every planted leak is found, alone; nothing is found in a clean corpus."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import leaky
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaky import Corpus, Ready, each, put

from empathia.audit import audit_corpus
from empathia.audit.finding import Audit, Finding
from empathia.audit.words import MIN_WORDS, SAME, near_copies, words
from empathia.bench.protocols import folds
from empathia.report.audit.html import QUESTIONS, page
from empathia.types import Dialogue, Features, Utterance


def found(audit: Audit, *severities: str) -> set[str]:
    return {f.check for f in audit.findings if f.severity in severities}


def of(audit: Audit, check: str) -> Finding:
    return next(f for f in audit.findings if f.check == check)


def speakers(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    return each(
        c, lambda d, u: dataclasses.replace(u, speaker=f"p{int(d.id[1:]) % 7}{u.index % 2}")
    ), r


def sentences(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    train = [u.text or "" for d in c if d.split == "train" for u in d.utterances]
    long = [t for t in train if len(t.split()) >= 6]

    def change(d: Dialogue, u: Utterance) -> Utterance:
        if d.split != "test" or u.index % 3:
            return u
        copied = long[(7 * int(d.id[1:]) + u.index) % len(long)].upper() + "!"
        return dataclasses.replace(u, text=copied)

    return each(c, change), r


def duplicates(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    twice = dataclasses.replace(c[0].utterances[0], index=len(c[0].utterances))
    return [dataclasses.replace(c[0], utterances=(*c[0].utterances, twice)), *c[1:]], r


def join(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    rows = list(r["voice"].items())
    return c, {"voice": {(k if i % 8 else k.upper()): f for i, (k, f) in enumerate(rows)}}


def constant(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    return c, put(r, lambda k, v: np.where(np.arange(3) == 1, np.float32(0.5), v))


def zeros(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    return c, put(r, lambda k, v: v * 0 if k.endswith("3") else v)


def missing(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    gold = {u.id: u.gold[0] for d in c for u in d.utterances}

    def gap(key: str, v: np.ndarray) -> np.ndarray:
        return np.where((np.arange(3) == 2) & (gold[key] == "shy"), np.float32(np.nan), v)

    return c, put(r, gap)


def gold_column(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    code = {u.id: leaky.LABELS.index(u.gold[0]) for d in c for u in d.utterances}
    return c, put(r, lambda k, v: np.where(np.arange(3) == 0, v * 0.05 + code[k], v))


def gold_flag(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    shy = {u.id: float(u.gold[0] == "shy") for d in c for u in d.utterances}
    return c, put(r, lambda k, v: np.where(np.arange(3) == 0, v * 0.05 + shy[k], v))


def gold_word(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    return each(c, lambda d, u: dataclasses.replace(u, text=f"{u.text} ({u.gold[0]})")), r


def metadata(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    def change(d: Dialogue, u: Utterance) -> Utterance:
        third = 3 * u.index // len(d.utterances)
        code = {"female": 0, "male": 1}[u.gender or ""] + third
        mostly = u.gold[0] if u.id[4] < "4" else leaky.LABELS.labels[code]
        return dataclasses.replace(u, gold=(mostly,))

    return each(c, change), r


def inertia(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    def change(d: Dialogue, u: Utterance) -> Utterance:
        return dataclasses.replace(u, gold=d.utterances[u.index // 5 * 5].gold)

    return each(c, change), r


def unlearnt(c: Corpus, r: Ready) -> tuple[Corpus, Ready]:
    def change(d: Dialogue, u: Utterance) -> Utterance:
        strange = d.split == "test" or u.gold[0] != "shy"
        return u if strange else dataclasses.replace(u, gold=("calm",))

    return each(c, change), r


LEAKS: dict[str, tuple[Callable[[Corpus, Ready], tuple[Corpus, Ready]], str, str]] = {
    "speakers": (speakers, "speakers", "wrong"),
    "sessions": (lambda c, r: (leaky.group_of(c, "session", 4), r), "sessions", "wrong"),
    "scenarios": (lambda c, r: (leaky.group_of(c, "scenario", 4), r), "scenarios", "wrong"),
    "another grouping": (lambda c, r: (leaky.group_of(c, "place", 4), r), "places", "note"),
    "sentences": (sentences, "sentences", "wrong"),
    "duplicates": (duplicates, "duplicates", "wrong"),
    "join": (join, "joins", "wrong"),
    "constant": (constant, "constant", "wrong"),
    "zeros": (zeros, "constant", "wrong"),
    "missing": (missing, "missing", "wrong"),
    "gold in a column": (gold_column, "gold", "wrong"),
    "one label in a column": (gold_flag, "gold", "wrong"),
    "gold in a word": (gold_word, "gold", "wrong"),
    "metadata": (metadata, "metadata", "wrong"),
    "inertia": (inertia, "inertia", "worry"),
    "a label that is not learnt": (unlearnt, "labels", "wrong"),
}


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_corpus_is_clean(seed: int) -> None:
    dialogues, ready = leaky.corpus(seed)
    audit = audit_corpus(dialogues, features=ready)
    assert found(audit, "wrong", "worry") == set()
    assert not audit.wrong


@pytest.mark.parametrize("leak", LEAKS)
def test_each_leak_alone_is_found(leak: str) -> None:
    spoil, check, severity = LEAKS[leak]
    dialogues, ready = spoil(*leaky.corpus(3))
    audit = audit_corpus(dialogues, features=ready)
    assert of(audit, check).severity == severity
    # A label that hangs on the third of the dialogue also lasts, and its place alone tells it.
    bycatch = {"metadata": {"inertia", "shortcuts"}}.get(leak, set())
    assert found(audit, "wrong", "worry") - bycatch <= {check}


def test_figures_of_the_floors_are_those_of_a_plain_count() -> None:
    dialogues, _ = metadata(*leaky.corpus(1))
    audit = audit_corpus(dialogues)
    cells: dict[tuple[str | None, int], Counter[str]] = {}
    train = [
        (u.gender, 3 * u.index // 10, u.gold[0])
        for d in dialogues
        if d.split == "train"
        for u in d.utterances
    ]
    for gender, third, label in train:
        cells.setdefault((gender, third), Counter())[label] += 1
    test = [
        (u.gender, 3 * u.index // 10, u.gold[0])
        for d in dialogues
        if d.split == "test"
        for u in d.utterances
    ]
    said = [cells[g, t].most_common(1)[0][0] for g, t, _ in test]
    assert of(audit, "metadata").figure == pytest.approx(_weighted_f1([x for *_, x in test], said))


def test_inertia_is_what_copying_scores() -> None:
    dialogues, _ = inertia(*leaky.corpus(2))
    train = [u.gold[0] for d in dialogues if d.split == "train" for u in d.utterances]
    usual = max(sorted(set(train)), key=train.count)
    gold, said = [], []
    for d in (d for d in dialogues if d.split == "test"):
        for u in d.utterances:
            gold.append(u.gold[0])
            said.append(d.utterances[u.index - 2].gold[0] if u.index > 1 else usual)
    audit = audit_corpus(dialogues)
    assert of(audit, "inertia").figure == pytest.approx(_weighted_f1(gold, said))


def _weighted_f1(gold: list[str], said: list[str]) -> float:
    total = 0.0
    for label, n in Counter(gold).items():
        hits = sum(g == s == label for g, s in zip(gold, said, strict=True))
        total += n * 2 * hits / (n + said.count(label))
    return 100 * total / len(gold)


def test_names_of_roles_are_no_people() -> None:
    dialogues, _ = leaky.corpus()
    roles = each(dialogues, lambda d, u: dataclasses.replace(u, speaker="FM"[u.index % 2]))
    finding = of(audit_corpus(roles), "speakers")
    assert finding.severity == "note"
    assert "cannot be told" in finding.sentence


def test_the_same_recording_in_training_and_test(tmp_path: Path) -> None:
    dialogues, _ = leaky.corpus(dialogues=12)
    for d in dialogues:
        for u in d.utterances:
            (tmp_path / u.id).write_bytes(u.id.encode())
    here, there = dialogues[4].utterances[0], dialogues[0].utterances[0]
    heard = each(dialogues, lambda d, u: dataclasses.replace(u, audio=tmp_path / u.id))
    assert of(audit_corpus(heard), "recordings").severity == "fine"
    (tmp_path / here.id).write_bytes(there.id.encode())
    finding = of(audit_corpus(heard), "recordings")
    assert (finding.severity, finding.details["crossing"]) == ("wrong", 1)
    (tmp_path / there.id).unlink()
    assert "1 of 120 recordings are not there" in of(audit_corpus(heard), "joins").sentence


def test_the_label_in_a_name_is_a_note() -> None:
    dialogues, _ = leaky.corpus()
    named = each(dialogues, lambda d, u: dataclasses.replace(u, id=f"{u.id}-{u.gold[0]}"))
    audit = audit_corpus(named)
    assert of(audit, "names").severity == "note"
    assert found(audit, "wrong", "worry") == set()


def test_folds_that_share_speakers_are_told_from_those_that_do_not() -> None:
    dialogues, _ = speakers(*leaky.corpus())
    without = [dataclasses.replace(d, split=None) for d in dialogues]
    mixed = audit_corpus(without, folds=folds(without, "k-fold", seed=0))
    apart = audit_corpus(without, folds=folds(without, "leave-speaker-out", seed=0))
    assert of(mixed, "speakers").severity == "wrong"
    assert of(apart, "speakers").severity == "fine"
    assert of(audit_corpus(without), "split").severity == "note"


def test_spellings_of_a_label_are_a_worry() -> None:
    dialogues, ready = leaky.corpus()

    def shouted(d: Dialogue, u: Utterance) -> Utterance:
        return dataclasses.replace(u, gold=(u.gold[0].upper(),)) if u.index % 3 else u

    audit = audit_corpus(each(dialogues, shouted), features=ready)
    finding = of(audit, "spelling")
    assert (finding.severity, finding.figure) == ("worry", 4)
    assert "'CALM' / 'calm'" in finding.sentence and "join_alike" in finding.sentence


def test_one_person_under_two_spellings_in_training_and_test_is_a_worry() -> None:
    dialogues, ready = leaky.corpus()
    names = {"train": "Zoë", "valid": "Ben", "test": "Zoe\u0308_"}

    def renamed(d: Dialogue, u: Utterance) -> Utterance:
        groups = {**u.groups, "room": f"Room {d.split}", "place": f"{d.id}-{d.split}"}
        spelt = names[d.split or ""] if u.index % 2 else u.speaker
        return dataclasses.replace(u, speaker=spelt, groups=groups)

    audit = audit_corpus(each(dialogues, renamed), features=ready)
    finding = of(audit, "spelling")
    assert finding.severity == "worry"
    assert list(finding.details["names"]) == ["speaker"]
    assert "Training and test spell" in finding.sentence
    alone = each(dialogues, lambda d, u: renamed(d, u) if d.split == "train" else u)
    assert of(audit_corpus(alone), "spelling").severity == "fine"


def test_rows_without_dialogues_are_told_to_be_so() -> None:
    rows = [Dialogue(str(i), (Utterance(str(i), 0, "x", gold=("ab"[i % 2],)),)) for i in range(9)]
    assert "a dialogue of its own" in of(audit_corpus(rows), "inertia").sentence
    assert "a dialogue of its own" not in of(audit_corpus([]), "inertia").sentence


def test_a_corpus_without_anything_is_audited() -> None:
    audit = audit_corpus([])
    assert not audit.wrong
    bare = [Dialogue(str(i), (Utterance(str(i), 0, "x"),), split="test") for i in range(5)]
    assert not audit_corpus(bare).wrong


sentence = st.lists(st.sampled_from("abcdefg"), min_size=MIN_WORDS, max_size=14).map(tuple)


@given(st.lists(sentence, max_size=12), st.lists(sentence, max_size=12))
def test_near_copies_are_those_of_comparing_all_with_all(
    known: list[tuple[str, ...]], asked: list[tuple[str, ...]]
) -> None:
    def alike(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        both = (Counter(a) & Counter(b)).total()
        return both / (len(a) + len(b) - both) >= SAME - 1e-9

    copies = near_copies(known, asked)
    assert set(copies) == {i for i, a in enumerate(asked) if any(alike(a, k) for k in known)}
    assert all(alike(known[k], asked[a]) for a, k in copies.items())


def test_words_are_compared_without_case_and_marks() -> None:
    assert words("Don’t -- STOP, me!") == ("don't", "stop", "me")
    assert words("안녕하세요, 여러분") == ("안녕하세요", "여러분")
    assert words(None) == ()


def test_frames_count_by_their_mean_and_gaps_are_no_zeros() -> None:
    dialogues, _ = leaky.corpus()
    rng = np.random.default_rng(0)

    def frames(u: Utterance) -> Features:
        values = rng.normal(size=(4, 3)).astype(np.float32) + leaky.LABELS.index(u.gold[0]) * 9
        values[0] = math.nan
        return Features(u.id, "voice", values, leaky.NAMES, rate=10.0)

    rows = {u.id: frames(u) for d in dialogues for u in d.utterances}
    audit = audit_corpus(dialogues, features={"voice": rows})
    assert found(audit, "wrong") == {"gold"}
    assert of(audit, "missing").severity == "fine"


def test_the_page_says_all_and_holds_nothing_foreign() -> None:
    dialogues, ready = speakers(*leaky.corpus())
    audit = audit_corpus(dialogues, features=ready, subject="<b>&")
    text = page(audit)
    assert "<b>&" not in text and "&lt;b&gt;&amp;" in text
    assert "default-src 'none'" in text and "<script" not in text and "style=" not in text
    for f in audit.findings:
        assert QUESTIONS[f.check] in text
    assert json.loads(json.dumps(audit.to_json(), allow_nan=False))["counts"]["wrong"] == 1
    said = {u.text for d in dialogues for u in d.utterances}
    assert not any(t in text for t in said if t)


def test_telling_words_in_a_part_of_the_test_are_a_note_that_names_them() -> None:
    """Neither a leak (people do not always use them) nor fine."""
    corpus, ready = leaky.corpus(1)

    def half(d: Dialogue, u: Utterance) -> Utterance:
        return dataclasses.replace(u, text=f"{u.text} so{u.gold[0]}") if u.index % 2 else u

    finding = of(audit_corpus(each(corpus, half), subject="t", features=ready), "gold")
    assert finding.severity == "note"
    assert "socalm" in finding.sentence
    assert finding.figure == 100.0
