"""Compares the losses and gradients of heads with those of pytorch-metric-learning and pytorch-ood.

The heads come as JSON from `cargo test --workspace --test export_heads -- --ignored`, see `just check-heads`. Ours
are computed in 32 bits, theirs in 64, on the same numbers; they must agree to 1e-5 of the largest number of
each gradient, at least of 1.
"""

import argparse
import importlib.metadata
import json
import math
import sys
from pathlib import Path

import torch
from pytorch_metric_learning import losses
from pytorch_ood.loss import CACLoss, CenterLoss
from torch.nn import functional

LIMIT = 1e-5

Tensors = dict[str, torch.Tensor]


def tensor(matrix: dict) -> torch.Tensor:
    values = torch.tensor(matrix["values"], dtype=torch.float64)
    return values.reshape(matrix["shape"]).requires_grad_(matrix["gradient"] is not None)


def parse(text: str) -> tuple[str, dict[str, str]]:
    """Name and settings of a head, such as `cosface(scale=7,margin=0.2)`."""
    name, inside = text.removesuffix(")").split("(")
    return name, dict(setting.split("=") for setting in inside.split(","))


def metric_learning(loss: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, own: Tensors):
    """The loss of a module of pytorch-metric-learning with our weights in place of its own."""
    loss = loss.double()
    # Not a copy: the gradient is to reach ours.
    del loss.W
    loss.W = own["linear.weight"]
    return loss(x, y)


def cosine(name: str, settings: dict, x: torch.Tensor, y: torch.Tensor, own: Tensors):
    dim, classes = own["linear.weight"].shape
    if name == "normface":
        scale = own["scale"].item()
        loss = losses.NormalizedSoftmaxLoss(classes, dim, temperature=1 / scale)
    elif name == "cosface":
        margin, scale = float(settings["margin"]), float(settings["scale"])
        loss = losses.CosFaceLoss(classes, dim, margin=margin, scale=scale)
    elif name == "arcface":
        degrees, scale = math.degrees(float(settings["margin"])), float(settings["scale"])
        loss = losses.ArcFaceLoss(classes, dim, margin=degrees, scale=scale)
    else:
        assert float(settings["base"]) == 0, "pytorch-metric-learning does not anneal"
        loss = losses.SphereFaceLoss(classes, dim, margin=int(settings["margin"]), scale=1)
    return metric_learning(loss, x, y, own)


def center(settings: dict, x: torch.Tensor, y: torch.Tensor, own: Tensors):
    """Theirs is the mean over samples and classes; ours, beside cross-entropy, half the mean over samples."""
    classes, dim = own["centers"].shape
    loss = CenterLoss(n_classes=classes, n_dim=dim).double()
    loss.centers.params.data = own["centers"]
    distance = loss(loss.distance(x), y) * classes
    weight = float(settings["lambda"]) / 2
    return functional.cross_entropy(x @ own["linear.weight"], y) + weight * distance


def cac(settings: dict, x: torch.Tensor, y: torch.Tensor, anchors: torch.Tensor):
    """Theirs takes any distances: the paper's are not squared.

    pytorch-ood 0.4.0 leaves out the last class, whatever the target is, where the target is meant: it is asked about
    samples one by one, whose target and last class change places.
    """
    classes, _ = anchors.shape
    loss = CACLoss(n_classes=classes, alpha=float(settings["lambda"]))
    distances = torch.cdist(x, anchors, compute_mode="donot_use_mm_for_euclid_dist")
    each = []
    for row, target in zip(distances, y.tolist()):
        order = list(range(classes))
        order[target], order[-1] = order[-1], order[target]
        each.append(loss(row[order].unsqueeze(0), torch.tensor([classes - 1])))
    return torch.stack(each).mean()


def difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1)).item()


def compare(head: dict) -> float:
    """The largest difference of loss and gradients."""
    name, settings = parse(head["head"])
    x, y = tensor(head["embedding"]), torch.tensor(head["targets"])
    own = {matrix["name"].split(".", 1)[1]: tensor(matrix) for matrix in head["parameters"]}
    if name == "center-loss":
        loss = center(settings, x, y, own)
    elif name == "cac":
        points = torch.tensor(head["points"], dtype=torch.float64)
        loss = cac(settings, x, y, points.reshape(-1, x.shape[1]))
    else:
        loss = cosine(name, settings, x, y, own)
    loss.backward()
    worst = {"loss": difference(torch.tensor(head["loss"]), loss.detach())}
    compared = {"embedding": (head["embedding"], x)}
    for matrix in head["parameters"]:
        parameter = matrix["name"].split(".", 1)[1]
        # Theirs have no learned scale.
        if parameter != "scale" and matrix["gradient"] is not None:
            compared[parameter] = (matrix, own[parameter])
    for what, (matrix, reference) in compared.items():
        ours = torch.tensor(matrix["gradient"], dtype=torch.float64).reshape(matrix["shape"])
        worst[what] = difference(ours, reference.grad)
    listed = ", ".join(f"{what} {value:.1e}" for what, value in worst.items())
    print(f"{head['head']:36} {x.shape[1]:3}-d  loss {loss.item():10.6f}  differences: {listed}")
    return max(worst.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", type=Path)
    path = parser.parse_args().json
    for package in ("torch", "pytorch-metric-learning", "pytorch-ood"):
        print(package, importlib.metadata.version(package))
    worst = max(compare(head) for head in json.loads(path.read_text()))
    print(f"largest difference {worst:.1e}, allowed {LIMIT:.0e}")
    if not worst <= LIMIT:
        sys.exit("the heads differ from their counterparts")


if __name__ == "__main__":
    main()
