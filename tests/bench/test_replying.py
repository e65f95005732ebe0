"""The door of training for generators of replies."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_chat import write_model

from empathia.bench import bench, replying
from empathia.cli import main
from empathia.config import read_run
from empathia.errors import ConfigError, CorpusError, TrainingError, UsageError
from empathia.exemplars import bank, foretold
from empathia.exemplars.pairs import Pair
from empathia.lm.local import adapter

SAID = ("my dog died today", "oh no i am so sorry", "she was old", "did you have her for long")
RUN = """
name = "tiny"
seed = 1
[data]
corpora = ["empathetic_dialogues"]
[model]
generator = "lm"
model = "{}"
rank = 2
validate = 2
[training]
select = "likelihood"
epochs = 2
batch = 2
threads = 1
"""


def write_corpus(data, parts=("train", "valid", "test")):
    head = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags"
    (data / "empathetic_dialogues").mkdir(parents=True, exist_ok=True)
    for part in ("train", "valid", "test"):
        talks = [f"{part}{n}" for n in range(3)] if part in parts else []
        rows = [
            f"{talk},{i + 1},sad,a dog,{i % 2},{words},5,"
            for talk in talks
            for i, words in enumerate(SAID)
        ]
        (data / "empathetic_dialogues" / f"{part}.csv").write_text("\n".join([head, *rows]) + "\n")
    return data


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("tiny"), SAID)


def run_file(tmp_path, model, extra: str = ""):
    path = tmp_path / "tiny.toml"
    path.write_text(RUN.format(model) + extra)
    return path


@pytest.mark.weights
def test_training_keeps_a_model_its_card_and_what_is_needed_to_repeat_it(tmp_path, model, capsys):
    path, data = run_file(tmp_path, model), write_corpus(tmp_path / "data")
    command = ["train", str(path), "--data", str(data), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    kept = tmp_path / "out" / "tiny" / "model"
    assert f"adapter={kept}" in capsys.readouterr().out.replace("\n", "")
    assert adapter.load(kept).base == str(model)
    assert "Not for commercial use" in (kept / "card.md").read_text()
    record = json.loads((tmp_path / "out" / "tiny" / "record.json").read_text())
    assert record["pairs"] == {"train": 6, "valid": 2}
    assert set(record) >= {"settings", "data", "versions", "git"}
    judged = json.loads((tmp_path / "out" / "tiny" / "judged.json").read_text())["judged"]
    assert not any("test" in i for i in judged)
    assert len(judged) == 8
    before = (kept / adapter.TENSORS).read_bytes()
    assert main(command) == 0
    assert (kept / adapter.TENSORS).read_bytes() == before
    path.write_text(path.read_text().replace("rank = 2", "rank = 3"))
    with pytest.raises(TrainingError, match="other settings"):
        replying.train(read_run(path), data, tmp_path / "out" / "tiny")


def test_a_corpus_without_a_validation_part_is_refused(tmp_path, model):
    data = write_corpus(tmp_path / "data", ("train",))
    with pytest.raises(CorpusError, match="no answers in a part 'valid'"):
        replying.train(read_run(run_file(tmp_path, model)), data, tmp_path / "out")


def test_options_are_those_of_learning(tmp_path, model):
    path = tmp_path / "tiny.toml"
    path.write_text(RUN.format(model).replace("rank = 2", "warmth = 2"))
    with pytest.raises(ConfigError, match=r"no option 'model\.warmth'"):
        replying.train(read_run(path), write_corpus(tmp_path / "data"), tmp_path / "out")
    path.write_text(RUN.format(model).replace('generator = "lm"', 'generator = "rules"'))
    with pytest.raises(UsageError, match="does not define LEARNING"):
        replying.train(read_run(path), tmp_path / "data", tmp_path / "out")


@pytest.mark.parametrize("both", [True, False])
def test_a_run_trains_a_recogniser_or_a_generator(tmp_path, model, both):
    path = tmp_path / "tiny.toml"
    line = 'generator = "lm"\nrecogniser = "text"' if both else ""
    path.write_text(RUN.format(model).replace('generator = "lm"', line))
    with pytest.raises(ConfigError, match=r"one of model\.recogniser, model\.generator, model"):
        read_run(path)


def test_a_generator_is_no_recogniser(tmp_path, model):
    run = read_run(run_file(tmp_path, model))
    with pytest.raises(ConfigError, match="generator of replies"):
        bench(run, tmp_path, tmp_path / "out")


@pytest.mark.weights
def test_a_retriever_is_trained_without_judges_and_given_to_a_bank(tmp_path, capsys):
    run = RUN.replace('"lm"\nmodel = "{}"\nrank = 2', '"retrieve"').replace("likelihood", "mrr")
    (tmp_path / "tiny.toml").write_text(run)
    data, out = write_corpus(tmp_path / "data"), tmp_path / "out"
    told = ["train", str(tmp_path / "tiny.toml"), "--data", str(data), "--out", str(out)]
    assert main(told) == 0
    kept = out / "tiny" / "model"
    assert f"--retriever {kept}" in " ".join(capsys.readouterr().out.split())
    record = json.loads((out / "tiny" / "record.json").read_text())
    assert set(record["learnt"]["before"]) == {"recall@1", "recall@5", "recall@10", "mrr"}
    corpus = str(data / "empathetic_dialogues")
    build = ["exemplars", "build", corpus, "--corpus", "empathetic_dialogues", "--threads", "1"]
    given = ["--retriever", str(kept), "--out", str(tmp_path / "bank")]
    assert main([*build, *given, "--encoder", "none"]) == 2
    assert main([*build, *given]) == 0
    assert "what the retriever learnt from" in capsys.readouterr().out
    made = bank.load(tmp_path / "bank")
    np.testing.assert_array_equal(made.answers, foretold.Retriever.load(kept, "minilm").map)
    assert bank.add(tmp_path / "bank", [Pair("n", "rain", "how dull")], [], threads=1) == 1
    grown = bank.load(tmp_path / "bank")
    np.testing.assert_array_equal(grown.answers, made.answers)
    assert grown.info.noncommercial
    assert grown.info.retriever == made.info.retriever
