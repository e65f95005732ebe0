"""Gathering what speakers' faces did out of videos: watched once, kept, counted where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="extra 'face' is not installed")
pytest.importorskip("skimage", reason="the photograph is not installed")

import face_videos
from face_videos import Shot, picture, write_video
from split_screens import split_video, spoken

from empathia import features, weights
from empathia.bench.data import LISTENING
from empathia.bench.gather import gather
from empathia.bench.pairs import listeners
from empathia.features import FeatureWarning
from empathia.listen import faces
from empathia.types import Dialogue, Features, Utterance

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A clip of her for a second, and one of a wall."""
    if absent := [n for n in features.weights_of("face") if weights.state(n) == "missing"]:
        pytest.skip(f"weight {absent[0]} is not pulled")
    folder = tmp_path_factory.mktemp("videos")
    shots = [Shot(x=100 + 2 * i, y=90, size=70) for i in range(10)]
    shown = [picture([shot], 240, 180) for shot in shots]
    wall = [face_videos.background(240, 180)] * 5
    return {
        "her": write_video(folder / "her.mp4", shown, 10),
        "wall": write_video(folder / "wall.mp4", wall, 10),
    }


def clips(**videos: Path) -> list[Dialogue]:
    said = [
        Utterance(name, i, "Ann", start=5.0, end=6.0, video=video, clips=("video",))
        for i, (name, video) in enumerate(videos.items())
    ]
    return [Dialogue("d", tuple(said))]


def test_a_clip_is_watched_once_for_all_features_and_then_kept(
    videos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, talk = ["face", "landmarks:mean"], clips(**videos)
    with pytest.warns(FeatureWarning, match="in 1 utterances the speaker's face") as told:
        taken = gather(talk, asked, cache=tmp_path)
    assert len(told) == 1
    assert {name: list(of) for name, of in taken.items()} == {n: ["her"] for n in asked}
    face = taken["face"]["her"]
    assert face.rate == pytest.approx(10)
    smile = face.values[:, face.names.index("mouthSmileLeft")]
    assert len(smile) == 10
    assert np.nanmean(smile) > 0.5
    assert taken["landmarks:mean"]["her"].values.shape == (1, 1434)
    monkeypatch.setattr(faces, "watch", lambda *_, **__: pytest.fail("it is watched again"))
    with pytest.warns(FeatureWarning, match="in 1 utterances"):
        assert gather(talk, asked, cache=tmp_path) == taken


# Which side is whose is held for both by tests/bench/test_splitscreen.py.
@pytest.mark.parametrize("left", [pytest.param("F", marks=pytest.mark.slow), "M"])
def test_in_a_split_screen_each_gets_the_face_of_their_side(tmp_path: Path, left: str) -> None:
    turns = ("F", "M", "F", "M", "F", "M")
    video = split_video(tmp_path / "v.mp4", turns, left=left, dotted="F", seam=4)
    talk = spoken(video, turns)
    heard, names = listeners([talk]), ["face", LISTENING + "face"]
    taken, meanwhile = gather(
        [talk], names, marked=lambda d: "Ses01F", listeners=heard, cache=tmp_path
    ).values()
    assert list(taken) == [u.id for u in talk.utterances]
    opened = {u.id: np.nanmax(jaw(taken[u.id])) for u in talk.utterances}
    assert min(opened.values()) > 0.2, "whoever speaks opens the mouth; the other one does not"
    assert list(meanwhile) == list(taken)[:-1], "nobody answers the last"
    assert max(np.nanmax(jaw(f)) for f in meanwhile.values()) < 0.1, "who listens rests it"
    assert all(len(f.values) == len(taken[id].values) for id, f in meanwhile.items())


@pytest.mark.slow
def test_where_the_sides_cannot_be_told_nobody_gets_a_face(tmp_path: Path) -> None:
    turns = ("F", "M", "F", "M", "F", "M")
    video = split_video(tmp_path / "v.mp4", turns, left="F", dotted="M")
    with pytest.warns(FeatureWarning, match="evidence contradicts itself"):
        taken = gather([spoken(video, turns)], ["face"], marked=lambda d: "Ses01F", cache=tmp_path)
    assert taken == {"face": {}}


def jaw(face: Features) -> np.ndarray:
    return face.values[:, face.names.index("jawOpen")]


def test_it_is_told_how_far_a_video_is_watched(videos: dict[str, Path], tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    talk = clips(her=videos["her"])
    gather(talk, ["face"], cache=tmp_path, progress=lambda *step: told.append(step))
    watched = [done for stage, done, _ in told if stage == "faces"]
    assert len(watched) > 5 and watched == sorted(watched)


def test_a_video_that_is_not_there_is_counted(tmp_path: Path) -> None:
    with pytest.warns(FeatureWarning, match="1 videos cannot be watched.*gone"):
        assert gather(clips(gone=tmp_path / "gone.mp4"), ["face"], cache=tmp_path) == {"face": {}}


def test_where_several_turns_share_a_video_a_mouth_that_rests_speaks_for_nobody(
    videos: dict[str, Path], tmp_path: Path
) -> None:
    spans = [(0.0, 0.5), (0.5, 1.0)]
    said = [
        Utterance(f"u{i}", i, "Ann", start=a, end=b, video=videos["her"])
        for i, (a, b) in enumerate(spans)
    ]
    with pytest.warns(FeatureWarning, match="in 2 utterances the speaker's face is not seen"):
        taken = gather([Dialogue("d", tuple(said))], ["face"], cache=tmp_path)
    assert taken == {"face": {}}
