"""Phrases that are tried only where they could match are found where they were before."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.replies.rules import safety
from empathia.replies.rules.phrases import Phrases, needed

LINES = [
    r"(?<!\w)(?:kill(?:s|ed)? (?:me|us))(?!\w)",
    r"^(?=.*?(?:knife|gun))(?=.*?school)",
    r"no (?!more)(?:\w+ )?way out",
    r"(?:go )?home",
    r"[ab]c{1,2}d?",
    r"\d+ pills?",
    r"죽고\s*싶",
]
WORDS = ["kill", "kills", " me", "us", "knife", "gun", "school", "no", "way out", "go", "home"]
WORDS += ["more", "ac", "bcc", "30", "pill", "죽고", "싶", "x"]


@given(st.lists(st.sampled_from([*WORDS, " "]), max_size=12), st.text(max_size=20))
def test_the_same_is_found_and_replaced_as_by_all_of_them(words, anything):
    phrases, joined = Phrases(LINES), re.compile("|".join(LINES))
    for text in (" ".join(words), "".join(words), anything):
        assert phrases.search(text) == bool(joined.search(text))
        assert phrases.sub(".", text) == joined.sub(".", text)


@pytest.mark.parametrize(
    ("expression", "sets"),
    [
        (r"kill(?:s|ed)? me", [{"kill"}, {" me"}]),
        (r"(?:knife|gun) at school", [{"knife", "gun"}, {" at school"}]),
        (r"(?=.*?gun)(?=.*?school)", [{"gun"}, {"school"}]),
        (r"(?:\w+|gun)x?", []),
        (r"(?!no)(?<!w)a*", []),
        (r"", []),
        (r"burn(?:t|ed)? (?:it|them){1,2}", [{"burn"}, {" "}, {"it", "them"}]),
        (r"stabs? ?[hi]m+\.", [{"stab"}, {"h", "i"}, {"m"}, {"."}]),
        (r"x(?:(?:a|b)c)?[^d][e-g]{0,4}", [{"x"}]),
        (r"(?:at (?:home|school)|(?:in )?bed)", [{"home", "school", "bed"}]),
    ],
)
def test_what_a_match_cannot_do_without(expression, sets):
    assert [set(some) for some in needed(expression)] == sets


def grown(inner):
    """Larger expressions, each with a text that it matches."""
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda parts: tuple(map("".join, zip(*parts, strict=True)))),
        several.map(lambda parts: (f"(?:{'|'.join(e for e, _ in parts)})", parts[-1][1])),
        inner.map(lambda part: (f"(?:{part[0]})?", "")),
        inner.map(lambda part: (f"(?:{part[0]}){{1,2}}", part[1] * 2)),
        inner.map(lambda part: (f"(?={part[0]}){part[0]}", part[1])),
    )


SMALL = [("kill", "kill"), ("ab?", "a"), ("c+", "cc"), (r"\w*", "x"), ("[de]", "e"), ("[^a]", "b")]
SMALL += [("(?!x)f", "f"), ("g{0,2}", ""), (r"\.", "."), ("(?:no|yes) ", "no ")]


@given(st.recursive(st.sampled_from(SMALL), grown, max_leaves=12))
def test_no_match_is_without_what_it_needs(made):
    expression, text = made
    assert all(any(piece in text for piece in some) for some in needed(expression))


def test_no_phrases_find_nothing():
    assert not Phrases([]).search("kill me")
    assert Phrases([]).sub(".", "kill me") == "kill me"


@pytest.mark.parametrize("language", safety.LANGUAGES)
def test_every_phrase_of_the_tables_has_something_to_look_for(language):
    hints = safety._hints(language)
    of_kinds = [getattr(k, part) for k in hints.kinds.values() for part in k.__slots__]
    assert all(needed(line) for phrases in (hints.idioms, *of_kinds) for line in phrases.lines)


@pytest.mark.slow
def test_twenty_thousand_words_are_read_in_a_moment():
    said = "We went to the market with my sister, and he said that it would rain again. " * 1300
    start = time.process_time()
    assert safety.kind_of(said) is None
    assert time.process_time() - start < 4  # a second; phrase by phrase it was more than ten
    assert safety.kind_of(said + "I want to kill myself.") == "self-harm"
