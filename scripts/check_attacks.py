#!/usr/bin/env python3
"""Checks robust accuracies of a run (`mnist-experiments attack RUN`) against AutoAttack, attack by attack, on the
exported model; see `just check-attacks`.

APGD-CE, targeted APGD, targeted FAB and Square are pyautoattack's, with the settings of AutoAttack's standard set; FGSM and
PGD are written out below. Both see the same images. The accuracies differ by one point at most: random starts differ.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from pyautoattack import AutoAttack
from torch.nn import functional as F

from twin import Checks, Export

# By our names.
THEIRS = {"apgd-ce": "apgd-ce", "apgd-t": "apgd-t", "fab-t": "fab-t", "square": "square"}
NORMS = {"linf": "Linf", "l2": "L2"}
LIMIT = 1.0


def balanced(classes, count):
    """The first images of each class, as many of each, in the order of the set."""
    of_class = -(-count // len(np.unique(classes)))
    first = [np.flatnonzero(classes == c)[:of_class] for c in np.unique(classes)]
    return np.sort(np.concatenate(first))[:count]


def steepest(gradient, norm):
    if norm == "linf":
        return gradient.sign()
    length = gradient.flatten(1).norm(dim=1).clamp(min=1e-30)
    return gradient / length[:, None, None, None]


def project(x, origin, norm, eps):
    change = x - origin
    if norm == "linf":
        change = change.clamp(-eps, eps)
    else:
        length = change.flatten(1).norm(dim=1).clamp(min=1e-30)
        change = change * (eps / length).clamp(max=1)[:, None, None, None]
    return (origin + change).clamp(0, 1)


def pgd(model, x, y, norm, eps, steps):
    """Projected gradient descent up the cross-entropy from a random start; FGSM, if it is one step."""
    moved = x.clone()
    if steps > 1:
        if norm == "linf":
            start = torch.empty_like(x).uniform_(-eps, eps)
        else:
            radius = torch.rand(len(x))[:, None, None, None] ** (1 / x[0].numel())
            start = eps * radius * steepest(torch.randn_like(x), norm)
        moved = project(x + start, x, norm, eps)
    size = eps if steps == 1 else 2.5 * eps / steps
    right = torch.ones(len(x), dtype=torch.bool)
    for _ in range(steps):
        moved = moved.detach().requires_grad_()
        scores = model(moved)
        right &= scores.argmax(1) == y
        (gradient,) = torch.autograd.grad(F.cross_entropy(scores, y, reduction="sum"), moved)
        moved = project(moved.detach() + size * steepest(gradient, norm), x, norm, eps)
    with torch.no_grad():
        return right & (model(moved).argmax(1) == y)


def survivors(model, x, y, attack, norm, eps):
    """Which images stay classified correctly under the attack."""
    with torch.no_grad():
        right = model(x).argmax(1) == y
    if attack in ("fgsm", "pgd"):
        return right & pgd(model, x, y, norm, eps, 1 if attack == "fgsm" else 40)
    theirs = AutoAttack(model, attacks=[THEIRS[attack]], norm=NORMS[norm], eps=eps, version="custom", seed=0)
    theirs.verbose = False
    # Those of the standard set.
    theirs.apgd.n_restarts = theirs.apgd_targeted.n_restarts = theirs.fab.n_restarts = 1
    theirs.fab.n_target_classes = theirs.apgd_targeted.n_target_classes = 9
    theirs.square.n_queries = 5000
    moved = theirs.run_standard_evaluation(x, y, batch_size=500)
    moved = moved[0] if isinstance(moved, tuple) else moved
    with torch.no_grad():
        return right & (model(moved).argmax(1) == y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run, with attacks.json and export")
    options = parser.parse_args()
    torch.manual_seed(0)
    export, checks = Export(options.run / "export"), Checks()
    heads = {json.dumps(head["metrics"]["head"]): head for head in export.manifest["heads"]}
    for result in json.loads((options.run / "attacks.json").read_text()):
        head = heads.get(json.dumps(result["head"]))
        alone, of = len(result["attacks"]) == 1, result["robustness"]
        if head is None or not alone or result["surface"] != "scores" or "source" in result:
            continue
        [attack] = result["attacks"]
        model = export.twin(head)
        chosen = balanced(export.classes, of["images"])
        x, y = export.pixels()[chosen], torch.from_numpy(export.classes[chosen])
        theirs = 100 * survivors(model, x, y, attack, of["norm"], of["eps"]).double().mean().item()
        ours = 100 * of["robust"]
        what = f"{head['folder']}, {attack}, {NORMS[of['norm']]} {of['eps']}"
        checks.report(abs(ours - theirs) <= LIMIT + 1e-9, what, f"{ours:.1f} %, theirs {theirs:.1f} %")
    checks.exit()


if __name__ == "__main__":
    main()
