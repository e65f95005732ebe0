"""A run file with a predictor: pairs, floors, answers on disk, and going on after a kill."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from little_runs import tuned

from empathia import bench, reaction, weights
from empathia.bench import predictor, reacted, reacting
from empathia.bench.keep import Bound, licence_of
from empathia.bench.record import Provenance, training_folder
from empathia.bench.run import Bench
from empathia.bench.understood import Understood
from empathia.cli import main
from empathia.config import Options, read_run
from empathia.contracts import silent
from empathia.corpora import dyads
from empathia.errors import (
    ConfigError,
    CorpusError,
    InputError,
    LeakageError,
    TrainingError,
    UsageError,
)
from empathia.labels import EKMAN7
from empathia.training.keeping import read
from empathia.training.shapes import Shape
from empathia.types import Emotion, Features, Reaction

pytest.importorskip("torch", reason="training needs the extra 'train'")

ABOUT: Provenance = {
    "data": {},
    "corpora": (),
    "versions": {},
    "git": {},
    "threads": 1,
    "digest": "",
    "heard": None,
}
RUN = """
name = "try"
seeds = [1, 2]
[data]
corpora = ["dyads"]
labels = "corpus"
[features]
face = ["face"]
words = ["words"]
text = []
[model]
predictor = "random"
[reaction]
targets = ["face"]
direction = "F-M"
learn_from = "F-M"
draws = 2
recogniser = "majority"
floors = ["hold", "mean", "mirror", "nearest", "prior"]
[training]
select = "weighted_f1"
threads = 1
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    dyads.make(folder / "dyads", dialogues=10, cue="words")
    return folder


WHILE = ("draws = 2", 'draws = 2\nwhen = "while"')


def run_file(folder: Path, *changes: tuple[str, str]) -> Path:
    text = RUN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "run.toml"
    path.write_text(text)
    return path


def trained(data: Path, folder: Path, *changes: tuple[str, str]) -> reacting.ReactionRecord:
    run = read_run(run_file(folder, *changes))
    return reacting.train(run, data, folder / "out")


@pytest.fixture(scope="module")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done")
    trained(data, folder)
    return folder / "out"


def test_the_record_says_what_was_done(done: Path) -> None:
    record = reacted.read(done)
    assert reacted.is_reactions(done)
    assert (record.predictor, record.targets) == ("random", ("face",))
    assert record.labels == dyads.MOODS.labels
    assert record.floors == ("hold", "mean", "mirror", "nearest", "prior")
    assert [(f.seed, f.train, f.valid, f.test) for f in record.folds] == [
        (1, 24, 8, 8),
        (2, 24, 8, 8),
    ]
    assert record.dropped == {"another direction": 6, "nothing follows": 2}


def said_there(folder: Path) -> list[str]:
    return sorted(p.stem.removeprefix(reacted.SAID) for p in folder.glob(f"{reacted.SAID}*.npz"))


def test_the_answers_stand_beside_what_truly_came(done: Path, data: Path) -> None:
    folder = training_folder(done, 1, "standard")
    pairs = [*reacted.read_pairs(folder)]
    truth = dyads.ready(data / "dyads")["face"]
    turns = {u.id: u for d in dyads.load(data / "dyads") for u in d.utterances}
    for p in pairs:
        assert turns[p.reaction].index == turns[p.stimulus].index + 1
        assert turns[p.reaction].gold == (p.gold,)
        assert np.array_equal(p.truth["face"].values, truth[p.reaction].values)
        assert np.array_equal(p.stimulated["face"].values, truth[p.stimulus].values)
    names = said_there(folder)
    assert names == ["hold", "mean", "mirror", "nearest", "prior", "random"]
    for name in names:
        said = [*reacted.read_said(folder, name)]
        assert [(len(row), row[0].to) for row in said] == [(2, p.stimulus) for p in pairs]
    mirrored = [*reacted.read_said(folder, "mirror")]
    assert all(
        np.array_equal(row[0].features["face"].values, p.stimulated["face"].values)
        for p, row in zip(pairs, mirrored, strict=True)
    )


def test_who_listens_is_foretold_on_the_clock_of_who_speaks(data: Path, tmp_path: Path) -> None:
    trained(data, tmp_path, WHILE, ('"random"', '"nearest"'), ("seeds = [1, 2]", "seed = 1"))
    folder = training_folder(tmp_path / "out", 1, "standard")
    own, heard = dyads.ready(data / "dyads")["face"], dyads.listening(data / "dyads")["face"]
    turns = {u.id: u for d in dyads.load(data / "dyads") for u in d.utterances}
    pairs = reacted.read_pairs(folder)
    said = {n: list(reacted.read_said(folder, n)) for n in said_there(folder)}
    learnt_from = [f.values for id, f in heard.items() if id < "dyad006"]
    for i, p in enumerate(pairs):
        assert np.array_equal(p.truth["face"].values, heard[p.stimulus].values)
        assert turns[p.reaction].gold == (p.gold,), "the emotion is that of the next utterance"
        told = {n: rows[i][0].features.get("face") for n, rows in said.items()}
        assert np.array_equal(told["mirror"].values, own[p.stimulus].values)
        assert any(np.array_equal(told["nearest"].values, v) for v in learnt_from)
        number = turns[p.stimulus].index
        assert (told["hold"] is None) == (number == 0), "he has not spoken yet"
        if number:
            last = own[p.stimulus[:-1] + str(number - 1)].values[-1]
            assert np.array_equal(told["hold"].values, [last] * len(own[p.stimulus].values))
    kept = reaction.read(tmp_path / "out" / "model")
    assert kept.when == "while"
    assert reacted.read(tmp_path / "out").settings["reaction"]["when"] == "while"


@pytest.fixture(scope="module")
def overlapping(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same talks, in which each turn begins half a second before the one before it ends."""
    folder = tmp_path_factory.mktemp("overlapping")
    shutil.copytree(data / "dyads", folder / "dyads")
    path = folder / "dyads" / "dyads.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        earlier = int(row["utterance"][-1])  # the pause was half a second, too
        row |= {key: f"{float(row[key]) - earlier:.1f}" for key in ("start", "end")}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_turns_that_overlap_hide_what_is_foretold_and_are_learnt_once(
    overlapping: Path, tmp_path: Path
) -> None:
    told = {}
    asked = (('"F-M"\nlearn_from = "F-M"', '"any-any"'), ("seeds = [1, 2]", "seed = 1"))
    floors = ('"hold", "mean", "mirror", "nearest", "prior"', '"hold", "tfidf"')
    for when, more in (("after", ()), ("while", (WHILE,))):
        (tmp_path / when).mkdir()
        trained(overlapping, tmp_path / when, floors, *asked, *more)
        folder = training_folder(tmp_path / when / "out", 1, "standard")
        told[when] = {n: list(reacted.read_said(folder, n)) for n in ("hold", "tfidf")}
    for late, meanwhile in zip(told["after"]["tfidf"], told["while"]["tfidf"], strict=True):
        assert late[0].emotion.scores == pytest.approx(meanwhile[0].emotion.scores, abs=1e-3)
    own = dyads.ready(overlapping / "dyads")["face"]
    turns = {u.id: u for d in dyads.load(overlapping / "dyads") for u in d.utterances}
    shown = 0
    for said, *_ in told["while"]["hold"]:
        if before := turns.get(f"{said.to[:-1]}{turns[said.to].index - 1}"):
            seen = round((turns[said.to].start - before.start) * dyads.RATE)
            assert seen == len(own[before.id].values) - 5
            assert np.array_equal(said.features["face"].values[0], own[before.id].values[seen - 1])
            shown += 1
    assert shown > 8


def test_what_was_recognised_in_a_face_that_is_foretold_is_hidden_with_it(
    overlapping: Path, tmp_path: Path
) -> None:
    listens = ("text = []", 'text = []\nfelt = ["recognised"]')
    more = (WHILE, listens, ("seeds = [1, 2]", "seed = 1"))
    turns = {u.id: u for d in dyads.load(overlapping / "dyads") for u in d.utterances}
    for name, of_faces in (("faces", ()), ("words", (('face = ["face"]\n', ""),))):
        (tmp_path / name).mkdir()
        trained(overlapping, tmp_path / name, *more, *of_faces)
        told = reacted.read_said(training_folder(tmp_path / name / "out", 1, "standard"), "hold")
        known = {turns[s.to].index for s, *_ in told if s.emotion.scores}
        assert known == ({4, 6} if name == "faces" else {2, 4, 6})


def test_what_a_listener_alone_has_is_foretold_and_read_of_nobody(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {
        id: dataclasses.replace(f, extractor="gaze")
        for id, f in dyads.listening(data / "dyads")["face"].items()
    }
    monkeypatch.setattr(dyads, "listening", lambda *_, **__: {"gaze": heard})
    gaze = ('targets = ["face"]', 'targets = ["gaze"]')
    trained(data, tmp_path, WHILE, gaze, ("seeds = [1, 2]", "seed = 1"))
    for pair in reacted.read_pairs(training_folder(tmp_path / "out", 1, "standard")):
        assert np.array_equal(pair.truth["gaze"].values, heard[pair.stimulus].values)
        assert pair.stimulated == {}
    with pytest.raises(UsageError, match="unknown feature 'gaze'"):
        trained(data, tmp_path, WHILE, gaze, ('face = ["face"]', 'face = ["gaze"]'))


def test_what_a_listener_did_is_part_of_what_a_run_is_of(data: Path, tmp_path: Path) -> None:
    run = read_run(run_file(tmp_path, WHILE))
    dialogues = {"dyads": tuple(dyads.load(data / "dyads"))}
    made = bench.material_of(run, data, dialogues, {"": ("face",)}, None)
    assert made.listening["face"].keys() == dyads.listening(data / "dyads")["face"].keys()
    late = dataclasses.replace(made, listening={})
    assert made.digest() != late.digest()
    run = read_run(run_file(tmp_path))
    assert bench.material_of(run, data, dialogues, {"": ("face",)}, None) == late
    assert "when" not in run.settings()["reaction"], "runs of before go on"


def test_a_run_goes_on_where_it_was_and_refuses_another(data: Path, tmp_path: Path) -> None:
    trained(data, tmp_path)
    out = tmp_path / "out"
    answers = {p: p.read_bytes() for p in out.rglob("*.npz")}
    record = (out / "reactions.json").read_bytes()
    shutil.rmtree(training_folder(out, 2, "standard"))
    trained(data, tmp_path)
    assert {p: p.read_bytes() for p in out.rglob("*.npz")} == answers
    assert (out / "reactions.json").read_bytes() == record
    with pytest.raises(TrainingError, match="other settings"):
        trained(data, tmp_path, ("draws = 2", "draws = 1"))


ASKS = """
task = "label"
system = "Name a mood: {labels}."
line = "{speaker}: {text}"
wordless = "{speaker} is silent."
question = "The mood of {speaker}?"
answer = "{answer}"
"""


@pytest.mark.parametrize("who", ["taught", "listened to"])
@pytest.mark.parametrize("what", ["wording", "model"])
def test_a_run_does_not_go_on_with_a_file_or_a_kept_model_that_has_changed(
    data: Path, tmp_path: Path, who: str, what: str
) -> None:
    wording, folder = tmp_path / "mine.toml", tuned(tmp_path / "lm", "elsewhere")
    wording.write_text(ASKS)
    names = f'model = "{folder}", template = "{wording}"'
    swap = FORETELLS if who == "taught" else LISTENS
    changes = [(a, b.replace('model = "smollm2"', names)) for a, b in swap]
    changes += [("seeds = [1, 2]", "seed = 1")]
    trained(data, tmp_path, *changes)
    trained(data, tmp_path, *changes)
    if what == "wording":
        wording.write_text(ASKS.replace("mood", "feeling"))
    else:
        (folder / "more.json").write_text("{}")
    with pytest.raises(TrainingError, match="other settings or data"):
        trained(data, tmp_path, *changes)


def test_test_labels_and_reactions_change_no_answer(data: Path, done: Path, tmp_path: Path) -> None:
    other = tmp_path / "data" / "dyads"
    shutil.copytree(data / "dyads", other)
    rows = (other / "dyads.csv").read_text()
    turned = rows.replace(",low,test", ",turned,test").replace(",high,test", ",low,test")
    turned = turned.replace(",turned,test", ",high,test")
    assert turned != rows
    (other / "dyads.csv").write_text(turned)
    trained(tmp_path / "data", tmp_path)
    for seed in (1, 2):
        before, after = (training_folder(f, seed, "standard") for f in (done, tmp_path / "out"))
        for name in said_there(before):
            assert [*reacted.read_said(after, name)] == [*reacted.read_said(before, name)]


def test_a_predictor_is_kept_with_the_recogniser_it_listens_to(data: Path, tmp_path: Path) -> None:
    listens = ("text = []", 'text = []\nfelt = ["recognised"]')
    trained(data, tmp_path, listens, ('"random"', '"nearest"'), ("seeds = [1, 2]", "seed = 1"))
    kept = reaction.load(tmp_path / "out" / "model")
    assert kept.recogniser is not None
    assert kept.settings.licence == "Apache-2.0" and not kept.settings.noncommercial
    columns = kept.settings.columns
    assert columns["face"] == Shape(4, ()) and columns["words"].number == 3
    assert columns["recognised"].names == dyads.MOODS.labels
    inside = read(tmp_path / "out" / "model" / reaction.RECOGNISER)
    assert inside.licence == "Apache-2.0" and not inside.noncommercial
    run = read_run(tmp_path / "run.toml")
    folder = training_folder(tmp_path / "out", 1, "standard")
    features = dyads.ready(data / "dyads")
    dialogues = {d.id: d for d in dyads.load(data / "dyads")}
    material = bench.material_of(
        run,
        data,
        {"dyads": tuple(dialogues.values())},
        {"face": ("face", "words"), "text": ()},
        None,
    )
    assert features["face"].keys() == material.features["face"].keys()
    for pair, said in zip(
        [*reacted.read_pairs(folder)], [*reacted.read_said(folder, "nearest")], strict=True
    ):
        samples = material.samples(dialogues[pair.dialogue], ("face", "text"))
        past = [s for s in samples if s.index <= int(pair.stimulus[-1])]
        assert kept.predict([past], 2)[0] == list(said)


LM = '{backend = "scripted", model = "smollm2", calibrate = 0}'
LISTENS = (
    ('"majority"', f'"lm"\nrecogniser_options = {LM}'),
    ("text = []", 'text = []\nfelt = ["recognised"]'),
)
FORETELLS = (
    ('predictor = "random"', f'predictor = "ahead"\nlearner = "lm"\noptions = {LM}'),
    ('targets = ["face"]', "targets = []"),
)
NEAREST = ('"random"', '"nearest"')
FACE = "face-landmarks"


@pytest.mark.parametrize(
    ("changes", "bound"),
    [
        ((), {FACE}),
        (LISTENS[:1], {FACE}),  # it recognises what nobody reads
        (LISTENS, {FACE, "smollm2"}),
        (FORETELLS, {FACE, "smollm2"}),
        ((('face = ["face"]', ""), ('targets = ["face"]', 'targets = ["words"]')), set()),
    ],
)
def test_the_weights_of_features_of_a_predictor_and_of_whom_it_listens_to_are_told(
    data: Path, tmp_path: Path, changes: tuple[tuple[str, str], ...], bound: set[str]
) -> None:
    fast = (("seeds = [1, 2]", "seed = 1"), ('"random"', '"nearest"'))
    trained(data, tmp_path, *fast[: 1 if changes is FORETELLS else 2], *changes)
    told = reaction.read(tmp_path / "out" / "model").details["weights"]
    assert {w["name"] for w in told} & {FACE, "smollm2"} == bound
    if not bound:
        assert told == []


@pytest.mark.parametrize("changes", [(NEAREST, *LISTENS), FORETELLS], ids=["listens", "ahead"])
def test_a_predictor_inherits_from_kept_recognisers_that_it_works_with(
    data: Path, tmp_path: Path, changes: tuple[tuple[str, str], ...]
) -> None:
    folder = tuned(tmp_path / "lm", "elsewhere")
    works = [(old, new.replace('"smollm2"', f'"{folder}"')) for old, new in changes]
    trained(data, tmp_path, ("seeds = [1, 2]", "seed = 1"), *works)
    kept = reaction.read(tmp_path / "out" / "model")
    assert [c["name"] for c in kept.details["corpora"]] == ["dyads", "elsewhere"]
    assert kept.noncommercial
    assert "Theirs" in kept.licence


def test_who_is_taught_to_look_ahead_has_not_learnt_from_what_is_tested(
    data: Path, tmp_path: Path
) -> None:
    folder = tuned(tmp_path / "lm", "dyads")
    ahead, targets = FORETELLS
    asks = (ahead[0], ahead[1].replace('"smollm2"', f'"{folder}"'))
    with pytest.raises(LeakageError, match=r"lm' learnt from dyads, on which this run"):
        trained(data, tmp_path, asks, targets)


def test_a_predictor_is_not_tested_on_what_a_weight_that_it_starts_from_has_learnt_from(
    tmp_path: Path,
) -> None:
    one, *_ = weights.entry("text-empathetic").corpora
    starts = 'predictor = "ahead"\nlearner = "text"\noptions = {start = "text-empathetic"}'
    changes = [('corpora = ["dyads"]', f'corpora = ["{one}"]'), ('predictor = "random"', starts)]
    whole = read_run(run_file(tmp_path, *changes))
    run = dataclasses.replace(whole, features={})
    with pytest.raises(LeakageError, match=f"'text-empathetic' learnt from {one}"):
        again = dataclasses.replace(run.data, protocol="leave-speaker-out")
        bench.heard_before(dataclasses.replace(run, data=again), Options(run.model.options))
    heard = bench.heard_before(run, Options(run.model.options))
    assert heard == {"text-empathetic": [one]}, "allowed under the standard protocol, and told"


def test_who_is_listened_to_has_not_learnt_from_what_is_tested(data: Path, tmp_path: Path) -> None:
    folder = tuned(tmp_path / "lm", "dyads")
    asks = f'"lm"\nrecogniser_options = {{backend = "scripted", model = "{folder}"}}'
    with pytest.raises(LeakageError, match=r"lm' learnt from dyads, on which this run"):
        trained(data, tmp_path, ('"majority"', asks))


def test_a_weight_that_a_predictor_works_with_binds_it() -> None:
    free: Bound = {"name": "dyads", "licence": "Apache-2.0", "noncommercial": False}
    for start, bound in (("", False), ("text-empathetic", True)):
        told = Options({"learner": "text", "options": {"start": start}})
        used = reaction.weights_of("ahead", told)
        assert ("text-empathetic" in used) == bound
        assert licence_of([free], used).noncommercial == bound
    assert reaction.weights_of("hold", Options({})) == ()


@pytest.mark.parametrize("barred", [False, True])
def test_the_card_says_what_binds_a_predictor(barred) -> None:
    free: Bound = {"name": "dyads", "licence": "Apache-2.0", "noncommercial": False}
    licence = licence_of([free], ["text-empathetic"] if barred else [])
    details = {"corpora": [free], "weights": licence.weights}
    settings = reaction.Settings("try", "mean", {}, ("face",), *licence[:2], details)
    text = predictor.card(settings)
    assert ("Not for commercial use." in text, "- text-empathetic: CC" in text) == (barred, barred)
    assert "- dyads: Apache-2.0" in text


def test_what_was_recognised_of_the_training_part_owes_nothing_to_its_labels(
    data: Path, tmp_path: Path
) -> None:
    listens = ("text = []", 'text = []\nfelt = ["recognised"]')
    run = read_run(run_file(tmp_path, listens, ('"majority"', '"tfidf"')))
    told = []
    for mood in ("low", "high"):
        dialogues = tuple(
            dataclasses.replace(
                d,
                utterances=tuple(
                    dataclasses.replace(u, gold=(mood,)) if d.id == "dyad003" else u
                    for u in d.utterances
                ),
            )
            for d in dyads.load(data / "dyads")
        )
        material = bench.material_of(run, data, {"dyads": dialogues}, {"text": ()}, None)
        made = Bench(run, bench, Options({}), material, ("text",), data, tmp_path / mood, ABOUT)
        (fold,) = made.folds(1)
        found = Understood(made, 1, fold, silent).recognised()
        assert found.keys() == {u.id for d in dialogues for u in d.utterances}
        told.append({k: f.values for k, f in found.items()})
    one, other = told
    changed = {k for k in one if not np.array_equal(one[k], other[k])}
    assert not {k for k in changed if k.startswith("dyad003")}
    assert changed


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (('"random"', '"random"\ncolour = 1'), ConfigError, "predictor 'random' has no option"),
        (("[training]", "[normalise]\nface = 'global'\n[training]"), ConfigError, "normalise"),
        (('direction = "F-M"', 'direction = "M-M"'), CorpusError, "no pairs in the part"),
        (('labels = "corpus"\n', ""), ConfigError, r"data\.labels is not there"),
        (('recogniser = "majority"\n', ""), ConfigError, "nobody recognises anything"),
        (("draws = 2", 'when = "soon"'), ConfigError, r"'reaction\.when' cannot be 'soon'"),
        *(
            (('targets = ["face"]', f'when = "while"\ntargets = ["face", "{n}"]'), ConfigError, t)
            for n, t in (("voice", "'voice' while listening"), ("prosody", "'prosody' while"))
        ),
    ],
)
def test_what_cannot_be_is_refused(
    data: Path, tmp_path: Path, change: tuple[str, str], error: type[Exception], message: str
) -> None:
    listens = ("text = []", 'text = []\nfelt = ["recognised"]')
    with pytest.raises(error, match=message):
        trained(data, tmp_path, listens, change)


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        (
            [
                ('"random"', '"motoin"'),
                ('floors = ["hold"', 'floors = ["psychic", "mirorr"'),
                ('"majority"', '"nobody"'),
                ('learn_from = "F-M"', 'learn_from = "F"'),
            ],
            [
                "'model.predictor' names 'motoin' (near: 'motion'), known: ",
                "'reaction.floors' names 'psychic', 'mirorr' (near: 'mirror'), known: ",
                "'reaction.recogniser' names 'nobody', known: ",
                "'reaction.learn_from': 'F' does not say who answers whom",
            ],
        ),
        (
            [
                ('direction = "F-M"', 'direction = "X-M"'),
                ('from = "F-M"', 'from = "any->M-dyad99"'),
            ],
            [
                "'reaction.direction' names 'X', known: F, M, any, F-dyad000, ",
                "'reaction.learn_from' names 'M-dyad99' (near: 'M-dyad00",
            ],
        ),
        ([('targets = ["face"]', 'targets = ["faces"]')], ["names 'faces' (near: 'face'"]),
        (
            [WHILE, ('targets = ["face"]', 'targets = ["face", "faces"]')],
            ["'reaction.targets' names 'faces' (near: 'face'"],
        ),
    ],
)
def test_names_that_lead_nowhere_are_told_at_once_before_anything_is_done(
    data: Path, tmp_path: Path, changes: list[tuple[str, str]], messages: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        trained(data, tmp_path, *changes)
    said = str(caught.value)
    assert str(tmp_path) in said
    assert [m for m in messages if m not in said] == []
    assert not (tmp_path / "out").exists()


def test_a_predictor_is_no_recogniser(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="trains a predictor of reactions"):
        bench.train(run_file(tmp_path), data, tmp_path / "out")


def test_the_command_trains_and_says_what_to_do(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run_file(tmp_path, ("seeds = [1, 2]", "seed = 1"))
    assert main(["train", str(path), "--data", str(data), "--out", str(tmp_path / "o")]) == 0
    said = capsys.readouterr().out
    assert "tested on 8 pairs" in said
    assert "6 another direction" in said
    assert "empathia evaluate" in said


def test_modalities_can_be_left_out_and_no_model_kept(data: Path, tmp_path: Path) -> None:
    run = read_run(run_file(tmp_path, ("seeds = [1, 2]", "seed = 1")))
    with pytest.raises(UsageError, match="unknown modality 'smell'"):
        reacting.train(run, data, tmp_path / "out", modalities=["smell"])
    record = reacting.train(run, data, tmp_path / "out", modalities=["text"], model=False)
    assert record.unfit.keys() == {"nearest"}
    assert record.floors == ("hold", "mean", "mirror", "prior")
    assert not (tmp_path / "out" / "model").exists()


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    face = Features(
        "u", "face", chance.normal(size=(5, 2)).astype(np.float32), ("a", "b"), (), 10.0
    )
    face.values[0, 0] = np.nan
    row = Features("u", "row", np.ones((1, 3), np.float32))
    scores = tuple(np.full(7, 1 / 7).tolist())
    said = [
        [Reaction("u", "x", Emotion("x", EKMAN7, scores), {"face": face, "row": row})],
        [Reaction("v", "x", Emotion("x", EKMAN7, abstained="no"), {}, "nothing")],
    ]
    reacted.write_said(tmp_path, "x", said)
    assert [*reacted.read_said(tmp_path, "x")] == list(map(tuple, said))
    truth = dataclasses.replace(face, utterance="w")
    tested = [
        reacted.Tested("c", "d", "u", "w", "joy", {"face": truth}, {}, {"scene": "1"}),
        reacted.Tested("c", "d", "v", "y"),
    ]
    reacted.write_pairs(tmp_path, tested, ["face"])
    assert [*reacted.read_pairs(tmp_path)] == tested
    (tmp_path / "pairs.npz").write_bytes(b"no")
    with pytest.raises(InputError, match="missing or damaged"):
        [*reacted.read_pairs(tmp_path)]
    (tmp_path / "reactions.json").write_text(json.dumps({"format": 0}))
    with pytest.raises(InputError, match="missing or damaged"):
        reacted.read(tmp_path)


def test_what_was_said_is_written_without_a_copy_of_it(tmp_path) -> None:
    values = np.random.default_rng(1).normal(size=(40, 50, 400)).astype(np.float32)
    said = [[Reaction("u", "x", features={"f": Features("u", "f", v, rate=9.0)})] for v in values]
    tracemalloc.start()
    reacted.write_said(tmp_path, "x", said)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < values.nbytes / 4
    tracemalloc.start()
    again = reacted.read_said(tmp_path, "x")
    assert len(again) == 40
    for (r,), v in zip(again, values, strict=True):
        assert np.array_equal(r.features["f"].values, v)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < values.nbytes / 8, "a pair is read when it is asked for"


@pytest.mark.parametrize("harm", ["cut", "turned", "longer", "shorter", "strange"])
def test_what_is_damaged_inside_is_told_on_the_way(tmp_path: Path, harm: str) -> None:
    values = np.random.default_rng(1).normal(size=(9, 50, 40)).astype(np.float32)
    pairs = [reacted.Tested("c", "d", "s", "r", truth={"f": Features("r", "f", v)}) for v in values]
    reacted.write_pairs(tmp_path, pairs, ["f"])
    path = tmp_path / reacted.PAIRS
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    held = members["truth/f.values.npy"]
    new = {
        "cut": held[:-9999],
        "turned": held,
        "longer": held + bytes(4),
        "shorter": held[:-4],
        "strange": held.replace(b"<f4", b"<i4"),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"truth/f.values.npy": new[harm]}).items():
            archive.writestr(name, content)
    if harm == "turned":
        content = path.read_bytes()
        at = content.index(held[-999:])
        path.write_bytes(content[:at] + b"0000" + content[at + 4 :])
    with pytest.raises(InputError, match=r"pairs\.npz' is missing or damaged"):
        [*reacted.read_pairs(tmp_path)]
    assert [p.truth for p in reacted.read_pairs(tmp_path, features=False)] == [{}] * 9
