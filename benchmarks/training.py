"""Training steps of the networks of mnist-experiments: forward, loss, backward, Adam."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from losses import MultiDome, brier
from operations import dome_binary_cross_entropy, pdome

MEAN, DEVIATION = 0.1307, 0.3081


class Encoder(nn.Module):
    def __init__(self, embedding_dim: int, channels: tuple[int, int] = (8, 16)) -> None:
        super().__init__()
        first, second = channels
        self.layers = nn.Sequential(
            *(nn.Conv2d(1, first, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(first, second, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(second * 16, 128), nn.ReLU()),
            nn.Linear(128, embedding_dim),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers((images - MEAN) / DEVIATION)


class DomeHead(nn.Module):
    def __init__(self, embedding_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(embedding_dim, 1, bias=False)
        self.mu = nn.Parameter(torch.ones(1))
        self.sigma = nn.Parameter(torch.ones(1))

    def forward(self, embedding: Tensor, targets: Tensor) -> Tensor:
        logits = self.linear(embedding).squeeze(1)
        return dome_binary_cross_entropy(logits, self.mu, self.sigma, targets.float()).mean()


class SigmoidHead(nn.Module):
    def __init__(self, embedding_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(embedding_dim, 1, bias=False)

    def forward(self, embedding: Tensor, targets: Tensor) -> Tensor:
        logits = self.linear(embedding).squeeze(1)
        return F.binary_cross_entropy_with_logits(logits, targets.float())


class MultiDomeHead(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.multi_dome = MultiDome(classes)

    def forward(self, embedding: Tensor, targets: Tensor) -> Tensor:
        return brier(self.multi_dome(embedding), targets)


class SoftmaxHead(nn.Module):
    def __init__(self, embedding_dim: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(embedding_dim, classes, bias=False)

    def forward(self, embedding: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(self.linear(embedding), targets)


class PDome(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mu = nn.Parameter(torch.tensor([2.5]))
        self.sigma = nn.Parameter(torch.tensor([2.04]))
        self.pi = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return pdome(x, self.mu, self.sigma, self.pi)


class Layers(nn.Module):
    """Two convolutions and a hidden layer with an activation behind each."""

    def __init__(self, activation: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(1, 16, 5, stride=2), activation()),
            *(nn.Conv2d(16, 32, 5, stride=2), activation()),
            *(nn.Flatten(), nn.Linear(32 * 16, 64), activation()),
            nn.Linear(64, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers((images - MEAN) / DEVIATION)


class CrossEntropy(nn.Module):
    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(logits, targets)


# Network, loss, number of classes.
NETWORKS: dict[str, Callable[[], tuple[nn.Module, nn.Module, int]]] = {
    "mnist-binary": lambda: (Encoder(2), DomeHead(2), 2),
    "mnist-binary-sigmoid": lambda: (Encoder(2), SigmoidHead(2), 2),
    "mnist-digits": lambda: (Encoder(9), MultiDomeHead(10), 10),
    "mnist-digits-softmax": lambda: (Encoder(9), SoftmaxHead(9, 10), 10),
    "reference": lambda: (Encoder(2, (16, 32)), DomeHead(2), 2),
    "layers-tanh": lambda: (Layers(nn.Tanh), CrossEntropy(), 10),
    "layers-pdome": lambda: (Layers(PDome), CrossEntropy(), 10),
}


def case(
    name: str, batch: int, compiler: Callable[[Callable], Callable] | None
) -> Callable[[], object]:
    """One step a call, with the same batch each time; compiled, with Adam's fused kernel too."""
    torch.manual_seed(0)
    network, head, classes = NETWORKS[name]()
    parameters = [*network.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=compiler is not None)
    images = torch.rand(batch, 1, 28, 28)
    targets = torch.arange(batch) % classes

    def loss() -> Tensor:
        return head(network(images), targets)

    loss = compiler(loss) if compiler else loss

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step
