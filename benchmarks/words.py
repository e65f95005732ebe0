"""What `read` hears: words in their language, what is withheld, what is made up; targets beside it.

    python benchmarks/words.py DATA [--clips 4] [--half report] [--rooms 5] [--json FILE]
    python benchmarks/words.py DATA --clips 1           a first look, in three minutes

DATA holds the corpora ``ravdess`` (English), ``emodb`` (German) and ``korean_emotional``. Each
speaker gives single clips: as they are, in a room .4 to 3 m from the microphone, in noise 5 to
20 dB lower, and with another voice 10 to 20 dB lower; and recordings of 5 to 10 clips with pauses,
in one language and in two. The language is asked of as many more clips of at least 2 s. Besides,
made recordings in which nobody speaks (``nobody.py``). All goes the way of `read`, from blocks of
sound over speech detection to words that are believed.

A clip is not detected where no speech is found in it, and withheld where speech is found and no
word is given; the reasons stand below. "English words" are those of clips in other languages that
are given as English. Words of RAVDESS and EMO-DB are known: the word error rate (WER) counts clips
without words as missing, beside Whisper tiny.en (English) and the same model with all its words
believed. Intervals of 95 % are over speakers (WER) or Wilson's. Speakers are halved: bounds were
chosen on "tune".
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import places
import rates
from conversations import HALVES, Clip, clips, said, speakers_of
from nobody import MADE

from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.gate import SILENT, Believed
from empathia.listen.speech import RATE, Segment
from empathia.listen.words import Transcriber, Window
from empathia.types import Audio, FloatArray

LANGUAGES = {"ravdess": "en", "emodb": "de", "korean_emotional": "ko"}
CLEAN, PLACES = "clean", ("room", "noise", "voice")
LONG = 2.0  # s from which the language of a clip must be right
NOT_DETECTED, SIFTED = "not detected as speech", "taken for music or noise"
_SPEECH = 0.2  # s of speech that a clip has to hold to be detected
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


@dataclass(frozen=True)
class Heard:
    """What was made of one clip.

    Args:
        corpus: Of which ``LANGUAGES`` tells the language.
        speaker: Who speaks.
        kind: "clean", one of ``PLACES``, "long", "joined", "two languages", "nobody", "taken for
            speech".
        seconds: Its length.
        language: What most of its believed words are in, or None.
        text: Its words that are believed.
        all_text: All words that were recognised.
        missing: Why it has no words, or None.
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
    missing: str | None = None
    truth: str | None = None
    model: str = "default"

    @property
    def detected(self) -> bool:
        """Whether speech was found in it."""
        return self.missing not in (NOT_DETECTED, SIFTED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", type=int, default=4, help="single clips a speaker")
    parser.add_argument("--rooms", type=int, default=1, help="rooms a single clip")
    parser.add_argument("--seeds", type=int, default=14, help="of each made sound of nobody")
    parser.add_argument("--forced", action="store_true", help="hear them as if they were speech")
    parser.add_argument("--half", choices=HALVES, default="report", help="of the speakers")
    parser.add_argument("--asr-model", metavar="NAME", help="another model, as `read` takes it")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", type=Path, metavar="FILE", help="what was made of every clip")
    args = parser.parse_args()
    model = Transcriber.load(args.asr_model, args.threads)
    tiny = Transcriber.load("tiny.en", args.threads)
    heard = list(_nobody(model, args.seeds, forced=args.forced))
    _print_nobody(heard)
    for corpus in (c for c in LANGUAGES if (args.data / c).is_dir()):
        made = list(_corpus(args, corpus, model, tiny))
        _print_corpus(corpus, made)
        heard += made
    long = [h for h in heard if h.kind in (CLEAN, "long") and h.seconds >= LONG]
    rates.rate(f"language right, from {LONG:g} s, together", _right(long), 0.97, least=True)
    mixed = list(_mixed(args.data, args.half, 4 * args.clips, model))
    rates.rate(
        "two languages in one recording: clips in their own", _right(mixed), 0.97, least=True
    )
    if args.json is not None:
        args.json.write_text(json.dumps([asdict(h) for h in [*heard, *mixed]], indent=1), "utf-8")


# -- hearing -----------------------------------------------------------------------------------


class Listened(NamedTuple):
    """What became of a recording.

    Attributes:
        speech: Where somebody speaks.
        sifted: Where the detector alone heard somebody.
        windows: All that was recognised.
        believed: What of it is given.
    """

    speech: Sequence[Segment]
    sifted: Sequence[Segment]
    windows: Sequence[Window]
    believed: Believed

    def missing(self, start: float, end: float) -> str | None:
        """Why there are no words from one time to another (s); None where there are some."""
        if words_in(self.believed.windows, start, end)[0]:
            return None
        if not any(_common(s, start, end) >= _SPEECH for s in self.speech):
            return SIFTED if any(_common(s, start, end) > 0 for s in self.sifted) else NOT_DETECTED
        doubts = [w.reason for w in self.believed.withheld if w.start < end and start < w.end]
        return doubts[0] if doubts and words_in(self.windows, start, end)[0] else SILENT


def hear(sound: FloatArray, model: Transcriber) -> Listened:
    """All the way that `read` goes."""
    dictation = Dictation(ListenOptions(), model)
    ear = Ear(dictation, None)
    for at in range(0, len(sound), 10 * RATE):
        ear.add(Audio(sound[at : at + 10 * RATE].astype(np.float32), RATE))
    ear.finish()
    return Listened(ear.segments, ear.dropped, dictation.windows, dictation.finish())


def words_in(windows: Iterable[Window], start: float, end: float) -> tuple[str, str | None]:
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


def _common(segment: Segment, start: float, end: float) -> float:
    return min(segment.end, end) - max(segment.start, start)


def _heard(
    clip: Clip,
    kind: str,
    listened: Listened,
    span: tuple[float, float],
    model: str = "default",
) -> Heard:
    text, language = words_in(listened.believed.windows, *span)
    return Heard(
        clip.corpus,
        clip.speaker,
        kind,
        said(clip.path).seconds,
        language,
        text,
        words_in(listened.windows, *span)[0],
        listened.missing(*span),
        _truth(clip),
        model,
    )


def _truth(clip: Clip) -> str | None:
    if clip.corpus == "ravdess":
        return RAVDESS[clip.path.stem.split("-")[4]]
    return EMODB[clip.path.stem[2:5]] if clip.corpus == "emodb" else None


def _corpus(
    args: argparse.Namespace, corpus: str, model: Transcriber, tiny: Transcriber
) -> Iterator[Heard]:
    """Single clips in each place, long ones, and joined ones."""
    every = [c for c in clips(args.data) if c.corpus == corpus]
    speakers = speakers_of(args.data, corpus, args.half)
    most = args.clips if len(speakers) > 8 else 2 * args.clips  # so that each gives as many
    for speaker in speakers:
        mine = [c for c in every if c.speaker == speaker]
        draw, seed = random.Random(f"{corpus} {speaker}"), speaker.encode()
        single = draw.sample(mine, min(most, len(mine)))
        for number, clip in enumerate(single):
            kinds = (CLEAN, *PLACES, *["room"] * (args.rooms - 1))
            for at, kind in enumerate(kinds):
                sound = placed(clip, kind, every, np.random.default_rng([number, at, *seed]))
                span = (0.0, len(sound) / RATE)
                yield _heard(clip, kind, hear(sound, model), span)
                if corpus == "ravdess":
                    yield _heard(clip, kind, hear(sound, tiny), span, "tiny.en")
        chosen = draw.sample(mine, min(draw.randint(5, 10), len(mine)))
        yield from _joined(chosen, "joined", draw, model)
        others = (c for c in draw.sample(mine, len(mine)) if c not in single)
        long = (c for c in others if said(c.path).seconds >= LONG)
        for clip, _ in zip(long, range(most), strict=False):
            sound = placed(clip, CLEAN, every, np.random.default_rng(0))
            yield _heard(clip, "long", hear(sound, model), (0, len(sound) / RATE))


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
    listened = hear(np.concatenate(parts), model)
    for clip, span in zip(chosen, spans, strict=True):
        yield _heard(clip, kind, listened, span)


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


def _nobody(model: Transcriber, seeds: int, *, forced: bool) -> Iterator[Heard]:
    """Made sounds as `read` hears them, and by force the first seconds as if they were speech."""
    for kind, make in MADE.items():
        for seed in range(seeds):
            draw = np.random.default_rng(9000 + seed)
            sound = make(draw)
            sound = np.asarray(sound / np.abs(sound).max() / 2, np.float32)
            yield _made_up(kind, "nobody", sound, hear(sound, model))
            if forced:
                dictation, part = (
                    Dictation(ListenOptions(), model),
                    sound[: draw.integers(1, 8) * RATE],
                )
                dictation.add(Audio(part, RATE), 0.0)
                taken = Listened((), (), dictation.windows, dictation.finish())
                yield _made_up(kind, "taken for speech", part, taken)


def _made_up(name: str, kind: str, sound: FloatArray, listened: Listened) -> Heard:
    end = len(sound) / RATE
    kept, _ = words_in(listened.believed.windows, 0, end)
    return Heard("made", name, kind, end, None, kept, words_in(listened.windows, 0, end)[0])


# -- counting ----------------------------------------------------------------------------------


def _right(heard: Iterable[Heard]) -> list[bool]:
    return [h.language == LANGUAGES[h.corpus] for h in heard if h.text]


def _print_nobody(heard: Sequence[Heard]) -> None:
    whole, forced = ([h for h in heard if h.kind == k] for k in ("nobody", "taken for speech"))
    rates.rate("nobody speaks: recordings with words", [bool(h.text) for h in whole], 0.01)
    rates.rate("  taken for speech by force: with words", [bool(h.text) for h in forced])
    rates.rate("  ... all words believed", [bool(h.all_text) for h in forced])


def _print_corpus(corpus: str, made: Sequence[Heard]) -> None:
    heard = [h for h in made if h.model == "default"]
    for kind in (CLEAN, *PLACES, "joined"):
        some = [h for h in heard if h.kind == kind]
        _print_missing(f"{corpus}, {kind}", some, 0.01 if kind in (CLEAN, "joined") else 0.02)
        if LANGUAGES[corpus] != "en":
            english = [h.language == "en" for h in some]
            rates.rate(f"{corpus}, {kind}: English words", english, 0.01)
    long = [h for h in heard if h.kind in (CLEAN, "long") and h.seconds >= LONG]
    least = 0.95 if LANGUAGES[corpus] == "ko" else 0.97
    rates.rate(f"{corpus}: language right, from {LONG:g} s", _right(long), least, least=True)
    if any(h.truth for h in heard):
        _print_errors(corpus, heard, [h for h in made if h.model == "tiny.en"])


def _print_missing(what: str, some: Sequence[Heard], target: float) -> None:
    """Clips without words: what was not detected, and what was withheld and why."""
    rates.rate(f"{what}: not detected", [not h.detected for h in some])
    rates.rate(f"{what}: withheld", [not h.text and h.detected for h in some], target)
    for reason, count in Counter(h.missing for h in some if h.missing).most_common():
        print(f"    {count:3} {reason}")


def _print_errors(corpus: str, heard: Sequence[Heard], small: Sequence[Heard]) -> None:
    """Word error rates, and how many errors the model and its gate save."""
    poor = [h for h in heard if h.kind in PLACES]
    tiny = [h for h in small if h.kind in PLACES]
    rates.error(f"{corpus}, clean: WER", _spoken([h for h in heard if h.kind == CLEAN]))
    rates.error(f"{corpus}, joined: WER", _spoken([h for h in heard if h.kind == "joined"]))
    error = rates.error(f"{corpus}, degraded: WER", _spoken(poor))
    others = {"all words believed": rates.error("  all words believed", _spoken(poor, every=True))}
    if tiny:
        others["tiny.en"] = rates.error("  tiny.en", _spoken(tiny))
        rates.error("  tiny.en, all words believed", _spoken(tiny, every=True))
    for name, other in others.items():
        fewer = 1 - error / max(other, 1e-9)
        rates.line(f"  errors less than with {name}", fewer, None, 0.15, least=True)


def _spoken(heard: Sequence[Heard], *, every: bool = False) -> list[rates.Spoken]:
    """What is said and what is given (or all that was recognised)."""
    return [rates.Spoken(h.speaker, h.truth or "", h.all_text if every else h.text) for h in heard]


if __name__ == "__main__":
    main()
