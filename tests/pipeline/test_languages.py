"""Several languages: a turn is judged by who knows its language, or by nobody; that is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import sounds

import empathia
from empathia import media
from empathia.errors import UsageError, WeightsError
from empathia.listen.speech import RATE
from empathia.pipeline import SHIPPED, Options, Reader
from empathia.pipeline.conversation import Conversation
from empathia.types import Timeline
from empathia.types.wire import to_json

SPANISH = "Estoy muy contento de que hayas venido hoy. Vamos juntos a la ciudad."


@pytest.mark.weights
def test_who_knows_english_alone_abstains_where_spanish_is_spoken(tmp_path):
    said = tmp_path / "es.wav"
    try:
        subprocess.run(["espeak-ng", "-v", "es", "-s", "150", "-w", str(said), SPANISH], check=True)
    except FileNotFoundError:
        pytest.skip("espeak-ng is not installed")
    spanish = np.concatenate([b.samples for b in media.blocks(said, RATE)])
    pause = np.zeros(RATE)
    talk = np.concatenate([sounds.example(0, 6.6), pause, spanish])
    path = sounds.write_wav(tmp_path / "talk.wav", talk)
    try:
        with Reader(Options(speakers=1)) as reader:
            timeline = reader.read(path)
    except WeightsError as error:
        pytest.skip(str(error))
    languages = {t.utterance.language for t in timeline.turns}
    assert languages == {"en", "es"}
    for turn in timeline.turns:
        words = turn.emotions["text"]
        if turn.utterance.language == "es":
            assert words.abstained is not None
            assert "es" in words.abstained
            assert turn.emotions["voice"] is not None
        elif words.abstained is not None:
            assert "unsure" in words.abstained
    assert any(note.startswith("2 languages: ") for note in timeline.notes)


FRENCH = (
    "Bonjour Ben, comment vas-tu ?",
    "Mal. Mon chien est mort hier soir.",
    "Oh non, je suis vraiment désolée pour toi.",
)
ENGLISH = ("I had the interview this morning.", "And how was it?")
KOREAN = ("정말? 어땠어?", "괜찮아, 다음에는 꼭 될 거야.")


def read(folder: Path, *lines: str, **options: object) -> Timeline:
    path = folder / "talk.txt"
    path.write_text("".join(f"{'AB'[n % 2]}: {x}\n" for n, x in enumerate(lines)), "utf-8")
    return empathia.read(path, **{"recognisers": ("text-korean",), **options})


def spoken(timeline: Timeline) -> list[str | None]:
    return [t.utterance.language for t in timeline.turns]


def test_every_turn_says_its_language(tmp_path: Path) -> None:
    assert spoken(read(tmp_path, *FRENCH)) == ["fr", "fr", "fr"]
    assert spoken(read(tmp_path, *reversed(FRENCH), "OK")) == ["fr"] * 4
    mixed = read(tmp_path, ENGLISH[0], KOREAN[0], ENGLISH[1], KOREAN[1], "고마워. You are so good.")
    assert spoken(mixed) == ["en", "ko", "en", "ko", "en"]
    judged = [t.emotion is not None and t.emotion.scores != () for t in mixed.turns]
    assert judged == [False, True, False, True, False]
    assert spoken(read(tmp_path, "OK", "...", language="fr-CA")) == ["fr", "fr"]
    with Conversation(Options(recognisers=("text-korean",))) as talk:
        assert [talk.add(x).utterance.language for x in (*KOREAN, "OK")] == ["ko"] * 3
        assert talk.add("C'est la vie", language="fr").utterance.language == "fr"
        past = talk.turns
    with Conversation(Options(recognisers=("text-korean",)), past) as goes_on:
        assert goes_on.add("OK").utterance.language == "ko"
        with pytest.raises(UsageError, match="'Korean' is no language code"):
            goes_on.add("OK", language="Korean")


def test_words_that_nobody_reads_have_a_note(tmp_path: Path) -> None:
    unread = "words in fr are not judged: no recogniser here reads them (known are ko)"
    assert any(n.startswith(unread) for n in to_json(read(tmp_path, *FRENCH))["notes"])
    assert any(n.startswith(unread) for n in read(tmp_path, *KOREAN, FRENCH[2]).notes)
    assert not [n for n in read(tmp_path, *KOREAN).notes if "judged" in n]


@pytest.mark.weights
def test_what_ships_reads_no_french_and_says_so(tmp_path: Path) -> None:
    timeline = read(tmp_path, *FRENCH, recognisers=SHIPPED)
    assert not any(t.emotion is None or t.emotion.label for t in timeline.turns)
    (note,) = timeline.notes
    assert note.startswith("words in fr are not judged") and "--recogniser" in note


def test_korean_needs_no_remark_on_what_reads_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "empty"))
    korean = read(tmp_path, *KOREAN, permissive=True, recognisers=SHIPPED)
    assert not [n for n in korean.notes if "left out" in n]


def test_korean_is_answered_in_korean_and_what_is_answered_in_english_has_a_note(
    tmp_path: Path,
) -> None:
    def answered(*lines: str) -> list[str]:
        notes = read(tmp_path, *lines, reply="every", reply_with="rules").notes
        return [n for n in notes if "answered" in n]

    assert answered(*FRENCH) == ["words in fr were answered in English (rules)"]
    assert answered(*KOREAN) == []
    assert answered(*ENGLISH) == []
