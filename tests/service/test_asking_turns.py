"""A language model is asked about one turn: what it is shown, and what cannot be asked."""

from __future__ import annotations

import pytest

from empathia.emotion import lm
from empathia.errors import AbsentError, InputError
from empathia.pipeline import Options
from empathia.service.tasks import asking, reading
from empathia.types import Timeline, Turn, Utterance
from empathia.types.wire import dumps

SAID = (
    ("Ann", "My dog died last night.", "en"),
    ("Ben", "I am so sorry to hear that.", None),  # a transcript need not know the language
    ("Ann", "어젯밤에 우리 개가 죽었어요.", "ko"),
    ("Ben", None, None),
    ("Ann", "Thank you.", "en"),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    turns = [
        Turn(Utterance(f"turn-{i:04d}", i, who, text, language=language))
        for i, (who, text, language) in enumerate(SAID)
    ]
    path = tmp_path_factory.mktemp("job") / "timeline.json"
    path.write_text(dumps(Timeline("talk", tuple(turns), ("Ann", "Ben"))))
    return str(path)


def ask(room, file, number):
    told = []
    answer = room.ask(told.append, file=file, utterance=f"turn-{number:04d}")
    return answer, [stage for stage, *_ in told]


def test_a_turn_is_shown_with_what_came_before_it_and_nothing_later(file, monkeypatch):
    monkeypatch.setattr(lm, "OPTIONS", {**lm.OPTIONS, "backend": "scripted"})  # arbitrary scores
    monkeypatch.setattr(asking, "RECOGNISER", "lm")
    room = reading.Reading(reading.Models(Options()))
    first, stages = ask(room, file, 1)
    assert stages == ["loading"]
    scores, why = first["emotion"]["scores"], first["why"]
    assert (first["utterance"], first["emotion"]["source"]) == ("turn-0001", "lm")
    assert sum(scores.values()) == pytest.approx(1)
    assert why["label"] == max(scores, key=scores.get)
    assert why["confidence"] == scores[why["label"]]
    assert {p["kind"] for p in why["parts"]} == {"words", "past"}
    shown = why["prompt"][-1]["content"]
    assert "My dog died" in shown and "so sorry" in shown and "Thank you" not in shown
    second, stages = ask(room, file, 4)
    assert stages == ["asking"] and "so sorry" in second["why"]["prompt"][-1]["content"]


@pytest.mark.parametrize(
    ("number", "why"), [(2, "the words are in ko"), (3, "nothing to judge by")]
)
def test_what_the_model_cannot_read_is_told_without_loading_it(file, number, why):
    room = reading.Reading(reading.Models(Options()))
    with pytest.raises(InputError, match=why) as refused:
        ask(room, file, number)
    assert "Choose a turn" in refused.value.remedy


def test_turns_and_recordings_that_are_not_there_are_told(file, tmp_path):
    room = reading.Reading(reading.Models(Options()))
    with pytest.raises(AbsentError, match="no turn"):
        ask(room, file, 99)
    with pytest.raises(AbsentError, match="deleted"):
        ask(room, str(tmp_path / "timeline.json"), 1)


@pytest.mark.weights
@pytest.mark.slow
def test_the_small_model_tells_what_its_label_hangs_on(file):
    room = reading.open(Options(threads=1))
    answer, _ = ask(room, file, 0)
    parts = answer["why"]["parts"]
    assert {p["kind"] for p in parts} == {"words"}
    assert sum(answer["emotion"]["scores"].values()) == pytest.approx(1)
    assert parts == sorted(parts, key=lambda p: -p["change"])
