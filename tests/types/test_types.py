"""The values refuse what cannot be, and say why."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import (
    BrokenExtra,
    ConfigError,
    EmpathiaError,
    ExtraError,
    InputError,
    LabelError,
    MissingExtra,
    UsageError,
    needs,
)
from empathia.labels import EKMAN7, LABEL_SETS, LabelSet, Projection, label_set
from empathia.labels.projections import GOEMOTIONS_TO_EKMAN, RAVDESS_TO_EKMAN, XED_TO_EKMAN
from empathia.types import (
    Audio,
    Dialogue,
    Element,
    Emotion,
    Empathy,
    Features,
    Turn,
    Utterance,
    Wish,
    overlaps,
    spaced,
)


def emotion(*scores: float, **more: object) -> Emotion:
    return Emotion("text", EKMAN7, tuple(scores), **more)  # type: ignore[arg-type]


@given(st.lists(st.floats(0.01, 1), min_size=7, max_size=7))
def test_label_confidence_and_runner_up_follow_the_scores(raw: list[float]) -> None:
    scores = [x / sum(raw) for x in raw]
    heard = emotion(*scores)
    order = sorted(range(7), key=lambda i: -scores[i])
    assert heard.confidence == pytest.approx(max(scores))
    assert heard.label is not None
    assert heard.score(heard.label) == max(scores)
    assert heard.runner_up is not None
    assert heard.runner_up[1] == scores[order[1]]
    assert heard.runner_up[0] != heard.label


def test_an_abstaining_source_has_no_label_but_keeps_what_it_saw() -> None:
    unsure = emotion(*[1 / 7] * 7, abstained="too unsure")
    assert unsure.label is None
    assert unsure.confidence == pytest.approx(1 / 7)
    blind = emotion(abstained="no words")
    assert blind.confidence is None
    assert blind.runner_up is None
    with pytest.raises(LabelError, match="no scores"):
        blind.score("joy")


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ((), "neither scores nor a reason"),
        ((1.0,), "1 scores for 7 labels"),
        ((1.2, -0.2, 0, 0, 0, 0, 0), r"outside \[0, 1\]"),
        ((0.5, 0, 0, 0, 0, 0, 0), "sum to 0.5"),
        ((float("nan"), 0, 0, 0, 0, 0, 0), r"outside \[0, 1\]"),
    ],
)
def test_impossible_scores_are_refused(scores: tuple[float, ...], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        emotion(*scores)


def test_independent_scores_need_not_sum_to_one() -> None:
    assert emotion(0.9, 0.9, 0, 0, 0, 0, 0, exclusive=False).confidence == 0.9


@pytest.mark.parametrize(("start", "end"), [(1.0, None), (2.0, 1.0), (-1.0, 1.0), (0.0, np.inf)])
def test_impossible_times_are_refused(start: float, end: float | None) -> None:
    with pytest.raises(InputError, match="start"):
        Utterance("u", 0, "Ann", start=start, end=end)


def turns(*spans: tuple[str, float | None, float | None]) -> list[Turn]:
    return [Turn(Utterance(str(i), i, *who_when(s))) for i, s in enumerate(spans)]


def who_when(span: tuple[str, float | None, float | None]) -> tuple[object, ...]:
    who, start, end = span
    return who, None, start, end


def test_overlap_is_the_time_in_which_another_speaks_too() -> None:
    said = turns(("A", 0, 10), ("B", 2, 4), ("C", 3, 5), ("A", 4.5, 6), ("B", 10, 11))
    assert overlaps(said) == [3.0, 2.0, 2.0, 0.5, 0.0]


def test_overlap_is_not_known_without_times() -> None:
    said = turns(("A", 0, 2), ("B", None, None), ("B", 1, 1), ("B", 1.5, 3))
    assert overlaps(said) == [0.5, None, 0.0, 0.5]
    assert overlaps([]) == []


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 30), st.integers(0, 12)), max_size=12)
)
def test_overlap_is_what_a_count_of_instants_says(spans: list[tuple[str, int, int]]) -> None:
    held = [(who, set(range(start, start + length))) for who, start, length in spans]
    counted = [
        float(len(mine & set().union(*(x for other, x in held if other != who))))
        for who, mine in held
    ]
    assert overlaps(turns(*((w, a, a + n) for w, a, n in spans))) == counted


@pytest.mark.parametrize(
    ("before", "after", "language", "space"),
    [
        ("a", "b", None, True),
        ("你", "好", "zh", False),
        ("你", "好", None, True),
        ("machine", "learning", "ja", True),
        ("学", "machine", "ja", False),
        ("2", "個", "ja", False),
        ("a", " b", "en", False),
        ("a ", "b", "en", False),
    ],
)
def test_words_are_spaced_as_their_language_is(
    before: str, after: str, language: str | None, space: bool
) -> None:
    assert spaced(before, after, language) is space


def test_a_dialogue_is_in_time_order() -> None:
    turns = tuple(Utterance(str(i), i, "Ann") for i in range(4))
    assert Dialogue("d", turns).utterances == turns
    with pytest.raises(InputError, match="order"):
        Dialogue("d", turns[::-1])


def test_features_name_every_column_and_keep_missing_missing() -> None:
    f = Features("u", "prosody", np.array([[1.5, np.nan]], np.float32), ("a", "b"))
    assert f.measure("a") == 1.5
    assert f.measure("b") is None
    with pytest.raises(InputError, match="2 columns and 1 names"):
        Features("u", "prosody", f.values, ("a",))
    with pytest.raises(InputError, match="frames, dim"):
        Features("u", "prosody", np.zeros(3, np.float32))
    with pytest.raises(InputError, match="mono"):
        Audio(np.zeros((2, 3), np.float32), 16000)


def test_label_sets_are_named_unique_and_known() -> None:
    assert all(s.name == name for name, s in LABEL_SETS.items())
    assert label_set("mine", ["calm", "tense"]).index("tense") == 1
    with pytest.raises(LabelError, match="more than once"):
        LabelSet("x", ("a", "a"))
    with pytest.raises(LabelError, match="empty"):
        LabelSet("x", ())
    with pytest.raises(LabelError, match="unknown label set"):
        label_set("nope")
    with pytest.raises(LabelError, match="'rage' is not a label"):
        EKMAN7.index("rage")


def test_projections_name_every_source_label() -> None:
    for projection in (GOEMOTIONS_TO_EKMAN, RAVDESS_TO_EKMAN, XED_TO_EKMAN):
        assert {projection(x) for x in projection.source} - {None} <= set(EKMAN7)
    assert GOEMOTIONS_TO_EKMAN("annoyance") == "anger"
    assert RAVDESS_TO_EKMAN("calm") == "neutral"
    assert XED_TO_EKMAN("trust") is None
    with pytest.raises(LabelError, match="unnamed"):
        Projection(LabelSet("a", ("x", "y")), LabelSet("b", ("z",)), {"x": "z"})
    with pytest.raises(LabelError, match="not in the target"):
        Projection(LabelSet("a", ("x",)), LabelSet("b", ("z",)), {"x": "w"})


def test_errors_carry_problem_remedy_and_exit_code() -> None:
    error = ConfigError("run.toml says 'epoch'", "Say 'epochs'")
    assert str(error) == "run.toml says 'epoch'. Say 'epochs'"
    assert error.exit_code == 2
    assert EmpathiaError("x").exit_code == 1
    assert "pip install 'empathia[asr]'" in str(MissingExtra("asr", "Speech to text"))


@pytest.mark.parametrize(
    ("reason", "kind", "told"),
    [
        (ModuleNotFoundError("No module named 'av'"), MissingExtra, "which is not installed"),
        (ImportError("libz.so.1: cannot open"), BrokenExtra, r"does not load \(libz\.so\.1"),
        (OSError("libsndfile.so: not found"), BrokenExtra, r"does not load \(libsndfile"),
    ],
)
def test_what_hinders_an_extra_is_told_as_it_is(reason, kind, told) -> None:
    with pytest.raises(ExtraError, match=told) as caught, needs("face", "Looking"):
        raise reason
    assert type(caught.value) is kind
    assert "empathia[face]" in caught.value.remedy


def test_features_are_equal_where_their_numbers_are() -> None:
    row = np.array([[1.5, np.nan]], np.float32)
    one, same = Features("u", "x", row), Features("u", "x", row.copy())
    assert one == same
    assert hash(one) == hash(same)
    assert one != Features("u", "x", row + 1)
    assert one != Features("v", "x", row)


def test_an_element_of_empathy_has_the_likeliest_level() -> None:
    element = Element((0.2, 0.5, 0.3), ((0, 4),))
    assert (element.level, element.confidence) == (1, 0.5)
    assert element.expected == pytest.approx(1.1)
    both = Empathy({"reaction": element, "exploration": Element((1.0, 0.0, 0.0))}, sentiment=-0.5)
    assert both.expected == pytest.approx(1.1)
    assert Empathy().expected is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Element((0.5, 0.6, 0.2)), "sum to 1.3"),
        (lambda: Element((1.5, -0.5, 0.0)), r"expected 3 in \[0, 1\]"),
        (lambda: Empathy({"warmth": Element((1.0, 0.0, 0.0))}), "'warmth' is no element"),
        (lambda: Empathy(sentiment=1.5), r"sentiment is 1\.5"),
    ],
)
def test_what_is_no_empathy_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        make()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"empathy": {"warmth": 1}}, "'warmth=1'"),
        ({"empathy": {"reaction": 3}}, "'reaction=3'"),
        ({"sentiment": 1.5}, "sentiment 1.5"),
        ({"candidates": 0}, "0"),
    ],
)
def test_what_cannot_be_wished_says_what_can(wish, said):
    with pytest.raises(UsageError, match=said):
        Wish(**wish)
