"""The layers of the network `mnist-binary` one by one, at the sizes of its training step, and its batch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from training import DomeHead

# Layer, shape of its input but the batch, and whether the input has a gradient.
LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], bool]] = {
    "conv-block-1": (lambda: conv_block(1, 8), (1, 28, 28), False),
    "conv-block-2": (lambda: conv_block(8, 16), (8, 12, 12), True),
    "linear": (lambda: nn.Linear(256, 128), (256,), True),
    "dome-head": (lambda: DomeHead(2), (2,), True),
}


def conv_block(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 5), nn.ReLU(), nn.MaxPool2d(2))


def case(name: str, batch: int) -> Callable[[], object]:
    """Forward, and backward to the input and the weights."""
    if name == "batch":
        return gather(batch)
    torch.manual_seed(0)
    make, shape, tracked = LAYERS[name]
    layer = make()
    x = (torch.rand(batch, *shape) * 2 - 1).requires_grad_(tracked)
    leaves = [*([x] if tracked else []), *layer.parameters()]
    targets = torch.arange(batch) % 2

    def forward() -> Tensor:
        return layer(x, targets) if isinstance(layer, DomeHead) else layer(x)

    def call() -> object:
        y = forward()
        return torch.autograd.grad(y, leaves, torch.ones_like(y))

    return call


def gather(batch: int) -> Callable[[], object]:
    """Batches one after the other, of images in an order like that of a shuffled epoch."""
    count, start = 60_000, 0
    images = (torch.arange(count * 28 * 28) * 31 % 256).to(torch.uint8).reshape(count, 1, 28, 28)
    labels = torch.arange(count) % 10
    order = torch.arange(count) * 7919 % count

    def call() -> object:
        nonlocal start
        indices = order[start : start + batch]
        start = (start + batch) % (count - batch)
        return images[indices].float() / 255, labels[indices]

    return call
