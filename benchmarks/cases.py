"""What is measured: groups of cases, which are measured in turn."""

from dataclasses import dataclass, field

OPS = ("pdome", "dome", "loss")
LOSSES = ("multi-dome-nll", "multi-dome-brier")
SIZES = (10_000, 1_000_000, 10_000_000, 100_000_000)
# Classes and batch.
BATCHES = ((10, 64), (10, 8192), (1000, 64), (1000, 512), (100_000, 64))
TRAININGS = (
    ("mnist-binary", 64),
    ("mnist-binary", 128),
    ("mnist-binary-sigmoid", 64),
    ("mnist-digits", 64),
    ("mnist-digits", 128),
    ("mnist-digits-softmax", 64),
    ("reference", 128),
)
# Also on Burn's other devices.
ALSO = (("mnist-binary", 64), ("mnist-digits", 64))
# Of the training step `mnist-binary` with this batch, but the smaller of its hidden layers; and the batch
# itself, which is not in that step.
LAYERS = ("batch", "conv-block-1", "conv-block-2", "linear", "dome-head")
LAYER_BATCH = 64
MEMORY = (
    *ALSO,
    ("reference", 128),
    ("layers-tanh", 1024),
    ("layers-pdome", 1024),
)
# The composed operations keep some twenty tensors of the input's size.
LARGEST_COMPOSED = 10_000_000


@dataclass(frozen=True)
class Group:
    """Cases of one kind and size, and by side the names of those that it runs."""

    kind: str
    sizes: tuple[int, ...]
    rust: tuple[str, ...]
    pytorch: tuple[str, ...]
    # Also measured with one thread, on the Rust side.
    scaling: tuple[str, ...] = field(default=())
    # Also measured on other devices.
    also: tuple[str, ...] = field(default=())


def with_suffix(names: tuple[str, ...], suffix: str) -> tuple[str, ...]:
    return tuple(name + suffix for name in names)


def elementwise(kind: str, size: int) -> Group:
    if size > LARGEST_COMPOSED:
        fused = ("pdome", "dome")
        pytorch = ("pdome", *with_suffix(fused, "-compiled"), "tanh")
        return Group(kind, (size,), (*fused, "tanh"), pytorch, fused)
    return Group(
        kind,
        (size,),
        (*OPS, *with_suffix(OPS, "-composed"), "tanh", "sigmoid"),
        (*OPS, *with_suffix(OPS, "-compiled"), "tanh", "sigmoid", "bce-with-logits"),
        OPS,
    )


def groups(quick: bool) -> list[Group]:
    sizes = SIZES[:2] if quick else SIZES
    batches = BATCHES[:1] if quick else BATCHES
    trainings = ALSO if quick else TRAININGS
    result = [Group("copy", (size,), ("-",), ("-",)) for size in sizes[1:]]
    for size in sizes:
        result += [elementwise(kind, size) for kind in ("forward", "backward")]
    for batch in batches:
        rust = (*LOSSES, *with_suffix(LOSSES, "-composed"), "cross-entropy")
        pytorch = (*LOSSES, *with_suffix(LOSSES, "-compiled"), "cross-entropy")
        result.append(Group("loss", batch, rust, pytorch, LOSSES))
    result.append(Group("layer", (LAYER_BATCH,), LAYERS, LAYERS))
    for name, batch in trainings:
        pytorch = (name, f"{name}-compiled")
        also = (name,) if (name, batch) in ALSO else ()
        result.append(Group("training", (batch,), (name,), pytorch, (name,), also))
    return result
