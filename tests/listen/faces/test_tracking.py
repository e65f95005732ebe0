"""Who is who from picture to picture: nobody is swapped, who returns is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving_faces import ANN, BEN, CEM, Body, tracked

from empathia.listen.faces.pairing import paired
from empathia.listen.faces.tracking import Tracker

SECONDS = 3


def numbers(told) -> dict[str, list[str]]:
    """The numbers that each was given, in order, without repeats in a row."""
    given: dict[str, list[str]] = {}
    for _, names in told:
        for name, person in names.items():
            if given.setdefault(name, [])[-1:] != [person]:
                given[name].append(person)
    return given


def swapped(told) -> bool:
    """Whether two people ever had one number."""
    owners: dict[str, set[str]] = {}
    for _, names in told:
        for name, person in names.items():
            owners.setdefault(person, set()).add(name)
    return any(len(people) > 1 for people in owners.values())


def test_people_are_numbered_from_left_to_right_and_stay():
    scene = {"ann": Body((80, 80)), "ben": Body((220, 90), BEN)}
    told = tracked([scene] * 20)
    assert [m.time for m, _ in told] == pytest.approx([i / 10 for i in range(20)])
    assert numbers(told) == {"ann": ["face 1"], "ben": ["face 2"]}


@pytest.mark.parametrize("colours", [BEN, ANN], ids=["unlike", "alike"])
@pytest.mark.parametrize("pace", [3.0, 6.0, 10.0])
def test_people_who_cross_keep_their_numbers(colours, pace):
    steps = round(240 / pace)
    told = tracked(
        [
            {
                "ann": Body((40 + pace * i, 100)),
                "ben": Body((280 - pace * i, 104), colours, size=32),
            }
            for i in range(steps)
        ]
    )
    assert not swapped(told)
    assert numbers(told)["ben"] == ["face 2"]
    if colours is BEN:
        assert numbers(told)["ann"] == ["face 1"]


def test_people_who_meet_and_turn_back_are_not_swapped():
    way = [*range(40, 150, 5), *[148] * 5, *range(145, 40, -5)]
    told = tracked([{"ann": Body((x, 100)), "ben": Body((300 - x, 100), BEN)} for x in way])
    assert numbers(told) == {"ann": ["face 1"], "ben": ["face 2"]}
    alike = tracked([{"ann": Body((x, 100)), "ben": Body((300 - x, 100), ANN)} for x in way])
    assert not swapped(alike)


@pytest.mark.parametrize("colours", [BEN, ANN], ids=["unlike", "alike"])
def test_people_side_by_side_who_nod_and_sway_are_not_swapped(colours):
    t = np.arange(60) / 10
    told = tracked(
        [
            {
                "ann": Body((140 + 8 * np.sin(5 * a), 100 + 6 * np.sin(9 * a))),
                "ben": Body((180 + 8 * np.sin(4 * a + 2), 100 + 6 * np.cos(8 * a)), colours),
            }
            for a in t
        ],
        jitter=0.04,
    )
    assert numbers(told) == {"ann": ["face 1"], "ben": ["face 2"]}


def test_a_short_gap_is_bridged_also_in_motion():
    told = tracked(
        [{"ann": Body((60 + 4 * i, 100), hidden=12 <= i < 19)} for i in range(40)],
    )
    assert numbers(told) == {"ann": ["face 1"]}
    assert [len(names) for _, names in told] == [1] * 12 + [0] * 7 + [1] * 21


def test_who_leaves_and_returns_elsewhere_gets_the_number_back():
    here = {"ben": Body((220, 90), BEN)}
    told = tracked(
        [here | {"ann": Body((80, 80))}] * 15 + [here] * 40 + [{"ann": Body((60, 110))} | here] * 15
    )
    assert numbers(told) == {"ann": ["face 1"], "ben": ["face 2"]}


def test_somebody_else_in_the_place_of_who_left_gets_another_number():
    told = tracked(
        [{"ann": Body((80, 80))}] * 15 + [{}] * 5 + [{"cem": Body((80, 80), CEM)}] * 15,
    )
    assert not swapped(told)
    at_once = tracked([{"ann": Body((80, 80))}] * 15 + [{"cem": Body((80, 80), CEM)}] * 15)
    assert not swapped(at_once)


def test_of_two_alike_who_left_none_is_taken_for_the_other():
    both = {"ann": Body((60, 80)), "ben": Body((240, 80), ANN)}
    told = tracked([both] * 15 + [{}] * 30 + [{"ben": Body((150, 80), ANN)}] * 15)
    assert numbers(told)["ben"] == ["face 2", "face 3"]


def test_shots_go_to_and_fro_between_two_people():
    """Each sits in the middle of the own shot."""
    ann, ben = {"ann": Body((150, 90), size=40)}, {"ben": Body((160, 90), CEM, size=44)}
    tracker = Tracker(10.0)
    told = tracked((([ann] * 12) + ([ben] * 12)) * 3, tracker=tracker)
    assert numbers(told) == {"ann": ["face 1"], "ben": ["face 2"]}


@pytest.mark.parametrize(
    "colours",
    [
        (ANN[0], ANN[1], BEN[2]),
        (BEN[0], BEN[1], ANN[2]),
        (BEN[0], CEM[1], ANN[2]),
        (CEM[0], ANN[1], ANN[2]),
        (BEN[0], CEM[1], CEM[2]),
    ],
)
def test_a_cut_that_the_light_hides_gives_no_one_the_number_of_another(colours):
    """Before one wall, in nearly one place."""
    ann, other = {"ann": Body((150, 90), size=40)}, {"other": Body((160, 90), colours, size=44)}
    tracker = Tracker(10.0)
    told = tracked((([ann] * 12) + ([other] * 12)) * 2, tracker=tracker)
    assert not swapped(told)
    assert all(names for _, names in told)


def test_what_is_seen_for_a_picture_or_two_is_no_face_but_counted():
    scenes = [{"ann": Body((80, 80))} for _ in range(30)]
    scenes[10] = {"ann": Body((80, 80)), "ghost": Body((240, 150), CEM)}
    scenes[20] = scenes[21] = {"ann": Body((80, 80)), "ghost": Body((200, 60), CEM)}
    tracker = Tracker(10.0)
    told = tracked(scenes, tracker=tracker)
    assert numbers(told) == {"ann": ["face 1"]}
    assert tracker.fleeting == 2
    assert len(told) == 30


@pytest.mark.parametrize("pictures", [1, 2, 3])
def test_who_is_in_every_picture_of_a_tiny_video_is_somebody(pictures):
    assert numbers(tracked([{"ann": Body((80, 80))}] * pictures)) == {"ann": ["face 1"]}


def test_a_slow_or_uneven_rate_loses_nobody():
    scene = {"ann": Body((80, 80)), "ben": Body((220, 90), BEN)}
    for times in (np.arange(8.0), np.cumsum([0, 0.1, 0.1, 0.9, 0.1, 2.5, 0.3, 0.1, 1.2, 0.1])):
        told = tracked([scene] * len(times), times=list(times))
        assert numbers(told) == {"ann": ["face 1"], "ben": ["face 2"]}
        assert all(len(names) == 2 for _, names in told)


def test_a_picture_waits_at_most_for_whom_it_shows():
    """Pictures are held, so what waits must be few, however faces flicker."""
    rng = np.random.default_rng(3)
    scenes = [
        {str(n): Body((30 + 30 * n, 80), CEM) for n in range(8) if rng.random() < 0.3}
        for _ in range(100)
    ]
    tracker, waiting, most = Tracker(25.0, pictures=True), 0, 0
    from moving_faces import drawn, face

    for i, scene in enumerate(scenes):
        picture = drawn(list(scene.values()), i / 25)
        tracker.near(picture)
        out = list(tracker.add(picture, [face(b, rng) for b in scene.values()]))
        assert all(m.picture is not None for m in out)
        waiting += 1 - len(out)
        most = max(most, waiting)
    assert most <= 20
    assert waiting == len(list(tracker.close()))


@settings(max_examples=4, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.floats(-9, 9), st.floats(-4, 4)), min_size=3, max_size=3),
)
def test_three_people_who_wander_are_not_swapped(seed, speeds):
    """Whoever hides whom, and whoever is missed now and then.

    Of two upon each other the wrong one may be named while one is missed; it must not last.
    """
    rng = np.random.default_rng(seed)
    looks = dict(zip(("ann", "ben", "cem"), (ANN, BEN, CEM), strict=True))
    at = rng.uniform((40, 60), (280, 140), (3, 2))
    speeds, scenes = np.array(speeds), []
    for _ in range(50):
        at = at + speeds + rng.normal(0, 1, (3, 2))
        speeds = np.where((at < (30, 40)) | (at > (290, 160)), -speeds, speeds)
        at = np.clip(at, (30, 40), (290, 160))
        scenes.append(
            {
                name: Body(tuple(xy), colours, hidden=rng.random() < 0.1)
                for (name, colours), xy in zip(looks.items(), at, strict=True)
            }
        )
    owners: dict[str, list[str]] = {}
    for _, names in tracked(scenes, seed=seed):
        for name, person in names.items():
            owners.setdefault(person, []).append(name)
    for names in owners.values():
        wrong = len(names) - max(names.count(name) for name in looks)
        assert wrong <= 3


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 1000))
def test_pairs_cost_least(n, m, seed):
    from scipy.optimize import linear_sum_assignment

    costs = np.random.default_rng(seed).uniform(0, 3, (n, m))
    pairs = paired(costs)
    rows, columns = linear_sum_assignment(costs)
    assert len(pairs) == min(n, m)
    assert sum(costs[i, j] for i, j in pairs) == pytest.approx(costs[rows, columns].sum())


def test_what_cannot_be_a_pair_is_none():
    far = np.inf
    assert paired(np.array([[1.0, far], [0.2, far]])) == [(1, 0)]
    assert paired(np.array([[far, far]])) == []
