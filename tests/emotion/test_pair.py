"""An answer, given what it answers: learns from both, keeps groups together, keeps no words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_problem import learn, problem

from empathia.emotion.pair.marks import NAMES, marks
from empathia.errors import ConfigError, TrainingError
from empathia.labels import LabelSet
from empathia.metrics.scores import highest
from empathia.training import keeping
from empathia.training.keeping import Settings
from empathia.training.model import scores_of
from empathia.training.problem import Part
from empathia.types import Features, Sample

pytest.importorskip("sklearn", reason="training needs the extra 'train'")
LEVELS = LabelSet("asks3", ("none", "weak", "strong"))
TOPICS = ("garden", "brother", "boss", "exam", "dog", "move")
ANSWERS = {
    "none": "I painted a fence in the sun",
    "weak": "maybe tell us more",
    "strong": "how did your {topic} take it?",
}
NOISE = ("well", "so", "oh", "now", "yes", "then")
SMALL = {"columns": 10, "penalties": [1.0], "balance": [0.5]}


def pairs(count: int, seed: int, *, features: bool = False) -> tuple[Part, dict[str, str]]:
    draw, dialogues, gold = np.random.default_rng(seed), [], {}
    for i in range(count):
        level, topic = LEVELS.labels[i % 3], str(draw.choice(TOPICS))
        noise = " ".join(draw.choice(NOISE, 2))
        texts = f"{noise} my {topic} is trouble", f"{noise} {ANSWERS[level].format(topic=topic)}"
        post = f"{seed}-{i // 2}"
        vectors = [
            {"v": Features("", "text", np.float32([[k, i % 3, 1.0]]))} if features else {}
            for k in range(2)
        ]
        dialogue = tuple(
            Sample(
                f"{seed}-{i}-{k}",
                texts[k],
                "en",
                speaker="ab"[k],
                features=vectors[k],
                groups={"post": post},
            )
            for k in range(2)
        )
        dialogues.append(dialogue)
        gold[dialogue[1].id] = level
    return Part(tuple(dialogues), {k: one_hot(v) for k, v in gold.items()}), gold


def one_hot(level: str) -> tuple[float, ...]:
    return tuple(float(level == x) for x in LEVELS)


def taught(folder, *, features=False, count=60, **options):
    parts = {"train": pairs(count, 1, features=features)[0], "valid": pairs(12, 2)[0]}
    if features:
        parts["valid"] = pairs(12, 2, features=True)[0]
    names = ("v",) if features else ()
    more = {"labels": LEVELS, "modalities": {"text": names}, "options": {**SMALL, **options}}
    return learn("pair", folder, **parts, training={"select": "macro_f1"}, **more)


def share_right(learnt, part, gold):
    scores = scores_of(learnt, part.dialogues)
    rows = np.array([scores[i] for i in gold])
    assert rows.sum(1) == pytest.approx(1)
    return (highest(rows) == [[x == v for x in LEVELS] for v in gold.values()]).all(1).mean()


def test_it_learns_levels_of_answers(tmp_path):
    learnt = taught(tmp_path)
    assert share_right(learnt, *pairs(30, 3)) > 0.9
    assert learnt.record["inner_macro_f1"] > 0.9
    assert learnt.about.causal


def test_what_is_answered_counts(tmp_path):
    """Whether the same words are an echo is told by what stands before them alone."""
    part, _ = pairs(60, 1)
    echo = {}
    dialogues = []
    for i, (post, answer) in enumerate(part.dialogues):
        topic = TOPICS[i // 2 % 6]
        asked = dataclasses.replace(post, text=f"my {topic if i % 2 else 'thing'} is gone")
        dialogues.append((asked, dataclasses.replace(answer, text=f"it was your {topic}")))
        echo[answer.id] = "strong" if i % 2 else "none"
    whole = Part(tuple(dialogues), {k: one_hot(v) for k, v in echo.items()})
    cut = Part(tuple(d[1:] for d in dialogues), whole.targets)
    more = {"labels": LEVELS, "options": SMALL, "training": {"select": "macro_f1"}}
    seen, blind = (
        learn("pair", tmp_path, train=p, valid=pairs(6, 2)[0], **more) for p in (whole, cut)
    )
    assert share_right(seen, whole, echo) > 0.9
    assert share_right(blind, cut, echo) < 0.7


@pytest.mark.parametrize("features", [False, True])
def test_what_is_kept_answers_alike_and_holds_no_words(tmp_path, features):
    learnt = taught(tmp_path, features=features)
    folder = tmp_path / "kept"
    folder.mkdir()
    learnt.save(folder)
    names = ("v",) if features else ()
    p = problem("pair", tmp_path, labels=LEVELS, options=SMALL)
    Settings(
        "judge", "pair", LEVELS, True, True, {"text": names}, p.options.values, "", False
    ).write(folder)
    asked, _ = pairs(9, 4, features=features)
    kept = scores_of(keeping.load(folder), asked.dialogues)
    for key, row in scores_of(learnt, asked.dialogues).items():
        assert kept[key] == pytest.approx(row, abs=1e-5)
    held = b"".join(f.read_bytes() for f in folder.iterdir())
    assert not any(word.encode() in held for word in ("garden", "brother", "fence"))


def test_an_answer_without_its_features_is_not_judged(tmp_path):
    learnt = taught(tmp_path, features=True)
    (post, answer) = pairs(3, 4, features=True)[0].dialogues[0]
    bare = dataclasses.replace(answer, features={})
    (row,) = learnt.recognise([[post, bare]])
    assert row[1].label is None
    alone = scores_of(learnt, [[answer]])  # nothing before: its words and vector are enough
    assert set(alone) == {answer.id}


def test_posts_stay_together_and_test_labels_are_not_needed(tmp_path):
    """With one post for all there is one inner fold, so nothing can be tried."""
    part, _ = pairs(12, 1)
    one = [[dataclasses.replace(s, groups={"post": "p"}) for s in d] for d in part.dialogues]
    whole = Part(tuple(map(tuple, one)), part.targets)
    with pytest.raises(TrainingError, match=r"1 group.*inner folds"):
        learn("pair", tmp_path, train=whole, valid=Part((), {}), labels=LEVELS, options=SMALL)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"columns": 3}, ConfigError, r"model\.columns' is 3, expected 8 to 22"),
        ({"balance": [2.0]}, ConfigError, r"model\.balance' is \[2\.0\]"),
        ({"penalties": []}, ConfigError, r"model\.penalties"),
        ({"folds": 1}, ConfigError, r"model\.folds"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        taught(tmp_path, **options)


def test_marks_count_what_they_are_named_for():
    row = dict(
        zip(NAMES, marks("I'm so sorry. Have you told him? It sounds like hell", ""), strict=True)
    )
    for name in ("sorry", "question marks", "have you", "questions with you", "guesses"):
        assert row[name] == pytest.approx(np.log(2)), name
    assert row["offers to talk"] == row["share of words shared"] == 0
    echo = dict(zip(NAMES, marks("your brother left", "my brother left me"), strict=True))
    assert echo["share of words before"] == pytest.approx(2 / 3)


@given(st.text(), st.text())
def test_marks_of_any_texts_are_finite(answer, before):
    row = marks(answer, before)
    assert row.shape == (len(NAMES),)
    assert np.isfinite(row).all()
    assert (row >= 0).all()
