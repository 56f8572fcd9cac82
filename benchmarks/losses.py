"""MultiDome's losses in PyTorch, in O(n): running sums in the place of a matrix of vertices."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FLOOR = 1e-3


class MultiDome(nn.Module):
    """The logarithms of the bumps at the vertices of a simplex, [batch, classes]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        k = torch.arange(1, classes, dtype=torch.float64)
        weights = (classes / (classes - 1)) ** 0.5 / (k * (k + 1)).sqrt()
        self.register_buffer("weights", weights.float())
        self.register_buffer("indices", k.float())
        self.mu = nn.Parameter(torch.ones(1))
        self.sigma = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        weighted = x * self.weights
        after = weighted.flip(1).cumsum(1).flip(1)
        products = F.pad(after, (0, 1)) - F.pad(weighted * self.indices, (1, 0))
        squares = x.square().sum(1, keepdim=True)
        return (2 * self.mu * products - squares - self.mu**2) / self.sigma**2


def at(values: Tensor, targets: Tensor) -> Tensor:
    return values.gather(1, targets[:, None]).squeeze(1)


def brier(kappa: Tensor, targets: Tensor) -> Tensor:
    """sum (D_i - [i = y])^2"""
    a = torch.exp(kappa)
    d = a + (1 - a.sum(1, keepdim=True)) / kappa.shape[1]
    return (d.square().sum(1) - 2 * at(d, targets) + 1).mean()


def nll(kappa: Tensor, targets: Tensor) -> Tensor:
    """-ln((1 - floor) P_y + floor softmax(kappa)_y)"""
    n = kappa.shape[1]
    a = torch.exp(kappa)
    total, smallest, own = a.sum(1), a.amin(1), at(a, targets)
    spread = total - n * smallest
    outside = spread > 1
    shifted = (own - smallest) / torch.where(outside, spread, 1.0)
    p = torch.where(outside, shifted, own + (1 - total) / n)
    softmax = torch.exp(at(kappa, targets) - torch.logsumexp(kappa, 1))
    return -torch.log((1 - FLOOR) * p + FLOOR * softmax).mean()


SCORES = {"multi-dome-nll": nll, "multi-dome-brier": brier}


def case(
    name: str, classes: int, batch: int, compiler: Callable[[Callable], Callable]
) -> Callable[[], object]:
    """Forward, and backward to the input and, of MultiDome, to mu and sigma."""
    torch.manual_seed(0)
    width = classes if name == "cross-entropy" else classes - 1
    x = (torch.randn(batch, width) / classes**0.5).requires_grad_()
    targets = torch.arange(batch) % classes
    tracked = [x]
    if name == "cross-entropy":
        loss = compiler(lambda x: F.cross_entropy(x, targets))
    else:
        multi_dome, score = MultiDome(classes), SCORES[name]
        tracked += multi_dome.parameters()
        loss = compiler(lambda x: score(multi_dome(x), targets))
    return lambda: torch.autograd.grad(loss(x), tracked)
