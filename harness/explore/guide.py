"""Which runs a search does: drawn from scratch, or varied from one that reached something new.

What a run reached are the pairs of cells that its machines exercised one directly after the other
(`harness.explore.coverage`). A run that reached a pair for the first time is kept.

The first runs of a search begin with each fault that is likely to act, once. Half of the runs after
them are variations of kept ones, chosen so that what was seen least is varied most; the other half
are drawn without looking back, so that a search never stays among what it knows.

The run with number n depends on the seed of the search and on what the runs of the chunks before it
reached, but for the latest ones (`lag`), which may still be running. So a search of so many runs
finds the same, in whatever number of processes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.explore.coverage import Pair
from harness.explore.runner import Schedule
from harness.explore.schedules import Run, RunDraw, ScheduleDraw
from harness.keyed_random import Draw, key_of

_VARIED = 0.5  # the share of runs that vary a kept one, once there is any
_LOOKED_AT = 8  # kept runs among which the one with the rarest pair is taken
_LEAST_LAG = 6  # chunks
_NTH = re.compile(r"\bnth=(\d+)")


def lag(chunk: int) -> int:
    """How many of the chunks directly before chunk `chunk` (from 0) it does not learn from. It
    grows with the search, so that a long one keeps as many processes busy as there are.
    """
    return max(_LEAST_LAG, chunk // 4)


class _Kept:
    """A run that reached `pairs` first."""

    __slots__ = ("pairs", "run")

    def __init__(self, run: Run, pairs: tuple[Pair, ...]) -> None:
        self.run = run
        self.pairs = pairs


class Guide:
    """Proposes runs and learns what they reached. `runs` draws them, with up to `budget` faults."""

    def __init__(self, runs: RunDraw, seed: int, budget: int) -> None:
        self._runs = runs
        self._key = key_of(seed, "guide")
        self._budget = budget
        self._seen: dict[Pair, int] = {}
        self._kept: list[_Kept] = []

    def propose(self, number: int) -> Run:
        """The run with that number."""
        draw = Draw(self._key, number)
        if self._runs.begins_in_turn(number):
            return self._runs.begun_in_turn(number)
        if not (draw.chance(_VARIED) and self._kept):
            return self._runs.drawn(number)
        evening, schedule = self._chosen(draw).run
        if draw.chance(0.25):
            evening = self._runs.another(evening, draw)
        return evening, self._varied(schedule, self._runs.schedules(evening), draw)

    def learn(self, run: Run, reached: Iterable[Pair]) -> None:
        """Note what a run reached."""
        seen, new = self._seen, []
        for pair in reached:
            times = seen.get(pair, 0)
            seen[pair] = times + 1
            if not times:
                new.append(pair)
        if new:
            self._kept.append(_Kept(run, tuple(new)))

    def _chosen(self, draw: Draw) -> _Kept:
        """Of a few kept runs, the one that reached what was seen least."""
        kept, seen = self._kept, self._seen
        few = [kept[draw.below(len(kept))] for _ in range(_LOOKED_AT)]
        return min(few, key=lambda one: min(seen[pair] for pair in one.pairs))

    def _varied(self, schedule: Schedule, schedules: ScheduleDraw, draw: Draw) -> Schedule:
        """The schedule with one or two changes, and with no more faults than there may be."""
        faults = list(schedule)
        for _ in range(1 + draw.below(2)):
            self._change(faults, schedules, draw)
        while len(faults) > self._budget:
            del faults[draw.below(len(faults))]
        return tuple(dict.fromkeys(faults)) or (schedules.one(draw, likely=True),)

    def _change(self, faults: list[str], schedules: ScheduleDraw, draw: Draw) -> None:
        way = draw.below(5)
        if way == 0 and len(faults) > 1:
            del faults[draw.below(len(faults))]
        elif way == 1 and faults:
            at = draw.below(len(faults))
            faults[at] = _at_another_attempt(faults[at], draw)
        elif way == 2:  # the faults of another kept run besides
            faults += map(schedules.at_a_terminal_there, self._chosen(draw).run[1])
        else:
            faults.append(schedules.one(draw, likely=way == 3))


def _at_another_attempt(fault: str, draw: Draw) -> str:
    """The same fault at the attempt before or after; as it is where it counts none."""
    found = _NTH.search(fault)
    if found is None:
        return fault
    nth = max(1, int(found[1]) + (1 if draw.chance(0.5) else -1))
    return f"{fault[: found.start(1)]}{nth}{fault[found.end(1) :]}"
