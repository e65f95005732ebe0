"""What `read` hears: words in their language, what is withheld, what is made up; targets beside it.

    python benchmarks/words.py DATA [--clips 4] [--half report] [--json FILE]
    python benchmarks/words.py DATA --clips 1           a first look, in two minutes

DATA holds the corpora ``ravdess`` (English), ``emodb`` (German) and ``korean_emotional``. Each
speaker gives single clips: as they are, in a room .4 to 3 m from the microphone, in noise 5 to
20 dB lower, and with another voice 10 to 20 dB lower; and recordings of 5 to 10 clips with pauses,
in one language and in two. Besides, made recordings in which nobody speaks (``nobody.py``). All
goes the way of `read`, from blocks of sound over speech detection to words that are believed.

A clip is withheld where none of its words is left, whatever the reason; "English words" are those
of clips in other languages that are given as English. Words of RAVDESS and EMO-DB are known: the
word error rate (WER) counts what is withheld as missing, beside Whisper tiny.en (English) and the
same model with all its words believed. Intervals of 95 % are over speakers (WER) or Wilson's.
Speakers are halved: bounds were chosen on "tune".
"""

from __future__ import annotations

import argparse
import json
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import places
from conversations import HALVES, Clip, clips, said, speakers_of
from nobody import MADE

from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.speech import RATE
from empathia.listen.words import Transcriber, Window
from empathia.types import Audio, FloatArray

LANGUAGES = {"ravdess": "en", "emodb": "de", "korean_emotional": "ko"}
CLEAN, PLACES = "clean", ("room", "noise", "voice")
LONG = 2.0  # s from which the language of a clip must be right
# What is said, by the code in a clip's name; both are public and the same for every speaker.
RAVDESS = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
EMODB = {
    "a01": "der lappen liegt auf dem eisschrank",
    "a02": "das will sie am mittwoch abgeben",
    "a04": "heute abend könnte ich es ihm sagen",
    "a05": "das schwarze stück papier befindet sich da oben neben dem holzstück",
    "a07": "in sieben stunden wird es soweit sein",
    "b01": "was sind denn das für tüten die da unter dem tisch stehen",
    "b02": "sie haben es gerade hochgetragen und jetzt gehen sie wieder runter",
    "b03": "an den wochenenden bin ich jetzt immer nach hause gefahren und habe agnes besucht",
    "b09": "ich will das eben wegbringen und dann mit karl was trinken gehen",
    "b10": "die wird auf dem platz sein wo wir sie immer hinlegen",
}
_NUMBERS = {"2": "two", "7": "sieben"}


@dataclass(frozen=True)
class Heard:
    """What was made of one clip.

    Args:
        corpus: Of which ``LANGUAGES`` tells the language.
        speaker: Who speaks.
        kind: "clean", one of ``PLACES``, "joined", "two languages", "nobody", "taken for speech".
        seconds: Its length.
        language: What most of its believed words are in, or None.
        text: Its words that are believed.
        all_text: All words that were recognised.
        truth: What is said, or None.
        model: Which model heard it.
    """

    corpus: str
    speaker: str
    kind: str
    seconds: float
    language: str | None
    text: str
    all_text: str
    truth: str | None = None
    model: str = "default"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", type=int, default=4, help="single clips a speaker")
    parser.add_argument("--seeds", type=int, default=14, help="of each made sound of nobody")
    parser.add_argument("--half", choices=HALVES, default="report", help="of the speakers")
    parser.add_argument("--asr-model", metavar="NAME", help="another model, as `read` takes it")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", type=Path, metavar="FILE", help="what was made of every clip")
    args = parser.parse_args()
    model = Transcriber.load(args.asr_model, args.threads)
    tiny = Transcriber.load("tiny.en", args.threads)
    heard = list(_nobody(model, args.seeds))
    _print_nobody(heard)
    for corpus in (c for c in LANGUAGES if (args.data / c).is_dir()):
        made = list(_corpus(args.data, corpus, args.half, args.clips, model, tiny))
        _print_corpus(corpus, made)
        heard += made
    mixed = list(_mixed(args.data, args.half, 4 * args.clips, model))
    _rate("two languages in one recording: clips in their own", _right(mixed), 0.97, least=True)
    if args.json is not None:
        args.json.write_text(json.dumps([asdict(h) for h in [*heard, *mixed]], indent=1), "utf-8")


# -- hearing -----------------------------------------------------------------------------------


def hear(sound: FloatArray, model: Transcriber) -> tuple[Sequence[Window], Sequence[Window]]:
    """The windows that are believed, and all."""
    dictation = Dictation(ListenOptions(), model)
    ear = Ear(dictation, None)
    for at in range(0, len(sound), 10 * RATE):
        ear.add(Audio(sound[at : at + 10 * RATE].astype(np.float32), RATE))
    ear.finish()
    return dictation.finish().windows, dictation.windows


def _within(windows: Iterable[Window], start: float, end: float) -> tuple[str, str | None]:
    """Words whose middle lies there, and the language of most of them."""
    inside = [
        (w.text, window.language)
        for window in windows
        for w in window.words
        if start <= (w.start + w.end) / 2 <= end
    ]
    languages = [language for _, language in inside]
    most = max(set(languages), key=languages.count, default=None)
    return " ".join(text for text, _ in inside), most


def _heard(
    clip: Clip, kind: str, sound: FloatArray, model: Transcriber, name: str = "default"
) -> Heard:
    kept, every = hear(sound, model)
    text, language = _within(kept, 0, len(sound) / RATE)
    all_text, _ = _within(every, 0, len(sound) / RATE)
    seconds = said(clip.path).seconds
    truth = _truth(clip)
    return Heard(clip.corpus, clip.speaker, kind, seconds, language, text, all_text, truth, name)


def _truth(clip: Clip) -> str | None:
    if clip.corpus == "ravdess":
        return RAVDESS[clip.path.stem.split("-")[4]]
    return EMODB[clip.path.stem[2:5]] if clip.corpus == "emodb" else None


def _corpus(
    data: Path, corpus: str, half: str, count: int, model: Transcriber, tiny: Transcriber
) -> Iterator[Heard]:
    """Single clips in each place, and joined ones."""
    every = [c for c in clips(data) if c.corpus == corpus]
    speakers = speakers_of(data, corpus, half)
    most = count if len(speakers) > 8 else 2 * count  # so that every corpus gives as many
    for speaker in speakers:
        mine = [c for c in every if c.speaker == speaker]
        draw = random.Random(f"{corpus} {speaker}")
        for number, clip in enumerate(draw.sample(mine, min(most, len(mine)))):
            for kind in (CLEAN, *PLACES):
                sound = placed(clip, kind, every, np.random.default_rng([number, len(kind)]))
                yield _heard(clip, kind, sound, model)
                if corpus == "ravdess":
                    yield _heard(clip, kind, sound, tiny, "tiny.en")
        chosen = draw.sample(mine, min(draw.randint(5, 10), len(mine)))
        yield from _joined(chosen, "joined", draw, model)


def placed(clip: Clip, kind: str, others: Sequence[Clip], draw: np.random.Generator) -> FloatArray:
    """A clip with half a second around it, in a place."""
    sound = places.unit(np.pad(said(clip.path).samples, RATE // 2))
    if kind == "room":
        room = places.room(draw)
        sound = places.convolved(sound, room.response(room.place(0.4, 3.0, draw), draw))
    elif kind != CLEAN:
        decibel = draw.uniform(5, 20) if kind == "noise" else draw.uniform(10, 20)
        sound = sound + 10 ** (-decibel / 20) * _behind(clip, kind, others, len(sound), draw)
    return np.asarray(0.3 * sound / np.abs(sound).max(), np.float32)


def _behind(
    clip: Clip, kind: str, others: Sequence[Clip], samples: int, draw: np.random.Generator
) -> FloatArray:
    if kind == "noise":
        return (places.hiss if draw.random() < 0.5 else places.hum)(samples, draw)
    voices = [c for c in others if c.speaker != clip.speaker]
    voice = said(voices[draw.integers(len(voices))].path).samples
    return places.unit(np.resize(voice, samples))


def _joined(
    chosen: Sequence[Clip], kind: str, draw: random.Random, model: Transcriber
) -> Iterator[Heard]:
    """Clips with pauses of .3 to 1 s, each judged by itself."""
    parts: list[FloatArray] = []
    spans: list[tuple[float, float]] = []
    at = 0
    for clip in chosen:
        sound = 0.05 * places.unit(said(clip.path).samples)
        pause = np.zeros(int(RATE * draw.uniform(0.3, 1.0)), np.float32)
        spans.append((at / RATE - 0.15, (at + len(sound)) / RATE + 0.15))
        parts += [sound, pause]
        at += len(sound) + len(pause)
    kept, every = hear(np.concatenate(parts), model)
    for clip, span in zip(chosen, spans, strict=True):
        text, language = _within(kept, *span)
        all_text, _ = _within(every, *span)
        seconds = span[1] - span[0] - 0.3
        truth = _truth(clip)
        yield Heard(clip.corpus, clip.speaker, kind, seconds, language, text, all_text, truth)


def _mixed(data: Path, half: str, count: int, model: Transcriber) -> Iterator[Heard]:
    """Two people who speak two languages, in runs of one to three clips."""
    there = [c for c in LANGUAGES if (data / c).is_dir()]
    for number in range(count if len(there) > 1 else 0):
        draw = random.Random(number)
        people = [
            [c for c in clips(data) if c.speaker == draw.choice(speakers_of(data, corpus, half))]
            for corpus in draw.sample(there, 2)
        ]
        chosen: list[Clip] = []
        for turn in range(6):
            chosen += draw.sample(people[turn % 2], draw.randint(1, 3))
        yield from _joined(chosen, "two languages", draw, model)


def _nobody(model: Transcriber, seeds: int) -> Iterator[Heard]:
    """Made sounds as `read` hears them, and the first seconds as if they were speech."""
    for kind, make in MADE.items():
        for seed in range(seeds):
            draw = np.random.default_rng(9000 + seed)
            sound = make(draw)
            sound = np.asarray(sound / np.abs(sound).max() / 2, np.float32)
            kept, every = hear(sound, model)
            yield _made_up(kind, "nobody", sound, kept, every)
            forced, part = Dictation(ListenOptions(), model), sound[: draw.integers(1, 8) * RATE]
            forced.add(Audio(part, RATE), 0.0)
            yield _made_up(kind, "taken for speech", part, forced.finish().windows, forced.windows)


def _made_up(
    name: str, kind: str, sound: FloatArray, kept: Iterable[Window], every: Iterable[Window]
) -> Heard:
    end = len(sound) / RATE
    return Heard("made", name, kind, end, None, _within(kept, 0, end)[0], _within(every, 0, end)[0])


# -- counting ----------------------------------------------------------------------------------


def _right(heard: Iterable[Heard]) -> list[bool]:
    return [h.language == LANGUAGES[h.corpus] for h in heard if h.text]


def _print_nobody(heard: Sequence[Heard]) -> None:
    whole, forced = ([h for h in heard if h.kind == k] for k in ("nobody", "taken for speech"))
    _rate("nobody speaks: recordings with words", [bool(h.text) for h in whole], 0.01)
    _rate("  taken for speech by force: with words", [bool(h.text) for h in forced])
    _rate("  ... all words believed", [bool(h.all_text) for h in forced])


def _print_corpus(corpus: str, made: Sequence[Heard]) -> None:
    english, name = LANGUAGES[corpus] == "en", f"{corpus}"
    heard = [h for h in made if h.model == "default"]
    of = {kind: [h for h in heard if h.kind == kind] for kind in (CLEAN, *PLACES, "joined")}
    for kind, some in of.items():
        target = 0.01 if kind in (CLEAN, "joined") else 0.02
        _rate(f"{name}, {kind}: withheld", [not h.text for h in some], target if english else None)
        if not english:
            _rate(f"{name}, {kind}: English words", [h.language == "en" for h in some], 0.01)
    long = [h for h in of[CLEAN] if h.seconds >= LONG]
    _rate(f"{name}: language right, from {LONG:g} s", _right(long), 0.97, least=True)
    poor = [h for kind in PLACES for h in of[kind]]
    if any(h.truth for h in heard):
        _error(f"{name}, clean: WER", of[CLEAN])
        _error(f"{name}, degraded: WER", poor)
        _error("  the same, all words believed", poor, every=True)
        small = [h for h in made if h.model == "tiny.en" and h.kind != CLEAN]
        if small:
            _error("  the same, tiny.en", small)
            _error("  the same, tiny.en, all words believed", small, every=True)
            fewer = 1 - _errors(poor)[0] / max(_errors(small)[0], 1e-9)
            _line(f"{name}, degraded: errors less than tiny.en's", fewer, None, 0.15, least=True)


def _errors(heard: Sequence[Heard], *, every: bool = False) -> tuple[float, tuple[float, float]]:
    """Word error rate, and its interval over speakers."""
    of: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for h in heard:
        truth = _plain(h.truth or "")
        of[h.speaker].append((distance(truth, _plain(h.all_text if every else h.text)), len(truth)))
    sums = np.array([np.sum(pairs, axis=0) for pairs in of.values()])
    draws = np.random.default_rng(0).integers(len(sums), size=(1000, len(sums)))
    wrong, words = sums[draws].sum(axis=1).T
    low, high = np.percentile(wrong / words, (2.5, 97.5))
    return float(sums[:, 0].sum() / sums[:, 1].sum()), (float(low), float(high))


def _plain(text: str) -> list[str]:
    """Words in lower case without punctuation, numbers written out."""
    text = unicodedata.normalize("NFC", text).lower()
    return [_NUMBERS.get(w, w) for w in re.sub(r"[^\w\s']", " ", text).split()]


def distance(said_: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, leave out or replace."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(said_, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def _rate(
    what: str, cases: Sequence[bool], target: float | None = None, *, least: bool = False
) -> None:
    if cases:
        count, n = sum(cases), len(cases)
        _line(f"{what} ({count} of {n})", count / n, _wilson(count, n), target, least=least)


def _error(what: str, heard: Sequence[Heard], *, every: bool = False) -> None:
    _line(what, *_errors(heard, every=every), None)


def _wilson(count: int, n: int, z: float = 1.96) -> tuple[float, float]:
    middle = (count + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * float(np.sqrt(count * (n - count) / n + z * z / 4))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _line(
    what: str,
    figure: float,
    interval: tuple[float, float] | None,
    target: float | None,
    *,
    least: bool = False,
) -> None:
    within = "" if interval is None else f"[{interval[0]:.3f}, {interval[1]:.3f}]"
    goal = ""
    if target is not None:
        met = figure >= target if least else figure <= target
        goal = f"target {'>=' if least else '<='} {target:g} {'ok' if met else 'MISSED'}"
    print(f"{what:<64} {figure:6.3f} {within:<16} {goal}", flush=True)


if __name__ == "__main__":
    main()
