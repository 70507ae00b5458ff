"""Terminals that keep their link wrongly, trust it too much, or do not wait for the store."""

from __future__ import annotations

from harness import events as e
from harness.defects.defect import Defect
from harness.keyed_random import key_of
from harness.machines import cells_host
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.inputs import State
from harness.machines.link_supervisor import LinkSupervisor, LinkTimes
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.session import Transaction
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.machines.timers import NEVER
from harness.wire.echo import echo_of
from harness.wire.message import Kind, Message

ATTEMPTS = 4  # to connect, of the terminal that gives up


class _LosesReversals(Terminal):
    """Ignores the records of its store when it boots."""

    def boot(self, image: s.StoreImage, sensors: i.Sensors, now: float) -> None:
        empty = s.StoreImage()
        empty.marks = image.marks
        super().boot(empty, sensors, now)


class _SendsBeforeSynced(Terminal):
    """Sends a request before its intent is durable."""

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        if type(effect) is i.Send:
            self.send(effect.message)
        else:
            super().do(effect, after=after)


class _LeavesTypeOut(Terminal):
    """Its requests have no processing code."""

    def send(self, message: Message) -> None:
        if message.kind is Kind.REQUEST:
            message = message.replaced(processing_code=None)
        super().send(message)


class _AsksAgain(Terminal):
    """Keeps the last request, to send it again."""

    asked: Message | None = None
    again = False

    def send(self, message: Message) -> None:
        if message.kind is Kind.REQUEST:
            self.asked = message
        super().send(message)


def _ask_again(t: Terminal, x: i.Input, now: float) -> None:
    """Without an answer, the same is requested again under a new STAN, once, and the first request
    is not reversed.
    """
    assert isinstance(t, _AsksAgain)
    old, asked = t.transaction, t.asked
    assert old is not None
    t.again = not t.again
    if not t.again or asked is None:
        cells_host.host_timer_expired(t, x, now)
        return
    stamp, number, stan = t.calendar.stamp(now), t.next_number(), t.next_stan()
    rrn, sent = f"{number:012d}", t.dialect.sent(stamp)
    t.transaction = tx = Transaction(number, old.kind, old.pan, old.amount, stan, sent, rrn)
    request = asked.replaced(sent=tx.sent, stan=stan, rrn=rrn)
    tx.request.asked = echo_of(request)
    t.matcher.remember(tx.request)
    t.log(s.Closed(old.number))
    record = t.log(s.Intent(number, tx.kind, tx.pan, tx.amount, stan, tx.sent, rrn))
    t.emit(e.TransactionBegun(number, tx.kind, stan, tx.amount))
    t.enter(State.WAITING_FOR_HOST, now, "host_response")
    t.do(i.Send(request), after=record)


class _GivesUp(LinkSupervisor):
    """Does not connect any more after some attempts."""

    def next_deadline(self) -> float:
        return NEVER if self.connects > ATTEMPTS else super().next_deadline()


class _StopsDialling(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.link_supervisor = _GivesUp(
            settings.link_times, key_of(context.seed, "uplink", self.id)
        )


LINK_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="dials_in_step",
            summary="dials every second, without backing off",
            settings={"link_times": LinkTimes(backoff_cap=1.0)},
        ),
        cost="A fleet that waits for its host knocks all at once, and takes it down again.",
        must=("F4",),
    ),
    Defect(
        profile=TerminalProfile(
            name="stops_dialling",
            summary="dials so often and no more",
            machine=_StopsDialling,
        ),
        cost="The host is back, and the machines wait until somebody drives there.",
        must=("F3",),
        may=("H7", "T8", "T10", "H3"),
    ),
    Defect(
        profile=TerminalProfile(
            name="mac_not_checked",
            summary="takes a message whatever its MAC says",
            settings={"mac": False},
        ),
        cost="Whoever can write to the line can make it pay.",
        must=("T4.authentic",),
        may=(
            "T25",
            "T25.echo",
            "T4",
            "F2",
            "H3",
            "H7",
            "T5",
            "T6",
            "T8",
            "T9",
            "T10",
            "T13",
            "M3",
            "M4",
            "T18.wait",
            "T16",
            "T20.pause",
            "T25.sign_on",
        ),
    ),
    Defect(
        profile=TerminalProfile(
            name="sends_before_synced",
            summary="the request leaves before its intent is durable",
            machine=_SendsBeforeSynced,
        ),
        cost="After a power cut nobody knows that the host was asked, and the customer pays.",
        must=("T10",),
        may=("T8", "H3", "T27"),
    ),
    Defect(
        profile=TerminalProfile(
            name="loses_reversals_on_restart",
            summary="forgets after a power cut what its store kept",
            machine=_LosesReversals,
        ),
        cost="Who was in front of the machine when the power failed pays for cash that never came.",
        must=("T10",),
        may=("H7", "T8", "H3"),
    ),
    Defect(
        profile=TerminalProfile(
            name="leaves_type_out",
            summary="asks without saying what for (no DE 3)",
            machine=_LeavesTypeOut,
        ),
        cost="The host has to guess whether cash is wanted, or refuses everybody.",
        must=("T16",),
        may=("T4", "T8", "T14", "H3", "H9"),
    ),
    Defect(
        profile=TerminalProfile(
            name="repeats_request",
            summary="sends a request again, under a new STAN, when no answer comes",
            machine=rewired({(State.WAITING_FOR_HOST, i.HostTimerExpired): _ask_again}, _AsksAgain),
        ),
        cost="The customer is debited twice and paid once.",
        must=("T8",),
        may=("M1.clock", "T1", "T2", "T4", "T9", "F1", "F2", "H3", "T10", "T17", "M3.screen"),
    ),
)
