"""``empathia prompt``: what a model would see, word by word, and how long it is."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from xml.etree import ElementTree

import pytest
from little_problem import problem

from empathia.cli import main
from empathia.emotion.lm.calibrating import reader
from empathia.features.prosody import NAMES
from empathia.report.prompts import CONTEXT, Lengths
from empathia.report.wording import because, part, percent
from empathia.training import keeping
from empathia.training import model as kept
from empathia.types import Sample

MAP = "utterance=id,dialogue=talk,speaker=who,gender=sex,text=words,label=feeling"
LINES = ("So you are back", "I am", "And the dog?", "He ran off", "Oh no", "He will come home")


@pytest.fixture
def corpus(tmp_path: Path) -> list[str]:
    """Five talks; the louder and higher, the later; the last turn of each has no measures."""
    rng = random.Random(1)
    rows = [",".join(("id", "talk", "who", "sex", "words", "feeling", "split", *NAMES))]
    for d in range(5):
        for i, line in enumerate(LINES):
            measures = [f"{rng.uniform(1, 2) * (10 + i + d):.2f}" for _ in NAMES]
            measures = [""] * len(NAMES) if i == 5 else measures
            split = "test" if d == 4 else "train"
            told = (f"d{d}_{i}", f"d{d}", f"S{i % 2}", "FM"[i % 2], line, ("joy", "sad")[i % 2])
            rows.append(",".join((*told, split, *measures)))
    file = tmp_path / "talks.csv"
    file.write_text("\n".join(rows))
    features = f"features={{prosody={json.dumps(list(NAMES))}}}"
    return ["table", str(file), "--map", MAP, "--option", features]


def said(capsys, *args: str) -> str:
    assert main(["prompt", *args]) == 0
    return capsys.readouterr().out


def test_it_shows_role_by_role_what_a_model_sees(corpus, capsys):
    shown = said(capsys, *corpus, "--utterance", "d0_2", "--window", "1", "--twice")
    assert shown == (
        "--- d0_2\n[system]\nRead the talk. Say in one word how the last speaker feels: joy, sad.\n"
        "[user]\nSpeaker B: I am\nSpeaker A: And the dog?\n"
        "How does Speaker A feel?\nHow does Speaker A feel?\n"
    )


def test_several_utterances_as_json_with_cues_where_there_are_measures(corpus, capsys):
    more = ("--mode", "description", "--context-cues", "1", "--levels", "3", "--labels", "ekman7")
    asked = ("--utterance", "d4_4", "--utterance", "d0_5", "--json", *more)
    last, none = json.loads(said(capsys, *corpus, *asked))
    assert [last["utterance"], none["utterance"]] == ["d4_4", "d0_5"]
    assert [m["role"] for m in last["messages"]] == ["system", "user"]
    assert "surprise" in last["messages"][0]["content"]
    assert last["messages"][1]["content"].count("(voice: ") == 2
    assert "very" not in last["messages"][1]["content"].partition("variation")[0]
    assert none["messages"][1]["content"].endswith("home\nHow does Speaker B feel?")


def test_other_templates_and_the_first_utterance_by_default(corpus, capsys):
    shown = said(capsys, *corpus, "--template", "yes", "--label", "sad")
    assert shown.endswith("[user]\nSpeaker A: So you are back\nDoes Speaker A feel sad?\n")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--utterance", "d0-2"], "near: d0_2"),
        (["--utterance", "zzz"], "the first: d0_0, d0_1"),
        (["--utterance", "d0_5", "--mode", "audio"], "nothing to show of 'd0_5'"),
        (["--mode", "smell"], "no mode 'smell'"),
        (["--template", "mine"], "no template is called 'mine'"),
        (["--levels", "9", "--mode", "description"], "9 levels"),
        (["--label", "awe"], "'awe' is not a label"),
        (["--labels", "none"], "none"),
        (["--picture", "x.png"], "--stats"),
        (["--picture", "x.png", "--recogniser", "out/lm/model"], "--stats"),
        (["--mode", "text", "--recogniser", "out/lm/model"], "decides --mode."),
        (["--levels", "5", "--recogniser", "out/lm/model"], "decides --levels."),
        (["--labels", "ekman7", "--recogniser", "out/lm/model"], "decides --labels."),
        (["--stride", "1", "--twice", "--recogniser", "m"], "decides --stride, --twice."),
        (
            ["--context-cues", "0", "--window", "3", "--recogniser", "m"],
            "decides --window, --context-cues.",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_line(corpus, capsys, args, told):
    assert main(["prompt", *corpus, *args]) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert "Traceback" not in shown


def test_without_a_training_part_the_cues_are_by_the_bins_that_ship(corpus, capsys):
    file = Path(corpus[1])
    file.write_text(file.read_text().replace(",train,", ",,").replace(",test,", ",,"))
    assert main(["prompt", *corpus, "--mode", "description"]) == 0
    shown = capsys.readouterr()
    assert "no training part" in shown.err
    assert "(voice: " in shown.out


def test_where_nothing_is_measured_that_there_are_no_cues_is_said(corpus, capsys):
    assert main(["prompt", *corpus[:-2], "--mode", "description"]) == 0
    assert "no cues" in capsys.readouterr().err
    assert main(["prompt", *corpus[:-2]]) == 0
    assert not capsys.readouterr().err


def test_without_the_model_words_are_counted_and_that_is_said(
    corpus, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "empty"))
    assert main(["prompt", *corpus, "--stats", "--json"]) == 0
    shown = capsys.readouterr()
    assert "no tokens of smollm2" in shown.err
    figures = json.loads(shown.out)
    assert (figures["unit"], figures["prompts"], figures["share over 2048"]) == ("words", 30, 0)
    # The task and two labels; "Speaker A: So you are back"; the question.
    assert figures["least"] == 12 + 2 + 6 + 5
    assert main(["prompt", *corpus, "--raw"]) == 0
    assert "[system]" in capsys.readouterr().out


def test_the_histogram_begins_where_lengths_do():
    lengths = Lengths([CONTEXT, CONTEXT + 1, 1900], "tokens")
    assert lengths.figures()[f"share over {CONTEXT}"] == 0.3333
    rows = lengths.rows()
    assert [n for _, n, _ in rows] == ["3"]
    first, _, last = rows[0][0].partition("-")
    assert int(first) <= 1900
    assert int(last) >= CONTEXT + 1


@pytest.mark.weights
def test_lengths_in_tokens_as_a_table_and_a_picture(corpus, capsys, tmp_path):
    picture = tmp_path / "lengths.svg"
    shown = said(capsys, *corpus, "--stats", "--picture", str(picture)).splitlines()
    assert shown[0].split("\t")[:2] == ["tokens", "prompts"]
    rows = [line.split("\t") for line in shown[1 : shown.index("")]]
    assert sum(int(n) for _, n, _ in rows) == 30
    assert max(rows, key=lambda r: int(r[1]))[2] == "█" * 40
    assert "share over 2048\t0" in shown
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


@pytest.mark.weights
def test_raw_is_what_the_chat_template_makes_of_it(corpus, capsys):
    shown = said(capsys, *corpus, "--raw", "--utterance", "d0_0")
    assert shown.startswith("--- d0_0\n<|im_start|>system\nRead the talk.")
    assert shown.rstrip("\n").endswith("feel?<|im_end|>\n<|im_start|>assistant")


def keep(folder, p):
    """A kept recogniser that asks a script, which writes the name of its model."""
    folder.mkdir()
    reader(p).recogniser(kept.about(p, "lm")).save(folder)
    options = p.options.values
    keeping.Settings(
        "lm", "lm", p.labels, True, True, {"text": ()}, options, "any", noncommercial=False
    ).write(folder)
    return folder


def test_what_a_kept_recogniser_writes_does_not_move_the_pen(corpus, capsys, tmp_path):
    options = {"backend": "scripted", "model": "\x1b[31mred", "calibrate": 0}
    folder = keep(tmp_path / "model", problem("lm", tmp_path, options=options))
    asked = (*corpus, "--recogniser", str(folder), "--ask")
    code = main(["prompt", *asked])
    out, err = capsys.readouterr()
    assert (code, "belong to no utterance" in err) == (0, False)  # those of other dialogues do
    assert out.endswith("[answer]\n [31mred\n")
    assert json.loads(said(capsys, *asked, "--json"))[0]["answer"] == options["model"]


def test_it_says_what_the_label_of_a_kept_recogniser_hangs_on(corpus, capsys, tmp_path):
    options = {"backend": "scripted", "model": "any", "calibrate": 0}
    p = problem("lm", tmp_path, options=options)
    folder = keep(tmp_path / "model", p)
    turns = [Sample(f"d0_{i}", x, None, speaker=f"S{i % 2}") for i, x in enumerate(LINES[:3])]
    asked = (*corpus, "--utterance", "d0_2", "--recogniser", str(folder), "--why")
    told = keeping.load(folder).reasons([turns], {"d0_2"})["d0_2"]
    (row,) = json.loads(said(capsys, *asked, "--json"))
    assert row["why"]["label"] == told.label
    assert row["why"]["parts"] == [dataclasses.asdict(x) for x in told.parts]
    shown = said(capsys, *asked)
    assert f"[why]\n{because(told)}\n" in shown
    assert shown.count(" nats, ") == len(told.parts) == 4  # three words, what was said before
    one = told.parts[0]
    assert f"{-one.change:+.2f} nats, {percent(one.without)} without {part(one)}\n" in shown
    other = next(x for x in p.labels if x != told.label)
    assert json.loads(said(capsys, *asked, "--json", "--label", other))[0]["why"]["label"] == other
    for wrong in (("--why",), (*asked[len(corpus) :], "--template", "form")):
        assert main(["prompt", *corpus, *wrong]) == 2
        assert "--why" in capsys.readouterr().err
