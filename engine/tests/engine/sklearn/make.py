"""How good predictions are, by scikit-learn.

    python -m venv venv && venv/bin/pip install scikit-learn
    venv/bin/python make.py

Writes scores.json: logits and classes, or predictions and numbers, and what scikit-learn measures of them.
"""

import json
import pathlib

import numpy
from scipy.special import expit, softmax
from sklearn.metrics import (accuracy_score, confusion_matrix, log_loss, mean_absolute_error,
                             precision_recall_fscore_support, r2_score, roc_auc_score, root_mean_squared_error)

random = numpy.random.default_rng(5)


def classes(rows, count):
    """Logits that know a little, some of them equal, one far off, and one class that is never predicted."""
    y = random.integers(0, count, rows)
    logits = numpy.round(random.normal(0, 1, (rows, count)) + 1.5 * numpy.eye(count)[y], 1)
    if count > 3:
        logits[:, 2] -= 50
    logits[0] = 60 * numpy.eye(count)[(y[0] + 1) % count]
    p = softmax(logits, axis=1)
    said = p.argmax(axis=1)
    known = numpy.arange(count)
    precision, recall, f1, support = precision_recall_fscore_support(y, said, labels=known, zero_division=numpy.nan)
    shares = [(k + 1) / (count * (count + 1) / 2) for k in range(count)]
    most = numpy.full(rows, numpy.argmax(shares))
    return {"logits": logits.tolist(), "y": y.tolist(), "shares": shares, "accuracy": accuracy_score(y, said),
            "log_loss": log_loss(y, p, labels=known), "auc": roc_auc_score(y, p[:, 1]) if count == 2 else None,
            "precision": [None if x != x else x for x in precision], "recall": recall.tolist(),
            "f1": f1.tolist(), "support": support.tolist(), "confusion": confusion_matrix(y, said, labels=known).tolist(),
            "trivial_accuracy": accuracy_score(y, most),
            "trivial_log_loss": log_loss(y, numpy.tile(shares, (rows, 1)), labels=known)}


def labels(rows, count):
    """Any of some labels for each example."""
    y = random.integers(0, 2, (rows, count))
    logits = numpy.round(random.normal(0, 1, (rows, count)) + y - 0.5, 2)
    said = logits > 0
    precision, recall, f1, support = precision_recall_fscore_support(y, said)
    return {"logits": logits.tolist(), "y": y.tolist(), "accuracy": accuracy_score(y, said),
            "log_loss": float(numpy.mean([log_loss(y[:, k], expit(logits[:, k])) for k in range(count)])),
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist()}


def values(rows, count):
    """Numbers, some far from 0."""
    y = random.normal([10, 1e6, -3][:count], [1, 50, 4][:count], (rows, count))
    said = y + random.normal(0, 1, (rows, count))
    means = [10.1, 999_990.0, -2.0][:count]
    each = lambda said: [[m(y[:, k], said[:, k]) for k in range(count)]
                         for m in (mean_absolute_error, root_mean_squared_error, r2_score)]
    return {"said": said.tolist(), "y": y.tolist(), "means": means, "errors": each(said),
            "trivial": each(numpy.tile(means, (rows, 1)))}


pathlib.Path(__file__).with_name("scores.json").write_text(json.dumps({
    "classes": [classes(40, 2), classes(60, 3), classes(90, 5)], "labels": labels(50, 3), "values": values(30, 3)}) + "\n")
