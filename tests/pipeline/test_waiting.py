"""A weight that is pulled on request is not here: who reads in its place, what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from quarter_file import replace_the_large_one

import empathia
from empathia import weights
from empathia.contracts import Recogniser
from empathia.labels import EKMAN7
from empathia.pipeline import Reader
from empathia.pipeline.recognisers import Named, at_hand
from empathia.types import About

NOTE = "waits for a weight (e5-small, 89 MB, MIT); run: empathia weights pull e5-small"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text("Ben: 정말 슬프다\nAnn: 나는 기쁘다\n", encoding="utf-8")
    return path


def unasked() -> Recogniser:
    raise AssertionError("nobody asks for its model")


def named(languages: tuple[str, ...], *needs: str, name: str = "text") -> Named:
    return Named(About(name, EKMAN7, languages=languages), unasked, needs)


def test_korean_without_the_weight(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "empty"))
    with Reader() as reader:
        timeline = reader.read(talk)
        assert reader.wanted == ("e5-small",)
        reader.look_again()
        assert reader.wanted == ()
    assert {w["name"] for w in timeline.provenance["weights"]} == {"text-korean"}
    assert f"the recogniser that knows words in ko {NOTE}" in timeline.notes
    assert all(t.emotions["text"].scores for t in timeline.turns)
    named = empathia.read(talk, recognisers=("text-korean",))
    assert not [n for n in named.notes if "waits" in n], "the user has chosen"


def test_with_the_weight_it_reads(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_the_large_one(tmp_path, monkeypatch, ["정말", "슬프다", "gut"])
    with talk.open("a", encoding="utf-8") as file:
        file.write("Eva: Das ist nicht gut, und ich weiß nicht warum.\n")
    timeline = empathia.read(talk)
    names = {w["name"] for w in timeline.provenance["weights"]}
    assert names == {"e5-small", "text-multilingual"}
    assert not [n for n in timeline.notes if "waits" in n]
    assert all(t.emotions["text"].scores for t in timeline.turns)


def test_a_weight_that_arrives_is_used_from_the_next_reading_on(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_the_large_one(tmp_path, monkeypatch, ["정말", "슬프다"])
    here = tmp_path / "home" / "weights" / "e5-small"
    away = here.rename(tmp_path / "away")
    with Reader() as reader:
        before = reader.read(talk)
        away.rename(here)
        reader.look_again()
        after = reader.read(talk)
    used = [{w["name"] for w in t.provenance["weights"]} for t in (before, after)]
    assert used == [{"text-korean"}, {"e5-small", "text-multilingual"}]


def test_one_stands_in_for_another_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path))
    english, korean = named(("en",)), named(("ko",))
    several = named(("ko", "de"), "e5-small")
    voice = named((), name="voice")
    assert at_hand([english, several, korean, voice]) == ([english, korean, voice], [several])
    here = named(("ko", "de"))
    assert at_hand([english, here, korean, voice]) == ([english, here, voice], [])
    damaged = named(("ko",), "minilm")
    assert weights.state("minilm") == "missing"
    assert at_hand([damaged]) == ([damaged], []), "what is pulled by default is asked for"
