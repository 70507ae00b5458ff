"""The descriptors of this process, and how many there are for connections."""

from __future__ import annotations

import errno
import resource
from pathlib import Path

RESERVE = 64
"""Descriptors that connections never get: the journal, the store and the reports need some, and
libraries open files of their own.
"""

SHORTAGE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""What the system says when it has nothing left for another socket."""


def descriptors_left() -> int:
    """For how many connections this process has descriptors, without its reserve."""
    most = most_descriptors()
    try:
        used = sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError:
        used = RESERVE
    return max(1, most - used - min(RESERVE, most // 4))


def most_descriptors() -> int:
    """How many this process may have (`ulimit -n`)."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
