"""Learn to tell the kinds of things that people tell: the shipped weight `reply-kinds`.

    python scripts/fit_kinds.py [--write]        (needs the extra `train`, minilm and e5-small)

A logistic regression a language over sentence vectors of src/empathia/replies/select/kinds.*.toml.
The penalty is chosen by the likelihood in five folds, whose accuracy is printed; all that is
written then teaches. --write puts it among the shipped weights; then run
scripts/sum_shipped_weights.py --write.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from empathia.exemplars import encoding
from empathia.exemplars.encoding import Encode
from empathia.replies.select import kinds

SHIPPED = Path(__file__).parent.parent / "src" / "empathia" / "weights" / "shipped" / kinds.WEIGHT
PENALTIES = (3.0, 10.0, 30.0, 100.0)
FOLDS = 5


def learnt(texts: kinds.Written, encode: Encode) -> tuple[LogisticRegression, dict[str, float]]:
    """The regression, and how it does in folds.

    Args:
        texts: What teaches.
        encode: Sentence vectors.
    """
    told = [t for k in texts.kinds for t in k.told]
    gold = np.repeat(np.arange(len(texts.kinds)), [len(k.told) for k in texts.kinds])
    rows = kinds.seen(told, encode)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    best: tuple[float, float, NDArray[np.float64]] | None = None
    for c in PENALTIES:
        model = LogisticRegression(C=c, max_iter=1000)
        shares = cross_val_predict(model, rows, gold, cv=folds, method="predict_proba")
        likelihood = float(np.log(shares[np.arange(len(gold)), gold]).mean())
        if best is None or likelihood > best[0]:
            best = (likelihood, c, shares)
    assert best is not None
    likelihood, c, shares = best
    figures = {
        "texts": len(told),
        "kinds": len(texts.kinds),
        "lines": sum(len(k.lines) for k in texts.kinds),
        "penalty": c,
        "log-likelihood": round(likelihood, 3),
        "accuracy": round(float((shares.argmax(1) == gold).mean()), 3),
        "among three": round(float((np.argsort(-shares)[:, :3] == gold[:, None]).any(1).mean()), 3),
    }
    return LogisticRegression(C=c, max_iter=1000).fit(rows, gold), figures


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into the shipped weights")
    args = parser.parse_args()
    tensors, names = {}, {}
    for language in kinds.LANGUAGES:
        texts = kinds.written(language)
        model, figures = learnt(texts, encoding.load(encoding.reads(language)))
        print(language, json.dumps(figures))
        names[language] = [k.name for k in texts.kinds]
        tensors[f"{language}.slopes"] = model.coef_.T.astype(np.float16).copy()
        tensors[f"{language}.constants"] = model.intercept_.astype(np.float16)
    if args.write:
        SHIPPED.mkdir(exist_ok=True)
        save_file(tensors, SHIPPED / "model.safetensors")
        (SHIPPED / "model.json").write_text(json.dumps(names, ensure_ascii=False), "utf-8")
        print(f"wrote {SHIPPED}")


if __name__ == "__main__":
    main()
