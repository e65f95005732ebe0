"""The multilingual text recogniser, over a little encoder of the same layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from quarter_file import use_little_cache, write_little_cache

from empathia import weights
from empathia.contracts import Recogniser
from empathia.emotion.text_multilingual import read
from empathia.errors import ConfigError, WeightsError
from empathia.labels import EKMAN7, projection
from empathia.labels.sets import KOTE44
from empathia.training import keeping
from empathia.training.words import Calibration, WordReader
from empathia.types import Sample

WORDS = {"joy": "기뻐 행복", "anger": "짜증 분노", "sadness": "눈물 슬픔"}
RUN = """
name = "little"
seed = 1
[data]
corpora = ["kote", "xed"]
labels = "ekman7"
evaluated_on = ["kote"]
targets = "partial"
[data.options.kote]
learn_from = "val"
valid_every = 5
[model]
recogniser = "text_multilingual"
tuned = 1
per_epoch = { xed = 4 }
MORE
[training]
select = "likelihood"
epochs = 2
batch = 8
lr = 1e-3
threads = 1
"""


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a little encoder, and corpora of its words."""
    folder = tmp_path_factory.mktemp("little")
    write_little_cache(folder, ["번", "glad", "furious", *" ".join(WORDS.values()).split()])
    corpora(folder)
    return folder


@pytest.fixture
def home(little: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_little_cache(little, monkeypatch)
    return little


@pytest.fixture(scope="module")
def learnt(little: Path) -> Path:
    """The folder of what was learnt with the options as they are."""
    with pytest.MonkeyPatch.context() as patch:
        use_little_cache(little, patch)
        return trained(little)


def corpora(folder: Path) -> None:
    """Little corpora in the layouts of KOTE and XED, made of our own words."""
    project = projection(KOTE44, EKMAN7)
    number = {x: next(i for i, k in enumerate(KOTE44) if project(k) == x) for x in WORDS}
    (folder / "kote").mkdir()
    for part, n in (("train", 1), ("val", 20), ("test", 4)):
        rows = [
            f"{part}{word}{i}\t{word} {i} 번\t{number[label]}"
            for label, some in WORDS.items()
            for word in some.split()
            for i in range(n)
        ]
        (folder / "kote" / f"{part}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "xed").mkdir()
    english = [f"{w} {i}\t{k}" for i in range(12) for w, k in (("glad", 5), ("furious", 1))]
    (folder / "xed" / "en-annotated.tsv").write_text("\n".join(english) + "\n")
    (folder / "xed" / "neu_en.txt").write_text("9\twell\n9\tso\n")


def trained(home: Path, more: str = "", name: str = "little", epochs: int = 2) -> Path:
    pytest.importorskip("torch")
    from empathia.bench import train

    run = home / f"{name}.toml"
    text = RUN.replace("MORE", more).replace("epochs = 2", f"epochs = {epochs}")
    run.write_text(text.replace('"little"', f'"{name}"'))
    train(run, home, home / "out")
    return home / "out" / name / "model"


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 5)),
        elements=st.floats(-2, 2, width=32),
    )
)
def test_differences_come_back_to_half_a_step(change: np.ndarray) -> None:
    given_ = {"matrix": change, "vector": change[0]}
    back = read.unpacked(read.packed(given_))
    step = np.abs(change).max(1, keepdims=True) / 127
    assert set(back) == set(given_)
    assert (np.abs(back["matrix"] - change) <= step * 0.501 + 1e-6).all()
    assert np.array_equal(back["vector"], change[0])


@pytest.mark.usefixtures("home")
def test_training_keeps_what_reading_reads(learnt: Path) -> None:
    own = keeping.load(learnt)
    assert (own.about.languages, own.about.labels) == (read.LANGUAGES, EKMAN7)
    samples = [Sample(w, w, "ko") for some in WORDS.values() for w in some.split()]
    (emotions,) = own.recognise([samples])
    likeliest = [EKMAN7.labels[int(np.argmax(e.scores))] for e in emotions]
    assert likeliest == [k for k in WORDS for _ in range(2)]
    assert all(abs(sum(e.scores) - 1) < 1e-6 for e in emotions)
    settings = json.loads((learnt / "settings.json").read_text("utf-8"))
    assert settings["weights"] == ["e5-small"]
    assert sum(f.stat().st_size for f in learnt.iterdir()) < 12_000_000


def test_the_prior_is_stated_and_a_corpus_is_read_in_its_own_view(home: Path) -> None:
    prior = {x: 94.0 if x == "fear" else 1.0 for x in EKMAN7}
    stated = "prior = { " + ", ".join(f"{x} = {p}" for x, p in prior.items()) + " }"
    folder = trained(home, stated, "stated", epochs=1)
    values = json.loads((folder / "model.json").read_text())
    assert np.exp(values["bias"]) == pytest.approx(np.array(list(prior.values())) / 100)
    assert keeping.load(folder).about.prior == pytest.approx(np.array(list(prior.values())) / 100)
    assert set(values["views"]) == {"kote", "xed"}
    shares = np.exp(values["views"]["kote"])
    told = [x in WORDS for x in EKMAN7]
    assert shares == pytest.approx(np.where(told, 1 / 3, 1e-3), abs=0.02)


def test_views_stand_in_place_of_the_prior() -> None:
    views = {"kote": (0.0, 2.0)}
    calibration = Calibration((0.5, 0.5), 2.0, (0.0, 0.0), 0.0, views=views)
    assert Calibration.restored(json.loads(json.dumps(calibration.plain()))).views == {
        "kote": [0.0, 2.0]
    }
    reader = WordReader(
        lambda texts: np.tile(np.array([[2.0, 0.0]], np.float32), (len(texts), 1)),
        calibration,
        ("ko",),
        lambda _: True,
        several=lambda texts: np.zeros((len(texts), 2), np.float32),
    )
    odds = np.exp([1.0, -1.0])
    samples = [Sample("a", "네", "ko"), Sample("b", "네", "ko", groups={"corpus": "kote"})]
    scores = reader.answer([samples])
    assert [s[0] / s[1] for s in scores.values()] == pytest.approx(odds)
    assert reader.scores(["네"])[0] == pytest.approx(scores["a"])
    assert reader.independent(["네"]).tolist() == [[0.5, 0.5]]


def test_a_prior_has_a_share_for_each_label(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected a share above 0 for each of neutral"):
        trained(home, "prior = { joy = 1.0 }", "short")


@pytest.mark.usefixtures("home")
def test_it_abstains_and_says_why(learnt: Path) -> None:
    own = keeping.load(learnt)
    samples = [
        Sample("a", None),
        Sample("b", "I am glad.", "en"),
        Sample("c", "I am glad."),
        Sample("d", "기뻐"),
    ]
    (emotions,) = own.recognise([samples])
    assert [e.abstained for e in emotions] == [
        "no words",
        f"it knows {', '.join(read.LANGUAGES)}, the words are in en",
        "its language is not known",
        None,
    ]


def test_korean_runs_are_of_korean_texts_alone() -> None:
    class Still:
        def encode(self, texts: list[str]) -> np.ndarray:
            return np.zeros((len(texts), 384), np.float32)

    runs = np.full((2**16, 2), 1.0, np.float32)
    heads = read.Heads(
        np.zeros((4, 384), np.float32), np.arange(4, dtype=np.float32), runs, -runs[0]
    )
    english, korean = heads.logits(Still(), ["glad", "네"])  # type: ignore[arg-type]
    assert english == pytest.approx([0, 1, 2, 3])
    assert korean == pytest.approx(np.arange(4) + 5 / np.sqrt(5) - 1)


@pytest.mark.usefixtures("home")
def test_a_damaged_model_is_refused(learnt: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(learnt, tmp_path / "model")
    values = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(values | {"thresholds": [0.5]}))
    with pytest.raises(WeightsError, match="not of as many labels"):
        keeping.load(folder)
    (folder / "model.json").write_text(json.dumps(values))
    (folder / read.DIFFERENCE).write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="damaged"):
        keeping.load(folder)


# What is learnt


def test_which_label_a_sentence_has_most() -> None:
    """Finer labels of a family, over how many are usual; without finer ones, the labels."""
    pytest.importorskip("torch")
    from empathia.emotion.text.fitting import Examples
    from empathia.emotion.text_multilingual.fitting import most
    from empathia.training.problem import Part

    def own(*names: str) -> list[float]:
        return [float(k in names) for k in KOTE44]

    nan = [np.nan] * len(KOTE44)
    rows = np.array(
        [own("기쁨", "행복", "고마움", "슬픔"), own("기쁨"), own("의심/불신"), nan], np.float32
    )
    target = np.zeros((4, 7), np.float32)
    joy, sadness, anger = (EKMAN7.index(x) for x in ("joy", "sadness", "anger"))
    target[0, [joy, sadness]] = target[1, joy] = target[3, anger] = 1
    known = Examples(("",) * 4, np.array([0, 0, 0, 1]), target, rows)
    shares = most(known, Part((), {}, {}, {"kote": KOTE44}), EKMAN7)
    # Two labels of joy are usual, one of sadness: 3 / 2 against 1.
    assert shares[0, [joy, sadness]] == pytest.approx([0.6, 0.4])
    assert shares[1, joy] == 1
    assert np.isnan(shares[2]).all()
    assert shares[3, anger] == 1


def test_seldom_labels_are_drawn_more_often() -> None:
    pytest.importorskip("torch")
    from empathia.emotion.text.fitting import Examples
    from empathia.emotion.text_multilingual.fitting import Views, chances

    target = np.array([[1, 0]] * 4 + [[0, 1]] + [[1, 0]], np.float32)
    corpus = np.array([0] * 5 + [1])
    known = Examples(("",) * 6, corpus, target, np.zeros((6, 0), np.float32))
    chance = chances(known, [True, False])
    assert chance == pytest.approx([0.8**-0.5] * 4 + [0.2**-0.5, 1])
    views = Views.of(known, target.astype(float), chance)
    drawn = 4 * 0.8**-0.5
    assert np.exp(views.one[0, 0]) == pytest.approx(drawn / (drawn + 0.2**-0.5))


@given(st.integers(1, 9), st.integers(0, 40), st.integers(0, 99))
def test_a_small_corpus_is_drawn_whole_as_often_as_it_goes_in(n: int, size: int, seed: int) -> None:
    pytest.importorskip("torch")
    from empathia.emotion.text_multilingual.fitting import draw

    rows = np.arange(n) * 2
    drawn = draw(rows, size, np.linspace(1, 3, n), np.random.default_rng(seed))
    counts = [int((drawn == r).sum()) for r in rows]
    assert sum(counts) == len(drawn) == size
    assert max(counts) - min(counts) <= 1


# What ships


@pytest.fixture(scope="module")
def shipped() -> Recogniser:
    if weights.state("e5-small") == "missing":
        pytest.skip("weight e5-small is not pulled")
    return keeping.load(weights.folder("text-multilingual"))


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("ko", "오늘 시험에 합격해서 정말 기쁘다!", "joy"),
        ("ko", "할머니가 돌아가셔서 너무 슬프다.", "sadness"),
        ("ko", "밤에 혼자 걷는데 누가 따라오는 것 같아서 무서웠다.", "fear"),
        ("ko", "회의는 세 시에 시작합니다.", "neutral"),
        ("ja", "祖母が亡くなって、とても悲しい。", "sadness"),
    ],
)
def test_plain_sentences_get_their_label(
    shipped: Recogniser, language: str, text: str, label: str
) -> None:
    ((emotion,),) = shipped.recognise([[Sample("a", text, language)]])
    assert emotion.label == label
