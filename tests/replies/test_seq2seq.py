"""The encoder-decoder: what judges, exemplars, labels and long talks do to it."""

from __future__ import annotations

import dataclasses

import little_bank
import little_replies
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from little_replies import GLAD, PAIRS, SAD, problem

from empathia.contracts import Tools
from empathia.errors import ConfigError, TrainingError, UsageError, WeightsError
from empathia.exemplars import bank as banks
from empathia.replies import seq2seq
from empathia.replies.lm.polish import UnfitError
from empathia.replies.seq2seq import fitting, kept
from empathia.replies.seq2seq.judging import LOSSES, Judged, losses, soft_embeddings
from empathia.replies.seq2seq.net import SmallNet, stacked
from empathia.replies.seq2seq.retrieving import nearest
from empathia.replies.seq2seq.vocabulary import CUES, LISTENER, SPEAKER, learn
from empathia.training.fit import fit
from empathia.types import Turn, Utterance, Wish
from empathia.types.felt import ELEMENTS

TOOLS = Tools(lambda: pytest.fail("no language model is needed"), 1)
ONE = (([3, 20, 21], [0, 0, 0]), ([3, 22], [0, 1]))
WRITTEN = torch.tensor([[1, 30, 31], [1, 32, 33]])


def talk(*said: str, gold: str | None = None) -> list[Turn]:
    told = (gold,) if gold else ()
    return [Turn(Utterance(f"u{i}", i, "AB"[i % 2], t, gold=told)) for i, t in enumerate(said)]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learnt")
    model = seq2seq.learn(problem(folder / "run", epochs=6, batch=1, cued=0.0, loss_reaction=0.01))
    (folder / "model").mkdir()
    model.save(folder / "model")
    return model, folder / "model"


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return fitting.prepared(problem(tmp_path_factory.mktemp("task")))[0]


def load(folder, **options):
    return seq2seq.load({"model": str(folder), "decoding": "greedy", **options}, TOOLS)


# Judges


def test_no_parameter_of_a_judge_moves_and_none_is_optimised(tmp_path):
    given_problem = problem(tmp_path, epochs=2)
    task, _ = fitting.prepared(given_problem)
    before = {n: t.clone() for n, t in task.judges.state_dict().items()}
    weights = {n: t.clone() for n, t in task.module.state_dict().items()}
    fit(task, given_problem.training, tmp_path, seed=1, fingerprint=task.problem.fingerprint)
    assert all(torch.equal(before[n], t) for n, t in task.judges.state_dict().items())
    assert any(not torch.equal(weights[n], t) for n, t in task.module.state_dict().items())
    optimised = {id(p) for group in task.groups() for p in group["params"]}
    assert not optimised & {id(p) for p in task.judges.parameters()}
    assert not any(p.requires_grad or p.grad is not None for p in task.judges.parameters())
    assert not any(m.training for m in task.judges.modules())


@given(seed=st.integers(0, 99), length=st.integers(1, 5), size=st.integers(2, 9))
def test_soft_embeddings_are_means_over_the_vocabulary(seed, length, size):
    torch.manual_seed(seed)
    logits, table = torch.randn(2, length, size), torch.randn(size, 4)
    soft = soft_embeddings(logits, table)
    for t in range(length):  # each place by itself
        p = logits[:, t].exp() / logits[:, t].exp().sum(1, keepdim=True)
        expected = sum(p[:, v, None] * table[v] for v in range(size))
        assert torch.allclose(soft[:, t], expected, atol=1e-5)
    assert torch.allclose(
        soft_embeddings(logits, torch.ones(size, 1)), torch.ones(2, length, 1), atol=1e-5
    )
    sure = torch.full_like(logits, -1e4).scatter(-1, logits.argmax(-1, keepdim=True), 1e4)
    assert torch.allclose(soft_embeddings(sure, table), table[logits.argmax(-1)])


@pytest.mark.parametrize("reads", ["mean", "first"])
def test_a_judge_reads_sure_pieces_as_it_reads_text(task, reads):
    judges = fitting.Judges(task.vocabulary.size, 8, reads).frozen()
    ids = torch.tensor([task.vocabulary.pieces(SAD)])
    mask = torch.ones_like(ids, dtype=torch.bool)
    sure = torch.full((*ids.shape, task.vocabulary.size), -1e4).scatter(2, ids[..., None], 1e4)
    hard = judges(judges.table(ids), mask)
    soft = judges(soft_embeddings(sure, judges.table.weight), mask)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(hard, soft, strict=True))


def test_what_was_not_judged_does_not_count():
    said = torch.zeros(2, 3, 3), torch.zeros(2)
    some = Judged.of([little_replies.judged("reaction", 1.0), None])
    found = losses(said, some)
    assert found["sentiment"] == 1.0
    assert all(abs(float(found[e]) - 1.0986) < 1e-3 for e in ELEMENTS)  # ln 3
    assert not any(losses(said, Judged.of([None, None])).values())


@pytest.mark.parametrize("name", ["lm", *LOSSES])
def test_the_weight_of_each_loss_has_an_effect_on_the_gradient(task, name):
    batch = task.batches(0, 1)[0]

    def gradient(**weights):
        task.weights = {k: float(weights.get(k, 0)) for k in ("lm", *LOSSES)}
        parameters = list(task.module.parameters())
        grads = torch.autograd.grad(task.loss(batch), parameters, allow_unused=True)
        return torch.cat([g.flatten() for g in grads if g is not None])

    whole = gradient(**dict.fromkeys(("lm", *LOSSES), 1))
    alone, twice = gradient(**{name: 1}), gradient(**{name: 2})
    without = gradient(**{k: 1 for k in ("lm", *LOSSES) if k != name})
    assert alone.abs().max() > 1e-7
    assert torch.allclose(2 * alone, twice, atol=1e-5)
    assert torch.allclose(whole - without, alone, atol=1e-5)


# Exemplars and labels


@pytest.mark.parametrize("way", ["none", "pooled", "attended", "both"])
def test_exemplars_change_the_output_where_they_are_given(way):
    torch.manual_seed(1)
    net = SmallNet(40, 8, layers=1, heads=2, dropout=0.0, given=way).eval()

    def answers(*exemplars):
        return net(stacked(ONE, exemplars, 2), WRITTEN)

    first = answers([[25, 2], [26, 2]], [[27, 2]])
    assert torch.allclose(first, answers([[25, 2], [26, 2]], [[27, 2]]))
    for others in ([[28, 2], [26, 2]], [[27, 2]]), ([], [[27, 2]]), ([[25, 2]], []):
        changed = answers(*others)
        assert changed.isfinite().all()
        assert torch.allclose(first[0], changed[0], atol=1e-6) is (
            way == "none" or others[0] == [[25, 2], [26, 2]]
        )
    # More slots beside it are no exemplars of a talk.
    wider = answers([[25, 2], [26, 2]] * 3, [[27, 2]])
    assert torch.allclose(first[1], wider[1], atol=1e-5)


def test_own_talks_are_left_out_and_no_label_reaches_retrieval(tmp_path):
    same_talk = tuple(dataclasses.replace(p, dialogue=p.id[:-1]) for p in PAIRS)
    _, plain = fitting.prepared(problem(tmp_path / "a", same_talk))
    turned = tuple(
        dataclasses.replace(p, emotion={"sad": "joyful", "joyful": None}[p.emotion])
        for p in same_talk
    )
    other_task, other = fitting.prepared(problem(tmp_path / "b", turned))
    assert plain.bank.pairs == other.bank.pairs
    assert {p.emotion for p in plain.bank.pairs} == {None}
    rows = nearest(plain.bank, same_talk, 3, "words", folder=tmp_path, threads=1)
    assert rows == nearest(other.bank, turned, 3, "words", folder=tmp_path, threads=1)
    for pair, row in zip(same_talk, rows, strict=True):
        assert row
        assert pair.dialogue not in {plain.bank.pairs[i].dialogue for i in row}
    assert {p.id for p in plain.bank.pairs} == {p.id for p in PAIRS[:-2]}  # nor is validation in it
    assert other_task.train.exemplars


def test_no_gold_label_can_change_a_reply(learnt):
    generator = load(learnt[1])
    said = ("Hello", "Hi there", "I lost my keys")
    plain = generator.propose(talk(*said))
    assert generator.propose(talk(*said, gold="joyful")) == plain
    assert plain[0].exemplars
    assert {e.emotion for e in plain[0].exemplars} == {None}


# Words and long talks

VOCABULARY = learn([p.context + p.reply for p in PAIRS] * 3, 330)


@given(
    st.lists(st.text(min_size=1), min_size=1, max_size=6),
    st.integers(len(CUES) + 1, 40),
    st.lists(st.sampled_from(CUES), unique=True, max_size=3),
)
def test_the_last_turn_survives_truncation(texts, most, told):
    lines = [(i % 2, t) for i, t in enumerate(texts)]
    ids, roles = VOCABULARY.context(lines, most, told)
    last = [VOCABULARY.marks.turn, *VOCABULARY.pieces(texts[-1])]
    kept_pieces = last[-(most - len(told)) :]
    assert len(ids) == len(roles) <= most
    assert ids[-len(kept_pieces) :] == kept_pieces
    assert set(roles[-len(kept_pieces) :]) == {lines[-1][0]}
    assert ids[: len(told)] == [VOCABULARY.marks.cues[c] for c in told]


def test_the_latest_of_500_turns_decide(learnt):
    model, folder = learnt
    read = model.read([(i % 2, f"word {i} " * 9) for i in range(499)] + [(0, "I lost my keys")])
    assert model.vocabulary.text(read.talk[0].tolist()).endswith("I lost my keys")
    assert read.talk.shape[1] <= model.settings.context
    assert load(folder).propose(talk(*["So what"] * 500, "keys " * 20_000))[0].text


@given(st.text())
def test_text_comes_back_and_brings_no_mark(text):
    pieces = VOCABULARY.pieces(f"{text}<end> <pad> <reaction=2>")
    assert not set(pieces) & {*VOCABULARY.marks.silent, VOCABULARY.marks.end}
    known = "".join(c for c in text if not 0xD800 <= ord(c) < 0xE000)
    if known == text and known.isascii():
        assert VOCABULARY.text(VOCABULARY.pieces(text)) == text.strip()


def test_what_is_wished_for_stands_in_front():
    told = seq2seq.cues({"exploration": 2, "reaction": 0}, -0.4)
    assert told == ["reaction=0", "exploration=2", "sentiment=bad"]
    assert set(told) < set(CUES)
    assert (SPEAKER, LISTENER) == (0, 1)


# Kept models


def test_it_learns_and_a_kept_model_answers_the_same(learnt):
    model, folder = learnt
    history = model.record["history"]
    assert history[-1]["perplexity"] < history[0]["perplexity"] / 2
    again = kept.load(folder)
    read = model.read([(0, "I lost my dog")], ["reaction=2"], [SAD])
    assert torch.equal(model.net(read, WRITTEN[:1]), again.net(read, WRITTEN[:1]))
    turns, two = talk("I found my dog"), Wish(candidates=2)
    for decoding in ("greedy", "sample", "beam"):
        replies = load(folder, decoding=decoding).propose(turns, two)
        assert replies == load(folder, decoding=decoding).propose(turns, two)
        assert len({r.text for r in replies}) == len(replies) <= 2
        assert replies[0].source in {"seq2seq:model", "rules"}
    assert load(folder).propose(talk("Hello", "Hi there", "I lost my keys"))[0].text in {SAD, GLAD}


def test_seeds_repeat_and_an_interrupted_training_goes_on(tmp_path, learnt):
    def weights(folder, **changes):
        given_problem = dataclasses.replace(problem(folder), **changes)
        return list(seq2seq.learn(given_problem).net.parameters())

    def same(a, b):
        return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))

    first = weights(tmp_path / "a")
    assert same(first, weights(tmp_path / "b"))
    assert same(first, weights(tmp_path / "a"))  # from its checkpoints
    assert not same(first, weights(tmp_path / "c", seed=4))


def test_a_damaged_or_missing_model_is_told(tmp_path, learnt):
    with pytest.raises(UsageError, match="no kept model"):
        load(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError, match="damaged"):
        load(tmp_path / "empty").propose(talk("Hello"))
    no_model = seq2seq.load({}, TOOLS).propose(talk("Hello"))[0]
    assert (no_model.source, "no model was named" in no_model.note) == ("rules", True)
    careful = Tools(TOOLS.language_model, 1, permissive=True)
    with pytest.raises(UsageError, match="commercially"):
        seq2seq.load({"model": str(learnt[1])}, careful)


def test_what_cannot_be_said_is_not_said(learnt):
    for raw in ("", "When I was young I lost my keys.", "You should look in the garage."):
        with pytest.raises(UnfitError):
            seq2seq.fit(raw, talk("I lost my keys"))
    assert seq2seq.fit(SAD + " I", talk("I lost my keys")) == SAD
    nothing = load(learnt[1], max_tokens=1).propose(talk("I lost my keys"))[0]
    assert nothing.source == "rules"
    assert "was not used" in nothing.note


def test_another_bank_can_guide_it(learnt, tmp_path):
    other = little_bank.build(tmp_path / "other").folder
    reply = load(learnt[1], bank=str(other), exemplars=1).propose(talk("I lost my keys"))[0]
    if reply.source != "rules":
        assert [e.bank for e in reply.exemplars] == ["other"]
    assert banks.load(learnt[1] / "bank").info.noncommercial


@pytest.mark.parametrize(
    ("option", "value"),
    [("given", "all"), ("heads", 3), ("context", 2), ("judge_reads", "last"), ("loss_lm", -1.0)],
)
def test_options_that_cannot_be_are_told(tmp_path, option, value):
    with pytest.raises(ConfigError, match=option):
        seq2seq.learn(problem(tmp_path, **{option: value}))
    with pytest.raises(ConfigError, match="decoding"):
        load(tmp_path, decoding="best")


def test_losses_need_something_to_go_by(tmp_path):
    bare = dataclasses.replace(problem(tmp_path), empathy={})
    with pytest.raises(TrainingError, match="loss_reaction = 0"):
        seq2seq.learn(bare)
    with pytest.raises(TrainingError, match="0 to validate"):
        seq2seq.learn(dataclasses.replace(bare, valid=()))
    off = dict.fromkeys((f"loss_{k}" for k in LOSSES), 0.0)
    alone = dataclasses.replace(problem(tmp_path, **off), empathy={})
    assert seq2seq.learn(alone).record["judges"] == {}


# T5


@pytest.mark.parametrize("way", ["pooled", "attended"])
def test_a_t5_learns_by_name_and_is_kept_whole(tmp_path, way):
    start = little_replies.tiny_t5(tmp_path / "t5")
    model = seq2seq.learn(problem(tmp_path / "run", start=str(start), given=way))
    (tmp_path / "model").mkdir()
    model.save(tmp_path / "model")
    again = kept.load(tmp_path / "model")
    lines = [(LISTENER, "Hello"), (SPEAKER, "I lost my dog")]
    read, other = model.read(lines, [], [SAD]), model.read(lines, [], [GLAD])
    assert torch.equal(model.net(read, WRITTEN[:1]), again.net(read, WRITTEN[:1]))
    assert not torch.allclose(model.net(read, WRITTEN[:1]), model.net(other, WRITTEN[:1]))
    swapped = model.read([(1 - role, text) for role, text in lines], [], [SAD])
    assert not torch.allclose(model.net(read, WRITTEN[:1]), model.net(swapped, WRITTEN[:1]))
    assert load(tmp_path / "model").propose(talk("I lost my keys"))[0].text


def test_a_t5_that_is_not_here_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="hf download"):
        seq2seq.learn(problem(tmp_path, start="nobody/no-such-t5"))
    start = little_replies.tiny_t5(tmp_path / "t5")
    (start / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match=r"no tokenizer\.json"):
        seq2seq.learn(problem(tmp_path, start=str(start)))
    (start / "tokenizer.json").write_text("{}")
    with pytest.raises(WeightsError, match="none of a reply generator"):
        seq2seq.learn(problem(tmp_path, start=str(start)))
