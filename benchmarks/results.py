"""What was measured, and where: one JSON file."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Results:
    """`seconds` has the samples of each case, by "side threads kind name sizes"."""

    facts: dict[str, str] = field(default_factory=dict)
    threads: int = 1
    seconds: dict[str, list[float]] = field(default_factory=dict)
    # What further devices call themselves; they are sides too, with a training or two.
    devices: dict[str, str] = field(default_factory=dict)
    # KiB, by "side name batch"; "side" alone is that of a process that has done nothing.
    memory: dict[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Results":
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def median(
        self, side: str, kind: str, name: str, *sizes: int, threads: int | None = None
    ) -> float | None:
        """Seconds of a call, with all threads unless told."""
        samples = self.seconds.get(key(side, threads or self.threads, kind, name, sizes))
        return statistics.median(samples) if samples else None

    def peak(self, side: str, name: str, batch: int) -> float | None:
        """KiB of a process that trains."""
        return self.memory.get(f"{side} {name} {batch}")


def key(side: str, threads: int, kind: str, name: str, sizes: tuple[int, ...]) -> str:
    return " ".join(map(str, (side, threads, kind, name, *sizes)))
