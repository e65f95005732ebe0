"""Open a recording, whatever its format, and say what it announces about itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, overload, runtime_checkable

from empathia.errors import MediaError, UsageError, needs
from empathia.files import shown
from empathia.media.headers import Patched, mended
from empathia.media.mixing import Condition

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream, VideoFrame, VideoStream
    from av.container import InputContainer

    _Stream = AudioStream | VideoStream

SUFFIXES = (
    *(".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".webm", ".mp4", ".mov"),
    *(".mkv", ".avi", ".aif", ".aiff", ".aifc", ".caf", ".w64", ".rf64", ".bwf", ".au", ".snd"),
    *(".amr", ".3gp", ".3g2", ".wma", ".asf", ".wmv", ".mka", ".m4b", ".m4v", ".mp2", ".mpg"),
    *(".mpeg", ".flv", ".f4v", ".ogv", ".voc", ".sph", ".ac3", ".wv", ".ape", ".tta"),
)
"""Endings of file names that mean a recording, in lower case; others are told by content."""

PICTURES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".avi", ".mpg", ".mpeg", ".flv", ".wmv"})
"""Those that mostly hold a moving picture as well."""

FORMATS = "wav, flac, mp3, m4a, ogg, opus, webm, mp4, mkv, avi or the like"

VIDEOS = "mp4, mkv, mov, webm, avi or the like"

# Only containers of sound and pictures: FFmpeg also knows playlists, which would open other
# files and network addresses named inside, and subtitles, which a text file passes for.
_DEMUXERS = (
    "wav,w64,rf64,flac,mp3,aac,ac3,eac3,mov,ogg,matroska,avi,aiff,au,caf,amr,mpegts,mpeg,flv,asf,"
    "wv,ape,tta,dts,voc,nistsphere,ircam,sox,nut,mxf,rm,oma,mpc,mpc8,shn,tak,dsf,qcp,dss"
)
# Lengths of streams without a header are estimates from the bit rate; they prove nothing.
_GUESSED_LENGTH = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "mpeg", "mpegts", "amr"})
BROKEN = 600.0  # s; a longer hole or wait is believed only where the file is as long
_LATEST = 86400.0  # s; likewise for sound that starts later than the recording
_ATTACHED_PICTURE = 0x0400  # AV_DISPOSITION_ATTACHED_PIC
# Their lengths are time stamps of the end; those of other formats count from the start.
_LENGTH_IS_END = frozenset({"matroska", "webm", "ogg"})
# They have one length for all tracks, and FFmpeg may say it of each.
_ONE_LENGTH = _LENGTH_IS_END | {"nut"}


@runtime_checkable
class Bytes(Protocol):
    """What can be read, as in ``io``."""

    def read(self, size: int, /) -> bytes:
        """Up to this many bytes; none at the end."""


ALL: Literal["all"] = "all"
"""Every sound track of a file, mixed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which sound of a file is wanted.

    Args:
        track: Number of a sound track, from 1; ``ALL`` mixes them; None takes the main one.
        channel: Number of one channel of it, from 0; None mixes them.
    """

    track: int | Literal["all"] | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """What a file announces about one of its sound tracks.

    Args:
        rate: Samples a second (Hz).
        channels: Number of channels.
        title: Its name, or None.
        language: Its language as the file writes it (mostly ISO 639-2), or None.
    """

    rate: int
    channels: int
    title: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file announces about itself.

    Args:
        duration: Length in s, or None where the file does not say.
        has_audio: Whether it has a sound track.
        has_video: Whether it has a moving picture (cover art is none).
        rate: Samples a second of the sound track (Hz), or None.
        channels: Number of channels of the sound track, or None.
        tracks: All sound tracks; ``rate`` and ``channels`` are those of the main one.
        main: Number of the main one, from 1; None without sound.
        container: What FFmpeg calls the format of the file.
    """

    duration: float | None
    has_audio: bool
    has_video: bool
    rate: int | None
    channels: int | None
    tracks: tuple[Track, ...] = ()
    main: int | None = None
    container: str = ""


def probe(path: Path) -> MediaInfo:
    """What a file announces about itself; nothing is decoded.

    Raises:
        MediaError: There is no such file, or it is no recording.
    """
    with opened(path) as container:
        sound = _main(container)
        return MediaInfo(
            duration=announced(container, sound),
            has_audio=sound is not None,
            has_video=not all(map(is_cover, container.streams.video)),
            rate=sound.rate if sound is not None else None,
            channels=sound.channels if sound is not None else None,
            tracks=tuple(map(_track, _tracks(container))),
            main=None if sound is None else _number(container, sound),
            container=container.format.name,
        )


def check(path: Path, selection: Selection) -> None:
    """Find out whether a file has the sound that is wanted; nothing is decoded.

    Raises:
        MediaError: It cannot be read, or has no sound.
        UsageError: It has no such track.
    """
    with opened(path) as container:
        chosen(container, path, selection, Condition())


@contextmanager
def opened(
    path: Path, state: Condition | None = None, *, formats: str = FORMATS
) -> Iterator[InputContainer]:
    """Open a container, turning every way in which that fails into one MediaError.

    Args:
        path: The file.
        state: Told what had to be mended.
        formats: What errors advise to give.
    """
    name = shown(path)
    if not path.exists():
        raise MediaError(f"there is no file '{name}'", "Check the path")
    if not path.is_file():
        raise MediaError(f"'{name}' is a folder or a device, no file", "Name the recording itself")
    try:
        # A file object, not a name: FFmpeg would take "a:b.wav" for a protocol.
        file = path.open("rb")
    except OSError as error:
        raise MediaError(
            f"'{name}' cannot be opened ({error.strerror})", "Check its permissions"
        ) from error
    with file:
        source, remark = mended(file)
        if state is not None and remark is not None:
            state.remarks.append(remark)
        with _container(source, path, formats) as container:
            yield container


def _container(file: Patched, path: Path, formats: str) -> InputContainer:
    if path.stat().st_size == 0:
        raise MediaError(f"'{shown(path)}' is empty (0 bytes)", "Copy or record it again")
    return demuxed(file, path, formats=formats)


def demuxed(
    file: Bytes,
    path: Path,
    options: Mapping[str, str] | None = None,
    *,
    formats: str = FORMATS,
) -> InputContainer:
    """Open what a file or a stream holds.

    Args:
        file: Bytes of it; without ``seek`` it is read as it comes.
        path: What errors call it.
        options: More of FFmpeg's.
        formats: What errors advise to give.

    Raises:
        MediaError: It is no recording.
        MissingExtra: PyAV is not installed.
    """
    with needs("asr", "Reading recordings"):
        import av
    allowed = {"format_whitelist": _DEMUXERS, **(options or {})}
    try:
        return av.open(file, "r", options=allowed, metadata_errors="replace")
    except av.FFmpegError as error:
        raise MediaError(
            f"'{shown(path)}' is no recording that can be decoded, or it is cut off before its "
            "index",
            f"Give {formats}, or convert it with ffmpeg",
        ) from error


def chosen(
    container: InputContainer, path: Path, selection: Selection, state: Condition
) -> AudioStream:
    """The sound track that is wanted; where others are left unread, that is remarked.

    Raises:
        MediaError: There is no sound.
        UsageError: There is no such track.
    """
    sound, tracks = _main(container), _tracks(container)
    if sound is None and len(container.streams.audio):
        raise MediaError(
            f"the sound in '{shown(path)}' is of a kind that cannot be decoded",
            "Convert it with ffmpeg",
        )
    if sound is None:
        raise MediaError(
            f"'{shown(path)}' has no sound track", "Give a recording with sound, or a transcript"
        )
    if isinstance(selection.track, int):
        if not 1 <= selection.track <= len(tracks):
            count = "one sound track" if len(tracks) == 1 else f"{len(tracks)} sound tracks"
            raise UsageError(
                f"'{shown(path)}' has {count}, found no track {selection.track}",
                "Name another, or leave the track out",
            )
        return tracks[selection.track - 1]
    if len(tracks) > 1:
        read = _number(container, sound)
        other = next(n for n in range(1, len(tracks) + 1) if n != read)
        state.remarks.append(
            f"the file has {len(tracks)} sound tracks ({_listed(tracks)}); track {read} was read: "
            f"--track {other} reads another, --track all mixes them"
        )
    return sound


def _main(container: InputContainer) -> AudioStream | None:
    from av import AudioStream

    stream = container.streams.best("audio")
    if isinstance(stream, AudioStream) and stream.codec_context is not None:
        return stream
    return next(iter(_tracks(container)), None)


def _tracks(container: InputContainer) -> list[AudioStream]:
    """Sound tracks that there is a decoder for."""
    return [t for t in container.streams.audio if t.codec_context is not None]


def _number(container: InputContainer, sound: AudioStream) -> int:
    """Which sound track of the file this is, from 1."""
    return next(n for n, t in enumerate(_tracks(container), 1) if t.index == sound.index)


def _track(stream: AudioStream) -> Track:
    language = stream.metadata.get("language")
    return Track(
        rate=stream.rate,
        channels=stream.channels,
        title=stream.metadata.get("title") or stream.metadata.get("name") or None,
        language=None if language in (None, "", "und") else language,
    )


def _listed(tracks: Sequence[AudioStream]) -> str:
    told = (
        " ".join(filter(None, (str(number), t.title and repr(t.title), t.language)))
        for number, t in enumerate(map(_track, tracks), 1)
    )
    return ", ".join(told)


def is_cover(stream: object) -> bool:
    """Whether a "video" is the picture on a song's cover; PyAV before 14 cannot tell."""
    return bool(int(getattr(stream, "disposition", 0)) & _ATTACHED_PICTURE)


def announced(container: InputContainer, track: _Stream | None) -> float | None:
    """Where a track, else the file, states its end, in s after the file's start."""
    origin = beginning(container)
    from_zero = _is(container, _LENGTH_IS_END)
    tagged = _tagged(track)
    if tagged is not None:
        end = tagged
    elif track is not None and track.duration and track.time_base:
        end = float(track.duration * track.time_base)
        if not from_zero and track.start_time is not None:
            end += float(track.start_time * track.time_base) - origin
    elif container.duration and container.duration > 0:
        end = container.duration / 1_000_000
    else:
        return None
    return end - origin if from_zero and end > origin else end


def beginning(container: InputContainer) -> float:
    """Time stamp, in s, that is time 0 of the recording."""
    return (container.start_time or 0) / 1_000_000


def proven(container: InputContainer, track: _Stream) -> bool:
    """Whether the announced length is no estimate, nor that of another track."""
    if _is(container, _GUESSED_LENGTH):
        return False
    if len(container.streams.audio) == 1 or _tagged(track) is not None:
        return True
    return bool(track.duration) and not _is(container, _ONE_LENGTH)


def _is(container: InputContainer, formats: frozenset[str]) -> bool:
    return not formats.isdisjoint(container.format.name.split(","))


def _tagged(track: _Stream | None) -> float | None:
    """The length in s that Matroska's writers note of each track, as 00:00:12.000000000."""
    noted = "" if track is None else track.metadata.get("DURATION", "")
    parts = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d*)?)", noted, re.ASCII)
    if parts is None:
        return None
    hours, minutes, seconds = map(float, parts.groups())
    return 3600 * hours + 60 * minutes + seconds or None


def latest(container: InputContainer) -> float:
    """Seconds after the start beyond which the first sound has a wrong time stamp."""
    if container.duration and container.duration > 0:
        return min(container.duration / 1_000_000, _LATEST)
    return BROKEN


@overload
def decoded(
    container: InputContainer, stream: AudioStream, state: Condition
) -> Iterator[AudioFrame]: ...
@overload
def decoded(
    container: InputContainer, stream: VideoStream, state: Condition
) -> Iterator[VideoFrame]: ...
def decoded(
    container: InputContainer, stream: AudioStream | VideoStream, state: Condition
) -> Iterator[AudioFrame] | Iterator[VideoFrame]:
    """What a stream holds, as it is stored; what cannot be decoded is counted and left out."""
    from av import FFmpegError

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            state.damaged += 1
            return
        if packet is None:
            return
        try:
            frames = stream.decode(packet)
        except FFmpegError:
            state.damaged += 1
            continue
        yield from frames
