"""The net of motion: causal, and worth more than floors where there is something to learn."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from little_reactions import RATE, exchanges, taught

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")

from empathia.contracts import Predictor  # noqa: E402
from empathia.errors import ConfigError  # noqa: E402
from empathia.reaction.motion.frames import resampled  # noqa: E402
from empathia.reaction.motion.net import MotionNet, Shape  # noqa: E402
from empathia.reaction.motion.read import Net  # noqa: E402
from empathia.types import Features, Sample  # noqa: E402

PAST = exchanges(["z0"], 2)[2].past


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return taught("motion", tmp_path_factory.mktemp("motion"), when="while")


def with_face(sample: Sample, values: np.ndarray, rate: float = RATE) -> Sample:
    face = dataclasses.replace(sample.features["face"], values=values, rate=rate)
    return dataclasses.replace(sample, features={**sample.features, "face": face})


def face_after(predictor: Predictor, stimulus: Sample) -> np.ndarray:
    ((said,),) = predictor.predict([(*PAST[:-1], stimulus)])
    return said.features["face"].values


def test_numpy_answers_as_torch_does() -> None:
    torch.manual_seed(2)
    net = MotionNet(Shape([3, 4], 2, 3, 6, 3, 3, 5, 0.0, 0.0)).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x = torch.randn(1, 17, 7)
    frames, once = net(x, torch.ones(1, 17, dtype=torch.bool))
    mine, told = Net({k: v.numpy() for k, v in net.state_dict().items()})(x[0].numpy())
    assert mine == pytest.approx(frames[0].detach().numpy(), abs=1e-4)
    assert told == pytest.approx(once[0].detach().numpy(), abs=1e-4)


def test_no_frame_depends_on_a_later_one(predictor: Predictor) -> None:
    stimulus = PAST[-1]
    values = stimulus.features["face"].values
    half, other = len(values) // 2, values.copy()
    other[half:] = 5 - other[half:]
    before, after = (face_after(predictor, with_face(stimulus, v)) for v in (values, other))
    assert len(before) == len(values)
    assert np.array_equal(before[:half], after[:half])
    assert not np.allclose(before[half:], after[half:], atol=1e-3)


def test_after_all_was_said_it_lasts_as_long_as_reactions_do(tmp_path: Path) -> None:
    made = taught("motion", tmp_path, when="after")
    short = with_face(PAST[-1], PAST[-1].features["face"].values[:3])
    lengths = {
        len(e.reaction.features["face"].values) for e in exchanges([f"x{i}" for i in range(6)])
    }
    assert min(lengths) <= len(face_after(made, short)) <= max(lengths)
    assert len(face_after(made, short)) == len(face_after(made, PAST[-1]))


def test_gaps_and_other_rates_are_read_as_what_they_are(predictor: Predictor) -> None:
    values = PAST[-1].features["face"].values
    broken = values.copy()
    broken[2] = np.nan
    assert np.isfinite(face_after(predictor, with_face(PAST[-1], broken))).all()
    slow = with_face(PAST[-1], np.repeat(values, 2, 0), 2 * RATE)
    assert face_after(predictor, slow) == pytest.approx(face_after(predictor, PAST[-1]), abs=1e-6)


def test_what_is_read_at_another_rate_is_never_from_later() -> None:
    feature = Features("u", "x", np.arange(5, dtype=np.float32)[:, None], rate=5.0)
    assert resampled(feature, 10.0, 12)[:, 0].tolist()[:10] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert np.isnan(resampled(feature, 10.0, 12)[10:]).all()
    assert resampled(feature, 2.5, 3)[:, 0].tolist() == [0, 2, 4]


def test_rows_alone_are_nothing_to_move_by(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="reads frames"):
        taught("motion", tmp_path, modalities={"text": ("tone",)})
