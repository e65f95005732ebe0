"""How fast the default language model replies, and with --show what it says.

    python benchmarks/reply.py [--model FILE.gguf] [--runs 10] [--threads N] [--show]

Every situation below is invented.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from pathlib import Path

from empathia import weights
from empathia.contracts import Tools
from empathia.errors import EmpathiaError
from empathia.labels import EKMAN7
from empathia.lm import local
from empathia.lm.local.engine import Engine
from empathia.replies import lm, rules
from empathia.replies.lm import prompt
from empathia.types import Cues, Emotion, Request, Turn, Utterance

TARGET_S = 1.5

# What was said before, what is answered, feeling and score, runner-up and score, the voice.
SITUATIONS = (
    ("", "I failed my driving test again today.", "sadness", 0.7, "anger", 0.2, "low volume"),
    (
        "How was the doctor?",
        "They want to do more tests. I keep thinking about what they may find.",
        "fear",
        0.65,
        "sadness",
        0.25,
        "",
    ),
    ("", "We got the flat! We can move in next month!", "joy", 0.9, "surprise", 0.05, "high pitch"),
    (
        "You were late again.",
        "I told you three times that the train was cancelled and you never listen to me.",
        "anger",
        0.8,
        "sadness",
        0.1,
        "high volume",
    ),
    ("", "My grandmother died on Sunday.", "sadness", 0.85, "fear", 0.05, ""),
    (
        "",
        "Somebody left rotten fish in the office fridge and I had to clean it up.",
        "disgust",
        0.7,
        "anger",
        0.2,
        "",
    ),
    (
        "",
        "I came home and they were all hiding in the dark with a cake.",
        "surprise",
        0.6,
        "joy",
        0.3,
        "",
    ),
    ("", "I'm going to the shop later, do we need milk?", "neutral", 0.9, "joy", 0.05, ""),
    (
        "Are you okay?",
        "It's nothing, really. I just didn't sleep much this week.",
        "sadness",
        0.45,
        "neutral",
        0.4,
        "very low volume, slow",
    ),
    (
        "",
        "My boss took my idea and presented it as his own in front of everyone.",
        "anger",
        0.85,
        "sadness",
        0.1,
        "",
    ),
    (
        "",
        "I have to speak in front of two hundred people tomorrow and I can't stop shaking.",
        "fear",
        0.85,
        "sadness",
        0.1,
        "fast",
    ),
    ("", "After eleven months I finally got a job offer.", "joy", 0.8, "surprise", 0.15, ""),
)


def conversation(situation: tuple) -> list[Turn]:
    before, said, label, score, second, second_score, sounded = situation
    rest = (1 - score - second_score) / (len(EKMAN7) - 2)
    scores = {**dict.fromkeys(EKMAN7, rest), label: score, second: second_score}
    emotion = Emotion("fusion", EKMAN7, tuple(scores[x] for x in EKMAN7))
    cues = Cues({}, sounded, "", "speaker so far") if sounded else None
    turns = [Turn(Utterance("u0", 0, "Ben", before))] if before else []
    target = Utterance(f"u{len(turns)}", len(turns), "Ann", said)
    return [*turns, Turn(target, cues=cues, emotion=emotion)]


def measure(model: local.LocalModel, engine: Engine, runs: int) -> dict[str, float]:
    """Medians over runs: of answers of exactly 40 tokens, and of replies as users get them."""
    seen: dict[str, list[float]] = {"wall": [], "cpu": [], "rate": [], "prompt": [], "reply": []}
    generator = lm.load({"max_tokens": 40}, Tools(lambda: model))
    for run in range(runs):
        turns = conversation(SITUATIONS[run % len(SITUATIONS)])
        wall, busy = time.perf_counter(), time.process_time()
        timings = _forty(engine, prompt.messages(turns))
        seen["cpu"].append(time.process_time() - busy)
        seen["wall"].append(time.perf_counter() - wall)
        seen["rate"].append(timings["predicted_per_second"])
        seen["prompt"].append(timings["prompt_n"])
        start = time.perf_counter()
        generator.propose(turns)[0]
        seen["reply"].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seen.items()}


def _forty(engine: Engine, messages: tuple) -> dict[str, float]:
    """Replies mostly end before their 40th token; here the engine is made to go on."""
    request = {
        "messages": [{"role": m.role, "content": m.content} for m in messages],
        "max_tokens": 40,
        "ignore_eos": True,
        "seed": 1,
        "temperature": 0.3,
        "top_k": 20,
        "cache_prompt": False,
    }
    answer = engine.ask(request)
    assert answer["usage"]["completion_tokens"] == 40
    return answer["timings"]


def show(model: local.LocalModel) -> None:
    kept = 0
    generator = lm.load({}, Tools(lambda: model))
    for situation in SITUATIONS:
        turns = conversation(situation)
        reply = generator.propose(turns)[0]
        kept += reply.source != rules.SOURCE
        print(f"\n{situation[1]}  [{situation[2]} {situation[3]:.0%}]")
        print(f"  {reply.source:12} {reply.text}" + (f"  ({reply.note})" if reply.note else ""))
        print(f"  {'rules':12} {rules.answer(turns).text}")
    print(f"\n{kept} of {len(SITUATIONS)} replies are the model's own")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, help="a GGUF file (default: the pulled weight)")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--show", action="store_true", help="print replies beside the rules'")
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        model = (
            local.LocalModel(options.model, threads=options.threads)
            if options.model
            else local.load(threads=options.threads)
        )
    except EmpathiaError as error:
        print(f"benchmarks/reply.py: {error}", file=sys.stderr)
        return error.exit_code
    with model:
        started = time.perf_counter() - start
        if options.show:
            show(model)
        if options.runs > 0:
            model.complete([Request(prompt.messages(conversation(SITUATIONS[0])), max_tokens=1)])
            path = options.model or weights.folder("smollm2") / "model.gguf"
            engine = Engine(path, model.name, options.threads or (1 if model.small else 2), 2048)
            m = measure(model, engine, options.runs)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"start-up                       {started:7.2f} s")
            print(f"answer of 40 tokens, median    {m['wall']:7.2f} s  (target <= {TARGET_S} s)")
            print(f"  processor time of it         {m['cpu']:7.2f} s")
            print(f"  tokens of its prompt         {m['prompt']:7.0f}")
            print(f"  tokens written               {m['rate']:7.1f} /s")
            print(f"reply with retries, median     {m['reply']:7.2f} s")
            print(f"peak memory of the process     {peak:7.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
