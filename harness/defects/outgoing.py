"""Terminals whose messages are sealed, numbered, dated or marked wrongly, or hold another PIN."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines.effects import Transmit
from harness.machines.profile import TerminalProfile
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.wire.calendar import Calendar, Stamp
from harness.wire.message import Kind, Message


class _SealsWrongly(Terminal):
    """The last byte of the MAC of its requests is wrong."""

    def send(self, message: Message) -> None:
        if message.kind is not Kind.REQUEST or not self.link_supervisor.connected:
            super().send(message)
            return
        data = self.link.frame(message)
        self.effects.append(Transmit(data[:-1] + bytes([data[-1] ^ 1]), message.mti))


class _BeginsWithZero(Terminal):
    """Its first STAN is 0."""

    def next_stan(self) -> str:
        return f"{int(super().next_stan()) - 1:06d}"


class _AlwaysARepeat(Terminal):
    """Marks each request as a repeat."""

    def send(self, message: Message) -> None:
        if message.kind is Kind.REQUEST:
            message = self.dialect.repeat(message)
        super().send(message)


class _ForgetsTheKeys(Terminal):
    """Its key pad gives another PIN than the one that was typed, of as many digits."""

    def send(self, message: Message) -> None:
        if message.kind is Kind.REQUEST and message.pin_block:
            typed = self.pin.pin(message.pin_block, message.pan)
            other = "".join(str((int(digit) + 1) % 10) for digit in typed)
            message = message.replaced(pin_block=self.pin.block(other, message.pan))
        super().send(message)


class _FirstDay(Calendar):
    """Looks its local date up once."""

    def __init__(self, right: Calendar) -> None:
        super().__init__(right.epoch, right.utc_offset)
        self._right = right
        self._date = ""

    def stamp(self, now: float) -> Stamp:
        stamp = self._right.stamp(now)
        self._date = self._date or stamp.date
        return stamp._replace(date=self._date)

    def sent(self, now: float) -> str:
        return self._right.sent(now)


class _KeepsItsDate(Terminal):
    """Its date is that of its first message after each start."""

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.calendar = _FirstDay(self.calendar)


OUTGOING_DEFECTS: tuple[Defect, ...] = (
    Defect(
        profile=TerminalProfile(
            name="seals_wrongly",
            summary="sends its requests under a MAC that is wrong",
            machine=_SealsWrongly,
        ),
        cost="The host drops each request, and every customer waits for nothing.",
        must=("M1",),
    ),
    Defect(
        profile=TerminalProfile(
            name="begins_with_zero",
            summary="begins its STANs with 0 (DE 11)",
            machine=_BeginsWithZero,
        ),
        cost="Hosts refuse the first message of the day, which is the sign-on.",
        must=("M2",),
    ),
    Defect(
        profile=TerminalProfile(
            name="always_a_repeat",
            summary="marks each request as a repeat of what it never sent",
            machine=_AlwaysARepeat,
        ),
        cost="A host that looks for the first of them answers that there is none.",
        must=("M2",),
    ),
    Defect(
        profile=TerminalProfile(
            name="another_pin",
            summary="sends another PIN than the one that was typed (DE 52)",
            machine=_ForgetsTheKeys,
        ),
        cost="Every customer is told that the right PIN is wrong, until the card is blocked.",
        must=("M1.card",),
    ),
    Defect(
        profile=TerminalProfile(
            name="keeps_its_date",
            summary="sends the date of the day on which it was started (DE 13)",
            machine=_KeepsItsDate,
        ),
        cost="From midnight on each withdrawal is of yesterday, and on 1 January of last year.",
        must=("M1.clock",),
    ),
)
