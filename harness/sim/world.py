"""Virtual time: a heap of actions, in the order of time and then of scheduling.

Nothing here knows what is being simulated. Actions of equal time are done in the order in which
they were scheduled, so that a run depends on its seed alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from harness.errors import LocalProtocolError

Action = Callable[[Any], None]
_PATIENCE = 10_000  # steps of each actor in one instant


class World:
    """`now` is in run seconds. An action takes one argument, so that no closure is needed."""

    __slots__ = ("_crowd", "_heap", "_order", "now", "steps")

    def __init__(self, crowd: int = 1) -> None:
        """`crowd` is how many actors may act in one instant."""
        self._crowd = crowd
        self.now = 0.0
        self.steps = 0
        self._heap: list[tuple[float, int, Action, Any]] = []
        self._order = 0

    def at(self, when: float, action: Action, argument: Any = None) -> None:
        """Schedule an action. A time in the past is taken as now."""
        self._order += 1
        now = self.now
        heapq.heappush(self._heap, (when if when > now else now, self._order, action, argument))

    def before_all_at(self, when: float, action: Action, argument: Any = None) -> None:
        """Schedule before everything else in that instant, for a fault that needs a tie."""
        self._order += 1
        heapq.heappush(self._heap, (max(when, self.now), -self._order, action, argument))

    def run(self, until: float) -> None:
        """Do everything up to and including `until`, which is `now` afterwards.

        Raises:
            LocalProtocolError: an actor acts again and again in one instant.
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
    """Wakes one actor at its next deadline, with one valid heap entry at a time.

    The deadline of an actor changes at every step, and to push it each time would fill the heap.
    So only an earlier deadline is pushed; a later one is found when the old entry comes up.
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
        """The deadline may have changed."""
        due = self._deadline()
        if due < self._pushed:
            self._pushed = due
            self._world.at(due, self._fire, due)

    def _fire(self, due: float) -> None:
        if due != self._pushed:
            return  # an earlier one was pushed since
        self._pushed = float("inf")
        if self._deadline() <= self._world.now:
            self._wake(self._world.now)  # the actor calls `look` itself
        else:
            self.look()
