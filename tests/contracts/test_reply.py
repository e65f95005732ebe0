"""What every reply generator keeps to, ours and a third party's."""

from __future__ import annotations

import installed
import pytest

from empathia import plugins
from empathia.contracts import Generator, Tools
from empathia.errors import ConfigError, UsageError
from empathia.labels import EKMAN7
from empathia.lm.scripted import ScriptedModel
from empathia.types import Emotion, Reply, Turn, Utterance

pytestmark = pytest.mark.usefixtures("third_party")
NAMES = installed.every("replies")
SAD = Emotion("fusion", EKMAN7, tuple(0.7 if x == "sadness" else 0.05 for x in EKMAN7))
TOOLS = Tools(lambda: ScriptedModel(lambda _: "That sounds really hard. How are you now?"))


def generator(name: str) -> Generator:
    made: Generator = plugins.load("replies", name, ("OPTIONS", "load")).load({}, TOOLS)
    return made


def talk(*texts: str | None, emotion: Emotion | None = SAD) -> list[Turn]:
    return [
        Turn(Utterance(f"u{i}", i, "AB"[i % 2], text), emotion=emotion)
        for i, text in enumerate(texts)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_options_are_typed_by_their_defaults(name: str) -> None:
    plugin = plugins.load("replies", name, ("OPTIONS", "load"))
    with pytest.raises(ConfigError, match="colour"):
        plugin.load({"colour": 1}, TOOLS)
    for option, default in plugin.OPTIONS.items():
        assert isinstance(default, bool | int | float | str | tuple)
        plugin.load({option: default}, TOOLS)
        with pytest.raises(ConfigError, match=option):
            plugin.load({option: {"a": "table"}}, TOOLS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("emotion", [SAD, Emotion("fusion", EKMAN7, abstained="unsure"), None])
def test_the_last_turn_is_answered_the_same_twice(name: str, emotion: Emotion | None) -> None:
    turns = talk("I lost my keys", "Oh no", "and then it rained", emotion=emotion)
    reply = generator(name).propose(turns)[0]
    assert isinstance(reply, Reply)
    assert reply.to == "u2"
    assert reply.text.strip()
    assert reply.source
    assert generator(name).propose(turns)[0] == reply


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("words", [None, "", "  "])
def test_without_words_there_is_an_answer_all_the_same(name: str, words: str | None) -> None:
    assert generator(name).propose(talk("I lost my keys", words))[0].text.strip()


@pytest.mark.parametrize("name", NAMES)
def test_no_turn_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no turn"):
        generator(name).propose([])[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_language_model_is_loaded_where_it_is_needed_alone(name: str) -> None:
    loaded = []

    def model() -> ScriptedModel:
        loaded.append(name)
        return ScriptedModel(lambda _: "That sounds really hard. How are you now?")

    plugins.load("replies", name).load({}, Tools(model)).propose(talk("I lost my keys"))[0]
    assert loaded == (["lm"] if name == "lm" else [])
