"""Runs a broker and ends it when our standard input closes: then whoever started us is gone.

python -m harness.fleet.broker_process COMMAND ARGUMENT...
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

MOST_SAID = 4_096
"""Bytes of what the broker says on standard error that are passed on: they fit into a pipe that
nobody reads before the broker has ended.
"""
_ENDS = 5.0  # wall seconds until a broker that was told to end is killed


def main(command: list[str]) -> int:
    """The exit code of the broker."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    threading.Thread(target=_end_with_us, args=(process,), daemon=True).start()
    saying = threading.Thread(target=_pass_on, args=(process,), daemon=True)
    saying.start()
    code = process.wait()
    saying.join(_ENDS)
    return code


def _pass_on(process: subprocess.Popen[bytes]) -> None:
    """Pass on the beginning of what it says, which tells why it does not start, and read the rest:
    a broker that writes a line for each message stands still once nobody takes them.
    """
    assert process.stderr is not None
    left = MOST_SAID
    while said := os.read(process.stderr.fileno(), 65_536):
        os.write(2, said[:left])
        left -= len(said[:left])


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
