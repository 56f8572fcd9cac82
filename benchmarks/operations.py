"""DOME and PDOME as one writes them in PyTorch, and the peers from PyTorch itself."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Op = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def bell(distance: Tensor, sigma: Tensor) -> Tensor:
    return torch.exp(-((distance / sigma) ** 2))


def dome(x: Tensor, mu: Tensor, sigma: Tensor) -> Tensor:
    return (1 + bell(x - mu, sigma) - bell(x + mu, sigma)) / 2


def pdome(x: Tensor, mu: Tensor, sigma: Tensor, pi: Tensor) -> Tensor:
    return bell(x - mu, sigma) - pi * bell(x + mu, sigma)


def dome_binary_cross_entropy(x: Tensor, mu: Tensor, sigma: Tensor, targets: Tensor) -> Tensor:
    """For each element, from p and 1 - p without cancellation; underflow is not taken care of."""
    near, far = -(((x - mu) / sigma) ** 2), -(((x + mu) / sigma) ** 2)
    p = (torch.exp(near) - torch.expm1(far)) / 2
    q = (torch.exp(far) - torch.expm1(near)) / 2
    return -(targets * torch.log(p) + (1 - targets) * torch.log(q))


OPS: dict[str, Op] = {
    "pdome": lambda x, mu, sigma, pi, t: pdome(x, mu, sigma, pi),
    "dome": lambda x, mu, sigma, pi, t: dome(x, mu, sigma),
    "loss": lambda x, mu, sigma, pi, t: dome_binary_cross_entropy(x, mu, sigma, t),
    "tanh": lambda x, mu, sigma, pi, t: torch.tanh(x),
    "sigmoid": lambda x, mu, sigma, pi, t: torch.sigmoid(x),
    "bce-with-logits": lambda x, mu, sigma, pi, t: F.binary_cross_entropy_with_logits(
        x, t, reduction="none"
    ),
}

# Which of mu, sigma and pi an operation has gradients of.
PARAMETERS = {"pdome": 3, "dome": 2, "loss": 2}


class Inputs:
    """The same numbers as the Rust side's: within three sigmas of 0."""

    def __init__(self, count: int) -> None:
        period = torch.arange(min(count, 65_536), dtype=torch.float32)
        values = (period * 0.618034).frac() * 6 - 3
        repeats = -(-count // len(values))
        self.x = values.repeat(repeats)[:count].contiguous()
        self.parameters = [torch.tensor([value]) for value in (0.9, 0.8, 0.7)]
        self.targets = torch.tensor([0.0, 1.0]).repeat(-(-count // 2))[:count].contiguous()


def compiled(function: Callable) -> Callable:
    return torch.compile(function, fullgraph=True, dynamic=False)


def forward(name: str, op: Op, inputs: Inputs) -> Callable[[], object]:
    def call() -> Tensor:
        with torch.no_grad():
            return op(inputs.x, *inputs.parameters, inputs.targets)

    return call


def backward(name: str, op: Op, inputs: Inputs) -> Callable[[], object]:
    """Forward, and backward from ones to the input and all parameters."""
    x = inputs.x.detach().requires_grad_()
    parameters = [p.clone().requires_grad_() for p in inputs.parameters]
    tracked = [x, *parameters[: PARAMETERS.get(name, 0)]]

    def call() -> object:
        y = op(x, *parameters, inputs.targets)
        return torch.autograd.grad(y, tracked, torch.ones_like(y))

    return call


def copy(count: int) -> Callable[[], object]:
    x, out = torch.ones(count), torch.zeros(count)
    return lambda: out.copy_(x)
