"""How several faults of the wire compose: by stage, whatever the order they were asked for in.

    loss -> meaning -> timing -> damage -> frame -> cut -> pace -> slice

What is lost is not altered; what is altered is then timed; its bytes are damaged, and then the
frame around them; what is left is cut off, paced and sliced. Each copy that one rule makes goes
through the next as a frame of its own, and counts as one. Rules of one stage act in the order in
which they were asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.events import FaultActed
from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.wire import LOSS, Altering, WireRule


class WireFaults:
    """All faults of the wire of one run."""

    def __init__(self, rules: Sequence[WireRule]) -> None:
        ordered = sorted(rules, key=lambda rule: rule.stage)
        self._losses = [rule for rule in ordered if rule.stage == LOSS]
        self._meanings = [rule for rule in ordered if isinstance(rule, Altering)]
        self._others = [
            rule for rule in ordered if rule.stage != LOSS and not isinstance(rule, Altering)
        ]

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """What is delivered in a frame's stead; None if no fault touched it."""
        lost = False
        for rule in self._losses:
            if lost:
                rule.overlook(now, passing)
            else:
                lost = rule.fate(now, passing) is not None
        if lost:
            return []
        sent = passing
        for meaning in self._meanings:
            sent = meaning.altered(now, sent)
        acts: list[Act] | None = None if sent is passing else [Deliver(0.0, sent.data)]
        for rule in self._others:
            if acts is None:
                acts = rule.fate(now, sent)
            else:
                acts = _through(rule, now, sent, acts)
        return acts

    def renewed(self, terminal: str) -> None:
        """A new connection of that terminal stands."""
        for rule in (*self._losses, *self._others):
            rule.renewed(terminal)


def _through(rule: WireRule, now: float, sent: Passing, acts: list[Act]) -> list[Act]:
    """What a further rule makes of each delivery; a close keeps its distance to what it follows."""
    result: list[Act] = []
    stretched = 0.0
    for act in acts:
        if isinstance(act, Close):
            result.append(Close(act.delay + stretched, act.how))
            continue
        further = rule.fate(now, sent._replace(data=act.data))
        if further is None:
            further = [Deliver(0.0, act.data)]
        began = len(result)
        result += [more._replace(delay=act.delay + more.delay) for more in further]
        if act.effects and not _told_with(act.effects, result, began):
            rule.holds(sent, act.effects)
        if act.more and further and isinstance(result[-1], Deliver):
            result[-1] = result[-1]._replace(more=True)  # the frame is not finished yet
        stretched = max((more.delay for more in further), default=0.0)
    return result


def _told_with(effects: tuple[FaultActed, ...], acts: list[Act], began: int) -> bool:
    """The last delivery since `began` is that of which the effects tell, if there is any."""
    for place in range(len(acts) - 1, began - 1, -1):
        act = acts[place]
        if isinstance(act, Deliver):
            acts[place] = act._replace(effects=act.effects + effects)
            return True
    return False
