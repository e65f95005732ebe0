"""Tuning a language model to tell feelings apart: on one of a few thousand numbers, made here."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from little_problem import FILL, LABELS, WORDS, part, problem  # noqa: E402
from tiny_chat import write_model  # noqa: E402
from tiny_gguf import write_gguf  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

from empathia import emotion, weights  # noqa: E402
from empathia.config import Options  # noqa: E402
from empathia.emotion import lm  # noqa: E402
from empathia.emotion.lm import calibrating, fitting  # noqa: E402
from empathia.emotion.lm import tuning as tuning_of  # noqa: E402
from empathia.emotion.lm.asking import Asking  # noqa: E402
from empathia.emotion.lm.lower import Halves, States  # noqa: E402
from empathia.emotion.lm.packing import runs  # noqa: E402
from empathia.emotion.lm.read import ANSWERS, asking  # noqa: E402
from empathia.errors import (  # noqa: E402
    ConfigError,
    LeakageError,
    TrainingError,
    WeightsError,
)
from empathia.files import read_json_lines  # noqa: E402
from empathia.labels import LabelSet  # noqa: E402
from empathia.lm import hub  # noqa: E402
from empathia.lm.hub import base, chat  # noqa: E402
from empathia.lm.hub.base import base_model  # noqa: E402
from empathia.lm.hub.model import logits  # noqa: E402
from empathia.training import keeping  # noqa: E402
from empathia.training import model as kept_models  # noqa: E402
from empathia.training.problem import Part  # noqa: E402
from empathia.types import Message, Sample  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    words = [w for several in WORDS.values() for w in several]
    more = ["Speaker", "A", "B", ":", "How", "does", "feel", "?", "very", "glad", "low", "cross"]
    return write_model(tmp_path_factory.mktemp("tiny"), [*words, *FILL, *more])


def tuning(folder, out, epochs=2, language="en", **options):
    train, valid = (spoken(part(x, n)[0], language) for x, n in (("abcd", 1), ("ef", 2)))
    options = {"backend": "hub", "model": str(folder), "tune": "lora", "rank": 2, **options}
    training = {"epochs": epochs, "batch": 6, "lr": 0.03, "select": "likelihood"}
    return problem("lm", out, train=train, valid=valid, options=options, training=training)


def spoken(made, language):
    """A part whose words are in a language."""
    return dataclasses.replace(
        made,
        dialogues=tuple(
            tuple(dataclasses.replace(s, language=language) for s in d) for d in made.dialogues
        ),
    )


def task(p):
    model, tokenizer = base_model(p.options.text("model"))
    reader = calibrating.reader(p)
    return fitting.Task(p, reader, model.eval(), tokenizer, fitting.Meter(lambda *_: None))


def test_what_is_learnt_from_in_a_pass_is_what_plain_prompts_say(folder, tmp_path):
    p = tuning(folder, tmp_path, turns=4, back=2, window=5)
    made, reader = task(p), calibrating.reader(p)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    every = [
        run
        for d in p.train.dialogues
        for run in runs(d, reader.prompts(d, {s.id for s in d}), back=2, turns=4)
    ]
    assert len(every) == len(made.train) == 8
    for run, item in zip(every, made.train, strict=True):
        prompts = [chat.tokens(made.tokenizer, x.messages()) for x in run.values()]
        assert len(item.packed.tree) < 0.7 * sum(map(len, prompts))
        packed = item.packed
        rows = zip(packed.places, packed.tokens, packed.cells, strict=True)
        with torch.no_grad():
            for (place, token, cell), told in zip(rows, logits(model, packed), strict=True):
                turn, label = divmod(int(cell), len(LABELS))
                answer = made.answers[label]
                begun = answer[: answer.index(token)]
                plain = [*prompts[turn], *begun]
                assert path(packed.tree, place) == plain
                alone = model(torch.tensor([plain])).logits[0, -1]
                assert torch.allclose(told, alone, atol=1e-4)


def path(tree, place):
    """The tokens of a text that ends at a place of a tree."""
    ids, at = [], int(place)
    while at >= 0:
        ids.insert(0, tree.ids[at])
        at = tree.parents[at]
    return ids


def test_layers_below_are_computed_once_and_change_nothing(folder, tmp_path):
    model, _ = base_model(str(folder), exact=True)
    packed = task(tuning(folder, tmp_path)).train[0].packed
    halves = Halves.of(model, 1)
    states = States(tmp_path / "states.npy", len(packed.tree), halves)
    for _ in range(2):
        told = halves.logits(packed, states.of(packed.tree, 0))
        assert torch.allclose(told, logits(model, packed), atol=0.1)
        for layer in model.model.layers[:1].parameters():
            layer.data.zero_()  # no matter any more
        model = base_model(str(folder), exact=True)[0]
    assert Halves.of(model, 0) is None
    assert Halves.of(model, 2) is None
    model.config.model_type = "strange"
    assert Halves.of(model, 1) is None


@pytest.mark.parametrize(
    ("tune", "layers", "file"),
    [
        ("lora", 0, "adapter_model.safetensors"),
        ("lora", 1, "adapter_config.json"),
        ("full", 1, "layers.safetensors"),
    ],
)
def test_it_learns_and_is_kept(folder, tmp_path, tune, layers, file):
    more = {"tune": tune, "layers": layers, "targets": "all", "calibrate": 100}
    p = tuning(folder, tmp_path / "out", epochs=12, **more)
    notes = []
    learnt = lm.learn(dataclasses.replace(p, progress=lambda *told: notes.append(told)))
    first, *_, last = (h["loss"] for h in learnt.record["history"])
    assert last < first - 0.3
    assert learnt.record["calibration"]["turns"] == 12
    assert any("tokens/s" in what for what, *_ in notes)
    assert not (tmp_path / "out" / fitting.STATES).exists()
    answers = learnt.recognise(p.valid.dialogues)

    kept = tmp_path / "model"
    kept.mkdir()
    learnt.save(kept)
    settings = keeping.Settings(
        "lm", "lm", LABELS, True, True, {"text": ()}, p.options.values, "any", noncommercial=False
    )
    settings.write(kept)
    assert (kept / file).is_file()
    again = keeping.load(kept, 1).recognise(p.valid.dialogues)
    for row, other in zip(answers, again, strict=True):
        for one, two in zip(row, other, strict=True):
            assert two.scores == pytest.approx(one.scores, abs=1e-4)

    (tmp_path / "copy").mkdir()
    keeping.load(kept, 1).save(tmp_path / "copy")
    assert (tmp_path / "copy" / file).read_bytes() == (kept / file).read_bytes()
    for path in (*kept.glob("adapter*"), *kept.glob("layers*")):
        path.unlink()
    with pytest.raises(WeightsError, match="what tuning learnt is missing"):
        keeping.load(kept, 1)


def test_a_model_is_asked_again_where_it_computes_otherwise(folder, tmp_path, monkeypatch):
    """On a GPU, or in other numbers: a run that goes on elsewhere mixes no answers."""
    options = Options({**lm.OPTIONS, "backend": "hub", "model": str(folder)})

    def known():
        asking(options, 1, tmp_path).scores([(Message("user", "very glad ?"),)], ("low", "cross"))
        return len(list(read_json_lines(tmp_path / ANSWERS)))

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (known(), known()) == (1, 1)
    assert hub.computed(str(folder)) == ("cpu", "float32")
    monkeypatch.setattr(base, "_SMALL_BYTES", 0)
    assert hub.load(str(folder)).model.dtype == torch.bfloat16
    assert (known(), known()) == (2, 2)
    assert hub.computed(str(folder)) == ("cpu", "bfloat16")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert hub.computed(str(folder)) == ("cuda", "bfloat16")
    assert hub.computed(str(tmp_path / "none")) == ()


@pytest.mark.parametrize("how", [{"tune": "lora"}, {"tune": "full", "layers": 1}])
def test_a_tuned_model_is_asked_again_where_it_computes_otherwise(
    folder, tmp_path, monkeypatch, how
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    counts = []
    for small in (10**9, 10**9, 0):
        monkeypatch.setattr(base, "_SMALL_BYTES", small)
        lm.learn(tuning(folder, tmp_path, epochs=1, **how))
        counts.append(len(list(read_json_lines(tmp_path / ANSWERS))))
    assert counts == [12, 12, 24]


@pytest.mark.parametrize("how", [{"tune": "lora"}, {"tune": "full", "layers": 1}])
def test_what_a_tuning_leaves_is_no_model_of_another_run(folder, tmp_path, how):
    """It has no settings, and would be tested on what it learnt from."""
    p = tuning(folder, tmp_path / "out", epochs=1, calibrate=0, **how)
    learnt = lm.learn(p)
    left = tmp_path / "out" / tuning_of.LEARNT
    copied = shutil.copytree(left, tmp_path / "elsewhere")
    older = shutil.copytree(left, tmp_path / "older" / tuning_of.LEARNT)
    (older / tuning_of.UNKEPT).unlink()
    for place in (left, copied, older):
        asks = Options({**p.options.values, "tune": "none", "model": str(place)})
        with pytest.raises(LeakageError, match=r"work of a tuning.* out/<run>/model"):
            emotion.kept_of("lm", asks)
    (tmp_path / "model").mkdir()
    learnt.save(tmp_path / "model")
    assert not (tmp_path / "model" / tuning_of.UNKEPT).exists()
    asks = Options({**p.options.values, "model": str(folder)})
    assert emotion.kept_of("lm", asks) == ()


def test_tuning_begins_where_another_ended(folder, tmp_path):
    """As likely as that one's end, and with what that one learnt from to answer for."""
    first = tuning(folder, tmp_path / "out", epochs=8, targets="all", alpha=4.0)
    learnt = lm.learn(first)
    kept = tmp_path / "model"
    kept.mkdir()
    learnt.save(kept)
    keeping.Settings(
        "lm",
        "lm",
        LABELS,
        True,
        True,
        {"text": ()},
        first.options.values,
        "any",
        noncommercial=False,
    ).write(kept)
    fresh = task(tuning(folder, tmp_path / "a", targets="all"))
    on = task(tuning(folder, tmp_path / "b", targets="all", start=str(kept)))  # with another alpha
    with torch.no_grad():
        before, now = (t.validate()["likelihood"] for t in (fresh, on))
    best = max(h["likelihood"] for h in learnt.record["history"])
    assert now == pytest.approx(best, abs=0.05)  # in bf16
    assert now > before + 0.1
    learns = [[p.requires_grad for p in t.module.parameters()] for t in (fresh, on)]
    assert learns[0] == learns[1] and any(learns[1])
    going = Options({**first.options.values, "start": str(kept)})
    assert emotion.kept_of("lm", going) == (kept,)
    ships = Options({**first.options.values, "start": "lm-talk"})
    assert emotion.kept_of("lm", ships) == (weights.folder("lm-talk"),)

    for wrong, told in (
        ({"rank": 4}, "size"),
        ({"targets": "qkv"}, "none other can begin"),
        ({"layers": 1}, "none other can begin"),
    ):
        with pytest.raises(WeightsError, match=told):
            task(tuning(folder, tmp_path / "d", **({"targets": "all", "start": str(kept)} | wrong)))
    with pytest.raises(ConfigError, match=r"start.*ships, or the folder of a kept one"):
        emotion.kept_of("lm", Options({**first.options.values, "start": str(tmp_path)}))
    with pytest.raises(LeakageError, match="work of a tuning"):
        left = tmp_path / "out" / tuning_of.LEARNT
        emotion.kept_of("lm", Options({**first.options.values, "start": str(left)}))


def test_adapters_of_a_gguf_file_are_learnt_with_torch_and_read_without(tmp_path, monkeypatch):
    pytest.importorskip("xllamacpp")
    file = write_gguf(tmp_path / "tiny.gguf")
    p = tuning(file, tmp_path / "out", 6, backend="local", back=2, window=2, calibrate=0)
    learnt = lm.learn(p)
    (tmp_path / "model").mkdir()
    learnt.save(tmp_path / "model")
    keeping.Settings(
        "lm", "lm", LABELS, True, True, {"text": ()}, p.options.values, "any", noncommercial=False
    ).write(tmp_path / "model")

    def said(recogniser):
        scores = kept_models.scores_of(recogniser, p.valid.dialogues)
        return np.array([scores[s.id] for s in p.valid.labelled()])

    tuned = said(learnt)
    monkeypatch.setattr(hub, "load", lambda *_, **__: pytest.fail("torch is asked"))
    assert said(keeping.load(tmp_path / "model", 1)) == pytest.approx(tuned, abs=0.02)
    assert np.abs(said(calibrating.reader(p).recogniser(learnt.about)) - tuned).max() > 0.1


def test_labels_that_could_not_be_asked_about_at_use_are_refused_before_anything_is_learnt(
    tmp_path,
):
    """The byte of a part of a character is a token of its own."""
    file, labels = write_gguf(tmp_path / "tiny.gguf"), LabelSet("ko3", ("glad", "기쁨", "cross"))
    p = dataclasses.replace(tuning(file, tmp_path / "out", 9, backend="local"), labels=labels)
    with pytest.raises(ConfigError, match=r"'기쁨' has a character .* take backend = 'hub'"):
        lm.learn(p)
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize(
    ("language", "reads", "read"),
    [
        ("en_GB", ("en",), [True, False, True, False]),
        ("ko", ("ko",), [False, True, True, True]),
        (None, (), [True, True, True, True]),
    ],
)
def test_it_reads_the_languages_that_it_was_tuned_in(folder, tmp_path, language, reads, read):
    learnt = lm.learn(tuning(folder, tmp_path, 1, language, tune="full", layers=1, calibrate=0))
    assert learnt.about.languages == reads
    said = [
        ("a", "lovely", "en"),
        ("b", "lovely", "ko"),
        ("c", "lovely", None),
        ("d", "슬퍼", None),
    ]
    (row,) = learnt.recognise([[Sample(*one, speaker="A") for one in said]])
    assert [bool(e.scores) for e in row] == read


def test_a_training_that_was_stopped_goes_on_to_the_same_end(folder, tmp_path):
    whole = lm.learn(tuning(folder, tmp_path / "whole", layers=1))

    def stop(what, done, total):
        if done == 5:
            raise KeyboardInterrupt

    p = tuning(folder, tmp_path / "parts", layers=1)
    every = dataclasses.replace(p.training, checkpoint_every=1)
    with pytest.raises(KeyboardInterrupt):
        lm.learn(dataclasses.replace(p, progress=stop, training=every))
    again = lm.learn(dataclasses.replace(p, training=every))
    assert again.record["history"] == whole.record["history"]


def test_prompts_answered_together_say_what_each_says_alone(folder, tmp_path):
    p = tuning(folder, tmp_path)
    reader = calibrating.reader(p)
    asked = Asking(lambda: hub.load(str(folder), 1), "m", together=5)
    chats = [
        x.messages()
        for d in p.valid.dialogues
        for x in reader.prompts(d, {s.id for s in d}).values()
    ]
    together = asked.scores(chats, list(LABELS))
    one = Asking(lambda: hub.load(str(folder), 1), "m", tmp_path / "kept.jsonl")
    alone = np.concatenate([one.scores([c], list(LABELS)) for c in chats])
    assert together == pytest.approx(alone, abs=1e-3)
    again = Asking(lambda: pytest.fail("asked twice"), "m", tmp_path / "kept.jsonl")
    assert again.scores(chats, list(LABELS)) == pytest.approx(alone)


def test_steps_have_as_many_turns_as_a_batch(folder, tmp_path):
    made = task(tuning(folder, tmp_path, turns=3))
    epochs = [made.batches(e, 1) for e in range(4)]
    assert [made.batches(e, 1) for e in range(4)] == epochs
    assert {sum(len(i.targets) for i in batch) for e in epochs for batch in e} == {6}
    assert len({len(e) for e in epochs}) == 1
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize(("normalise", "balance"), [("sum", "none"), ("mean", "weights")])
def test_the_loss_is_of_the_labels_as_they_are_scored_at_use(folder, tmp_path, normalise, balance):
    p = tuning(folder, tmp_path, normalise=normalise, balance=balance, back=12)
    made, reader = task(p), calibrating.reader(p)
    chats, gold = [], []
    for d in p.train.dialogues:
        asked = reader.prompts(d, {s.id for s in d})
        chats += [x.messages() for x in asked.values()]
        gold += [p.train.targets[k] for k in asked]
    said = torch.from_numpy(
        Asking(lambda: hub.load(str(folder), 1), "m").scores(chats, list(LABELS))
    )
    if normalise == "mean":
        said = said / torch.tensor([len(x) for x in LABELS])
    gold = torch.tensor(gold)
    shares = gold.mean(0)
    weight = 1 / (3 * shares) if balance == "weights" else torch.ones(3)
    expected = -(gold * weight * torch.log_softmax(said, 1)).sum(1).mean()
    assert made.loss(made.train).item() == pytest.approx(float(expected), abs=0.03)


def test_what_cannot_be_tuned_is_told(folder, tmp_path):
    for wrong in (
        {"tune": "magic"},
        {"rank": 0},
        {"dropout": 1.0},
        {"targets": "some"},
        {"backend": "scripted"},
        {"backend": "local", "tune": "full"},
        {"answer": "free"},
        {"shots": 2},
        {"tune": "full", "start": "x"},
    ):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            lm.learn(tuning(folder, tmp_path, **wrong))
    p = tuning(folder, tmp_path)
    with pytest.raises(TrainingError, match="training part"):
        lm.learn(dataclasses.replace(p, train=Part((), {})))
