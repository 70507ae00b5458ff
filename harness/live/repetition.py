"""'And 1,000,000 more like it': what a peer floods us with is counted in the journal, not copied.

Stands in front of the journal of a host or of terminals that stand alone, so that the judge, the
file and all other listeners get the same. While a terminal causes no more than `WRITTEN` entries of
a sort in a second of the clock, all of them are written. Beyond that, those that prove nothing are
counted, and once a second an entry says how many they were (`MoreLikeIt`). What may be counted:

- messages that do not read, or whose MAC is wrong;
- echoes and repeated sign-ons, with their answers; other network management that no check looks at;
- answers to what nobody asked, messages that go the wrong way or are of a kind that is not served;
- what our own machines say of such messages;
- connections that come and go, and keep-alives.

Requests, reversals and the answers to them are always written: money is never only counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.unread import CUT_OFF, INCOMPLETE, reason_of
from harness.checks.wire_evidence import ANSWERED, WAY
from harness.contract import MOST_NAMES
from harness.live.clock import LiveClock
from harness.live.told_together import TOLD_EVERY
from harness.machines.matching import ECHOED_WRONGLY
from harness.wire.dialects.base import Dialect
from harness.wire.message import Kind, Message

WRITTEN = 100
"""Entries of a sort about one terminal that are written in a second. No right terminal comes near;
a switch names a terminal in each of its messages.
"""

CONNECTIONS_WRITTEN = 1_000
"""Connections that are written in a second: a whole fleet may boot."""

EXAMPLES = 3
"""So many of each kind are written in each second all the same."""

WINDOW = TOLD_EVERY
"""Wall seconds after which it is said how many more there were."""

KNOWS = 1_000
"""Numbers (STAN) of a terminal that are remembered, to tell which answer was asked for."""

Sort = tuple[str, str, str, str]  # what it is, why, and for frames at which end and to which

_MONEY_ANSWERS = (Kind.ANSWER, Kind.REVERSAL_ANSWER, Kind.ADVICE_ANSWER)


class _Actor:
    """What is known of one terminal: how many entries of each sort there were in this second, which
    requests were only counted, and which were sent.
    """

    __slots__ = ("asked", "counted_requests", "frames", "signed_off", "sorts")

    def __init__(self) -> None:
        self.frames: dict[tuple[str, str], int] = {}
        self.sorts: dict[Sort, int] = {}
        self.signed_off = False
        self.counted_requests: dict[str, None] = {}
        self.asked: dict[str, None] = {}

    def asks(self, stan: str) -> None:
        self.asked.pop(stan, None)
        self.asked[stan] = None
        keep_latest(self.asked, KNOWS)


class Recorder(Protocol):
    """Where machines report to: a `Journal`, or what stands in front of one."""

    def record(self, at: float, actor: str, event: e.Event) -> None: ...


class Repetition:
    """Call `record` instead of the journal's, and `close` at the end."""

    def __init__(
        self, journal: Recorder, clock: LiveClock, dialect: Dialect, *, at_host: bool
    ) -> None:
        """`at_host`: it is our host that stands alone, and not our terminals. `now` tells the run
        second of an entry; the owner may change it.
        """
        self._journal = journal
        self.now: Callable[[], float] = clock.now
        self._loop = asyncio.get_running_loop()
        self._read = dialect.read
        self._kinds = dialect.message.KINDS
        self._at_host = at_host
        self._actors: dict[str, _Actor] = {}
        self._counted: dict[tuple[str, Sort], int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._began = self._loop.time()
        self._sorts: dict[type[e.Event], Callable[[Any], Sort | None]] = {
            e.HostDamaged: lambda x: _sort("damaged", reason_of(x.why)),
            e.DamagedMessage: _damaged,
            e.StrayMessage: lambda x: _sort("stray", x.mti),
            e.MessageRefused: self._refused,
            e.HostRequestRefused: lambda x: _sort("request of the host", x.why),
            e.SignedOn: lambda x: _sort("signed on", x.terminal),
            e.LinkOpened: lambda _: _sort("connection"),
            e.NothingReceived: lambda _: _sort("silent connection"),
            e.IncompleteFrame: lambda x: _sort("incomplete", CUT_OFF if x.closed else INCOMPLETE),
            e.FrameCompleted: lambda _: _sort("completed"),
            e.HungUp: lambda x: _sort("hung up on", x.why),
        }
        self._of_nobody = (
            e.LinkOpened,
            e.IncompleteFrame,
            e.FrameCompleted,
        )  # where they name no terminal

    def record(self, at: float, actor: str, event: e.Event) -> None:
        """An entry, to be written or to be counted."""
        kind = type(event)
        if kind is e.FrameSeen:
            counts = self._counts_frame(at, actor, event)  # type: ignore[arg-type]
        elif kind is e.KeepAlivesSeen:
            counts = self._counts_keep_alives(at, actor, event)  # type: ignore[arg-type]
        else:
            to_sort = self._sorts.get(kind)
            if to_sort is None or (kind in self._of_nobody and actor != e.HOST):
                counts = False
            else:
                written = CONNECTIONS_WRITTEN if kind is e.LinkOpened else WRITTEN
                counts = self._counts(at, actor, to_sort(event), written)
        if not counts:
            self._journal.record(at, actor, event)

    def close(self) -> None:
        """Say what was counted and is not said yet."""
        self._tell()

    # --- counting --------------------------------------------------------------------------------

    def _actor(self, at: float, name: str) -> _Actor:
        if self._loop.time() - self._began >= WINDOW:
            self._tell(at)  # before the entry of that time
            self._began = self._loop.time()
            for known in self._actors.values():
                known.frames.clear()
                known.sorts.clear()
                known.signed_off = False
        found = self._actors.get(name)
        if found is None and len(self._actors) >= MOST_NAMES:
            name = ""  # those that a peer has thought up beyond that are one
            found = self._actors.get(name)
        if found is None:
            found = self._actors[name] = _Actor()
        return found

    def _counts(self, at: float, name: str, sort: Sort | None, written: int) -> bool:
        """One more of that sort. Is it counted, and not written?"""
        if sort is None:
            return False
        sorts = self._actor(at, name).sorts
        sorts[sort] = sorts.get(sort, 0) + 1
        if sorts[sort] <= written:
            return False
        self._count(name, sort, 1)
        return True

    def _count(self, name: str, sort: Sort, count: int) -> None:
        key = (name, sort)
        self._counted[key] = self._counted.get(key, 0) + count
        if self._timer is None:
            self._timer = self._loop.call_later(WINDOW, self._tell)

    def _tell(self, at: float | None = None) -> None:
        """Say how many more there were, at that run second or now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        counted, self._counted = self._counted, {}
        now = self.now() if at is None else at
        for (name, (what, why, end, to)), count in counted.items():
            if what == _KEEP_ALIVES:
                self._journal.record(now, name, e.KeepAlivesSeen(to, count))  # type: ignore[arg-type]
            else:
                self._journal.record(now, name, e.MoreLikeIt(what, count, why, end, to))

    def _counts_keep_alives(self, at: float, name: str, event: e.KeepAlivesSeen) -> bool:
        """They are counted anyhow: here those of many entries in one."""
        sort = (_KEEP_ALIVES, "", "", event.to)
        sorts = self._actor(at, name).sorts
        sorts[sort] = sorts.get(sort, 0) + 1
        if event.hint or sorts[sort] <= WRITTEN:
            return False
        self._count(name, sort, event.count)
        return True

    # --- frames ----------------------------------------------------------------------------------

    def _counts_frame(self, at: float, name: str, frame: e.FrameSeen) -> bool:
        actor = self._actor(at, name)
        way = (frame.end, frame.to)
        number = actor.frames[way] = actor.frames.get(way, 0) + 1
        sends = way == ("terminal", "host")
        if number <= WRITTEN and not sends:
            return False
        message = self._read(frame.fields)
        if sends and not self._at_host:
            actor.asks(message.stan)
        if sends and message.kind is Kind.NETWORK and message.function == "sign_off":
            actor.signed_off = True
        if number <= WRITTEN:
            return False
        what = self._what(actor, frame, message)
        if not what:
            return False
        why = reason_of(frame.problem) if frame.problem else ""
        counts = self._counts(at, name, (what, why, *way), EXAMPLES)
        if counts and what in _ASKED and frame.to == "host":
            actor.counted_requests[message.stan] = None
        elif counts and what == ANSWERED:
            actor.counted_requests.pop(message.stan, None)
        return counts

    def _what(self, actor: _Actor, frame: e.FrameSeen, message: Message) -> str:
        """What a frame is, in a word, if it may be counted; else ''."""
        kind, to = message.kind, frame.to
        if frame.problem:
            return "unreadable"
        if frame.mac == "bad":
            return "unauthentic"
        if kind is Kind.NETWORK_ANSWER and to == "terminal":
            return self._network_answer(actor, message)
        if kind is Kind.NETWORK and to == "host":
            return self._network_request(actor, message)
        if kind in (Kind.NETWORK, Kind.NETWORK_ANSWER):
            return "network management"
        if kind is Kind.OTHER:
            return "not served"
        if WAY.get(kind, to) != to:
            return "stray"
        nobody_s = not self._at_host and message.stan not in actor.asked
        return "stray" if kind in _MONEY_ANSWERS and nobody_s else ""

    def _network_request(self, actor: _Actor, message: Message) -> str:
        if len(actor.counted_requests) >= KNOWS or message.stan in actor.counted_requests:
            return ""
        if message.function == "echo":
            return "echo"
        return "sign-on" if message.function == "sign_on" and not actor.signed_off else ""

    def _network_answer(self, actor: _Actor, message: Message) -> str:
        if message.stan in actor.counted_requests and message.network_accepted:
            return ANSWERED
        nobody_s = not self._at_host and message.stan not in actor.asked
        return "stray" if nobody_s else ""

    def _refused(self, event: e.MessageRefused) -> Sort | None:
        """A refused request or reversal is about money."""
        moves_money = event.code and WAY.get(self._kinds.get(event.mti, Kind.OTHER)) == "host"
        return None if moves_money else _sort("refused", event.why)


_KEEP_ALIVES = "keep-alive"
_ASKED = ("echo", "sign-on")


def _sort(what: str, why: str = "") -> Sort:
    return (what, why, "", "")


def _damaged(event: e.DamagedMessage) -> Sort | None:
    """An answer that echoes wrongly is held against the host by element."""
    return None if ECHOED_WRONGLY in event.why else _sort("damaged", reason_of(event.why))
