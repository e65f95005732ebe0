"""Run files: what is right is read, what is wrong is named with file and key."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.bench import checked
from empathia.config import Options, at_least, checked_options, more_than, one_of, read_run
from empathia.errors import ConfigError

RUNS = Path(__file__).parent.parent / "runs"
GOOD = """
name = "try"
seed = 3
about = "A try."
[data]
corpora = ["a", "b"]
labels = "ekman7"
limit = 10
[model]
recogniser = "text"
dropout = 0
deep = true
[training]
select = "macro_f1"
lr = 1
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_parts_are_read_and_defaults_filled(tmp_path):
    run = read_run(write(tmp_path, GOOD))
    assert (run.name, run.seed, run.about) == ("try", 3, "A try.")
    assert (run.data.corpora, run.data.labels, run.data.limit) == (("a", "b"), "ekman7", 10)
    assert run.model.recogniser == "text"
    assert run.model.options == {"dropout": 0, "deep": True}
    assert run.training.lr == 1.0
    assert isinstance(run.training.lr, float)
    assert run.training.patience == 2


def plugin(**options):
    return SimpleNamespace(
        __name__="empathia.emotion.mine", OPTIONS=options, RENAMED={"old": "new"}
    )


def test_options_take_the_type_of_their_default(tmp_path):
    run = read_run(write(tmp_path, GOOD))
    defaults = plugin(dropout=0.1, deep=False, absent=7)
    options = checked_options(defaults, run.model.options, run.file)
    assert (options.number("dropout"), options.flag("deep"), options.count("absent")) == (
        0,
        True,
        7,
    )
    with pytest.raises(ConfigError, match=r"'model.deep' must be int, found True"):
        checked_options(plugin(dropout=0.1, deep=1), run.model.options, run.file)


@pytest.mark.parametrize(
    ("default", "given", "wanted"),
    [
        ((0.1, 1.0), [1, 0.5], (1, 0.5)),
        (("a",), ["b", "c"], ("b", "c")),
        ((), [], ()),
        ({}, {"x": {"y": 1}}, {"x": {"y": 1}}),
    ],
)
def test_options_may_be_lists_and_tables(default, given, wanted):
    assert checked_options(plugin(o=default), {"o": given}, "f").values == {"o": wanted}


@pytest.mark.parametrize(
    ("default", "given", "says"),
    [
        ((0.1,), "0.1 0.3", r"'model\.o' must be a list of numbers, found '0.1 0.3'"),
        ((0.1,), ["x"], "a list of numbers"),
        ((0.1,), [True], "a list of numbers"),
        (("a",), [1], "a list of strings"),
        ({}, "joy>happy 1", "a table"),
    ],
)
def test_other_lists_and_tables_are_refused(default, given, says):
    with pytest.raises(ConfigError, match=says):
        checked_options(plugin(o=default), {"o": given}, "f")


def test_unknown_option_names_the_known_ones(tmp_path):
    run = read_run(write(tmp_path, GOOD))
    with pytest.raises(ConfigError, match=r"run\.toml.*'model\.deep' \(known: dropout\)"):
        checked_options(plugin(dropout=0.1), run.model.options, run.file)


def test_an_old_name_is_told_the_new_one():
    with pytest.raises(ConfigError, match=r"'model\.old' is called 'model\.new' now"):
        checked_options(plugin(new=1), {"old": 1}, "f")


def test_settings_don_t_depend_on_where_the_file_lies(tmp_path):
    (tmp_path / "other").mkdir()
    one, two = (read_run(write(f, GOOD)) for f in (tmp_path, tmp_path / "other"))
    assert one.file != two.file
    assert one.settings() == two.settings()
    assert not {"learnt_from", "tested"} & set(one.settings()["data"]), "older runs go on"


@given(
    st.integers(0, 99), st.floats(1e-9, 1), st.lists(st.integers(0, 99), min_size=1, unique=True)
)
def test_changes_take_the_place_of_what_the_file_says(past, rate, seeds):
    changes = [f"model.past={past}", f"training.lr = {rate}", f"seeds={seeds}", "data.labels=mine"]
    plain, run = read_run(RUNS / "talk.toml"), read_run(RUNS / "talk.toml", changes)
    assert run.model.options == {**plain.model.options, "past": past}
    assert (run.training.lr, run.seeds, run.data.labels) == (rate, tuple(seeds), "mine")
    assert run.data.options == plain.data.options


def test_changes_reach_into_tables_and_another_recogniser_has_options_of_its_own():
    changes = ["normalise.prosody=running", "data.options.xed.folder = 'x'", "model.start="]
    plain, run = read_run(RUNS / "talk.toml"), read_run(RUNS / "talk.toml", changes)
    assert run.normalise == {"prosody": "running"}
    assert run.data.options == {**plain.data.options, "xed": {"folder": "x"}}
    assert plain.data.options["empathetic_dialogues"]["prompts"] is True
    assert run.model.options["start"] == ""
    run = read_run(RUNS / "talk.toml", ["model.recogniser=tfidf", "model.past=1"])
    assert (run.model.recogniser, run.model.options) == ("tfidf", {"past": 1})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("epochs", "'epochs' changes nothing in .*KEY=VALUE"),
        ("=1", "'=1' changes nothing"),
        ("name.first=1", "'name' in 'name.first=1' is no table"),
        ("training.epoch=1", r"unknown key 'training\.epoch'"),
        ("training.epochs=one", r"'training\.epochs' must be int, found 'one'"),
        ("name=../x", "'name' cannot be"),
    ],
)
def test_a_change_that_cannot_be_is_named(change, message):
    with pytest.raises(ConfigError, match=message):
        read_run(RUNS / "talk.toml", [change])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lr = 1", "learning = 1", r"unknown key 'training\.learning' \(known: .*training\.lr"),
        ('name = "try"', 'name = "try"\ncolour = 1', "unknown key 'colour'"),
        ("limit = 10", "limits = 10", r"unknown key 'data\.limits'"),
        ('name = "try"', 'name = "try"\nfile = "x"', "unknown key 'file'"),
        ("seed = 3", "seed = true", "'seed' must be int, found True"),
        ("seed = 3", "seed = 3.0", "'seed' must be int, found 3.0"),
        ("seed = 3", "seed = -1", "'seed' cannot be -1, expected 0 or more"),
        ("seed = 3", "", "lacks 'seed'"),
        ('corpora = ["a", "b"]', 'corpora = "a"', "'data.corpora' must be a list of strings"),
        ('corpora = ["a", "b"]', "corpora = []", "'data.corpora' must be a list of strings"),
        (
            'corpora = ["a", "b"]',
            'corpora = ["a", "a"]',
            r"'data\.corpora' cannot be \['a', 'a'\], expected each",
        ),
        (
            "limit = 10",
            'learnt_from = ["c"]',
            "'data.learnt_from' cannot be .*some of data.corpora",
        ),
        ("limit = 10", "limit = 0", "'data.limit' cannot be 0, expected 1 or more"),
        (
            'recogniser = "text"',
            "",
            r"needs one of model\.recogniser, model\.generator, model\.predictor, found none",
        ),
        ("lr = 1", "lr = nan", r"'training\.lr' cannot be nan"),
        ("lr = 1", "warmup = 1.0", r"'training\.warmup' cannot be 1\.0"),
        ("lr = 1", "threads = 0", r"'training\.threads' cannot be 0"),
        ('name = "try"', 'name = "../try"', "'name' cannot be"),
        ('name = "try"', 'name = ".."', "'name' cannot be"),
        ("[data]", "[datum]", r"has no table \[data\]"),
        ("seed = 3", "seed = ", "is not valid TOML"),
    ],
)
def test_what_cannot_be_is_named_with_file_and_key(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(ConfigError, match=message) as caught:
        read_run(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "run.toml" in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            'reaction.when="during"',
            "'reaction.when' cannot be 'during', expected 'after' or 'while'",
        ),
        ("reaction.draws=0", "'reaction.draws' cannot be 0, expected 1 or more"),
        ("data.valid=1.0", "'data.valid' cannot be 1.0, expected more than 0, less than 1"),
        ("seeds=[1, 1]", r"'seeds' cannot be \[1, 1\], expected each seed once"),
    ],
)
def test_what_is_expected_is_told(change, message):
    with pytest.raises(ConfigError, match=message):
        read_run(RUNS / "reaction-dyads.toml", [change])


@pytest.mark.parametrize("file", ["talk", "reaction-dyads", "reply-lm"])  # who learns what
def test_names_that_lead_nowhere_are_errors(file):
    for change, message in (
        ("data.options.tabel.x=1", r"\[data.options\] names 'tabel', which the run does not use"),
        ("normalise.suond=global", r"\[normalise\] names 'suond'.*\(it uses: "),
    ):
        with pytest.raises(ConfigError, match=message):
            read_run(RUNS / f"{file}.toml", [change])


def test_an_empty_list_takes_away_what_a_base_names(tmp_path: Path) -> None:
    base = RUNS / "reaction-dyads.toml"
    assert read_run(base).reaction.targets
    own = tmp_path / "emotion.toml"
    own.write_text(f'base = "{base}"\n[reaction]\ntargets = []\nfloors = []\n')
    assert (read_run(own).reaction.targets, read_run(own).reaction.floors) == ((), ())


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_rules_let_through_what_their_words_say(value: int, bound: int) -> None:
    asked = Options({"a": value, "b": str(value)})
    rules = {"a": at_least(bound)}, {"a": more_than(bound)}, {"b": one_of("0", "1")}
    wanted = value >= bound, value > bound, value in {0, 1}
    for rule, fine in zip(rules, wanted, strict=True):
        with nullcontext() if fine else pytest.raises(ConfigError, match=r"'model\.\w' cannot be"):
            asked.demand(rule)


@pytest.mark.parametrize("endless", [math.inf, -math.inf, math.nan])
def test_a_number_above_another_is_finite(endless: float) -> None:
    with pytest.raises(ConfigError, match="expected a finite number more than 0"):
        Options({"a": endless}).demand({"a": more_than(0)})


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.toml.*Check the path"):
        read_run(tmp_path / "absent.toml")


def test_shipped_run_files_are_right():
    files = sorted((Path(__file__).parents[1] / "runs").glob("*.toml"))
    assert files
    for file in files:
        run = read_run(file)
        assert run.name == file.stem
        if run.model.recogniser:
            checked(run)


def test_a_base_is_filled_in_and_written_over(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "base"\nseeds = [1, 2]\n[data]\ncorpora = ["toy"]\nlabels = "corpus"\n'
        '[data.options.toy]\nfolder = "here"\n[features]\ntext = []\nvoice = ["prosody"]\n'
        '[model]\nrecogniser = "dialogue"\nwidth = 8\n[training]\nselect = "uar"\nepochs = 3\n'
    )
    (tmp_path / "more.toml").write_text(
        'base = "base.toml"\nname = "more"\n[data]\ntargets = "votes"\n[training]\nepochs = 5\n'
        "[model]\ndepth = 2\n"
    )
    (tmp_path / "other.toml").write_text(
        'base = "more.toml"\nname = "other"\n[features]\nvoice = ["mfcc"]\n'
        '[model]\nrecogniser = "tfidf"\n'
    )
    more, other = (read_run(tmp_path / f"{n}.toml") for n in ("more", "other"))
    assert (more.name, more.seed, more.seeds) == ("more", 1, (1, 2))
    assert (more.data.targets, more.data.options) == ("votes", {"toy": {"folder": "here"}})
    assert (more.training.select, more.training.epochs) == ("uar", 5)
    assert more.model.options == {"width": 8, "depth": 2}
    assert more.features == {"text": (), "voice": ("prosody",)}
    assert (other.model.recogniser, other.model.options) == ("tfidf", {})
    assert other.features == {"voice": ("mfcc",)}
    assert other.training.epochs == 5


def test_a_base_that_leads_back_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('base = "b.toml"\n')
    (tmp_path / "b.toml").write_text('base = "a.toml"\n')
    with pytest.raises(ConfigError, match="its own base"):
        read_run(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('protocol = "leave-out"\nvalid = 1.5', "data.valid"),
        ("folds = 1", "data.folds"),
        ('targets = "soft"', "data.targets"),
        ("fraction = 0", "data.fraction"),
    ],
)
def test_parts_of_the_bench_have_ranges(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "a.toml").write_text(
        f'name = "a"\nseed = 1\n[data]\ncorpora = ["toy"]\nlabels = "corpus"\n{line}\n'
        '[model]\nrecogniser = "tfidf"\n[training]\nselect = "uar"\n'
    )
    with pytest.raises(ConfigError, match=words):
        read_run(tmp_path / "a.toml")


@pytest.mark.parametrize("path", sorted(RUNS.glob("*.toml")), ids=lambda p: p.stem)
def test_every_committed_run_file_can_be_read(path: Path) -> None:
    assert read_run(path).name == path.stem
