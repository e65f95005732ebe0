"""Who answers whom: order, directions, silence and overlap, what both must have, and the count."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.bench.pairs import Rule, direction, exchanges, listeners, pairs
from empathia.errors import UsageError
from empathia.types import Dialogue, Features, Sample, Utterance

GENDERS = {"Ann": "female", "Eva": "female", "Ben": "male", "Kim": None}


def talk(
    *said: tuple[str, float | None, float | None], name: str = "d", **more: object
) -> Dialogue:
    """A dialogue of (speaker, start, end); ids run against the order of time."""
    utterances = tuple(
        Utterance(f"{name}-{99 - i}", i, who, "so", a, b, gender=GENDERS.get(who), **more)
        for i, (who, a, b) in enumerate(said)
    )
    return Dialogue(name, utterances)


def keys(dialogues: list[Dialogue], rule: Rule | None = None, **have: set[str]) -> list[str]:
    return [
        f"{p.stimulus.speaker} {p.stimulus.start:g} {p.reaction.speaker} {p.reaction.start:g}"
        for p in pairs(dialogues, rule, have).pairs
    ]


TALK = talk(
    ("Ann", 0, 2), ("Ann", 2, 3), ("Ben", 2.5, 4), ("unknown", 4, 5), ("Ben", 5, 6), ("Kim", 9, 9)
)


def test_the_last_of_a_row_is_answered_by_the_first_of_the_next():
    found = pairs([TALK])
    assert keys([TALK]) == ["Ann 2 Ben 2.5", "Ben 5 Kim 9"]
    assert found.left_out == {
        "the same speaker goes on": 1,
        "the speaker is unknown": 2,
        "nothing follows": 1,
    }


@pytest.mark.parametrize(
    ("rule", "left", "reason"),
    [
        (Rule(directions=(("F", "M"),)), ["Ann 2 Ben 2.5"], "another direction"),
        (Rule(directions=(("m", "Kim"),)), ["Ben 5 Kim 9"], "another direction"),
        (Rule(directions=(("male", "female"),)), [], "the gender is unknown"),
        (Rule(directions=(("F", "M"), ("any", "Kim"))), ["Ann 2 Ben 2.5", "Ben 5 Kim 9"], ""),
        (Rule(gap=3), ["Ann 2 Ben 2.5", "Ben 5 Kim 9"], ""),
        (Rule(gap=2.9), ["Ann 2 Ben 2.5"], "more than 2.9 s between"),
        (Rule(overlap=0.5), ["Ann 2 Ben 2.5", "Ben 5 Kim 9"], ""),
        (Rule(overlap=0), ["Ben 5 Kim 9"], "more than 0 s of overlap"),
    ],
)
def test_directions_silence_and_overlap(rule, left, reason):
    assert keys([TALK], rule) == left
    assert not reason or pairs([TALK], rule).left_out[reason] == 1


def test_times_that_nobody_knows_are_a_reason_only_where_times_matter():
    untimed = talk(("Ann", None, None), ("Ben", None, None))
    assert len(pairs([untimed]).pairs) == 1
    for rule in (Rule(gap=1), Rule(overlap=1)):
        assert pairs([untimed], rule).left_out["the times are unknown"] == 1


def test_what_both_must_have(tmp_path):
    (tmp_path / "a.wav").touch()
    there, gone = tmp_path / "a.wav", tmp_path / "b.wav"
    said = [
        Utterance("1", 0, "Ann", "yes", gold=("joy",), audio=there, video=there),
        Utterance("2", 1, "Ben", " ", gold=("joy",), audio=there),
        Utterance("3", 2, "Ann", "no", audio=gone),
    ]
    one = [Dialogue("d", tuple(said))]

    def left(*held: str) -> list[str]:
        found = pairs(one, Rule(held=held), {"f0": {"2", "3"}})
        assert len(found.pairs) + sum(found.left_out.values()) == 3
        return [p.stimulus.id for p in found.pairs]

    assert left() == ["1", "2"]
    assert left("label") == left("sound") == ["1"]
    assert left("text") == left("video") == left("sound", "f0") == []
    assert left("f0") == ["2"]
    with pytest.raises(UsageError, match="nobody can have 'f1' here"):
        left("f1")


def test_what_who_listens_must_have() -> None:
    rule = Rule(held=("face", "row"))
    everybody = {u.id for u in TALK.utterances}
    (first, second), last = pairs([TALK]).pairs, TALK.utterances[-1].id
    found = pairs([TALK], rule, {"face": {last}, "row": everybody}, {"face": {first.stimulus.id}})
    assert found.pairs == (first,), "a face of one's own is not asked for"
    assert found.left_out["the listener is without face"] == 1
    assert pairs([TALK], rule, {"face": everybody, "row": everybody}).pairs == (first, second)
    with pytest.raises(UsageError, match="nobody can have 'row' here"):
        pairs([TALK], rule, {}, {"face": everybody})


def test_labelled_looks_for_neighbours_among_those_with_labels():
    said = [
        Utterance(str(i), i, w, gold=g)
        for i, (w, g) in enumerate(
            [("Ann", ("joy",)), ("Ben", ()), ("Ann", ("joy",)), ("Ben", ("joy",))]
        )
    ]
    one = [Dialogue("d", tuple(said))]
    (pair,) = pairs(one, Rule(labelled=True)).pairs
    assert (pair.stimulus.id, pair.reaction.id) == ("2", "3")
    assert [u.id for u in pair.past] == ["0", "1", "2"]
    assert [p.stimulus.id for p in pairs(one, Rule(held=("label",))).pairs] == ["2"]


@st.composite
def talks(draw: st.DrawFn) -> list[Dialogue]:
    made = [talk(("Ann", 0, 1), ("Ben", 1, 2), name="first")]
    for name in draw(st.sets(st.sampled_from("abc"))):
        who = draw(st.lists(st.sampled_from([*GENDERS, "unknown"]), min_size=1, max_size=9))
        starts = sorted(draw(st.lists(st.floats(0, 99), min_size=len(who), max_size=len(who))))
        spans = [(w, s, s + draw(st.floats(0, 9))) for w, s in zip(who, starts, strict=True)]
        made.append(talk(*spans, name=name))
    return made


RULES = st.builds(
    Rule,
    st.booleans(),
    st.sampled_from([(), (("F", "M"),), (("any", "Ann"), ("M", "F"))]),
    st.none() | st.floats(0, 9),
    st.none() | st.floats(0, 9),
)


@given(talks(), RULES)
def test_every_utterance_is_told_of_once_and_nobody_is_swapped(dialogues, rule):
    found = pairs(dialogues, rule)
    utterances = sum(len(d.utterances) for d in dialogues)
    assert len(found.pairs) + sum(found.left_out.values()) == utterances
    for p in found.pairs:
        assert p.stimulus in p.dialogue.utterances
        assert p.reaction in p.dialogue.utterances
        assert p.stimulus.speaker != p.reaction.speaker
        assert p.stimulus.start <= p.reaction.start
        assert p.past[-1] is p.stimulus
        assert all(u.start <= p.reaction.start for u in p.past)
        assert all(a.start <= b.start for a, b in pairwise(p.past))
    stricter = pairs(dialogues, Rule(rule.labelled, rule.directions, 0.5, 0.5)).pairs
    if rule.gap is rule.overlap is None:
        assert set(map(str, stricter)) <= set(map(str, found.pairs))


def test_exchanges_hold_the_past_and_no_gold():
    found = pairs([TALK]).pairs
    asked = {u.id: Sample(u.id, speaker=u.speaker) for u in TALK.utterances}
    answered = {p.stimulus.id: Sample(p.reaction.id) for p in found}
    made = list(exchanges(found, asked, answered, {found[0].reaction.id: (1.0, 0.0)}))
    assert [s.speaker for s in made[0].past] == ["Ann", "Ann"]
    assert made[0].past[0] is made[1].past[0]
    assert made[0].reaction is answered[found[0].stimulus.id]
    assert [e.emotion for e in made] == [(1.0, 0.0), None]


@given(st.floats(0, 3), st.floats(0.5, 4))
def test_of_who_listens_nothing_is_shown_from_the_start_of_the_stimulus(start, length):
    """Ben still speaks while Ann begins: what he does then is what is foretold."""
    one = talk(("Ben", 0, length), ("Ann", start, 5), ("Ben", 6, 7))
    ben, ann, _ = one.utterances
    rows = np.arange(int(length * 10), dtype=np.float32)[:, None]
    known = {"face": Features(ben.id, "face", rows, rate=10.0)}
    seen_in_it = {"mocap", "mocap:mean", "face:mean", "landmarks:mean"}  # of a target, of a face
    rest = {"words", "prosody", "recognised"}
    row = np.ones((1, 2), np.float32)
    known |= {n: Features(ben.id, n, row) for n in sorted(seen_in_it | rest)}
    asked = {u.id: Sample(u.id, features=known) for u in one.utterances}
    pair = pairs([one]).pairs[1:]
    (made,) = exchanges(pair, asked, {ann.id: Sample("r")}, {}, ("landmarks", "mocap"))
    shown, stimulus = (s.features for s in made.past)
    assert stimulus == known
    assert rest <= shown.keys()
    if start >= length:
        assert made.past[0] is asked[ben.id]
    else:
        assert not seen_in_it & shown.keys()
        seen = shown["face"].values[:, 0] if "face" in shown else rows[:0, 0]
        assert np.array_equal(seen, [t for t in rows[:, 0] if (t + 1) / 10 <= start + 1e-6])
    (late,) = exchanges(pair, asked, {ann.id: Sample("r")}, {})
    assert late.past[0] is asked[ben.id]


@given(st.floats(-1, 3))
def test_pasts_of_a_dialogue_begin_alike_where_nothing_of_them_is_hidden(overlap):
    """So each is gone through once: what is the same must be known as the same."""
    one = talk(*(("Ann" if i % 2 else "Ben", 4.0 * i, 4 * i + 4 + overlap) for i in range(8)))
    asked = {u.id: Sample(u.id, "so", features=sounding(u)) for u in one.utterances}
    every = pairs([one]).pairs
    answered = {p.stimulus.id: Sample(p.reaction.id) for p in every}
    for made in exchanges(every, asked, answered, {}, ("face",)):
        for s in made.past:
            assert s is asked[s.id]


def sounding(u: Utterance) -> dict[str, Features]:
    """A row of the voice, and of its frames those that there are when others begin to speak."""
    row, frames = np.ones((1, 2), np.float32), np.ones((9, 2), np.float32)
    return {
        "prosody": Features(u.id, "prosody", row),
        "voice": Features(u.id, "voice", frames, rate=9 / 4),
    }


@given(talks(), st.booleans())
def test_whoever_answers_next_listens(dialogues, labelled):
    heard = listeners(dialogues, labelled=labelled)
    asked = pairs(dialogues, Rule(labelled)).pairs
    assert heard == {p.stimulus.id: p.reaction.speaker for p in asked}


def test_directions_as_they_are_written():
    assert direction(" F - M ") == ("F", "M")
    assert direction("Ann-Mae->Ben") == ("Ann-Mae", "Ben")
    for wrong in ("F", "F-M-F", "F->", ""):
        with pytest.raises(UsageError, match="does not say who answers whom"):
            direction(wrong)
