"""IEMOCAP: ten actors in pairs, scripted and improvised (Busso et al. 2008); the official tree.

Layout, below the release's folder (``IEMOCAP_full_release``)::

    Session{1-5}/dialog/EmoEvaluation/<dialogue>.txt      labels, votes, affect, times
    Session{1-5}/dialog/transcriptions/<dialogue>.txt     words
    Session{1-5}/dialog/avi/DivX/<dialogue>.avi           both actors, whole dialogue
    Session{1-5}/sentences/wav/<dialogue>/<utterance>.wav

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
from dataclasses import replace
from pathlib import Path

from empathia.corpora import CorpusInfo, warn
from empathia.corpora._iemocap_files import Damage, Rated, ratings, words
from empathia.errors import CorpusError
from empathia.labels.sets import IEMOCAP10
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="iemocap",
    licence="IEMOCAP release form, academic use",
    noncommercial=True,
    citation="Busso et al. 2008, IEMOCAP: Interactive emotional dyadic motion capture database, "
    "Language Resources and Evaluation 42",
    page="https://sail.usc.edu/iemocap/",
    language="en",
)
SESSIONS = (1, 2, 3, 4, 5)
_TEST = 5
_NAME = re.compile(r"Ses0([1-5])[FM]_((impro|script)\d\d)\w*")
_ACTOR = re.compile(r".*_([FM])[^_]*")
_GENDERS = {"F": "female", "M": "male"}


def load(path: Path) -> tuple[Dialogue, ...]:
    """All dialogues, session by session, turns in time order.

    Args:
        path: The release's folder, or the one above it.

    Raises:
        CorpusError: No session is there, or a line of an annotation file does not parse.
    """
    root = path / "IEMOCAP_full_release"
    root = root if root.is_dir() else path
    there = [n for n in SESSIONS if _evaluations(root / f"Session{n}").is_dir()]
    if not there:
        raise CorpusError(
            f"iemocap: no Session1 to Session5 with dialog/EmoEvaluation under '{path}'",
            "Unpack the official release there",
        )
    damage: Damage = defaultdict(list)
    damage["sessions missing"] += [f"Session{n}" for n in SESSIONS if n not in there]
    found = tuple(
        _dialogue(root / f"Session{n}", file, damage)
        for n in there
        for file in sorted(_evaluations(root / f"Session{n}").glob("*.txt"))
        if not file.name.startswith(".")  # left by a file manager
    )
    for problem, places in damage.items():
        warn(f"iemocap: {problem}", places)
    if not found:
        raise CorpusError(
            f"iemocap: no annotation file under '{path}'", "Unpack the official release there"
        )
    return found


def _evaluations(session: Path) -> Path:
    return session / "dialog" / "EmoEvaluation"


def _dialogue(session: Path, file: Path, damage: Damage) -> Dialogue:
    name = _NAME.fullmatch(file.stem)
    if name is None or f"Session{name[1]}" != session.name:
        raise CorpusError(
            f"iemocap: '{file}' is no dialogue of {session.name}",
            f"Expected names as Ses0{session.name[-1]}F_impro01.txt; remove what is not of the "
            "corpus",
        )
    rated = ratings(file, damage)
    said = _words(session / "dialog" / "transcriptions" / file.name, damage)
    ids = [r.id for r in rated]
    damage["utterances without a transcription"] += [k for k in ids if k not in said]
    damage["transcribed but not annotated, left out"] += sorted(set(said) - set(ids))
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
            replace(_utterance(r, said.get(r.id), wavs[r.id], shared), index=i)
            for i, r in enumerate(rated)
        ),
        corpus="iemocap",
        split="test" if int(name[1]) == _TEST else "train",
        language="en",
        labels=IEMOCAP10,
    )


def _words(file: Path, damage: Damage) -> dict[str, str]:
    if file.is_file():
        return words(file, damage)
    damage["dialogues without a transcription file"].append(file.stem)
    return {}


def _utterance(rated: Rated, text: str | None, wav: Path, shared: Utterance) -> Utterance:
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
