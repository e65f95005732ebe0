"""The fine-tuned encoder: learns, sees the past alone, goes on after a kill, says what it lacks."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from little_problem import LABELS, accuracy, cut, learn, part, problem

from empathia import weights
from empathia.errors import ConfigError, TrainingError, WeightsError
from empathia.training.model import scores_of as predict
from empathia.training.problem import Part
from empathia.types import Sample

pytest.importorskip("torch", reason="training needs the extra 'train'")
pytestmark = pytest.mark.weights
needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)
TEST, GOLD = part(["xt", "yt"], 7)
QUICK = {"tuned": 1, "past": 1, "pieces": 32}
BRIEF = {"epochs": 3, "lr": 1e-3, "checkpoint_every": 5}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    return learn("encoder", tmp_path_factory.mktemp("encoder"), options=QUICK, training=BRIEF)


@needs_minilm
def test_it_learns_and_sees_the_past_alone(learnt):
    whole = predict(learnt, TEST.dialogues)
    assert accuracy(whole, GOLD) > 0.8
    assert all(sum(row) == pytest.approx(1) for row in whole.values())
    assert learnt.about.causal
    samples = TEST.dialogues[0]
    for some in cut(samples):
        last = predict(learnt, [some])[some[-1].id]
        assert last == pytest.approx(whole[some[-1].id], abs=0.02)  # bfloat16 in other batches
    other = (dataclasses.replace(samples[0], text="unfair! an outrage!"), *samples[1:])
    assert (
        np.abs(np.subtract(predict(learnt, [other])[samples[1].id], whole[samples[1].id])).max() > 0
    )
    silent = [dataclasses.replace(s, text=None) for s in samples]
    assert predict(learnt, [silent]) == {}


KILLED = f"""
import sys
from pathlib import Path
from little_problem import problem
from tiny_task import killer
from empathia.emotion import encoder
encoder.learn(problem("encoder", Path(sys.argv[1]), options={QUICK}, training={BRIEF},
                      progress=killer(12)))
"""


@pytest.mark.slow
@needs_minilm
def test_a_killed_training_ends_the_same(learnt, tmp_path):
    import subprocess

    support = str(Path(__file__).parents[1] / "support")
    here = os.environ | {"PYTHONPATH": os.pathsep.join([support, *sys.path])}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, env=here)
    assert done.returncode == -signal.SIGKILL
    again = learn("encoder", tmp_path, options=QUICK, training=BRIEF)
    assert json.dumps(again.record) == json.dumps(learnt.record)
    assert predict(again, TEST.dialogues) == predict(learnt, TEST.dialogues)


@needs_minilm
@pytest.mark.parametrize("balance", ["none", "sampling"])
def test_several_labels_and_balances(tmp_path, balance):
    known, _ = part(["x0", "x1", "x2"])
    both = {k: (v[0], max(v[0], v[1]), 0.0) for k, v in known.targets.items()}
    known = dataclasses.replace(known, targets=both)
    learnt = learn(
        "encoder",
        tmp_path,
        exclusive=False,
        train=known,
        valid=known,
        options=QUICK | {"balance": balance},
        training={"epochs": 1, "select": "macro_f1"},
    )
    row = next(iter(predict(learnt, TEST.dialogues).values()))
    assert len(row) == len(LABELS)
    assert all(0 <= x <= 1 for x in row)


@needs_minilm
def test_sampling_evens_out_labels(tmp_path):
    from empathia.emotion.encoder.fitting import EncoderTask

    known, gold = part([f"x{i}" for i in range(8)])
    few = [k for k, v in gold.items() if v == "low"][:2]
    kept = {k: v for k, v in known.targets.items() if gold[k] != "low" or k in few}
    known = dataclasses.replace(known, targets=kept)
    task = EncoderTask(
        problem("encoder", tmp_path, train=known, options=QUICK | {"balance": "sampling"})
    )
    seen = np.concatenate([np.concatenate(task.batches(e, 1)) for e in range(20)])
    shares = task.target[seen].mean(0)
    assert shares == pytest.approx([1 / 3] * 3, abs=0.06)
    assert [b.tolist() for b in task.batches(3, 1)] == [b.tolist() for b in task.batches(3, 1)]


@needs_minilm
def test_of_a_long_past_the_latest_is_kept():
    from empathia.emotion.encoder.fitting import Reader
    from empathia.encoders.tunable import encoder

    net = encoder("minilm", 1, 0.1, "")
    talk = [
        Sample(str(i), t, speaker=s)
        for i, (s, t) in enumerate([("A", "first"), ("B", "second"), ("A", "third")])
    ]
    first, close, _ = net.marks
    item = Reader(net, 5, 64).items([talk])[-1]
    past = net.pieces("I: first") + net.pieces("You: second")
    assert item.ids == (first, *past, close, *net.pieces("third"), close)
    assert item.ids[item.own :] == (*net.pieces("third"), close)
    short = Reader(net, 5, 8).items([talk])[-1]
    assert short.ids == (first, *past[-4:], close, *net.pieces("third"), close)
    long = Reader(net, 5, 8).items([[Sample("0", "word " * 20)]])[0]
    assert len(long.ids) == 8


@needs_minilm
def test_it_starts_from_the_shipped_difference():
    import torch
    from safetensors.torch import load_file

    from empathia.encoders.tunable import encoder

    name = "layer.5.output.dense.weight"
    change = load_file(weights.folder("text-default") / "delta.safetensors")[f"encoder.{name}"]
    plain, tuned = (encoder("minilm", 1, 0.1, s).net.state_dict() for s in ("", "text-default"))
    assert torch.allclose(tuned[name] - plain[name], change.float(), atol=1e-6)
    assert change.abs().max() > 0
    with pytest.raises(ConfigError, match="holds no change of minilm"):
        encoder("minilm", 1, 0.1, "voice-default")


def test_another_encoder_is_read_from_a_folder(tmp_path):
    transformers = pytest.importorskip("transformers")
    from empathia.emotion.encoder.fitting import EncoderTask

    transformers.utils.logging.disable_progress_bar()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "lovely", "unfair", "i", "you", ":"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(vocab=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    transformers.BertModel(config).save_pretrained(tmp_path)
    options = {"encoder": str(tmp_path), "past": 1}
    for tuned, embeddings, layers in ((1, False, {1}), (2, False, {0, 1}), (3, True, {0, 1})):
        task = EncoderTask(problem("encoder", tmp_path / "o", options=options | {"tuned": tuned}))
        learning = [n for n, p in task.module.body.net.named_parameters() if p.requires_grad]
        assert any("embeddings" in n for n in learning) == embeddings
        assert {int(n.split(".")[2]) for n in learning if n.startswith("encoder.")} == layers
    quick = {"epochs": 1}
    learnt = learn("encoder", tmp_path / "run", options=options | {"tuned": 1}, training=quick)
    assert set(predict(learnt, TEST.dialogues)) == set(GOLD)
    with pytest.raises(ConfigError, match="a change of minilm"):
        learn("encoder", tmp_path / "run", options=options | {"start": "text-default"})


def test_an_absent_encoder_says_how_to_get_it(tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(WeightsError, match="hf download nobody/nothing"):
        learn("encoder", tmp_path, options={"encoder": "nobody/nothing"})


@needs_minilm
def test_it_needs_validation_and_known_options(tmp_path):
    with pytest.raises(TrainingError, match="no utterance of the validation part"):
        learn("encoder", tmp_path, valid=Part((), {}), options=QUICK)
    with pytest.raises(ConfigError, match=r"'model\.balance' cannot be 'some'"):
        learn("encoder", tmp_path, options=QUICK | {"balance": "some"})
    with pytest.raises(ConfigError, match=r"'model\.pieces' is 3"):
        learn("encoder", tmp_path, options=QUICK | {"pieces": 3})
