"""Faces of those who speak: in a conversation of made features, and in videos."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import sights
import sounds
import talk_videos
from face_videos import strange, write_video

import empathia
from empathia import weights
from empathia.cli import main
from empathia.features.face import extract
from empathia.pipeline import Conversation, Spoken
from empathia.pipeline.watching import LooksSoFar, showing
from empathia.types import Cues, Features, Timeline, Utterance, wire
from empathia.types.seen import Face, Seen

pytestmark = pytest.mark.weights

SMALL = sounds.small_model()
SMILE = {"mouthSmile": 0.8, "cheekSquint": 0.5, "happy": 0.95}


def face(**more: float) -> Face:
    """One face of 100 pixels, neutral and to the front."""
    made = {"yaw": 0.0, "pitch": 0.0, "size": 100.0, "blink": 0.0, "neutral": 0.9} | more
    shapes = np.zeros(52, np.float32)
    shapes[9:11] = made["blink"]
    scores = np.full(7, (1 - made["neutral"]) / 6, np.float32)
    scores[0] = made["neutral"]
    box = np.array([0, 0, made["size"], made["size"]], np.float32)
    pose = np.array([made["yaw"], made["pitch"], 0], np.float32)
    return Face(box, np.zeros((478, 3), np.float32), shapes, pose, 1.0, scores)


@pytest.mark.parametrize(
    "worse", [{"yaw": 40}, {"pitch": -30}, {"size": 30}, {"blink": 0.8}, {"neutral": 0.99}]
)
def test_the_picture_to_keep_shows_the_face_best(worse):
    assert 0 <= showing(face(**worse)) < showing(face()) <= 1


def spoken(number: int, text: str, seen: Seen | None = None, **does: float) -> Spoken:
    u = Utterance(f"u{number}", number, "Ann", text, 3.0 * number, 3.0 * number + 2)
    if seen is None or seen.person is None:
        return Spoken(u, seen=seen)
    return Spoken(u, seen=seen, face={"face": extract(sights.made(**does), u.id)})


def test_the_face_is_a_source_beside_the_words_where_it_was_seen():
    there, nowhere = Seen("face 1", 0.9), Seen(None, absent="nobody's mouth moves")
    with Conversation() as talk:
        with_face, without, sound_alone = talk.extend(
            [
                spoken(0, "They offered me the job!", there, **SMILE),
                spoken(1, "They offered me the job!", nowhere),
                spoken(2, "They offered me the job!"),
            ]
        )
        used = [w["name"] for w in talk.provenance["weights"]]
    assert set(with_face.emotions) == {"text", "face"}
    assert with_face.emotions["face"].label == "joy"
    assert with_face.emotion is not None and with_face.emotion.source == "fusion of text, face"
    assert with_face.seen is not None and with_face.seen.cues is not None
    assert "smile" in with_face.seen.cues.description
    assert set(without.emotions) == set(sound_alone.emotions) == {"text"}
    assert (without.seen, sound_alone.seen) == (nowhere, None)
    assert "face-expression" in used


def test_words_alone_are_read_as_ever():
    with Conversation() as talk:
        turn = talk.add("They offered me the job!")
        assert set(turn.emotions) == {"text"} and turn.seen is None
        assert not any("face" in str(w["name"]) for w in talk.provenance["weights"])


def test_cues_are_held_against_what_the_same_face_did_before():
    looks = LooksSoFar()
    still = {"face": extract(sights.made(20.0), "u")}
    raised = {"face": extract(sights.made(browInnerUp=0.7, browOuterUp=0.7), "u")}

    def told(person: str, face: Mapping[str, Features]) -> Cues:
        seen = looks.add(Seen(person), face)
        assert seen is not None and seen.cues is not None
        return seen.cues

    assert {told(f"face {n}", still).reference for n in (1, 2)} == {"any face"}
    assert told("face 1", raised).reference == "speaker so far"
    assert "brows raised" in told("face 2", raised).description
    absent = Seen(None, absent="nobody's mouth moves")
    assert looks.add(absent, {}) is absent and looks.add(None, {}) is None


# videos

TURNS = ((0.5, 2.7, "Ann"), (3.3, 6.33, "Ben"), (7.13, 10.4, "Ann"))  # s, in the example
PLACES = {"Ann": (40, 20), "Ben": (360, 20)}


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("video")
    if why := missing():
        pytest.skip(why)
    return talk_videos.write_talk(
        folder / "talk.mp4", sounds.example(0, 10.6), TURNS, PLACES, rate=6
    )


def missing() -> str:
    """Why there are no faces to read here."""
    pytest.importorskip("skimage", reason="scikit-image has the photograph")
    needed = ("face-detector", "face-landmarks")
    return next((f"weight '{n}' is not here" for n in needed if weights.state(n) != "ok"), "")


@pytest.fixture(scope="module")
def transcript(tmp_path_factory) -> Path:
    """So that nobody has to be told apart, and no words recognised."""
    path = tmp_path_factory.mktemp("words") / "talk.csv"
    lines = sounds.EXAMPLE.with_suffix(".csv").read_text("utf-8").splitlines()
    path.write_text("\n".join(lines[: 1 + len(TURNS)]) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def read(video, transcript) -> Timeline:
    return empathia.read(video, transcript=transcript)


def test_each_turn_has_the_face_of_who_speaks(read):
    assert [t.utterance.speaker for t in read.turns] == ["Ann", "Ben", "Ann"]
    first, second, third = (t.seen for t in read.turns)
    assert first and second and third
    assert first.person == third.person != second.person
    assert None not in (first.person, second.person)
    for t in read.turns:
        assert t.seen is not None and t.seen.share > 0.9 and t.seen.cues is not None
        assert t.utterance.start <= t.seen.moment < t.utterance.end
        assert t.seen.landmarks is not None and t.seen.landmarks.shape == (478, 3)
        assert t.seen.picture.startswith(b"\xff\xd8")
        assert set(t.emotions) == {"text", "voice", "face"}
    jsonschema.Draft202012Validator(wire.schema()).validate(wire.to_json(read))
    assert not any("face" in note for note in read.notes)


def test_without_its_picture_a_video_is_read_as_its_sound(video, transcript, read):
    blind = empathia.read(video, transcript=transcript, video=False)
    assert {tuple(t.emotions) for t in blind.turns} == {("text", "voice")}
    for seen, heard in zip(read.turns, blind.turns, strict=True):
        assert heard.seen is None and seen.utterance == heard.utterance
        assert all(seen.emotions[n] == e for n, e in heard.emotions.items())


@pytest.mark.parametrize("pictures", [True, False])
def test_the_page_shows_pictures_unless_they_are_left_out(tmp_path, capsys, pictures):
    if why := missing():
        pytest.skip(why)
    ann = sounds.example(0.4, 2.8)
    video = talk_videos.write_talk(tmp_path / "a.mp4", ann, [(0, 2.4, "Ann")], {"Ann": (40, 20)})
    argv = ["read", str(video), "--report", str(tmp_path / "out"), "--json", "--names", "Ann"]
    argv += ["--face", "Ann=1", "--face", "Cy=face 7", "--face", "Cy=8"]
    argv += ["--asr-model", SMALL] if SMALL else []
    assert main(argv if pictures else [*argv, "--no-pictures"]) == 0
    page = (tmp_path / "out" / "a.html").read_text("utf-8")
    assert page.count('src="data:image/jpeg;base64,') == pictures
    assert page.count('<video id="sound"') == page.count(' poster="data:image/') == pictures
    assert page.count('<audio id="sound"') == page.count('<svg class="face"') == (not pictures)
    data = json.loads(capsys.readouterr().out)
    assert data["turns"][0]["seen"]["person"] == "face 1"
    assert "the face of 'Cy' was not used: nobody who speaks is called so" in data["notes"]
    assert data["provenance"]["options"]["faces"] == {"Ann": "face 1", "Cy": ["face 7", "face 8"]}
    assert data["provenance"]["options"].get("pictures", True) is pictures


def black(folder: Path) -> Path:
    pictures = (np.zeros((120, 160, 3), np.uint8) for _ in range(30))
    return write_video(folder / "a.mp4", pictures, 10, sound=sounds.example(0.3, 3.3))


def test_a_video_without_a_face_is_read_and_says_so(tmp_path):
    if why := missing():
        pytest.skip(why)
    timeline = empathia.read(black(tmp_path), speakers=1, asr_model=SMALL)
    (turn,) = timeline.turns
    assert turn.seen is not None and turn.seen.person is None
    assert turn.seen.absent == "the picture is black"
    assert "face" not in turn.emotions
    assert f"nobody who speaks has a face in the video: {turn.seen.absent}" in timeline.notes


@pytest.mark.parametrize(
    ("hinder", "said"),
    [
        (lambda patch, _: patch.setitem(sys.modules, "ai_edge_litert", None), "the extra 'face'"),
        (lambda patch, empty: patch.setenv("EMPATHIA_HOME", str(empty)), "weights pull face-det"),
    ],
    ids=["extra", "weight"],
)
def test_what_keeps_faces_from_being_read_is_told_before_the_work(
    tmp_path, monkeypatch, capsys, hinder, said
):
    video = black(tmp_path)
    hinder(monkeypatch, tmp_path / "empty")
    assert main(["check", str(video)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "faces in the picture cannot be read" in told and said in told


@pytest.mark.parametrize("reason", ["no extra", "no such face"])
def test_a_video_is_read_where_faces_cannot_be(tmp_path, monkeypatch, reason):
    if reason == "no extra":
        monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    elif why := missing():
        pytest.skip(why)
    more = {"faces": {"Ann": "face 9"}, "asr_model": SMALL}
    timeline = empathia.read(black(tmp_path), names=("Ann",), **more)
    (note,) = [n for n in timeline.notes if n.startswith("faces in the video were not read: ")]
    assert ("the extra 'face'" if reason == "no extra" else "'face 9'") in note
    assert timeline.turns[0].seen is None and timeline.turns[0].utterance.text


def test_a_video_whose_pictures_are_of_an_unknown_kind_is_heard(tmp_path):
    video = strange(black(tmp_path), tmp_path / "strange.mp4")
    timeline = empathia.read(video, speakers=1, asr_model=SMALL)
    assert timeline.turns[0].utterance.text and timeline.turns[0].seen is None
    (note,) = [n for n in timeline.notes if n.startswith("faces in the video were not read: ")]
    assert "of a kind that cannot be decoded" in note
