"""Where a terminal dials while a fault keeps it from connecting: real sockets on this machine, with
no host behind them.
"""

from __future__ import annotations

import contextlib
import socket

from harness.faults.connection import UNANSWERED

Address = tuple[str, int]


class UnreachableAddresses:
    """One address for each way in which a dial fails."""

    def __init__(self) -> None:
        self._closed = _bound()
        self._silent = _bound()
        self._silent.listen(0)
        self._guest = socket.socket()
        self._guest.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._guest.connect(self._silent.getsockname())

    def address(self, trouble: str) -> Address:
        """'refused' leads to a port that is bound and not listening: a real ECONNREFUSED.
        'unanswered' leads to one that listens and accepts no connection, and whose queue of one is
        full already: the system drops the SYN of each further dial, also when it is sent again.
        """
        found: Address = (self._silent if trouble == UNANSWERED else self._closed).getsockname()
        return found

    def close(self) -> None:
        for one in (self._closed, self._silent, self._guest):
            one.close()


def _bound() -> socket.socket:
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found
