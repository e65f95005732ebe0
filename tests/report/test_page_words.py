"""The words of the timeline page: one file a language, and Korean for what timelines hold."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from build import filmed, overlapping, reasoned, timeline

import empathia
from empathia import weights
from empathia.cues import Bins, describe, describe_recording
from empathia.cues.looks import IMPRESSIONS as LOOKED
from empathia.cues.looks import LOOKS
from empathia.cues.words import HEDGE, IMPRESSIONS
from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.labels.sets import GOEMOTIONS28, LABEL_SETS
from empathia.listen.remarks import on_speakers
from empathia.media import Condition
from empathia.pipeline.fusion import fuse
from empathia.replies.select.kinds import written
from empathia.report import words as spoken
from empathia.report.timeline.html import page
from empathia.report.words import words_in
from empathia.types import Emotion, Features, SpeakerNumber, Utterance

ROOM = Path(spoken.__file__).parent
ENGLISH, KOREAN = words_in("en"), words_in("ko")
MEASURES = (
    "avg_intensity",
    "intensity_variation",
    "avg_pitch",
    "pitch_std",
    "articulation_rate",
    "mean_hnr",
)


def latin(text: str) -> list[str]:
    return re.findall("[A-Za-z]{2,}", text)


def test_both_languages_say_the_same_things():
    assert list(ENGLISH.said) == list(KOREAN.said)
    for name, sentence in ENGLISH.said.items():
        told = KOREAN.said[name]
        assert sorted(re.findall(r"\{\w+\}", sentence)) == sorted(re.findall(r"\{\w+\}", told)), (
            name
        )
        assert re.search("[가-힣]", told) or not latin(re.sub(r"\{\w+\}", "", told))
    for text, told in KOREAN.stored.items():
        assert set(re.findall(r"\{\w+\}", told)) <= set(re.findall(r"\{\w+\}", text)), text


def test_what_the_page_says_is_written_down_and_nothing_else_is():
    files = [f for f in ROOM.rglob("*.*") if f.suffix in {".py", ".js"}]
    code = "".join(f.read_text("utf-8") for f in files)
    template = (ROOM / "assets" / "template.html").read_text("utf-8")
    asked = set(re.findall(r'\bsay\(\s*["\']([\w.-]+)["\']', code))
    asked |= {x for x in re.findall(r"\{\{([\w.-]+)\}\}", template) if "." in x}
    assert asked <= set(ENGLISH.said), asked - set(ENGLISH.said)
    quoted = set(re.findall(r"[\"']([\w-]+\.[\w-]+)[\"']", code)) | asked
    built = ("source.", "measure.")
    counted = {re.sub(r"\.(one|many)$", "", name) for name in ENGLISH.said if name not in quoted}
    unused = {name for name in counted if name not in quoted and not name.startswith(built)}
    assert unused == {"timeline.lost"} and "say(`timeline.lost.$" in code


def test_why_a_recogniser_tells_nothing_is_told_of_each():
    shown = words_in("ko").shown
    assert shown("lm: no words; voice: silence") == "lm: 말 없음; 목소리: 무음"
    assert shown("lm: too unsure (28 %, needs 60 %)").startswith("lm: 너무 불확실함(28 %")
    assert shown("Ann: no sense in this") == "Ann: no sense in this"


def test_the_same_key_is_never_written_twice():
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    for language in spoken.LANGUAGES:
        text = (ROOM / "assets" / "words" / f"{language}.json").read_text("utf-8")
        groups = json.loads(text, object_pairs_hook=once)["stored"].values()
        assert sum(map(len, groups)) == len(words_in(language).stored)


def test_a_page_is_written_in_its_language_and_others_are_refused(tmp_path):
    file = empathia.write(timeline(1), tmp_path / "x.html", language="ko")
    assert '<html lang="ko">' in file.read_text("utf-8")
    with pytest.raises(UsageError, match="no page in 'fr'"):
        page(timeline(1), language="fr")


def prosody(*values: float) -> Features:
    return Features("u", "prosody", np.array([values], np.float32), MEASURES, ("",) * len(MEASURES))


def descriptions() -> Iterator[str]:
    """All that the cues say of a voice, of everybody's and of one's own."""
    ends = dict.fromkeys(MEASURES, (1.0, 2.0, 3.0, 4.0, 5.0))
    bins = Bins(
        {"overall": ends}, {"speaker so far": dict.fromkeys(MEASURES[:4], ends[MEASURES[0]])}
    )
    for levels in (3, 4, 5, 6):
        for value in np.arange(0.5, 6):
            yield describe(prosody(*[value] * 6), bins, levels).description
            yield describe(prosody(0, value, *[value] * 4), bins, levels).description
    turns = [prosody(60, 4, 200, 20, 4, 10), *[prosody(60, 4, 200, 20, 4, 10)] * 6]
    told = describe_recording(turns, ["A"] * 7, bins)
    yield told[-1].description if told[-1] else ""


def test_all_that_cues_say_has_korean_words():
    said = list(descriptions())
    assert "very high volume with very large variation, very high pitch" in "".join(said)
    assert said[-1].startswith("very low volume with") and "for this speaker, " in said[-1]
    said += [phrase for look in LOOKS.values() for phrase in look.phrases]
    said += [HEDGE.format(words) for _, words in (*IMPRESSIONS, *LOOKED)]
    assert [text for text in said if latin(KOREAN.shown(text))] == []
    assert KOREAN.shown(said[-1]) == "다정한 것처럼 느껴질 수 있습니다"
    assert "이 사람 기준), 말 빠르기" in KOREAN.shown(
        "low volume, low pitch for this speaker, slow"
    )
    assert KOREAN.shown("low volume, shaking") == "low volume, shaking", "whole, or as it is"


def test_all_labels_that_are_english_have_korean_names():
    labels = {x for s in LABEL_SETS.values() if s.name != "epitome9" for x in s}
    assert [x for x in labels if latin(KOREAN.shown(x))] == []
    assert {x: KOREAN.shown(x) for x in ("joy", "excitement", "calm", "mine")} == {
        "joy": "기쁨",
        "excitement": "흥분",
        "calm": "평온",
        "mine": "mine",
    }


def test_letters_are_syllables_of_the_names_and_each_is_there_once():
    for labels, letters in ((EKMAN7, "중기슬분두혐놀"), (GOEMOTIONS28, "")):
        text = page(timeline(2, labels=labels), language="ko")
        data = json.loads(text.split('id="data">')[1].split("</script>")[0])
        marks = [data["marks"][x]["letter"] for x in labels]
        assert len(set(marks)) == len(marks) and "".join(marks).startswith(letters)


def felt(source: str, label: str, share: float) -> Emotion:
    rest = (1 - share) / 6
    return Emotion(source, EKMAN7, tuple(share if x == label else rest for x in EKMAN7))


def remarks() -> Iterator[str]:
    """What a reading says of a turn or of all, as the program words it."""
    mute = {
        s: Emotion(s, EKMAN7, abstained=why)
        for s, why in (("text", "no words"), ("voice", "silence"))
    }
    two = {"text": felt("text", "joy", 0.4), "voice": felt("voice", "anger", 0.41)}
    for emotions, risk in ((mute, None), (two, 0.05), ({"text": two["text"]}, 0.05)):
        yield fuse(emotions, risk=risk).abstained or ""
    yield from Condition(
        samples=100,
        seconds=2.0,
        announced=9.0,
        not_finite=2,
        clipped=5,
        damaged=1,
        filled=1.5,
        cancelled=9.0,
    ).notes()
    short = [Utterance(f"{i}", i, "A", None, i, i + 0.2, speaker_confidence=0.0) for i in range(7)]
    for bounds in ((2, 2), (2, 3)):
        yield from on_speakers(short, SpeakerNumber(1, "estimated", {1: 1.0}), bounds)
    yield from (entry.role for entry in weights.entries())


def test_what_a_reading_remarks_is_told_in_korean():
    told = {text: KOREAN.shown(text) for text in remarks()}
    kept = {"smollm"}  # a name
    assert len(told) > 30 and "" not in told
    assert {t: k for t, k in told.items() if {*latin(k)} - kept} == {}
    assert told["text: no words; voice: silence"] == "말: 말 없음; 목소리: 무음"
    assert KOREAN.shown("words not available at 3-5 s, 7-8 s and 2 more: no sound") == (
        "말을 글로 옮기지 못한 곳(3-5초, 7-8초 외 2곳): 소리 없음"
    )
    hostile = "a; " * 400
    assert KOREAN.shown(hostile) == hostile and KOREAN.shown("Ann: hello") == "Ann: hello"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_why_an_answer_was_chosen_has_korean_words(language):
    for kind in written(language).kinds:
        assert latin(KOREAN.shown(f"taken for “{kind.name}” (74%)")) == []
    for sounds in ("good", "hard", "open"):
        assert latin(KOREAN.shown(f"of no kind that is known, sounds {sounds}")) == []


def test_what_is_told_in_korean_is_what_the_program_says():
    """A remark that was worded anew is English on Korean pages until its form is, too."""
    package = Path(empathia.__file__).parent
    files = [f for f in package.rglob("*.*") if f.suffix in {".py", ".toml"}]
    code = "".join(f.read_text("utf-8") for f in files).replace("\\'", "'")
    joined = re.sub(r'"\s*\n\s*f?"', "", code)
    text = (ROOM / "assets" / "words" / "ko.json").read_text("utf-8")
    groups = json.loads(text)["stored"]
    several = "told apart|sound like|for a second|with the voice$|answer is sure|face says"
    several += "|short sounds|at {times}: |sounds (good|hard|open)$"
    stale = [
        remark
        for group in ("face", "absent", "reasons", "kinds", "notes", "roles")
        for remark in groups[group]
        if max(re.split(r"\{\w+\}", remark), key=len) not in joined
    ]
    assert [x for x in stale if not re.search(several, x)] == [], "those are said in pieces"


def test_a_korean_page_is_korean_but_for_what_is_data():
    whole = timeline(
        4, texts=("그래요", None), speakers=("Speaker 1", "지수"), notes=("no sound came",)
    )
    whole = dataclasses.replace(whole, provenance={**whole.provenance, "options": {}})
    for found in (whole, reasoned(whole, hostile="음"), filmed(), overlapping(), timeline(0)):
        text = page(found, language="ko")
        assert '<html lang="ko">' in text
        shown = re.sub(
            r"<(script|style|pre|bdi|title).*?</\1>|<td class=\"said\".*?</td>",
            " ",
            text,
            flags=re.DOTALL,
        )
        named = " ".join(re.findall(r'(?:aria-label|title|alt)="([^"]*)"', shown))
        read = html.unescape(re.sub("<[^>]+>", " ", shown)) + named
        names = "Empathia|JavaScript|talk|wav|mp4|Ann|Ben|whisper|base|voice|text|default|CC|BY"
        names += "|NC|SA|Apache|rules|lm|mine|en|de|doctype|html"
        assert latin(re.sub(rf"\b({names})\b|JavaScript", "", read)) == []
    chat = page(timeline(2, speakers=("joy", "Speaker")), language="ko")
    assert "<bdi>joy</bdi>" in chat and "<bdi>화자</bdi>" in chat, "names are what they are"
    text = page(dataclasses.replace(whole, notes=("no sound came", "of a plug-in")), language="ko")
    assert "화자 1" in text and "<li>소리가 오지 않았습니다.</li>" in text
    assert '<li lang="en">of a plug-in</li>' in text, "what is not known is told as what it is"
    assert "언어: 영어, 독일어" in page(overlapping(), language="ko")
