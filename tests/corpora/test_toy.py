"""The corpus that the project makes: the same every time, clean, and leaky where asked."""

from __future__ import annotations

import collections
import math

import numpy as np
import pytest

from empathia.corpora import toy
from empathia.errors import CorpusError
from empathia.labels import SHARED4


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy") / "clean"
    toy.make(folder, seed=3, dialogues=30)
    return folder


def leaky(folder, *leaks):
    toy.make(folder / "leaky", seed=3, dialogues=15, leaks=leaks)
    return toy.load(folder / "leaky"), toy.ready(folder / "leaky")["measures"]


def part(dialogues, split):
    return [u for d in dialogues if d.split == split for u in d.utterances]


def test_it_is_a_whole_corpus(clean):
    dialogues = toy.load(clean)
    assert collections.Counter(d.split for d in dialogues) == {"train": 18, "valid": 6, "test": 6}
    assert {len(d.utterances) for d in dialogues} == {8}
    assert dialogues[0].labels == SHARED4
    for u in (u for d in dialogues for u in d.utterances):
        assert u.audio.is_file()
        assert u.place("audio") is None, "each has a clip of its own"
        assert len(u.votes) == 3
        assert collections.Counter(u.votes).most_common(1)[0][0] == u.gold
    assert set(toy.ready(clean)["measures"]) == {u.id for d in dialogues for u in d.utterances}


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    one, again, other = (tmp_path / name for name in ("one", "again", "other"))
    for folder, seed in ((one, 3), (again, 3), (other, 4)):
        toy.make(folder, seed=seed, dialogues=5)
    files = [f.relative_to(one) for f in sorted(one.rglob("*")) if f.is_file()]
    assert len(files) == 5 * 8 + 2
    for file in files:
        assert (one / file).read_bytes() == (again / file).read_bytes()
        assert (one / file).read_bytes() != (other / file).read_bytes()


def test_parts_of_a_clean_one_share_nothing(clean):
    dialogues = toy.load(clean)
    parts = [part(dialogues, split) for split in ("train", "valid", "test")]
    for what in (
        lambda u: u.speaker,
        lambda u: u.groups["session"],
        lambda u: u.groups["scenario"],
        lambda u: u.text,
    ):
        sets = [{what(u) for u in p} for p in parts]
        assert sum(map(len, sets)) == len(set().union(*sets))
    train, test = ([set(u.text.split()) for u in p] for p in (parts[0], parts[2]))
    assert max(len(a & b) / len(a | b) for a in test for b in train) < 0.7
    for dialogue in dialogues:
        labels = collections.Counter(u.gold[0] for u in dialogue.utterances)
        assert labels == dict.fromkeys(SHARED4, 2), "metadata say nothing"


def test_words_and_voice_both_tell_the_feeling(clean):
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    dialogues, measures = toy.load(clean), toy.ready(clean)["measures"]
    train, test = part(dialogues, "train"), part(dialogues, "test")
    gold = [[u.gold[0] for u in p] for p in (train, test)]
    words = TfidfVectorizer().fit([u.text for u in train])
    said = [words.transform([u.text for u in p]).toarray() * 3 for p in (train, test)]
    heard = [np.stack([measures[u.id].values[0] for u in p]) for p in (train, test)]
    scale = StandardScaler().fit(heard[0])
    heard = [scale.transform(h) for h in heard]
    both = [np.hstack(pair) for pair in zip(said, heard, strict=True)]
    right = {
        name: LogisticRegression(C=10, max_iter=2000).fit(x[0], gold[0]).score(x[1], gold[1])
        for name, x in (("words", said), ("voice", heard), ("both", both))
    }
    assert min(right["words"], right["voice"]) > 0.55  # chance is .25
    assert right["both"] > max(right["words"], right["voice"])
    assert max(right["words"], right["voice"]) < 0.95


def test_the_sound_is_what_was_measured(clean):
    import wave

    dialogues, measures = toy.load(clean), toy.ready(clean)["measures"]
    for u in dialogues[0].utterances:
        with wave.open(str(u.audio)) as file:
            raw = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
            assert len(raw) / file.getframerate() == pytest.approx(u.duration, abs=0.01)
        level = 10 * math.log10(np.mean(raw**2))
        assert level == pytest.approx(measures[u.id].measure("m_level"), abs=1.5)


@pytest.mark.parametrize("leak", ["speakers", "sessions", "scenarios"])
def test_shared_people_and_places_are_planted(tmp_path, leak):
    dialogues, _ = leaky(tmp_path, leak)
    of = {
        "speakers": lambda u: u.speaker,
        "sessions": lambda u: u.groups["session"],
        "scenarios": lambda u: u.groups["scenario"],
    }
    for name, what in of.items():
        train, test = ({what(u) for u in part(dialogues, s)} for s in ("train", "test"))
        assert bool(train & test) == (name == leak)


def test_copied_sentences_and_talks_are_planted(tmp_path):
    dialogues, _ = leaky(tmp_path, "sentences", "duplicates")
    train, test = part(dialogues, "train"), part(dialogues, "test")
    begun = {u.text.rpartition(" ")[0] for u in train}
    rows = [u for u in test if not u.id.isupper()]
    assert sum(u.text.rpartition(" ")[0] in begun for u in rows) == len(rows) / 2
    by_id = {u.id: u for u in train}
    again = [u for u in test if u.id.isupper()]
    assert len(again) == 8
    for u in again:
        assert u.audio.read_bytes() == by_id[u.id.lower()].audio.read_bytes()
        assert u.text == by_id[u.id.lower()].text


def test_odd_features_are_planted(tmp_path):
    dialogues, measures = leaky(tmp_path, "join", "constant", "missing", "gold")
    gold = {u.id: u.gold[0] for d in dialogues for u in d.utterances}
    lost = [k for k in measures if k not in gold]
    assert 0.1 < len(lost) / len(gold) < 0.3
    kept = {k: f for k, f in measures.items() if k in gold}
    assert {f.measure("m_gain") for f in kept.values()} == {1.0}
    assert all(f.measure("m_code") == SHARED4.index(gold[k]) for k, f in kept.items())
    assert "anger" not in {gold[k] for k in kept}
    assert all(f"({u.gold[0]})" in u.text for d in dialogues for u in d.utterances)


def test_labels_that_follow_scenario_or_the_last_label_are_planted(tmp_path):
    dialogues, _ = leaky(tmp_path / "a", "metadata")
    by_scenario = collections.defaultdict(collections.Counter)
    for u in (u for d in dialogues for u in d.utterances):
        by_scenario[u.groups["scenario"]][u.gold] += 1
    most = sum(c.most_common(1)[0][1] for c in by_scenario.values())
    assert most / (15 * 8) > 0.85
    dialogues, _ = leaky(tmp_path / "b", "inertia")
    pairs = [
        (a, b) for d in dialogues for a, b in zip(d.utterances, d.utterances[1:], strict=False)
    ]
    assert sum(a.gold == b.gold for a, b in pairs) / len(pairs) > 0.7


def test_wrong_use_is_named(clean, tmp_path):
    with pytest.raises(CorpusError, match="unknown leak 'roof'"):
        toy.make(tmp_path, leaks=["roof"])
    with pytest.raises(CorpusError, match="toy: 4 dialogues"):
        toy.make(tmp_path, dialogues=4)
    with pytest.raises(CorpusError, match="holds a corpus already"):
        toy.make(clean)
    with pytest.raises(CorpusError, match=r"holds no toy\.csv"):
        toy.load(tmp_path)


@pytest.mark.parametrize("options", [{"dialogues": "x"}, {"seed": -1}, {"leaks": 3}], ids=str)
def test_options_that_cannot_be_are_refused(tmp_path, options) -> None:
    (name,) = options
    with pytest.raises(CorpusError, match=f"toy: .*{name}"):
        toy.make(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()
