"""A chat model of a few thousand numbers that knows a few words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }} {{ m['content'] }} <|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant {% endif %}"
)


def write_model(folder: Path, texts: Iterable[str]) -> Path:
    """A model's folder, as transformers reads it.

    Args:
        folder: Where to.
        texts: Whose words it knows.
    """
    marks = ["<unk>", "<|im_start|>", "<|im_end|>"]
    words = dict.fromkeys(w for text in texts for w in text.split())
    raw = Tokenizer(WordLevel({w: i for i, w in enumerate([*marks, *words])}, "<unk>"))
    raw.pre_tokenizer = Whitespace()
    raw.add_special_tokens(marks)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", eos_token="<|im_end|>", chat_template=TEMPLATE
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        initializer_range=0.3,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder
