"""What became of the words of a clip, as the benchmark of words counts it."""

from __future__ import annotations

import pytest
import rates
import words

from empathia.listen.gate import SILENT, Believed, Withheld
from empathia.listen.speech import Segment
from empathia.listen.words import Window
from empathia.types import Word


def window(start: float, end: float) -> Window:
    return Window(start, end, (Word("hello", start, end, 0.9),), "en")


KEPT, REFUSED = window(0.0, 1.0), window(2.0, 3.0)
LISTENED = words.Listened(
    speech=(Segment(0.0, 1.0), Segment(2.0, 3.0), Segment(4.0, 5.0), Segment(6.9, 7.1)),
    sifted=(Segment(8.0, 8.4),),
    windows=(KEPT, REFUSED),
    believed=Believed((KEPT,), "en", (Withheld(2.0, 3.0, "too uncertain"),)),
)


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (0.0, None),
        (2.0, "too uncertain"),
        (4.0, SILENT),
        (6.0, words.NOT_DETECTED),  # a tenth of a second is no speech
        (8.0, words.SIFTED),
        (10.0, words.NOT_DETECTED),
    ],
)
def test_a_clip_without_words_has_its_reason(start, why):
    assert LISTENED.missing(start, start + 1) == why


def test_what_was_not_detected_is_not_withheld(capsys):
    def clip(missing: str | None) -> words.Heard:
        text = "" if missing else "hello"
        return words.Heard("ravdess", "01", "clean", 2.0, "en", text, "hello", missing)

    some = [clip(None), clip(words.NOT_DETECTED), clip(words.SIFTED), clip(SILENT)]
    words._print_missing("clean", some, 0.01)
    missed, withheld, *reasons = capsys.readouterr().out.splitlines()
    assert "not detected (2 of 4)" in missed
    assert "withheld (1 of 4)" in withheld
    assert withheld.endswith("MISSED")
    assert len(reasons) == 3


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a b c", "", 3), ("a", "b c", 2)],
)
def test_errors_are_words_to_insert_leave_out_or_replace(said, heard, errors):
    assert rates.distance(said.split(), heard.split()) == errors


def test_word_errors_are_over_all_words_not_over_clips():
    clips = [rates.Spoken("a", "two dogs", "2 dogs!"), rates.Spoken("b", "cat", "hat")]
    assert rates.word_error(clips)[0] == pytest.approx(1 / 3)


def test_an_interval_holds_its_share():
    for count in range(11):
        low, high = rates.wilson(count, 10)
        assert low <= count / 10 <= high
        assert 0 <= low < high <= 1
