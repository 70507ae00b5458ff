"""Which terminals are stopped by their operator, as far as anybody outside the machine can know."""

from __future__ import annotations


class StopsInForce:
    """The terminals that an operator's stop keeps out of service.

    An order to resume ends a stop. It is durable only once it is acknowledged: where the power
    fails before that, the stop may stand again after the boot.
    """

    def __init__(self) -> None:
        self._stopped: dict[str, None] = {}
        self._resuming: dict[str, None] = {}  # not acknowledged yet

    def __contains__(self, terminal: str) -> bool:
        return terminal in self._stopped

    def given(self, terminal: str, order: str) -> None:
        """An order was given to a terminal."""
        if order == "stop":
            self._stopped[terminal] = None
            self._resuming.pop(terminal, None)
        elif order == "resume" and terminal in self._stopped:
            del self._stopped[terminal]
            self._resuming[terminal] = None

    def acknowledged(self, terminal: str, order: str) -> None:
        """The terminal acknowledged an order."""
        if order == "resume":
            self._resuming.pop(terminal, None)

    def power_lost(self, terminal: str) -> None:
        """The power of a terminal failed."""
        if terminal in self._resuming:
            del self._resuming[terminal]
            self._stopped[terminal] = None
