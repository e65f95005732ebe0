"""Soft tokens: features that a language model reads as they are, on a tiny one."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from little_problem import FILL, LABELS, accuracy, problem  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tiny_chat import write_model  # noqa: E402

from empathia.cli import main  # noqa: E402
from empathia.emotion import lm  # noqa: E402
from empathia.emotion.lm import calibrating, fitting, template  # noqa: E402
from empathia.emotion.lm import tuning as tuning_of  # noqa: E402
from empathia.emotion.lm.asking import Asking  # noqa: E402
from empathia.emotion.lm.describing import Describer  # noqa: E402
from empathia.errors import ConfigError, TrainingError, UsageError, WeightsError  # noqa: E402
from empathia.features.prosody import NAMES  # noqa: E402
from empathia.lm import hub  # noqa: E402
from empathia.lm.hub import chat, projector  # noqa: E402
from empathia.lm.hub.base import base_model  # noqa: E402
from empathia.lm.hub.model import HubModel, logits  # noqa: E402
from empathia.lm.hub.projector import Places, Projector  # noqa: E402
from empathia.lm.hub.tree import pack  # noqa: E402
from empathia.lm.scripted import ScriptedModel  # noqa: E402
from empathia.training import keeping as kept_models  # noqa: E402
from empathia.training.problem import Part  # noqa: E402
from empathia.types import Features, Message, Request, Sample  # noqa: E402
from empathia.types.soft import FILE, MARK, Way  # noqa: E402

TONE = np.random.default_rng(9).normal(size=(3, 4)) * 3
"""What the voice is like at each label."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    asked = ["Speaker", "A", "B", ":", "How", "does", "feel", "sound", "?", "(", ")", *LABELS]
    cues = ["high", "low", "very", "volume", "pitch", "with", "variation", "little", ",", "fast"]
    return write_model(tmp_path_factory.mktemp("tiny"), [*FILL, *asked, *cues, "slow", "moderate"])


def turn(name, i, label, rng, frames=1):
    """A turn whose words say nothing; its voice tells the label."""
    values = TONE[LABELS.index(label)] + 0.3 * rng.normal(size=(frames, 4))
    values[:, 3] = 7  # says nothing
    tone = Features(f"{name}-{i}", "tone", values.astype(np.float32))
    words = " ".join(rng.choice(FILL, 2))
    return Sample(f"{name}-{i}", words, "en", {"tone": tone}, "AB"[i % 2], index=i)


def part(names, seed, frames=1):
    dialogues, targets = [], {}
    for n, name in enumerate(names):
        rng = np.random.default_rng([seed, n])
        labels = [LABELS.labels[rng.integers(3)] for _ in range(6)]
        dialogues.append(tuple(turn(name, i, x, rng, frames) for i, x in enumerate(labels)))
        targets |= {
            f"{name}-{i}": tuple(float(x == y) for y in LABELS) for i, x in enumerate(labels)
        }
    return Part(tuple(dialogues), targets)


def tuning(folder, out, epochs=2, frames=1, train=None, voice=("tone",), **options):
    base = {"backend": "hub", "model": str(folder), "tune": "soft", "soft": ("tone",)}
    base |= {"window": 2, "back": 0, "rank": 2, "calibrate": 100}
    return problem(
        "lm",
        out,
        train=train or part("abcd", 1, frames),
        valid=part("ef", 2, frames),
        modalities={"text": (), "voice": voice},
        options=base | options,
        training={"epochs": epochs, "batch": 6, "lr": 0.03, "select": "likelihood"},
    )


def task(p):
    model, tokenizer = base_model(p.options.text("model"))
    made = fitting.Task(p, calibrating.reader(p), model.eval(), tokenizer, fitting.Meter(print))
    return made


def paths(tree, places):
    """The tokens of the texts that end at places of a tree."""
    for place in places:
        ids, at = [], int(place)
        while at >= 0:
            ids.insert(0, tree.ids[at])
            at = tree.parents[at]
        yield ids


def keep(learnt, p, folder):
    """Keep a model as the bench does."""
    folder.mkdir()
    learnt.save(folder)
    kept_models.Settings(
        "lm", "lm", LABELS, True, True, p.modalities, p.options.values, "any", noncommercial=False
    ).write(folder)
    return folder


@pytest.mark.parametrize("how", [{"every": 2}, {"projector": "qformer", "queries": 3}])
def test_soft_tokens_stand_in_training_where_they_stand_at_use(folder, tmp_path, how):
    """The texts of a pass of training are those of single questions at use, soft tokens and all."""
    p = tuning(folder, tmp_path, frames=5, turns=4, **how)
    made, reader = task(p), calibrating.reader(p)
    asked = []
    for d in p.train.dialogues:
        asked += [q for q in reader.prompts(d, {s.id for s in d}).values() if len(q.past) < 3]
    use = HubModel(made.model, made.tokenizer, "m", made.projector.eval())
    seen = 0
    for item in made.train:
        rows = item.places.rows(made.projector)
        ends = {
            int(c) // 3: int(x)
            for x, c in zip(item.packed.places, item.packed.cells, strict=True)
            if c % 3 == 0
        }
        for ids in paths(item.packed.tree, [ends[i] for i in range(len(item.targets))]):
            marked = [i for i in ids if i < 0]
            assert len(marked) == 3  # five frames by two; three queries
            at = ids.index(marked[0])
            assert ids[at : at + 3] == marked
            alike = [
                q
                for q in asked
                if chat.tokens(made.tokenizer, q.messages(), [-9] * 3)[:at] == ids[:at]
            ]
            own = [(q, use._prompts([Request(q.messages(), soft=q.features)], 1)) for q in alike]
            same = [q for q, ((t,), r) in own if torch.equal(r, rows[[-1 - i for i in marked]])]
            seen += len(same)
            for q in same:
                (there,), _ = use._prompts([Request(q.messages(), soft=q.features)], 1)
                assert [i if i >= 0 else "soft" for i in there] == [
                    i if i >= 0 else "soft" for i in ids
                ]
    assert seen >= 12


def test_what_is_said_is_what_a_plain_pass_over_embeddings_says(folder):
    """A second way: the embeddings of the words, and between them those of the projector."""
    model, tokenizer = base_model(str(folder), exact=True)
    torch.manual_seed(3)
    scales = {"tone": (np.ones(4, np.float32), np.full(4, 2, np.float32))}
    projector = Projector(Way(every=2), scales, 16, 0.5).eval()
    asked = HubModel(model.eval(), tokenizer, "m", projector)
    values = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    values[0, 1] = np.nan
    messages = (Message("user", f"it was ( {MARK} ) today"),)
    said = asked.score([Request(messages, soft={"tone": values})], ["glad", "very low"])[0]

    z = (values - 1) / 2
    z[0, 1] = 0  # what is missing is the mean
    layer = projector.features[0].out
    frames = torch.from_numpy(np.concatenate([z, np.zeros((1, 4), np.float32)]).reshape(2, 8))
    rows = 0.5 * (frames @ layer.weight.T + layer.bias)
    own = model.get_input_embeddings()
    text = chat.rendered(tokenizer, messages)
    before, after = (tokenizer.encode(t, add_special_tokens=False) for t in text.split(MARK))
    for k, answer in enumerate(("glad", "very low")):
        ids = tokenizer.encode(answer, add_special_tokens=False)
        whole = torch.cat([own(torch.tensor(before)), rows, own(torch.tensor([*after, *ids]))])
        with torch.no_grad():
            told = model(inputs_embeds=whole[None]).logits[0].log_softmax(1)
        first = len(before) + 2 + len(after) - 1
        expected = sum(float(told[first + n, t]) for n, t in enumerate(ids))
        assert said[k] == pytest.approx(expected, abs=1e-4)
    likeliest = int(told[first].argmax())
    (written,) = asked.complete([Request(messages, 1, 0.0, soft={"tone": values})])
    assert written == tokenizer.decode([likeliest], skip_special_tokens=True)


def test_a_turn_without_the_feature_has_no_token_and_the_prompt_of_words(folder, tmp_path):
    p = tuning(folder, tmp_path)
    reader = calibrating.reader(p)
    plain = dataclasses.replace(
        reader, options=tuning(folder, tmp_path, soft=(), tune="lora").options
    )
    one, two, *rest = p.valid.dialogues[0]
    nothing = Features(two.id, "tone", np.full((2, 4), np.nan, np.float32))
    dialogue = [
        dataclasses.replace(one, features={}),
        dataclasses.replace(two, features={"tone": nothing}),
        *rest,
    ]
    ids = [s.id for s in dialogue]
    made, words = reader.prompts(dialogue, ids), plain.prompts(dialogue, ids)
    for id in ids[:2]:
        assert made[id] == words[id]
        assert not made[id].features
        assert MARK not in made[id].text
    for id in ids[2:]:
        assert made[id].text == words[id].text.replace("\nHow", f"\n(sound: {MARK})\nHow")
        assert list(made[id].features) == ["tone"]


def test_the_same_words_with_another_voice_are_another_text(folder):
    model, tokenizer = base_model(str(folder), exact=True)
    scales = {"tone": (np.zeros(4, np.float32), np.ones(4, np.float32))}
    projector = Projector(Way(), scales, 16).eval()
    voices = [{"tone": np.full((1, 4), x, np.float32)} for x in (-2, 2, -2)]
    places = Places(Way())
    ids = [chat.tokens(tokenizer, (Message("user", MARK),), places.of(v)) for v in voices]
    assert ids[0] == ids[2] != ids[1]
    both = pack(ids, [[5]])
    assert len(both.tree) == len(pack(ids[:1], [[5]]).tree) + len(ids[1]) - ids[1].index(-2)
    with torch.no_grad():
        first, second, third = logits(model, both, places.rows(projector))
    assert torch.equal(first, third)
    assert not torch.allclose(first, second, atol=1e-3)

    asked = Asking(lambda: HubModel(model, tokenizer, "m", projector), "m", together=5)
    chats = [(Message("user", MARK),)] * 3
    together = asked.scores(chats, list(LABELS), voices)
    assert together[0] == pytest.approx(together[2])
    assert np.abs(together[0] - together[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("how", "files"),
    [
        ({}, ["soft.safetensors"]),
        pytest.param(
            {"projector": "qformer", "queries": 2}, ["soft.safetensors"], marks=pytest.mark.slow
        ),
        pytest.param(
            {"tune": "lora"},
            ["adapter_config.json", "adapter_model.safetensors", "soft.safetensors"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_only_the_voice_tells_is_learnt_and_kept(folder, tmp_path, how, files):
    p = tuning(folder, tmp_path / "out", epochs=12, frames=3, every=3, dropout=0.0, **how)
    before = (folder / "model.safetensors").read_bytes()
    learnt = lm.learn(p)
    gold = {k: LABELS.labels[int(np.argmax(v))] for k, v in p.valid.targets.items()}
    answers = learnt.recognise(p.valid.dialogues)
    scores = {
        s.id: e.scores
        for d, r in zip(p.valid.dialogues, answers, strict=True)
        for s, e in zip(d, r, strict=True)
    }
    assert accuracy(scores, gold) > 0.8
    deaf = [[dataclasses.replace(s, features={}) for s in d] for d in p.valid.dialogues]
    rows = learnt.recognise(deaf)
    mute = {
        s.id: e.scores for d, r in zip(deaf, rows, strict=True) for s, e in zip(d, r, strict=True)
    }
    assert accuracy(mute, gold) < 0.7

    assert (folder / "model.safetensors").read_bytes() == before
    kept = keep(learnt, p, tmp_path / "model")
    names = {*files, "settings.json", "model.json"}
    assert {x.name for x in kept.iterdir()} == names
    again = kept_models.load(kept, 1).recognise(p.valid.dialogues)
    for row, other in zip(answers, again, strict=True):
        for one, two in zip(row, other, strict=True):
            assert two.scores == pytest.approx(one.scores, abs=1e-4)


def test_a_training_that_was_stopped_goes_on_to_the_same_end(folder, tmp_path):
    how = {"tune": "lora", "projector": "qformer", "dropout": 0.2}
    whole = lm.learn(tuning(folder, tmp_path / "whole", **how))

    def stop(what, done, total):
        if done == 5:
            raise KeyboardInterrupt

    p = tuning(folder, tmp_path / "parts", **how)
    every = dataclasses.replace(p.training, checkpoint_every=1)
    with pytest.raises(KeyboardInterrupt):
        lm.learn(dataclasses.replace(p, progress=stop, training=every))
    again = lm.learn(dataclasses.replace(p, training=every))
    assert again.record["history"] == whole.record["history"]
    one, two = (load_file(tmp_path / x / tuning_of.LEARNT / FILE) for x in ("whole", "parts"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[k], two[k]) for k in one)


def test_what_an_earlier_try_learnt_is_no_part_of_what_answers(folder, tmp_path):
    """Tuned with adapters, stopped before it had answered, and run again without."""
    p = tuning(folder, tmp_path / "out", epochs=1)
    alone = lm.learn(p).recognise(p.valid.dialogues)
    left = tmp_path / "again" / tuning_of.LEARNT
    made = task(tuning(folder, tmp_path / "again", tune="lora"))
    for x in made.module.parameters():
        x.data.fill_(0.3)
    made.keep(left)
    p = tuning(folder, tmp_path / "again", epochs=1)
    assert lm.learn(p).recognise(p.valid.dialogues) == alone
    assert {x.name for x in left.iterdir()} == {FILE, tuning_of.UNKEPT}


def test_a_projector_that_is_damaged_or_missing_is_told(folder, tmp_path):
    p = tuning(folder, tmp_path / "out", epochs=1)
    kept = keep(lm.learn(p), p, tmp_path / "model")
    file = kept / FILE
    good = file.read_bytes()
    tensors = {k: v.clone() for k, v in load_file(file).items()}  # the file is written over
    told = {"soft": json.dumps({"base": str(folder), "names": ["tone"], "way": {"every": 2}})}

    def of(**changed):
        save_file({k: v for k, v in (tensors | changed).items() if v is not None}, file, told)

    def bytes_of(content):
        return lambda: file.write_bytes(content)

    for damage in (
        bytes_of(good[:-9]),
        bytes_of(b""),
        lambda: save_file(tensors, file),
        of,  # of two frames a token, where one was learnt
        lambda: of(**{"features.0.mean": None}),
        lambda: of(**{"features.0.out.bias": torch.full((16,), torch.nan)}),
    ):
        damage()
        with pytest.raises(WeightsError, match="cannot read the projector"):
            kept_models.load(kept, 1).recognise(p.valid.dialogues)
    file.unlink()
    with pytest.raises(WeightsError, match="missing"):
        kept_models.load(kept, 1)


@pytest.mark.parametrize(
    "way",
    [
        {"longest": 0},
        {"every": -1},
        {"every": 1.5},
        {"queries": 0},
        {"queries": 257},
        {"queries": True},
        {"kind": "mlp"},
        {"kind": ["linear"]},
    ],
)
def test_a_projector_of_no_way_is_refused_as_it_is_loaded(tmp_path, way):
    with pytest.raises(ConfigError, match=r"no projector is called|expected 1 (to 256|or more)"):
        Way(**way)
    told = {"base": "any", "names": ["tone"], "way": way}
    save_file({"features.0.mean": torch.zeros(2)}, tmp_path / FILE, {"soft": json.dumps(told)})
    with pytest.raises(WeightsError, match="cannot read the projector"):
        projector.base(tmp_path)


def test_what_is_longer_is_averaged_down_and_counts_for_the_context(folder, tmp_path):
    way = Way(every=2, longest=3)
    assert [way.tokens_of(n) for n in (1, 2, 3, 6, 99)] == [1, 1, 2, 3, 3]
    assert Way("qformer", queries=5).tokens_of(99) == 5
    scales = {"tone": (np.zeros(1, np.float32), np.ones(1, np.float32))}
    projector = Projector(way, scales, 2, 1.0).eval()
    long = np.repeat(np.arange(6, dtype=np.float32), 10)[:, None] / 6
    with torch.no_grad():
        assert torch.allclose(
            projector({"tone": long}), projector({"tone": long[5::10]}), atol=1e-5
        )
    torch.manual_seed(1)
    one, all_of_it = (Projector(Way("qformer", longest=n), scales, 2, 1.0).eval() for n in (1, 99))
    one.load_state_dict(all_of_it.state_dict())
    with torch.no_grad():  # queries look at all frames
        assert torch.equal(one({"tone": long}), all_of_it({"tone": long}))

    d = part("e", 2, 40).dialogues[0]

    def turns_before(longest, context):
        p = tuning(folder, tmp_path, longest=longest, context=context)
        return len(calibrating.reader(p).prompts(d, [d[4].id])[d[4].id].past)

    (asked,) = calibrating.reader(tuning(folder, tmp_path)).prompts(d, [d[4].id]).values()
    length = sum(len(m.content.encode()) for m in asked.messages())
    one, several = ([turns_before(n, c) for c in range(32, 64 + length)] for n in (1, 9))
    more = Way(longest=9).tokens(asked.features) - 1
    assert more > 0
    assert sorted(one) == one  # what fits into less fits into more
    assert (one[0], one[-1]) == (0, 2)
    assert several == [0] * more + one[:-more]


def test_only_a_model_that_learnt_to_read_features_is_asked_with_them(folder):
    asked = Request((Message("user", MARK),), soft={"tone": np.zeros((1, 4), np.float32)})
    plain = hub.load(str(folder), 1)
    for model in (plain, ScriptedModel(["glad"], scores=lambda *_: 0.0)):
        with pytest.raises(UsageError, match="reads words alone, and is asked with tone"):
            model.score([asked], ["glad"])
        with pytest.raises(UsageError, match="reads words alone"):
            model.complete([asked])
    scales = {"tone": (np.zeros(5, np.float32), np.ones(5, np.float32))}
    hears = dataclasses.replace(plain, projector=Projector(Way(), scales, 16).eval())
    with pytest.raises(UsageError, match=r"4 columns.*tone \(5\)"):
        hears.score([asked], ["glad"])
    for text in ("glad", f"{MARK} {MARK}"):
        with pytest.raises(UsageError, match="places for them"):
            hears.score([dataclasses.replace(asked, messages=(Message("user", text),))], ["glad"])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"soft": ("face",)}, r"soft.*there are: tone"),
        ({"soft": ("tone", "tone")}, "soft"),
        ({"soft": ()}, "tune"),
        ({"tune": "none"}, "tune"),
        ({"tune": "lora", "backend": "local"}, "backend"),
        ({"projector": "mlp"}, "projector"),
        ({"queries": 257}, "queries.*expected 1 to 256"),
        ({"mode": "description"}, "mode.*neither 'prosody' nor 'face'"),
        ({"share": 0.0}, "share"),
        ({"share": math.inf}, "share"),
        ({"alpha": math.inf}, "alpha"),
        ({"tasks": ("voice",)}, r"tasks.*expected none"),
    ],
)
def test_what_cannot_be_is_told(folder, tmp_path, wrong, told):
    with pytest.raises(ConfigError, match=told):
        lm.learn(tuning(folder, tmp_path, **wrong))


def test_a_template_without_a_place_and_a_feature_of_nobody_are_told(folder, tmp_path):
    file = tmp_path / "bare.toml"
    lines = template.read().source.splitlines()
    file.write_text("\n".join(x for x in lines if not x.startswith("soft")))
    with pytest.raises(ConfigError, match=r"template.*a place 'soft'"):
        lm.learn(tuning(folder, tmp_path, template=str(file)))
    p = tuning(folder, tmp_path)
    mute = [tuple(dataclasses.replace(s, features={}) for s in d) for d in p.train.dialogues]
    train = dataclasses.replace(p.train, dialogues=tuple(mute))
    with pytest.raises(TrainingError, match="'tone' is to be read"):
        lm.learn(dataclasses.replace(p, train=train))


def measured(name):
    """Turns whose eight measures are all low, or all higher; words and labels are alike."""
    dialogues = []
    for d in range(4):
        ids = [f"{name}{d}-{i}" for i in range(6)]
        values = [np.full((1, len(NAMES)), 100 + 80 * (i % 2), np.float32) for i in range(6)]
        heard = [Features(id, "prosody", x, NAMES) for id, x in zip(ids, values, strict=True)]
        turns = [Sample(f.utterance, "it was", "en", {"prosody": f}, "A", "female") for f in heard]
        dialogues.append(tuple(turns))
    return Part(tuple(dialogues), {s.id: (1.0, 0.0, 0.0) for d in dialogues for s in d})


def test_a_voice_is_described_by_who_learnt_it(folder, tmp_path):
    how = {"tasks": ("voice",), "share": 1.0, "soft": ("prosody",), "window": 0, "levels": 3}
    p = tuning(
        folder, tmp_path, epochs=6, tune="full", train=measured("t"), voice=("prosody",), **how
    )
    p = dataclasses.replace(p, valid=measured("v"))
    lm.learn(p)
    reader = dataclasses.replace(calibrating.reader(p), template=template.read("voice"))
    d = p.valid.dialogues[0]
    prompts = [reader.prompts(d, [s.id])[s.id] for s in d[:2]]
    asked = Asking(lambda: hub.load(str(tmp_path / tuning_of.LEARNT), 1), "m")
    chats, features = [q.messages() for q in prompts], [q.features for q in prompts]
    cues = Describer.fit(p.train.dialogues, 3).describe(d)
    expected = [cues[s.id]["voice"].description for s in d[:2]]
    said = asked.scores(chats, expected, features)
    assert said[0, 0] - said[0, 1] > 2 < said[1, 1] - said[1, 0]


def test_a_kept_recogniser_is_asked_at_the_terminal(folder, tmp_path, capsys):
    how = {"tasks": ("voice",), "soft": ("prosody",), "window": 1, "tune": "lora"}
    p = tuning(folder, tmp_path / "out", epochs=1, train=measured("t"), voice=("prosody",), **how)
    p = dataclasses.replace(p, valid=measured("v"))
    kept = keep(lm.learn(p), p, tmp_path / "model")
    rows = [",".join(("id", "talk", "who", "words", *NAMES))]
    said = [("there", "100"), ("today", "180"), ("then", "")]
    rows += [
        ",".join((f"u{i}", "t", "A", f"it was {w}", *[x] * 8)) for i, (w, x) in enumerate(said)
    ]
    (tmp_path / "talks.csv").write_text("\n".join(rows))
    columns = "utterance=id,dialogue=talk,speaker=who,text=words"
    table = ["table", str(tmp_path / "talks.csv"), "--map", columns]
    table += ["--option", f"features={{prosody={json.dumps(list(NAMES))}}}"]

    def told(*more, code=0):
        assert main(["prompt", *table, *more]) == code
        return capsys.readouterr()

    by = ("--recogniser", str(kept))
    shown = told(*by, "--utterance", "u1").out
    assert shown.endswith(
        "[user]\nSpeaker A: it was there\nSpeaker A: it was today\n"
        f"(sound: {MARK})\nHow does Speaker A feel?\n"
    )
    voice = ("--utterance", "u1", "--template", "voice", "--ask", "--json")
    answered = json.loads(told(*by, *voice).out)
    question = answered[0]["messages"][1]["content"]
    assert question.endswith(f"(sound: {MARK})\nHow does Speaker A sound?")
    messages = tuple(Message(**m) for m in answered[0]["messages"])
    soft = {"prosody": np.full((1, 8), 180, np.float32)}
    asked = Request(messages, 60, 0.0, soft=soft)
    assert [answered[0]["answer"]] == hub.load(str(kept), 1).complete([asked])
    none = told(*by, "--utterance", "u2", "--ask").out
    assert MARK not in none
    assert "[answer]\n" in none

    assert "--recogniser" in told("--ask", code=2).err
    assert "--stats" in told(*by, "--stats", code=2).err
    settings = json.loads((kept / "settings.json").read_text())
    (kept / "settings.json").write_text(json.dumps(settings | {"recogniser": "majority"}))
    assert "'majority', which asks no language model" in told(*by, code=2).err


def test_without_words_a_turn_is_asked_about_by_its_voice_alone(folder, tmp_path):
    p = tuning(folder, tmp_path / "out", epochs=1, mode="audio")
    kept = keep(lm.learn(p), p, tmp_path / "model")
    (asked, *_) = calibrating.reader(p).prompts(p.valid.dialogues[0], ["e-0"]).values()
    assert asked.text == f"Speaker A speaks.\n(sound: {MARK})\nHow does Speaker A feel?"
    mute = dataclasses.replace(p.valid.dialogues[0][1], features={})
    (one, two), *_ = kept_models.load(kept, 1).recognise([[p.valid.dialogues[0][0], mute]])
    assert one.scores
    assert two.abstained == "nothing to judge by"
