"""Learning of the judge of sentiment: ridge regression on a teacher's values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.errors import needs
from empathia.files import Plain
from empathia.judges.sentiment import COLUMNS, columns
from empathia.training.keeping import write_arrays
from empathia.types import FloatArray


def teach(texts: Sequence[str]) -> NDArray[np.float64]:
    """What VADER says of texts: (texts,) compound values in [-1, 1].

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    with needs("train", "the teacher of the judge of sentiment"):
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    analyser = SentimentIntensityAnalyzer()
    return np.array([analyser.polarity_scores(t)["compound"] for t in texts])


def learn(
    texts: Sequence[str],
    vectors: FloatArray,
    values: NDArray[np.float64],
    folder: Path,
    *,
    penalty: float = 1.0,
    about: Plain = None,
) -> None:
    """Fit and write a judge.

    Args:
        texts: To learn from.
        vectors: (texts, width) of the encoder.
        values: (texts,) in [-1, 1].
        folder: It is written there.
        penalty: Strength of the ridge; a word that is a whole text alone counts as one.
        about: What is to be kept beside it.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    with needs("train", "learning the judge of sentiment"):
        from scipy import sparse
        from sklearn.linear_model import Ridge
    rows = [columns(t) for t in texts]
    starts = np.cumsum([0, *map(len, rows)])
    which = np.array([c for r in rows for c in r], np.int64)
    shares = np.array([v for r in rows for v in r.values()])
    words = sparse.csr_matrix((shares, which, starts), shape=(len(rows), COLUMNS))
    mean, spread = vectors.mean(0), vectors.std() * np.sqrt(vectors.shape[1])
    scaled = sparse.csr_matrix((vectors - mean) / spread)
    model = Ridge(penalty, solver="lsqr", tol=1e-5, max_iter=500)
    model.fit(sparse.hstack([words, scaled], format="csr"), values)
    vector = model.coef_[COLUMNS:] / spread
    arrays = {
        "words": model.coef_[:COLUMNS].astype(np.float16),
        "vector": vector.astype(np.float32),
        "bias": np.array([model.intercept_ - mean @ vector]),
    }
    write_arrays(folder, arrays, {"penalty": penalty, "about": about})
