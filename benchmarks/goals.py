"""What the library is held to, beside what was measured."""

from dataclasses import dataclass

from results import Results


@dataclass(frozen=True)
class Goal:
    """The time of `ours` divided by that of `other` is to be at most `limit`; of the kind `memory`, the peak."""

    what: str
    kind: str
    ours: str
    side: str
    other: str
    sizes: tuple[int, ...]
    limit: float


def pdome(size: int, side: str, other: str, peer: str, limit: float) -> Goal:
    what = f"PDOME, forward + backward, {size:,} elements, against {peer}"
    return Goal(what, "backward", "pdome", side, other, (size,), limit)


def training(name: str, batch: int) -> Goal:
    what = f"training step of {name}, batch {batch}, against PyTorch"
    return Goal(what, "training", name, "pytorch", name, (batch,), 1)


def many_classes(name: str, side: str, peer: str, limit: float) -> Goal:
    what = f"{name}, 100,000 classes, against {peer}"
    return Goal(what, "loss", name, side, "cross-entropy", (100_000, 64), limit)


GOALS = (
    pdome(10_000, "rust", "pdome-composed", "composed", 1),
    pdome(10_000, "pytorch", "pdome", "PyTorch", 1),
    *(
        goal
        for size in (1_000_000, 10_000_000)
        for goal in (
            pdome(size, "pytorch", "pdome-compiled", "torch.compile", 1),
            pdome(size, "pytorch", "tanh", "torch.tanh", 1.5),
            pdome(size, "rust", "pdome-composed", "composed", 0.1),
        )
    ),
    Goal(
        "PDOME, forward, 10,000,000 elements, against torch.tanh",
        *("forward", "pdome", "pytorch", "tanh", (10_000_000,), 1.3),
    ),
    *(
        goal
        for name in ("multi-dome-nll", "multi-dome-brier")
        for goal in (
            many_classes(name, "rust", "Burn's cross-entropy", 1.2),
            many_classes(name, "pytorch", "F.cross_entropy", 1),
        )
    ),
    training("mnist-binary", 64),
    training("mnist-digits", 64),
    training("reference", 128),
    Goal(
        "peak memory of training with PDOME layers, against tanh layers",
        *("memory", "layers-pdome", "rust", "layers-tanh", (1024,), 1.05),
    ),
)


def measured(results: Results, goal: Goal) -> float | None:
    both = (("rust", goal.ours), (goal.side, goal.other))
    if goal.kind == "memory":
        numbers = [results.peak(side, name, *goal.sizes) for side, name in both]
    else:
        numbers = [results.median(side, goal.kind, name, *goal.sizes) for side, name in both]
    ours, other = numbers
    return ours / other if ours and other else None


def table(results: Results) -> str:
    lines = ["| ours / the other's | goal, at most | measured | |", "|---|---|---|---|"]
    for goal in GOALS:
        ratio = measured(results, goal)
        if ratio is not None:
            verdict = "met" if ratio <= goal.limit else "missed"
            lines.append(f"| {goal.what} | {goal.limit:g} | {ratio:.2f} | {verdict} |")
    return "\n".join(lines) + "\n"
