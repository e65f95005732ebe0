"""The recogniser of conversation: views, memory, missing modalities, and no look ahead."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict

import numpy as np
import pytest
from little_problem import LABELS, WORDS, learn, part, problem
from whole_problem import QUICK, whole

from empathia import weights
from empathia.config import Options
from empathia.emotion.talk import OPTIONS
from empathia.emotion.talk import read as talk
from empathia.emotion.talk.read import VALUES, View, cannot, curved, traces
from empathia.errors import ConfigError, TrainingError
from empathia.metrics.scores import softmax
from empathia.training.problem import Part
from empathia.types import Features, Sample

needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)


def test_a_view_is_the_odds_of_its_corpus():
    logits = np.zeros((1, 2), np.float32)
    p = View((float(np.log(0.9)), float(np.log(0.1))))(logits, ["Ann"], 1.0)
    np.testing.assert_allclose(p, [[0.9, 0.1]], atol=1e-6)


def test_traces_fade_by_speaker_and_nothing_is_remembered_before_anything():
    rows = np.array([[1.0], [3.0], [5.0], [np.nan], [0.0]])
    own_quick, others_quick, own_slow, others_slow = traces(rows, ["a", "b", "a", "a", "b"])[..., 0]
    np.testing.assert_allclose(own_quick, [0, 0, 1, 3, 3])  # a: 1, then half of 1 and of 5
    np.testing.assert_allclose(others_quick, [0, 1, 3, 3, 3])
    np.testing.assert_allclose(own_slow, [0, 0, 1, 1.8, 3])  # a: .8 of 1 and .2 of 5
    np.testing.assert_allclose(others_slow, [0, 1, 3, 3, 1.8], rtol=1e-6)


def test_what_was_felt_before_leans_what_comes():
    logits = np.array([[4.0, 0.0], [0.0, 0.0], [0.0, 0.0]], np.float32)
    kept = View((0.0, 0.0), (2.0, 0.0, 0.0, 0.0))(logits, ["a", "b", "a"], 1.0)
    assert kept[1, 0] == pytest.approx(0.5)  # b felt nothing yet
    shift = 2.0 * (softmax(logits[:1])[0] - 0.5)  # from the view's even shares
    np.testing.assert_allclose(kept[2], softmax(shift[None])[0], atol=1e-6)


def test_a_temperature_leaves_the_shares_of_the_view():
    view = View((float(np.log(0.8)), float(np.log(0.2))))
    cold, hot = (view(np.zeros((1, 2), np.float32), ["a"], t) for t in (0.5, 5.0))
    np.testing.assert_allclose(cold, hot)
    sure = np.array([[0.0, 3.0]], np.float32)
    assert view(sure, ["a"], 0.5)[0, 1] > view(sure, ["a"], 5.0)[0, 1]


def test_measures_that_are_missing_bend_to_nothing():
    np.testing.assert_array_equal(curved(np.array([[np.nan, 2.0, -9.0]], np.float32))[0], [
        0, 2, -4, 0, 2, 4, 0, 4, -4,
    ])  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two corpora with the same words: of "rare" a tenth is glad, of "often" nearly all."""
    pytest.importorskip("torch")
    if weights.state("minilm") == "missing":
        pytest.skip("weight minilm is not pulled")
    train, valid = corpora(range(8), 0), corpora([20, 21], 1)
    return learn(
        "talk",
        tmp_path_factory.mktemp("talk"),
        train=train,
        valid=valid,
        modalities={"text": (), "voice": ("tone",)},
        options={"past": 2, "pieces": 32, "start": "", "hide_words": 0.3},
        training={"epochs": 4, "lr": 1e-3, "patience": 6},
    )


def corpora(numbers, seed):
    """Dialogues of both; "often" keeps a target of its glad ones alone, and a few others."""
    dialogues, targets = [], {}
    for name in ("rare", "often"):
        made, gold = part([f"{name}{n}" for n in numbers], seed)
        named = whole(made, gold)
        for d in named.dialogues:
            dialogues.append(
                tuple(dataclasses.replace(s, groups={**s.groups, "corpus": name}) for s in d)
            )
        glad = [k for k in named.targets if gold[k] == "glad"]
        low = [k for k in named.targets if gold[k] != "glad"]
        many, few = (glad, low) if name == "often" else (low, glad)
        for key in [*many, *few[::6]]:
            targets[key] = named.targets[key]
    return dataclasses.replace(named, dialogues=tuple(dialogues), targets=targets)


def scored(recogniser, *samples: Sample):
    ((*emotions,),) = recogniser.recognise([samples])
    return [np.array(e.scores) if e.scores else e.abstained for e in emotions]


@needs_minilm
def test_an_utterance_of_a_known_corpus_is_answered_in_its_view(made):
    words = Sample("x", "then it was there", "en", speaker="A")
    rare, often = (
        scored(made, dataclasses.replace(words, groups={"corpus": c}))[0] for c in ("rare", "often")
    )
    unknown = scored(made, words)[0]
    glad = LABELS.index("glad")
    assert rare[glad] < unknown[glad] < often[glad]


@needs_minilm
def test_whole_dialogues_labels_and_some_of_the_rest_are_learnt_without_a_past(tmp_path):
    pytest.importorskip("torch")
    from empathia.emotion.talk.fitting import TalkTask

    options = {"start": "", "alone": ["often"], "hide_past": 0.5}
    task = TalkTask(
        problem(
            "talk",
            tmp_path,
            train=corpora(range(30), 0),
            valid=corpora(range(40, 44), 0),
            options=options,
            training=QUICK,
        )
    )

    def behind(items, corpus):
        """Share of utterances, but the first ones, that are read behind their past."""
        of_corpus = [i for i in items if i.sample.groups["corpus"] == corpus]
        return np.mean([i.own > 1 for i in of_corpus if i.sample.id not in first])

    parts = (task.problem.train, task.problem.valid)
    first = {d[0].id for part in parts for d in part.dialogues}
    assert behind(task.train.items, "often") == behind(task.valid.items, "often") == 0
    assert behind(task.valid.items, "rare") == 1
    assert 0.3 < behind(task.train.items, "rare") < 0.7


@needs_minilm
def test_its_neutral_view_takes_all_labels_for_as_frequent(made):
    assert made.about.prior == pytest.approx((1 / 3,) * 3)


@needs_minilm
def test_its_neutral_view_remembers_words_alone(made):
    test, gold = part(["rare30"], 5)
    (dialogue,) = whole(test, gold).dialogues
    rare = dataclasses.replace(made.answer.views["rare"], memory=(5.0, 0.0, 0.0, 0.0))
    views = {**made.answer.views, "rare": rare}
    answers = dataclasses.replace(made.answer, views=views, temperature=2.0)
    logits, speakers = answers.logits(dialogue), [s.speaker for s in dialogue]
    calm = softmax(logits / 2.0)
    for corpus in ("", "new"):
        strange = [dataclasses.replace(s, groups={"corpus": corpus}) for s in dialogue]
        told = answers([strange])
        np.testing.assert_allclose([told[s.id] for s in strange], calm, atol=1e-6)
    known = [dataclasses.replace(s, groups={"corpus": "rare"}) for s in dialogue]
    told = answers([known])
    of_rare = rare(logits, speakers, 2.0)
    assert not np.allclose(of_rare, softmax(logits / 2.0 + np.array(rare.bias)), atol=1e-3)
    np.testing.assert_allclose([told[s.id] for s in known], of_rare, atol=1e-6)


def moods(lasting):
    """Validation of clear turns, each with one of the same speaker's after it that says nothing.

    Args:
        lasting: By corpus, whether its speakers still feel so then; else they feel the next label.
    """
    dialogues, targets = [], {}
    for corpus, lasts in lasting.items():
        for n in range(12):
            felt, id_ = n % 3, f"{corpus}{n}"
            words = " ".join(WORDS[LABELS.labels[felt]])
            texts = {f"{id_}a": words, f"{id_}b": "then it was there"}
            who = {"speaker": "A", "groups": {"corpus": corpus}}
            dialogues.append(tuple(Sample(k, text, "en", **who) for k, text in texts.items()))
            for k, label in zip(texts, (felt, felt if lasts else (felt + 1) % 3), strict=True):
                targets[k] = tuple(np.eye(3)[label].tolist())
    return Part(tuple(dialogues), targets)


@needs_minilm
def test_each_corpus_that_validates_has_a_memory_of_its_own(made):
    from empathia.emotion.talk.fitting import remembering

    plain = {n: View(v.bias) for n, v in made.answer.views.items()}
    answers = dataclasses.replace(made.answer, views=plain | {"new": plain[""]})
    both = remembering(answers, moods({"rare": True, "often": False})).views
    assert sum(both["rare"].memory) > 0.5
    assert sum(both["often"].memory) < -0.5
    assert both["new"] == both[""] == plain[""]  # of which nothing validates
    for alone in both:
        views = {n: dataclasses.replace(v, alone=n == alone) for n, v in plain.items()}
        other = remembering(dataclasses.replace(answers, views=views), moods({"rare": True}))
        assert (sum(other.views["rare"].memory) > 0.5) == (alone != "rare")


@needs_minilm
@pytest.mark.parametrize("what", ["right", "wrong", "lasting"])
def test_a_few_answers_make_nothing_sure(made, what):
    from empathia.emotion.talk.fitting import remembering

    few = moods({"rare": True})
    turns = slice(0, 2 if what == "lasting" else 1)
    few = Part(tuple(d[turns] for d in few.dialogues[:3]), few.targets)
    if what == "wrong":
        few = Part(few.dialogues, {k: (*t[1:], t[0]) for k, t in few.targets.items()})
    again = remembering(made.answer, few)
    assert np.exp(-3) <= again.temperature <= np.exp(3)
    assert max(map(abs, again.views["rare"].memory)) < 2
    if what == "right":  # as if of four, one leant nowhere
        scores = again(few.dialogues)
        told = [np.dot(scores[d[0].id], few.targets[d[0].id]) for d in few.dialogues]
        assert np.mean(told) == pytest.approx((3 + 1 / 3) / 4, abs=0.1)


@needs_minilm
def test_one_memory_of_all_corpora_that_was_kept_is_read(made, tmp_path):
    made.save(tmp_path)
    values = json.loads((tmp_path / VALUES).read_text(encoding="utf-8"))
    values["memory"] = [0.5, -1.0, 0.25, 0.0]
    (tmp_path / VALUES).write_text(json.dumps(values), encoding="utf-8")
    options = {**OPTIONS, "past": 2, "pieces": 32}
    views = talk.load(tmp_path, Options(options)).views
    assert views["rare"].memory == views["often"].memory == (0.5, -1.0, 0.25, 0.0)
    assert not any(views[""].memory)

    answers = talk.load(tmp_path, Options({**options, "alone": ["rare"]}))
    (dialogue,) = part(["rare30"], 5)[0].dialogues
    for corpus, same in (("rare", True), ("often", False)):
        of_it = [dataclasses.replace(s, groups={"corpus": corpus}) for s in dialogue]
        whole_talk, each = answers([of_it]), answers([[s] for s in of_it])
        apart = max(np.abs(np.subtract(whole_talk[k], each[k])).max() for k in each)
        assert (apart < 1e-5) == same


class Counting:
    """Counts what an encoder reads."""

    def __init__(self, encoder):
        self.encoder, self.read = encoder, 0

    def encode_pieces(self, pieces, starts):
        self.read += len(pieces)
        return self.encoder.encode_pieces(pieces, starts)


@needs_minilm
def test_a_talk_longer_than_what_is_remembered_is_read_once(made, monkeypatch):
    monkeypatch.setattr(talk, "_KEPT", 4)
    encoder = Counting(made.answer.encoder)
    answers = dataclasses.replace(made.answer, encoder=encoder, _known=OrderedDict())
    turns = [Sample(str(n), f"we saw {n}", "en", speaker="AB"[n % 2]) for n in range(12)]
    for n in range(len(turns)):
        answers([turns[: n + 1]])
        assert encoder.read == n + 1
    others = [[Sample(text, text, "en")] for text in ("lovely", "rude", "grey", "sunny")]
    answers([*others[:3], others[0], others[3]])  # "lovely" is asked again: "rude" is the oldest
    before = encoder.read
    answers([[Sample("x", "unfair", "en")], others[0]])
    assert encoder.read == before + 1
    answers([others[1]])
    assert encoder.read == before + 2


@needs_minilm
def test_it_learns_from_words_and_from_measures(made):
    test, gold = part(["rare30", "rare31", "rare32"], 5)
    test = whole(test, gold)
    both = [s for d in test.dialogues for s in d]
    unspoken = [dataclasses.replace(s, text=None, groups={"corpus": "new"}) for s in both]
    unheard = [dataclasses.replace(s, features={}) for s in both]
    for samples in (both, unspoken, unheard):
        answers = [LABELS.labels[int(scored(made, s)[0].argmax())] for s in samples]
        right = np.mean([a == gold[s.id] for a, s in zip(answers, samples, strict=True)])
        assert right > 0.6


@needs_minilm
def test_what_it_cannot_judge_it_says(made):
    silent, korean = Sample("s"), Sample("k", "정말 기뻐요", "ko")
    nothing, foreign = scored(made, silent, korean)
    assert nothing == "no words"
    assert "ko" in foreign
    between = scored(made, Sample("a", "lovely", "en"), korean, Sample("b", "lovely", "en"))
    assert isinstance(between[1], str)
    assert not isinstance(between[2], str)


@needs_minilm
def test_turns_that_come_one_by_one_are_read_as_all_at_once(made):
    test, gold = part(["rare40"], 3)
    (dialogue,) = whole(test, gold).dialogues
    whole_talk = scored(made, *dialogue)
    for n in range(1, len(dialogue) + 1):
        np.testing.assert_allclose(scored(made, *dialogue[:n])[-1], whole_talk[n - 1], atol=1e-5)


@needs_minilm
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"exclusive": False}, ConfigError),
        ({"options": {"start": "voice-default"}}, ConfigError),
    ],
)
def test_what_cannot_be_learnt_is_refused(tmp_path, change, expected):
    pytest.importorskip("torch")
    train = corpora([0], 0)
    with pytest.raises(expected):
        learn("talk", tmp_path, **{"train": train, "valid": train, "training": QUICK, **change})


@needs_minilm
def test_a_corpus_that_validates_has_to_teach(tmp_path):
    pytest.importorskip("torch")
    train, valid = corpora([0], 0), corpora([1], 0)
    other = tuple(
        tuple(dataclasses.replace(s, groups={"corpus": "other"}) for s in d)
        for d in valid.dialogues
    )
    with pytest.raises(TrainingError, match="other"):
        learn(
            "talk",
            tmp_path,
            train=train,
            valid=dataclasses.replace(valid, dialogues=other),
            options={"start": ""},
            training=QUICK,
        )


@needs_minilm
def test_a_corpus_without_a_word_cannot_teach(tmp_path):
    pytest.importorskip("torch")
    train = corpora([0], 0)
    mute = [
        tuple(dataclasses.replace(s, text=None) if "often" in s.id else s for s in d)
        for d in train.dialogues
    ]
    with pytest.raises(TrainingError, match="corpus 'often' has words"):
        learn(
            "talk",
            tmp_path,
            train=dataclasses.replace(train, dialogues=tuple(mute)),
            valid=corpora([1], 0),
            options={"start": ""},
            training=QUICK,
        )


RATED = {"glad": (0.6, 0.2, 0.1), "low": (-0.5, -0.4, 0.0), "cross": (-0.6, 0.6, 0.3)}


def rated(numbers, seed):
    """One corpus; every other utterance is rated, by its label with some noise."""
    made, gold = part([f"rare{n}" for n in numbers], seed)
    some = sorted(gold)[::2]
    noise = np.random.default_rng(seed).normal(0, 0.1, (len(some), 3))
    vad = {k: tuple(np.clip(RATED[gold[k]] + e, -1, 1)) for k, e in zip(some, noise, strict=True)}
    return dataclasses.replace(whole(made, gold), vad=vad)


@needs_minilm
def test_valence_and_arousal_are_learnt_where_they_are_rated(made, tmp_path):
    pytest.importorskip("torch")
    model = learn(
        "talk",
        tmp_path,
        train=rated(range(8), 0),
        valid=rated([20, 21, 22], 1),
        modalities={"text": (), "voice": ("tone",)},
        options={"past": 1, "pieces": 32, "start": ""},
        training={"epochs": 5, "lr": 1e-3, "patience": 6},
    )
    test, gold = part(["rare30", "rare31", "rare32"], 5)
    dialogues = whole(test, gold).dialogues
    told = {
        s.id: e.vad
        for d, row in zip(dialogues, model.recognise(dialogues), strict=True)
        for s, e in zip(d, row, strict=True)
    }
    for axis in range(3):
        said = np.array([told[k][axis] for k in sorted(told)])
        wanted = np.array([RATED[gold[k]][axis] for k in sorted(told)])
        assert np.corrcoef(said, wanted)[0, 1] > 0.7
        spread = np.hypot(wanted.std(), 0.1)  # as raters spread, who are of several minds
        assert said.std() == pytest.approx(spread, rel=0.3)
    kept = tmp_path / "kept"
    kept.mkdir()
    model.save(kept)
    again = talk.recogniser(
        model.about, talk.load(kept, Options({**OPTIONS, "past": 1, "pieces": 32}))
    )
    (first,) = again.recognise(dialogues[:1])
    np.testing.assert_allclose(
        [e.vad for e in first], [told[e] for e in (s.id for s in dialogues[0])], atol=1e-6
    )
    ((unread,),) = model.recognise([[Sample("k", "정말 기뻐요", "ko")]])
    assert unread.vad is None
    assert made.recognise(dialogues[:1])[0][0].vad is None  # nothing was rated


@needs_minilm
@pytest.mark.parametrize("ratings", [1, 2])
def test_a_few_ratings_do_not_stretch_what_is_told(tmp_path, ratings):
    pytest.importorskip("torch")
    from empathia.emotion.talk.fitting import TalkTask

    train, valid = rated([0, 1], 0), rated([2], 1)
    far = zip(sorted(valid.vad)[:ratings], [(-1.0,) * 3, (1.0,) * 3], strict=False)
    valid = dataclasses.replace(valid, vad=dict(far))
    task = TalkTask(
        problem("talk", tmp_path, train=train, valid=valid, options={"start": ""}, training=QUICK)
    )
    factor, added = (x[len(LABELS) :] for x in task.scale())
    assert (factor > task.spread / 5).all()
    assert (factor < task.spread * 5).all()
    assert (np.abs(added) < 1).all()


@pytest.mark.parametrize(
    ("text", "language", "values", "reason"),
    [
        ("...", "en", [1.0, np.nan], None),  # nothing to read, something to hear
        (None, None, [1.0, np.nan], None),
        ("👍", "en", [np.nan, np.nan], "no words"),
        (None, None, None, "no words"),
        ("정말 기뻐요", "ko", [1.0, 2.0], "it knows en, the words are in ko"),
        ("нет", None, [1.0, 2.0], "its language is not known"),
        ("Ndiyo", "und", None, "it knows en, the words are in another language"),
        ("Hm.", None, None, None),
    ],
)
def test_what_there_is_to_judge_by(text, language, values, reason):
    tone = {} if values is None else {"tone": Features("x", "tone", np.float32([values]))}
    sample = Sample("x", text, language, tone, groups={"corpus": "new"})
    assert cannot(sample) == reason
    of_nothing = reason or (None if text == "Hm." else "no words")
    assert cannot(dataclasses.replace(sample, groups={})) == of_nothing


@needs_minilm
@pytest.mark.parametrize("text", ["Hm.", "No.", "OK", "7", "so " * 600, "rude and sunny " * 2000])
def test_turns_of_a_word_and_turns_without_end_are_judged(made, text):
    samples = [Sample(str(i), text, "en", speaker=who) for i, who in enumerate(["A", "B", None])]
    for scores in scored(made, *samples):
        assert scores.sum() == pytest.approx(1)
