"""Figures of replies: worked out by hand, or by sacrebleu's own corpus scores."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.cli import main
from empathia.errors import TextError, UsageError
from empathia.evaluate.replies import measured
from empathia.evaluate.replies.figures import measure
from empathia.evaluate.replies.systems import System, floors, read
from empathia.evaluate.replies.wording import rouge_l
from empathia.judges.given import Given
from empathia.report.measured_replies import rows, write
from empathia.types import Element, Empathy

sacrebleu = pytest.importorskip("sacrebleu", reason="BLEU needs the extra 'train'")

SAID = ["My dog died.", "I passed my exam!", "I failed again.", "It rained."]
TOLD = ["I am so sorry.", "That is great news!", "I am so sorry.", "It rained, oh dear."]
TRUE = ["Oh no, I am sorry.", "Great news, well done!", "That is a pity.", ""]


def system(told=TOLD, name="a", judged=()) -> System:
    rows = zip(SAID, told, TRUE, strict=True)
    given_ = [
        Given(str(i), s, t, r, f"d{i}", "so sorry" if i == 0 else "")
        for i, (s, t, r) in enumerate(rows)
    ]
    return System(name, tuple(given_), judged)


def encode(texts):
    """One direction a text."""
    places = {t: i for i, t in enumerate(dict.fromkeys(texts))}
    return np.eye(64, dtype=np.float32)[[places[t] for t in texts]]


def test_bleu_and_chrf_are_those_of_sacrebleu_where_a_reference_is_known():
    (found,) = measure([system()], resamples=0)
    told, true = TOLD[:3], [TRUE[:3]]
    for n in (1, 2, 3, 4):
        bleu = sacrebleu.metrics.BLEU(max_ngram_order=n, lowercase=True, force=True)
        assert found.scores[f"BLEU-{n}"].value == pytest.approx(bleu.corpus_score(told, true).score)
    chrf = sacrebleu.metrics.CHRF().corpus_score(told, true).score
    assert found.scores["chrF"].value == pytest.approx(chrf)


def test_what_is_worked_out_by_hand():
    (found,) = measure([system()], encode, resamples=0)
    value = {name: s.value for name, s in found.scores.items()}
    # Longest common subsequences: "i am sorry" of 4 and 5 words, "great news" of 4 and 4,
    # nothing of 4 and 4; the fourth has no reference.
    assert value["ROUGE-L"] == pytest.approx((2 * 3 / 9 + 2 * 2 / 8 + 0) / 3)
    assert value["length"] == 4
    # 16 words: i am so sorry (twice), that is great news, it rained oh dear.
    assert value["distinct-1"] == pytest.approx(12 / 16)
    assert value["distinct-2"] == pytest.approx(9 / 12)
    assert value["near-duplicates"] == pytest.approx(2 / 4)
    # Only the last reply says a content word of what was said: "rained" of "rained", "dear".
    assert value["copied"] == pytest.approx((0.5) / 4)
    assert value["from exemplars"] == pytest.approx(1.0)  # "sorry" of "sorry"


def test_judgements_are_means_over_what_was_judged():
    strong, none = Element((0, 0, 1)), Element((1, 0, 0))
    judged = [Empathy({"reaction": strong}, 0.5), Empathy({"reaction": none}), Empathy(), Empathy()]
    (found,) = measure([system(judged=tuple(judged))], resamples=0)
    assert found.scores["reaction"].value == pytest.approx(1.0)
    assert found.scores["sentiment"].value == pytest.approx(0.5)
    assert math.isnan(found.scores["exploration"].value)


def test_the_emotion_of_a_reply_is_compared_with_peoples_and_with_the_label():
    labels = ("sad", "Proud", "angry", "sunny")  # the last is none of the judge's
    replies = tuple(replace(g, emotion=x) for g, x in zip(system().replies, labels, strict=True))
    emotions = {
        TOLD[0]: "sad",  # also of the third
        TOLD[1]: "joyful",
        TRUE[0]: "sad",
        TRUE[1]: "proud",
        # Of the third person's reply none is known; the fourth reply has none and no reference.
    }
    felt = System("a", replies, emotions=emotions)
    people = System("people", tuple(replace(g, reply=g.reference, reference="") for g in replies))
    first, second = measure([felt, replace(people, emotions=emotions)], resamples=0)
    # sad and sad, joyful and proud; then sad of sad, joyful of proud, sad of angry.
    assert first.scores["emotion as people's"].value == pytest.approx(1 / 2)
    assert first.scores["emotion as labelled"].value == pytest.approx(1 / 3)
    assert second.scores["emotion as labelled"].value == 1.0
    assert "emotion as people's" not in second.scores
    assert not {n for n in measure([system()], resamples=0)[0].scores if "emotion" in n}


def test_perplexity_is_of_all_tokens_of_all_replies_together():
    losses = ([1.0, 2.0, 0.5], [4.0, 0.0, 1.0, 0.5], [3.0, 0.0], [0.25])
    told = tuple(np.array(x, np.float32) for x in losses)
    (found,) = measure([replace(system(), losses=told)], resamples=50)
    # 12.25 nats of 10 tokens; without the last of each 11 of 6.
    assert found.scores["perplexity"].value == pytest.approx(math.exp(12.25 / 10))
    assert found.scores["perplexity without ends"].value == pytest.approx(math.exp(11 / 6))
    assert found.scores["perplexity"].low < math.exp(12.25 / 10) < found.scores["perplexity"].high
    ends = tuple(np.array([0.5], np.float32) for _ in TOLD)
    (bare,) = measure([replace(system(), losses=ends)], resamples=0)
    assert bare.scores["perplexity"].value == pytest.approx(math.exp(0.5))
    assert math.isnan(bare.scores["perplexity without ends"].value)


def test_perplexity_is_asked_of_systems_and_of_people_alone():
    asked = []

    def losses(pairs, _progress):
        asked.append(pairs)
        return [np.full(2, float(len(reply) > 15), np.float32) for _, reply in pairs]

    found = {m.name: m for m in measured([system()], 0, models=False, losses=losses)}
    assert asked == [
        [(g.context, g.reply) for g in system().replies],
        list(zip(SAID[:3], TRUE[:3], strict=True)),
    ]
    # Told: 14, 19, 14 and 18 characters. True: 18, 22 and 15.
    assert found["a"].scores["perplexity"].value == pytest.approx(math.exp(2 / 4))
    assert found["people"].scores["perplexity"].value == pytest.approx(math.exp(2 / 3))
    assert "perplexity" not in found["most frequent"].scores


def test_differences_are_paired():
    worse = ["No.", *TOLD[1:]]
    first, second, same = measure([system(), system(worse, "b"), system(name="c")], resamples=200)
    assert first.more == {}
    assert second.more["length"].value == pytest.approx(-0.75)
    assert same.more["BLEU-2"].low == same.more["BLEU-2"].high == 0.0
    for score in first.scores.values():
        if score.low is not None:
            assert score.low <= score.value + 1e-9 or score.metric in ("BLEU-3", "BLEU-4")


def test_differences_count_what_both_answer():
    first = System("a", system().replies[:2])
    longer = System("b", system(["No.", *TOLD[1:3], "It rained and rained and rained."]).replies)
    _, second = measure([first, longer], resamples=100)
    assert second.scores["length"].n == 4
    # On the first two contexts alone: 1 and 4 words against 4 and 4.
    assert second.more["length"].value == pytest.approx((1 + 4 - 4 - 4) / 2)
    assert second.more["length"].n == 2
    same = measure([first, System("c", system().replies)], resamples=100)[1].more
    assert {(s.value, s.low, s.high) for s in same.values()} <= {(0, 0, 0), (0, None, None)}
    elsewhere = System("d", (Given("9", "Hello?", "Hi."),))
    assert measure([first, elsewhere], resamples=0)[1].more == {}


def test_people_and_those_who_listen_to_nobody():
    people, shuffled, often = floors(system().replies)
    assert [g.reply for g in people.replies] == TRUE[:3]
    assert not any(g.reference for g in people.replies)
    assert sorted(g.reply for g in shuffled.replies) == sorted(TRUE[:3])
    assert all(g.reply != g.reference for g in shuffled.replies)
    assert len({g.reply for g in often.replies}) == 1
    assert floors([Given("1", "", "Oh.")]) == []


@given(st.lists(st.integers(0, 5), min_size=2, max_size=30), st.integers(0, 5))
def test_what_is_shuffled_comes_from_another_talk_each_once(talks, seed):
    known = [Given(str(i), "", "Oh.", f"{i}", f"d{t}") for i, t in enumerate(talks)]
    told = [int(g.reply) for g in floors(known, seed)[1].replies]
    assert sorted(told) == list(range(len(talks)))
    if 2 * max(map(talks.count, talks)) <= len(talks):
        assert all(talks[i] != talks[j] for i, j in enumerate(told))


def test_the_page_shows_the_table_and_runs_nothing(tmp_path):
    found = measure([system(name="<b>mine</b>"), system(name="b")], resamples=20)
    write(tmp_path, found)
    page = (tmp_path / "report.html").read_text()
    _, body = rows(found)
    assert "<b>mine" not in page and "&lt;b&gt;mine" in page and "<script" not in page
    assert page.count("<tr>") == len(body) + 1
    assert all(name in page for name, *_ in body)
    assert (tmp_path / "evaluation.json").exists()


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8),
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8),
)
def test_rouge_is_symmetric_and_within_bounds(a, b):
    x, y = " ".join(a), " ".join(b)
    assert rouge_l(x, y) == rouge_l(y, x)
    assert 0 <= rouge_l(x, y) <= 1
    assert rouge_l(x, x) == (1.0 if a else 0.0)


def test_two_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("reply\nOh.\n")
    systems, notes = read([tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv"])
    assert len({s.name for s in systems}) == 2
    assert any("without" in n for n in notes)
    (tmp_path / "empty.csv").write_text("context,reply\nHello,\n")
    with pytest.raises(TextError, match="no reply"):
        read([tmp_path / "empty.csv"])
    with pytest.raises(UsageError, match="no replies"):
        measure([])


def test_words_alone_need_no_models(tmp_path, capsys):
    rows = "".join(f'"{s}","{t}","{r}"\n' for s, t, r in zip(SAID, TOLD, TRUE, strict=True))
    (tmp_path / "a.csv").write_text(f"context,reply,reference\n{rows}")
    run = ["evaluate", str(tmp_path / "a.csv"), "--bootstrap", "20", "--words-alone", "--json"]
    assert main(run) == 0
    first = json.loads(capsys.readouterr().out)["systems"][0]["measures"]
    assert first["length"]["value"] == 4
    assert not {"similarity", "near-duplicates", "sentiment"} & set(first)


def test_whose_perplexity_it_is_stands_beside_it(tmp_path, capsys):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tiny_chat import write_model

    model = write_model(tmp_path / "tiny", [*SAID, *TOLD, *TRUE])
    rows = "".join(f'"{s}","{t}","{r}"\n' for s, t, r in zip(SAID, TOLD, TRUE, strict=True))
    (tmp_path / "a.csv").write_text(f"context,reply,reference\n{rows}")
    run = ["evaluate", str(tmp_path / "a.csv"), "--bootstrap", "20", "--words-alone"]
    run += ["--perplexity", str(model), "--threads", "1"]
    assert main([*run, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert "perplexity without ends" in told.out and str(model) in told.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert f"Perplexity by {model}; tokens of its own tokenizer" in page
    assert main([*run, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert str(model) in found["read_by"]
    assert {s["name"]: "perplexity" in s["measures"] for s in found["systems"]} == {
        "a": True,
        "people": True,
        "people, shuffled": False,
        "most frequent": False,
    }


@pytest.mark.weights
def test_replies_are_measured_as_a_user_does(tmp_path, capsys):
    from empathia import weights

    if weights.state("minilm") == "missing":
        pytest.skip("weight minilm is not pulled")
    rows = "\n".join(
        f"{s},{t},{r}" for s, t, r in zip(SAID[:3], TOLD, ["Oh no.", "Great!", "Oh."], strict=False)
    )
    (tmp_path / "a.csv").write_text(f"context,reply,reference\n{rows}\n")
    out = tmp_path / "out"
    run = ["evaluate", str(tmp_path / "a.csv"), "--bootstrap", "50", "--threads", "1"]
    assert main([*run, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert all(x in shown for x in ("BLEU-4", "similarity", "emotion as people's"))
    assert main([*run, "--json"]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert [s["name"] for s in systems] == ["a", "people", "people, shuffled", "most frequent"]
    assert systems == json.loads((out / "evaluation.json").read_text())["systems"]
    assert (out / "figures.csv").read_text().startswith("system,measure,value")
    assert main([*run, "--dump", str(tmp_path / "x.csv")]) == 2
    assert main(["evaluate", str(tmp_path), str(tmp_path)]) == 2
