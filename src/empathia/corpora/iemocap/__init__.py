"""IEMOCAP: ten actors in pairs, scripted and improvised (Busso et al. 2008); the official tree.

Layout, below the release's folder (``IEMOCAP_full_release``)::

    Session{1-5}/dialog/EmoEvaluation/<dialogue>.txt      labels, votes, affect, times
    Session{1-5}/dialog/transcriptions/<dialogue>.txt     words
    Session{1-5}/dialog/avi/DivX/<dialogue>.avi           both actors side by side, whole dialogue
    Session{1-5}/sentences/wav/<dialogue>/<utterance>.wav
    Session{1-5}/sentences/MOCAP_rotated/<dialogue>/<utterance>.txt    markers of one actor

An annotation file has a block an utterance::

    [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
    C-E2:	Neutral;	()
    C-F1:	Neutral;	()
    A-E3:	val 3; act 2; dom  2;	()

Lines ``C-E*`` are what the evaluators chose, one or several categories. ``C-F1`` and
``C-M1`` are the actors' own ratings of themselves and no votes; the ratings of ``A-*`` stand
averaged on the first line.

Turns stand in order of their start: the digits of ids count per speaker, so sorting by id
would put all of one speaker before the other. Utterances without agreement (``xxx``) have no
gold label and stay as context. Valence, arousal and dominance are scaled from 1..5 to [-1, 1].

Speakers are the ten people (``Ses01F``): in the dialogues ``Ses01F_*`` and ``Ses01M_*`` the
same two talk, the letter says who wears the markers. Groups: session ("1" to "5"), kind
("impro", "script") and scenario ("impro05", "script01"; parts such as ``impro05a`` and
``script01_2`` belong to their scenario). The split is the customary one, session 5 for the
test; the release has no validation part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from empathia.corpora import CorpusInfo, warn
from empathia.corpora.iemocap.motion import NAME, motion
from empathia.errors import CorpusError
from empathia.labels.sets import IEMOCAP10
from empathia.types import Dialogue, Features, Utterance

INFO = CorpusInfo(
    name="iemocap",
    licence="IEMOCAP release form, academic use",
    noncommercial=True,
    citation="Busso et al. 2008, IEMOCAP: Interactive emotional dyadic motion capture database, "
    "Language Resources and Evaluation 42",
    page="https://sail.usc.edu/iemocap/",
    language="en",
)
_SESSIONS = (1, 2, 3, 4, 5)
_TEST = 5
_NAME = re.compile(r"Ses0([1-5])[FM]_((impro|script)\d\d)\w*")
_ACTOR = re.compile(r".*_([FM])[^_]*")
_GENDERS = {"F": "female", "M": "male"}
_LABELS = {
    "neu": "neutral",
    "hap": "happy",
    "sad": "sad",
    "ang": "angry",
    "sur": "surprised",
    "fea": "fearful",
    "dis": "disgusted",
    "fru": "frustrated",
    "exc": "excited",
    "oth": "other",
}
_NO_AGREEMENT = "xxx"
_CATEGORIES = {
    "neutral": "neutral",
    "neutral state": "neutral",
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "surprise": "surprised",
    "fear": "fearful",
    "disgust": "disgusted",
    "frustration": "frustrated",
    "excited": "excited",
    "other": "other",
}
_NUMBER = r"(\d+(?:\.\d+)?)"
_HEAD = re.compile(
    rf"\[{_NUMBER} - {_NUMBER}\]\t(\S+)\t(\w+)\t\[{_NUMBER}, {_NUMBER}, {_NUMBER}\]\s*"
)
_LINE = re.compile(rf"(\S+) \[{_NUMBER}-{_NUMBER}\]:(.*)")
_FORM = "'[start - end] TAB utterance TAB label TAB [valence, arousal, dominance]'"

_Damage = defaultdict[str, list[str]]


class _Rated(NamedTuple):
    """One utterance of an annotation file; ``vad`` in [-1, 1], ``label`` None without agreement."""

    id: str
    start: float
    end: float
    label: str | None
    votes: tuple[tuple[str, ...], ...]
    vad: tuple[float, float, float] | None


def load(path: Path, *, mocap: float | None = None) -> tuple[Dialogue, ...]:
    """All dialogues, session by session, turns in time order.

    Args:
        path: The release's folder, or the one above it.
        mocap: As for :func:`ready`; checked there.

    Raises:
        CorpusError: No session is there, or a line of an annotation file does not parse.
    """
    root = _root(path)
    there = [n for n in _SESSIONS if _evaluations(root / f"Session{n}").is_dir()]
    if not there:
        raise CorpusError(
            f"iemocap: no Session1 to Session5 with dialog/EmoEvaluation under '{path}'",
            "Unpack the official release there",
        )
    damage: _Damage = defaultdict(list)
    damage["sessions missing"] += [f"Session{n}" for n in _SESSIONS if n not in there]
    dialogues = tuple(
        _dialogue(root / f"Session{n}", file, damage)
        for n in there
        for file in sorted(_evaluations(root / f"Session{n}").glob("*.txt"))
        if not file.name.startswith(".")  # left by a file manager
    )
    for problem, places in damage.items():
        warn(f"iemocap: {problem}", places)
    if not dialogues:
        raise CorpusError(
            f"iemocap: no annotation file under '{path}'", "Unpack the official release there"
        )
    return dialogues


def ready(path: Path, *, mocap: float | None = None) -> dict[str, dict[str, Features]]:
    """The feature "mocap" where it is asked for, (frames, 165) by utterance id.

    Of utterances whose speaker wears the markers; see :func:`listening` for the others.

    Args:
        path: As for :func:`load`.
        mocap: Rows a second (Hz), which divide 120; None reads no motion capture. An hour at
            120 Hz takes 285 MB.

    Raises:
        CorpusError: See :func:`empathia.corpora.iemocap.motion.motion`.
    """
    return {} if mocap is None else {NAME: motion(_root(path), mocap)}


def listening(path: Path, *, mocap: float | None = None) -> dict[str, dict[str, Features]]:
    """The feature "mocap" of the actor with the markers over what the other one says.

    By the id of the other's utterance, from its start. Arguments and errors as for :func:`ready`.
    """
    return {} if mocap is None else {NAME: motion(_root(path), mocap, listening=True)}


def marked(dialogue: Dialogue) -> str:
    """The speaker who wears the markers; the videos show both speakers side by side."""
    return dialogue.id[:6]


def _root(path: Path) -> Path:
    inner = path / "IEMOCAP_full_release"
    return inner if inner.is_dir() else path


def _evaluations(session: Path) -> Path:
    return session / "dialog" / "EmoEvaluation"


def _dialogue(session: Path, file: Path, damage: _Damage) -> Dialogue:
    name = _NAME.fullmatch(file.stem)
    if name is None or f"Session{name[1]}" != session.name:
        raise CorpusError(
            f"iemocap: '{file}' is no dialogue of {session.name}",
            f"Expected names as Ses0{session.name[-1]}F_impro01.txt; remove what is not of the "
            "corpus",
        )
    rated = _ratings(file, damage)
    words = _words(session / "dialog" / "transcriptions" / file.name, damage)
    ids = [r.id for r in rated]
    damage["utterances without a transcription"] += [k for k in ids if k not in words]
    damage["transcribed but not annotated, left out"] += sorted(set(words) - set(ids))
    video = session / "dialog" / "avi" / "DivX" / f"{file.stem}.avi"
    if not video.is_file():
        damage["dialogues without a video"].append(file.stem)
    wavs = {k: session / "sentences" / "wav" / file.stem / f"{k}.wav" for k in ids}
    damage["utterances without a recording"] += [k for k, w in wavs.items() if not w.is_file()]
    shared = Utterance(
        file.stem,
        0,
        "",
        video=video if video.is_file() else None,
        groups={"session": name[1], "scenario": name[2], "kind": name[3]},
    )
    return Dialogue(
        id=file.stem,
        utterances=tuple(
            replace(_utterance(r, words.get(r.id), wavs[r.id], shared), index=i)
            for i, r in enumerate(rated)
        ),
        corpus="iemocap",
        split="test" if int(name[1]) == _TEST else "train",
        language="en",
        labels=IEMOCAP10,
    )


def _words(file: Path, damage: _Damage) -> dict[str, str]:
    if file.is_file():
        return _transcribed(file, damage)
    damage["dialogues without a transcription file"].append(file.stem)
    return {}


def _utterance(rated: _Rated, text: str | None, wav: Path, shared: Utterance) -> Utterance:
    """An utterance of a dialogue; ``shared`` has what all of them have."""
    actor = _ACTOR.fullmatch(rated.id)
    if actor is None:
        raise CorpusError(
            f"iemocap: utterance '{rated.id}' does not say who speaks",
            "Expected ids as Ses01F_impro01_F000",
        )
    return replace(
        shared,
        id=rated.id,
        speaker=f"Ses0{shared.groups['session']}{actor[1]}",
        text=text or None,
        start=rated.start,
        end=rated.end,
        audio=wav if wav.is_file() else None,
        gender=_GENDERS[actor[1]],
        gold=() if rated.label is None else (rated.label,),
        votes=rated.votes,
        vad=rated.vad,
        clips=("audio",),
    )


def _ratings(file: Path, damage: _Damage) -> list[_Rated]:
    """All utterances of a dialogue, in time order.

    Args:
        file: One file of ``EmoEvaluation``.
        damage: What is wrong with single ratings is added: problem to places.

    Raises:
        CorpusError: A line does not parse, a label is unknown, or an utterance occurs twice.
    """
    blocks: dict[str, _Rated] = {}
    last = None
    for number, line in _lines(file):
        place = f"{file}:{number}"
        if line.startswith("["):
            rated = _rated(place, line, file.stem, damage)
            if rated.id in blocks:
                raise CorpusError(f"{place} repeats utterance '{rated.id}'", "Drop one of the two")
            last = rated.id
            blocks[last] = rated
        elif line.startswith("C-") and last is not None:
            if line.startswith("C-E"):
                vote = _vote(place, line, damage)
                blocks[last] = blocks[last]._replace(votes=(*blocks[last].votes, *vote))
        elif not line.startswith(("%", "A-")):
            raise CorpusError(f"{place} does not parse, expected {_FORM} or ratings", "Mend it")
    return sorted(blocks.values(), key=lambda r: (r.start, r.end, r.id))


def _transcribed(file: Path, damage: _Damage) -> dict[str, str]:
    """The words by utterance id; lines that are no utterances are added to ``damage``."""
    words: dict[str, str] = {}
    for number, line in _lines(file):
        parts = _LINE.fullmatch(line)
        if parts is None:
            damage["transcription lines that do not parse"].append(f"{file}:{number}")
        elif parts[1] in words:
            raise CorpusError(f"{file}:{number} repeats utterance '{parts[1]}'", "Drop one")
        else:
            words[parts[1]] = parts[4].strip()
    return words


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    # Latin-1, as released; it decodes everything, so a wrong encoding shows in the patterns.
    for number, line in enumerate(file.read_text(encoding="latin-1").split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _rated(place: str, line: str, dialogue: str, damage: _Damage) -> _Rated:
    head = _HEAD.fullmatch(line)
    if head is None:
        raise CorpusError(f"{place} does not parse, expected {_FORM}", "Mend the line")
    start, end, key, label = float(head[1]), float(head[2]), head[3], head[4]
    if label not in _LABELS and label != _NO_AGREEMENT:
        names = ", ".join((*_LABELS, _NO_AGREEMENT))
        raise CorpusError(f"{place} has the label '{label}'", f"Expected one of {names}")
    if not key.startswith(f"{dialogue}_"):
        raise CorpusError(f"{place}: '{key}' is not of the dialogue {dialogue}", "Mend the id")
    if start > end:
        raise CorpusError(f"{place} ends before it starts ({start} to {end} s)", "Mend the times")
    v, a, d = ((float(head[i]) - 3) / 2 for i in (5, 6, 7))
    known = all(-1 <= x <= 1 for x in (v, a, d))
    if not known:
        damage["valence, arousal or dominance outside of 1 to 5, left out"].append(place)
    return _Rated(key, start, end, _LABELS.get(label), (), (v, a, d) if known else None)


def _vote(place: str, line: str, damage: _Damage) -> list[tuple[str, ...]]:
    """One rater's categories; none where they cannot be understood."""
    chosen = line.partition(":")[2].split("(")[0].split(";")
    named = [c.strip().lower() for c in chosen if c.strip()]
    if not named or not all(n in _CATEGORIES for n in named):
        damage["ratings that do not parse, left out"].append(place)
        return []
    return [tuple(_CATEGORIES[n] for n in named)]
