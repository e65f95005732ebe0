"""The recogniser that asks a language model."""

from __future__ import annotations

import dataclasses
import json
import threading
import warnings

import numpy as np
import pytest
from chat_server import send, serving
from little_problem import LABELS, part, problem
from tiny_gguf import write_gguf

from empathia import emotion, plugins, weights
from empathia.config import Options, checked_options
from empathia.emotion import lm
from empathia.emotion.lm.asking import Asking
from empathia.emotion.lm.calibrating import calibrated, reader
from empathia.emotion.lm.describing import Describer
from empathia.emotion.lm.read import asking
from empathia.emotion.lm.shots import Shot, Shots
from empathia.errors import ConfigError, EmpathiaWarning, ServerError, TrainingError
from empathia.features.prosody import NAMES
from empathia.files import append_json, read_json_lines
from empathia.labels import EKMAN7, LabelSet
from empathia.lm.local import tokens
from empathia.lm.scripted import ScriptedModel
from empathia.training import keeping
from empathia.training.model import NO_LABEL, about, scores_of
from empathia.training.problem import Part
from empathia.types import Cues, Features, Message, Sample

QUICK = {"backend": "scripted", "model": "", "calibrate": 8}
CHAT = (Message("user", "Hello?"),)
WORDS = {"glad": "hooray", "low": "tearful", "cross": "rude"}


def knowing(messages, answer):
    """A model that knows some words, and likes "glad" too much."""
    line = messages[-1].content.splitlines()[-2]
    return -3.0 + 2 * (WORDS.get(answer, "") in line) + (answer == "glad")


def asks(tmp_path, model, *, threshold=0.0, train=None, valid=None, **options):
    """A recogniser that asks this model."""
    more = {"train": train, "valid": valid} if train is not None else {}
    p = problem("lm", tmp_path, options=QUICK | options, **more)
    made, record = calibrated(p, reader(p, Asking(lambda: model, "m")))
    made = dataclasses.replace(made, threshold=threshold)
    return made.recogniser(about(p, "lm"), record)


def test_it_says_what_is_likeliest_and_calibrates_by_validation(tmp_path):
    made = asks(tmp_path, ScriptedModel([], scores=knowing), calibrate=100)
    assert made.record["asked"] == 12
    assert made.record["unparsed"] == 0
    assert made.record["calibration"]["turns"] == 12
    bias = dict(zip(LABELS, made.record["calibration"]["bias"], strict=True))
    assert bias["glad"] < min(bias["low"], bias["cross"])  # what it likes too much
    dialogue = [Sample(w, f"we saw {w}", speaker="A") for w in WORDS.values()]
    (row,) = made.recognise([dialogue])
    assert [e.label for e in row] == list(WORDS)


def test_no_gold_label_of_the_turn_is_ever_asked_with(tmp_path):
    """What is asked about a turn stays the same whatever its label and those around it are."""
    model = ScriptedModel(lambda _: "glad")
    p = problem("lm", tmp_path, options=QUICK | {"answer": "generated"})
    other = {k: v[::-1] for k, v in p.valid.targets.items()}
    for targets in (p.valid.targets, other):
        now = dataclasses.replace(p, valid=Part(p.valid.dialogues, targets))
        calibrated(now, reader(now, Asking(lambda: model, "m")))
    half = len(model.asked) // 2
    assert model.asked[:half] == model.asked[half:]
    assert len(model.asked) == 16


def test_the_seed_draws_the_turns_that_calibrate(tmp_path):
    def asked(seed):
        model, options = ScriptedModel(lambda _: "glad"), {"answer": "generated", "calibrate": 4}
        p = dataclasses.replace(problem("lm", tmp_path, options=QUICK | options), seed=seed)
        calibrated(p, reader(p, Asking(lambda: model, "m")))
        assert len(model.asked) == 4
        return model.asked

    assert asked(1) == asked(1) != asked(2)


def test_labels_that_were_written_get_no_offsets(tmp_path):
    made = asks(tmp_path, ScriptedModel(lambda _: "glad"), answer="generated")
    assert made.record["calibration"]["bias"] == (0, 0, 0)


def test_what_selects_the_epoch_selects_the_offsets(tmp_path):
    def biases(select):
        p = problem("lm", tmp_path, options=QUICK, training={"select": select})
        model = ScriptedModel([], scores=lambda m, x: knowing(m, x) / 4 + len(x) % 3)
        _, record = calibrated(p, reader(p, Asking(lambda: model, "m")))
        return record["calibration"]["bias"]

    assert biases("likelihood") != biases("macro_f1")


def test_an_answer_that_is_no_label_is_counted_and_never_guessed(tmp_path):
    said = iter(["Cross.", "not glad", "", "low and cross", "GLAD"] * 40)
    model = ScriptedModel(lambda _: next(said))
    made = asks(tmp_path, model, answer="free", calibrate=0)
    (dialogue, *_) = part(["xt"], 7)[0].dialogues
    (row,) = made.recognise([dialogue])
    assert [e.label for e in row[:5]] == ["cross", None, None, None, "glad"]
    assert {e.abstained for e in row[1:4]} == {NO_LABEL}
    scores = scores_of(made, [[dataclasses.replace(dialogue[0], id="new")]], unparsed=True)
    assert len(scores["new"]) in {0, 3}
    said = iter(["Cross.", "not glad", "", "low and cross", "GLAD", "Low", "hm", "rude"])
    assert asks(tmp_path / "other", model, answer="free").record["unparsed"] == 5


@pytest.mark.parametrize("answer", ["", "<think>Well, what", "x" * 700])
def test_an_answer_of_a_server_that_says_nothing_ends_no_run(tmp_path, answer):
    def says(handler):
        about = handler.server.seen[-1][2]["messages"][-1]["content"].splitlines()[-2]
        said = answer if "hooray" in about else "Low."
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "length"}
        send(200, json.dumps({"choices": [choice]}).encode())(handler)

    with serving(says) as server:
        options = {"backend": "server", "model": f"{server.url}/v1#a", "answer": "free"}
        made = lm.learn(problem("lm", tmp_path, options=options | {"calibrate": 0}))
        (row,) = made.recognise([[Sample(x, f"we saw {x}") for x in ("hooray", "rain")]])
    assert (row[0].abstained, row[1].label) == (NO_LABEL, "low")


@pytest.mark.parametrize("wrong", [float("nan"), float("-inf")])
def test_scores_that_are_no_numbers_are_refused_and_not_kept(tmp_path, wrong):
    def scores(messages, answer):
        return wrong if mended == [] and answer == "low" else knowing(messages, answer)

    mended, file = [], tmp_path / "answers.jsonl"
    said = (Message("user", "A: hooray\nHow?"),)
    asked = Asking(lambda: ScriptedModel([], scores=scores), "m", file)
    with pytest.raises(ServerError, match="no number"):
        asked.scores([said], LABELS.labels)
    mended.append("it is another server")
    assert np.isfinite(asked.scores([said], LABELS.labels)).all()
    assert len(list(read_json_lines(file))) == 1


def test_what_a_server_writes_of_half_a_character_is_text(tmp_path):
    choice = {"message": {"content": "low\ud83d"}, "finish_reason": "stop"}
    with serving(send(200, json.dumps({"choices": [choice]}).encode())) as server:
        options = {"backend": "server", "model": f"{server.url}/v1#a", "answer": "free"}
        p = problem("lm", tmp_path, options=options)
        assert lm.learn(p).record["unparsed"] == 0  # what stands around a label is passed over
        assert lm.learn(p).record["unparsed"] == 0  # and was kept


def test_a_label_that_begins_another_is_told(tmp_path):
    p = problem("lm", tmp_path, options=QUICK | {"calibrate": 0})
    p = dataclasses.replace(p, labels=LabelSet("sad3", ("sad", "glad", "sadness")))
    with pytest.warns(EmpathiaWarning, match="'sad' begins 'sadness'"):
        lm.learn(p)
    mean = Options({**p.options.values, "normalise": "mean"})
    with warnings.catch_warnings(action="error"):
        lm.learn(dataclasses.replace(p, options=mean))


def test_scores_that_tell_nothing_apart_are_no_answer(tmp_path):
    made = asks(tmp_path, ScriptedModel([], scores=lambda *_: -1.0))
    ((one,),) = made.recognise([[Sample("a", "Well.")]])
    assert one.abstained == NO_LABEL


def test_a_turn_without_words_and_cues_is_not_asked_about(tmp_path):
    made = asks(tmp_path, ScriptedModel([], scores=knowing))
    (row,) = made.recognise([[Sample("a", "Well."), Sample("b", " "), Sample("c")]])
    assert [bool(e.scores) for e in row] == [True, False, False]
    assert row[1].abstained == "nothing to judge by"


@pytest.mark.parametrize("answer", ["scored", "generated"])
def test_of_those_that_are_wanted_alone_the_same_is_said_and_no_other_is_asked(tmp_path, answer):
    asked = []

    def said(messages, label=""):
        asked.append(messages)
        return knowing(messages, label) if label else "low"

    model = ScriptedModel(said, scores=said)
    made = asks(tmp_path, model, answer=answer, context_cues=2)
    dialogues, targets = part(["xt", "yt"], 7)[0].dialogues, part(["xt", "yt"], 7)[1]
    assert scores_of(made, dialogues, ()) == {}
    wanted = set(list(targets)[::3])
    counts, found = [], []
    for ids in ((), wanted, None):  # what was asked before is not asked again
        asked.clear()
        found.append(scores_of(made, dialogues, ids))
        counts.append(len({str(m) for m in asked}))
    assert counts == [0, len(wanted), len(targets) - len(wanted)]
    assert found[1] == {k: found[2][k] for k in wanted}


def test_mean_log_likelihoods_do_not_punish_long_labels(tmp_path):
    model = ScriptedModel([], scores=lambda _, answer: -len(answer) - (answer == "low"))
    asked = problem("lm", tmp_path, options=QUICK | {"normalise": "mean"})
    said = reader(asked, Asking(lambda: model, "m")).said([[Sample("a", "Well.")]])
    assert said["a"] == pytest.approx([-1, -4 / 3, -1])


def test_labels_that_do_not_exclude_each_other_are_asked_one_by_one(tmp_path):
    def yes(messages, answer):
        label = messages[-1].content.splitlines()[-1].split()[-1].rstrip("?")
        return -1.0 if (answer == "yes") == (WORDS[label] in messages[-1].content) else -3.0

    p = problem("lm", tmp_path, options=QUICK | {"template": "yes"}, exclusive=False)
    made, _ = calibrated(p, reader(p, Asking(lambda: ScriptedModel([], scores=yes), "m")))
    answers = made.said([[Sample("a", "hooray, and rude")]])
    assert answers["a"] == pytest.approx([2, -2, 2])
    scores = made.answer([[Sample("a", "hooray, and rude")]])["a"]
    assert all(0 < x < 1 for x in scores)


@pytest.mark.parametrize(
    ("options", "more", "wrong"),
    [
        ({"template": "reason"}, {}, "template"),
        ({}, {"exclusive": False}, "template"),
        ({"answer": "shouted"}, {}, "answer"),
        ({"answer": "free", "template": "yes"}, {}, "answer"),
        ({"normalise": "max"}, {}, "normalise"),
        ({"shots": 2, "template": "yes"}, {}, "shots"),
        ({"shots": 2, "mode": "audio"}, {}, "shots"),
        ({"shots": -1}, {}, "shots"),
        ({"shots": 2, "shots_by": "chance"}, {}, "shots_by"),
        ({"at_once": 0}, {}, "at_once"),
        ({"context": 10}, {}, "context"),
        ({"context": 4096, "backend": "local"}, {}, "context"),
        ({"calibrate": -1}, {}, "calibrate"),
        ({"mode": "description"}, {}, "mode"),
        ({"tune": "everything"}, {}, "tune"),
        ({}, {"modalities": {"voice": ("prosody",)}}, "reads words"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_asked(
    tmp_path, options, more, wrong
):
    with pytest.raises(ConfigError, match=wrong):
        lm.learn(problem("lm", tmp_path, options=QUICK | options, **more))


def test_what_was_answered_before_a_failure_is_not_asked_again(tmp_path):
    file = tmp_path / "answers.jsonl"
    model = ScriptedModel(["one", "two", ServerError("down"), "three"])
    chats = [(Message("user", str(i)),) for i in range(3)]
    with pytest.raises(ServerError, match="down"):
        Asking(lambda: model, "m", file).texts(chats)
    with file.open("a") as cut:
        cut.write('{"asked": "12')  # a kill in the middle of a line
    assert Asking(lambda: model, "m", file).texts(chats) == ["one", "two", "three"]
    assert len(model.asked) == 4
    again = Asking(lambda: pytest.fail("it is loaded"), "m", file)
    assert again.texts(chats) == ["one", "two", "three"]
    assert again.texts([]) == []


def test_what_was_answered_for_one_seed_is_not_asked_again_for_another(tmp_path):
    said = {"choices": [{"message": {"content": "low"}, "finish_reason": "stop"}]}
    with serving(send(200, json.dumps(said).encode())) as server:
        options = {"backend": "server", "model": f"{server.url}/v1#a", "answer": "free"}
        for seed in (1, 2):
            made = problem("lm", tmp_path / f"{seed}", options=options)
            lm.learn(dataclasses.replace(made, seed=seed, shared=tmp_path))
        chats = [json.dumps(body["messages"]) for _, _, body in server.seen]
    assert len(chats) == len(set(chats)) == 12


def test_a_line_that_a_kill_cut_off_ends_there(tmp_path):
    file = tmp_path / "new" / "lines.jsonl"
    assert list(read_json_lines(file)) == []
    append_json(file, {"said": "기쁨\n"})
    with file.open("ab") as cut:
        cut.write('{"said": "기'.encode()[:-1])
    append_json(file, [1.5])
    assert list(read_json_lines(file)) == [{"said": "기쁨\n"}, [1.5]]


@pytest.mark.parametrize("change", ["name", "chat", "choices", "tokens"])
def test_kept_answers_are_those_of_the_same_question_alone(tmp_path, change):
    file = tmp_path / "answers.jsonl"
    model = ScriptedModel(["a", "b"])
    Asking(lambda: model, "m", file).texts([CHAT], ("a", "b"))
    name = "other" if change == "name" else "m"
    chat = (Message("user", "Bye."),) if change == "chat" else CHAT
    choices = ("b", "a") if change == "choices" else ("a", "b")
    tokens = 3 if change == "tokens" else 16
    assert Asking(lambda: model, name, file).texts([chat], choices, tokens) == ["b"]


@pytest.mark.parametrize(("model", "name"), [("m.gguf", ""), ("model", "adapter_config.json")])
def test_a_model_of_which_a_file_was_changed_is_asked_again(tmp_path, model, name):
    file, kept = tmp_path / model / name, tmp_path / "answers.jsonl"
    file.parent.mkdir(exist_ok=True)
    options = Options({**lm.OPTIONS, "backend": "scripted", "model": str(tmp_path / model)})
    for content, lines in (("1", 1), ("1", 1), ("22", 2)):
        if not file.exists() or file.read_text() != content:
            file.write_text(content)
        asking(options, folder=tmp_path).scores([CHAT], ("a",))
        assert len(list(read_json_lines(kept))) == lines


def test_several_at_once_give_the_same_and_keep_what_came(tmp_path):
    def answer(messages):
        if messages[-1].content == "7":
            raise ServerError("down")
        return "so " + messages[-1].content

    chats = [(Message("user", str(i)),) for i in range(20)]
    file, told = tmp_path / "answers.jsonl", []
    asking = Asking(lambda: ScriptedModel(answer), "m", file, 3, lambda *x: told.append(x))
    with pytest.raises(ServerError, match="down"):
        asking.texts(chats)
    kept = {json.loads(x)["said"] for x in file.read_text().splitlines()}
    assert kept <= {f"so {i}" for i in range(20)} - {"so 7"}
    assert len(kept) >= 4
    whole = Asking(lambda: ScriptedModel(lambda m: "so " + m[-1].content), "m", file, 3)
    assert whole.texts(chats) == [f"so {i}" for i in range(20)]
    assert told[0][1:] == (1, 20)


def test_where_one_of_several_fails_no_more_are_asked(tmp_path):
    failed, asked = threading.Event(), []

    def answer(messages):
        asked.append(messages[-1].content)
        if messages[-1].content == "0":
            failed.set()
            raise ServerError("down")
        failed.wait(5)
        return "so"

    chats = [(Message("user", str(i)),) for i in range(20)]
    asking = Asking(lambda: ScriptedModel(answer), "m", tmp_path / "answers.jsonl", 2)
    with pytest.raises(ServerError, match="down"):
        asking.texts(chats)
    assert len(asked) < 10
    assert len(list(read_json_lines(tmp_path / "answers.jsonl"))) == len(asked) - 1


class Heard:
    """Tells the cues that it was given."""

    def __init__(self, told):
        self.describe = lambda dialogue: told


def voice(id: str, row) -> Features:
    return Features(id, "prosody", row.astype(np.float32), NAMES)


def shot_pool(n: int) -> list[Shot]:
    """Examples whose words tell the label."""
    rng = np.random.default_rng(5)
    return [
        Shot(
            f"s{i}", i // 3, f"w{i % 4} w{i % 4} x{rng.integers(9)}", f"asked {i}", f"label{i % 4}"
        )
        for i in range(n)
    ]


def test_similar_examples_are_the_nearest_in_different_dialogues():
    pool = shot_pool(60)
    chosen = Shots(pool, 4, "similarity").of(Sample("t", "w2"), ["t"])
    found = [s for s in pool for asked, _ in chosen if s.asked == asked]
    assert {s.answer for s in found} == {"label2"}
    assert len({s.dialogue for s in found}) == 4


@pytest.mark.parametrize("count", [4, 8, 2, 6])
def test_balanced_examples_do_not_tell_the_label(count):
    """Their words would tell it; the label of the turn comes as often as any other."""
    shots = Shots(shot_pool(120), count, "balance")
    same = [
        answer == f"label{i % 4}"
        for i in range(400)
        for _, answer in shots.of(Sample(f"t{i}", f"w{i % 4} x1"), [f"t{i}"])
    ]
    assert len(same) == 400 * count
    assert np.mean(same) == pytest.approx(0.25, abs=0.04 if count % 4 else 1e-9)


@pytest.mark.parametrize("by", ["similarity", "balance"])
def test_the_nearest_example_of_its_kind_stands_last_and_others_are_of_other_dialogues(by):
    rows = [(0, "w x y", "a"), (0, "w x", "b"), (1, "w", "b"), (2, "z", "a"), (2, "w", "a")]
    pool = [Shot(f"s{i}", d, w, f"{i}", answer) for i, (d, w, answer) in enumerate(rows)]
    made = [Shots(pool, 2, by).of(Sample(f"t{i}", "w x y"), []) for i in range(20)]
    if by == "similarity":
        assert set(made) == {(("2", "b"), ("0", "a"))}
    else:  # which label comes last is by chance
        assert set(made) == {(("2", "b"), ("0", "a")), (("4", "a"), ("1", "b"))}


@pytest.mark.parametrize("by", ["similarity", "balance"])
def test_no_example_is_of_the_same_dialogue(by):
    pool = shot_pool(9)
    chosen = Shots(pool, 9, by).of(Sample("s4", "w0 x1"), ["s3", "s4", "s5"])
    assert not {a for a, _ in chosen} & {"asked 3", "asked 4", "asked 5"}
    assert len(chosen) == (6 if by == "balance" else 2)


def test_examples_come_from_training_and_are_kept(tmp_path):
    model = ScriptedModel(lambda m: m[-2].content)  # the last example's answer
    p = problem("lm", tmp_path, options=QUICK | {"shots": 3, "answer": "generated"})
    asks = reader(p, Asking(lambda: model, "m"))
    (prompt,) = asks.prompts(p.valid.dialogues[0], {p.valid.dialogues[0][0].id}).values()
    train = {s.text for d in p.train.dialogues for s in d}
    assert len(prompt.shots) == 3
    for asked, answer in prompt.shots:
        assert asked.splitlines()[-2].partition(": ")[2] in train
        assert len(asked.splitlines()) <= 2 + 2  # turns before, its own, the question
        assert answer in LABELS
    assert [m.role for m in prompt.messages()] == ["system", *["user", "assistant"] * 3, "user"]
    asks.write(tmp_path)
    assert Shots.load(tmp_path, p.options).pool == asks.shots.pool
    first = p.train.dialogues[0][0].id
    torn = Part(p.train.dialogues, {**p.train.targets, first: (0.5, 0.5, 0.0)})
    fewer = reader(dataclasses.replace(p, train=torn), Asking(lambda: model, "m")).shots.pool
    assert {s.id for s in asks.shots.pool} - {s.id for s in fewer} == {first}
    with pytest.raises(TrainingError, match="example"):
        Shots((), 3, "balance")


@pytest.mark.parametrize(("by", "most"), [("similarity", 3), ("balance", 9)])
def test_more_examples_than_there_are_is_told(tmp_path, by, most):
    pool = shot_pool(9)  # three a dialogue
    assert Shots(pool, 9, by).most == most == len(Shots(pool, 99, by).of(Sample("t", "w"), ["t"]))
    p = problem("lm", tmp_path, options=QUICK | {"shots": 1000, "shots_by": by})
    with pytest.warns(EmpathiaWarning, match=r"model\.shots = 1000, but there are \d+ examples"):
        reader(p, Asking(lambda: pytest.fail("it is loaded"), "m"))


def test_cues_are_fitted_on_training_and_kept(tmp_path):
    train, valid = (part(x)[0] for x in (["x0", "x1", "y0"], ["xv"]))
    rng = np.random.default_rng(0)

    def heard(made: Part, least: float) -> Part:
        def more(s):
            row = rng.uniform(least, least + 10, size=(1, len(NAMES)))
            return dataclasses.replace(s, features={"prosody": voice(s.id, row)})

        return Part(tuple(tuple(map(more, d)) for d in made.dialogues), made.targets)

    options, modalities = QUICK | {"mode": "description"}, {"text": (), "voice": ("prosody",)}
    more = {"train": heard(train, 50), "valid": heard(valid, 80), "modalities": modalities}
    p = problem("lm", tmp_path, options=options, **more)
    made = reader(p, Asking(lambda: ScriptedModel([]), "m"))
    asked = made.prompts(p.valid.dialogues[0], {s.id for s in p.valid.dialogues[0]})
    assert all("(voice: very high volume" in x.cues for x in asked.values())
    made.write(tmp_path)
    assert (tmp_path / "bins.json").exists()


def test_long_talks_lose_their_oldest_turns(tmp_path):
    p = problem("lm", tmp_path, options=QUICK | {"context": 300})
    dialogue = [Sample(f"u{i}", f"turn {i} " + "word " * 60, speaker="A") for i in range(9)]
    prompt = reader(p, Asking(lambda: ScriptedModel([]), "m")).prompts(dialogue, {"u8"})["u8"]
    assert 0 < prompt.dropped < 8
    assert "turn 8" in prompt.text
    assert "turn 7" in prompt.text
    assert "turn 0" not in prompt.text


def test_where_no_tokenizer_is_known_what_is_not_latin_counts_a_token_a_byte(tmp_path):
    """As a tokenizer that never saw a writing cuts it: at 3 bytes a token it would not fit."""
    options = QUICK | {"backend": "server", "model": "http://x/v1#m", "context": 600}
    dialogue = [Sample(f"u{i}", "오늘은 정말 힘들었어요" * 3, speaker="A") for i in range(9)]
    p = problem("lm", tmp_path, options=options)
    prompt = reader(p, Asking(lambda: ScriptedModel([]), "m")).prompts(dialogue, {"u8"})["u8"]
    korean = sum(len(x.encode()) - len(x.encode("ascii", "ignore")) for x in prompt.past)
    assert prompt.dropped
    assert 0 < korean < 600


@pytest.mark.parametrize("backend", ["local", "hub"])
@pytest.mark.parametrize("context", range(256, 1200, 97))
def test_what_is_too_long_leaves_room_for_the_answer_and_keeps_all_that_fits(
    tmp_path, context, backend
):
    """By the tokens that the model sees: chat template and all."""
    file = str(write_gguf(tmp_path / "tiny.gguf"))
    options = QUICK | {"backend": backend, "model": file, "mode": "description"}
    dialogue = [
        Sample(f"u{i}", f"turn {i} " + "word " * (i % 4 + 5), speaker="A") for i in range(13)
    ]
    modalities = {"text": (), "voice": ("prosody",)}
    p = problem("lm", tmp_path, options=options | {"context": context}, modalities=modalities)
    made = reader(p, Asking(lambda: ScriptedModel([]), "m"))
    loud = {"voice": Cues({}, "very loud", "", "corpus")}
    made = dataclasses.replace(made, describer=Heard({"u12": loud}))
    prompt = made.prompts(dialogue, {"u12"})["u12"]
    assert prompt.text.splitlines()[-3:] == [
        f"Speaker A: {dialogue[-1].text}".rstrip(),
        "(voice: very loud)",
        "How does Speaker A feel?",
    ]
    told = [line for line in prompt.text.splitlines() if line.startswith("Speaker A: turn")]
    shown = [f"Speaker A: {s.text}".rstrip() for s in dialogue]
    assert told == shown[prompt.dropped :]
    known = tokens.of(file)

    def length(lines):
        whole = dataclasses.replace(prompt, past=tuple(lines))
        return known.count([known.render(whole.messages())])[0]

    room = context - 32
    assert length(prompt.past) <= room
    if prompt.dropped:
        assert length(shown[prompt.dropped - 1 : -1]) > room - 6  # marks are counted generously


def like_vllm_with_an_adapter(handler):
    """A token a letter; as vLLM tells of them: nothing of the first, else id, rank and text."""
    body = handler.server.seen[-1][2]
    if body["model"] != "feelings":
        error = {"message": f"The model `{body['model']}` does not exist.", "code": 404}
        send(404, json.dumps({"error": error}).encode())(handler)
        return
    *before, last = body["messages"]
    answer = last["content"] if body.get("continue_final_message") else ""
    asked = [*before, *([] if answer else [last])]
    line = asked[-1]["content"].splitlines()[-2]
    likes = -0.1 if WORDS.get(answer, "?") in line else -0.7
    text = "".join(m["content"] for m in asked)
    told = [(c, -3.0) for c in text[1:]] + [(c, likes) for c in answer]
    known = [
        {str(ord(c)): {"logprob": value, "rank": 1 + (value < -1), "decoded_token": c}}
        for c, value in told
    ]
    choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "logprobs": None}
    reply = {"model": body["model"], "choices": [choice], "prompt_logprobs": [None, *known]}
    send(200, json.dumps(reply).encode())(handler)


def test_an_adapter_that_a_server_calls_by_a_name_is_asked_by_it(tmp_path):
    with serving(like_vllm_with_an_adapter) as server:
        url = f"{server.url}/v1"
        options = {"backend": "server", "model": f"{url}#feelings", "calibrate": 0, "at_once": 2}
        made = lm.learn(problem("lm", tmp_path, options=options))
        talk = [Sample(w, f"we saw {w}", speaker="A") for w in (*WORDS.values(), "it")]
        (row,) = made.recognise([talk])
        assert [e.label for e in row[:3]] == list(WORDS)
        assert row[0].scores[0] > row[3].scores[0]
        assert {body["model"] for _, _, body in server.seen} == {"feelings"}
        assert all(body["prompt_logprobs"] == 0 for _, _, body in server.seen)
        other = options | {"model": f"{url}#another"}
        with pytest.raises(ServerError, match=r"404: The model `another` does not exist"):
            lm.learn(problem("lm", tmp_path, options=other)).recognise([talk])


def test_the_small_model_reads_english_alone(tmp_path):
    asked = []

    def scores(messages, answer):
        asked.append(messages[-1].content.splitlines()[-2])
        return knowing(messages, answer)

    p = problem("lm", tmp_path, options=QUICK)
    asks = reader(p, Asking(lambda: ScriptedModel([], scores=scores), "m"))
    made = asks.recogniser(dataclasses.replace(about(p, "lm"), languages=("en",)))
    talk = [
        Sample("a", "슬퍼", "ko"),
        Sample("b", "슬퍼"),
        Sample("c", "Sad."),
        Sample("d", "", "en"),
    ]
    (row,) = made.recognise([talk])
    assert [bool(e.scores) for e in row] == [False, False, True, False]
    assert "the words are in ko" in row[0].abstained
    assert [x for x in asked if "슬퍼" in x] == []


@pytest.mark.parametrize(("model", "read"), [("smollm2", ("en",)), ("another", ())])
def test_of_other_models_it_is_not_known_what_they_read(tmp_path, model, read):
    options = {"backend": "scripted", "model": model, "calibrate": 0}
    assert lm.learn(problem("lm", tmp_path, options=options)).about.languages == read


def test_a_reading_says_where_words_go_and_that_nobody_taught_it():
    assert "not taught" in lm.remark_of(None)
    for url, told in (("http://localhost:1", ""), ("https://example.org/v1", "example.org")):
        options = {**lm.OPTIONS, "backend": "server", "model": f"{url}#m"}
        assert lm.remark_of(Options(options)) == (
            told and f"words were sent to {told} for recognition"
        )
    assert not lm.remark_of(Options(lm.OPTIONS))


@pytest.mark.parametrize(("tune", "told"), [("none", "asked, not taught"), ("lora", "was tuned")])
def test_a_card_says_whether_it_was_taught(tune, told):
    first, second = lm.notes_of(Options({**lm.OPTIONS, "tune": tune}))
    assert told in first
    assert "answer joy" in second


def test_the_weight_is_named_where_it_is_one():
    def named(**options):
        return emotion.weights_of("lm", checked_options(plugins.load("emotion", "lm"), options, ""))

    assert named() == ("smollm2",)
    assert named(model="own.gguf") == named(backend="server", model="http://a#b") == ()


def test_what_nobody_calibrated_is_held_against_turns_that_tell_nothing(tmp_path):
    p = problem("lm", tmp_path, options=QUICK | {"calibrate": 0})
    asks, record = calibrated(p, reader(p, Asking(lambda: ScriptedModel([], scores=knowing), "m")))
    assert asks.calibration is None
    assert record["asked"] == 0
    scores = asks.answer([[Sample("a", "rude"), Sample("b", "table")]])
    assert np.argmax(scores["a"]) == 2
    assert scores["b"] == pytest.approx((1 / 3,) * 3)  # it liked "glad" before any word
    asks.write(tmp_path)
    assert json.loads((tmp_path / "model.json").read_text())["calibration"] is None
    tuned = dataclasses.replace(asks, options=Options({**asks.options.values, "tune": "lora"}))
    assert tuned.answer([[Sample("b", "table")]])["b"][0] == pytest.approx(np.e / (np.e + 2))


@pytest.mark.weights
def test_untrained_it_reads_with_the_small_model_and_is_not_sure():
    pytest.importorskip("xllamacpp")
    if weights.state("smollm2") == "missing":
        pytest.skip("weight smollm2 is not pulled")
    made = lm.load(None, 1)
    assert made.about.labels == EKMAN7
    (row,) = made.recognise([[Sample("a", "How dare you!", speaker="Ann"), Sample("b")]])
    assert sum(row[0].scores) == pytest.approx(1)
    assert (row[0].abstained is None) == (row[0].confidence >= lm.UNSURE)
    assert row[1].abstained


@pytest.mark.weights
def test_the_tuned_one_that_ships_tells_plain_feelings():
    pytest.importorskip("xllamacpp")
    if weights.state("smollm2") == "missing":
        pytest.skip("weight smollm2 is not pulled")
    made = keeping.load(weights.folder("lm-talk"), 1)
    said = {"anger": "How dare you!", "sadness": "My dog died.", "joy": "We won! I love it!"}
    rows = made.recognise([[Sample(k, x, "en", speaker="Ann")] for k, x in said.items()])
    assert [row[0].label for row in rows] == list(said)
    assert made.about.noncommercial is False


def test_who_is_called_as_somebody_of_its_corpus_is_heard_as_anybody():
    shipped = Describer.load(weights.folder("lm-talk"))
    measures = voice("u", np.array([[60, 4, 200, 20, 8, 80, 4, 10]]))
    told = [
        shipped.describe([Sample("u", "Hi", speaker=who, features={"prosody": measures})])
        for who in ("Rachel", "Joey", "Ann")
    ]
    assert told[0] == told[1] == told[2]
    assert told[0]["u"]["voice"].description
