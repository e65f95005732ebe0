"""A recording with a channel, or a track, for each speaker: nobody has to be told apart.

Each is listened to on its own. A microphone hears the others too, only fainter and perhaps
later; such crosstalk is silenced before anything listens, or it would be their second voice. What
is measured of a turn afterwards is the channel as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia import media
from empathia.contracts import Progress
from empathia.errors import UsageError
from empathia.listen.attribution import Stretch, attributed
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear, left_out
from empathia.listen.pauses import Hush
from empathia.listen.recording import BLOCK, Heard, called, dialogue_of, waveform_of
from empathia.listen.speakers import SpeakerSpan
from empathia.listen.speech import RATE
from empathia.listen.turns import TurnOptions, joined
from empathia.listen.words import Transcriber, Window
from empathia.types import Audio, SpeakerNumber

_FRAME = RATE // 20  # samples, 50 ms
_RANGE = 0.01  # power (-20 dB) to the loud parts of a channel: there is sound in it ...
_FLOOR, _OUT = 10, 4.0  # ... that is times the power (6 dB) of this percentile of the channel
_FAINTER = 0.25  # power (-6 dB) to the channel of origin: crosstalk is at least that faint ...
_SHARE = 0.3  # ... in as much of its sound ...
_FOLLOWS = 0.6  # ... and the levels of the two correlate ...
_SPREAD = 6.0  # ... and their distance hardly changes (dB): two people's changes by more than 10
_ABOVE = 4.0  # times the power (6 dB) of crosstalk: somebody speaks for himself
_LATEST = 9  # frames; crosstalk comes earlier
_TAIL = 4  # frames that a room goes on sounding
_SAME, _MOSTLY = 6.0, 0.5  # dB; share of the sound in which two channels are no further apart
_FAINT = 1e-4  # power (-40 dB) to the loudest channel: one may be as much fainter
_ENOUGH = 20  # frames to tell
_LOUD = 80  # percentile of the frames with sound

Powers = NDArray[np.float32]
Frames = NDArray[np.bool_]
_Listened = tuple[Ear, Sequence[SpeakerSpan], Sequence[Window]]  # one channel


class Speaker(NamedTuple):
    """Where one speaker is heard, and what the user would call that place."""

    sound: media.Selection
    place: str


def speakers_of(path: Path, track: int | str | None) -> list[Speaker]:
    """One speaker a channel of the track that is chosen; with all tracks, one a track.

    Raises:
        UsageError: There is only one, or no such track.
        MediaError: The recording cannot be read.
    """
    info = media.probe(path)
    number = track if isinstance(track, int) else None
    if track == media.ALL and len(info.tracks) > 1:
        tracks = range(1, len(info.tracks) + 1)
        return [Speaker(media.Selection(n), f"track {n}") for n in tracks]
    if number is not None:
        media.check(path, media.Selection(number))
    channels = (info.tracks[number - 1].channels if number else info.channels) or 0
    if channels < 2:
        several = len(info.tracks) > 1
        where = f" in track {number}" if number else " in its main track" if several else ""
        raise UsageError(
            f"'{media.shown(path)}' has {'one channel' if channels else 'no channel'}{where}, "
            "expected one a speaker",
            "Leave --channels out" + (", or say --track all" if several else ""),
        )
    return [Speaker(media.Selection(number, c), f"channel {c + 1}") for c in range(channels)]


def hear_separately(
    path: Path,
    speakers: Sequence[Speaker],
    options: ListenOptions,
    on_progress: Progress | None = None,
    *,
    transcriber: Transcriber | None = None,
) -> Heard:
    """Listen to each speaker where he is heard.

    Args:
        path: Audio or video file.
        speakers: As ``speakers_of`` says.
        options: How to listen; ``names`` are those of the speakers in this order.
        on_progress: Called as in ``hear``.
        transcriber: As in ``hear``.

    Returns:
        All turns in time order; those of different speakers may overlap.

    Raises:
        UsageError: There are more names than speakers, or two channels hold the same.
        MediaError: The recording cannot be read.
    """
    if len(options.names) > len(speakers):
        raise UsageError(
            f"{len(options.names)} names, and '{media.shown(path)}' has {len(speakers)} channels "
            "or tracks",
            "Give a name each",
        )
    foreign = crosstalk(_levels(path, speakers))
    dictation, said = Dictation(options, transcriber), list[list[Window]]()
    ears: list[Ear] = []
    hushes = [Hush() for _ in speakers]
    try:
        for (sound, _), silenced, hush in zip(speakers, foreign, hushes, strict=True):
            before, ear = len(dictation.windows), Ear(dictation, hush)
            for block in _without(media.blocks(path, RATE, BLOCK, selection=sound), silenced):
                ear.add(block)
                if on_progress is not None:
                    done = len(ears) * len(silenced) * _FRAME / RATE + ear.duration
                    on_progress("listen", done, foreign.size * _FRAME / RATE)
            ear.finish()
            ears.append(ear)
            said.append(dictation.windows[before:])
        listened = [
            (ear, [SpeakerSpan(*s) for s in hush.spoken(_times(ear), number)], windows)
            for number, (ear, hush, windows) in enumerate(zip(ears, hushes, said, strict=True))
        ]
        return _heard(path, speakers, options, dictation, listened)
    finally:
        dictation.close()


def _times(ear: Ear) -> list[tuple[float, float]]:
    return [(s.start, s.end) for s in ear.segments]


def _heard(
    path: Path,
    speakers: Sequence[Speaker],
    options: ListenOptions,
    dictation: Dictation,
    listened: Sequence[_Listened],
) -> Heard:
    dictation.windows.sort(key=lambda window: window.start)
    transcript = dictation.finish()
    believed = set(map(id, transcript.windows))
    speech: list[Stretch] = []
    for _ear, spans, windows in listened:
        speech += attributed(spans, [w for w in windows if id(w) in believed])
    spoken = joined(speech, TurnOptions.of(options.pause))
    heard = {turn.speaker for turn in spoken}
    names = dict(enumerate(called(options.names, len(speakers))))
    video = media.probe(path).has_video
    dialogue, words_of = dialogue_of(path, spoken, transcript.language, names, video=video)
    condition = media.Condition()
    waveform, duration = waveform_of(path, condition, options.selection)
    condition.cancelled = 0.0  # of the mix, which nobody listened to
    return Heard(
        dialogue=dialogue,
        words=words_of,
        notes=(
            *condition.notes(),
            *_notes(speakers, names, listened),
            *transcript.notes_on(dialogue.utterances),
        ),
        language=transcript.language,
        duration=duration,
        waveform=waveform,
        sounds={
            u.id: speakers[t.speaker].sound
            for u, t in zip(dialogue.utterances, spoken, strict=True)
        },
        speaker_number=SpeakerNumber(len(heard), "channels") if heard else None,
    )


def _notes(
    speakers: Sequence[Speaker],
    names: Mapping[int, str],
    listened: Sequence[_Listened],
) -> list[str]:
    """What to say of channels without speech, and of sounds that were taken for none."""
    silent = [
        f"{place} ({names[number]}): nobody speaks there"
        for number, (_, place) in enumerate(speakers)
        if not listened[number][0].segments
    ]
    short = [
        f"{names[n]}: {note}" for n, (ear, *_) in enumerate(listened) for note in left_out(ear)
    ]
    return [*silent, *short]


def crosstalk(powers: Powers) -> Frames:
    """Where a channel holds nothing but what others say.

    Args:
        powers: (channels, frames) of 50 ms.

    Returns:
        (channels, frames).

    Raises:
        UsageError: Two channels hold the same sound.
    """
    for a, b in combinations(range(len(powers)), 2):
        either = _sounds(powers[a]) | _sounds(powers[b])
        apart = np.abs(_level(powers[a]) - _level(powers[b]))[either]
        if len(apart) >= _ENOUGH and (apart < _SAME).mean() > _MOSTLY:
            raise UsageError(
                f"channels {a + 1} and {b + 1} hold the same sound, and do not tell speakers apart",
                "Leave --channels out",
            )
    foreign = _foreign(powers, powers)
    # Once more as if all microphones were as loud, and by what each holds of its own: crosstalk
    # into a faint one may be as loud as what it is there for, and who hardly speaks may be heard
    # less than his crosstalk. Where nobody speaks for himself there is nothing to go by.
    own = np.where(foreign, np.float32(0), powers)
    least = _FAINT * powers.max(initial=1e-6)
    loud = np.array([_loudness(row, least) for row in own])
    scale = np.where(loud > 0, loud, loud.max(initial=0) or 1.0)
    even = (1 / scale[:, None]).astype(np.float32)
    return foreign | _foreign(own * even, powers * even)


def _foreign(origins: Powers, powers: Powers) -> Frames:
    foreign = np.zeros(powers.shape, bool)
    for here, there in permutations(range(len(powers)), 2):
        foreign[here] |= _from(origins[there], powers[here])
    return foreign


def _from(there: Powers, here: Powers) -> Frames:
    """Where a channel holds no more than crosstalk of another one; (frames,)."""
    origin, arrived, sounds = _smooth(there), _smooth(here), _sounds(there)
    best, late, gain = _FOLLOWS, 0, 0.0
    frames = len(here)
    for lag in range(min(_LATEST, frames)):
        x, y = origin[: frames - lag], arrived[lag:]
        faint = sounds[: frames - lag] & (y < _FAINTER * x)
        if np.count_nonzero(faint) < max(_ENOUGH, _SHARE * np.count_nonzero(sounds)):
            continue
        before, after = _level(x[faint]), _level(y[faint])
        if min(before.std(), after.std()) < 0.1 or (after - before).std() > _SPREAD:
            continue
        if (alike := float(np.corrcoef(before, after)[0, 1])) > best:
            best, late, gain = alike, lag, float(np.median(y[faint] / x[faint]))
    earlier = np.pad(there, (late + _TAIL - 1, 0))
    loudest = np.lib.stride_tricks.sliding_window_view(earlier, _TAIL).max(axis=1)[:frames]
    silenced: Frames = here < _ABOVE * gain * loudest
    return silenced


def _sounds(power: Powers) -> Frames:
    """Where there is more than the noise of a channel; who hardly speaks makes no percentile."""
    noisy = power[power > 1e-10]
    floor = np.percentile(noisy, _FLOOR) if len(noisy) else 0.0
    sounds: Frames = power > max(_RANGE * np.percentile(power, 95), _OUT * floor) + 1e-10
    return sounds


def _loudness(power: Powers, least: float) -> float:
    """The power of the loud parts of a channel; 0 where too little is over the least."""
    sounds = power[_sounds(power) & (power > least)]
    return float(np.percentile(sounds, _LOUD)) if len(sounds) >= _ENOUGH else 0.0


def _level(power: Powers) -> Powers:
    level: Powers = 10 * np.log10(power + np.float32(1e-10))
    return level


def _smooth(power: Powers) -> Powers:
    smooth: Powers = np.convolve(power, np.full(2, 0.5, np.float32))[: len(power)]
    return smooth


def _levels(path: Path, speakers: Sequence[Speaker]) -> Powers:
    """Powers (speakers, frames) of 50 ms; one that ends earlier is silent from there on."""
    several = []
    for sound, _ in speakers:
        blocks = media.blocks(path, RATE, BLOCK, selection=sound)
        several.append(np.concatenate([_powers(block) for block in blocks]))
    powers = np.zeros((len(several), max(map(len, several))), np.float32)
    for row, mine in zip(powers, several, strict=True):
        row[: len(mine)] = mine
    return powers


def _powers(block: Audio) -> Powers:
    padded = np.pad(block.samples, (0, -len(block.samples) % _FRAME))
    powers: Powers = np.square(padded).reshape(-1, _FRAME).mean(axis=1)
    return powers


def _without(blocks: Iterator[Audio], silenced: Frames) -> Iterator[Audio]:
    """The same sound, without the frames that are to be silenced."""
    at = 0
    for block in blocks:
        frames = -(-len(block.samples) // _FRAME)
        keep = np.repeat(~silenced[at : at + frames], _FRAME)[: len(block.samples)]
        yield replace(block, samples=np.where(keep, block.samples, np.float32(0)))
        at += frames
