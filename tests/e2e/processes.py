"""Harness processes from outside: started as a user starts them, interrupted, watched. Linux's
/proc tells who started whom, and who listens where.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SMALL = """\
id = "E1"
title = "A busy small evening"
terminals = 3
duration = "90s"
promises = ["T4", "H1"]

[contract]
slack = "30s"

[customers]
mean_gap = "15s"
balance_share = 0.0
wrong_pin = 0.0
cancel = 0.0
"""


PIPE = 1 << 20
"""Bytes that a process may say while a test listens to another one: it stands still where they are
full, and then both wait for ever.
"""
LIMIT = 180.0  # seconds after which nobody believes any more that it will end
STARTED: list[subprocess.Popen[str]] = []


def _started(command: list[str], **options: Any) -> subprocess.Popen[str]:
    process = subprocess.Popen(command, preexec_fn=_hears_ctrl_c, **options)
    STARTED.append(process)
    if process.stdout is not None:
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE)
    return process


def _hears_ctrl_c() -> None:
    """A suite that runs in the background of a shell script is deaf to Ctrl-C, and so would be the
    processes that it starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def leave_none() -> None:
    """What is still running is ended: tests/conftest.py asks for it behind each test."""
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.wait(LIMIT)
        if process.stdout is not None:
            process.stdout.close()


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """`harness ...` in a session of its own, with the small evening beside it as small.toml."""
    (cwd / "small.toml").write_text(SMALL)
    return _started(
        [sys.executable, "-m", "harness", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def started(command: list[str], *, cwd: Path) -> subprocess.Popen[str]:
    """Any program, watched as the others are."""
    return _started(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def begin(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """One half, twenty times faster than the clock."""
    return _started(
        [sys.executable, "-m", "harness", *arguments, "--speed", "20", "--slack", "30s"],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def line_with(process: subprocess.Popen[str], *words: str) -> str:
    """Wait for a line with one of the words."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if any(word in line for word in words):
            return line
    raise AssertionError(f"it ended without saying {words}: {''.join(seen)}")


def message(process: subprocess.Popen[str], *mtis: str) -> str:
    """Wait for a message with one of the MTIs; a STAN may look like one."""
    return line_with(process, *(f" {way} {mti} " for mti in mtis for way in ("->", "<-")))


def rest(process: subprocess.Popen[str]) -> str:
    """What it says until its end."""
    out, _ = process.communicate(timeout=LIMIT)
    return " ".join(out.split())


def child_of(process: subprocess.Popen[str]) -> int:
    """The one process that it has started."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # gone meanwhile
        if int(after_name[1]) == process.pid:
            return int(stat.parent.name)
    raise AssertionError("it has started nobody")


def ends(pid: int, watched: int) -> bool:
    """Does the process behind a pidfd end by itself within the limit?"""
    try:
        return bool(select.select([watched], [], [], LIMIT)[0])
    finally:
        os.close(watched)


def listening_port(pid: int) -> int:
    """The TCP port on which a process listens."""
    own = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            own.add(str(entry.readlink()))
        except OSError:
            continue
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
            return int(fields[1].rpartition(":")[2], 16)
    raise AssertionError("it listens nowhere")
