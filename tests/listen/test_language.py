"""Which language: scripts, Latin languages, and what stays undecided."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.listen.language import LanguageSoFar, detect_language

SENTENCES = {
    "en": ["I can't believe you did that.", "Where were you last night?", "That's sweet of her."],
    "de": ["Ich habe dir doch gesagt, dass es nicht geht.", "Wo ist denn mein Schlüssel?"],
    "nl": ["Ik weet niet of hij nog komt.", "Dat heb je heel goed gedaan."],
    "fr": ["Je ne sais pas où elle est partie.", "Il fait beau et nous sommes contents."],
    "es": ["No sé dónde está mi hermano.", "Estoy muy contento de que estés aquí."],
    "it": ["Non so perché sei così triste.", "Oggi ho visto tua sorella, è molto gentile."],
    "pt": ["Eu não sei onde você está.", "Hoje foi um dia muito bom para mim."],
    "sv": ["Jag vet inte vad jag ska göra.", "Det är så roligt att du kom."],
    "pl": ["Nie wiem, co mam teraz zrobić.", "Bardzo się cieszę, że jesteś."],
    "tr": ["Bu akşam çok yorgunum ama iyi bir gün oldu."],
    "ko": ["어제는 정말 힘든 하루였어요.", "ㅋㅋ 진짜?"],
    "ja": ["昨日は友達と会いました。"],
    "zh": ["我昨天没有睡好。"],
    "ru": ["Я не знаю, где он живёт."],
    "el": ["Δεν ξέρω τι να κάνω."],
    "und": [
        "Ninakushukuru sana rafiki yangu mpendwa, nimefurahi mno leo asubuhi kuwaona "
        "wote nyumbani salama"
    ],
}


# Lines of which some, each by itself, look like another language or like none.
TALKS = {
    "fr": ["Comment vas-tu ?", "Mal. Mon chien est mort hier soir.", "Oh non !", "Bon, alors."],
    "es": ["Hola Ana, ¿qué tal?", "Mal.", "Era un amigo.", "No me digas.", "Ven a casa."],
    "it": ["Ciao Anna, come stai oggi?", "Male.", "Era un amico.", "Vieni da me.", "Sono triste."],
    "pt": ["Olá Ana, tudo bem?", "Mal.", "Era um amigo.", "Sinto muito.", "Vem a casa."],
    "de": ["Was hast du denn heute?", "Mein Hund ist tot.", "Er war alt.", "Was man so hat."],
    "nl": ["Hallo, hoe gaat het met je?", "Hij was oud.", "Die was hier.", "Wat was er?"],
    "en": ["Hi, how are you?", "Most men hate war.", "Die hard fan.", "Ben, ma man!", "No more."],
    "ja": ["昨日は友達と会いました。", "了解。", "大丈夫？", "最高！", "OK"],
    "und": ["Nimefurahi sana kukuona leo rafiki yangu, mimi pia.", "Habari ya leo?", "Ni kweli."],
}


def languages(turns, whole=None):
    so_far = LanguageSoFar()
    return [so_far.add(text, whole) for text in turns]


@pytest.mark.parametrize(
    ("code", "text"), [(c, t) for c, texts in SENTENCES.items() for t in texts]
)
def test_sentences_are_told_apart(code, text):
    detected = detect_language([text])
    # A language that is not known here may be taken for a known one, never for English.
    assert detected == code or (code == "und" and detected not in ("en", None))


@pytest.mark.parametrize("text", ["", "OK", "Ja", "!!!", "😀", "42", "Hm"])
def test_what_does_not_decide_is_undecided(text):
    assert detect_language([text]) is None


def test_undecided_turns_follow_the_turns_before_them():
    turns = ["Ja", "Ich bin heute nicht so gut drauf.", None, "OK"]
    assert languages(turns) == [None, "de", None, "de"]
    assert languages(["OK", "!!!"]) == [None, None]
    assert languages(["OK", "What do you mean by that?", "Mhm"]) == [None, "en", "en"]


def test_one_foreign_turn_does_not_turn_the_conversation():
    turns = ["Where have you been all day?", "Ich habe dich nicht gesehen.", "What did you say?"]
    assert languages(turns) == ["en", "de", "en"]


@pytest.mark.parametrize(("code", "talk"), TALKS.items())
def test_short_turns_are_in_the_language_of_the_talk(code, talk):
    assert languages(talk) == [code] * len(talk), "by the turns before"
    assert languages(reversed(talk), detect_language(talk)) == [code] * len(talk), "by the whole"


def test_a_language_that_was_clearly_spoken_needs_few_words():
    turns = ["Where have you been?", "Estoy bien.", "No lo sé, es muy tarde para ti.", "Gracias."]
    assert languages(turns, "en") == ["en", "en", "es", "es"]
    assert languages(["Hey!", "Merci, ça va ?", "Oui."]) == ["en", "fr", "fr"], "a greeting is none"


@given(st.sampled_from(sorted(SENTENCES)))
def test_a_script_says_more_than_the_talk(whole):
    turns = ["정말? 어땠어?", "Я не знаю.", "OK"]
    assert languages(turns, whole) == ["ko", "ru", whole]
    assert languages(["I had the interview this morning."], "ko") == ["en"]


def test_foreign_names_and_quotes_leave_english_english():
    assert detect_language(["My friend Müller said that 안녕 means hello in Korean."]) == "en"


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text):
    code = detect_language([text])
    assert code is None or 2 <= len(code) <= 3
    assert detect_language([text]) == code


@pytest.mark.slow
def test_a_long_word_takes_no_longer_than_its_length() -> None:
    before = time.process_time()
    languages(["a" * 1_000_000, *["1"] * 50])
    assert time.process_time() - before < 4  # one by one its letters would take ten


SMALL = (
    *("the", "a", "an", "and", "or", "but", "if", "is", "are", "was", "were", "be", "been", "i"),
    *("you", "he", "she", "it", "we", "they", "me", "my", "your", "his", "her", "our", "their"),
    *("this", "that", "these", "those", "what", "who", "how", "why", "when", "where", "not", "no"),
    *("do", "does", "did", "of", "in", "on", "at", "for", "with", "from", "about", "by", "as"),
    *("so", "just", "like", "have", "has", "had", "will", "would", "can", "could", "think"),
)


@pytest.mark.parametrize("words", [300, 4_000, 60_000])
def test_english_stays_english_however_long_it_is(words):
    """Its small words are a few hundred, and all have been said after some thousand words."""
    rng = np.random.default_rng(words)
    made = ["".join(rng.choice(list("bcdfgklmnprstaeiou"), 7)) for _ in range(words // 2)]
    talk = [str(w) for pair in zip(rng.choice(SMALL, len(made)), made, strict=True) for w in pair]
    assert detect_language([" ".join(talk)]) == "en"


def test_a_word_that_is_repeated_is_one_word():
    assert detect_language(["well " * 600]) == "en"
    assert detect_language(["ow! " * 600]) is None


def test_a_language_that_is_not_known_shows_within_two_short_turns():
    turns = ["Nimefurahi sana kukuona leo rafiki yangu.", "Mimi pia nimefurahi, karibu nyumbani."]
    assert languages(turns) == [None, "und"]
