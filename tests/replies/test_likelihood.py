"""How likely a language model finds replies: against logits of the whole model, by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from empathia.errors import WeightsError  # noqa: E402
from empathia.exemplars.pairs import Pair  # noqa: E402
from empathia.lm.hub.base import base_model  # noqa: E402
from empathia.lm.local import adapter  # noqa: E402
from empathia.replies.lm import fitting, likelihood  # noqa: E402
from empathia.replies.lm.compact import Hints  # noqa: E402

PAIRS = [("hello\nhi\nmy dog died", "oh no i am sorry"), ("we move to paris", "oh"), ("", "hi no")]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model's folder."""
    from tiny_chat import write_model

    return write_model(tmp_path_factory.mktemp("tiny"), [w for pair in PAIRS for w in pair])


def by_hand(model, tokenizer, context, reply):
    """Nats of each of a reply's tokens, from the logits of the whole sequence."""
    item = fitting.encoded(tokenizer, Pair("", context, reply), Hints(), 512)
    with torch.no_grad():
        logits = model(torch.tensor([item.ids])).logits[0].float()
    nats = -torch.log_softmax(logits, 1)
    places = range(item.start, len(item.ids))
    return [float(nats[i - 1, item.ids[i]]) for i in places]


def test_losses_are_of_each_token_of_the_reply_with_its_end(base):
    reader = likelihood.load(str(base), 1)
    found = reader.losses(PAIRS)
    assert [len(x) for x in found] == [6, 2, 3]  # a word a token, then the end
    for (context, reply), nats in zip(PAIRS, found, strict=True):
        # Half-precision weights are rounded otherwise in a batch.
        expected = by_hand(reader.model, reader.tokenizer, context, reply)
        assert nats == pytest.approx(expected, rel=0.03, abs=0.03)
    assert str(base) in reader.about and f"{len(reader.tokenizer):,} pieces" in reader.about


def test_an_adapter_is_added_to_the_model_that_it_names(base, tmp_path):
    from safetensors.torch import save_file

    name, rng = "model.layers.1.mlp.up_proj", torch.Generator().manual_seed(1)
    down = torch.randn((2, 16), generator=rng)
    up = torch.randn((32, 2), generator=rng)
    stem = f"base_model.model.{name}"
    tensors = {f"{stem}.lora_A.weight": down, f"{stem}.lora_B.weight": up}
    save_file(tensors, tmp_path / adapter.TENSORS)
    told = {"base_model_name_or_path": str(base), "r": 2, "lora_alpha": 8.0}
    (tmp_path / adapter.CONFIG).write_text(json.dumps(told))
    reader = likelihood.load(str(tmp_path), 1)
    assert reader.name == f"{base} with what '{tmp_path.name}' learnt"

    model, tokenizer = base_model(str(base))
    plain = by_hand(model, tokenizer, *PAIRS[0])
    with torch.no_grad():
        layer = model.get_submodule(name).weight
        layer += (4.0 * up @ down).to(layer.dtype)
    expected = by_hand(model, tokenizer, *PAIRS[0])
    (found,) = reader.losses(PAIRS[:1])
    assert np.abs(np.array(plain) - expected).max() > 0.2
    assert found == pytest.approx(expected, rel=0.05, abs=0.05)

    save_file({f"{stem}s.lora_A.weight": down}, tmp_path / adapter.TENSORS)
    with pytest.raises(WeightsError, match="cannot read an adapter"):
        likelihood.load(str(tmp_path), 1)


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeightsError, match="nothing is downloaded unasked"):
        likelihood.load(str(tmp_path / "nowhere"))
