"""EmpatheticDialogues, EPITOME and KOTE: small trees in their layouts; real counts if there."""

from __future__ import annotations

import collections
import os
import warnings
from pathlib import Path

import pytest

from empathia import plugins
from empathia.corpora import CorpusInfo, CorpusWarning, empathetic_dialogues, epitome, kote
from empathia.errors import CorpusError

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")
ED_HEADER = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags"
HI = "hit:1_conv:2"


def talks(folder: Path, *lines: str, header: str = ED_HEADER) -> Path:
    for part in ("train", "valid", "test"):
        own = lines if part == "train" else ()
        (folder / f"{part}.csv").write_text("\n".join([header, *own, ""]), encoding="utf-8")
    return folder


def test_turns_are_ordered_and_only_the_speaker_has_a_label(tmp_path):
    lines = (
        f"{HI},2,proud,I did it_comma_ alone,9,Great_comma_ well done!,5|5|5_2|2|5,",
        f'{HI},1,proud,I did it_comma_ alone,7,"I said ""yes""",5|5|5_2|2|5,,automatic',
        f'{HI},3,proud,I did it_comma_ alone,7,"So" it "is",5|5|5_2|2|5,',
    )
    (dialogue,) = empathetic_dialogues.load(talks(tmp_path, *lines))
    assert (dialogue.id, dialogue.split, dialogue.language) == (HI, "train", "en")
    told = [(u.id, u.speaker, u.text, u.gold, u.groups["role"]) for u in dialogue.utterances]
    assert told == [
        (f"{HI}/1", "7", 'I said "yes"', ("proud",), "speaker"),
        (f"{HI}/2", "9", "Great, well done!", (), "listener"),
        (f"{HI}/3", "7", '"So" it "is"', ("proud",), "speaker"),
    ]
    (more,) = empathetic_dialogues.load(tmp_path, prompts=True)
    first, *rest = more.utterances
    assert (first.text, first.gold, first.index) == ("I did it, alone", ("proud",), 0)
    assert first.groups == {"role": "situation"}
    assert [u.id for u in rest] == [u.id for u in dialogue.utterances]
    (few,) = empathetic_dialogues.load(tmp_path, prompts=True, openings=True)
    assert [u.gold for u in few.utterances] == [("proud",), ("proud",), (), ()]


def test_a_situation_is_a_dialogue_and_its_opening_is_for_training_alone(tmp_path):
    talks(tmp_path, *(f"{HI},{n},proud,I did it,{n % 2},Turn {n},,," for n in (1, 2, 3)))
    header, *rest = (tmp_path / "train.csv").read_text().splitlines()
    (tmp_path / "test.csv").write_text("\n".join([header, *rest, ""]).replace(HI, "other"))
    alone = empathetic_dialogues.load(tmp_path, situations=True)
    assert [(d.split, [u.id for u in d.utterances]) for d in alone] == [
        ("train", [f"{HI}/0"]),
        ("test", ["other/0"]),
    ]
    told, asked = empathetic_dialogues.load(tmp_path, situations=True, openings=True)
    assert [(u.text, u.gold) for u in told.utterances] == [
        ("I did it", ("proud",)),
        ("Turn 1", ("proud",)),
    ]
    assert [u.text for u in asked.utterances] == ["I did it"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["c,1,bored,p,0,u,,"], "train.csv:2 has the emotion 'bored'"),
        (["c,0,sad,p,0,u,,"], "train.csv:2: '0' numbers no turn"),
        (["c,one,sad,p,0,u,,"], "train.csv:2: 'one' numbers no turn"),
        (["c,1,sad,p,0,u,,", "c,1,sad,p,0,v,,"], r"train.csv:3 repeats turn 1 .* line 2"),
        (["c,1,sad,p,0,u,,", "c,2,joyful,p,1,v,,"], "talk 'c' has the emotions joyful, sad"),
        (["c,1,sad,p,0"], "train.csv:2 has 5 fields"),
    ],
)
def test_the_wrong_line_of_a_talk_is_named(tmp_path, lines, message):
    with pytest.raises(CorpusError, match=message):
        empathetic_dialogues.load(talks(tmp_path, *lines))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"train.csv' cannot be read"):
        empathetic_dialogues.load(tmp_path)
    with pytest.raises(CorpusError, match=r"train.csv:1 does not begin with"):
        empathetic_dialogues.load(talks(tmp_path, header="a,b"))


FILES = ("emotional-reactions", "interpretations", "explorations")


def judged(folder: Path, *pairs: tuple[str, str, str], skip: int | None = None) -> Path:
    """Pairs as (key, levels of the three ways, as in "201")."""
    for n, name in enumerate(FILES):
        rows = [f'{key},r{key},"Help, {key}",answer,{levels[n]},' for key, levels in pairs]
        if n == skip:
            del rows[-1]
        header = "sp_id,rp_id,seeker_post,response_post,level,rationales"
        (folder / f"{name}-reddit.csv").write_text("\n".join([header, *rows, ""]))
    return folder


def test_levels_are_labels_and_repeats_have_own_ids(tmp_path):
    dialogues = epitome.load(judged(tmp_path, ("a", "012"), ("b", "200"), ("a", "000")))
    assert [d.id for d in dialogues] == ["a/ra", "b/rb", "a/ra#2"]
    post, answer = dialogues[0].utterances
    assert (post.text, post.gold, post.groups) == ("Help, a", (), {"post": "a"})
    assert answer.gold == ("emotional_reactions=0", "interpretations=1", "explorations=2")
    assert answer.groups == {"post": "a"}
    assert dialogues[1].utterances[1].gold[0] == "emotional_reactions=2"
    assert len({u.id for d in dialogues for u in d.utterances}) == 6


def test_each_way_is_a_set_of_its_own_and_halves_share_no_post(tmp_path):
    pairs = [(f"p{i // 2}", "012") for i in range(40)]
    dialogues = epitome.load(judged(tmp_path, *pairs), halves=True)
    ways = {p.target.name: p for p in epitome.PROJECTIONS}
    said = {n: [w for g in dialogues[0].utterances[1].gold if (w := p(g))] for n, p in ways.items()}
    assert said == {
        "reaction3": ["none"],
        "interpretation3": ["weak"],
        "exploration3": ["strong"],
    }
    sides = collections.defaultdict(set)
    for d in dialogues:
        sides[d.split].add(d.utterances[0].groups["post"])
    assert set(sides) == {"train", "test"}
    assert not sides["train"] & sides["test"]


def test_rationales_are_places_in_the_answer(tmp_path):
    judged(tmp_path, ("a", "100"))
    file = tmp_path / "emotional-reactions-reddit.csv"
    file.write_text(file.read_text().replace("answer,1,", "answer,1,sw|answ|not there|"))
    (found,) = epitome.rationales(tmp_path).values()
    assert found == {"reaction": ((0, 4), (2, 4)), "interpretation": (), "exploration": ()}


def test_files_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"different numbers of rows .*explorations-reddit.csv 1"):
        epitome.load(judged(tmp_path, ("a", "000"), ("b", "000"), skip=2))
    with pytest.raises(CorpusError, match=r"interpretations-reddit.csv:2 has the level '3'"):
        epitome.load(judged(tmp_path, ("a", "030")))
    judged(tmp_path, ("a", "000"))
    other = tmp_path / "explorations-reddit.csv"
    other.write_text(other.read_text().replace("a,ra", "z,rz"))
    with pytest.raises(CorpusError, match=r"explorations-reddit.csv:2 is about 'z/rz'"):
        epitome.load(tmp_path)


def test_comments_have_several_labels_and_a_missing_part_is_told(tmp_path):
    (tmp_path / "val.tsv").write_text("7\t안녕\t4,40\n8\t음\t24\n", encoding="utf-8")
    with pytest.warns(CorpusWarning, match=r"no train.tsv and no test.tsv"):
        dialogues = kote.load(tmp_path)
    assert [(d.id, d.split, d.utterances[0].gold) for d in dialogues] == [
        ("7", "valid", ("고마움", "행복")),
        ("8", "valid", ("없음",)),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("7\t안녕\t44", "val.tsv:2 is not 'id TAB"),
        ("7\t안녕\t-1", "val.tsv:2 is not 'id TAB"),
        ("7\t안녕\t", "val.tsv:2 is not 'id TAB"),
        ("7\t안녕", "val.tsv:2 is not 'id TAB"),
        ("6\t안녕\t1", "val.tsv:2 repeats the id '6' of val.tsv:1"),
    ],
)
@pytest.mark.filterwarnings("ignore:kote")
def test_the_wrong_comment_is_named(tmp_path, line, message):
    (tmp_path / "val.tsv").write_text(f"6\t네\t1\n{line}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        kote.load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"none of train.tsv, val.tsv, test.tsv"):
        kote.load(tmp_path)


@pytest.mark.parametrize("name", ["empathetic_dialogues", "epitome", "kote", "toy"])
def test_plugins_say_what_a_user_must_know(name):
    plugin = plugins.load("corpora", name, ("INFO", "load"))
    assert isinstance(plugin.INFO, CorpusInfo)
    assert plugin.INFO.name == name


def real(corpus):
    folder = DATA / corpus.INFO.name
    if not folder.is_dir():
        pytest.skip(f"corpus {corpus.INFO.name} is not there")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorpusWarning)
        return corpus.load(folder)


@pytest.mark.slow
@pytest.mark.corpus
def test_real_counts():
    dialogues = real(empathetic_dialogues)
    parts = collections.Counter(d.split for d in dialogues)
    assert parts == {"train": 19541, "valid": 2769, "test": 2546}
    assert sum(len(d.utterances) for d in dialogues) == 107_247
    counts = collections.Counter(x for d in real(epitome) for x in d.utterances[1].gold)
    ways = ("emotional_reactions", "interpretations", "explorations")
    levels = {w: tuple(counts[f"{w}={n}"] for n in range(3)) for w in ways}
    assert levels == dict(
        zip(ways, [(2037, 895, 152), (1626, 114, 1344), (2604, 104, 376)], strict=True)
    )
    parts = collections.Counter(d.split for d in real(kote))
    assert parts == {"valid": 5000, "test": 5000}
