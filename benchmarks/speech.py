"""How fast a voice speaks, and whether what it says is understood.

    python benchmarks/speech.py [VOICE] [--threads N] [--sentences N] [--out FOLDER]

Twenty replies of our own are spoken: the time until the first piece and the time for all of it as a
share of its length, on this machine as busy as it is, and the same of the processor's time. The
pulled Whisper base hears them again; its word errors are counted over words as they are read aloud
(numbers in words), case and punctuation left out. One pass, after one sentence to warm up.
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from rates import distance

from empathia import speech, weights
from empathia.speech.kokoro.reading import aloud
from empathia.types.manner import Manner

REPLIES = (
    "I'm so sorry to hear that. Losing a friend hurts.",
    "That sounds really hard. What happened?",
    "You did what you could, and nobody could have asked for more.",
    "Congratulations! You must be so proud of yourself.",
    "It makes sense to be angry when somebody breaks a promise.",
    "Would you like to tell me more about your sister's visit?",
    "Three weeks is a long time to wait for news.",
    "I can hear how lonely those evenings have been.",
    "Oh no, not on your birthday!",
    "It's okay to cry. There's no right way to grieve.",
    "What would help you most tonight?",
    "You've been carrying this on your own since January.",
    "Take your time, I'm listening.",
    "If you're thinking about hurting yourself, please call 988 or talk to somebody you trust.",
    "Moving to Seattle at 24 takes courage.",
    "That must have been a relief after all those tests.",
    "He shouldn't have said that in front of everyone.",
    "I wonder whether part of you is still hoping she'll come back.",
    "Forty dollars isn't much, but it was yours.",
    "Thank you for telling me. How are you feeling now?",
)


def words(text: str) -> list[str]:
    """As they are read aloud, without case and punctuation."""
    return re.findall(r"[a-z']+", aloud(text).lower())


def main() -> None:
    """Speak, hear and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("voice", nargs="?", default="kokoro")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sentences", type=int, default=len(REPLIES))
    parser.add_argument("--tone", default="plain")
    parser.add_argument("--out", type=Path, help="keep the sound here")
    args = parser.parse_args()
    from faster_whisper import WhisperModel

    folder = args.out or Path(tempfile.mkdtemp())
    begun = time.perf_counter()
    voice = speech.load(args.voice, args.threads)
    print(f"loaded in {time.perf_counter() - begun:.1f} s")
    list(voice.speak("Hello."))
    firsts, spent, worked, spoken = [], 0.0, 0.0, 0.0
    for i, text in enumerate(REPLIES[: args.sentences]):
        begun, work = time.perf_counter(), time.process_time()
        pieces = []
        for piece in voice.speak(text, Manner(tone=args.tone)):
            pieces.append(piece)
            if len(pieces) == 1:
                after = time.perf_counter() - begun, time.process_time() - work
                firsts.append((*after, piece.duration))
        spent, worked = spent + time.perf_counter() - begun, worked + time.process_time() - work
        spoken += speech.write_wav(folder / f"{i:02}.wav", pieces)
    times, works, lengths = np.median(firsts, axis=0)
    print(
        f"{len(firsts)} replies, {spoken:.1f} s of speech, {args.threads} thread(s): real-time "
        f"factor {spent / spoken:.2f}, of the processor's time {worked / spoken:.2f}; median first "
        f"piece after {times:.2f} s, {works:.2f} s of the processor's, {lengths:.2f} s long; peak "
        f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    hears = WhisperModel(
        str(weights.folder("whisper-base")), compute_type="int8", cpu_threads=args.threads
    )
    wrong = total = 0
    for i, text in enumerate(REPLIES[: args.sentences]):
        heard, _ = hears.transcribe(str(folder / f"{i:02}.wav"), language="en", beam_size=5)
        got, want = words(" ".join(h.text for h in heard)), words(text)
        errors = distance(want, got)
        wrong, total = wrong + errors, total + len(want)
        if errors:
            print(f"  {errors} wrong: {text!r} was heard as {' '.join(got)!r}")
    print(f"word errors: {wrong} of {total} ({wrong / total:.1%})")


if __name__ == "__main__":
    main()
