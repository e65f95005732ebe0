"""The voice network: convolutions and a BiLSTM over MFCC, read against neutral speech.

The recipe of TodAi, a Korean voice diary, without its traps. Each coefficient is
taken as ``(x - mean) / (std + 1e-8)``, where mean and std are those of *neutral*
training speech of the speaker's gender (of all of it where gender is unknown).
An utterance of any length is read in windows of ``window`` frames that overlap
by half, and the answers of its windows are averaged by their frames; what is
shorter is padded, and padding is masked wherever frames meet: in convolutions,
in the LSTM and in the mean over time.

Speed and pitch of the training speech are changed at random. There is no sound
here, only MFCC, so both are done there: speed by resampling the frames, pitch by
stretching the mel axis, which is linear in the cepstrum (Pitz and Ney 2005,
"Vocal tract normalization equals linear transformation in cepstral space").
"""

from __future__ import annotations

from collections.abc import Mapping

from empathia.errors import needs
from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.options import check_feature
from empathia.training.problem import Problem

NAME = "voicenet"
OPTIONS: Mapping[str, Plain] = {
    "feature": "mfcc",  # name of the frames that are read
    "window": 100,  # frames read at once
    "baseline": "neutral",  # neutral training speech by gender, or "all" training speech
    "channels": 64,  # of the convolutions
    "hidden": 64,  # of the LSTM, in each direction
    "dropout": 0.3,  # after the convolutions and before the last layer
    "speed": 0.1,  # training speech is up to this share faster or slower; 0 leaves it
    "pitch": 0.1,  # and up to this share higher or lower; of MFCC alone
    "balance": "weights",  # all labels count the same, or "none"
}


def learn(problem: Problem) -> Model:
    """Train on the training part; validation picks the epoch and the temperature.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: The feature is not among those of the run, labels are not exclusive, or an
            option cannot be.
        TrainingError: The training or the validation part has no labelled frames, or no
            training utterance is neutral where the baseline is neutral speech.
    """
    check_feature(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.voicenet.fitting import train
    return train(problem)
