"""Measures the Rust side and PyTorch in turn and writes docs/benchmarks.md.

Every round asks each side for each case of a group once, so that whatever else the machine does meets
all of them alike; the medians over the rounds are compared.
"""

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import cases
import report
from child import Child
from results import Results, key

ROOT = Path(__file__).resolve().parent.parent
BENCHES = ROOT / "crates" / "dome-burn" / "benches"
# Of a case that takes seconds.
LEAST_ROUNDS = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few sizes, short: a check, no result")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="flex", help="of the Rust side: flex, ndarray, wgpu")
    parser.add_argument(
        "--also", nargs="+", default=[], metavar="DEVICE", help="training steps on further devices"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.12, help="of a case in a round, at least")
    parser.add_argument("--budget", type=float, default=12, help="of a case in all rounds, in seconds")
    parser.add_argument("--target-dir", type=Path, default=ROOT / "target" / "benches")
    parser.add_argument("--out", type=Path, help="default docs/benchmarks.md")
    parser.add_argument("--report-only", action="store_true", help="from the last measurement")
    return parser.parse_args()


def build(target: Path, devices: list[str]) -> Path:
    """The program `peers`, with the devices' features."""
    names = sorted({device.split(":")[0] for device in devices} - {"flex"})
    features = ["--features", ",".join(names)] if names else []
    manifest = ["--manifest-path", str(BENCHES / "Cargo.toml"), "--target-dir", str(target)]
    subprocess.run(
        ["cargo", "build", "--release", "--bin", "peers", *manifest, *features], check=True
    )
    return target / "release" / "peers"


def facts() -> dict[str, str]:
    import torch

    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if "model name" in line), "?")
    lock = (BENCHES / "Cargo.lock").read_text().split('name = "burn"\nversion = "')[1]
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True)
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "burn": lock.split('"')[0],
        "rustc": rustc.stdout.split()[1],
        "PyTorch": torch.__version__.split("+")[0],
        "date": datetime.date.today().isoformat(),
        "load before the start": f"{os.getloadavg()[0]:.1f}",
    }


class Sides:
    """Starts the processes of both sides."""

    def __init__(self, program: Path, device: str, target: Path) -> None:
        self.program = program
        self.device = device
        self.environment = dict(os.environ)
        self.environment.setdefault("TORCHINDUCTOR_CACHE_DIR", str(target / "inductor"))

    def rust(self, threads: int, device: str | None = None) -> Child:
        environment = self.environment | {"RAYON_NUM_THREADS": str(threads)}
        return Child([str(self.program), device or self.device], environment)

    def pytorch(self, threads: int) -> Child:
        environment = self.environment | {"OMP_NUM_THREADS": str(threads)}
        script = str(ROOT / "benchmarks" / "pytorch_peer.py")
        return Child([sys.executable, script, str(threads)], environment)


def measure(results: Results, sides: Sides, options: argparse.Namespace) -> None:
    threads = options.threads
    with ExitStack() as stack:
        rust, single, pytorch = (
            stack.enter_context(child)
            for child in (sides.rust(threads), sides.rust(1), sides.pytorch(threads))
        )
        for group in cases.groups(options.quick):
            # Not alive beside the other groups: a GPU's process takes a tenth of a core even when it waits.
            with ExitStack() as further:
                also = {
                    device: further.enter_context(sides.rust(threads, device))
                    for device in (options.also if group.also else [])
                }
                results.devices |= {device: child.say("device") for device, child in also.items()}
                asked = [(rust, "rust", threads, name) for name in group.rust]
                asked += [(pytorch, "pytorch", threads, name) for name in group.pytorch]
                if threads > 1:
                    asked += [(single, "rust", 1, name) for name in group.scaling]
                for device, child in also.items():
                    asked += [(child, device, threads, name) for name in group.also]
                measure_group(results, group, asked, options)
                for child in (rust, single, pytorch, *also.values()):
                    child.ask("forget")


def measure_group(
    results: Results,
    group: cases.Group,
    asked: list[tuple[Child, str, int, str]],
    options: argparse.Namespace,
) -> None:
    """In rounds, in each of which every side is asked for each of its cases."""
    started = time.monotonic()
    for round_index in range(options.rounds):
        # Each first in its turn: nobody always follows the same neighbour.
        turn = round_index * len(asked) // options.rounds
        for child, side, count, name in asked[turn:] + asked[:turn]:
            case = key(side, count, group.kind, name, group.sizes)
            samples = results.seconds.setdefault(case, [])
            slow = bool(samples) and samples[0] * options.rounds > options.budget
            if len(samples) < (LEAST_ROUNDS if slow else options.rounds):
                words = case.split(maxsplit=2)[2]
                samples.append(child.ask(f"time {options.seconds} {words}"))
    took = time.monotonic() - started
    print(f"{group.kind} {group.sizes}: {took:.0f} s", file=sys.stderr, flush=True)


def measure_memory(results: Results, sides: Sides, options: argparse.Namespace) -> None:
    """Each training in processes of its own: ten steps and more, the median of their peaks.

    How often threads find a buffer to use again differs from one process to the next.
    """
    most = cases.ALSO if options.quick else cases.MEMORY
    asked = [("rust", sides.rust, most), ("pytorch", sides.pytorch, most)]
    asked += [(name, partial(sides.rust, device=name), cases.ALSO) for name in options.also]
    for side, start, trainings in asked:
        with start(options.threads) as child:
            results.memory[side] = child.ask("memory")
        for name, batch in trainings:
            peaks = []
            for _ in range(LEAST_ROUNDS):
                with start(options.threads) as child:
                    child.ask(f"time 1 training {name} {batch}")
                    peaks.append(child.ask("memory"))
            results.memory[f"{side} {name} {batch}"] = statistics.median(peaks)


def main() -> None:
    options = arguments()
    saved = ROOT / "runs" / "peers" / f"{options.device.replace(':', '-')}.json"
    if options.quick:
        options.rounds, options.seconds = 2, 0.02
        saved = saved.with_stem(saved.stem + "-quick")
    if not options.report_only:
        results = Results(facts() | {"device": options.device}, options.threads)
        program = build(options.target_dir, [options.device, *options.also])
        sides = Sides(program, options.device, options.target_dir)
        started = time.monotonic()
        measure(results, sides, options)
        measure_memory(results, sides, options)
        print(f"in all {time.monotonic() - started:.0f} s", file=sys.stderr)
        results.save(saved)
    is_result = options.device == "flex" and not options.quick
    out = options.out or (ROOT / "docs" / "benchmarks.md" if is_result else saved.with_suffix(".md"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report.markdown(Results.load(saved)))
    print(out)


if __name__ == "__main__":
    main()
