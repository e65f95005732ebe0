"""Models that ``empathia train`` keeps, and reading with them."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from little_problem import LABELS as LITTLE
from little_problem import learn, part, problem
from little_runs import LABELS, WORDS, command, corpus, run_file

from empathia import config, features, plugins, weights
from empathia.bench import bench, train
from empathia.bench.keep import keep
from empathia.bench.run import Bench, Training
from empathia.cli import main
from empathia.config import checked_options, read_run
from empathia.corpora import toy
from empathia.emotion import majority, weights_of
from empathia.emotion.tfidf.read import letters_of
from empathia.errors import ConfigError, EmpathiaError, UsageError, WeightsError
from empathia.pipeline import Conversation, Options, Reader
from empathia.training import keeping, model, normalise
from empathia.training.keeping import Settings, read
from empathia.training.model import scores_of as predict
from empathia.training.problem import Problem
from empathia.types import Emotion, Features, Sample

FOLDS = 'protocol = "leave-scene-out"'


def transcript(path: Path, dialogue: Any) -> Path:
    with path.open("w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(["speaker", "text"])
        rows.writerows([u.speaker, u.text] for u in dialogue.utterances)
    return path


def read_cli(path: Path, model: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    code = main(["read", str(path), "--recogniser", str(model), "--json", *more])
    assert code == 0
    return json.loads(capsys.readouterr().out)


def scores(timeline: Any) -> list[tuple[float, ...]]:
    return [tuple(t["emotion"]["scores"][x] for x in LABELS) for t in timeline["turns"]]


def predicted(run: Path, data: Path, folder: Path, dialogue: int) -> dict[int, tuple[float, ...]]:
    """What the first seed's recogniser says of the labelled turns of a test dialogue, by their
    place, learnt here once more.
    """
    made = bench(read_run(run), data, folder)
    training = Training(made, made.seeds[0], made.folds(made.seeds[0])[0])
    problem, normal = training.problem(None)
    assert problem.shared == folder != problem.folder
    found = training.answers(made.plugin.learn(problem), normal, made.modalities)["test"]
    turns = made.material.dialogues[dialogue].utterances
    return {i: found[u.id] for i, u in enumerate(turns) if u.gold}


def test_a_kept_model_reads_as_it_was_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, data = run_file(tmp_path / "mine.toml"), corpus(tmp_path)
    assert main(["train", str(run), "--data", str(data), "--out", str(tmp_path / "out")]) == 0
    model = tmp_path / "out" / "mine" / "model"
    assert f"--recogniser {model}" in capsys.readouterr().out
    talk = bench(read_run(run), data, tmp_path / "b").material.dialogues[20]
    expected = predicted(run, data, tmp_path / "again", 20)
    found = read_cli(transcript(tmp_path / "talk.csv", talk), model, capsys)
    assert len(expected) == 7 and len(scores(found)) == 8
    for i, row in expected.items():
        assert scores(found)[i] == pytest.approx(row, abs=1e-12)
    assert len({tuple(np.round(row, 3)) for row in expected.values()}) > 3
    assert found["label_sets"] == {"table": list(LABELS)}
    assert [t["emotion"]["source"] for t in found["turns"]] == ["fusion of mine"] * 8
    assert all(set(t["emotions"]) == {"mine"} for t in found["turns"])
    (weight,) = found["provenance"]["weights"]
    assert weight == {
        "name": "mine",
        "role": "own recogniser (tfidf)",
        "licence": "that of the data you bring",
        "noncommercial": True,
    }


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that learnt of the table."""
    folder = tmp_path_factory.mktemp("mine")
    train(run_file(folder / "mine.toml"), corpus(folder), folder / "out")
    return folder / "out" / "mine" / "model"


def test_a_reading_looks_at_the_past_alone(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talks = []
    for last in ("great love", "hate awful"):
        file = tmp_path / "talk.txt"
        file.write_text(f"Ann: fine okay\nBen: no stop\nAnn: {last}\nBen: well\n")
        talks.append(scores(read_cli(file, mine, capsys)))
    assert talks[0][:2] == talks[1][:2]
    assert talks[0][3] != pytest.approx(talks[1][3], abs=1e-6)  # the past does count


def test_labels_show_on_the_terminal_and_on_the_page(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "talk.txt"
    file.write_text(f"Ann: {' '.join(WORDS['glad'])}\nBen: {' '.join(WORDS['cross'])}\n")
    code = main(["read", str(file), "--recogniser", str(mine), "--report", str(tmp_path)])
    assert code == 0
    shown = capsys.readouterr().out
    assert "glad" in shown
    assert "cross" in shown
    assert "anger" not in shown
    page = (tmp_path / "talk.html").read_text()
    assert "glad" in page
    assert "anger" not in page


@pytest.mark.long
def test_several_folds_keep_a_model_of_everything(tmp_path: Path) -> None:
    data = corpus(tmp_path)
    run = run_file(tmp_path / "folds.toml", data=FOLDS, top="seeds = [3, 4]")
    train(run, data, tmp_path / "out")
    model = tmp_path / "out" / "folds" / "model"
    about = read(model).details
    assert sum(about["utterances"].values()) == 24 * 7
    assert (about["tested"], about["seed"]) == (False, 3)
    assert "No figure is its own" in (model / "card.md").read_text()
    terms = json.loads((model / "model.json").read_text())["fields"][0]["terms"]
    assert {w for words in WORDS.values() for w in words} <= set(terms)
    assert not (tmp_path / "out" / "folds" / "everything").exists()
    one = tmp_path / "out" / "one"
    train(run_file(tmp_path / "one.toml"), data, tmp_path / "out")
    assert "test figures of seed 1 of its run are its own" in (one / "model/card.md").read_text()


def test_a_model_is_kept_once_and_only_where_wanted(tmp_path: Path) -> None:
    run, data = run_file(tmp_path / "a.toml"), corpus(tmp_path)
    model = tmp_path / "out" / "a" / "model"
    train(run, data, tmp_path / "out", model=False)
    assert not model.exists()
    train(run, data, tmp_path / "out")
    before = (model / "settings.json").stat().st_mtime_ns
    train(run, data, tmp_path / "out")
    assert (model / "settings.json").stat().st_mtime_ns == before


def test_the_only_training_of_a_run_is_kept_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[int] = []
    honest = majority.learn

    def learn(problem: Problem) -> model.Model:
        learnt.append(problem.seed)
        return honest(problem)

    monkeypatch.setattr(majority, "learn", learn)
    run, data = run_file(tmp_path / "a.toml", "majority"), corpus(tmp_path)
    train(run, data, tmp_path / "once")
    assert learnt == [1]
    train(run, data, tmp_path / "twice", model=False)
    train(run, data, tmp_path / "twice")  # what was learnt then is gone
    assert learnt == [1, 1, 1]
    once, twice = (tmp_path / x / "a" / "model" for x in ("once", "twice"))
    assert [p.read_bytes() for p in sorted(once.iterdir())] == [
        p.read_bytes() for p in sorted(twice.iterdir())
    ]
    train(run_file(tmp_path / "b.toml", "majority", top="seeds = [3, 4]"), data, tmp_path / "out")
    assert learnt[3:] == [3, 4, 3]  # none is held while others are learnt


@pytest.mark.long
def test_a_kill_leaves_no_half_model(tmp_path: Path) -> None:
    run, data = run_file(tmp_path / "a.toml", data=FOLDS), corpus(tmp_path)
    train(run, data, tmp_path / "whole")
    train(run, data, tmp_path / "out", model=False)
    process = subprocess.Popen(
        command(run, data, tmp_path / "out"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = tmp_path / "out" / "a"
    while process.poll() is None and not list(folder.glob(".model.tmp/*")):
        time.sleep(0.001)
    process.kill()
    process.wait()
    train(run, data, tmp_path / "out")
    files = sorted(p.name for p in (folder / "model").iterdir())
    assert files == ["card.md", "model.json", "model.safetensors", "settings.json"]
    for name in files:
        one, other = (tmp_path / x / "a" / "model" / name for x in ("whole", "out"))
        assert one.read_bytes() == other.read_bytes()
    assert not (folder / ".model.tmp").exists()


@pytest.mark.parametrize(
    ("recogniser", "more", "why"),
    [
        ("acoustic", {"features": 'voice = ["sound"]'}, "its plug-in defines no load"),
        (
            "tfidf",
            {"features": 'text = ["sound"]\n[normalise]\nsound = "speaker"'},
            "needs other clips of the speaker",
        ),
    ],
)
def test_what_cannot_be_kept_says_so(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    recogniser: str,
    more: dict[str, str],
    why: str,
) -> None:
    run, data = run_file(tmp_path / "a.toml", recogniser, **more), corpus(tmp_path)
    assert main(["train", str(run), "--data", str(data), "--out", str(tmp_path / "out")]) == 0
    assert why in capsys.readouterr().out
    assert not (tmp_path / "out" / "a" / "model").exists()


@pytest.mark.skipif(weights.state("minilm") == "missing", reason="weight minilm is not pulled")
@pytest.mark.parametrize(
    ("feature", "recogniser", "model", "bound"),
    [
        pytest.param(
            "text:text-default",
            "dialogue",
            "linear = 1.0\npenalties = [1]",
            False,
            marks=pytest.mark.slow,
        ),
        ("text:text-empathetic", "dialogue", "linear = 1.0\npenalties = [1]", True),
        ("text:text-empathetic", "majority", "", False),  # reads no features
    ],
)
def test_weights_bind_what_learnt_from_them(
    tmp_path: Path, feature: str, recogniser: str, model: str, bound: bool
) -> None:
    pytest.importorskip("torch")
    toy.make(tmp_path / "toy", dialogues=5)
    run = tmp_path / "mine.toml"
    run.write_text(
        'name = "mine"\nseed = 1\n[data]\ncorpora = ["toy"]\nlabels = "corpus"\n'
        f'[features]\ntext = ["{feature}"]\n[model]\nrecogniser = "{recogniser}"\n{model}\n'
        '[training]\nselect = "weighted_f1"\nthreads = 1\n'
    )
    train(run, tmp_path, tmp_path / "out")
    folder = tmp_path / "out" / "mine" / "model"
    made = read(folder)
    assert made.noncommercial == bound
    assert made.licence == ("CC BY-NC 4.0" if bound else "Apache-2.0")
    card = (folder / "card.md").read_text()
    used = recogniser == "dialogue"
    assert ("- minilm: Apache-2.0\n" in card) == used
    told = "- text-empathetic: CC BY-NC 4.0 (not for commercial use, or not known)"
    assert (told in card) == bound
    file = tmp_path / "talk.txt"
    file.write_text("Ann: hello there\n")
    with Reader(Options(recognisers=(folder,))) as reader:
        named = [w["name"] for w in reader.read(file).provenance["weights"]]
    assert named == [*(["minilm", feature.removeprefix("text:")] if used else []), "mine"]


def test_a_recogniser_names_the_weights_that_it_works_with() -> None:
    def named(**given: Any) -> tuple[str, ...]:
        options = checked_options(plugins.load("emotion", "encoder"), given, "run file")
        return weights_of("encoder", options)

    assert named(start="text-empathetic") == ("minilm", "text-empathetic")
    assert named(encoder="klue/roberta-base") == ()
    assert weights_of("tfidf", config.Options({})) == ()
    late = config.Options({"members": {"encoder": {}, "words": {"kept": "text-default"}}})
    assert weights_of("late", late) == ("minilm", "text-default")


def settings(**changes: Any) -> Settings:
    fields: dict[str, Any] = {
        "name": "little",
        "recogniser": "majority",
        "labels": LITTLE,
        "exclusive": True,
        "causal": True,
        "modalities": {"text": ()},
        "normalise": (),
        "options": {},
        "licence": "CC0",
        "noncommercial": False,
        "fingerprint": "",
    }
    return Settings(**(fields | changes))


def kept(folder: Path, learnt: Any, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    learnt.save(folder)
    settings(**changes).write(folder)
    return folder


def test_features_that_no_reading_can_compute_are_refused(tmp_path: Path) -> None:
    learnt = learn("majority", tmp_path / "t")
    folder = kept(tmp_path / "m", learnt, modalities={"voice": ("mine",)})
    file = tmp_path / "talk.txt"
    file.write_text("Ann: hello there\n")
    with (
        Reader(Options(recognisers=(folder,))) as reader,
        pytest.raises(UsageError, match="'mine', which came ready-made"),
    ):
        reader.read(file)


def test_permissive_refuses_what_learnt_from_noncommercial_data(tmp_path: Path) -> None:
    learnt = learn("majority", tmp_path / "t")
    file = tmp_path / "talk.txt"
    file.write_text("Ann: hello there\n")
    for noncommercial in (False, True):
        folder = kept(tmp_path / "m", learnt, noncommercial=noncommercial)
        with Reader(Options(recognisers=(folder,), permissive=True)) as reader:
            if noncommercial:
                with pytest.raises(UsageError, match="not for commercial use"):
                    reader.read(file)
            else:
                assert reader.read(file).turns[0].emotion is not None


@pytest.mark.parametrize(
    "uses",
    [
        {"modalities": {"text": ("text:text-empathetic",)}, "weights": ("text-empathetic",)},
        {"weights": ("minilm", "text-empathetic")},
    ],
)
def test_permissive_refuses_weights_that_are_bound(tmp_path: Path, uses: dict[str, Any]) -> None:
    folder = kept(tmp_path / "m", learn("majority", tmp_path / "t"), **uses)
    (tmp_path / "talk.txt").write_text("Ann: hello there\n")
    with (
        Reader(Options(recognisers=(folder,), permissive=True)) as reader,
        pytest.raises(UsageError, match="text-empathetic: CC BY-NC"),
    ):
        reader.read(tmp_path / "talk.txt")


def test_a_transcript_has_no_sound_and_says_so(tmp_path: Path) -> None:
    learnt = learn("majority", tmp_path / "t")
    folder = kept(tmp_path / "m", learnt, modalities={"voice": ("prosody",)})
    file = tmp_path / "talk.txt"
    file.write_text("Ann: hello there\n")
    with Reader(Options(recognisers=(folder,))) as reader:
        notes = reader.read(file).notes
    assert any("'little' also listens (prosody)" in n for n in notes)


@pytest.mark.weights
def test_a_recogniser_gets_its_features_on_its_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words become features and are scaled with what was kept, as in training."""
    words = ("lovely day", "go away now", "well", "thanks a lot", "not again", "so what")
    extract = features.single(features.load("text", 1))
    train_part = [
        [
            Sample(f"s{i}", w, speaker="AB"[i % 2], features={"text": extract(w, f"s{i}")})
            for i, w in enumerate(words)
        ]
    ]
    normal = normalise.fit("running", "text", train_part)
    learnt = learn("majority", tmp_path / "t")
    folder = kept(
        tmp_path / "m", learnt, modalities={"text": ("text",)}, normalise=(normal.plain(),)
    )
    seen: list[Sequence[Sequence[Sample]]] = []

    class Spy:
        about = learnt.about

        def recognise(self, dialogues: Sequence[Sequence[Sample]]) -> list[list[Emotion]]:
            seen.append(dialogues)
            emotions: list[list[Emotion]] = learnt.recognise(dialogues)
            return emotions

    monkeypatch.setattr(majority, "load", lambda _folder, _threads: Spy())
    with Conversation(Options(recognisers=(folder,))) as talk:
        for sample in train_part[0]:
            talk.add(sample.text, speaker=str(sample.speaker))
    for i, (dialogue,) in enumerate(seen):
        expected = [s.features["text"].values for s in normal.apply([train_part[0][: i + 1]])[0]]
        for sample, values in zip(dialogue, expected, strict=True):
            assert np.array_equal(sample.features["text"].values, values)


@pytest.mark.parametrize(
    "kind", ["none", "global", "gender", "running", "neutral", "global+running"]
)
def test_normalisers_come_back_as_they_were(kind: str) -> None:
    rng = np.random.default_rng(1)

    def dialogue(name: str) -> list[Sample]:
        values = rng.normal(size=(12, 3)).astype(np.float32)
        values[2, 0] = np.nan
        values[:, 2] = np.nan
        return [
            Sample(
                f"{name}{i}",
                speaker="AB"[i % 2],
                gender=("female", None)[i % 2],
                features={"x": Features(f"{name}{i}", "x", row[None])},
            )
            for i, row in enumerate(values)
        ]

    made = normalise.fit(kind, "x", [dialogue("a")], {f"a{i}" for i in range(0, 12, 2)})
    plain = json.loads(json.dumps(made.plain(), allow_nan=False))
    back = normalise.Normaliser.restored(plain)
    other = [dialogue("b")]
    for one, two in zip(made.apply(other)[0], back.apply(other)[0], strict=True):
        assert one == two


def test_a_normaliser_of_the_speakers_other_clips_is_not_kept() -> None:
    train_part = [[Sample("a", features={"x": Features("a", "x", np.ones((1, 2), np.float32))})]]
    with pytest.raises(EmpathiaError, match="needs other clips of the speaker"):
        normalise.fit("speaker", "x", train_part).plain()


OPTIONS: dict[str, dict[str, Any]] = {"tfidf": {"characters": 3, "words": 2}, "majority": {}}


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("recogniser", sorted(OPTIONS))
def test_a_recogniser_comes_back_as_it_was(
    tmp_path: Path, recogniser: str, exclusive: bool
) -> None:
    learnt = learn(recogniser, tmp_path / "t", options=OPTIONS[recogniser], exclusive=exclusive)
    asked = problem(recogniser, tmp_path, options=OPTIONS[recogniser])
    folder = kept(
        tmp_path / "m",
        learnt,
        recogniser=recogniser,
        exclusive=exclusive,
        options=asked.options.values,
    )
    back = keeping.load(folder)
    dialogue = part(["q"], 5)[0].dialogues[0]
    expected = predict(learnt, [dialogue])
    (emotions,) = back.recognise([dialogue])
    assert [e.scores for e in emotions] == [expected[s.id] for s in dialogue]
    about = back.about
    assert (about.name, about.labels, about.causal, about.licence) == (
        "little",
        LITTLE,
        True,
        "CC0",
    )
    assert back.recognise([[]]) == [[]]


@pytest.mark.weights
def test_the_encoder_comes_back_as_it_was(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    learnt = learn("encoder", tmp_path / "t", options={"tuned": 1}, training={"epochs": 1})
    asked = problem("encoder", tmp_path, options={"tuned": 1})
    folder = kept(tmp_path / "m", learnt, recogniser="encoder", options=asked.options.values)
    back = keeping.load(folder, 1)
    dialogue = part(["q"], 5)[0].dialogues[0]
    expected = predict(learnt, [dialogue])
    assert [e.scores for e in back.recognise([dialogue])[0]] == [expected[s.id] for s in dialogue]


@pytest.mark.long
@pytest.mark.parametrize("linear", [0.0, 0.5, 1.0])
def test_the_dialogue_model_comes_back_as_it_was(tmp_path: Path, linear: float) -> None:
    pytest.importorskip("torch")
    import little_dialogues as little

    options = little.SMALL | {"linear": linear, "members": 2}
    learnt = little.trained(tmp_path / "t", training={"epochs": 2}, **options)
    complete = problem("dialogue", tmp_path, options=options).options.values
    folder = kept(
        tmp_path / "m",
        learnt,
        recogniser="dialogue",
        options=complete,
        modalities=little.MODALITIES,
    )
    back = keeping.load(folder, 1)
    samples = list(little.talk("q", 3)[0])
    samples[2] = little.shown(samples[2], tone=None)
    samples[4] = little.shown(samples[4], tone=None, words=None)
    expected = predict(learnt, [samples])
    for sample, emotion in zip(samples, back.recognise([samples])[0], strict=True):
        assert emotion.scores == pytest.approx(expected.get(sample.id, ()), abs=1e-6)
    assert back.recognise([samples])[0][4].abstained == "nothing to judge by"
    assert back.recognise([samples[:4]])[0][3].scores == pytest.approx(expected["q-3"], abs=1e-6)


@pytest.mark.long
def test_a_recording_is_heard_with_the_features_of_training(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from media_files import tone, write_wav

    from empathia import features
    from empathia.training.problem import Part
    from empathia.types import Audio

    names = ("prosody", "mfcc")
    extractors = {n: features.single(features.load(n, 1)) for n in names}
    rng = np.random.default_rng(2)

    def talk(name: str, turns: int = 4) -> tuple[np.ndarray, list[Sample]]:
        clips = [
            tone(0.5, hz=h, level=v) for h, v in rng.uniform((100, 0.1), (400, 0.9), (turns, 2))
        ]
        heard = [(np.trunc(c * 32767) / 32768).astype("f4") for c in clips]  # as 16 bits hold it
        keys = [f"{name}{i + 1}" for i in range(turns)]
        found = [
            {n: e(Audio(c, 16000), k) for n, e in extractors.items()}
            for k, c in zip(keys, heard, strict=True)
        ]
        return np.concatenate(clips), [
            Sample(k, speaker="AB"[i % 2], features=found[i], index=i) for i, k in enumerate(keys)
        ]

    spoken = [talk(f"x{i}-")[1] for i in range(6)]
    normal = normalise.fit("running", "prosody", spoken)
    scaled = normal.apply(spoken)
    targets = {s.id: tuple(np.eye(3)[rng.integers(3)]) for d in scaled for s in d}
    modalities = {"voice": names}
    options = {"linear": 1.0, "penalties": (1,)}
    learnt = learn(
        "dialogue",
        tmp_path / "t",
        train=Part(scaled, targets),
        options=options,
        valid=Part(scaled[:2], targets),
        modalities=modalities,
    )
    folder = kept(
        tmp_path / "m",
        learnt,
        recogniser="dialogue",
        modalities=modalities,
        options=problem("dialogue", tmp_path, options=options).options.values,
        normalise=(normal.plain(),),
    )
    sound, samples = talk("t")
    wav = write_wav(tmp_path / "talk.wav", sound)
    rows = [f"{'AB'[i % 2]},well,{i / 2},{i / 2 + 0.5}" for i in range(4)]
    words = tmp_path / "talk.csv"
    words.write_text("speaker,text,start,end\n" + "\n".join(rows) + "\n")
    with Reader(Options(transcript=words, recognisers=(folder,))) as reader:
        turns = reader.read(wav).turns
    expected = predict(learnt, normal.apply([samples]))
    assert len({round(row[0], 3) for row in expected.values()}) > 1
    for turn, row in zip(turns, expected.values(), strict=True):
        assert turn.emotion is not None
        assert turn.emotion.scores == pytest.approx(row, abs=1e-5)


def test_kept_tfidf_needs_neither_torch_nor_sklearn(mine: Path, tmp_path: Path) -> None:
    file = tmp_path / "talk.txt"
    file.write_text("Ann: great thanks\n")
    code = (
        "import sys\nfrom empathia.pipeline import Conversation, Options, Reader\n"
        f"with Reader(Options(recognisers=({str(mine)!r},))) as r: "
        f"t = r.read({str(file)!r})\n"
        "assert t.turns[0].emotion.label == 'glad'\n"
        "print(sorted({'torch', 'sklearn', 'scipy', 'onnxruntime'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_fields_say_what_sklearn_says(tmp_path: Path) -> None:
    """Reading counts and weighs terms itself; the fit is scikit-learn's."""
    pytest.importorskip("sklearn")
    from empathia.emotion.tfidf.fitting import Columns
    from empathia.emotion.tfidf.read import Answering, reads

    options = problem("tfidf", tmp_path, options={"characters": 4, "past_weight": 0.7}).options
    items = reads(part(["x", "y", "z"])[0].dialogues, 5)
    columns = Columns(items, options)
    x = columns(items)
    weight = np.random.default_rng(0).normal(size=(x.shape[1], 3))
    mine = Answering(columns.with_weights(weight), np.zeros(3), 1.0, options, True)
    assert mine.logits(items) == pytest.approx(np.asarray(x @ weight), abs=1e-12)


@pytest.mark.parametrize("longest", [2, 3, 5])
def test_runs_of_letters_are_those_of_sklearn(longest: int) -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    theirs = text.CountVectorizer(analyzer="char_wb", ngram_range=(2, longest)).build_analyzer()
    said = "A  b, well\tthen —  안녕 I'm  "
    assert sorted(letters_of(said, longest)) == sorted(theirs(said))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("settings.json", "{}"),
        ("settings.json", "not json"),
        ("model.json", "[]"),
        ("model.json", '{"temperature": 1, "fields": [{"kind": "words"}]}'),
        ("model.safetensors", "x"),
    ],
)
def test_damage_is_told(tmp_path: Path, file: str, content: str) -> None:
    folder = kept(
        tmp_path / "m",
        learn("tfidf", tmp_path / "t"),
        recogniser="tfidf",
        options=problem("tfidf", tmp_path).options.values,
    )
    (folder / file).write_text(content)
    with pytest.raises(WeightsError, match="train"):
        keeping.load(folder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_text("Ann: hello\n")
    with pytest.raises(WeightsError, match="holds no recogniser that was kept"):
        Reader(Options(recognisers=(tmp_path,))).read(tmp_path / "talk.txt")


def of_two_corpora(folder: Path, asked: str, taught: tuple[str, ...] = ()) -> Bench:
    """A run over folds whose every other dialogue is of another corpus."""
    run = run_file(folder / "a.toml", "majority", data=FOLDS)
    made = bench(read_run(run), corpus(folder), folder / "out" / "a")
    dialogues = tuple(
        dataclasses.replace(d, corpus=("table", "other")[i % 2])
        for i, d in enumerate(made.material.dialogues)
    )
    data = dataclasses.replace(made.run.data, evaluated_on=(asked,), learnt_from=taught)
    return dataclasses.replace(
        made,
        run=dataclasses.replace(made.run, data=data),
        material=dataclasses.replace(made.material, dialogues=dialogues),
    )


def test_what_only_teaches_does_not_validate_the_kept_model_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    valid: list[set[str]] = []
    honest = majority.learn

    def learn(problem: Problem) -> model.Model:
        valid.append({s.id for d in problem.valid.dialogues for s in d})
        return honest(problem)

    monkeypatch.setattr(majority, "learn", learn)
    made = of_two_corpora(tmp_path, "table")
    made.learn()
    keep(made)
    asked = {u.id for d in made.material.dialogues if d.corpus == "table" for u in d.utterances}
    assert len(valid) == len(made.folds(1)) + 1
    assert all(ids and ids <= asked for ids in valid)


def test_a_corpus_that_is_left_out_teaches_no_fold_and_not_the_kept_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora: list[set[str]] = []
    honest = majority.learn

    def learn(problem: Problem) -> model.Model:
        corpora.append({s.groups["corpus"] for d in problem.train.dialogues for s in d})
        return honest(problem)

    monkeypatch.setattr(majority, "learn", learn)
    made = of_two_corpora(tmp_path, "table", ("other",))
    made.learn()
    keep(made)
    assert corpora == [{"other"}] * (len(made.folds(1)) + 1)


def test_a_run_whose_folds_test_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no fold tests a dialogue of nowhere"):
        of_two_corpora(tmp_path, "nowhere").learn()


def test_what_a_recogniser_says_of_its_scores_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = majority.learn
    shares = tuple(1 / len(LABELS) for _ in LABELS)
    known = {"prior": shares, "worth": 0.5, "risks": ((0.0, 0.6), (0.4, 0.5))}

    def learn(problem: Problem) -> model.Model:
        learnt = honest(problem)
        about = dataclasses.replace(learnt.about, **known)
        return dataclasses.replace(learnt, about=about)

    monkeypatch.setattr(majority, "learn", learn)
    run, data = run_file(tmp_path / "a.toml", "majority"), corpus(tmp_path)
    train(run, data, tmp_path / "out")
    about = read(tmp_path / "out" / "a" / "model").about
    assert {name: getattr(about, name) for name in known} == known
