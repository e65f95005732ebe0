"""What the number of speakers is learnt from."""

from __future__ import annotations

import numpy as np
import speaker_number
from speaker_number import SIGNS, Talk, estimate, learn, steps

from empathia.listen.voices import Cells

USUAL = dict.fromkeys(SIGNS, 0.0)


def talks(people: int, count: int, seed: int) -> list[Talk]:
    """Up to so many groups keep a margin and speak long; what is more does neither."""
    draw = np.random.default_rng(seed)
    every = []
    for _ in range(count):
        seen = [
            USUAL
            | {
                "apart": (0.2 if k <= people else 0.05) + draw.normal(0, 0.01),
                "seconds": (3.0 if k <= people else 1.0) + draw.normal(0, 0.1),
                "alike": draw.normal(0, 1),
            }
            for k in range(2, 6)
        ]
        different = tuple(k <= people for k in range(2, 6))
        every.append(Talk("calm", "clean", "toy", people, tuple(seen), different))
    return every


def test_every_step_teaches_whether_two_people_part():
    rows, on = steps(talks(3, 2, 0))
    assert on.tolist() == [True, True, False, False] * 2
    assert rows.shape == (8, len(SIGNS))


def test_who_speaks_in_cells_is_who_speaks_longest_in_them():
    cells = Cells(np.zeros((4, 1)), np.zeros((4, 1)), np.array([0, 0, 0, 1]), np.full(4, 0.2))
    spans = [(1.0, 1.25, 0), (1.2, 1.4, 1), (9.0, 9.01, 1)]
    who = speaker_number.speaking(spans, [(1.0, 1.6), (9.0, 9.2)], cells)
    assert who.tolist() == [0, 1, -1, -1]
    assert speaker_number.mostly(who) == 0
    assert speaker_number.mostly(who[2:]) == -1


def test_what_is_learnt_keeps_to_the_signs_and_counts_held_out_talks():
    known = [t for people in (1, 2, 3) for t in talks(people, 20, people)]
    model = learn(known)
    assert np.all(model.weights * np.array(list(SIGNS.values())) >= 0)
    for people in (1, 2, 3):
        assert [estimate(model, t) for t in talks(people, 5, 10 + people)] == [people] * 5


def test_a_trait_that_weighs_against_common_sense_weighs_nothing():
    reversed_ = [
        t._replace(traits=tuple(s | {"alike": -10 * s["apart"]} for s in t.traits))
        for people in (1, 2)
        for t in talks(people, 20, people)
    ]
    turned = [
        t._replace(traits=tuple(s | {"alike": 10 * s["apart"]} for s in t.traits))
        for t in reversed_
    ]
    at = list(SIGNS).index("alike")
    assert learn(reversed_).weights[at] < 0
    assert learn(turned).weights[at] == 0


def test_the_traits_learnt_are_those_in_use():
    assert set(speaker_number.number.TRAITS) == set(SIGNS)
    assert all(SIGNS[n] * w.weight >= 0 for n, w in speaker_number.number.TRAITS.items())
