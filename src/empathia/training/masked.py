"""Losses of what is known of a reaction: what is not known is no zero, it is left out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def losses(
    logits: Tensor | None,
    told: Sequence[Tensor],
    emotions: Tensor,
    truths: Sequence[Tensor],
    how: str,
) -> list[Tensor]:
    """Mean loss of the emotion, if it is foretold, and of each feature, of what is known.

    Args:
        logits: (pairs, labels).
        told: (pairs, columns) a target.
        emotions: (pairs, labels), NaN where there is no label.
        truths: As ``told``, NaN where not known.
        how: "mse" or "cosine".
    """
    each = []
    if logits is not None:
        known = ~emotions.isnan().any(1)
        crossed = -(functional.log_softmax(logits, 1) * torch.nan_to_num(emotions)).sum(1)
        each.append(torch.where(known, crossed, 0).sum() / known.sum().clamp(min=1))
    for x, y in zip(told, truths, strict=True):
        there, truth = ~y.isnan(), torch.nan_to_num(y)
        if how == "mse":
            off = torch.where(there, (x - truth) ** 2, 0)
            each.append(off.sum() / there.sum().clamp(min=1))
        else:
            known = there.any(1)
            off = 1 - functional.cosine_similarity(torch.where(there, x, 0), truth)
            each.append(torch.where(known, off, 0).sum() / known.sum().clamp(min=1))
    return each
