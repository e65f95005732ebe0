"""Faces of those who listen: cut out of the video over what another one says, never swapped."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import pytest
import sights

pytest.importorskip("ai_edge_litert", reason="extra 'face' is not installed")

from empathia.bench.data import LISTENING
from empathia.bench.gather import gather
from empathia.bench.pairs import listeners
from empathia.bench.taking import taken
from empathia.config import read_run
from empathia.features import FeatureWarning
from empathia.listen import faces
from empathia.types import Dialogue, Features, Utterance
from empathia.types.seen import Sight

SECONDS, ASKED = 24, ["face", LISTENING + "face"]
TURNS = [(who, 3.0 * i, 3.0 * i + 3) for i, who in enumerate("ABABABAB")]
FRAMES = np.arange(SECONDS * 10)


def seen(person: str, who: str, *, there: slice = slice(None), seed: int = 0) -> Sight:
    """One whose mouth moves in the turns of A or B, whose smile tells who it is and when."""
    turn = (FRAMES // 30) % 2
    speaks = turn == "AB".index(who)
    jaw = np.where(speaks, 0.3 + 0.3 * np.sin(1.7 * FRAMES), 0.02)
    sight = sights.made(
        SECONDS, seed=seed, start=0.0, landmarks=False, jawOpen=jaw, mouthSmileLeft=smile(who)
    )
    kept = {n: getattr(sight, n)[there] for n in ("times", "boxes", "blendshapes", "poses")}
    return Sight(person, 0.0, SECONDS, 10.0, **kept, expressions=sight.expressions[there])


def smile(who: str) -> np.ndarray:
    """(frames,) that rises over the video; of A below .4, of B above."""
    return 0.001 * FRAMES + (0.4 if who == "B" else 0.0)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[Sight]:
    """Whom the video shows: the nets are asked in tests/bench/test_gather_faces.py."""
    shown: list[Sight] = []
    monkeypatch.setattr(faces, "watch", lambda *_, **__: ())
    monkeypatch.setattr(faces, "sights", lambda *_, **__: shown)
    return shown


def talk(folder: Path, turns: list[tuple[str, float, float]] = TURNS) -> Dialogue:
    video = folder / "v.mp4"
    video.write_bytes(b"video")
    said = [
        Utterance(f"u{i}", i, who, start=a, end=b, video=video)
        for i, (who, a, b) in enumerate(turns)
    ]
    return Dialogue("d", tuple(said))


def smiled(feature: Features) -> np.ndarray:
    return feature.values[:, feature.names.index("mouthSmileLeft")]


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_over_what_one_says_it_is_the_other_s_face(tmp_path, watched, monkeypatch, order) -> None:
    watched += [seen(f"face {n}", who, seed=n) for n, who in enumerate(order, 1)]
    one = talk(tmp_path)
    taken = gather([one], ASKED, listeners=listeners([one]), cache=tmp_path / "c")
    spoken, heard = taken.values()
    assert list(spoken) == [u.id for u in one.utterances]
    assert list(heard) == list(spoken)[:-1]
    for i, u in enumerate(one.utterances):
        other = {"A": "B", "B": "A"}[u.speaker]
        span = slice(30 * i, 30 * i + 30)
        assert smiled(spoken[u.id]) == pytest.approx(smile(u.speaker)[span], abs=1e-6)
        if u.id in heard:
            assert (heard[u.id].utterance, heard[u.id].extractor) == (u.id, "face")
            assert smiled(heard[u.id]) == pytest.approx(smile(other)[span], abs=1e-6)
    monkeypatch.setattr(faces, "sights", lambda *_, **__: pytest.fail("it is watched again"))
    assert gather([one], ASKED, listeners=listeners([one]), cache=tmp_path / "c") == taken
    assert gather([one], ["face"], cache=tmp_path / "c") == {"face": spoken}


def test_moments_without_the_listener_are_gaps_and_a_face_that_is_not_told_is_counted(
    tmp_path, watched
) -> None:
    watched += [seen("face 1", "A"), seen("face 2", "B", seed=1, there=slice(10, None))]
    one = talk(tmp_path)
    heard = gather([one], ASKED, listeners=listeners([one]), cache=tmp_path / "c")[ASKED[1]]
    gaps = np.isnan(smiled(heard["u0"]))
    assert gaps.tolist() == [True] * 10 + [False] * 20, "rows tell the time"
    del watched[1]
    with pytest.warns(FeatureWarning, match="in 4 utterances the listener's face is not seen: u0"):
        heard = gather([one], [ASKED[1]], listeners=listeners([one]), cache=tmp_path / "other")[
            ASKED[1]
        ]
    assert list(heard) == ["u1", "u3", "u5"], "A listens to B"


def test_who_never_speaks_in_a_video_is_not_guessed(tmp_path, watched) -> None:
    watched += [seen("face 1", "A"), seen("face 2", "B", seed=1)]
    one = talk(tmp_path, TURNS[::2])
    with pytest.warns(FeatureWarning, match="in 4 utterances the listener's face is not seen: u0"):
        taken = gather(
            [one], [ASKED[1]], listeners={u.id: "B" for u in one.utterances}, cache=tmp_path / "c"
        )
    assert taken == {ASKED[1]: {}}


@pytest.mark.parametrize("labelled", [False, True])
def test_whoever_answers_next_with_a_label_listens_where_turns_without_are_left_out(
    tmp_path, watched, monkeypatch, labelled
) -> None:
    """Somebody without a label, whom nobody sees, says something between the first two."""
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path))
    watched += [seen("face 1", "A"), seen("face 2", "B", seed=1)]
    one = talk(tmp_path, [("A", 0.0, 2.8), ("C", 2.8, 3.0), *TURNS[1:]])
    said = tuple(
        dataclasses.replace(u, gold=("glad",) * (u.speaker != "C")) for u in one.utterances
    )
    file = tmp_path / "run.toml"
    file.write_text(
        'name = "try"\nseed = 1\n[data]\ncorpora = ["plain"]\nlabels = "corpus"\n[features]\n'
        'face = ["face"]\n[model]\npredictor = "mean"\n[reaction]\ntargets = ["face"]\n'
        f'when = "while"\nlabelled = {str(labelled).lower()}\n'
        '[training]\nselect = "weighted_f1"\nthreads = 1\n'
    )
    corpora = {"plain": (dataclasses.replace(one, utterances=said),)}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        _, heard = taken(read_run(file), tmp_path, corpora, [], None)
    assert [str(w.message) for w in told] == (
        [] if labelled else ["in 1 utterances the listener's face is not seen: u0"]
    )
    assert list(heard["face"]) == ["u0"] * labelled + ["u1"] * (not labelled) + [
        f"u{i}" for i in range(2, 8)
    ]
    if labelled:
        assert smiled(heard["face"]["u0"]) == pytest.approx(smile("B")[:28], abs=1e-6)
