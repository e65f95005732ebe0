"""Recognisers by name: shipped ones, folders, plug-ins, and which of them go together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from little_problem import LABELS
from reading_models import keep_dialogue_model

import empathia
from empathia import features, plugins, weights
from empathia.errors import UsageError
from empathia.features.prosody import NAMES
from empathia.labels import EKMAN7
from empathia.pipeline import Conversation, Options, Spoken
from empathia.types import (
    ANY,
    About,
    Cues,
    Emotion,
    Features,
    Part,
    Reason,
    Reply,
    Sample,
    Seen,
    Tell,
    Turn,
    Utterance,
    Wish,
)

pytestmark = pytest.mark.weights
ENGLISH = {"minilm", "text-empathetic", "talk"}


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text("Ann: I am so happy today!\nBen: 정말 슬프다\n", encoding="utf-8")
    return path


class Always:
    """A recogniser that gives the first label all the weight."""

    def __init__(self, **about: Any) -> None:
        self.about = About(**{"name": "always", "labels": EKMAN7} | about)
        self.seen: list[Sample] = []

    def recognise(self, dialogues: Sequence[Sequence[Sample]]) -> list[list[Emotion]]:
        self.seen += [s for d in dialogues for s in d]
        rest = (0.05,) * (len(self.about.labels) - 1)
        scores = (1 - sum(rest), *rest)
        return [[Emotion(self.about.name, self.about.labels, scores) for _ in d] for d in dialogues]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], SimpleNamespace]:
    """Plug-ins of a third party, by kind and name."""
    extra: dict[tuple[str, str], SimpleNamespace] = {}
    names, load = plugins.names, plugins.load

    def all_names(stage: str) -> tuple[str, ...]:
        return tuple(sorted({*names(stage), *(n for kind, n in extra if kind == stage)}))

    def loaded(stage: str, name: str, needs: Sequence[str] = ()) -> Any:
        return extra.get((stage, name)) or load(stage, name, needs)

    monkeypatch.setattr(plugins, "names", all_names)
    monkeypatch.setattr(plugins, "load", loaded)
    return extra


def recogniser(loaded: Always) -> SimpleNamespace:
    return SimpleNamespace(OPTIONS={}, load=lambda _folder, _threads: loaded)


def test_each_language_has_its_reader_and_no_other_is_loaded(talk: Path) -> None:
    timeline = empathia.read(talk)
    english, korean = (t.emotions["text"] for t in timeline.turns)
    assert english.label == "joy"
    assert korean.scores
    names = {w["name"] for w in timeline.provenance["weights"]}
    reads = {"e5-small", "text-multilingual"}
    reads = {"text-korean"} if weights.state("e5-small") == "missing" else reads
    assert names == ENGLISH | reads
    talk.write_text("Ann: I am so happy today!\n")
    names = {w["name"] for w in empathia.read(talk).provenance["weights"]}
    assert names == ENGLISH


def test_a_plug_in_reads_by_its_name(
    installed: dict[tuple[str, str], SimpleNamespace], talk: Path
) -> None:
    plugin = Always(licence="mine")
    installed["emotion", "theirs"] = recogniser(plugin)
    timeline = empathia.read(talk, recognisers=("theirs",))
    assert [t.emotions["always"].label for t in timeline.turns] == ["neutral"] * 2
    assert [s.text for s in plugin.seen] == ["I am so happy today!", "정말 슬프다"]
    assert timeline.notes == (), "it may read any language"
    assert timeline.provenance["weights"] == [
        {
            "name": "always",
            "role": "recogniser plug-in (theirs)",
            "licence": "mine",
            "noncommercial": False,
        }
    ]
    both = empathia.read(talk, recognisers=("text-default", "theirs"))
    assert set(both.turns[0].emotions) == {"text", "always"}
    assert both.turns[0].emotion is not None
    assert both.turns[0].emotion.source == "fusion of always, text"


class Knows(Always):
    """One that tells why, of turns that have words."""

    def reasons(self, dialogues: Sequence[Sequence[Sample]], wanted: Any) -> dict[str, Reason]:
        self.asked = [s.id for d in dialogues for s in d]
        return {
            s.id: Reason("neutral", 0.7, (), parts=(Part("words", s.text, 1.0, 0.2),))
            for d in dialogues
            for s in d
            if s.id in wanted and s.text
        }


def test_who_can_tell_why_is_asked_where_that_is_wanted(
    installed: dict[tuple[str, str], SimpleNamespace], talk: Path
) -> None:
    installed["emotion", "mute"] = recogniser(Always(name="mute"))
    installed["emotion", "theirs"] = recogniser(knows := Knows(name="knows"))
    both = {"recognisers": ("mute", "theirs")}
    timeline = empathia.read(talk, why=True, **both)
    assert [list(t.why or ()) for t in timeline.turns] == [["knows"]] * 2
    assert timeline.turns[1].why["knows"].parts[0].text == "정말 슬프다"
    assert timeline.provenance["options"]["why"] is True
    assert [t.why for t in empathia.read(talk, **both).turns] == [None, None]
    with pytest.raises(UsageError, match=r"tell why \('mute'\)"):
        empathia.read(talk, why=True, recognisers=("mute",))
    with Conversation(Options(**both)) as live:
        ids = [live.add(text).utterance.id for text in ("One", "Two", "Three")]
        assert live.why(ids[1])["knows"].parts[0].text == "Two"
        assert knows.asked == ids[:2], "nothing of later turns"
        assert live.turns[1].why is None
        with pytest.raises(UsageError, match="'nobody'"):
            live.why("nobody")


class Narrow(Always):
    """A recogniser for which each answer is work."""

    def only(self, wanted: Any) -> Narrow:
        self.wanted = [*getattr(self, "wanted", ()), set(wanted)]
        return self


def test_a_reading_asks_about_new_turns_alone(
    installed: dict[tuple[str, str], SimpleNamespace],
) -> None:
    installed["emotion", "theirs"] = recogniser(plugin := Narrow())
    options = Options(recognisers=("theirs",))
    with Conversation(options) as talk:
        past = [talk.add(text) for text in ("One", "Two")]
    with Conversation(options, past) as talk:
        turns = [*past, talk.add("Three")]
    assert plugin.wanted == [{t.utterance.id} for t in turns]
    assert [s.text for s in plugin.seen[-3:]] == ["One", "Two", "Three"]


def test_recognisers_are_told_the_cues_that_the_reading_tells(
    installed: dict[tuple[str, str], SimpleNamespace],
) -> None:
    installed["emotion", "theirs"] = recogniser(plugin := Always())
    heard = Features("", "prosody", np.float32([[2, 60, 5, 180, 30, 100, 9, 10]]), NAMES)
    smiles = Cues({"mouth": "high"}, "smile", "", "everybody")

    def spoken(i: int) -> Spoken:
        seen = Seen("face 1", 0.5, smiles) if i == 1 else None
        return Spoken(Utterance(str(i), i, "Ann", f"line {i}"), sound={"prosody": heard}, seen=seen)

    with Conversation(Options(recognisers=("theirs",))) as talk:
        first = talk.extend([spoken(0), spoken(1)])
        plugin.recognise = fail  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            talk.extend([spoken(2)])
        del plugin.recognise
        seven = talk.extend([spoken(i) for i in range(2, 8)])
    told = {s.id: s.cues for s in plugin.seen}
    assert "fast" in told["0"]["voice"].description
    assert told["1"]["face"] is smiles and "face" not in told["2"]
    for turn in (*first, *seven):
        assert told[turn.utterance.id]["voice"] == turn.cues
    with Conversation(Options(recognisers=("theirs",))) as anew:
        assert [t.cues for t in anew.extend([spoken(i) for i in range(8)])] == [
            t.cues for t in (*first, *seven)
        ], "a turn that failed was never heard"
    assert {t.cues.reference for t in seven[-2:]} == {"speaker so far"}


def fail(_: object) -> None:
    raise RuntimeError


def test_a_recogniser_gets_the_features_that_it_names(
    installed: dict[tuple[str, str], SimpleNamespace], talk: Path
) -> None:
    def count(items: Sequence[tuple[str, str]]) -> list[Features]:
        return [Features(i, "letters", np.float32([[len(text)]])) for i, text in items]

    installed["features", "letters"] = SimpleNamespace(
        SOURCE=features.source("text"), load=lambda _variant, _threads: count
    )
    plain, counting = Always(name="plain"), Always(features=("letters",))
    installed["emotion", "plain"], installed["emotion", "counting"] = map(
        recogniser, (plain, counting)
    )
    empathia.read(talk, recognisers=("plain", "counting"))
    assert [float(s.features["letters"].values[0, 0]) for s in counting.seen] == [20.0, 6.0]
    assert all(not s.features for s in plain.seen)


def test_a_recogniser_without_history_sees_each_turn_once(
    installed: dict[tuple[str, str], SimpleNamespace],
) -> None:
    for history, seen in ((False, ["a", "b", "c"]), (True, ["a", "a", "b", "a", "b", "c"])):
        plugin = Always(history=history)
        installed["emotion", "theirs"] = recogniser(plugin)
        with Conversation(Options(recognisers=("theirs",))) as conversation:
            for text in "abc":
                conversation.add(text)
        assert [s.text for s in plugin.seen] == seen


def test_recognisers_that_do_not_go_together_are_refused(
    installed: dict[tuple[str, str], SimpleNamespace], tmp_path: Path, talk: Path
) -> None:
    installed["emotion", "little"] = recogniser(Always(name="little", labels=LABELS))
    installed["emotion", "second"] = recogniser(Always(name="text"))
    installed["emotion", "later"] = recogniser(Always(causal=False))
    installed["emotion", "ready"] = recogniser(Always(features=("blendshapes",)))
    for named, message in {
        ("text-default", "little"): "'text' tells apart 'ekman7' and 'little' 'little3'",
        ("text-default", "second"): "two recognisers are called 'text' and read any language",
        ("text-default", "text-empathetic"): "are called 'text' and read en",
        ("later",): "looks at later turns",
        ("ready",): "'blendshapes', which came ready-made",
        ("tfidf",): "has to be trained",
        ("nobody",): "there is no recogniser 'nobody'",
        (): "no recogniser to read with",
    }.items():
        with pytest.raises(UsageError, match=message):
            empathia.read(talk, recognisers=named)
    with pytest.raises(UsageError, match="list of names"):
        empathia.read(talk, recognisers="tfidf")


def test_a_kept_model_of_other_labels_reads_alone(tmp_path: Path, talk: Path) -> None:
    pytest.importorskip("torch")
    folder = keep_dialogue_model(tmp_path, LABELS)
    assert empathia.read(talk, recognisers=(str(folder),)).turns[0].emotion is not None
    with pytest.raises(UsageError, match="cannot be fused"):
        empathia.read(talk, recognisers=("text-default", folder))


def test_what_is_not_for_commercial_use_is_left_out_or_refused(
    installed: dict[tuple[str, str], SimpleNamespace], talk: Path
) -> None:
    installed["emotion", "theirs"] = recogniser(Always(noncommercial=True, licence="CC BY-NC"))
    timeline = empathia.read(talk, permissive=True)
    assert timeline.turns[0].emotion.label == "joy"
    assert "text-default" in {w["name"] for w in timeline.provenance["weights"]}
    assert any(n.startswith("the text recogniser: left out") for n in timeline.notes)
    for named in ("theirs", "voice-default"):
        with pytest.raises(UsageError, match=rf"'{named}'.* not for commercial use"):
            empathia.read(talk, permissive=True, recognisers=("text-default", named))


def test_a_reply_generator_is_found_by_its_name(
    installed: dict[tuple[str, str], SimpleNamespace], talk: Path
) -> None:
    class Parrot:
        def propose(
            self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None
        ) -> list[Reply]:
            last = turns[-1].utterance
            return [Reply(last.id, str(last.text), "parrot")]

    installed["replies", "parrot"] = SimpleNamespace(load=lambda _options, _tools: Parrot())
    timeline = empathia.read(talk, reply="every", reply_with="parrot")
    assert [t.reply.text for t in timeline.turns if t.reply] == [
        "I am so happy today!",
        "정말 슬프다",
    ]
    assert "smollm2" not in {w["name"] for w in timeline.provenance["weights"]}
    with pytest.raises(UsageError, match="unknown replies plug-in 'nobody'"):
        empathia.read(talk, reply="last", reply_with="nobody")


def test_an_old_name_names_the_new_one(talk: Path) -> None:
    with pytest.raises(UsageError, match="'recogniser' is called 'recognisers' now"):
        empathia.read(talk, recogniser="tfidf")
