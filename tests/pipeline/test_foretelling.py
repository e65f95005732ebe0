"""Trained predictors of reactions, laid into the time of a talk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import little_reactions
import numpy as np
import pytest
from build import timeline, turn
from little_reactions import taught

from empathia.config import TrainingPart
from empathia.errors import UsageError, WeightsError
from empathia.face.motion import neutral, posed
from empathia.labels import EKMAN7
from empathia.pipeline import foretelling
from empathia.pipeline.reacting import RATE, react
from empathia.reaction import Kept, Settings
from empathia.reaction.lively import NAMES, Stimulus
from empathia.training.problem import Exchange
from empathia.training.shapes import shapes
from empathia.types import Features, Reaction, Sample, Timeline
from empathia.types.seen import Seen

SMILE = NAMES.index("mouthSmileLeft")
TALK = timeline(4)


def smiling() -> np.ndarray:
    face = np.zeros((6, 55), np.float32)
    face[:, [SMILE, SMILE + 1]] = 0.8
    face[:, -3] = 9.0
    return face


def exchange(number: int, emotion: tuple[float, ...] | None, **features: np.ndarray) -> Exchange:
    names = {"face": NAMES}
    known = {
        n: Features("r", n, v, names.get(n, ()), rate=12.5 if len(v) > 1 else None)
        for n, v in features.items()
    }
    return Exchange((Sample(f"s{number}"),), Sample(f"r{number}", features=known), emotion)


def kept(
    folder: Path,
    emotion: tuple[float, ...] | None = None,
    *,
    when: str = "after",
    **features: np.ndarray,
) -> str:
    """A predictor of the mean that has learnt that everybody reacts like this."""
    predictor = taught(
        "mean",
        folder / "training",
        labels=None if emotion is None else EKMAN7,
        targets=tuple(features),
        train=tuple(exchange(i, emotion, **features) for i in range(3)),
        valid=(),
        modalities={"voice": ("prosody",), "face": ("seen",)},
        when=when,
    )
    model = folder / "model"
    model.mkdir()
    predictor.save(model)
    modalities = {"voice": ("prosody",), "face": ("seen",)}
    about = ("try", "mean", modalities, tuple(features), "CC BY-NC", True)
    Settings(*about, when=when).write(model)
    return str(model)


def test_a_foretold_face_follows_the_turn_and_holds(tmp_path) -> None:
    reacted = react(TALK, kept(tmp_path, face=smiling()))
    assert reacted.points is None
    end = round(reacted.times[0][1] * RATE)
    assert reacted.face[: end - 1].max() == 0
    assert reacted.face[end + 12, SMILE] == pytest.approx(0.8)
    assert reacted.face[-1, -3] == pytest.approx(9.0)
    assert np.abs(np.diff(reacted.face[:, SMILE])).max() < 0.2, "it eases in"
    assert [r.source for r in reacted.reactions if r] == ["mean"] * 4
    lacking = "'try' reads 'seen', which the corpus has that it learnt from and no talk has"
    assert lacking in reacted.notes
    assert not any("prosody" in n for n in reacted.notes)
    assert "'try': non-commercial use only (CC BY-NC)" in reacted.notes


def test_a_listener_s_face_lies_over_the_turn(tmp_path) -> None:
    reacted = react(TALK, kept(tmp_path, face=smiling(), when="while"))
    begin, end = (round(s * RATE) for s in reacted.times[0])
    assert reacted.face[: begin - 1].max(initial=0) == 0
    assert reacted.face[min(begin + 12, end), SMILE] == pytest.approx(0.8)


def test_foretold_landmarks_are_normalised_and_drawn(tmp_path) -> None:
    face = smiling()
    points = posed(face[:, :-3], face[:, -3:] * 0) * 140 + [300, 200, 0]
    reacted = react(TALK, kept(tmp_path, landmarks=points.reshape(6, -1).astype(np.float32)))
    assert reacted.face is None
    assert reacted.frames == len(reacted.points)
    assert np.allclose(reacted.landmarks(0, 1)[0], neutral(), atol=1e-3), "at rest before"
    last = reacted.landmarks(reacted.frames - 1, reacted.frames)[0]
    assert np.allclose(last, points[-1] / 140 - [300 / 140, 200 / 140, 0], atol=0.01)


def test_an_emotion_alone_moves_the_face_by_rules_and_that_is_told(tmp_path) -> None:
    joy = tuple(float(label == "joy") for label in EKMAN7)
    reacted = react(TALK, kept(tmp_path, emotion=joy))
    assert reacted.face[:, SMILE].max() > 0.5
    assert any("emotion alone" in n for n in reacted.notes)
    assert all(r.emotion.label == "joy" for r in reacted.reactions if r)


def test_what_cannot_be_drawn_or_loaded_is_told(tmp_path) -> None:
    row = np.ones((1, 8), np.float32)
    with pytest.raises(UsageError, match=r"nothing that 'try' foretells can be drawn \(tone\)"):
        react(TALK, kept(tmp_path, tone=row))
    with pytest.raises(UsageError, match="there is no predictor 'nobody'"):
        react(TALK, "nobody")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="holds no predictor"):
        react(TALK, str(empty))
    (empty / "settings.json").write_text("{}")
    with pytest.raises(WeightsError, match="holds no predictor"):
        react(TALK, str(empty))


def test_who_listens_gets_no_reaction(tmp_path) -> None:
    reacted = react(TALK, kept(tmp_path, face=smiling()), listener="Ann")
    assert [r is None for r in reacted.reactions] == [True, False] * 2
    later = dataclasses.replace(reacted.timeline.turns[1].utterance)
    assert reacted.face[: round((later.end or 0) * RATE) - 1].max() == 0


HARM = Timeline(
    "a",
    (turn(0, text="I want to kill myself", span=(0, 3)), turn(1, text="We won", span=(9, 12))),
    ("Ann", "Ben"),
)


@pytest.mark.parametrize("what", ["face", "emotion", "landmarks"])
def test_no_predictor_smiles_at_a_hint_at_harm_and_it_may_at_what_follows(tmp_path, what) -> None:
    face = smiling()
    points = posed(face[:, :-3], face[:, -3:] * 0).reshape(6, -1)
    given = {
        "face": {"face": face},
        "emotion": {"emotion": tuple(float(label == "joy") for label in EKMAN7)},
        "landmarks": {"landmarks": points.astype(np.float32)},
    }[what]
    reacted = react(HARM, kept(tmp_path, **given))
    if what == "landmarks":
        smile = np.abs(reacted.points - neutral()).max((1, 2))
    else:
        smile = reacted.face[:, SMILE]
    assert smile[: 12 * round(RATE)].max() < 1e-4
    assert smile[round(13.5 * RATE)] > 0.005


def test_reactions_to_turns_that_overlap_are_drawn_in_the_order_in_which_they_begin() -> None:
    class Told:
        def predict(self, pasts, draws, seed):
            sizes = {"u0": 0.2, "u1": 0.4, "u2": 0.8}
            every = []
            for *_, last in pasts:
                row = np.full((1, 1), sizes[last.id], np.float32)
                face = Features(last.id, "face", row, ("mouthSmileLeft",))
                every.append([Reaction(last.id, "x", features={"face": face})])
            return every

    spans = ((0.0, 10.0), (3.0, 5.0), (6.0, 8.0))
    told = Kept(Told(), Settings("try", "x", {}, ("face",), "", False))
    said = [Stimulus(a, b - a, Sample(f"u{i}", "words")) for i, (a, b) in enumerate(spans)]
    drawn = foretelling.foretell(told, said, [0, 1, 2], 12.0, 1).face[:, SMILE]
    at = [round(float(drawn[round(t * RATE)]), 4) for t in (4.9, 7.9, 9.9, 11.9)]
    assert at == [0, 0.4, 0.8, 0.2]


def moving(folder: Path) -> str:
    """A predictor of frames that has learnt from faces of four columns, and foretells moods."""
    pytest.importorskip("torch", reason="training needs the extra 'train'")
    modalities = {"face": ("face",), "felt": ("voice", "words")}
    train = little_reactions.exchanges([f"x{i}" for i in range(4)])
    how = TrainingPart(**little_reactions.QUICK | {"select": "likelihood"})
    changes = {"train": train, "modalities": modalities, "targets": (), "training": how}
    predictor = taught("motion", folder / "fits", **changes)
    model = folder / "model"
    model.mkdir()
    predictor.save(model)
    details = {"corpora": [{"name": "dyads", "licence": "CC0", "noncommercial": False}]}
    about = ("try", "motion", modalities, (), "CC0", False, details, "while")
    Settings(*about, columns=shapes(train)).write(model)
    return str(model)


def faced(columns: int, *turns: int) -> Timeline:
    """A talk of which the faces of some turns were seen, columns without names."""
    made = list(TALK.turns)
    for i in turns:
        id_ = made[i].utterance.id
        face = Features(id_, "face", np.ones((20, columns), np.float32), rate=10.0)
        made[i] = dataclasses.replace(made[i], seen=Seen("face 1", 1.0, face=face))
    return dataclasses.replace(TALK, turns=tuple(made))


def test_who_finds_nothing_that_it_reads_is_refused_with_what_was_expected(tmp_path) -> None:
    model = moving(tmp_path)
    with pytest.raises(UsageError) as absent:
        react(TALK, model)
    problem = absent.value.problem
    assert "reads face, voice, words and foretells nothing of this talk" in problem
    assert "'face', which is absent here (that of a video has 62 columns, 'try' learnt from 4)" in (
        problem
    )
    assert "'voice', 'words', which the corpus has that it learnt from (dyads)" in problem
    assert "answers in runs alone" in absent.value.remedy
    with pytest.raises(UsageError, match="'face' has 62 columns here, 'try' learnt from 4: left"):
        react(faced(62, 0, 1), model)


def test_of_how_many_turns_something_is_foretold_is_told(tmp_path) -> None:
    reacted = react(faced(4, 1, 2), moving(tmp_path))
    assert [bool(r.emotion.scores) for r in reacted.reactions] == [False, True, True, False]
    assert any("'try' foretells 2 of 4 turns alone" in n for n in reacted.notes)
    assert not any("'face'" in n for n in reacted.notes)


def test_where_a_video_would_do_that_is_told(tmp_path) -> None:
    class Silent:
        def predict(self, pasts, draws, seed):
            return [[Reaction(past[-1].id, "x")] * draws for past in pasts]

    said = [Stimulus(0.0, 2.0, Sample("u0", "words"))]
    told = Kept(Silent(), Settings("try", "x", {"face": ("face",)}, ("landmarks",), "", False))
    with pytest.raises(UsageError) as lacking:
        foretelling.foretell(told, said, [0], 4.0, 1)
    assert "(a video has it, a timeline does not)" in lacking.value.problem
    assert "Give the recording itself" in lacking.value.remedy
