"""How several faults of the wire combine: by stage, whatever the order of their definition.

    loss -> meaning -> timing -> damage -> frame -> cut -> pace -> slice

A lost frame is not altered. An altered frame is then timed; then its bytes are damaged, and after
them its framing; the remaining bytes are cut off, paced and sliced. Each copy that a rule makes
passes the next rule as a separate frame and is counted separately. Rules of one stage act in the
order of their definition.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.events import FaultActed
from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.whose import CardsSeen
from harness.faults.wire import LOSS, Altering, WireRule


class WireFaults:
    """All faults of the wire of one run."""

    def __init__(self, rules: Sequence[WireRule], cards: CardsSeen | None) -> None:
        """`cards` tells of which card a message is, if a rule asks for that."""
        self._cards = cards
        ordered = sorted(rules, key=lambda rule: rule.stage)
        self._losses = [rule for rule in ordered if rule.stage == LOSS]
        self._meanings = [rule for rule in ordered if isinstance(rule, Altering)]
        self._others = [
            rule for rule in ordered if rule.stage != LOSS and not isinstance(rule, Altering)
        ]

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        """The acts that replace a frame; None if no fault touched the frame."""
        if self._cards is not None and passing.message is not None:
            passing = passing._replace(card=self._cards.of(passing.message))
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
        """A new connection of that terminal has been established."""
        for rule in (*self._losses, *self._others):
            rule.renewed(terminal)


def _through(rule: WireRule, now: float, sent: Passing, acts: list[Act]) -> list[Act]:
    """Apply a further rule to each delivery. A close keeps its delay after the act before it."""
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
    """Attach the effects to the last delivery from index `began` on; false if there is none."""
    for place in range(len(acts) - 1, began - 1, -1):
        act = acts[place]
        if isinstance(act, Deliver):
            acts[place] = act._replace(effects=act.effects + effects)
            return True
    return False
