"""The network of the recogniser ``voicenet``, in which padding reaches no answer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

_KERNEL = 5


class VoiceNet(nn.Module):
    """Two convolutions over time, a bidirectional LSTM, the mean over time, a linear layer.

    Args:
        dim: Numbers a frame.
        labels: How many labels there are.
        channels: Of the convolutions.
        hidden: Of the LSTM, in each direction.
        dropout: After the convolutions and before the last layer.
    """

    def __init__(self, dim: int, labels: int, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Conv1d(dim, channels, _KERNEL, padding=_KERNEL // 2)
        self.second = nn.Conv1d(channels, channels, _KERNEL, padding=_KERNEL // 2)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))
        self.lstm = nn.LSTM(channels, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, labels)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Logits.

        Args:
            frames: (windows, longest, dim); what lies beyond a window's length is not read.
            lengths: (windows,) frames of each window, at least 1.

        Returns:
            (windows, labels).
        """
        mask = (torch.arange(frames.shape[1]) < lengths[:, None])[..., None]
        # where, not a product: padding may hold anything, NaN included.
        x = torch.where(mask, frames, 0.0)
        for layer, norm in zip((self.first, self.second), self.norms, strict=True):
            x = functional.relu(norm(layer(x.transpose(1, 2)).transpose(1, 2)))
            x = torch.where(mask, x, 0.0)
        packed = pack_padded_sequence(
            self.dropout(x), lengths, batch_first=True, enforce_sorted=False
        )
        heard, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        mean = heard.sum(1) / lengths[:, None]
        logits: Tensor = self.head(self.dropout(mean))
        return logits
