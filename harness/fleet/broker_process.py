"""Runs a broker and ends it when our standard input closes: then whoever started us is gone.

python -m harness.fleet.broker_process COMMAND ARGUMENT...
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

_ENDS = 5.0  # wall seconds until a broker that was told to end is killed


def main(command: list[str]) -> int:
    """The exit code of the broker."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_us, args=(process,), daemon=True).start()
    return process.wait()


def _end_with_us(process: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    process.terminate()
    try:
        process.wait(_ENDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
