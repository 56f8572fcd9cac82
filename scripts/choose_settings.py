"""Chooses settings of heads on validation images of both sets.

Each candidate is trained on a part of the training images and measured on 5,000 others of them, never on test images.
The choice is the most compact of those whose accuracy, the mean over the sets, is at most a standard error below the
best. What is there already is not trained again. See `just choose-settings`.
"""

import argparse
import itertools
import json
import math
import subprocess
from pathlib import Path

SETS = ("mnist", "fashion-mnist")
VALIDATION_IMAGES = 5000

# All values of each setting with all of the others.
CANDIDATES = {
    "logit-norm": {"tau": (0.02, 0.04, 0.1, 0.2, 0.4)},
    "center-loss": {"lambda": (0.01, 0.03, 0.1, 0.3)},
    "ring-loss": {"lambda": (0.1, 0.3, 1.0, 3.0)},
    "crystal-loss": {"length": (2.0, 4.0, 8.0, 16.0)},
    "gaussian-mixture": {"lambda": (0.01, 0.1), "margin": (0.1, 0.3, 1.0)},
    "sphereface": {"margin": (2, 3, 4)},
    "normface": {"scale": (2.0, 3.0, 5.0, 10.0, 20.0)},
    "cosface": {"scale": (5.0, 10.0, 20.0), "margin": (0.1, 0.2, 0.35, 0.5)},
    "arcface": {"scale": (5.0, 10.0, 20.0), "margin": (0.1, 0.2, 0.3, 0.5)},
    "sphereface2": {"scale": (5.0, 10.0, 20.0), "margin": (0.0, 0.2, 0.4)},
    "mhe": {"lambda": (1.0, 3.0, 10.0)},
    "koleo": {"lambda": (0.01, 0.05, 0.2)},
    "etf": {"length": (5.0, 10.0, 20.0, 40.0)},
    "mmc": {"length": (1.0, 1.5, 2.0, 3.0, 5.0)},
    "duq": {"sigma": (0.2, 0.3, 0.5)},
    "cac": {"lambda": (0.03, 0.1, 0.3), "length": (1.5, 3.0, 5.0, 10.0)},
    "annealed-dome": {
        "loss": ("brier", "nll"),
        "cross-entropy": (0.0, 0.1, 0.5),
        "sigma-end": (0.25, 0.33, 0.5, 0.7, 1.0),
    },
}


def variants(name: str) -> list[dict]:
    grid = CANDIDATES[name]
    return [dict(zip(grid, values)) for values in itertools.product(*grid.values())]


def text(name: str, settings: dict) -> str:
    return f"{name}({','.join(f'{key}={value}' for key, value in settings.items())})"


def measured(name: str, data: str, options: argparse.Namespace) -> list[dict]:
    """For each variant the metrics on a set; those that no folder has are trained."""
    folders = options.runs / data
    folders.mkdir(parents=True, exist_ok=True)
    known = {}
    lists = sorted(folders.glob(f"{name}.*.json"))
    for settings in lists:
        run = json.loads((settings.with_suffix("") / "metrics.json").read_text())
        known |= zip(map(key, json.loads(settings.read_text())), run["heads"], strict=True)
    missing = [of for of in variants(name) if key(of) not in known]
    if missing:
        folder = folders / f"{name}.{len(lists)}"
        command = [options.program, "--heads", ",".join(text(name, of) for of in missing)]
        command += ["--data", data, "--evaluate-on", "validation", "--out", folder]
        command += ["--limit-train", options.limit_train, "--epochs", options.epochs]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        (folders / f"{name}.{len(lists)}.json").write_text(json.dumps(missing))
        return measured(name, data, options)
    return [known[key(of)] for of in variants(name)]


def key(settings: dict) -> str:
    return json.dumps(settings, sort_keys=True)


def row(settings: dict, of_sets: list[dict]) -> dict:
    accuracies = [metrics["test_accuracy"] or 0.0 for metrics in of_sets]
    compactness = [metrics["compactness_ratio"] or 0.0 for metrics in of_sets]
    return {
        "settings": settings,
        "accuracy": dict(zip(SETS, accuracies)),
        "compactness": dict(zip(SETS, compactness)),
        "mean_accuracy": sum(accuracies) / len(SETS),
    }


def choice(rows: list[dict]) -> dict:
    best = max(rows, key=lambda row: row["mean_accuracy"])
    variance = sum(p * (1 - p) / VALIDATION_IMAGES for p in best["accuracy"].values())
    error = math.sqrt(variance) / len(SETS)
    near = [row for row in rows if row["mean_accuracy"] >= best["mean_accuracy"] - error]
    return max(near, key=lambda row: math.prod(row["compactness"].values()))


def table(chosen: dict[str, list[dict]], options: argparse.Namespace) -> str:
    lines = [
        "# Settings of heads, chosen on validation images",
        "",
        f"Made by `just choose-settings`: seed 0, {options.limit_train:,} training images, {options.epochs} passes,"
        f" accuracy and",
        f"compactness on {VALIDATION_IMAGES:,} other training images of each set. The choice (bold) is the most compact of those",
        "whose mean accuracy is at most a standard error below the best of the head.",
        "",
        "| head | accuracy, %: " + " | accuracy, %: ".join(SETS) + " | compactness: " + " | compactness: ".join(SETS) + " |",
        "|---" * (1 + 2 * len(SETS)) + "|",
    ]
    for name, rows in chosen.items():
        best = choice(rows)
        for of in rows:
            mark = "**" if of is best else ""
            numbers = [f"{100 * value:.2f}" for value in of["accuracy"].values()]
            numbers += [f"{value:.1f}" for value in of["compactness"].values()]
            lines.append(f"| {mark}{text(name, of['settings'])}{mark} | {' | '.join(numbers)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, default=Path("target/debug/examples/mnist_digits"))
    parser.add_argument("--heads", default=",".join(CANDIDATES), help="comma-separated; default: all")
    parser.add_argument("--limit-train", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--runs", type=Path, default=Path("runs/settings"))
    parser.add_argument("--page", type=Path, default=Path("docs/study-settings.md"))
    options = parser.parse_args()
    chosen = {}
    for name in options.heads.split(","):
        if name not in CANDIDATES:
            parser.error(f"no candidates for the head {name}; there are {', '.join(CANDIDATES)}")
        of_sets = zip(*(measured(name, data, options) for data in SETS), strict=True)
        of_variants = zip(variants(name), of_sets, strict=True)
        chosen[name] = [row(settings, of_sets) for settings, of_sets in of_variants]
        print(text(name, choice(chosen[name])["settings"]), flush=True)
    options.page.write_text(table(chosen, options))


if __name__ == "__main__":
    main()
