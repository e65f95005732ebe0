"""Turns that come one by one: the same as a file that is read, and nothing of the future."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
import sounds
from reading_models import keep_dialogue_model

from empathia import media, weights
from empathia.errors import InputError, UsageError
from empathia.pipeline import SHIPPED, Conversation, Options, Reader, Spoken
from empathia.types import Audio, Timeline, Turn, Utterance

pytestmark = pytest.mark.weights

WORDS = sounds.EXAMPLE.with_suffix(".csv")
ENGLISH = ("talk", "voice-default")


@pytest.fixture(scope="module")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kept model whose answers depend on what came before."""
    pytest.importorskip("torch")
    return keep_dialogue_model(tmp_path_factory.mktemp("kept"))


def fed(timeline: Timeline, options: Options, recording: Path) -> list[Turn]:
    """The turns of the timeline of a recording, added one by one."""
    utterances = [t.utterance for t in timeline.turns]
    cut: list[Audio | None] = [None] * len(utterances)
    if timeline.has_audio:
        spans = [(u.start or 0.0, u.end or 0.0) for u in utterances]
        cut = list(media.spans(recording, spans))
    with Conversation(options) as talk:
        return [
            talk.add(
                u.text,
                sound,
                speaker=u.speaker,
                start=u.start,
                end=u.end,
                words=t.words,
                language=timeline.language if timeline.has_audio else None,
            )
            for t, u, sound in zip(timeline.turns, utterances, cut, strict=True)
        ]


def assert_same(read: Turn, added: Turn) -> None:
    """All of two turns but their ids, how sure it is who spoke, and rounding."""
    a, b = read.utterance, added.utterance
    assert dataclasses.replace(a, id=b.id, audio=None, groups={}, speaker_confidence=None) == b
    assert (read.words, read.cues) == (added.words, added.cues)
    if read.prosody is None or added.prosody is None:
        assert read.prosody is added.prosody
    else:
        np.testing.assert_array_equal(read.prosody.values, added.prosody.values)
    assert read.emotions.keys() == added.emotions.keys()
    pairs = [(read.emotion, added.emotion)]
    pairs += [(read.emotions[n], added.emotions[n]) for n in read.emotions]
    for one, other in pairs:
        assert one is not None
        assert other is not None
        assert (one.source, one.label) == (other.source, other.label)
        assert other.scores == pytest.approx(one.scores, abs=1e-5)


@pytest.mark.parametrize("recording", [pytest.param(True, marks=pytest.mark.slow), False])
def test_turns_one_by_one_are_the_turns_of_the_file(
    remembering: Path, tmp_path: Path, *, recording: bool
) -> None:
    recognisers = (*SHIPPED, remembering)
    talk = sounds.write_wav(tmp_path / "talk.wav", sounds.example(0, 13.6)) if recording else WORDS
    options = Options(recognisers=recognisers, asr_model=sounds.small_model())
    with Reader(options) as reader:
        timeline = reader.read(talk)
    assert set(timeline.turns[0].emotions) == {"text", "talk", *(["voice"] if recording else [])}
    turns = fed(timeline, options, talk)
    assert len(turns) == len(timeline.turns) > (3 if recording else 8)
    for read, added in zip(timeline.turns, turns, strict=True):
        assert_same(read, added)


def test_the_past_of_a_turn_counts_for_a_model_that_remembers(remembering: Path) -> None:
    options = Options(recognisers=(remembering,))
    with Conversation(options) as short, Conversation(options) as long:
        long.add("I lost my keys and I am so angry!")
        alone, after = short.add("Well."), long.add("Well.")
    assert alone.emotion is not None
    assert after.emotion is not None
    assert np.abs(np.subtract(alone.emotion.scores, after.emotion.scores)).max() > 1e-4


def test_a_conversation_goes_on_from_stored_turns(remembering: Path) -> None:
    options = Options(recognisers=(*ENGLISH, remembering))
    lines = ("I lost my keys!", "Oh no.", "I am so angry.", "Shall I help you?")
    stretches = [sounds.example(4.0 * i, 4.0 * i + 3) for i in range(len(lines))]
    heard = [Audio(x.astype(np.float32), sounds.RATE) for x in stretches]
    with Conversation(options) as whole:
        for line, sound, who in zip(lines, heard, itertools.cycle("AB")):
            last = whole.add(line, sound, speaker=who)
        with Conversation(options, whole.turns[:-1], whole.models) as resumed:
            again = resumed.add(lines[-1], heard[-1], speaker="B")
            assert resumed.turns == (*whole.turns[:-1], again)
    assert_same(last, again)


def test_conversations_that_share_models_do_not_mix() -> None:
    with Conversation() as one:
        two = Conversation(models=one.models)
        one.add("I am so happy today!")
        two.add("나는 오늘 너무 행복해!")
        assert [t.utterance.text for t in one.turns] == ["I am so happy today!"]
        used = [{w["name"] for w in talk.provenance["weights"]} for talk in (one, two)]
    missing = weights.state("e5-small") == "missing"
    korean = {"text-korean"} if missing else {"e5-small", "text-multilingual"}
    assert used == [{"minilm", "text-empathetic", "talk"}, korean]


def test_words_alone_have_no_voice_and_sound_alone_has_no_words() -> None:
    sound = Audio(sounds.example(0, 3).astype(np.float32), sounds.RATE)
    with Conversation() as talk:
        words, voice = talk.add("I am so glad!"), talk.add(sound=sound)
        behind = talk.add("Hello?", Audio(np.zeros(0, np.float32), sounds.RATE))
    assert set(words.emotions) == {"text"}
    assert words.prosody is None
    assert voice.emotions["text"].abstained == "no words"
    assert voice.emotions["voice"].scores
    assert voice.prosody is not None
    assert behind.emotions["voice"].abstained == "no sound"
    assert behind.prosody is None


def test_a_turn_is_in_or_was_never_added(monkeypatch: pytest.MonkeyPatch) -> None:
    with Conversation(Options(recognisers=("text-default",))) as talk:
        talk.add("Das ist nicht gut.")
        monkeypatch.setattr("empathia.pipeline.conversation.fuse", interrupt)
        with pytest.raises(KeyboardInterrupt):
            talk.add("Ich weiss nicht, was das ist.")
        monkeypatch.undo()
        turn = talk.add("Ja super")
        assert len(talk.turns) == 2
        assert turn.utterance.id == "turn-0001"


def interrupt(_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_replies_come_when_asked_for() -> None:
    with Conversation(Options(reply_with="rules")) as talk:
        assert talk.add("I lost my job and I feel so sad.").reply is None
        answered = talk.answer()
        assert answered.reply is not None
        assert answered.reply.source == "rules"
        assert talk.turns == (answered,)
    with Conversation(Options(reply="every", reply_with="rules")) as talk:
        assert all(talk.add(line).reply for line in ("I am so happy!", "It is my birthday!"))


def test_what_calls_for_care_is_answered_so_unless_that_is_off(tmp_path: Path) -> None:
    said, file = "I want to die.", tmp_path / "care.toml"
    file.write_text("[en]\nself-harm = 'Call 988.'\n", encoding="utf-8")
    with Conversation(Options(reply="every", reply_with="rules", care=file)) as talk:
        assert (reply := talk.add(said).reply) is not None
        assert (reply.text, reply.source) == ("Call 988.", "care")
        assert not any("care is off" in note for note in talk.notes)
    with Conversation(Options(reply="every", reply_with="rules", care="off")) as talk:
        assert (reply := talk.add(said).reply) is not None
        assert reply.source == "rules"
        assert any(note.startswith("care is off: words that suggest") for note in talk.notes)
        # Whoever shares the models shares who answers, and is told so.
        assert talk.notes[0] in Conversation(models=talk.models).notes


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="whole recording"):
        Conversation(Options(adapt=True))
    with Conversation() as talk:
        with pytest.raises(UsageError, match="without words and without sound"):
            talk.add()
        with pytest.raises(UsageError, match="no turn to answer"):
            talk.answer()
        talk.add("Hello.")
        with pytest.raises(UsageError, match="two turns have the id 'turn-0000'"):
            talk.extend([Spoken(Utterance("turn-0000", 1, "Ann", "Hello again."))])


def test_a_turn_after_the_last_ones_of_a_talk_has_an_id_of_its_own():
    with Conversation() as talk:
        for text in ("I won!", "Oh.", "Who?", "Me.", "Well."):
            last = talk.add(text)
    with Conversation(past=talk.turns[2:]) as more:
        new = [more.add("Lovely.").utterance.id, more.add("Right.").utterance.id]
    assert last.utterance.id == "turn-0004"
    assert len({t.utterance.id for t in more.turns}) == 5
    assert new[0] not in {t.utterance.id for t in talk.turns}


def test_words_alone_have_no_cues_to_adapt(tmp_path):
    file = tmp_path / "talk.txt"
    file.write_text("Ann: hello there\n")
    with Reader(Options(adapt=True, permissive=True)) as reader:
        timeline = reader.read(file)
    assert "prosody-bins" not in str(timeline.provenance["weights"])
    assert not any("cues" in n for n in timeline.notes)


def test_a_turn_from_before_the_last_one_is_refused_and_never_added() -> None:
    with Conversation(Options(recognisers=("text-default",))) as talk:
        talk.add("I won!", speaker="Ann", start=5, end=9)
        talk.add("You did?", speaker="Ben", start=5, end=6)  # at once is in order
        with pytest.raises(InputError, match=r"starts at 3 s, before .* \(5 s\)"):
            talk.add("Wait.", speaker="Ann", start=3, end=4)
        talk.add("Oh.", speaker="Cid")
        assert [t.utterance.text for t in talk.turns] == ["I won!", "You did?", "Oh."]
