"""Pretrained encoders: loaded once, run in batches, shared by the stages."""


def whole(text: str) -> str:
    """A text without halves of surrogate pairs, which no tokenizer reads."""
    return text.encode("utf-8", "replace").decode()
