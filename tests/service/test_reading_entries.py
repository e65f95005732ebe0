"""Entries out of texts and recordings, with the models that ship, and how turns are averaged."""

from __future__ import annotations

import pytest
import sounds

from empathia.errors import UsageError
from empathia.labels import LabelSet
from empathia.pipeline import Options
from empathia.service.diary.records import Draft, Feeling
from empathia.service.diary.summing import summary
from empathia.service.tasks import entry, reading
from empathia.types import Emotion, Turn, Utterance

TWO = LabelSet("two", ("joy", "sadness"))


def turn(scores=(), start=None, end=None, text="word", **more):
    said = Utterance("u", 0, "you", text, start, end)
    return Turn(said, emotion=Emotion("fusion", TWO, scores, **more))


def test_a_turn_counts_as_long_as_it_is():
    shares, why = entry.felt([turn((0.9, 0.1), 0.0, 3.0), turn((0.1, 0.9), 3.0, 4.0)])
    assert shares == pytest.approx({"joy": 0.7, "sadness": 0.3}) and why is None
    assert [*shares] == ["joy", "sadness"]  # the largest first


def test_a_turn_without_times_counts_by_its_words():
    shares, _ = entry.felt([turn((1.0, 0.0), text="one"), turn((0.0, 1.0), text="two three four")])
    assert shares == pytest.approx({"joy": 0.25, "sadness": 0.75})


def test_who_is_not_sure_counts_with_all_of_their_scores():
    unsure = turn((0.5, 0.5), 0.0, 1.0, abstained="not sure")
    shares, why = entry.felt([unsure, turn((1.0, 0.0), 1.0, 2.0)])
    assert shares == pytest.approx({"joy": 0.75, "sadness": 0.25}) and why is None


def test_where_nobody_is_sure_nothing_is_said():
    short, long = (
        turn((), 0.0, 1.0, abstained="short"),
        turn((0.5, 0.5), 1.0, 9.0, abstained="long"),
    )
    assert entry.felt([short, long]) == ({}, "long")
    assert entry.felt([]) == ({}, entry.NOTHING)
    assert entry.felt([Turn(Utterance("u", 0, "you", "Hm."))]) == ({}, entry.NOTHING)


def test_scores_that_do_not_exclude_each_other_are_shares_then():
    shares, _ = entry.felt([turn((0.9, 0.3), exclusive=False)])
    assert shares == pytest.approx({"joy": 0.75, "sadness": 0.25})
    assert Feeling(shares)


@pytest.mark.weights
@pytest.mark.slow
def test_words_and_sound_become_entries(tmp_path):
    room = reading.open(Options(threads=1))
    told = []
    glad = room.write(told.append, text="I got the job! I am so happy, what a day.", language=None)
    assert glad["language"] == "en" and next(iter(glad["shares"])) == "joy"
    sad = room.write(
        told.append, text="할머니가 돌아가셔서 너무 슬프고 눈물이 난다.", language=None
    )
    assert sad["language"] == "ko" and sad["timeline"] is None
    feeling = Feeling(sad["shares"], sad["abstained"])
    assert Draft("text", sad["words"], feeling, summary(sad["words"], feeling, "ko"), "ko")
    long = room.write(told.append, text="I am so happy. " * 100, language="en")
    assert next(iter(long["shares"])) == "joy"

    talk = sounds.write_wav(tmp_path / "talk.wav", sounds.example(0, 20))
    spoken = room.hear(told.append, file=str(talk), longest=600.0, language=None)
    assert spoken["words"] and spoken["timeline"]["turns"] and told
    assert spoken["timeline"]["source"] == "entry" and len(spoken["timeline"]["speakers"]) == 1
    assert sum(spoken["shares"].values()) == pytest.approx(1) or spoken["abstained"]
    means, deviations, seconds = room.calm(told.append, file=str(talk), longest=600.0)
    assert means.keys() == deviations.keys() and means and seconds > 5
    given = {"file": str(talk), "longest": 600.0, "language": "en"}
    high = {k: v / 4 if k == "avg_pitch" else v for k, v in means.items()}  # two octaves lower
    against = room.hear(told.append, **given, calm=high)["timeline"]["turns"]
    cues = [t["cues"] for t in against if t["prosody"]["measures"]["avg_pitch"]]
    assert {(c["reference"], c["levels"]["avg_pitch"]) for c in cues} == {
        ("calm recording", "very high")
    }

    silence = sounds.write_wav(tmp_path / "silence.wav", sounds.noise(3.0, 0.0))
    quiet = room.hear(told.append, file=str(silence), longest=600.0, language=None)
    assert (quiet["words"], quiet["shares"], quiet["abstained"]) == ("", {}, entry.NOTHING)
    with pytest.raises(UsageError, match="minutes"):
        room.hear(told.append, file=str(talk), longest=1.0, language=None)
    text = tmp_path / "a.txt"
    text.write_text("Hello.")
    with pytest.raises(UsageError, match="this is a text"):
        room.hear(told.append, file=str(text), longest=1.0, language=None)
    with pytest.raises(UsageError, match=r"0\.0 s of speech"):
        room.calm(told.append, file=str(silence), longest=600.0)
