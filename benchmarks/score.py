"""How fast the default language model scores given answers, and how exactly.

    python benchmarks/score.py [--runs 5] [--reference tests/lm/scores.json]

Timed are seven labels after one request: together, and each with a pass over request and
label of its own. ``--reference`` writes what the same weights give in one pass of 32-bit
arithmetic (torch; needs: pip install gguf accelerate), which tests compare with.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from empathia import weights
from empathia.errors import EmpathiaError
from empathia.labels import EKMAN7
from empathia.lm import local
from empathia.types import Message, Request

TARGET = 3.0  # times as fast as separate passes
TASK = Message("system", "Name the emotion of the last speaker in one word.")
CONVERSATIONS = (
    "Ann: I lost my keys again and nobody would help me.",
    "Ben: How was the doctor?\nAnn: They want to do more tests. I keep thinking about it.",
    "Ann: We got the flat! We can move in next month!",
    "Ann: Somebody left rotten fish in the office fridge.\nBen: And then?\nAnn: Guess who had "
    "to clean it up while everybody watched and laughed at me.",
)
ANSWERS = (
    *EKMAN7,
    "amusement",
    "embarrassment",
    "exasperation",
    "a little sad",
    "Sadness, mostly.",
)


def request(conversation: str) -> Request:
    return Request([TASK, Message("user", conversation)])


def seconds(model: local.LocalModel, asked: Request, runs: int) -> tuple[float, float]:
    """Medians: of all labels together, and of the sum over labels one by one."""
    together, separate = [], []
    for _ in range(runs):
        start = time.perf_counter()
        model.score([asked], list(EKMAN7))
        middle = time.perf_counter()
        for label in EKMAN7:
            model.score([asked], [label])
        together.append(middle - start)
        separate.append(time.perf_counter() - middle)
    return statistics.median(together), statistics.median(separate)


def reference(path: Path) -> list[list[float]]:
    """(conversations, answers) log likelihoods in nats, in 32-bit arithmetic."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = path.parent, path.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    rows = []
    for conversation in CONVERSATIONS:
        chat = [{"role": m.role, "content": m.content} for m in request(conversation).messages]
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
        row = []
        for answer in ANSWERS:
            tokens = tokenizer(answer, add_special_tokens=False)["input_ids"]
            with torch.inference_mode():
                logits = model(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1]
            picked = logits.log_softmax(-1)[range(len(tokens)), tokens]
            row.append(float(picked.sum()))
        rows.append(row)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--reference", type=Path, metavar="JSON")
    options = parser.parse_args()
    try:
        model = local.load(threads=options.threads)
        if options.reference:
            rows = reference(weights.folder("smollm2") / "model.gguf")
            asked = [[TASK.content, c] for c in CONVERSATIONS]
            content = {"requests": asked, "answers": ANSWERS, "nats": rows}
            options.reference.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            ours = model.score([request(c) for c in CONVERSATIONS], ANSWERS)
            worst = np.abs(ours - np.array(rows)).max()
            print(f"largest difference to 32-bit arithmetic {worst:.3f} nats")
    except EmpathiaError as error:
        print(f"benchmarks/score.py: {error}", file=sys.stderr)
        return error.exit_code
    with model:
        start = time.perf_counter()
        model.score([request("Ann: Hello.")], ["joy"])
        print(f"start-up                {time.perf_counter() - start:6.2f} s")
        for copies in (0, 1, 6):
            words = " ".join(CONVERSATIONS * copies) or CONVERSATIONS[0]
            fast, slow = seconds(model, request(words), options.runs) if options.runs else (1, 1)
            print(f"{len(words.split()):4} words: seven labels {fast:6.2f} s, ", end="")
            print(f"one by one {slow:6.2f} s: {slow / fast:.1f} times as fast ", end="")
            print(f"(target {TARGET:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
