"""The host's process as the run sees it: started, told what to do, listened to, stopped.

It is told by lines on its standard input ('lift', 'flush', 'settle', 'stop'), and says by lines on
its standard output what has come of them ('ready', 'port N', 'flushed T', 'settled'); see
`harness.live.host_process`. It ends with us, whatever becomes of us: its standard input closes.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

import msgspec

from harness.errors import ConfigError, EnvironmentTrouble, HarnessError
from harness.exit_codes import ENVIRONMENT, MISTAKE
from harness.input_files import piped
from harness.live.host_process import HostProcessOptions
from harness.shell import signals_held_back

_STOPS = 30.0  # wall seconds in which it writes its part of the journal and ends


class HostProcess:
    """Use it as a context. `start` is a reading of time.monotonic(), when the run begins; `port` is
    where the process listens.

    `flushed_until` is the run second up to which its part of the journal is complete, `settled`
    whether it has told its issuer all that it owed; both are brought up to date by `hear`.
    """

    def __init__(self, options: HostProcessOptions, *, lead: float) -> None:
        """`lead` is how many wall seconds after the process is ready the run begins."""
        self._options = options
        self._lead = lead
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = b""
        self._flushing = False
        self._ready = False
        self.start = 0.0
        self.port = 0
        self.flushed_until = float("-inf")
        self.settled = False

    def __enter__(self) -> HostProcess:
        with signals_held_back():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.live.host_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C at a keyboard is for the process of the terminals
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Until it listens. The run begins soon after the process is ready for it."""
        self._options.piped = piped()
        self._tell(msgspec.json.encode(self._options))
        assert process.stdout is not None
        out = process.stdout.fileno()
        while not self.port:
            said = os.read(out, 4096)
            if not said:
                raise self._ended(process)
            self._take(said)
            if self._ready and not self.start:
                self.start = time.monotonic() + self._lead
                self._tell(repr(self.start).encode())
        os.set_blocking(out, False)

    def hear(self) -> None:
        """Take in what it has said meanwhile; returns at once."""
        if self._process is None or self._process.stdout is None:
            return
        with contextlib.suppress(BlockingIOError):
            while said := os.read(self._process.stdout.fileno(), 4096):
                self._take(said)

    def _take(self, said: bytes) -> None:
        *lines, self._heard = (self._heard + said).split(b"\n")
        for line in lines:
            word, _, value = line.decode().partition(" ")
            if word == "ready":
                self._ready = True
            elif word == "port":
                self.port = int(value)
            elif word == "flushed":
                self._flushing = False
                self.flushed_until = float(value)
            elif word == "settled":
                self.settled = True

    def _tell(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def _ended(self, process: subprocess.Popen[bytes]) -> HarnessError:
        """Why it is gone: a mistake of the user, the environment's fault, or an error inside the
        harness.
        """
        _, errors = process.communicate()
        self._process = None
        code = process.returncode
        said = errors.decode(errors="replace").strip().splitlines()
        if code == MISTAKE:
            return ConfigError("\n".join(said))
        text = f"the host's process ended ({code}): {said[-1] if said else 'without a word'}"
        killed = code < 0
        return (EnvironmentTrouble if killed or code == ENVIRONMENT else HarnessError)(text)

    def lift(self) -> None:
        """All faults end."""
        self._tell(b"lift")

    def flush(self) -> None:
        """Have it hand its part of the journal over to the file, unless it is about to."""
        if not self._flushing and self._process is not None:
            self._flushing = True
            self._tell(b"flush")

    def settle(self) -> None:
        """Have it tell its issuer what it still owes it."""
        self._tell(b"settle")

    def check(self) -> None:
        """Raises a HarnessError if it died."""
        if self._process is not None and self._process.poll() is not None:
            raise self._ended(self._process)

    def stop(self) -> None:
        """Let it close its part of the journal and end. Raises as `check` does."""
        process = self._process
        if process is None:
            return
        self._tell(b"stop")
        try:
            process.wait(timeout=_STOPS)
        except subprocess.TimeoutExpired:
            self.__exit__()
            raise EnvironmentTrouble("the host's process did not stop") from None
        error = self._ended(process)
        if process.returncode != 0:
            raise error

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
