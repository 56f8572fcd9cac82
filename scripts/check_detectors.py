#!/usr/bin/env python3
"""Checks detectors of outliers in an export (`mnist-experiments export RUN --outliers`) against pytorch-ood, and AUROC,
FPR95 and AUPR against scikit-learn; see `just check-detectors`.

Detectors agree to 1e-4 (of numbers above 1: of their size), measures to 1e-6. What pytorch-ood does in another way:

- Scales and offsets that change no order: Mahalanobis has half the distance under the scatter, the covariance times the
  number of images (RMD the whole of it), GEN is the mean over the classes, MSP and ODIN are -p where ours is 1 - p.
- GEN cuts probabilities off at 1e-7, whose share of the sum, 0.2, is not small. The paper's program does not: images with
  smaller ones are compared with the formula in numpy.
- ViM in single precision mixes the 64th and the 65th axis, if their variances are close, by up to 1 %: theirs is made to
  compute in doubles, as ours does.
- ViM's origin is -W^+ b of a last linear layer. Ours is the mean of the features, for all heads: theirs is given that, and
  the scores of heads that are not linear in the features are compared with the formula in numpy, as are detectors that
  pytorch-ood has not.
- KNN looks at all training images, ours at 10,000 at most: compared are runs with no more.
"""

import contextlib
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from pytorch_ood import detector as theirs
from sklearn import metrics
from torch import nn

from twin import Checks, Export

TOLERANCE = 1e-4
MOST_NEIGHBOURS = 10_000
# Images of a set whose ODIN, which takes gradients, is compared.
FEW = 1000
LINEAR = ("softmax", "logit-norm", "center-loss")


class Outputs:
    """What a model makes of a set of images: the test images, if it has no name."""

    def __init__(self, export, head, prefix="", images=None):
        own = f"{head['folder']}/{prefix}"
        arrays = ("features", "embeddings", "scores", "probabilities")
        for name in arrays:
            array = torch.from_numpy(export.load(f"{own}{name}.npy"))
            setattr(self, name, array.double())
        self.images = images


def log_softmax(scores):
    return torch.log_softmax(scores, 1)


def gen(o):
    """Theirs; where they cut probabilities off, the formula."""
    log_p = log_softmax(o.scores)
    formula = (log_p.exp() * -torch.expm1(log_p)).pow(0.1).sum(1)
    p = log_p.exp()
    inside = ((p >= 1e-7) & (p <= 1 - 1e-7)).all(1)
    there = theirs.GEN(None).predict_logits(o.scores) * o.scores.shape[1]
    return torch.where(inside, there, formula)


@contextlib.contextmanager
def in_doubles():
    """In here what asks for single precision gets double."""
    single = torch.Tensor.float
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.Tensor.float = single


def vim(weights, training, is_linear):
    w, b = (weights[f"encoder.embedding.{name}"].double() for name in ("weight", "bias"))
    mean = training.features.mean(0)
    if is_linear:
        head = weights["head.linear.weight"].double()
        with in_doubles():
            detector = theirs.ViM(None, 64, head @ w, head @ b)
            detector.u = mean
            detector.fit_features(training.features, torch.zeros(len(training.features)))

        def values(o):
            with in_doubles():
                return detector.predict_features(o.features)

        return values
    centred = training.features - mean
    _, axes = torch.linalg.eigh(centred.T @ centred / len(centred))
    rest = axes[:, : axes.shape[0] - 64]
    residual = lambda o: ((o.features - mean) @ rest).norm(dim=1)
    factor = training.scores.max(1).values.mean().abs() / residual(training).mean()
    return lambda o: factor * residual(o) - torch.logsumexp(o.scores, 1)


def odin(twin, normalization):
    channels = normalization if isinstance(normalization, list) else [normalization]
    step = 0.0014 * np.mean([c["deviation"] for c in channels])
    detector = theirs.ODIN(twin, eps=step)

    def values(o):
        return detector.predict(o.images[:FEW]) + 1

    return values


def fitted(export, head, training):
    """For each of our detectors by its name another program's values of outputs, if there are any."""
    name, weights = head["folder"], export.weights(head)
    classes = torch.from_numpy(export.load("train_classes.npy").astype(np.int64))
    count, embeddings = len(classes), training.embeddings
    is_linear = name.startswith(LINEAR)
    means = torch.stack([embeddings[classes == c].mean(0) for c in classes.unique()])
    mahalanobis = theirs.Mahalanobis(None).fit_features(embeddings, classes)
    rmd = theirs.RMD(None).fit_features(embeddings, classes)
    of = {
        "msp": lambda o: theirs.MaxSoftmax(None).predict_logits(o.scores) + 1,
        "own-probability": lambda o: 1 - o.probabilities.max(1).values,
        "max-score": lambda o: theirs.MaxLogit(None).predict_logits(o.scores),
        "energy": lambda o: theirs.EnergyBased(None).predict_logits(o.scores),
        "entropy": lambda o: theirs.Entropy(None).predict_logits(o.scores),
        "gen": gen,
        "nearest-centroid": lambda o: torch.cdist(o.embeddings, means).min(1).values,
        "mahalanobis": lambda o: 2 * count * mahalanobis.predict_features(o.embeddings),
        "relative-mahalanobis": lambda o: count * rmd.predict_features(o.embeddings),
        "vim": vim(weights, training, is_linear),
    }
    if count <= MOST_NEIGHBOURS:
        for detector, layer, normalize in (
            ("knn", "embeddings", False),
            ("knn-normalised", "embeddings", True),
            ("knn-hidden", "features", True),
        ):
            knn = theirs.KNN(None, k=50, normalize=normalize).fit_features(getattr(training, layer), classes)
            of[detector] = lambda o, knn=knn, layer=layer: knn.predict_features(getattr(o, layer))
    twin = export.twin(head)
    if twin(torch.zeros(1, *export.pixels().shape[1:])) is not None:
        of["odin"] = odin(twin, export.manifest["normalization"])
    if is_linear:
        weight = weights["head.linear.weight"]
        last = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=torch.float32)
        last.weight.data = weight
        fdbd = theirs.fDBD(None, last).fit_features(embeddings)
        nci = theirs.NCI(None, last, alpha=1e-4).fit_features(embeddings)
        of["fdbd"] = lambda o: fdbd.predict_features(o.embeddings)
        of["nci"] = lambda o: nci.predict_features(o.embeddings)
    return of


def detection(inliers, outliers):
    """By scikit-learn, outliers being the positive class."""
    values = np.concatenate([inliers, outliers])
    positive = np.arange(len(values)) >= len(inliers)
    false, true, _ = metrics.roc_curve(positive, values, drop_intermediate=False)
    area = lambda positive, values: metrics.auc(*reversed(metrics.precision_recall_curve(positive, values)[:2]))
    return {
        "auroc": metrics.roc_auc_score(positive, values),
        "fpr95": false[np.argmax(true >= 0.95)],
        "aupr_in": area(~positive, -values),
        "aupr_out": area(positive, values),
    }


def main(folder):
    warnings.simplefilter("ignore")
    # Some of theirs keep what they fit in the default precision.
    torch.set_default_dtype(torch.float64)
    export, checks = Export(folder), Checks()
    names = sorted(path.stem for path in (folder / "outliers").glob("*.npy"))
    for head in export.manifest["heads"]:
        if "detections" not in head:
            sys.exit(f"{folder} has no outliers: export with --outliers")
        print(head["folder"])
        sets = {"test": Outputs(export, head, images=export.pixels())}
        for name in names:
            images = export.pixels(f"outliers/{name}.npy")
            sets[name] = Outputs(export, head, f"outliers/{name}/", images)
        others = fitted(export, head, Outputs(export, head, "train_"))
        for detector, of_sets in head["detections"].items():
            load = lambda name: export.load(f"{head['folder']}/detectors/{detector}/{name}.npy")
            ours = {name: load(name) for name in sets}
            measures = {name: detection(ours["test"], ours[name]) for name in names}
            flat = lambda of: [of[name][key] for name in names for key in ("auroc", "fpr95", "aupr_in", "aupr_out")]
            checks.check(f"{detector}: measures", flat(of_sets), flat(measures), 1e-6)
            if detector not in others:
                print(f"       {detector}: nothing to compare its values with")
                continue
            for name, outputs in sets.items():
                values = others[detector](outputs).detach().double().numpy()
                checks.check(f"{detector}: {name}", ours[name][: len(values)], values, TOLERANCE)
    checks.exit()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
