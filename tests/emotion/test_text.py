"""The text encoder and recogniser: exact, abstaining, trainable, resumable."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from empathia import weights
from empathia.config import Options
from empathia.emotion import text as plugin
from empathia.emotion.text import read
from empathia.encoders.text import TextEncoder
from empathia.errors import ConfigError, WeightsError
from empathia.labels import EKMAN7
from empathia.training import keeping
from empathia.types import Sample

HERE = Path(__file__).parents[1] / "support"
pytestmark = pytest.mark.weights
TEXTS = ["Good morning!", "", "I am not so sure that this was a good idea, was it?", "word " * 400]


def present(name: str) -> bool:
    return weights.state(name) != "missing"


needs_minilm = pytest.mark.skipif(not present("minilm"), reason="weight minilm is not pulled")
needs_model = pytest.mark.skipif(
    not (present("minilm") and present("text-default")), reason="text-default is not there"
)


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder.load(weights.folder("minilm"), threads=1)


@pytest.fixture(scope="module")
def alone(encoder):
    """Vectors of the texts, each read by itself."""
    return np.concatenate([encoder.encode([t]) for t in TEXTS])


@pytest.fixture(scope="module")
def english():
    return keeping.load(weights.folder("text-default"), 1)


@needs_minilm
def test_vectors_agree_with_transformers(encoder):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = weights.folder("minilm")
    transformers.utils.logging.disable_progress_bar()
    bert = transformers.BertModel.from_pretrained(folder).eval()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]"
    )
    batch = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        hidden = bert(batch["input_ids"], batch["attention_mask"]).last_hidden_state
    mask = batch["attention_mask"][:, :, None]
    expected = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
    assert np.abs(encoder.encode(TEXTS) - expected).max() < 1e-5


@needs_minilm
@pytest.mark.parametrize("order", [(3, 1, 0, 2), (0, 1)])
def test_a_vector_does_not_depend_on_its_neighbours(encoder, alone, order):
    together = encoder.encode([TEXTS[i] for i in order])
    assert np.abs(together - alone[list(order)]).max() < 1e-5


@needs_minilm
def test_no_text_gives_no_vector(encoder):
    assert encoder.encode([]).shape == (0, 384)


@needs_minilm
def test_delta_is_added_by_name(encoder, tmp_path):
    from safetensors.numpy import save_file

    name = "encoder.layer.5.output.LayerNorm.bias"
    save_file({name: np.full(384, 0.5, np.float16)}, tmp_path / "d")
    changed = TextEncoder.load(weights.folder("minilm"), tmp_path / "d", threads=1)
    assert np.abs(changed.encode(["Hi."]) - encoder.encode(["Hi."]) - 0.5).max() < 1e-5
    save_file({"other": np.zeros(384, np.float16)}, tmp_path / "e")
    with pytest.raises(WeightsError, match="changes 'other'"):
        TextEncoder.load(weights.folder("minilm"), tmp_path / "e")


def test_missing_weight_says_how_to_get_it(tmp_path):
    with pytest.raises(WeightsError, match="empathia weights pull minilm"):
        TextEncoder.load(tmp_path)


# Ours; each plainly says one of the seven.
PLAIN = {
    "joy": "I am so happy for you, this is wonderful news!",
    "sadness": "I miss her so much, I have been crying all week.",
    "anger": "How dare you! I am absolutely furious with him.",
    "fear": "I was terrified, I thought something horrible would happen to us.",
    "disgust": "That is disgusting, the smell made me sick.",
    "surprise": "Wow, I did not expect that at all!",
    "neutral": "The train leaves from platform two.",
}


@needs_model
def test_plain_sentences_get_their_label(english):
    (found,) = english.recognise([[Sample(k, t) for k, t in PLAIN.items()]])
    assert [e.label for e in found] == list(PLAIN)
    assert all(e.exclusive and abs(sum(e.scores) - 1) < 1e-6 for e in found)
    about = english.about
    assert (about.labels, about.languages) == (EKMAN7, ("en",))
    assert (about.causal, about.noncommercial) == (True, False)


@needs_model
def test_it_abstains_and_says_why(english):
    samples = [
        Sample("a", None),
        Sample("b", "  ... "),
        Sample("c", "Das ist schön.", language="de"),
        Sample("d", PLAIN["joy"], language="en-GB"),
        Sample("e", "오늘 정말 기뻐요."),
        Sample("f", "Nimefurahi", language="und"),
    ]
    (found,) = english.recognise([samples])
    assert [e.abstained for e in found] == [
        "no words",
        "no words",
        "it knows en, the words are in de",
        None,
        "its language is not known",
        "it knows en, the words are in another language",
    ]
    assert [bool(e.scores) for e in found] == [False, False, False, True, False, False]


@needs_model
def test_unsure_answers_are_kept_but_not_given(english):
    many = [
        Sample(str(i), f"{a} {b}")
        for i, (a, b) in enumerate((a, b) for a in PLAIN.values() for b in PLAIN.values())
    ]
    threshold = read.load(weights.folder("text-default"), 1).calibration.threshold
    for e in english.recognise([many])[0]:
        unsure = max(e.scores) < threshold
        assert (e.label is None) == unsure
        assert e.confidence == max(e.scores)
        assert ("too unsure" in (e.abstained or "")) == unsure


@pytest.mark.slow
@needs_model
def test_cold_start_and_twenty_lines_are_quick():
    code = (
        "import time; t = time.process_time()\n"
        "from empathia import weights\nfrom empathia.training import keeping\n"
        "from empathia.types import Sample\n"
        "m = keeping.load(weights.folder('text-default'), 1)\n"
        "m.recognise([[Sample(str(i), 'It is a long day and we are late') for i in range(20)]])\n"
        "import sys\n"
        "assert not {'torch', 'transformers', 'sklearn', 'scipy'} & set(sys.modules)\n"
        "print(time.process_time() - t)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 3  # about .6 s on a free machine; this only catches a slip


@needs_model
@pytest.mark.parametrize("name", ["settings.json", "model.json", "model.safetensors"])
def test_model_with_a_damaged_part_is_refused(tmp_path, name):
    for file in weights.folder("text-default").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    keeping.load(tmp_path, 1)
    (tmp_path / name).write_text("{")
    with pytest.raises(WeightsError, match=r"holds no recogniser|is damaged"):
        keeping.load(tmp_path)


@needs_model
def test_shipped_files_are_small():
    folder = weights.folder("text-default")
    assert sum(f.stat().st_size for f in folder.iterdir()) < 12_000_000


def corpus(folder: Path) -> None:
    """A little corpus in GoEmotions' layout, made of our own words."""
    words = {
        17: "happy glad lovely",
        25: "sad crying lost",
        2: "angry furious mad",
        27: "one two ten",
    }
    (folder / "goemotions").mkdir()
    for part, n in (("train", 4), ("dev", 2), ("test", 2)):
        rows = [
            f"I am {w} number {i}\t{label}\t{part}{label}{w}{i}"
            for i in range(n)
            for label, some in words.items()
            for w in some.split()
        ]
        (folder / "goemotions" / f"{part}.tsv").write_text("\n".join(rows) + "\n")


RUN = """
name = "little"
seed = 1
[data]
corpora = ["goemotions"]
labels = "ekman7"
limit = 40
targets = "partial"
[model]
recogniser = "text"
[training]
select = "macro_f1"
epochs = 2
batch = 8
lr = 1e-3
threads = 1
"""
KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tiny_task import killer
from empathia.bench import train
root = Path(sys.argv[1])
train(root / "run.toml", root, root / "killed", progress=killer(7))
"""


@needs_minilm
@pytest.mark.slow
def test_killed_train_ends_with_the_same_model(tmp_path, capsys):
    pytest.importorskip("torch")
    from empathia.bench import train
    from empathia.cli import main

    corpus(tmp_path)
    run = tmp_path / "run.toml"
    run.write_text(RUN + "checkpoint_every = 2\n")
    train(run, tmp_path, tmp_path / "whole")
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(HERE)], check=False, env=here
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "little" / "model").exists()
    command = ["train", str(run), "--data", str(tmp_path), "--out", str(tmp_path / "killed")]
    assert main(command) == 0
    one, two = (tmp_path / d / "little" for d in ("whole", "killed"))
    for name in ("delta.safetensors", "model.safetensors", "model.json", "card.md"):
        assert (one / "model" / name).read_bytes() == (two / "model" / name).read_bytes(), name
    card = (two / "model" / "card.md").read_text()
    for fact in ("Apache-2.0", "goemotions", "seed 1", "one utterance at a time"):
        assert fact in card
    ((emotion,),) = keeping.load(two / "model").recognise([[Sample("a", "I am glad number 3")]])
    assert emotion.scores

    (tmp_path / "goemotions" / "dev.tsv").write_text("I am glad\t17\tother\n")
    assert main(command) == 1
    assert "other settings or data" in capsys.readouterr().err
    capsys.readouterr()


@needs_minilm
def test_corpora_that_only_teach_are_neither_selected_on_nor_tested(tmp_path):
    pytest.importorskip("torch")
    from empathia.bench import bench
    from empathia.bench.run import Training
    from empathia.config import read_run

    corpus(tmp_path)
    (tmp_path / "xed").mkdir()
    rows = [f"what a {w} thing {i}\t{n}" for n, w in ((4, "lovely"), (6, "sad")) for i in range(9)]
    (tmp_path / "xed" / "en-annotated.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "xed" / "neu_en.txt").write_text("9\twell\n9\tso\n")
    text = RUN.replace('["goemotions"]', '["goemotions", "xed"]')
    (tmp_path / "run.toml").write_text(
        text.replace("limit", 'evaluated_on = ["goemotions"]\nlimit')
    )
    made = bench(read_run(tmp_path / "run.toml"), tmp_path, tmp_path / "out")
    (fold,) = made.folds(1)
    assert {d.corpus for d in fold.train} == {"goemotions", "xed"}
    assert {d.corpus for d in (*fold.valid, *fold.test)} == {"goemotions"}
    left_out = dataclasses.replace(made.run.data, protocol="leave-corpus-out")
    other = dataclasses.replace(made, run=dataclasses.replace(made.run, data=left_out))
    assert [f.name for f in other.folds(1)] == ["goemotions"]
    problem, _ = Training(made, 1, fold).problem(None)
    assert {s.groups["corpus"] for s in problem.train.labelled()} == {"goemotions", "xed"}
    assert list(problem.train.label_sets) == ["goemotions", "xed"]  # learnt beside, see Part.gold
    assert {x for s in problem.valid.labelled() for x in problem.valid.gold[s.id]} <= {
        *problem.valid.label_sets["goemotions"]
    }


@needs_model
def test_labels_are_learnt_against_each_other_from_a_shipped_change(tmp_path):
    pytest.importorskip("torch")
    from empathia.bench import bench
    from empathia.bench.run import Training
    from empathia.config import read_run

    corpus(tmp_path)
    told = 'start = "text-default"\nloss = "one"\n[training]'
    text = RUN.replace("[training]", told).replace("epochs = 2", "epochs = 3")
    (tmp_path / "run.toml").write_text(text.replace('"partial"', '"single"'))
    made = bench(read_run(tmp_path / "run.toml"), tmp_path, tmp_path / "out")
    (fold,) = made.folds(1)
    problem, _ = Training(made, 1, fold).problem(None)
    learnt = plugin.learn(dataclasses.replace(problem, folder=tmp_path))
    losses = [h["loss"] for h in learnt.record["history"]]
    assert losses[-1] < losses[0] < 2  # chance is log 7
    said = learnt.recognise([[Sample("a", "I am so lovely and glad"), Sample("b", "I feel mad")]])
    assert [e.label for e in said[0]] == ["joy", "anger"]
    several = dataclasses.replace(problem, exclusive=False)
    with pytest.raises(ConfigError, match="utterances may have several labels"):
        plugin.learn(several)
    wrong = Options({**problem.options.values, "loss": "two"})
    with pytest.raises(ConfigError, match="expected each or one"):
        plugin.learn(dataclasses.replace(problem, options=wrong))
    assert plugin.weights_of(problem.options) == ("minilm", "text-default")
