"""A PyTorch module of an exported model: the scripts beside this file compare ours with it."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


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
        mean, deviation = ([c[key] for c in channels] for key in ("mean", "deviation"))
        # Not a part of the weights.
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32)[:, None, None], False)
        self.register_buffer("deviation", torch.tensor(deviation, dtype=torch.float32)[:, None, None], False)
        of_encoder = {n.removeprefix("encoder."): t for n, t in weights.items() if n.startswith("encoder.")}
        self.load_state_dict(of_encoder)

    def forward(self, pixels):
        x = (pixels - self.mean) / self.deviation
        for convolution in self.convolutions:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        features = F.relu(self.hidden(x.flatten(1)))
        return features, self.embedding(features)


def head_scores(name, weights, x):
    """The head's scores of embeddings; None for a head that is not known here."""
    own = {n.removeprefix("head."): t.to(x.dtype) for n, t in weights.items() if n.startswith("head.")}
    # The head of MultiDOME with a falling sigma has one of MultiDOME inside.
    w = {n.removeprefix("head."): t for n, t in own.items() if n != "start"}
    binary = lambda log_odds: torch.cat([F.logsigmoid(-log_odds), F.logsigmoid(log_odds)], 1)
    distances = lambda: ((x[:, None] - w["reference_points"]) ** 2).sum(2)
    if "multi_dome.sigma" in w:
        return -distances() / w["multi_dome.sigma"] ** 2
    if "dome.sigma" in w:
        z = x @ w["projection.weight"].T
        mu, sigma = w["dome.mu"], w["dome.sigma"].abs()
        near, far = (z.abs() - mu.abs()) / sigma, (z.abs() + mu.abs()) / sigma
        above = torch.exp(-near**2) * -torch.expm1(-4 * (mu * z).abs() / sigma**2)
        below = torch.exp(-far**2) - torch.expm1(-near**2)
        return binary(torch.sign(mu * z) * torch.log1p(2 * above / below))
    if set(w) == {"reference_points"}:
        return -0.5 * distances() if name.startswith("mmc") else None
    if set(w) == {"linear.weight", "scale"} and name.startswith(("normface", "cosface", "arcface")):
        return w["scale"] * F.linear(F.normalize(x), F.normalize(w["linear.weight"]))
    if set(w) - {"centers"} != {"linear.weight"}:
        return None
    z = x @ w["linear.weight"].T
    if name == "sigmoid":
        return binary(z)
    if name == "tanh":
        return binary(2 * z)
    return z if name.startswith(("softmax", "logit-norm", "center-loss")) else None


class Twin(nn.Module):
    """From pixels in [0, 1] to scores."""

    def __init__(self, name, weights, normalization):
        super().__init__()
        self.name, self.weights = name, weights
        self.encoder = Encoder(weights, normalization)

    def forward(self, pixels):
        return head_scores(self.name, self.weights, self.encoder(pixels)[1])


class Export:
    """The folder of an export."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = json.loads((folder / "export.json").read_text())
        self.classes = self.load("classes.npy").astype(int)

    def load(self, name):
        return np.load(self.folder / name)

    def pixels(self, name="images.npy"):
        return torch.from_numpy(self.load(name)).to(torch.get_default_dtype()) / 255

    def weights(self, head):
        return load_file(self.folder / head["folder"] / "weights.safetensors")

    def twin(self, head):
        return Twin(head["folder"], self.weights(head), self.manifest["normalization"]).eval()


class Checks:
    """Comparisons, of which some may fail."""

    def __init__(self):
        self.failures = 0

    def check(self, what, ours, theirs, tolerance):
        """Compares numbers; those of more than 1 by their size."""
        ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        off = np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs)))
        self.report(bool(off <= tolerance), what, f"off by {off:.1e}")

    def report(self, good, what, how):
        self.failures += not good
        print(f"  {'ok  ' if good else 'FAIL'} {what:44} {how}")

    def exit(self):
        if self.failures:
            raise SystemExit(f"{self.failures} checks failed")
