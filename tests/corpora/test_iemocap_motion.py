"""Motion capture of IEMOCAP: small trees in the release's layout, made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from iemocap_tree import session, write

from empathia.bench.gather import gather
from empathia.cli import main
from empathia.corpora import CorpusWarning, iemocap
from empathia.corpora.iemocap.motion import COLUMNS, MARKERS
from empathia.errors import CorpusError

HEADING = f"Frame# Time {' '.join(MARKERS)}\n X Y Z\n"
TALK = "Ses01F_impro05a"
QUIET = pytest.mark.filterwarnings("ignore::empathia.corpora.CorpusWarning")


def line(frame: int, values: np.ndarray, start: float = 6.0) -> str:
    return f"{frame} {start + frame / 120:.5f} {' '.join(f'{v:.4f}' for v in values)}\n"


def mocap(folder: Path, utterance: str, text: str) -> Path:
    talk = utterance.rpartition("_")[0]
    return write(folder / "sentences" / "MOCAP_rotated" / talk / f"{utterance}.txt", text)


def told(recwarn: pytest.WarningsRecorder) -> list[str]:
    return [str(w.message) for w in recwarn if w.category is CorpusWarning]


def face(frames: int, seed: int = 0) -> np.ndarray:
    """(frames, 165) in mm."""
    return np.random.default_rng(seed).normal(0, 40, (frames, len(COLUMNS))).round(3)


@QUIET
def test_markers_are_those_of_who_wears_them(tmp_path: Path) -> None:
    folder, values = session(tmp_path), face(10)
    text = HEADING + "".join(map(line, range(10), values))
    for id in ("F000", "M000", "F001"):  # while M speaks, it is F's face that is measured
        mocap(folder, f"{TALK}_{id}", text)
    other = session(tmp_path, "Ses01M_impro05a")
    mocap(other, "Ses01M_impro05a_M000", text)
    mocap(other, "Ses01M_impro05a_F000", text)
    features = iemocap.ready(tmp_path, mocap=120)["mocap"]
    assert set(features) == {f"{TALK}_F000", f"{TALK}_F001", "Ses01M_impro05a_M000"}
    got = features[f"{TALK}_F000"]
    assert (got.rate, got.names[:4], got.names[-1]) == (
        120.0,
        ("CH1.x", "CH1.y", "CH1.z", "CH2.x"),
        "RHD.z",
    )
    assert np.array_equal(got.values, values.astype(np.float32))
    gathered = gather(iemocap.load(tmp_path), ["mocap"], ready={"mocap": features})["mocap"]
    assert set(gathered) == set(features)


@QUIET
def test_while_the_other_speaks_they_are_a_listener_s(tmp_path: Path, capsys) -> None:
    for name, worn in (("Ses01F_impro05a", "F"), ("Ses01M_impro05a", "M")):
        folder = session(tmp_path, name)
        for id in ("F000", "M000", "F001"):
            values = face(10, seed=id.startswith(worn))
            mocap(folder, f"{name}_{id}", HEADING + "".join(map(line, range(10), values)))
    own, heard = (read(tmp_path, mocap=120)["mocap"] for read in (iemocap.ready, iemocap.listening))
    assert not own.keys() & heard.keys()
    assert set(heard) == {f"{TALK}_M000", "Ses01M_impro05a_F000", "Ses01M_impro05a_F001"}
    assert all(np.array_equal(f.values, face(10).astype(np.float32)) for f in heard.values())
    assert iemocap.listening(tmp_path) == {}
    asked = ["corpus", "pairs", "iemocap", str(tmp_path), "--option", "mocap=120", "--with"]
    assert main([*asked, "mocap", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 0, "nobody has it on both sides"
    assert main([*asked, "mocap", "--when", "while", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (way,) = told["directions"][:1]
    assert (told["pairs"], way["stimulus"], way["reaction"]) == (2, "female", "male")
    assert told["left_out"]["the listener is without mocap"] == 2
    assert main([*asked, "text", "--when", "while"]) == 2
    err = capsys.readouterr().err
    assert "what listeners have (here: mocap), and --with names text" in err
    assert main([*asked[:4], "--when", "while", "--with", "text"]) == 2
    assert "(here: nothing), and --with names text" in capsys.readouterr().err
    assert main([*asked[:4], "--when", "while", "--with", "mocap"]) == 2
    assert "Add --option mocap=" in capsys.readouterr().err
    assert main([*asked[:-1], "--when", "while"]) == 2
    assert "--with names nothing" in capsys.readouterr().err


@QUIET
def test_nothing_is_read_unless_it_is_asked_for(tmp_path: Path) -> None:
    session(tmp_path)
    assert iemocap.ready(tmp_path) == {}
    assert iemocap.load(tmp_path, mocap=30) == iemocap.load(tmp_path)
    with pytest.raises(CorpusError, match="no Session"):
        iemocap.ready(tmp_path, mocap=120)
    with pytest.raises(CorpusError, match="at 50 Hz"):
        iemocap.ready(tmp_path, mocap=50)


def test_lost_markers_and_lines_are_missing_in_their_place(tmp_path, recwarn) -> None:
    folder, values = session(tmp_path), face(8)
    lines = [line(i, v) for i, v in enumerate(values)]
    lost = values.copy()
    lost[2, 3:6] = np.nan
    lines[2] = line(2, lost[2]).replace("nan", "NaN")
    lines[4] = lines[4][:200] + "\n"
    lines[5] = lines[5].replace(".", "?", 3)
    mocap(folder, f"{TALK}_F000", HEADING + "".join(lines) + "\n")
    got = iemocap.ready(tmp_path, mocap=120)["mocap"][f"{TALK}_F000"].values
    lost[4:6] = np.nan
    assert np.array_equal(got, lost.astype(np.float32), equal_nan=True)
    assert any("lines of motion capture that do not parse: 2" in t for t in told(recwarn))
    slow = iemocap.ready(tmp_path, mocap=60)["mocap"][f"{TALK}_F000"]
    assert (slow.values.shape, slow.rate) == ((4, 165), 60.0)
    assert np.allclose(slow.values[0], lost[:2].mean(0), atol=1e-4)
    assert np.allclose(slow.values[1, 3:6], lost[3, 3:6], atol=1e-4), "of the one that is there"
    assert np.isnan(slow.values[2]).all(), "nothing is made up"


@QUIET
def test_markers_are_known_by_name(tmp_path: Path) -> None:
    folder, values = session(tmp_path), face(3)
    names = ["RHD", "TAIL", "CH1"]
    text = f"Frame# Time {' '.join(names)}\n X Y Z\n"
    mocap(folder, f"{TALK}_F000", text + "".join(line(i, v[:9]) for i, v in enumerate(values)))
    got = iemocap.ready(tmp_path, mocap=120)["mocap"][f"{TALK}_F000"].values
    assert np.allclose(got[:, :3], values[:, 6:9])
    assert np.allclose(got[:, -3:], values[:, :3])
    assert np.isnan(got[:, 3:-3]).all()


GOOD = "".join(map(line, range(3), face(3)))
WRONG = {
    "whose heading does not parse": f"Frame# Time A B\n X Y Z\n{GOOD}",
    "without a picture": HEADING,
    "whose heading does not parse ": "",
    "whose times do not go up": HEADING + GOOD + GOOD,
    "whose times do not go up ": HEADING + line(0, face(1)[0]) + line(10**6, face(1)[0]),
    "of which all markers are lost": HEADING + line(0, np.full(165, np.nan)),
}


@pytest.mark.parametrize("problem", WRONG)
def test_what_tells_nothing_is_absent_and_counted(tmp_path, recwarn, problem: str) -> None:
    folder = session(tmp_path)
    mocap(folder, f"{TALK}_F000", WRONG[problem])
    mocap(folder, f"{TALK}_F001", HEADING + GOOD)
    features = iemocap.ready(tmp_path, mocap=120)["mocap"]
    assert list(features) == [f"{TALK}_F001"]
    assert any(problem.strip() in t and f"1 ({TALK}_F000)" in t for t in told(recwarn))
