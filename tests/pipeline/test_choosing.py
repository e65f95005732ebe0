"""Of several replies the one that fits is given; judges have one vote."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from empathia.pipeline.choosing import Measure, choose
from empathia.types import ANY, Element, Empathy, Reply, Turn, Utterance, Wish

# Each text lies where its first word says; answers to whatever lie at "east".
PLACES = {"east": (1.0, 0.0), "north": (0.0, 1.0), "northeast": (0.6, 0.8)}


def encode(texts):
    return np.array([PLACES.get(t.split()[0], (0.0, -1.0)) for t in texts], np.float32)


EAST = Measure(encode, np.array([[0, 0], [0, 0], [1, 0]], np.float32))


def talk(*said: str) -> list[Turn]:
    return [Turn(Utterance(f"u{i}", i, "AB"[i % 2], text)) for i, text in enumerate(said)]


def replies(*texts: str) -> list[Reply]:
    return [Reply("u0", text, "mine") for text in texts]


def levels(*each: int, sentiment: float | None = None):
    """Judges who give the replies these levels of reaction, surely."""
    rows = {0: (1.0, 0.0, 0.0), 1: (0.0, 1.0, 0.0), 2: (0.0, 0.0, 1.0)}
    return lambda _: [Empathy({"reaction": Element(rows[x])}, sentiment) for x in each]


def chosen(*texts: str, said=("it rained",), wish=ANY, judging=None, measure=EAST) -> Reply:
    return choose(talk(*said), replies(*texts), wish, judging, measure)


def test_what_fits_is_given_and_why():
    best = chosen("north", "east", "northeast")
    assert best.text == "east"
    assert best.why == "best of 3: like what people answer 1.00 (others 0.00, 0.60)"


def test_what_was_just_said_or_said_before_loses():
    assert chosen("east rain umbrella", "east", said=("rain umbrella",)).text == "east"
    again = chosen("east", "northeast", said=("a", "east", "b"))
    assert again.text == "northeast"
    assert again.why.endswith("1 said it again")


def test_judges_have_one_vote_with_a_cap():
    assert chosen("east a", "east b", judging=levels(0, 2)).text == "east b"
    assert chosen("east", "northeast", judging=levels(0, 2)).text == "east"
    # What is above the level of people's replies counts no more.
    both = lambda _: [  # noqa: E731
        Empathy({e: Element((0, 0, 1)) for e in names})
        for names in (("reaction",), ("reaction", "interpretation", "exploration"))
    ]
    assert chosen("east a", "east b", judging=both).text == "east a"


def test_levels_and_sentiment_that_are_asked_for_decide():
    wish = Wish({"reaction": 0})
    best = chosen("northeast", "east", wish=wish, judging=levels(0, 2))
    assert (best.text, best.empathy.elements["reaction"].level) == ("northeast", 0)
    assert "reaction 0 (asked 0)" in best.why
    sad = lambda _: [Empathy(sentiment=s) for s in (0.9, -0.9)]  # noqa: E731
    assert chosen("east a", "east b", wish=Wish(sentiment=-1), judging=sad).text == "east b"


def test_a_single_reply_is_judged_and_given():
    best = chosen("north", judging=levels(1))
    assert (best.text, best.why) == ("north", None)
    assert best.empathy.elements["reaction"].level == 1


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True))
def test_without_judges_and_measure_the_first_is_taken_of_equals(texts):
    assert chosen(*texts, said=("zzz",), measure=None).text == texts[0]
