"""Features whose columns a model did not learn from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.training.shapes import Shape, fitting, misfits
from empathia.types import Features, Sample


@given(st.data())
def test_what_fits_is_left_as_it_is(data: st.DataObject) -> None:
    sizes = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3))
    known = data.draw(sizes)
    samples = [
        Sample(
            str(i),
            features={n: Features(str(i), n, np.zeros((2, k), np.float32)) for n, k in has.items()},
        )
        for i, has in enumerate(data.draw(st.lists(sizes, min_size=1, max_size=4)))
    ]
    learnt = {n: Shape(k, ()) for n, k in known.items()}
    pasts = [tuple(samples[: i + 1]) for i in range(len(samples))]
    made = fitting(learnt, pasts)
    assert all(a is b for a, b in zip(made[0], made[-1], strict=False)), "a sample is one object"
    for before, after in zip(samples, made[-1], strict=True):
        odd = {
            n
            for n, f in before.features.items()
            if known.get(n, f.values.shape[1]) != f.values.shape[1]
        }
        assert set(after.features) == set(before.features) - odd
        assert odd or after is before
    assert not misfits(learnt, made[-1])


@pytest.mark.parametrize(
    ("here", "learnt", "told"),
    [
        (Shape(62, ("a",) * 62), Shape(4, ()), ("62 columns", "4")),
        (
            Shape(2, ("a", "b")),
            Shape(2, ("a", "c")),
            ("2 columns (such as 'b')", "others (such as 'c')"),
        ),
        (Shape(1, ("a",)), Shape(1, ()), ("1 column (such as 'a')", "others (without names)")),
    ],
)
def test_what_does_not_fit_is_told_in_words(here, learnt, told) -> None:
    assert not here.fits(learnt) and not learnt.fits(here)
    assert here.unlike(learnt) == told
    assert here.fits(here) and here.fits(Shape(here.number))
