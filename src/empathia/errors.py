"""Everything that Empathia raises on purpose, drawn as one tree.

    EmpathiaError
    ├── UsageError            wrong use: an option, a path, a name (exit code 2)
    │   ├── ConfigError       a run file says something that cannot be
    │   └── LabelError        a label or a label set that does not fit
    ├── InputError            what was given cannot be read
    │   ├── MediaError        a recording
    │   ├── TextError         a text or a table, whatever it stands for
    │   ├── TranscriptError   a transcript
    │   └── CorpusError       a corpus on disk
    ├── WeightsError          a weight is missing, damaged or refused
    ├── ExtraError            an optional part cannot be used
    │   ├── MissingExtra      it is not installed
    │   └── BrokenExtra       it is, and does not load
    ├── LeakageError          something would learn from what it is tested on
    ├── TrainingError         training cannot go on
    ├── ServerError           a server of a model is down, slow or talks nonsense
    └── DiaryError            a diary is busy, damaged or of a newer version
        ├── AccessError       a wrong name or passphrase, a session that has ended
        └── AbsentError       what is asked for is not in this account

What is damaged or left out without stopping the work is an :class:`EmpathiaWarning`, counted.
Every error says what was expected, what was found and what to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence


class EmpathiaError(Exception):
    """Base of all errors; the command line prints it as one line.

    Args:
        problem: What was expected and what was found.
        remedy: What the user can do about it, as an imperative sentence.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem if not remedy else f"{problem}. {remedy}")

    def call(self, path: str, name: str) -> None:
        """Call a file otherwise than by its path, which may be nobody's business."""
        told = self.problem.replace(path, name), self.remedy.replace(path, name)
        EmpathiaError.__init__(self, *told)


class UsageError(EmpathiaError):
    """Wrong use: an option, a path or a name that cannot be meant."""

    exit_code = 2


class ConfigError(UsageError):
    """A run file has an unknown key, a wrong type or an impossible combination."""


class LabelError(UsageError):
    """A label is not in its set, or two sets do not fit each other."""


class InputError(EmpathiaError):
    """What was given cannot be read."""


class MediaError(InputError):
    """A recording cannot be decoded or holds no sound."""


class TextError(InputError):
    """A text or a table cannot be decoded or parsed, whatever it stands for."""


class TranscriptError(InputError):
    """A transcript cannot be parsed."""


class CorpusError(InputError):
    """A corpus on disk is incomplete or does not parse."""


class WeightsError(EmpathiaError):
    """A weight is missing, damaged or refused."""


class ExtraError(EmpathiaError):
    """An optional part of Empathia cannot be used."""


class MissingExtra(ExtraError):
    """An optional part of Empathia is not installed.

    Args:
        extra: Name of the extra, as in ``pip install 'empathia[extra]'``.
        purpose: What needs it.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is not installed",
            f"Run: pip install 'empathia[{extra}]' (in a checkout: "
            f".venv/bin/pip install -c constraints.txt -e '.[{extra}]')",
        )


class BrokenExtra(ExtraError):
    """An optional part of Empathia is installed, and does not load.

    Args:
        extra: Name of the extra.
        purpose: What needs it.
        cause: What loading it says, mostly which library of the system is not there.
    """

    def __init__(self, extra: str, purpose: str, cause: str) -> None:
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is installed but does not load ({cause})",
            "Install the system library that it names (Debian, Ubuntu: mostly apt-get install "
            f"libstdc++6 libgcc-s1 zlib1g), or: pip install --force-reinstall 'empathia[{extra}]'",
        )


@contextlib.contextmanager
def told_as(kind: type[InputError]) -> Iterator[None]:
    """Inside of the block a text that cannot be parsed is a transcript or a corpus that cannot.

    Args:
        kind: What its error becomes.

    Raises:
        InputError: Of that kind, in place of a TextError.
    """
    try:
        yield
    except TextError as e:
        raise kind(e.problem, e.remedy) from e


@contextlib.contextmanager
def needs(extra: str, purpose: str) -> Iterator[None]:
    """Imports inside of the block belong to an extra.

    Raises:
        MissingExtra: One of them is not there.
        BrokenExtra: One of them is there and fails.
    """
    try:
        yield
    except ModuleNotFoundError as e:
        raise MissingExtra(extra, purpose) from e
    except (ImportError, OSError) as e:
        raise BrokenExtra(extra, purpose, str(e)) from e


class LeakageError(EmpathiaError):
    """Something would be fitted on, or see, what it is tested on."""


class TrainingError(EmpathiaError):
    """Training cannot start or go on."""


class ServerError(EmpathiaError):
    """A server of a language model or a voice is down, slow or answers nonsense."""


class UnansweredError(ServerError):
    """A language model was asked, and said nothing, or far more than was asked for."""


class DiaryError(EmpathiaError):
    """A diary's database is busy, damaged, of a newer version or no diary at all."""


class AccessError(DiaryError):
    """Who asks gave a wrong name or passphrase, or their session has ended."""


class AbsentError(DiaryError):
    """What is asked for is not in the account of who asks."""


class EmpathiaWarning(UserWarning):
    """Something was left out or is damaged, was counted, and the rest went on."""


def near(name: str, known: Sequence[str]) -> str:
    """What somebody who wrote a wrong name may have meant, to be put behind it.

    >>> near("motoin", ["fusion", "motion"]), near("x", ["motion"])
    (" (near: 'motion')", '')
    """
    from difflib import get_close_matches  # only where something is wrong

    close = get_close_matches(name, known, 2)
    return f" (near: {', '.join(map(repr, close))})" if close else ""
