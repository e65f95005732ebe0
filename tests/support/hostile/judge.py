"""What the project makes of a hostile input: an answer, a refusal in words, or a fault."""

from __future__ import annotations

import json
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sounds

from empathia import media
from empathia.audit import audit_corpus
from empathia.corpora import table
from empathia.errors import EmpathiaError, EmpathiaWarning
from empathia.listen.transcript import read_transcript
from empathia.pipeline import Reader, kind
from empathia.pipeline.check import check
from empathia.types import Timeline
from empathia.types.wire import to_json
from hostile import write
from hostile.case import Case, Truth

GOOD = ("same", "read", "refused")
"""Outcomes that are right; a kept input should be the same."""

_NEAR = 0.05  # s


class Verdict(NamedTuple):
    """What came of an input, and what to know about it."""

    outcome: str
    detail: str = ""


class _DifferError(Exception):
    """A kept input was read as something else."""


class Judge:
    """Reads inputs as a user would.

    Args:
        reader: Reads recordings, and a tenth of the transcripts, wholly; None decodes alone.
    """

    def __init__(self, reader: Reader | None = None) -> None:
        self._reader = reader
        self._known: dict[tuple[float, float], list[tuple]] = {}

    def __call__(self, case: Case, folder: Path) -> Verdict:
        """Write an input into an empty folder and read it."""
        try:
            path = write(case, folder)
        except OSError as error:  # a name that no file can have here
            return Verdict("refused", f"by the file system: {error.strerror}")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            verdict = self._judged(case, path, folder)
        strange = [w for w in caught if not issubclass(w.category, EmpathiaWarning)]
        if strange and verdict.outcome in GOOD:
            w = strange[0]
            where = f"{w.filename}:{w.lineno}"
            return Verdict("warning", f"{w.category.__name__}: {w.message} ({where})")
        return verdict

    def _judged(self, case: Case, path: Path, folder: Path) -> Verdict:
        read = {"recording": self._sound, "transcript": self._talk, "table": self._table}[case.kind]
        try:
            check(path)
            read(case, path, folder)
        except EmpathiaError as error:
            words = " ".join(str(error).split())
            return Verdict("refused" if error.problem and error.remedy else "mute", words[:300])
        except _DifferError as difference:
            return Verdict("other", str(difference)[:600])
        except Exception as error:
            where = traceback.format_exception(error)
            return Verdict("traceback", "".join(where)[-1500:])
        return Verdict("read" if case.truth is None else "same")

    def _sound(self, case: Case, path: Path, folder: Path) -> None:
        truth = case.truth
        kind(path)
        if truth is not None and truth.samples is not None:
            heard = np.concatenate([b.samples for b in media.blocks(path)])
            _same("samples", len(truth.samples), len(heard))
            off = float(np.abs(heard - truth.samples / 32768).max())
            _same("off by", True, off < 1e-4 or off)
        if self._reader is None:
            for _ in media.blocks(path):
                pass
            return
        timeline = self._reader.read(path)
        _plain(timeline)
        if truth is not None and truth.stretch is not None:
            _same_turns(self._truly(truth, folder), _turns(timeline))

    def _truly(self, truth: Truth, folder: Path) -> list[tuple]:
        """What is heard in a stretch of the conversation that is stored as a plain wav."""
        if truth.stretch not in self._known:
            plain = sounds.write_wav(folder / "plain.wav", truth.samples / 32767)
            self._known[truth.stretch] = _turns(self._reader.read(plain))
            plain.unlink()
        return self._known[truth.stretch]

    def _talk(self, case: Case, path: Path, _folder: Path) -> None:
        kind(path)
        utterances = read_transcript(path).dialogue.utterances
        if case.truth is not None:
            told = [(u.speaker, u.text, u.start, u.end) for u in utterances]
            _same_turns(list(case.truth.turns), told)
        if self._reader is not None and case.number // 3 % 10 == 0 and len(utterances) < 500:
            _plain(self._reader.read(path))

    def _table(self, case: Case, path: Path, _folder: Path) -> None:
        try:
            read_transcript(path)
        except EmpathiaError as error:
            if not error.remedy:
                raise
        dialogues = table.load(path)
        if case.truth is not None:
            rows = [
                (d.id, u.speaker, (u.text or "").strip(), u.gold, d.split)
                for d in dialogues
                for u in d.utterances
            ]
            _same("rows", len(case.truth.rows), len(rows))
            for true, told in zip(case.truth.rows, rows, strict=True):
                _same("row", true, told)
        if case.number // 3 % 10 == 0:
            json.dumps(audit_corpus(dialogues).to_json(), allow_nan=False)


def _plain(timeline: Timeline) -> None:
    """Refuses what no JSON can hold."""
    json.dumps(to_json(timeline), allow_nan=False).encode()


def _turns(timeline: Timeline) -> list[tuple]:
    spoken = [t.utterance for t in timeline.turns]
    return [(u.speaker, u.text, u.start, u.end) for u in spoken]


def _same(what: str, true: object, told: object) -> None:
    if true != told:
        raise _DifferError(f"{what}: expected {true!r}, got {told!r}")


def _same_turns(true: list[tuple], told: list[tuple]) -> None:
    _same("turns", len(true), len(told))
    for a, b in zip(true, told, strict=True):
        near = all(
            (x is None) == (y is None) and abs((x or 0) - (y or 0)) <= _NEAR
            for x, y in zip(a[2:], b[2:], strict=True)
        )
        if a[:2] != b[:2] or not near:
            raise _DifferError(f"turn: expected {a!r}, got {b!r}")
