"""T5 (Raffel et al. 2020) as the generator's network, where its weights lie on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from empathia.encoders import local
from empathia.errors import UsageError, WeightsError
from empathia.replies.seq2seq.net import Net
from empathia.replies.seq2seq.vocabulary import Vocabulary, loads

_KIND = "T5ForConditionalGeneration"
_TOKENIZER = "tokenizer.json"


class T5Net(Net):
    """A T5 that knows speakers and exemplars.

    Args:
        t5: A ``transformers.T5ForConditionalGeneration``.
        given: How exemplars reach the decoder, one of :data:`~empathia.replies.seq2seq.net.WAYS`.
    """

    def __init__(self, t5: Any, given: str) -> None:  # noqa: ANN401 - of transformers
        super().__init__(int(t5.config.d_model), given)
        self.t5 = t5

    @property
    def config(self) -> Mapping[str, Any]:
        """What :func:`restored` needs."""
        return dict(self.t5.config.to_dict())

    def states(self, ids: Tensor, roles: Tensor, mask: Tensor) -> Tensor:
        """States (texts, length, width)."""
        embedded = self.t5.shared(ids) + self.role(roles)
        out = self.t5.encoder(inputs_embeds=embedded, attention_mask=mask.long())
        states: Tensor = out.last_hidden_state
        return states

    def logits(self, memory: Tensor, mask: Tensor, written: Tensor) -> Tensor:
        """Logits (texts, length, vocabulary)."""
        out = self.t5(
            encoder_outputs=(memory,),
            attention_mask=mask.long(),
            decoder_input_ids=written,
            use_cache=False,
        )
        logits: Tensor = out.logits
        return logits


def pretrained(name: str, given: str) -> tuple[T5Net, Vocabulary]:
    """A T5 of a folder or of the hub's cache, with its vocabulary.

    Raises:
        MissingExtra: transformers is not installed.
        WeightsError: It is not here, cannot be read, or is no T5.
    """
    loaded = local.load(name, None, _KIND)
    try:
        text = (loaded.folder / _TOKENIZER).read_text(encoding="utf-8")
    except OSError as e:
        raise WeightsError(
            f"the model '{name}' has no {_TOKENIZER} in '{loaded.folder}'",
            "Fetch all of its files",
        ) from e
    return T5Net(loaded.module, given), loads(text, int(loaded.module.config.vocab_size))


def restored(config: Mapping[str, Any], given: str) -> T5Net:
    """The network that :attr:`T5Net.config` describes, without what it learnt.

    Raises:
        UsageError: transformers knows no such network.
    """
    from transformers import T5Config, T5ForConditionalGeneration

    try:
        return T5Net(T5ForConditionalGeneration(T5Config.from_dict(dict(config))), given)
    except (TypeError, ValueError, KeyError, AttributeError) as e:
        raise UsageError(f"T5 cannot be made ({e})", "Train it again") from e
