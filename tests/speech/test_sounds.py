"""What Kokoro is given to say, against phonemes that were put together by hand.

Words sound as misaki's lexica have them (``words.json`` holds those of these tests); what is
asserted is which word it is, in which form, and what is about it.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_voice import WORDS, write_voice

from empathia import weights
from empathia.speech.kokoro.letters import sounded
from empathia.speech.kokoro.lexicon import Lexicon
from empathia.speech.kokoro.pieces import pieces
from empathia.speech.kokoro.reading import aloud

HELD = json.loads(WORDS.read_text(encoding="utf-8"))
SAID = {
    "I'm so sorry.": "ˌIm sˌO sˈɔɹi.",
    "The end of the day.": "ði ˈɛnd ʌv ðə dˈA.",
    "I used to live there.": "ˌI jˈust tə lˈɪv ðˈɛɹ.",
    "My mom's dogs barked.": "mˌI mˈɑmz dˈɔɡz bˈɑɹkt.",
    "It cost $5.50.": "ˌɪt kˈɔst fˈIv dˈɑləɹz ænd fˈɪfti sˈɛnts.",
    "Meet me at 3:05 p.m.": "mˈit mˌi æt θɹˈi ˈO fˈIv pˈi ˈɛm.",
    "Dr. Blin is here.": "dˈɑktəɹ blˈɪn ɪz hˈɪɹ.",
    "The 3rd time.": "ðə θˈɜɹd tˈIm.",
    "Call 911!": "kˈɔl nˈIn wˈʌn wˈʌn!",
    "In 1999, 42 people left.": "ɪn nˌIntˈin nˈIndi nˈIn, fˈɔɹTi tˈu pˈipᵊl lˈɛft.",
    "NASA and the XQJ.": "nˈæsə ænd ði ˌɛkskjˌuʤˈA.",
    "It's 50% off.": "ˌɪts fˈɪfti pəɹsˈɛnt ˈɔf.",
    "The boss's cat, Blin's cats.": "ðə bˈɔsᵻz kˈæt, blˈɪnz kˈæts.",
    "I like that.": "ˌI lˈIk ðˈæt.",
    "She started crying.": "ʃˌi stˈɑɹTᵻd kɹˈIɪŋ.",
    "They won in the U.S. in 2024": "ðˌA wˈʌn ɪn ðə jˈu ˈɛs ɪn twˈɛnti twˈɛnti fˈɔɹ",
    "It was sooo sad...": "ˌɪt wʌz sˌO sˈæd…",
    'He said, "no"': "hˌi sˈɛd, “nˈO”",
    "1,200 pages; a café": "wˈʌn θˈWzᵊnd tˈu hˈʌndɹəd pˈAʤᵻz; ɐ kæfˈA",
    "On Jan. 5, or 7 a.m. -- here": "ˌɔn ʤˈænjəwˌɛɹi fˈɪfθ, ɔɹ sˈɛvən ˈA ˈɛm — hˈɪɹ",
    "I have read it. To use it, the use": "ˌI hæv ɹˈɛd ɪt. tə jˈuz ɪt, ðə jˈus",
    "an apple, waiting, texted": "ɐn ˈæpᵊl, wˈATɪŋ, tˈɛkstᵻd",
    "DON'T WORRY": "dˈOnt wˈɜɹi",
    "5 dogs (2.5 kg) & me!!! 😀": "fˈIv dˈɔɡz (tˈu pˈYnt fˈIv kˈɪləɡɹˌæmz) ænd mˌi!",
    "Text 741741, 24/7": "tˈɛkst sˈɛvən fˈɔɹ wˈʌn sˈɛvən fˈɔɹ wˈʌn, twˈɛnti fˈɔɹ sˈɛvən",
    "Thrack's MRIs": "θɹˈæks ˌɛmˌɑɹˈIz",
    "D'Blin said www": "dˈiblˈɪn sˈɛd dˌʌbᵊljudˌʌbᵊljudˈʌbᵊlju",
    "well-read friends' house": "wˈɛlɹˈid fɹˈɛndz hˈWs",
    "$1.01, £3 million": "wˈʌn dˈɑləɹ ænd wˈʌn sˈɛnt, θɹˈi mˈɪljᵊn pˈWndz",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_voice(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def lexicon(folder):
    return Lexicon(folder)


@pytest.mark.parametrize("text", SAID)
def test_sentences_sound_as_people_say_them(lexicon, text):
    assert " ".join(pieces(text, lexicon)) == SAID[text]


def test_british_voices_speak_by_the_british_lexicon(folder):
    said = " ".join(pieces("I used to like that. The boss started.", Lexicon(folder, "gb")))
    assert said == "ˌI jˈuːst tə lˈIk ðˈat. ðə bˈɒs stˈɑːtɪd."


@pytest.mark.weights
@pytest.mark.skipif(weights.state("kokoro") == "missing", reason="weight kokoro is not pulled")
def test_the_words_of_these_tests_are_those_of_the_lexica():
    place = weights.folder("kokoro")
    assert json.loads((place / "vocab.json").read_text("utf-8"))["vocab"] == HELD["vocab"]
    for name in ("us_gold", "us_silver", "gb_gold"):
        whole = json.loads((place / f"{name}.json").read_text("utf-8"))
        assert HELD[name].items() <= whole.items()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("see https://www.some-where.org/x?y=1, ok", "see some dash where dot org, ok"),
        ("mail a.b@c.net now", "mail a dot b at c dot net now"),
        ("# Head\n- one\n- two :)", "Head. one. two"),
        ("[this](http://x.y) **is** _it_", "this is it"),
        ("14:00 or 9:30am or 12:00", "fourteen hundred or nine thirty A M or twelve o'clock"),
        ("the '90s, the 2000s", "the nineties, the two thousands"),
        ("2024-03-05", "March fifth, twenty twenty four"),
        ("May 2nd and Dec. 31", "May second and December thirty first"),
        ("3-5 people, -4°", "three to five people, minus four degrees"),
        ("call 1393 or 116 123", "call one three nine three or one one six, one two three"),
        (
            "007 and 12345 and 25000",
            "zero zero seven and one two three four five and twenty five thousand",
        ),
        ("$0.99 £1.02 €20", "ninety nine cents one pound and two pence twenty euros"),
        ("½ of 2/3", "a half of two thirds"),
        ("Ms. A vs. St. John etc.", "miz A versus saint John et cetera."),
        ("No. 5, #6", "number five, number six"),
        ("1000000000000000000000 and 3.14", "one" + " zero" * 21 + " and three point one four"),
        (
            "1905 1900 1066 2000 2010",
            "nineteen oh five nineteen hundred one thousand sixty six two thousand twenty ten",
        ),
    ],
)
def test_what_is_written_is_read_aloud(written, read):
    assert aloud(written) == read


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120) | st.text("aZ'.-0:5$ \n,\"(—é한😀’", max_size=120))
def test_whatever_is_written_gives_symbols_that_kokoro_knows(lexicon, text):
    for piece in pieces(text, lexicon):
        assert 0 < len(piece) <= 510
        assert set(piece) <= HELD["vocab"].keys()


@settings(max_examples=60, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=30))
def test_any_letters_sound_with_at_most_one_main_stress(word):
    said = sounded(word)
    assert set(said) <= HELD["vocab"].keys()
    assert said.count("ˈ") <= 1
    assert ("ˈ" in said) == any(c in "AIOQWYaiuæɐɑɒɔəɛɜɪʊʌᵻ" for c in said)


@pytest.mark.parametrize(
    ("word", "said"), [("blin", "blˈɪn"), ("mave", "mˈAv"), ("sheet", "ʃˈit"), ("thrack", "θɹˈæk")]
)
def test_letters_sound_as_they_mostly_do(word, said):
    assert sounded(word) == said


@pytest.mark.parametrize(
    "text",
    ["a" * 30_000, "[" * 30_000, "d'" * 20_000, "a.a" * 20_000, "1," * 20_000, " - " * 20_000],
)
def test_hostile_texts_take_no_longer_than_others(lexicon, text):
    for piece in pieces(text, lexicon):
        assert len(piece) <= 510


LONG = (
    "I know that it was hard, and that nobody asked you how it went, but you did what you could "
    "for them on that day. Nobody could have known what would come of it in the end. Rest now."
)


def test_the_first_piece_is_short_and_pieces_end_where_speech_pauses(lexicon):
    said = list(pieces(LONG, lexicon))
    assert len(said[0]) <= 45
    assert said[0][-1] == ","
    assert all(p[-1] in ",." for p in said)
    assert max(map(len, said)) <= 160
    assert min(map(len, said)) >= 12 or said[-1] == min(said, key=len)
    assert " ".join(said) == " ".join(
        " ".join(pieces(s + ".", lexicon)) for s in LONG.split(".")[:3]
    )


def test_without_punctuation_a_piece_ends_before_a_word_that_joins(lexicon):
    text = "you know that nobody asked you about that day because they did not know what to say"
    first, *_ = pieces(text, lexicon)
    spoken = len(first.split())
    assert text.split()[spoken] in {"about", "because", "that"}


def test_short_sentences_are_said_together(lexicon):
    said = list(pieces("Oh. No. I like that. You know. It was so sad. Rest now.", lexicon))
    assert all(len(p) >= 12 for p in said)
