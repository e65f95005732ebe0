"""Gathering features over a corpus: what is ready, what is kept, what is taken, what is lost."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from sounds import RATE, noise, write_float_wav, write_wav

from empathia import features
from empathia.bench.gather import gather
from empathia.contracts import Item
from empathia.errors import InputError, UsageError
from empathia.features import Each, FeatureWarning
from empathia.features.prosody import extract as prosody
from empathia.types import Audio, Dialogue, Features, Utterance


class Counted:
    """An extractor that counts its calls; a plug-in in all but the package that it comes in."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.settings: dict[str, object] = {"version": 1}

    def __call__(self, items: Sequence[Item]) -> list[Features]:
        return [self.one(id, content) for id, content in items]

    def one(self, id: str, content: str | Audio) -> Features:
        self.calls.append(id)
        numbers = (
            [len(content)]
            if isinstance(content, str)
            else [len(content.samples), float(np.abs(content.samples).max())]
        )
        return Features(id, "counted", np.array([numbers], np.float32))


@pytest.fixture
def counted(monkeypatch, tmp_path_factory) -> dict[str, Counted]:
    """Plug-ins "heard" and "read", found as those of other packages are."""
    made, site = {}, tmp_path_factory.mktemp("site")
    about = site / "counted-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: counted\nVersion: 1\n")
    listed = "[empathia.features]\nheard = plugin_heard\nread = plugin_read\n"
    (about / "entry_points.txt").write_text(listed)
    monkeypatch.syspath_prepend(str(site))
    for name, source in (("heard", "sound"), ("read", "words")):
        made[name] = Counted()
        module = types.ModuleType(f"plugin_{name}")
        module.SOURCE = source
        module.load = lambda variant=None, threads=None, e=made[name]: e
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        (["text"], ["minilm"]),
        (["text:minilm"], ["minilm"]),
        (["text:text-default"], ["minilm", "text-default"]),
        (["text:text-empathetic"], ["minilm", "text-empathetic"]),
        (["text:klue/roberta-base"], []),
        (["speech", "speeds:0.9", "frames"], ["whisper-base"]),
        (["speech:whisper-base", "speeds:1.1:whisper-base"], ["whisper-base"]),
        (
            ["speech:whisper-tiny-en", "speeds:0.9:whisper-tiny-en", "frames:whisper-tiny-en"],
            ["whisper-tiny-en"],
        ),
        (["speech:facebook/wav2vec2-base", "frames:facebook/wav2vec2-base"], []),
        (["prosody", "mfcc", "logmel", "ready-made"], []),
        (["speech", "text"], ["whisper-base", "minilm"]),
    ],
)
def test_weights_behind_features(asked: list[str], used: list[str]) -> None:
    assert features.weights_of(*asked) == tuple(used)


def test_own_layers_of_a_folder_lie_on_the_default_encoder(tmp_path) -> None:
    (tmp_path / "delta.safetensors").touch()
    assert features.weights_of(f"text:{tmp_path}") == ("minilm",)


def test_plugins_of_others_need_not_name_weights(counted) -> None:
    assert features.weights_of("heard", "read:large") == ()


def dialogue(*utterances: dict[str, object], id: str = "d") -> Dialogue:
    made = (
        Utterance(str(u.pop("id", f"{id}{i}")), i, "Ann", **u)
        for i, u in enumerate(dict(u) for u in utterances)
    )
    return Dialogue(id, tuple(made))


def told(record: list[warnings.WarningMessage]) -> list[str]:
    assert all(r.category is FeatureWarning for r in record)
    return [str(r.message) for r in record]


@pytest.fixture
def talk(tmp_path) -> list[Dialogue]:
    """Two recordings: one with three places in it (out of order, overlapping), one clip."""
    long = write_wav(tmp_path / "long.wav", np.concatenate([noise(1, a) for a in (0.01, 0.1, 0.2)]))
    clip = write_wav(tmp_path / "clip.wav", noise(0.5))
    places = [(2.0, 3.0), (0.0, 1.0), (0.5, 2.5)]
    first = [{"audio": long, "start": a, "end": b, "text": "so"} for a, b in places]
    return [dialogue(*first, id="a"), dialogue({"audio": clip, "text": "well then"}, id="b")]


def test_each_utterance_gets_the_features_of_its_own_span(talk, tmp_path):
    found = gather(talk, ["prosody"], cache=tmp_path / "c")["prosody"]
    assert list(found) == ["a0", "a1", "a2", "b0"]
    assert [f.measure("duration") for f in found.values()] == [1.0, 1.0, 2.0, 0.5]
    sound = np.concatenate([noise(1, a) for a in (0.01, 0.1, 0.2)])
    kept = np.trunc(sound * 32767) / 32768  # what 16 bits hold
    direct = prosody(Audio(kept[2 * RATE :].astype(np.float32), RATE))
    assert found["a0"].values == pytest.approx(direct.values, rel=1e-4, nan_ok=True)
    assert {f.utterance for f in found.values()} == set(found)


def test_second_call_takes_nothing_and_gives_the_same(talk, tmp_path, counted):
    def again(threads: int = 2, names: Sequence[str] = ("heard", "read")):
        return gather(talk, names, cache=tmp_path / "c", threads=threads)

    first = again()
    assert len(counted["heard"].calls) == 4
    assert len(counted["read"].calls) == 2  # "so" is read once
    assert again() == first
    assert again(threads=1, names=["read"]) == {"read": first["read"]}
    assert len(counted["heard"].calls) == 4
    assert len(counted["read"].calls) == 2
    assert [f.values[0, 0] for f in first["read"].values()] == [2, 2, 2, 9]


def test_other_settings_other_sound_and_other_times_are_taken_anew(talk, tmp_path, counted):
    def calls() -> int:
        before = len(counted["heard"].calls)
        gather(talk, ["heard"], cache=tmp_path / "c")
        return len(counted["heard"].calls) - before

    assert calls() == 4
    counted["heard"].settings = {"version": 2}
    assert calls() == 4
    write_wav(talk[1].utterances[0].audio, noise(0.5, 0.3))
    assert calls() == 1
    talk[0] = dialogue({"audio": talk[0].utterances[0].audio, "start": 0.1, "end": 1.0}, id="a")
    assert calls() == 1
    # The same bytes under another name are the same sound.
    copy = tmp_path / "copy.wav"
    copy.write_bytes(talk[1].utterances[0].audio.read_bytes())
    talk[1] = dialogue({"audio": copy}, id="z")
    assert calls() == 0


def test_a_stopped_run_goes_on_where_it_was(talk, tmp_path, counted):
    whole = gather(talk, ["heard"], cache=tmp_path / "other")
    counted["heard"].calls.clear()

    def stop(_what: str, done: float, _total: float | None) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather(talk, ["heard"], cache=tmp_path / "c", threads=1, progress=stop)
    taken = len(counted["heard"].calls)
    assert gather(talk, ["heard"], cache=tmp_path / "c") == whole
    assert len(counted["heard"].calls) - taken <= 2


def test_threads_and_company_change_nothing(talk, tmp_path):
    alone = gather(talk, ["mfcc"], cache=tmp_path / "1", threads=1)["mfcc"]
    together = gather(talk, ["prosody", "mfcc"], cache=tmp_path / "2", threads=3)
    assert together["mfcc"] == alone
    assert list(together) == ["prosody", "mfcc"]


def test_ready_made_features_come_first_by_id(talk, tmp_path, counted):
    ready = {id: Features(id, "heard", np.ones((1, 2), np.float32)) for id in ("a2", "b0", "gone")}
    with pytest.warns(FeatureWarning, match=r"1 of 3 ready-made features 'heard' .*'gone'"):
        found = gather(talk, ["heard"], ready={"heard": ready}, cache=tmp_path / "c")
    assert list(found["heard"]) == ["a0", "a1", "a2", "b0"]
    assert counted["heard"].calls == ["a1", "a0"]  # in order of time
    assert found["heard"]["a2"].values.tolist() == [[1, 1]]
    only = {id: ready[id] for id in ("a2", "b0")}
    assert gather(talk, ["gaze"], ready={"gaze": only}) == {"gaze": only}
    with pytest.raises(UsageError, match="unknown feature 'gaze'"):
        gather(talk, ["gaze"], cache=tmp_path / "c")
    wide = {"a0": Features("a0", "heard", np.ones((1, 3), np.float32))}
    with pytest.raises(InputError, match=r"'heard' has 3 columns .*'a0' and 2"):
        gather(talk, ["heard"], ready={"heard": wide}, cache=tmp_path / "c")


def test_all_ready_needs_no_model(monkeypatch, tmp_path):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path))  # no weights there
    talk = [dialogue({"text": "hello"})]
    ready = {"text": {"d0": Features("d0", "text", np.ones((1, 3), np.float32))}}
    assert gather(talk, ["text"], ready=ready) == ready


def test_absent_stays_absent(tmp_path, counted):
    talk = [dialogue({"text": "hello"}, {"audio": write_wav(tmp_path / "a.wav", noise(1))})]
    found = gather(talk, ["heard", "read"], cache=tmp_path / "c")
    assert {name: list(x) for name, x in found.items()} == {"heard": ["d1"], "read": ["d0"]}


def test_same_id_twice_is_refused():
    with pytest.raises(InputError, match="'x' is there twice"):
        gather([dialogue({"id": "x"}), dialogue({"id": "x"}, id="e")], [])


def test_bad_recordings_are_counted_and_leave_the_rest(tmp_path, counted):
    good = write_wav(tmp_path / "good.wav", noise(2))
    cut = tmp_path / "cut.wav"
    cut.write_bytes(write_wav(tmp_path / "whole.wav", noise(2)).read_bytes()[: RATE * 2])
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    hole = noise(1)
    hole[100:200] = np.nan
    files = [
        good,
        cut,
        tmp_path / "text.wav",
        tmp_path / "empty.wav",
        tmp_path / "gone.wav",
        write_float_wav(tmp_path / "hole.wav", hole),
    ]
    talk = [dialogue(*[{"audio": f} for f in files])]

    def run() -> tuple[list[str], list[str]]:
        with warnings.catch_warnings(record=True) as record:
            warnings.simplefilter("always")
            found = gather(talk, ["heard"], cache=tmp_path / "c")["heard"]
        assert all(np.isfinite(f.values).all() for f in found.values())
        return list(found), told(record)

    ids, notes = run()
    assert ids == ["d0", "d1", "d5"]
    assert len(notes) == 2
    assert notes[0].startswith("3 recordings cannot be read")
    assert "'" + str(files[2]) + "'" in notes[0]
    assert notes[1].startswith("2 recordings are damaged")
    assert "cut short" in notes[1]
    assert "100 samples were no numbers" in notes[1]
    assert run() == (ids, notes)  # told again
    assert sorted(counted["heard"].calls) == ["d0", "d1", "d1", "d5", "d5"]  # and not kept


def test_times_behind_the_end_are_counted(tmp_path, counted):
    file = write_wav(tmp_path / "a.wav", noise(2))
    places = [(0.0, 1.0), (1.0, 2.2), (1.5, 4.0), (5.0, 6.0), (1.0, 1.0)]
    talk = [dialogue(*[{"audio": file, "start": a, "end": b} for a, b in places])]
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        found = gather(talk, ["heard"], cache=tmp_path / "c")["heard"]
    assert list(found) == ["d0", "d1", "d2"]
    assert [f.values[0, 0] / RATE for f in found.values()] == [1, 1, 0.5]
    notes = told(record)
    assert any(n.startswith("2 utterances are left out") and "d4, d3" in n for n in notes)
    assert any(n.startswith("1 utterances are cut off") and "d2" in n for n in notes)


def test_progress_counts_utterances_times_features(talk, tmp_path, counted):
    seen: list[tuple[str, float, float | None]] = []
    names = ["heard", "read"]
    gather(talk, names, cache=tmp_path / "c", progress=lambda *x: seen.append(x))
    assert [d for _, d, _ in seen] == sorted(d for _, d, _ in seen)
    assert seen[-1][1:] == (8, 8)
    assert {what for what, _, _ in seen} >= set(names)


def test_clips_are_whole_files_whatever_their_place_in_the_talk(tmp_path, counted):
    file = write_wav(tmp_path / "a.wav", noise(0.5))
    talk = [dialogue({"audio": file, "start": 7.0, "end": 7.4, "clips": ("audio",)})]
    found = gather(talk, ["heard"], cache=tmp_path / "c")["heard"]
    assert found["d0"].values[0, 0] == RATE / 2


def test_names_are_extractors_only():
    assert {"prosody", "mfcc", "logmel", "speech", "frames", "text"} <= set(features.names())
    for name in features.names():
        assert features.source(name) in ("sound", "words", "face")
    with pytest.raises(UsageError, match="'mfcc' has no variants"):
        features.load("mfcc:wide")


def test_single_makes_a_function_of_an_extractor():
    each = Each({}, lambda text, id: Features(id, "x", np.array([[len(text)]], np.float32)))
    assert features.single(each)("four", "u").values[0, 0] == 4
    assert [f.utterance for f in each([("a", "x"), ("b", "y")])] == ["a", "b"]
