"""What the number of speakers is learnt from."""

from __future__ import annotations

import numpy as np
import speaker_number
from speaker_number import SIGNS, Talk, estimate, learn, steps

USUAL = dict.fromkeys(SIGNS, 0.0)


def talks(people: int, count: int, seed: int) -> list[Talk]:
    """Up to so many groups keep a margin and speak long; what is more does neither."""
    draw = np.random.default_rng(seed)
    every = []
    for _ in range(count):
        seen = [
            USUAL
            | {
                "margin": (0.2 if k <= people else 0.05) + draw.normal(0, 0.01),
                "seconds": (3.0 if k <= people else 1.0) + draw.normal(0, 0.1),
                "strays": draw.normal(0, 1),
            }
            for k in range(2, 6)
        ]
        every.append(Talk("calm", "clean", people, tuple(seen)))
    return every


def test_only_steps_up_to_the_first_too_many_teach():
    rows, on, weight = steps(talks(3, 2, 0))
    assert on.tolist() == [True, True, False] * 2
    assert rows.shape == (6, len(SIGNS))
    assert set(weight) == {2.0}


def test_what_is_learnt_keeps_to_the_signs_and_counts_held_out_talks():
    known = [t for people in (1, 2, 3) for t in talks(people, 20, people)]
    model = learn(known)
    assert np.all(model.weights * np.array(list(SIGNS.values())) >= 0)
    for people in (1, 2, 3):
        assert [estimate(model, t) for t in talks(people, 5, 10 + people)] == [people] * 5


def test_a_trait_that_weighs_against_common_sense_weighs_nothing():
    reversed_ = [
        t._replace(traits=tuple(s | {"strays": -10 * s["margin"]} for s in t.traits))
        for people in (1, 2)
        for t in talks(people, 20, people)
    ]
    turned = [
        t._replace(traits=tuple(s | {"strays": 10 * s["margin"]} for s in t.traits))
        for t in reversed_
    ]
    at = list(SIGNS).index("strays")
    assert learn(reversed_).weights[at] < 0
    assert learn(turned).weights[at] == 0


def test_the_traits_learnt_are_those_in_use():
    assert set(speaker_number.number.TRAITS) == set(SIGNS)
    assert all(SIGNS[n] * w.weight >= 0 for n, w in speaker_number.number.TRAITS.items())
