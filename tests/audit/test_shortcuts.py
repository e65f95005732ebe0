"""A cheap column that alone tells the label is seen; chance and honest measures are not."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence

import leaky
import numpy as np
import pytest
from leaky import Corpus, each

from empathia.audit import audit_corpus
from empathia.audit.finding import Finding
from empathia.types import Dialogue, Features, Utterance

Change = Callable[[Dialogue, Utterance, int], Utterance]


def shortcuts(dialogues: Sequence[Dialogue], **options: object) -> Finding:
    audit = audit_corpus(dialogues, **options)  # type: ignore[arg-type]
    return next(f for f in audit.findings if f.check == "shortcuts")


def length(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, text=" ".join((u.text or "").split()[:1] * (2 + code)))


def duration(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, end=(u.start or 0) + 0.2 + 0.2 * code)


def late(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, start=50.0 * code + u.index, end=50.0 * code + u.index + 1)


def last_sign(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, text=f"{u.text}{('.', '!', '?', '...')[code]}")


def case(d: Dialogue, u: Utterance, code: int) -> Utterance:
    text = u.text or ""
    return dataclasses.replace(u, text=text.upper() if code > 1 else text)


def first_letter(d: Dialogue, u: Utterance, code: int) -> Utterance:
    text = u.text or ""
    return dataclasses.replace(u, text=text.capitalize() if code > 1 else text)


def speaker(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, speaker=f"{'ABCD'[code]}{u.index % 3}")


def gender(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, gender=("female", "male")[code > 1])


def group(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, groups={**u.groups, "room": f"room {code}"})


def wordless(d: Dialogue, u: Utterance, code: int) -> Utterance:
    return dataclasses.replace(u, text=u.text if code < 2 else None)


PLANTED: dict[str, tuple[Change, str]] = {
    "length": (length, "number of words"),
    "duration": (duration, "length in seconds"),
    "start": (late, "start in seconds"),
    "last sign": (last_sign, "last sign"),
    "case": (case, "number of words in capitals"),
    "first letter": (first_letter, "first letter's case"),
    "speaker": (speaker, "speaker"),
    "gender": (gender, "gender"),
    "grouping": (group, "grouping 'room'"),
    "missing words": (wordless, "missing words"),
}


def planted(change: Change, seed: int, split: bool) -> Corpus:
    dialogues, _ = leaky.corpus(seed, dialogues=30)
    lot = random.Random(seed)

    def changed(d: Dialogue, u: Utterance) -> Utterance:
        # One in ten is as it comes: a shortcut need not be perfect.
        code = leaky.LABELS.index(u.gold[0]) if lot.random() < 0.9 else lot.randrange(4)
        return change(d, u, code)

    spoilt = each(dialogues, changed)
    return spoilt if split else [dataclasses.replace(d, split=None) for d in spoilt]


@pytest.mark.parametrize("split", [True, False], ids=["split", "no split"])
@pytest.mark.parametrize("name", PLANTED)
def test_a_column_that_tells_the_label_is_a_worry_and_named(name: str, split: bool) -> None:
    change, column = PLANTED[name]
    finding = shortcuts(planted(change, 1, split))
    assert finding.severity == "worry"
    assert column in {c["name"] for c in finding.details["columns"] if c["way"] >= c["bound"]}
    assert column in finding.sentence or " more" in finding.sentence


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("seed", range(2))
def test_labels_that_were_shuffled_are_told_by_nothing(name: str, seed: int) -> None:
    for split in (True, False):
        spoilt = planted(PLANTED[name][0], seed, split)
        labels = [u.gold for d in spoilt for u in d.utterances]
        random.Random(seed).shuffle(labels)
        drawn = iter(labels)
        shuffled = each(spoilt, lambda d, u: dataclasses.replace(u, gold=next(drawn)))  # noqa: B023
        assert shortcuts(shuffled).severity == "fine"


@pytest.mark.parametrize("seed", range(12))
def test_a_label_for_a_whole_dialogue_is_no_evidence_for_each_of_its_rows(seed: int) -> None:
    lot = random.Random(seed)

    def talk(i: int) -> Dialogue:
        label, who = lot.choice("abc"), lot.choice("PQRST")
        turns = (
            Utterance(f"{i}-{j}", j, who, "so " * lot.randrange(1, 9), gold=(label,))
            for j in range(6)
        )
        return Dialogue(str(i), tuple(turns))

    assert shortcuts([talk(i) for i in range(16)]).severity == "fine"


def test_a_measure_of_the_voice_may_tell_much() -> None:
    dialogues, _ = leaky.corpus()
    lot = np.random.default_rng(0)

    def measured(u: Utterance, noise: float) -> Features:
        level = leaky.LABELS.index(u.gold[0]) + lot.normal(0, noise)
        return Features(u.id, "voice", np.array([[level]], np.float32), ("level",))

    def heard(noise: float) -> Finding:
        rows = {u.id: measured(u, noise) for d in dialogues for u in d.utterances}
        return shortcuts(dialogues, features={"voice": rows})

    honest, told = heard(0.6), heard(0.3)
    assert honest.severity == "fine"
    assert "the best is voice: level with" in honest.sentence
    assert told.severity == "worry"
    assert "voice: level" in told.sentence


def test_figures_are_those_of_a_plain_count() -> None:
    """Gender against two labels, counted by hand."""
    answers = {"train": "aab aab bba bba bba", "test": "aab aab aba bba bba bba"}
    dialogues = []
    for part, cells in answers.items():
        for i, cell in enumerate(cells.split() * 20):
            turns = tuple(
                Utterance(
                    f"{part}{i}{j}",
                    j,
                    "X",
                    gender="female" if cell.startswith("a") else "male",
                    gold=(label,),
                )
                for j, label in enumerate(cell)
            )
            dialogues.append(Dialogue(f"{part}{i}", turns, split=part))
    columns = {c["name"]: c for c in shortcuts(dialogues).details["columns"]}
    # Train: female a 4, b 2; male a 3, b 6. Of the test's a (2+2+2+3 = 9) 6 are female, of its b
    # (3+6 = 9) 6 are male.
    assert columns["gender"]["uar"] == pytest.approx(100 * 2 / 3)
    assert columns["gender"]["weighted_f1"] == pytest.approx(100 * 2 / 3)
    assert columns["gender"]["way"] == pytest.approx(1 / 3)


def test_who_says_i_does_not_shout() -> None:
    dialogues, _ = leaky.corpus()

    def me(d: Dialogue, u: Utterance) -> Utterance:
        text = "I" if u.gold == ("shy",) else "they"
        return dataclasses.replace(u, text=f"Well, {text} do know what to do with it {text}")

    columns = {c["name"]: c for c in shortcuts(each(dialogues, me)).details["columns"]}
    assert columns["number of characters"]["way"] > 0.25
    assert not any("capital" in name for name in columns)


def test_too_little_to_be_sure_by_is_a_note() -> None:
    few = [
        Dialogue(str(i), (Utterance(str(i), 0, "AB"[i % 2], gold=("ab"[i % 2],)),))
        for i in range(8)
    ]
    finding = shortcuts(few)
    assert (finding.severity, finding.figure) == ("note", None)
    assert shortcuts([]).severity == "note"
    one = [dataclasses.replace(d, split="test") for d in few]
    assert shortcuts(one).severity == "note"


def test_names_that_training_does_not_know_are_answered_by_the_commonest_label() -> None:
    dialogues, _ = leaky.corpus(2)
    columns = {c["name"]: c for c in shortcuts(dialogues).details["columns"]}
    assert columns["speaker"]["uar"] == 25.0  # each part has people of its own
