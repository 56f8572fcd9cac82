#!/usr/bin/env python3
"""Kills runs at random moments, fills their disk, and goes on with them: each has to end with the same files, but for
times, as a run that was never stopped.

    cargo build --workspace --bins
    python3 scripts/kill_runs.py --kills 100 --full 20

A full disk is a tmpfs that is too small, which only root can mount.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

TRAIN = (
    "train digits --heads softmax,multi-dome-brier,duq --epochs 2 --keep-epochs --checkpoint-steps 4 -q"
).split()

# Of the small set; set in main.
DATA = []


def write_set(folder):
    """Patches at places of their own, on noise."""
    folder.mkdir()
    noise = random.Random(1)
    for part, count in (("train", 3200), ("t10k", 200)):
        pixels = bytearray()
        labels = bytes(image * 7 % 10 for image in range(count))
        for label in labels:
            image = bytearray(noise.randrange(100) for _ in range(256))
            for row in range(3 * (label // 4), 3 * (label // 4) + 4):
                image[16 * row + 4 * (label % 4) : 16 * row + 4 * (label % 4) + 4] = b"\xf0" * 4
            pixels += image
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, count, 16, 16) + pixels)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + labels)


def command(program, out, resume):
    return [program, *TRAIN, *DATA, "--out", str(out), *(["--resume"] if resume else [])]


def without_times(path):
    """The bytes of a file; of times, which are a run's own, nothing."""
    data = path.read_bytes()
    if path.name == "metrics.json":
        metrics = json.loads(data)
        for head in metrics["heads"]:
            head["train_seconds"] = head["train_images_per_second"] = None
        return json.dumps(metrics).encode()
    if path.name == "epochs.csv":
        return b"\n".join(line.rsplit(b",", 2)[0] for line in data.splitlines())
    return data


def files(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): without_times(path) for path in paths}


def check(out, wanted, what):
    found = files(out)
    differ = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    if differ:
        sys.exit(f"{what}: {', '.join(differ)} differ from those of a run that was never stopped")


def killed(program, folder, wanted, seconds, count, generator):
    """So many kills, of as many runs as it takes."""
    kills = runs = broken = 0
    while kills < count:
        out = folder / "run"
        resume = False
        while True:
            process = subprocess.Popen(command(program, out, resume), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                # Longer than it takes now and then, so that some end.
                _, said = process.communicate(timeout=generator.uniform(0.0, 1.2 * seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                _, said = process.communicate()
                kills += 1
            broken += said.count(b"is broken")
            if process.returncode == 0:
                break
            if process.returncode != -9:
                sys.exit(f"exit code {process.returncode}: {said.decode()}")
            resume = True
        check(out, wanted, f"run {runs}")
        runs += 1
        shutil.rmtree(out)
    left = [path.name for path in folder.iterdir() if path.name != "set"]
    print(f"{kills} kills in {runs} runs, {broken} broken checkpoints noticed: all ended with the same files; left: {left}")


def filled(program, folder, wanted, count, generator):
    """So many runs on a disk that becomes full, and then has room again."""
    size = sum(len(data) for data in wanted.values())
    full = 0
    while full < count:
        disk = folder / "disk"
        disk.mkdir()
        room = generator.uniform(0.02, 1.0) * size
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(room / 4096 + 2) * 4096}", "tmpfs", disk], check=True)
        try:
            out = disk / "run"
            first = subprocess.run(command(program, out, False), capture_output=True)
            if first.returncode != 0:
                full += 1
                if b"No space left" not in first.stderr:
                    sys.exit(f"exit code {first.returncode}: {first.stderr.decode()}")
            subprocess.run(["mount", "-o", f"remount,size={16 * size}", disk], check=True)
            if first.returncode != 0:
                again = subprocess.run(command(program, out, True), capture_output=True)
                if again.returncode != 0:
                    sys.exit(f"exit code {again.returncode}: {again.stderr.decode()}")
            check(out, wanted, f"disk of {int(room)} bytes")
        finally:
            subprocess.run(["umount", disk], check=True)
            disk.rmdir()
    print(f"{full} runs on a full disk: all ended with the same files")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    parser.add_argument("--program", default=f"{target}/debug/mnist-experiments")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--full", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    program = str(pathlib.Path(args.program).resolve())
    generator = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data = pathlib.Path(folder) / "set"
        write_set(data)
        DATA[:] = ["--data", str(data)]
        whole = folder / "whole"
        start = time.monotonic()
        subprocess.run(command(program, whole, False), check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        wanted = files(whole)
        shutil.rmtree(whole)
        print(f"a run takes {seconds:.1f} s and leaves {len(wanted)} files")
        killed(program, folder, wanted, seconds, args.kills, generator)
        if args.full and os.geteuid() == 0:
            filled(program, folder, wanted, args.full, generator)
        elif args.full:
            print("no full disk: only root can mount one")


if __name__ == "__main__":
    main()
