"""Virtual time: a heap of things to do, in the order of time and then of scheduling.

Nothing here knows what is being simulated. Equal times fire in the order in which they were
scheduled, so that a run is a function of its seed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from harness.errors import LocalProtocolError

Action = Callable[[Any], None]
_PATIENCE = 10_000  # steps of each actor in one instant


class World:
    """`now` is run seconds. Actions take one argument, so that nobody needs a closure."""

    __slots__ = ("_crowd", "_heap", "_order", "now", "steps")

    def __init__(self, crowd: int = 1) -> None:
        """`crowd` is how many actors may have something to do in one instant."""
        self._crowd = crowd
        self.now = 0.0
        self.steps = 0
        self._heap: list[tuple[float, int, Action, Any]] = []
        self._order = 0

    def at(self, when: float, action: Action, argument: Any = None) -> None:
        """Schedule; what lies in the past happens now."""
        self._order += 1
        now = self.now
        heapq.heappush(self._heap, (when if when > now else now, self._order, action, argument))

    def before_all_at(self, when: float, action: Action, argument: Any = None) -> None:
        """Schedule before whatever else is due in that instant, for a fault that wants a tie."""
        self._order += 1
        heapq.heappush(self._heap, (max(when, self.now), -self._order, action, argument))

    def run(self, until: float) -> None:
        """Everything up to and including `until`; `now` is `until` afterwards.

        Raises:
            LocalProtocolError: somebody does not let time pass.
        """
        heap, pop = self._heap, heapq.heappop
        stood = 0
        while heap and heap[0][0] <= until:
            when, _, action, argument = pop(heap)
            if when > self.now:
                self.now, stood = when, 0
            else:
                stood += 1
                if stood > _PATIENCE * self._crowd:
                    raise LocalProtocolError(
                        f"time does not pass: {stood:,} steps in one instant, at {when:.3f} s"
                    )
            self.steps += 1
            action(argument)
        self.now = max(self.now, until)


class Waker:
    """Wakes one actor at its next deadline, with one live heap entry at a time.

    An actor's deadline moves at every step; pushing it again each time would fill the heap. Only
    an earlier deadline is pushed; a later one is found when the old entry fires.
    """

    __slots__ = ("_deadline", "_pushed", "_wake", "_world")

    def __init__(
        self, world: World, deadline: Callable[[], float], wake: Callable[[float], None]
    ) -> None:
        self._world = world
        self._deadline = deadline
        self._wake = wake
        self._pushed = float("inf")

    def look(self) -> None:
        """The deadline may have moved."""
        due = self._deadline()
        if due < self._pushed:
            self._pushed = due
            self._world.at(due, self._fire, due)

    def _fire(self, due: float) -> None:
        if due != self._pushed:
            return  # overtaken by an earlier one
        self._pushed = float("inf")
        if self._deadline() <= self._world.now:
            self._wake(self._world.now)  # whoever was woken looks again by himself
        else:
            self.look()
