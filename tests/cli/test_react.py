"""``empathia react``: a listener's face out of talks, as a page, a film, a gif and numbers."""

from __future__ import annotations

import dataclasses
import io
import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from build import timeline

from empathia import weights
from empathia.cli import main
from empathia.media import encode
from empathia.reaction.lively import NAMES
from empathia.report import raster
from empathia.types import Audio
from empathia.types.wire import dumps

ROOT = Path(__file__).parents[2]


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A timeline of a short transcript, as read wrote it."""
    path = tmp_path / "talk.json"
    path.write_text(dumps(timeline(3, times=False, source="talk.txt")))
    return path


def react(*args: object) -> int:
    return main(["react", *map(str, args), "--threads", "1"])


def test_without_a_word_a_page_is_written_and_where_is_told(talk, capsys, monkeypatch):
    monkeypatch.chdir(talk.parent)
    assert react(talk) == 0
    told = capsys.readouterr().err
    assert "wrote talk-reaction.html" in told
    assert "no times" in told
    page = (talk.parent / "talk-reaction.html").read_text()
    assert '<canvas id="face"' in page
    assert "lively rules, not learnt" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_films_show_the_face_beside_the_words(kind, talk):
    target = talk.with_suffix(f".{kind}")
    assert react(talk, "--video", target, "--part", "0.5-1.3", "--width", 320) == 0
    with av.open(str(target)) as container:
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert frames[0].shape == (180, 320, 3)
    assert len(frames) == (20 if kind == "mp4" else 10)
    face, beside = frames[-1][:, :150], frames[-1][:, 160:]
    assert len(np.unique(face.reshape(-1, 3), axis=0)) > 40
    assert (face[-2] < 250).any(-1).mean() > 0.9, "shoulders from side to side"
    assert (beside < 90).all(-1).sum() > 30, "words"
    assert any(not np.array_equal(a, b) for a, b in pairwise(frames))


def test_a_film_has_the_sound_of_the_recording_unless_it_is_left_out(tmp_path, capsys):
    tone = np.sin(np.arange(32000) / 20).astype(np.float32) * 0.2
    sound = tmp_path / "talk.ogg"
    sound.write_bytes(encode([Audio(tone, 16000)]))
    talk = tmp_path / "talk.json"
    talk.write_text(dumps(timeline(2, source=str(sound))))
    part = "--part", "0-0.4", "--width", 160
    for flags, kinds in (((), ["video", "audio"]), (("--no-audio", "--overwrite"), ["video"])):
        target = tmp_path / "new" / "talk.mp4"
        assert react(talk, "--video", target, *part, *flags) == 0
        with av.open(str(target)) as container:
            assert [s.type for s in container.streams] == kinds
    before = target.read_bytes()
    assert react(talk, "--video", target, *part) == 2, "it may be a recording"
    assert target.read_bytes() == before
    assert "add --overwrite" in capsys.readouterr().err


def test_numbers_come_as_npz_without_pickles_and_as_json(talk, capsys):
    target = talk.with_name("n.npz")
    assert react(talk, "--npz", target, "--json", "--listener", "Ben") == 0
    plain = json.loads(capsys.readouterr().out)
    with np.load(io.BytesIO(target.read_bytes()), allow_pickle=False) as kept:
        frames = len(kept["time"])
        assert kept["face"].shape == (frames, 55)
        assert tuple(kept["names"]) == NAMES
        assert kept["landmarks"].shape == (frames, 478, 3)
        assert kept["turns"].shape == (3, 2)
        assert "not learnt" in str(kept["note"]) and "no times" in str(kept["note"])
        assert np.allclose(plain["face"], kept["face"], atol=6e-4)
    assert plain["frames"] == frames
    assert [t["reaction"] is None for t in plain["turns"]] == [False, True, False]
    assert plain["turns"][0]["reaction"]["note"] == "lively rules, not learnt"


def test_words_without_a_font_are_left_out_and_that_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(raster, "WIDER", ())
    raster.font.cache_clear()
    talk = tmp_path / "talk.json"
    talk.write_text(dumps(timeline(2, times=False, texts=("안녕하세요 여러분", "Hello"))))
    assert react(talk, "--video", tmp_path / "a.gif", "--part", "1-1.2", "--width", 160) == 0
    assert "words of 1 of 2 turns are not in the film" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--video", "a.avi"], "cannot write '.avi' (expected one of .html, .mp4, .gif)"),
        (["--video", "talk.json/a.mp4"], "cannot write 'talk.json/a.mp4'"),
        (["--npz", "a.npy"], "expected one of .npz"),
        (["--part", "1-2"], "--part belongs to an mp4 or a gif"),
        (["--part", "2-1", "--video", "a.gif"], "expected seconds such as 12-24"),
        (["--video", "a.gif", "--part", "500-600"], "nothing at 500.0 s"),
        (["--video", "a.gif", "--width", "7"], "a width of 7 pixels"),
        (["--listener", "Cleo"], "nobody is called 'Cleo'"),
        (["--predictor", "nobody"], "'nobody'"),
        (["--predictor", "mirror"], "'mirror' answers in runs alone"),
        (["--predictor", "."], "'.' holds no predictor of reactions"),
    ],
)
def test_wrong_use_is_told_and_leaves_nothing(args, told, talk, capsys, monkeypatch):
    monkeypatch.chdir(talk.parent)
    try:
        code = react(talk, *args)
    except SystemExit as stop:  # the parser's own
        code = stop.code
    assert code == 2
    assert told in capsys.readouterr().err
    assert [p.name for p in talk.parent.iterdir()] == ["talk.json"]


def test_a_talk_is_as_long_as_it_was_not_as_the_face_goes_on(tmp_path, capsys):
    made = timeline(2)
    end = max(t.utterance.end or 0 for t in made.turns)
    talk = tmp_path / "talk.json"
    talk.write_text(dumps(dataclasses.replace(made, duration=end)))
    assert react(talk, "--video", tmp_path / "a.gif", "--part", f"{end + 0.1}-{end + 5}") == 2
    assert f"The talk takes {end:.1f} s" in capsys.readouterr().err


def test_the_input_is_not_written_over(tmp_path, capsys):
    page = tmp_path / "talk.html"
    page.write_text("x")
    assert react(page, "--video", page) == 2
    assert "over the input" in capsys.readouterr().err


@pytest.mark.weights
@pytest.mark.skipif(weights.state("minilm") == "missing", reason="weight minilm is not pulled")
def test_a_transcript_is_read_and_felt_with(tmp_path, capsys):
    chat = tmp_path / "chat.txt"
    chat.write_text("Ann: I am so happy, they offered me the job!\nBen: Wonderful!\n")
    assert react(chat, "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    face = np.array(plain["face"])
    assert face[:, NAMES.index("mouthSmileLeft")].max() > 0.2


@pytest.mark.weights
@pytest.mark.skipif(weights.state("minilm") == "missing", reason="weight minilm is not pulled")
def test_read_puts_the_listener_into_its_page(tmp_path, capsys):
    chat = tmp_path / "chat.txt"
    chat.write_text("Ann: I am so happy, they offered me the job!\nBen: Wonderful!\n")
    assert main(["read", str(chat), "--report", str(tmp_path), "--react", "--quiet"]) == 0
    assert '<canvas id="face"' in (tmp_path / "chat.html").read_text()
    told = ["read", str(chat), "--report", str(tmp_path), "--quiet", "--page-language", "ko"]
    assert main(told) == 0
    plain = (tmp_path / "chat.html").read_text("utf-8")
    assert "<canvas" not in plain and '<html lang="ko">' in plain
    assert main(["read", str(chat), "--react"]) == 2
    assert "--react draws a listener into a page" in capsys.readouterr().err
