#!/usr/bin/env python3
"""Checks an export of a run (`mnist-experiments export RUN`) against PyTorch, numpy and scikit-learn.

    python3 -m venv venv
    venv/bin/pip install -r scripts/requirements.txt
    venv/bin/python scripts/check_export.py RUN/export

The weights, in a PyTorch module of the same network, give the exported features, embeddings and scores to 1e-4 (of
numbers above 1: of their size) and the same accuracy. What `mnist-experiments evaluate` measured agrees with
scikit-learn and with plain numpy to 1e-6.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from sklearn import metrics

from twin import Checks, Encoder, Export, head_scores


def risk(confidences, right):
    """Area under the risk-coverage curve, the wrong ones among equal confidences spread evenly."""
    order = np.argsort(-confidences, kind="stable")
    wrong = (~right[order]).astype(float)
    _, group = np.unique(-confidences[order], return_inverse=True)
    wrong = (np.bincount(group, wrong) / np.bincount(group))[group]
    return np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1))


def calibration_error(confidences, right, bins=15):
    upper = np.clip(np.ceil(confidences.astype(np.float64) * bins), 1, bins).astype(int)
    error = 0.0
    for b in np.unique(upper):
        inside = upper == b
        error += inside.mean() * abs(right[inside].mean() - confidences[inside].astype(np.float64).mean())
    return error


def collapse(embeddings, classes, predicted):
    """NC1, NC2 and NC4 as their definitions say."""
    ids = np.unique(classes)
    means = np.stack([embeddings[classes == c].mean(0) for c in ids])
    within = np.zeros((embeddings.shape[1],) * 2)
    for c, mean in zip(ids, means):
        off = embeddings[classes == c] - mean
        within += off.T @ off / len(embeddings)
    centred = means - means.mean(0)
    between = centred.T @ centred / len(ids)
    nc1 = np.trace(within @ np.linalg.pinv(between, rcond=1e-9)) / len(ids)
    simplex = (np.eye(len(ids)) - 1 / len(ids)) / np.sqrt(len(ids) - 1)
    gram = centred @ centred.T
    nc2 = np.linalg.norm(gram / np.linalg.norm(gram) - simplex)
    lengths = np.linalg.norm(centred, axis=1)
    nearest = ids[np.argmin(np.linalg.norm(embeddings[:, None] - means, axis=2), 1)]
    return {"nc1": nc1, "nc2": nc2, "nc2_norms": lengths.std() / lengths.mean(), "nc4": np.mean(nearest != predicted)}


def measured(arrays, classes):
    """What other programs make of the exported arrays, by evaluation and key."""
    embeddings = arrays["embeddings"].astype(np.float64)
    probabilities = arrays["probabilities"].astype(np.float64)
    predicted = arrays["predicted"]
    right = predicted == classes
    confidences = arrays["probabilities"][np.arange(len(classes)), predicted]
    n, count = probabilities.shape
    own = np.maximum(probabilities[np.arange(n), classes], np.finfo(np.float64).eps)
    groups = len(np.unique(classes))
    harabasz = metrics.calinski_harabasz_score(embeddings, classes)
    wrong = {} if right.all() else {"auroc": metrics.roc_auc_score(~right, -confidences)}
    return {
        "accuracy": {"test_accuracy": metrics.accuracy_score(classes, predicted)},
        "silhouette": {"silhouette": metrics.silhouette_score(embeddings, classes)},
        "davies-bouldin": {"davies_bouldin": metrics.davies_bouldin_score(embeddings, classes)},
        "fisher-ratio": {"fisher_ratio": harabasz * (groups - 1) / (n - groups)},
        "neural-collapse": collapse(embeddings, classes, predicted),
        "calibration": {
            "ece": calibration_error(confidences, right),
            "nll": -np.log(own).mean(),
            "brier": ((probabilities - np.eye(count)[classes]) ** 2).sum(1).mean(),
        },
        "rejection": {"aurc": risk(confidences, right), **wrong},
    }


def main(folder):
    export, checks = Export(folder), Checks()
    check, classes, pixels = checks.check, export.classes, export.pixels()
    for head in export.manifest["heads"]:
        name, own = head["folder"], folder / head["folder"]
        print(name)
        for file, shape in head["arrays"].items():
            assert list(np.load(own / file).shape) == shape, file
        names = ("features", "embeddings", "scores", "probabilities", "predicted")
        arrays = {array: np.load(own / f"{array}.npy") for array in names}
        weights = export.weights(head)
        assert {n: list(t.shape) for n, t in weights.items()} == head["weights"], "shapes"
        with torch.no_grad():
            features, embedding = Encoder(weights, export.manifest["normalization"])(pixels)
            of_head = head_scores(name, weights, embedding.double())
        check("features", arrays["features"], features, 1e-4)
        check("embeddings", arrays["embeddings"], embedding, 1e-4)
        if of_head is None:
            print("       scores: this script does not know the head")
        else:
            check("scores", arrays["scores"], of_head, 1e-4)
            accuracy = np.mean(of_head.argmax(1).numpy() == classes)
            check("accuracy of PyTorch's scores", head["metrics"]["test_accuracy"], accuracy, 1e-9)
        ours = {**head["metrics"].get("evaluations", {})}
        ours["accuracy"] = ours["silhouette"] = head["metrics"]
        sampled = "sampled_images" in head["metrics"].get("evaluations", {}).get("silhouette", {})
        for evaluation, numbers in measured(arrays, classes).items():
            if evaluation not in ours or (evaluation == "silhouette" and sampled):
                print(f"       {evaluation}: not measured of all images")
                continue
            for key, theirs in numbers.items():
                check(f"{evaluation}: {key}", ours[evaluation][key], theirs, 1e-6)
    checks.exit()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
