"""What a file would be taken for, and what is in it: no model is asked.

A :class:`Checked` says for one file whether it is a recording, a transcript or a table that could
be a corpus, what is in it, and what looks wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from empathia import tables
from empathia.contracts import Progress, silent
from empathia.errors import EmpathiaError, UsageError
from empathia.listen.transcript import names
from empathia.pipeline import kind
from empathia.pipeline.check import corpus, recording, transcript
from empathia.pipeline.check.corpus import Corpus
from empathia.pipeline.check.recording import Recording, Track
from empathia.pipeline.check.transcript import Transcript

__all__ = ["Checked", "Corpus", "Recording", "Track", "Transcript", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one file is.

    Args:
        path: The file.
        kind: "recording", "transcript", "corpus" (a table that is no transcript), or None where
            it is none of these.
        problem: Why it is none of these; for a table that is read in one way alone, why it is
            not in the other; "" where nothing is wrong.
        remedy: What to do about it.
        recording: What is in it, of a recording.
        transcript: Likewise, of a transcript.
        corpus: Likewise, of a table that could be a corpus; a transcript may be one.
    """

    path: Path
    kind: str | None
    problem: str = ""
    remedy: str = ""
    recording: Recording | None = None
    transcript: Transcript | None = None
    corpus: Corpus | None = None


def check(path: Path, format: str | None = None, progress: Progress = silent) -> Checked:
    """Say what a file is and what is in it.

    Args:
        path: The file.
        format: Name of the format of a transcript, where it is not to be told from the file.
        progress: Called with the seconds of a recording that are done.

    Raises:
        UsageError: There is no such format.
    """
    if format is not None and format not in names():
        raise UsageError(
            f"there is no transcript format '{format}'", f"Known are {', '.join(names())}"
        )
    table = path.suffix.lower() in tables.SUFFIXES
    try:
        what = kind(path)
    except UsageError as error:
        if format is not None:
            what = "transcript"
        elif not table:
            return Checked(path, None, error.problem, error.remedy)
        else:
            what = "corpus"
    if what == "recording":
        try:
            return Checked(path, what, recording=recording.check(path, progress))
        except EmpathiaError as error:
            return Checked(path, None, error.problem, error.remedy)
    return _text(path, format, words=what == "transcript", table=table)


def _text(path: Path, format: str | None, *, words: bool, table: bool) -> Checked:
    """A transcript, or a table that could be a corpus, or both."""
    seen: Transcript | None = None
    held: Corpus | None = None
    wrong: EmpathiaError | None = None
    if table:
        try:
            held = corpus.check(path)
        except EmpathiaError as error:
            wrong = error
    if words:
        try:
            seen = transcript.check(path, format)
        except EmpathiaError as error:
            wrong = error
    what = "transcript" if seen is not None else "corpus" if held is not None else None
    problem, remedy = ("", "") if wrong is None else (wrong.problem, wrong.remedy)
    return Checked(path, what, problem, remedy, transcript=seen, corpus=held)
