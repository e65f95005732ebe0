"""The floors of the bench: exact where they count, causal where they say so, right on real data."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from little_problem import LABELS, accuracy, cut, learn, part, problem

from empathia.emotion import majority, metadata
from empathia.errors import ConfigError, TrainingError
from empathia.metrics.scores import highest
from empathia.training.model import scores_of as predict
from empathia.training.problem import Part
from empathia.types import Sample

DATA = Path(os.environ.get("EMPATHIA_DATA", Path(__file__).parents[3] / "shared" / "data"))
TEST, GOLD = part(["xt", "yt", "xu"], 7)


# Majority


def test_majority_gives_the_shares(tmp_path):
    p = problem("majority", tmp_path)
    scores = predict(majority.learn(p), TEST.dialogues)
    share = np.mean([*p.train.targets.values()], axis=0)
    assert set(scores) == set(GOLD)
    assert all(row == pytest.approx(share) for row in scores.values())


def test_a_part_without_labels_teaches_nothing(tmp_path):
    with pytest.raises(TrainingError, match="no label"):
        learn("majority", tmp_path, train=Part(TEST.dialogues, {}))


# Metadata


def told(tmp_path, rows, ask, **options):
    """Shares for a sample after learning from (gender, scenario, label) rows, one a dialogue."""
    dialogues, targets = [], {}
    for i, (gender, scenario, label) in enumerate(rows):
        dialogues.append((Sample(f"s{i}", gender=gender, groups={"scenario": scenario}),))
        targets[f"s{i}"] = tuple(float(x == label) for x in LABELS)
    known = Part(tuple(dialogues), targets)
    learnt = learn("metadata", tmp_path, train=known, options=options)
    return predict(learnt, [[Sample("q", gender=ask[0], groups={"scenario": ask[1]})]])["q"]


ROWS = [*[("female", "a", "glad")] * 3, *[("male", "a", "low")] * 2, ("female", "b", "cross")]


def test_metadata_backs_off_by_hand(tmp_path):
    found = told(tmp_path, ROWS, ("female", "a"), strength=2.0, position=False)
    prior = np.array([3, 2, 1]) / 6
    gender = (np.array([3, 0, 1]) + 2 * prior) / 6
    expected = (np.array([3, 0, 0]) + 2 * gender) / 5
    assert found == pytest.approx(expected)


def test_an_unknown_scenario_leaves_the_gender(tmp_path):
    found = told(tmp_path, ROWS, ("female", "new"), strength=2.0, position=False)
    expected = (np.array([3, 0, 1]) + 2 * np.array([3, 2, 1]) / 6) / 6
    assert found == pytest.approx(expected)


def test_position_is_the_third_of_the_dialogue(tmp_path):
    dialogue = tuple(Sample(f"s{i}") for i in range(6))
    row = {0: (1.0, 0.0, 0.0), 1: (0.0, 1.0, 0.0), 2: (0.0, 0.0, 1.0)}
    known = Part((dialogue,), {f"s{i}": row[i // 2] for i in range(6)})
    options = {"groups": (), "gender": False}
    learnt = learn("metadata", tmp_path, train=known, options=options)
    asked = tuple(Sample(f"q{i}") for i in range(3))
    scores = predict(learnt, [asked])
    assert [int(np.argmax(scores[s.id])) for s in asked] == [0, 1, 2]
    assert not learnt.about.causal
    assert learn("metadata", tmp_path, options={"position": False}).about.causal


def test_a_group_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"'planet' .*\(there are: scenario\)"):
        metadata.learn(problem("metadata", tmp_path, options={"groups": ("planet",)}))


# TF-IDF


def test_words_tell(tmp_path):
    pytest.importorskip("sklearn")
    learnt = learn("tfidf", tmp_path)
    scores = predict(learnt, TEST.dialogues)
    assert accuracy(scores, GOLD) > 0.9
    assert all(sum(row) == pytest.approx(1) for row in scores.values())
    assert set(learnt.record["tried"]) == {"1.0", "3.0", "10.0"}


def test_tfidf_sees_the_past_alone_and_does_use_it(tmp_path):
    pytest.importorskip("sklearn")
    learnt = learn("tfidf", tmp_path)
    samples = TEST.dialogues[0]
    whole = predict(learnt, [samples])
    for some in cut(samples):
        assert predict(learnt, [some])[some[-1].id] == pytest.approx(whole[some[-1].id])
    other = (dataclasses.replace(samples[0], text="unfair outrage rude"), *samples[1:])
    assert predict(learnt, [other])[samples[1].id] != pytest.approx(whole[samples[1].id], abs=1e-4)
    assert learnt.about.causal


def test_marks_are_words_and_the_past_knows_who_spoke():
    from empathia.emotion.tfidf.read import marked_past, reads, words_of

    assert words_of("What?! It's", 1) == ["what", "?", "!", "it's"]
    assert words_of("a b c", 2) == ["a", "b", "c", "a b", "b c"]
    talk = [
        Sample(str(i), t, speaker=s)
        for i, (s, t) in enumerate(
            [("A", "old"), ("A", "yes"), ("B", " "), ("B", "no"), ("A", "well")]
        )
    ]
    last = reads([talk], 3)[-1]
    assert marked_past(last, 1) == ["self yes", "other no"]


def test_where_there_are_no_words_nothing_is_said(tmp_path):
    pytest.importorskip("sklearn")
    learnt = learn("tfidf", tmp_path)
    silent = [dataclasses.replace(s, text=None) for s in TEST.dialogues[0]]
    assert predict(learnt, [silent]) == {}
    with pytest.raises(ConfigError, match="reads words, the modalities are voice"):
        learn("tfidf", tmp_path, modalities={"voice": ("prosody",)})


def test_votes_and_several_labels(tmp_path):
    pytest.importorskip("sklearn")
    known, gold = part([f"x{i}" for i in range(12)])
    votes = {k: tuple(0.2 if not x else 0.6 for x in v) for k, v in known.targets.items()}
    soft = learn("tfidf", tmp_path, train=dataclasses.replace(known, targets=votes))
    scores = predict(soft, TEST.dialogues)
    assert accuracy(scores, GOLD) > 0.85
    # "glad" is also "low" here, and nobody is "cross".
    several = {"glad": (1.0, 1.0, 0.0), "low": (0.0, 1.0, 0.0), "cross": (0.0, 0.0, 0.0)}
    many = {k: several[v] for k, v in gold.items()}
    valid, valid_gold = part(["xv", "yv"], 1)
    valid = dataclasses.replace(valid, targets={k: several[v] for k, v in valid_gold.items()})
    learnt = learn(
        "tfidf",
        tmp_path,
        exclusive=False,
        valid=valid,
        train=dataclasses.replace(known, targets=many),
    )
    found = predict(learnt, TEST.dialogues)
    said = np.array([np.array(found[k]) > 0.5 for k in GOLD])
    right = np.array([np.array(several[v]) > 0.5 for v in GOLD.values()])
    assert (said == right).mean() > 0.9
    assert max(row[2] for row in found.values()) < 0.01


def test_a_label_that_training_lacks_is_never_said(tmp_path):
    pytest.importorskip("sklearn")
    known, gold = part([f"x{i}" for i in range(8)])
    for keep in (("glad", "low"), ("low",)):
        some = {k: v for k, v in known.targets.items() if gold[k] in keep}
        learnt = learn("tfidf", tmp_path, train=dataclasses.replace(known, targets=some))
        scores = np.array([*predict(learnt, TEST.dialogues).values()])
        assert scores[:, 2].max() < 0.01


def test_penalties_need_validation(tmp_path):
    pytest.importorskip("sklearn")
    empty = Part((), {})
    with pytest.raises(TrainingError, match="Give one number"):
        learn("tfidf", tmp_path, valid=empty)
    assert learn("tfidf", tmp_path, valid=empty, options={"penalties": (3,)}).record["penalty"] == 3
    with pytest.raises(ConfigError, match="expected numbers above 0"):
        learn("tfidf", tmp_path, options={"penalties": (3, -1)})


def says(made: Part, text: str | None) -> Part:
    """The same utterances, all of which say the same."""
    dialogues = tuple(tuple(dataclasses.replace(s, text=text) for s in d) for d in made.dialogues)
    return dataclasses.replace(made, dialogues=dialogues)


def test_without_a_word_that_counts_the_remedy_is_named(tmp_path):
    pytest.importorskip("sklearn")
    known, valid = part([f"x{i}" for i in range(4)])[0], part(["xv"], 1)[0]
    marks = says(known, "... -- ,")
    for past in (0, 5):
        with pytest.raises(TrainingError, match="no word is in 1 or more of the 24 labelled"):
            learn("tfidf", tmp_path, train=marks, valid=valid, options={"past": past})
    for rarest in (24, 40):
        with pytest.raises(TrainingError, match=r"in \d\d or more.*Lower model\.rarest"):
            learn("tfidf", tmp_path, train=known, valid=valid, options={"rarest": rarest})
    with pytest.raises(ConfigError, match=r"model\.rarest"):
        learn("tfidf", tmp_path, options={"rarest": 0})


def test_a_field_without_columns_is_left_out_and_the_others_speak(tmp_path):
    """Nothing of the utterance itself occurs often enough, of the turns before it something."""
    pytest.importorskip("sklearn")
    known, _ = part([f"x{i}" for i in range(8)])
    often = Part(
        tuple(
            tuple(
                dataclasses.replace(s, text=s.id.replace("-", "y") if i else "so")
                for i, s in enumerate(d)
            )
            for d in known.dialogues
        ),
        known.targets,
    )
    learnt = learn("tfidf", tmp_path, train=often, options={"rarest": 9})
    assert learnt.record["columns"] == 2  # "so" of oneself, "so" of another
    assert set(predict(learnt, TEST.dialogues)) == set(GOLD)


def test_wordless_validation_chooses_no_penalty(tmp_path):
    pytest.importorskip("sklearn")
    valid = says(part(["xv", "yv"], 1)[0], None)
    with pytest.raises(TrainingError, match=r"no labelled validation utterance has words"):
        learn("tfidf", tmp_path, valid=valid)
    learnt = learn("tfidf", tmp_path, valid=valid, options={"penalties": (3,)})
    assert (learnt.record["penalty"], learnt.record["temperature"]) == (3, 1)


# Real data: the figures that the field's floors have.


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("majority", 0.088, 0.091), ("metadata", 0.555, 0.60)],
)
def test_baselines_of_iemocap(tmp_path, name, low, high):
    from empathia.labels.sets import IEMOCAP6
    from empathia.metrics import METRICS

    if not (DATA / "iemocap" / "utterances.csv").is_file():
        pytest.skip("iemocap/utterances.csv is not in EMPATHIA_DATA")
    parts, _ = iemocap()
    known, test = parts["train"], parts["test"]
    learnt = learn(name, tmp_path, train=known, valid=parts["valid"], labels=IEMOCAP6)
    scores = predict(learnt, test.dialogues)
    ids = list(test.targets)
    target = np.array([test.targets[i] for i in ids]) == 1
    said = highest(np.array([scores[i] for i in ids]))
    assert low < METRICS["weighted_f1"](target, said) < high


def iemocap():
    """The six-class set by split, read without the project's own loader."""
    import csv

    from empathia.labels.sets import IEMOCAP6

    rows: dict[str, dict[str, list]] = {"train": {}, "valid": {}, "test": {}}
    gold, split = {}, {}
    with (DATA / "iemocap" / "utterances.csv").open(encoding="utf-8", newline="") as f:
        table = list(csv.DictReader(f))
    split = {r["dialogue_id"]: r["split"] for r in table if r["split"]}
    for r in table:
        name = r["dialogue_id"]
        talk = rows[split[name]].setdefault(name, [])
        talk.append(
            Sample(
                r["utterance_id"],
                r["text"],
                speaker=r["gender"] + r["session"],
                gender={"F": "female", "M": "male"}[r["gender"]],
                index=len(talk),
                groups={"scenario": name.partition("_")[2]},
            )
        )
        if r["label6"]:
            gold[r["utterance_id"]] = r["label6"]
    parts = {}
    for name, talks in rows.items():
        dialogues = tuple(tuple(t) for t in talks.values())
        known = {s.id: gold[s.id] for d in dialogues for s in d if s.id in gold}
        targets = {k: tuple(float(x == v) for x in IEMOCAP6) for k, v in known.items()}
        parts[name] = Part(dialogues, targets)
    return parts, gold
