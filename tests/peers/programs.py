"""Programs side by side: started as a user starts them, awaited by what they say, ended by signal.

Nothing here waits for time to pass: a line, or the end of a process, and a limit for when neither
comes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
LIMIT = 120.0  # seconds after which nobody believes any more that it will come


def port_of_our_own() -> int:
    """A free one below the ephemeral range, far from where other tests look for theirs: the fleet
    of a run that has lost its host would find ours instead, and sign on.
    """
    for at in range(1000):
        port = 24_000 + (os.getpid() * 89 + at * 13) % 8_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


class Program:
    """A child whose lines, from both streams, can be awaited while it runs."""

    def __init__(self, command: Sequence[str], cwd: Path) -> None:
        self.command = " ".join(command)
        self._said: dict[str, list[str]] = {"out": [], "err": []}
        self._news = threading.Condition()
        self._open = 2
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for name, stream in (("out", self.process.stdout), ("err", self.process.stderr)):
            assert stream is not None
            threading.Thread(target=self._listen, args=(name, stream), daemon=True).start()

    def _listen(self, name: str, stream: IO[str]) -> None:
        for line in stream:
            with self._news:
                self._said[name].append(line)
                self._news.notify_all()
        stream.close()
        with self._news:
            self._open -= 1
            self._news.notify_all()

    def wait_for(self, word: str, *, on: str = "out", count: int = 1) -> str:
        """The `count`th line with that word."""

        def found() -> list[str]:
            return [line for line in self._said[on] if word in line]

        with self._news:
            self._news.wait_for(lambda: len(found()) >= count or not self._open, LIMIT)
            assert len(found()) >= count, f"no '{word}' on std{on}: {self}"
            return found()[count - 1]

    def address(self) -> str:
        """HOST:PORT of one that listens."""
        return self.wait_for("listening on").split()[-1]

    def end(self) -> int:
        """Tell it to end, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """Its exit code, once it has ended by itself and all that it said is here."""
        code = self.process.wait(LIMIT)
        with self._news:
            assert self._news.wait_for(lambda: not self._open, LIMIT), str(self)
        return code

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT)

    def text(self, on: str = "out") -> str:
        """All that it said so far, in one line: reports are folded to a terminal's width."""
        return " ".join("".join(self._said[on]).split())

    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines that it has printed."""
        return [json.loads(line) for line in self._said["out"] if line.startswith("{")]

    def __str__(self) -> str:
        return f"{self.command}\n{''.join(self._said['out'])}\n{''.join(self._said['err'])}"


class Runner:
    """Starts the programs of one test, in a directory of its own, and sees to their end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs: list[Program] = []

    def harness(self, *arguments: str) -> Program:
        """A half of ours; its verdict goes to verdict.json, its journal to half.jsonl."""
        files = ("--json", "verdict.json", "--journal", "half.jsonl")
        return self._started("-m", "harness", *arguments, *files)

    def host(self, *options: str) -> Program:
        return self.harness("host", "--listen", f"127.0.0.1:{port_of_our_own()}", *options)

    def terminals(self, to: str, *options: str) -> Program:
        return self.harness("terminals", "--to", to, *options)

    def script_host(self, *options: str) -> Program:
        return self._started(str(HERE / "script_host.py"), *options)

    def script_terminal(self, to: str, *options: str) -> Program:
        return self._started(str(HERE / "script_terminal.py"), "--to", to, *options)

    def _started(self, *command: str) -> Program:
        program = Program(command, self.folder)
        self._programs.append(program)
        return program

    def verdict(self) -> dict[str, Any]:
        """Of the half that has ended."""
        found: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text())["verdict"]
        return found

    def status(self, invariant: str) -> str:
        return next(str(row["status"]) for row in self.verdict()["rows"] if row["id"] == invariant)

    @property
    def journal(self) -> Path:
        return self.folder / "half.jsonl"

    def clear(self) -> None:
        for program in self._programs:
            program.kill()
