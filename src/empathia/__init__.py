"""Empathia hears how people feel in a conversation and answers with empathy.

timeline = empathia.read("talk.wav")
empathia.write(timeline, "talk.json")
answer = empathia.reply(timeline).text
for event in empathia.listen(sys.stdin.buffer): ...
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia.version import __version__

if TYPE_CHECKING:
    from empathia.media import Pcm, Source
    from empathia.pipeline.answering import Talk
    from empathia.pipeline.listening import Listening
    from empathia.types import Dialogue, Reply, Timeline

# ONNX Runtime would keep a device id and send usage data; reading stays on this machine. It has
# to be said before ONNX Runtime is imported, by whomever.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["__version__", "listen", "load_corpus", "read", "reply", "write"]


def read(path: str | Path, **options: Any) -> Timeline:  # noqa: ANN401 - see pipeline.Options
    """Make the timeline of one recording or transcript.

    Args:
        path: An audio or video file, or a transcript.
        options: The fields of :class:`empathia.pipeline.Options`, such as
            ``speakers=2``, ``names=("Ann", "Ben")`` or ``reply="last"``.

    Raises:
        EmpathiaError: See :mod:`empathia.errors`.
    """
    from empathia.pipeline import Options, Reader

    with Reader(Options.of(options)) as reader:
        return reader.read(path)


def listen(
    stream: Source,
    pcm: Pcm | tuple[int, int] | int | None = None,
    **options: Any,  # noqa: ANN401
) -> Listening:
    """Listen to a stream, and tell each turn once it has ended.

    Args:
        stream: A binary file object (a pipe, a socket's file) that holds a recording in any
            format or 16-bit samples without a header; or blocks of samples, (n,) or
            (n, channels), floats in [-1, 1] or whole numbers.
        pcm: Samples a second, or (samples a second, channels), of what has no header; None tells
            from the first bytes, and takes blocks and samples for 16,000 a second.
        options: The fields of :class:`empathia.pipeline.Options`, but for those that need the
            whole recording.

    Returns:
        An iterator of events (:mod:`empathia.types.events`): ``TurnEnded``; ``Revised`` where
        later speech shows that others spoke; at the end ``Ended`` with the timeline. Its
        ``stop()`` ends the listening and keeps what was heard.

    Raises:
        EmpathiaError: See :mod:`empathia.errors`; it may be raised when events are asked for.

    Example:
        >>> for event in empathia.listen(sys.stdin.buffer, pcm=16000):  # doctest: +SKIP
        ...     match event:
        ...         case TurnEnded(turn):
        ...             print(turn.utterance.speaker, turn.utterance.text, turn.emotion.label)
        ...         case Ended(timeline):
        ...             empathia.write(timeline, "talk.json")
    """
    from empathia.pipeline import Options
    from empathia.pipeline.listening import listen as listening

    return listening(stream, Options.of(options), pcm)


def reply(
    talk: Talk,
    *,
    listener: str | None = None,
    **options: Any,  # noqa: ANN401
) -> Reply:
    """Answer the last turn of a talk.

    Args:
        talk: What :func:`read` returned, turns, or what was said: lines of two people in turn,
            or (speaker, words). What was not judged yet, is.
        listener: Answer the last turn that this speaker answers (or is to answer).
        options: The fields of :class:`empathia.pipeline.Options`, such as
            ``reply_with="retrieve"``, ``empathy={"exploration": 2}`` or ``candidates=3``.

    Returns:
        The words, which generator they are of, the exemplars behind them, why they were chosen
        and what judges take them to be. Each turn of a talk:
        :func:`empathia.pipeline.answering.answer`.

    Raises:
        EmpathiaError: There is nothing to answer, or an option cannot be.

    Example:
        >>> empathia.reply(["How was it?", "I failed again."]).text  # doctest: +SKIP
    """
    from empathia.pipeline import Options
    from empathia.pipeline.answering import answer

    return answer(talk, Options.of(options), listener=listener)[-1].reply


def write(
    timeline: Timeline,
    path: str | Path,
    audio: bytes | None = None,
    film: bytes | None = None,
    *,
    language: str = "en",
) -> Path:
    """Write a timeline; the suffix (.json .csv .srt .TextGrid .html) says how.

    Args:
        timeline: What :func:`read` returned.
        path: Where to; its folder must exist.
        audio: Compressed sound that an .html page embeds.
        film: A compressed video with its sound, which it plays instead.
        language: Of an .html page, "en" or "ko".

    Raises:
        EmpathiaError: See :func:`empathia.report.timeline.write`.
    """
    from empathia.report.timeline import write as write_timeline

    return write_timeline(timeline, path, audio, film, language=language)


def load_corpus(name: str, path: str | Path, **options: Any) -> tuple[Dialogue, ...]:  # noqa: ANN401
    """Read a corpus in the layout of its release.

    Args:
        name: Of a corpus plug-in (``empathia corpus list``).
        path: Where the release lies; for "table" the file.
        options: Of the corpus, such as ``map={"label": "feeling"}`` for "table".

    Raises:
        EmpathiaError: The corpus or an option is unknown, or the corpus cannot be read.
    """
    from empathia import plugins
    from empathia.errors import UsageError

    plugin = plugins.load("corpora", name, ("INFO", "load"))
    try:
        dialogues: tuple[Dialogue, ...] = plugin.load(Path(path), **options)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        raise UsageError(f"corpus '{name}': {error}", "Look at the options of its load()") from None
    return dialogues
