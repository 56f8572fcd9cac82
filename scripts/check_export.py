#!/usr/bin/env python3
"""Checks an export of a run (`mnist-experiments export RUN`) against PyTorch, numpy and scikit-learn.

    python3 -m venv venv
    venv/bin/pip install numpy torch safetensors scikit-learn
    venv/bin/python scripts/check_export.py RUN/export

The weights, in a PyTorch module of the same network, give the exported features, embeddings and scores to 1e-4 (of
numbers above 1: of their size) and the same accuracy. What `mnist-experiments evaluate` measured agrees with
scikit-learn and with plain numpy to 1e-6.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from sklearn import metrics
from torch import nn
from torch.nn import functional as F

failures = 0


def check(what, ours, theirs, tolerance):
    """Compares numbers; those of more than 1 by their size."""
    global failures
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    off = float(np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))))
    good = off <= tolerance
    failures += not good
    print(f"  {'ok  ' if good else 'FAIL'} {what:34} off by {off:.1e}")


class Encoder(nn.Module):
    def __init__(self, weights, normalization):
        super().__init__()
        shape = {name: tensor.shape for name, tensor in weights.items()}
        convolutions = [shape[f"encoder.convolutions.{i}.weight"] for i in range(2)]
        self.convolutions = nn.ModuleList(nn.Conv2d(s[1], s[0], s[2:]) for s in convolutions)
        linear = lambda s: nn.Linear(s[1], s[0])
        self.hidden = linear(shape["encoder.hidden.weight"])
        self.embedding = linear(shape["encoder.embedding.weight"])
        # One object for grey images, a list of three for colour ones.
        channels = normalization if isinstance(normalization, list) else [normalization]
        self.mean, self.deviation = (
            torch.tensor([c[key] for c in channels], dtype=torch.float32)[:, None, None] for key in ("mean", "deviation")
        )
        of_encoder = {n.removeprefix("encoder."): t for n, t in weights.items() if n.startswith("encoder.")}
        self.load_state_dict(of_encoder)

    def forward(self, pixels):
        x = (pixels - self.mean) / self.deviation
        for convolution in self.convolutions:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        features = F.relu(self.hidden(x.flatten(1)))
        return features, self.embedding(features)


def scores(name, weights, embedding):
    """The head's scores, in double precision; None for a head that this script does not know."""
    x = embedding.double()
    w = {n.removeprefix("head."): t.double() for n, t in weights.items() if n.startswith("head.")}
    binary = lambda log_odds: torch.cat([F.logsigmoid(-log_odds), F.logsigmoid(log_odds)], 1)
    if "multi_dome.sigma" in w:
        distances = ((x[:, None] - w["reference_points"]) ** 2).sum(2)
        return -distances / w["multi_dome.sigma"] ** 2
    if "dome.sigma" in w:
        z = x @ w["projection.weight"].T
        mu, sigma = w["dome.mu"], w["dome.sigma"].abs()
        near, far = (z.abs() - mu.abs()) / sigma, (z.abs() + mu.abs()) / sigma
        above = torch.exp(-near**2) * -torch.expm1(-4 * (mu * z).abs() / sigma**2)
        below = torch.exp(-far**2) - torch.expm1(-near**2)
        return binary(torch.sign(mu * z) * torch.log1p(2 * above / below))
    if set(w) != {"linear.weight"}:
        return None
    z = x @ w["linear.weight"].T
    if name == "sigmoid":
        return binary(z)
    if name == "tanh":
        return binary(2 * z)
    return F.log_softmax(z, 1)


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
    export = json.loads((folder / "export.json").read_text())
    classes = np.load(folder / "classes.npy").astype(int)
    pixels = torch.from_numpy(np.load(folder / "images.npy")).float() / 255
    for head in export["heads"]:
        name, own = head["folder"], folder / head["folder"]
        print(name)
        arrays = {file.removesuffix(".npy"): np.load(own / file) for file in head["arrays"]}
        for file, shape in head["arrays"].items():
            assert list(arrays[file.removesuffix(".npy")].shape) == shape, file
        weights = load_file(own / "weights.safetensors")
        assert {n: list(t.shape) for n, t in weights.items()} == head["weights"], "shapes"
        with torch.no_grad():
            features, embedding = Encoder(weights, export["normalization"])(pixels)
            of_head = scores(name, weights, embedding)
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
    if failures:
        sys.exit(f"{failures} checks failed")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
