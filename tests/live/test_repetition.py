"""What a flood becomes in the journal, by hand: nothing that proves anything is left out."""

from __future__ import annotations

import asyncio

import pytest

from harness import events as e
from harness.journal import Journal
from harness.live.clock import LiveClock
from harness.live.repetition import EXAMPLES, KNOWS, WINDOW, WRITTEN, Repetition
from harness.wire.dialects import load_dialect

MORE = 50
ATM = "ATM00001"


class Kept:
    """What is left of entries that come at once, in a second of the clock."""

    def __init__(self, *, at_host: bool = True) -> None:
        self.events: list[e.Event] = []
        self.times: list[float] = []
        journal = Journal()
        journal.subscribe(lambda _at, _actor, event: self.events.append(event))
        journal.subscribe(lambda at, _actor, _event: self.times.append(at))
        clock = LiveClock(0.0, 1.0)
        self.repetition = Repetition(journal, clock, load_dialect(), at_host=at_host)

    def come(self, *events: e.Event, actor: str = ATM) -> None:
        for event in events:
            self.repetition.record(0.0, actor, event)

    @property
    def counted(self) -> dict[str, int]:
        """How many of what are only counted; they are told once."""
        self.repetition.close()
        found = {x.what: x.count for x in self.events if isinstance(x, e.MoreLikeIt)}
        self.repetition.close()
        return found


def frame(
    mti: str,
    stan: int = 1,
    *,
    to: e.End = "host",
    end: e.End = "terminal",
    mac: str = "none",
    problem: str = "",
    **more: str,
) -> e.FrameSeen:
    fields = {"t": mti, "11": f"{stan:06d}", "41": ATM, **{k[2:]: v for k, v in more.items()}}
    return e.FrameSeen(end, to, {} if problem else fields, mac, "", 60, problem)  # type: ignore[arg-type]


def echo(stan: int) -> e.FrameSeen:
    return frame("0800", stan, de70="301")


def answered(stan: int, code: str = "00") -> e.FrameSeen:
    return frame("0810", stan, to="terminal", de39=code, de70="301")


async def test_money_is_never_only_counted() -> None:
    """However many requests, reversals and answers come, each is written."""
    kept = Kept()
    for stan in range(20 * WRITTEN):
        for mti in ("0200", "0201", "0420", "0421"):
            kept.come(frame(mti, stan), frame(mti, stan, end="host"))
        kept.come(frame("0210", stan, to="terminal"), frame("0430", stan, to="terminal"))
        kept.come(e.MessageRefused(ATM, "0200", f"{stan:06d}", "94", "STAN reused"), actor="HOST")
        kept.come(e.RequestDecided(ATM, f"{stan:06d}", "00", ""), actor="HOST")
    assert kept.counted == {}
    assert len(kept.events) == 20 * WRITTEN * 12


async def test_echoes_are_counted_with_their_answers() -> None:
    """Beyond the first, and a few examples. An echo that was written has its answer written, and
    one whose answer is a refusal too.
    """
    kept = Kept()
    kept.come(*(echo(stan) for stan in range(WRITTEN)))
    kept.come(*(answered(stan) for stan in range(WRITTEN)))
    assert len(kept.events) == 2 * WRITTEN
    more = range(WRITTEN, WRITTEN + MORE)
    kept.come(*(echo(stan) for stan in more))
    kept.come(*(answered(stan) for stan in more))
    kept.come(answered(WRITTEN - 1), answered(WRITTEN + MORE - 1, code="91"))
    counted = kept.counted
    assert counted["echo"] == MORE - EXAMPLES
    assert counted["answer to a sign-on or an echo"] == MORE - 2 * EXAMPLES
    assert sum(isinstance(x, e.FrameSeen) for x in kept.events) == 2 * WRITTEN + 3 * EXAMPLES + 2


async def test_a_sign_off_between_sign_ons_is_seen() -> None:
    """Sign-ons are alike only while nothing signs off."""
    kept = Kept()
    kept.come(*(frame("0800", stan, de70="001") for stan in range(2 * WRITTEN)))
    assert kept.counted == {"sign-on": WRITTEN - EXAMPLES}
    kept.come(frame("0800", de70="002"))
    before = len(kept.events)
    kept.come(*(frame("0800", stan, de70="001") for stan in range(MORE)))
    assert len(kept.events) == before + MORE


async def test_echoes_whose_answers_never_come_are_counted_up_to_a_bound() -> None:
    """Which of them wait is known for so many, and not for as many as a peer likes."""
    kept = Kept()
    kept.come(*(echo(stan) for stan in range(3 * KNOWS)))
    assert kept.counted == {"echo": KNOWS}


async def test_a_host_that_answers_what_nobody_asked() -> None:
    """Our terminals know what they asked: those answers are written in the middle of the flood."""
    kept = Kept(at_host=False)
    kept.come(frame("0200", 7))
    strays = [frame("0210", stan, to="terminal") for stan in range(1_000, 2_000)]
    kept.come(*strays, frame("0210", 7, to="terminal"), *strays)
    assert kept.counted == {"stray": 2_000 - WRITTEN - EXAMPLES}
    assert frame("0210", 7, to="terminal") in kept.events


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (frame("0800", problem="no MTI"), "unreadable"),
        (frame("0200", mac="bad"), "unauthentic"),
        (frame("0500"), "not served"),
        (frame("0210"), "stray"),
        (frame("0800", to="terminal"), "network management"),
    ],
)
async def test_what_else_is_counted(event: e.Event, what: str) -> None:
    """Each says where it passed."""
    kept = Kept()
    kept.come(*[event] * (WRITTEN + MORE))
    assert kept.counted == {what: MORE - EXAMPLES}
    (more,) = (x for x in kept.events if isinstance(x, e.MoreLikeIt))
    assert isinstance(event, e.FrameSeen)
    assert (more.end, more.to) == (event.end, event.to)


@pytest.mark.parametrize(
    ("event", "what", "actor"),
    [
        (e.HostDamaged("MAC missing or wrong"), "damaged", "HOST"),
        (e.DamagedMessage("MAC missing or wrong"), "damaged", ATM),
        (e.StrayMessage("0210", "000001", ATM), "stray", ATM),
        (e.MessageRefused(ATM, "0500", "000001", "40", "not served"), "refused", "HOST"),
        (e.MessageRefused(ATM, "0210", "000001", "", "not for a host"), "refused", "HOST"),
        (e.HostRequestRefused("0200", "1", "40", "not served"), "request of the host", ATM),
        (e.SignedOn(ATM), "signed on", "HOST"),
        (e.NothingReceived(10.0), "silent connection", "HOST"),
        (e.IncompleteFrame("host", 1, 0, 5.0, True, "", "", ""), "incomplete", "HOST"),
    ],
)
async def test_what_our_machines_say_of_it(event: e.Event, what: str, actor: str) -> None:
    """The first are written, the rest is one entry."""
    kept = Kept()
    kept.come(*[event] * (WRITTEN + MORE), actor=actor)
    assert kept.counted == {what: MORE}
    assert len(kept.events) == WRITTEN + 1


async def test_connections_of_a_terminal_are_always_written() -> None:
    """When it is connected is evidence; so is an answer that repeats an element wrongly."""
    kept = Kept()
    wrong = e.DamagedMessage("DE 4 echoed wrongly")
    kept.come(*[e.LinkOpened(), e.LinkClosed("fin"), wrong] * (2 * WRITTEN))
    assert kept.counted == {}


async def test_keep_alives_are_added_up() -> None:
    """In an entry of their own kind."""
    kept = Kept()
    kept.come(*[e.KeepAlivesSeen("host", 2)] * (WRITTEN + MORE))
    assert kept.counted == {}
    assert kept.events[WRITTEN:] == [e.KeepAlivesSeen("host", 2 * MORE)]


async def test_every_second_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted is told at its end, also when nothing more comes."""
    kept = Kept()
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now)
    kept.come(*[e.SignedOn(ATM)] * (2 * WRITTEN))
    now += WINDOW
    kept.come(*[e.SignedOn(ATM)] * (2 * WRITTEN))
    assert [type(x) for x in kept.events].count(e.SignedOn) == 2 * WRITTEN
    assert kept.events[WRITTEN] == e.MoreLikeIt("signed on", WRITTEN, ATM)
    assert kept.counted == {"signed on": WRITTEN}


async def test_what_was_counted_is_told_before_what_comes_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the time of that entry, which was taken earlier: a journal has its entries in order."""
    kept = Kept()
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now)
    kept.come(*[e.SignedOn(ATM)] * (2 * WRITTEN))
    now += WINDOW
    kept.repetition.now = lambda: 5.0  # as it goes on while the entry is on its way
    kept.repetition.record(4.9, ATM, e.SignedOn(ATM))
    assert kept.times[WRITTEN:] == [4.9, 4.9]


async def test_names_without_end_are_known_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer may name another terminal in each message: what is kept of them is bounded."""
    monkeypatch.setattr("harness.live.repetition.MOST_NAMES", 3)
    kept = Kept()
    for number in range(2 * WRITTEN):
        kept.come(e.SignedOn(""), actor=f"ATM{number:05d}")
    kept.repetition.close()
    counted = [x.count for x in kept.events if isinstance(x, e.MoreLikeIt)]
    assert sum(counted) == 2 * WRITTEN - 3 - WRITTEN
