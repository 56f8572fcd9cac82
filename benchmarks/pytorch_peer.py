"""The PyTorch side of run.py: the line protocol of the Rust program `peers`, see there.

Names that end in `-compiled` go through torch.compile.
"""

import sys
import time
from collections.abc import Callable

import torch

import layers
import losses
import operations
import training

Case = Callable[[], object]


class Cases:
    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.inputs: dict[int, operations.Inputs] = {}

    def forget(self) -> None:
        self.cases.clear()
        self.inputs.clear()
        # A function's other compiled forms would have to be told apart at each call.
        torch.compiler.reset()

    def time(self, words: list[str], least: float) -> float:
        """Mean seconds of a call, of as many as fill `least` seconds; a new case is warmed up."""
        key = " ".join(words)
        if key not in self.cases:
            self.cases[key] = self.case(*words)
            self.cases[key]()
            self.cases[key]()
        case = self.cases[key]
        start, calls = time.perf_counter(), 0
        while True:
            case()
            calls += 1
            if time.perf_counter() - start >= least:
                return (time.perf_counter() - start) / calls

    def case(self, kind: str, name: str, *sizes: str) -> Case:
        plain = name.removesuffix("-compiled")
        compiled = plain != name
        compiler = operations.compiled if compiled else lambda function: function
        numbers = [int(size) for size in sizes]
        if kind in ("forward", "backward"):
            op = compiler(operations.OPS[plain])
            (count,) = numbers
            if count not in self.inputs:
                self.inputs[count] = operations.Inputs(count)
            inputs = self.inputs[count]
            make = operations.forward if kind == "forward" else operations.backward
            return make(plain, op, inputs)
        if kind == "copy":
            return operations.copy(*numbers)
        if kind == "loss":
            return losses.case(plain, *numbers, compiler)
        if kind == "layer":
            return layers.case(plain, *numbers)
        if kind == "training":
            return training.case(plain, *numbers, compiler if compiled else None)
        raise ValueError(f"no such case: {kind} {name}")


def peak_memory_kib() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]))
    # One function is compiled for many shapes.
    torch._dynamo.config.recompile_limit = 1000
    cases = Cases()
    for line in sys.stdin:
        match line.split():
            case ["time", seconds, *words]:
                print(cases.time(words, float(seconds)), flush=True)
            case ["memory"]:
                print(peak_memory_kib(), flush=True)
            case ["forget"]:
                cases.forget()
                print(0, flush=True)
            case words:
                raise ValueError(f"unknown request: {words}")


if __name__ == "__main__":
    main()
