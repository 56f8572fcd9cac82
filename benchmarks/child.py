"""A side of the comparison: a process that measures what it is asked to."""

import subprocess
from collections.abc import Mapping
from types import TracebackType


class Child:
    """Speaks the line protocol that the Rust program `peers` documents."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=dict(environment),
        )

    def ask(self, request: str) -> float:
        return float(self.say(request))

    def say(self, request: str) -> str:
        """The answer to a request."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(request + "\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.process.args[0]} ended at the request: {request}")
        return answer.strip()

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
