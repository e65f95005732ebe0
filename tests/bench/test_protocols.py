"""Folds: who is learnt from and who is tested, and that nobody is both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.bench.protocols import Fold, everything, folder_name, folds, read_listed
from empathia.errors import ConfigError, CorpusError, EmpathiaWarning
from empathia.types import Dialogue, Utterance


def dialogue(
    name: str, speakers: str, split: str | None = None, corpus: str = "c", **groups: str
) -> Dialogue:
    utterances = tuple(
        Utterance(f"{name}.{i}", i, s, text="x", gold=("a",), groups=groups)
        for i, s in enumerate(speakers)
    )
    return Dialogue(name, utterances, corpus=corpus, split=split)


def ids(dialogues: Sequence[Dialogue]) -> set[str]:
    return {u.id for d in dialogues for u in d.utterances}


def disjoint(fold: Fold) -> bool:
    train, valid, test = (ids(p) for p in (fold.train, fold.valid, fold.test))
    return not (train & valid or train & test or valid & test)


def test_standard_takes_the_corpus_s_own_parts() -> None:
    data = [dialogue("a", "xy", "train"), dialogue("b", "xy", "valid"), dialogue("c", "xy", "test")]
    (fold,) = folds(data, "standard", seed=1)
    assert (ids(fold.train), ids(fold.valid), ids(fold.test)) == (
        {"a.0", "a.1"},
        {"b.0", "b.1"},
        {"c.0", "c.1"},
    )
    assert fold.test_ids is None


def test_standard_without_a_test_part_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"needs a test part.*k-fold"):
        folds([dialogue("a", "x", "train")], "standard", seed=1)


def test_carved_validation_holds_out_speakers_where_the_test_does() -> None:
    data = [dialogue(f"t{s}{i}", s, "train") for s in "abcdefgh" for i in range(5)]
    data += [dialogue("test", "z", "test")]
    (fold,) = folds(data, "standard", seed=3, valid=0.25)
    learnt = {u.speaker for d in fold.train for u in d.utterances}
    chosen = {u.speaker for d in fold.valid for u in d.utterances}
    assert len(chosen) == 2
    assert not learnt & chosen
    assert disjoint(fold)


def test_carved_validation_takes_dialogues_where_speakers_are_known() -> None:
    data = [dialogue(f"t{i}", "ab", "train") for i in range(10)] + [dialogue("q", "ab", "test")]
    (fold,) = folds(data, "standard", seed=3, valid=0.2)
    assert (len(fold.train), len(fold.valid)) == (8, 2)


def test_leave_speaker_out_tests_the_speaker_and_learns_from_none_of_their_dialogues() -> None:
    data = [dialogue(f"{a}{b}{i}", a + b) for a, b in ("ab", "cd", "ef", "gh") for i in range(2)]
    made = {f.name: f for f in folds(data, "leave-speaker-out", seed=1)}
    assert sorted(made) == list("abcdefgh")
    fold = made["a"]
    assert fold.test_ids == {"ab0.0", "ab1.0"}
    assert ids(fold.test) == ids(data[:2])  # the partner's turns are context
    assert not {"a", "b"} & {u.speaker for d in (*fold.train, *fold.valid) for u in d.utterances}


def test_leave_group_out_and_its_complaint() -> None:
    data = [dialogue(f"{s}{i}", "xy", scenario=s) for s in "pqr" for i in range(4)]
    made = folds(data, "leave-scenario-out", seed=1)
    assert [f.name for f in made] == ["p", "q", "r"]
    for fold in made:
        inside = {u.groups["scenario"] for d in fold.test for u in d.utterances}
        outside = {u.groups["scenario"] for d in fold.train for u in d.utterances}
        assert inside == {fold.name}
        assert fold.name not in outside
        assert len({u.groups["scenario"] for d in fold.valid for u in d.utterances}) == 1
    with pytest.raises(ConfigError, match="has no session"):
        folds(data, "leave-session-out", seed=1)


def test_groups_are_spread_over_fewer_folds_evenly() -> None:
    data = [
        dialogue(f"{s}{i}", s)
        for s, n in zip("abcdef", (6, 5, 4, 3, 2, 1), strict=True)
        for i in range(n)
    ]
    made = folds(data, "leave-speaker-out", seed=1, count=3)
    assert [len(f.test) for f in made] == [7, 7, 7]


def test_listed_folds(tmp_path: Path) -> None:
    for part, keys in {"train": ["a", "b", "c"], "test": ["d"]}.items():
        lines = [json.dumps({"key": f"toy-{k}"}) for k in keys]
        (tmp_path / f"toy_{part}_fold_1.jsonl").write_text("\n".join(lines))
    listed = read_listed(tmp_path)
    assert listed == {"1": (frozenset("abc"), frozenset("d"))}
    data = [Dialogue(k, (Utterance(k, 0, k),), corpus="toy") for k in "abcd"]
    (fold,) = folds(data, "listed", seed=1, listed=listed)
    assert ids(fold.test) == {"d"}
    assert ids(fold.train) | ids(fold.valid) == set("abc")


def test_what_a_fold_does_not_list_is_context() -> None:
    data = [dialogue(f"d{i}", "xyxy") for i in range(8)]
    train = frozenset(f"d{i}.{k}" for i in range(2, 8) for k in (0, 1)) | {"d0.0"}
    listed = {"1": (train, frozenset(["d0.2", "d1.3", "gone.1"]))}
    with pytest.warns(EmpathiaWarning, match="lists 1 utterances that the corpus has not"):
        (fold,) = folds(data, "listed", seed=1, listed=listed)
    assert fold.test_ids == {"d0.2", "d1.3"}
    assert {d.id for d in fold.test} == {"d0", "d1"}
    assert fold.train_ids is not None
    assert not any(i.endswith((".2", ".3")) for i in fold.train_ids)
    assert fold.valid_ids is not None
    assert fold.valid_ids <= fold.train_ids


def test_validation_asks_only_speakers_that_are_not_learnt_from() -> None:
    ring = "abcdefghijkl"
    data = [dialogue(a + b, a + b) for a, b in zip(ring, ring[1:] + "a", strict=True)]
    for fold in folds(data, "leave-speaker-out", seed=5):
        learnt = {u.speaker for d in fold.train for u in d.utterances}
        assert fold.valid_ids
        validated = {u.speaker for d in fold.valid for u in d.utterances if u.id in fold.valid_ids}
        assert validated
        assert not validated & learnt


def test_many_values_do_not_make_long_names() -> None:
    data = [dialogue(f"s{i}", "x", scene=f"scene {i} with a long name") for i in range(50)]
    names = [f.name for f in folds(data, "leave-scene-out", seed=1, count=5)]
    assert names == [f"{i}_of_5" for i in range(1, 6)]


@given(st.sets(st.text(min_size=1), min_size=2))
def test_folders_are_harmless_and_each_fold_has_its_own(names: set[str]) -> None:
    places = [folder_name(n) for n in names]
    assert len(set(places)) == len(names)
    assert all(p not in {".", ".."} and "/" not in p and 0 < len(p) <= 80 for p in places)


def test_dialogues_without_a_part_are_told() -> None:
    data = [
        dialogue("a", "x", "train"),
        dialogue("b", "x", "train"),
        dialogue("t", "x", "test"),
        dialogue("n", "x"),
    ]
    with pytest.warns(EmpathiaWarning, match="1 of 4 dialogues are in no part"):
        folds(data, "standard", seed=1)


def test_everything_carves_what_the_folds_carve() -> None:
    data = [dialogue(f"d{i}", "abcdef"[i % 6]) for i in range(60)]
    like = folds(data, "k-fold", seed=1)[0]
    whole = everything(data, "k-fold", seed=1, valid=0.2, like=like)
    assert len(whole.valid) == 12
    assert {u.speaker for d in whole.valid for u in d.utterances} & {
        u.speaker for d in whole.train for u in d.utterances
    }


def test_damaged_fold_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "toy_train_fold_1.jsonl").write_text('{"key": "a"}\n')
    (tmp_path / "toy_test_fold_1.jsonl").write_text('{"key": "b"}\nnot json\n')
    with pytest.raises(CorpusError, match=r"toy_test_fold_1.jsonl:2"):
        read_listed(tmp_path)
    with pytest.raises(CorpusError, match="holds no file"):
        read_listed(tmp_path / "elsewhere")


@pytest.mark.parametrize("protocol", ["nonsense", "leave--out", "leave-out"])
def test_unknown_protocols(protocol: str) -> None:
    with pytest.raises(ConfigError, match="unknown protocol"):
        folds([dialogue("a", "x", "train")], protocol, seed=1)


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("pqr")), min_size=12),
    st.sampled_from(["k-fold", "leave-speaker-out", "leave-scenario-out"]),
    st.integers(0, 5),
)
def test_no_utterance_is_in_two_parts_and_all_are_tested_once(
    who: list[tuple[str, str]], protocol: str, seed: int
) -> None:
    data = [dialogue(f"d{i}", s, scenario=g) for i, (s, g) in enumerate(who)]
    try:
        made = folds(data, protocol, seed=seed)
    except ConfigError:
        return  # too few values, or too little left to carve from
    assert all(disjoint(f) and f.train and f.valid for f in made)
    tested = [i for f in made for i in (f.test_ids if f.test_ids is not None else ids(f.test))]
    assert sorted(tested) == sorted(ids(data))
    again = folds(data, protocol, seed=seed + 1)
    assert [ids(f.test) for f in again] == [ids(f.test) for f in made]


def test_a_fraction_of_the_training_part_alone() -> None:
    data = [dialogue(f"t{i}", "ab", "train") for i in range(20)]
    data += [dialogue("v", "ab", "valid"), dialogue("q", "ab", "test")]
    half = folds(data, "standard", seed=1, fraction=0.5)[0]
    tenth = folds(data, "standard", seed=1, fraction=0.1)[0]
    assert (len(half.train), len(tenth.train)) == (10, 2)
    assert ids(tenth.train) < ids(half.train)
    assert ids(half.valid) == ids(data[20:21])
    assert ids(half.test) == ids(data[21:])
