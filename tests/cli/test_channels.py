"""``read --track`` and ``--channels``: which sound of a file, and who speaks in it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sounds
from media_files import write_tracks

import empathia
from empathia.cli import main
from empathia.errors import UsageError
from empathia.pipeline import Options

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, a channel each; the second one comes 20 dB fainter through the first, too."""
    mine, other = sounds.apart(13.5)
    path = tmp_path_factory.mktemp("call") / "call.wav"
    return sounds.write_wav(path, np.stack([mine + 0.1 * other, other], axis=1))


@pytest.mark.slow
def test_each_channel_is_a_speaker_with_a_voice_of_its_own(call: Path, tmp_path: Path) -> None:
    timeline = empathia.read(call, channels="separate", names=("Ann", "Ben"))
    said = {
        who: [t for t in timeline.turns if t.utterance.speaker == who] for who in ("Ann", "Ben")
    }
    assert "minute" in (said["Ann"][0].utterance.text or "")
    assert "interview" in (said["Ann"][1].utterance.text or "")
    assert "home" in (said["Ben"][0].utterance.text or "")
    assert [t.utterance.start for t in timeline.turns] == sorted(
        t.utterance.start or 0.0 for t in timeline.turns
    )
    assert timeline.notes == ()
    assert timeline.provenance["options"] == {"names": ["Ann", "Ben"], "channels": "separate"}
    alone = empathia.read(sounds.write_wav(tmp_path / "ben.wav", sounds.apart(13.5)[1]), speakers=1)
    for mine, theirs in zip(said["Ben"], alone.turns, strict=True):
        assert mine.prosody is not None  # measured in his channel, not in the mix
        assert theirs.prosody is not None
        np.testing.assert_array_equal(mine.prosody.values, theirs.prosody.values)


def test_a_call_that_is_mixed_is_offered_its_channels(call: Path) -> None:
    timeline = empathia.read(call, asr_model=sounds.small_model())
    assert any("--channels separate" in note for note in timeline.notes)
    assert "channels" not in timeline.provenance["options"]


@pytest.mark.slow
def test_tracks_are_chosen_by_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_tracks(
        tmp_path / "two.mkv", list(sounds.apart(7.0)), ("Ann", "Ben"), codec="pcm_s16le"
    )
    words = {}
    for track in ("1", "2", "all"):
        page = tmp_path / f"{track}.html"
        options = ["--track", track, "--out", str(page), "--quiet"]
        assert main(["read", "--json", str(path), *options]) == 0
        out, _ = capsys.readouterr()
        timeline = json.loads(out)
        words[track] = " ".join(t["text"] for t in timeline["turns"])
        assert timeline["notes"] == []
        assert "audio/" in page.read_text(encoding="utf-8")
        assert timeline["provenance"]["options"]["track"] == (
            track if track == "all" else int(track)
        )
    assert ("minute" in words["1"], "home" in words["1"]) == (True, False)
    assert ("minute" in words["2"], "home" in words["2"]) == (False, True)
    assert ("minute" in words["all"], "home" in words["all"]) == (True, True)
    assert main(["read", "--json", str(path)]) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert "2 sound tracks (1 'Ann' eng, 2 'Ben' eng)" in note
    assert main(["read", str(path), "--track", "3"]) == 2
    assert "has 2 sound tracks, found no track 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"track": 0}, "found 0"),
        ({"track": "last"}, "found 'last'"),
        ({"channels": "left"}, "not 'left'"),
        ({"channels": "separate", "speakers": 2}, "a number of speakers was given too"),
        ({"channels": "separate", "transcript": "a.csv"}, "a transcript was given too"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Options.of(options)
