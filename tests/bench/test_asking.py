"""A run of the recogniser that asks a language model, from the run file to the figures."""

from __future__ import annotations

import json
import threading

import pytest
from chat_server import says, send, serving
from little_runs import LABELS, WORDS, corpus, run_file

from empathia.bench import train
from empathia.bench.results import read_results
from empathia.errors import EmpathiaError, ServerError, TrainingError
from empathia.evaluate import evaluate
from empathia.training import keeping, model
from empathia.types import Sample


def answering(upto: list[int]):
    """A server that knows words of two labels, says other things else, fails after a while."""

    def step(handler) -> None:
        if len(handler.server.seen) > upto[0]:
            send(500, b"<html>busy</html>")(handler)
            return
        line = handler.server.seen[-1][2]["messages"][-1]["content"].splitlines()[-2]
        told = [x for x in ("cross", "glad") if any(w in line for w in WORDS[x])]
        says(told[0].title() + "." if len(told) == 1 else "It may be many things.")(handler)

    return step


def test_a_run_that_failed_goes_on_and_what_is_no_label_has_its_own_row(tmp_path):
    data, out, upto = corpus(tmp_path), tmp_path / "out", [30]
    with serving(answering(upto)) as server:
        options = f'backend = "server"\nmodel = "{server.url}#m"\nanswer = "free"\ncalibrate = 10'
        run = run_file(tmp_path / "a.toml", "lm", model=options)
        with pytest.raises(ServerError, match="500: busy"):
            train(run, data, out)
        kept = (out / "a" / "answers.jsonl").read_text().splitlines()
        asked = len(server.seen)
        assert len(kept) == 30
        upto[0] = 10**9
        train(run, data, out)
        # No turn is asked about twice, and none that nobody labelled.
        assert len(server.seen) - asked == 10 * 7 - len(kept)
    found = evaluate(read_results(out / "a"), 0)
    assert found.silent["unparsed"] > 0
    assert found.silent["nothing to judge by"] == 0
    assert any("say nothing (unparsed); they count as errors" in n for n in found.notes)


@pytest.fixture
def wording(tmp_path):
    """A template of one's own."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'task = "label"\nsystem = "Which: {labels}?"\nline = "{speaker}: {text}"\n'
        'wordless = "{speaker}"\nquestion = "And {speaker}?"\nanswer = "{answer}"\n'
    )
    return file


def asked_by(wording) -> str:
    return f'backend = "scripted"\nmodel = ""\ntemplate = "{wording}"\nshots = 2'


def test_a_kept_one_reads_with_its_own_wording_and_calibration(tmp_path, wording):
    run = run_file(tmp_path / "a.toml", "lm", model=asked_by(wording))
    train(run, corpus(tmp_path), tmp_path / "out")
    wording.unlink()
    folder = tmp_path / "out" / "a" / "model"
    kept = keeping.load(folder, 1)
    values = json.loads((folder / "model.json").read_text())
    assert values["template"][0] == "mine"
    assert values["calibration"]["turns"] == 28
    assert kept.about.labels.labels == LABELS
    assert "asked, not taught" in (folder / "card.md").read_text()
    talk = [Sample("a", "so great"), Sample("b", "stop, no"), Sample("c", "okay")]
    whole = model.scores_of(kept, [talk])
    assert model.scores_of(kept, [talk], {"b"}) == {"b": whole["b"]}
    (row,) = model.only(kept, {"b"}).recognise([talk])
    assert [bool(e.scores) for e in row] == [False, True, False]


def test_a_wording_that_was_changed_makes_another_run(tmp_path, wording):
    run = run_file(tmp_path / "a.toml", "lm", model=asked_by(wording))
    train(run, corpus(tmp_path), tmp_path / "out")
    train(run, corpus(tmp_path), tmp_path / "out")
    wording.write_text(wording.read_text().replace("Which", "What"))
    with pytest.raises(TrainingError, match="results of other settings"):
        train(run, corpus(tmp_path), tmp_path / "out")


def test_a_server_is_asked_several_things_at_a_time(tmp_path):
    together = threading.Barrier(2)

    def step(handler):
        together.wait(5)
        says("Glad.")(handler)

    with serving(step) as server:
        options = f'backend = "server"\nmodel = "{server.url}#m"\nanswer = "free"\nat_once = 2'
        run = run_file(tmp_path / "a.toml", "lm", model=options + "\ncalibrate = 0")
        train(run, corpus(tmp_path), tmp_path / "out")


@pytest.mark.parametrize("place", ["folder", "cache"])
@pytest.mark.parametrize("recogniser", ["lm", "late"])
def test_a_base_model_that_has_changed_is_other_work(tmp_path, monkeypatch, place, recogniser):
    """Tensors of the same size, learnt further: a folder, or what the hub's cache has here."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / "base"
    if place == "cache":
        entry = tmp_path / "hub" / "models--somebody--small"
        folder = entry / "snapshots" / "abc"
        (entry / "refs").mkdir(parents=True)
        (entry / "refs" / "main").write_text("abc")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    tensors = folder / "model.safetensors"
    tensors.write_bytes(bytes(2_000_000))
    asks = f'backend = "scripted"\nmodel = "{"somebody/small" if place == "cache" else folder}"\n'
    if recogniser == "late":
        asks = f"[model.members.majority]\n[model.members.lm]\n{asks}"
    run = run_file(tmp_path / "a.toml", recogniser, model=asks)
    data = corpus(tmp_path)
    first = train(run, data, tmp_path / "out")
    assert train(run, data, tmp_path / "out").fingerprint == first.fingerprint
    tensors.write_bytes(bytes(999_000) + b"x" * 2000 + bytes(999_000))
    with pytest.raises(TrainingError, match="other settings or data"):
        train(run, data, tmp_path / "out")


@pytest.mark.parametrize("option", ["model", "template"])
def test_a_name_that_no_file_can_have_is_told(tmp_path, option):
    name = "x" * 300 + {"model": ".gguf", "template": ".toml"}[option]
    run = run_file(tmp_path / "a.toml", "lm", model=f'{option} = "{name}"')
    with pytest.raises(EmpathiaError, match=name[-60:]):
        train(run, corpus(tmp_path), tmp_path / "out")
