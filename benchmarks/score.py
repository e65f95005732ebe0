"""How exactly the default language model scores given answers (how fast: ``prompts.py``).

    python benchmarks/score.py --reference tests/lm/scores.json

Writes what the same weights give in one pass of 32-bit arithmetic (torch; needs: pip install
gguf accelerate), which tests compare with, and says how far the default model is from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from empathia import weights
from empathia.errors import EmpathiaError
from empathia.labels import EKMAN7
from empathia.lm import local
from empathia.types import Message, Request

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
    parser.add_argument("--threads", type=int)
    parser.add_argument("--reference", type=Path, metavar="JSON", required=True)
    options = parser.parse_args()
    rows = reference(weights.folder("smollm2") / "model.gguf")
    asked = [[TASK.content, c] for c in CONVERSATIONS]
    content = {"requests": asked, "answers": ANSWERS, "nats": rows}
    options.reference.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    try:
        with local.load(threads=options.threads) as model:
            ours = model.score([request(c) for c in CONVERSATIONS], ANSWERS)
    except EmpathiaError as error:
        print(f"benchmarks/score.py: {error}", file=sys.stderr)
        return error.exit_code
    worst = np.abs(ours - np.array(rows)).max()
    print(f"largest difference to 32-bit arithmetic {worst:.3f} nats")
    return 0


if __name__ == "__main__":
    sys.exit(main())
