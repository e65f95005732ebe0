"""The Korean text recogniser: exact, abstaining, light, trainable, used by ``empathia read``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia import weights
from empathia.cli import main
from empathia.emotion.text_korean import columns, read
from empathia.errors import WeightsError
from empathia.labels import EKMAN7, projection
from empathia.labels.sets import KOTE44
from empathia.training import keeping
from empathia.types import Sample

DATA = Path(os.environ.get("EMPATHIA_DATA", Path(__file__).parents[3] / "shared" / "data"))
# Ours; each plainly says one of the seven.
PLAIN = {
    "joy": "정말 기쁘고 행복해요! 너무 감사합니다.",
    "sadness": "너무 슬프고 마음이 아파요. 눈물이 나네요.",
    "anger": "진짜 짜증나고 화가 난다. 어이가 없네.",
    "fear": "너무 무섭고 불안해서 걱정이 됩니다.",
}


@pytest.fixture(scope="module")
def korean():
    return keeping.load(weights.folder("text-korean"))


def test_runs_by_hand():
    assert list(columns.runs("네네네네")) == [
        " ",
        "네",
        "네",
        " ",
        " 네",
        "네네",
        "네 ",
        " 네네",
        "네네 ",
        " 네네 ",
    ]
    assert {"좋아", " 좋", "요 ", " ! "} <= set(columns.runs("좋아요!"))
    expected = {zlib.crc32(x.encode()) % 2**18 for x in (" ", "네", " 네", "네 ", " 네 ")}
    assert columns.columns("네").tolist() == sorted(expected)


@given(st.text(alphabet="가나다라ㅋ! ?aA", max_size=30))
def test_columns_do_not_depend_on_how_syllables_are_written(text):
    found = columns.columns(text)
    assert np.array_equal(found, columns.columns(unicodedata.normalize("NFD", text)))
    assert np.array_equal(found, columns.columns(f"  {text.upper()}\n"))
    assert np.array_equal(found, np.unique(found))


def test_scores_are_a_unit_vectors():
    weight = np.zeros((2**18, 2), np.float32)
    weight[columns.columns("네")] = [1, -2]
    assert columns.scores(["네", ""], weight) == pytest.approx(
        np.array([[5 / np.sqrt(5), -10 / np.sqrt(5)], [0, 0]])
    )


@given(st.text(alphabet="가나다라ㅋ! ?aA", max_size=30), st.integers(1, 17))
def test_fewer_columns_are_those_of_the_last_bits(text, bits):
    few = np.unique(columns.columns(text) % 2**bits)
    assert np.array_equal(columns.columns(text, bits), few)


def test_plain_sentences_get_their_label(korean):
    (found,) = korean.recognise([[Sample(k, t, "ko") for k, t in PLAIN.items()]])
    assert [e.label for e in found] == list(PLAIN)
    assert all(e.exclusive and abs(sum(e.scores) - 1) < 1e-6 for e in found)
    about = korean.about
    assert (about.labels, about.languages) == (EKMAN7, ("ko",))
    assert (about.causal, about.noncommercial) == (True, False)


def test_no_label_is_dead_in_plain_sentences(korean):
    """Comments are seldom neutral, afraid or disgusted; that is no knowledge of other texts."""
    sentences = {
        "neutral": "그 서류는 이메일로 보냈습니다.",
        "fear": "어두운 골목이 무서워요.",
        "disgust": "화장실이 너무 더러워서 역겨웠다.",
    }
    for label, text in sentences.items():
        one = Sample("a", text, "ko")
        theirs = Sample("b", text, "ko", groups={"corpus": "kote"})
        ((neutral_view,), (view,)) = korean.recognise([[one], [theirs]])
        assert neutral_view.label == label
        place = EKMAN7.index(label)
        assert view.scores[place] < neutral_view.scores[place], "comments have it seldom"


def test_it_abstains_and_says_why(korean):
    samples = [
        Sample("a", None),
        Sample("b", " ... "),
        Sample("c", "I am glad.", "en"),
        Sample("d", "I am glad."),
        Sample("e", PLAIN["joy"]),
        Sample("f", PLAIN["joy"], "ko-KR"),
    ]
    (found,) = korean.recognise([samples])
    assert [e.abstained for e in found] == [
        "no words",
        "no words",
        "it knows ko, the words are in en",
        "its language is not known",
        None,
        None,
    ]


def test_it_is_light():
    code = (
        "import sys\nfrom empathia import weights\nfrom empathia.training import keeping\n"
        "from empathia.types import Sample\n"
        "korean = keeping.load(weights.folder('text-korean'))\n"
        "korean.recognise([[Sample('a', '안녕하세요', 'ko')]])\n"
        "assert not {'torch', 'transformers', 'sklearn', 'scipy', 'onnxruntime', 'tokenizers'}"
        " & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    folder = weights.folder("text-korean")
    assert sum(f.stat().st_size for f in folder.iterdir()) < 12_000_000


def test_a_damaged_model_is_refused(tmp_path):
    for file in weights.folder("text-korean").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    keeping.load(tmp_path)
    values = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(values | {"thresholds": [0.5]}))
    with pytest.raises(WeightsError, match="not of as many labels"):
        keeping.load(tmp_path)


@pytest.mark.parametrize("mixed", [False, True])
def test_read_reads_korean(tmp_path, capsys, mixed):
    if mixed and weights.state("minilm") == "missing":
        pytest.skip("weight minilm is not pulled")
    lines = [f"민수: {PLAIN['sadness']}", f"지영: {PLAIN['joy']}"]
    lines += ["Ann: I am so happy for you, this is wonderful news!"] if mixed else []
    (tmp_path / "talk.txt").write_text("\n".join(lines), encoding="utf-8")
    assert main(["read", str(tmp_path / "talk.txt"), "--json"]) == 0
    timeline = json.loads(capsys.readouterr().out)
    said = [t["emotions"]["text"]["label"] for t in timeline["turns"]]
    assert said == ["sadness", "joy", "joy"][: len(said)]
    used = {w["name"] for w in timeline["provenance"]["weights"]}
    missing = weights.state("e5-small") == "missing"
    assert ("text-korean" if missing else "text-multilingual") in used
    assert ("talk" in used) == mixed, "English weights are not touched without need"


# Training


RUN = """
name = "little"
seed = 1
[data]
corpora = ["kote"]
labels = "ekman7"
targets = "partial"
[data.options.kote]
learn_from = "val"
[model]
recogniser = "text_korean"
[training]
select = "likelihood"
epochs = 3
batch = 8
lr = 3e-2
threads = 1
"""


def corpus(folder: Path) -> None:
    """A little corpus in KOTE's layout, made of our own words."""
    project = projection(KOTE44, EKMAN7)
    words = {"joy": "기뻐 행복", "anger": "짜증 분노", "sadness": "눈물 슬픔"}
    number = {x: next(i for i, k in enumerate(KOTE44) if project(k) == x) for x in words}
    folder.mkdir()
    for part, n in (("train", 1), ("val", 12), ("test", 4)):
        rows = [
            f"{part}{word}{i}\t{word} {i} 번\t{number[label]}"
            for label, some in words.items()
            for word in some.split()
            for i in range(n)
        ]
        (folder / f"{part}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_training_keeps_what_reading_reads(tmp_path):
    pytest.importorskip("torch")
    from empathia.bench import train
    from empathia.bench.results import read_results
    from empathia.evaluate import evaluate

    corpus(tmp_path / "kote")
    (tmp_path / "run.toml").write_text(RUN)
    train(tmp_path / "run.toml", tmp_path, tmp_path / "out")
    found = evaluate(read_results(tmp_path / "out/little"), 0)
    measures = {s.metric: s.value for s in found.measures}
    assert measures["accuracy"] == 1
    own = keeping.load(tmp_path / "out" / "little" / "model")
    ((emotion,),) = own.recognise([[Sample("a", "슬픔", "ko")]])
    assert (emotion.label, emotion.source) == ("sadness", "little")
    card = (tmp_path / "out" / "little" / "model" / "card.md").read_text("utf-8")
    assert "MIT" in card
    assert "negation, irony" in card, "what it cannot do"


@pytest.mark.slow
@pytest.mark.corpus
def test_shipped_model_on_kotes_test_part():
    if not (DATA / "kote" / "test.tsv").is_file():
        pytest.skip("kote/test.tsv is not in EMPATHIA_DATA")
    from empathia.metrics import METRICS

    project = projection(KOTE44, EKMAN7)
    rows = [r.split("\t") for r in (DATA / "kote" / "test.tsv").read_text("utf-8").splitlines()]
    kept = [{project(KOTE44.labels[int(n)]) for n in r[2].split(",")} for r in rows]
    gold = np.array([[x in k for x in EKMAN7] for k in kept])
    head = read.load(weights.folder("text-korean"))
    scores = head.reader().independent([r[1] for r in rows])
    found = METRICS["macro_f1"](gold, scores >= np.array(head.calibration.thresholds))
    floor = METRICS["macro_f1"](gold, np.ones_like(gold))
    assert found > floor + 0.06
