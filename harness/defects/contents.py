"""Terminals that say what is not true, in elements on which no money hangs."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from harness.defects.defect import Defect
from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.wire.calendar import Calendar, Stamp
from harness.wire.dialects.base import Dialect
from harness.wire.message import Message


class _Saying:
    """A dialect whose messages of a terminal are altered before anybody has seen them."""

    def __init__(self, dialect: Dialect, terminal: _Untruthful) -> None:
        self._dialect = dialect
        self._terminal = terminal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def request(self, *args: Any, **given: Any) -> Message:
        return self._terminal.asks(self._dialect.request(*args, **given))

    def reversal(self, *args: Any, **given: Any) -> Message:
        return self._terminal.reverses(self._dialect.reversal(*args, **given))


class _Untruthful(Terminal):
    """Says something else than it should. What it says it stands by: it expects it back."""

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.dialect = cast(Dialect, _Saying(self.dialect, self))

    def asks(self, request: Message) -> Message:
        """The request that leaves."""
        return request

    def reverses(self, reversal: Message) -> Message:
        """The reversal that leaves."""
        return reversal


# --- of the card ------------------------------------------------------------------------------


class _LosesADigit(_Untruthful):
    """The last digit of the card's number does not fit into its field."""

    def asks(self, request: Message) -> Message:
        return request.replaced(pan=request.pan[:-1])


def _read_number_alone(t: Terminal, x: i.CardRead, now: float) -> None:
    """The buffer of track 2 is not cleared, and the first card that was read stays in it."""
    kept = vars(t).setdefault("track_that_stays", x.track2)
    cells_card.card_read(t, msgspec.structs.replace(x, track2=kept), now)


class _PinOfTheFirst(_Untruthful):
    """Makes each PIN block with the number of the first card that it has read."""

    first = ""

    def asks(self, request: Message) -> Message:
        self.first = self.first or request.pan
        session = self.session
        assert session is not None, "a request is part of a session"
        return request.replaced(pin_block=self.pin.block(session.pin, self.first))


class _ExpiryTurned(_Untruthful):
    """Writes the expiry date as it is printed on the card: the month first."""

    def asks(self, request: Message) -> Message:
        return request.replaced(expiry=request.expiry[2:] + request.expiry[:2])


# --- of the time ------------------------------------------------------------------------------


class _LocalCalendar(Calendar):
    """Its UTC is the local time."""

    def __init__(self, right: Calendar) -> None:
        super().__init__(right.epoch, right.utc_offset)
        self._right = right

    def stamp(self, now: float) -> Stamp:
        stamp = self._right.stamp(now)
        return stamp._replace(sent=stamp.date[2:] + stamp.time)

    def sent(self, now: float) -> str:
        return self.stamp(now).sent


class _UtcCalendar(Calendar):
    """Its local time is UTC."""

    def __init__(self, right: Calendar) -> None:
        super().__init__(right.epoch, right.utc_offset)
        self._right = right

    def stamp(self, now: float) -> Stamp:
        stamp = self._right.stamp(now)
        return stamp._replace(time=stamp.sent[4:], date=stamp.date[:2] + stamp.sent[:4])

    def sent(self, now: float) -> str:
        return self._right.sent(now)


class _LocalForUtc(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.calendar = _LocalCalendar(self.calendar)


class _UtcForLocal(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.calendar = _UtcCalendar(self.calendar)


# --- of the amount ----------------------------------------------------------------------------


class _AsksInDollars(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.station = msgspec.structs.replace(self.station, currency="840")


class _NamesSavings(_Untruthful):
    """Asks for cash from the savings account (10), whatever the customer has chosen."""

    def asks(self, request: Message) -> Message:
        code = request.text("processing_code")
        return request.replaced(processing_code=f"{code[:2]}10{code[4:]}")


class _ClaimsAFee(_Untruthful):
    """Says in a partial reversal that it has kept a fee, where it charges none."""

    def reverses(self, reversal: Message) -> Message:
        if reversal.amount_taken is None:
            return reversal
        amounts = reversal.text("replacement_amounts")
        return reversal.replaced(replacement_amounts=f"{amounts[:-8]}{500:08d}")


# --- of itself --------------------------------------------------------------------------------


class _EmptyPlace(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.station = msgspec.structs.replace(self.station, place=" " * 40)


class _AnotherBank(Terminal):
    """It was moved from another bank, and its set-up was not."""

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.station = msgspec.structs.replace(self.station, acceptor=f"{'OTHER BANK':<15}")


# --- of what was said before ------------------------------------------------------------------


class _AnswersForTheHost(_Untruthful):
    """Puts the code for 'issuer not available' into the reversal of what was not answered."""

    def reverses(self, reversal: Message) -> Message:
        return (
            reversal
            if reversal.code
            else reversal.replaced(code=self.dialect.codes["system_error"])
        )


class _HidesTheAnswer(_Untruthful):
    """Leaves the response code out of the reversal of what was answered."""

    def reverses(self, reversal: Message) -> Message:
        return reversal.replaced(code=None)


class _LeavesRrnOut(_Untruthful):
    """Leaves the retrieval reference number out of reversals."""

    def reverses(self, reversal: Message) -> Message:
        return reversal.replaced(rrn=None)


class _PinBlockInReversal(_Untruthful):
    """Makes the reversal from the last request, and leaves its PIN block in."""

    block = ""

    def asks(self, request: Message) -> Message:
        self.block = request.pin_block or ""
        return request

    def reverses(self, reversal: Message) -> Message:
        return reversal.replaced(pin_block=self.block) if self.block else reversal


# --- numbers ----------------------------------------------------------------------------------


class _StansAnew(Terminal):
    """Begins its STANs anew whenever it is switched on."""

    def _reserve(self) -> None:
        if not vars(self).get("has_begun"):
            vars(self)["has_begun"] = True
            self._stan = self.settings.first_stan
        super()._reserve()


class _RrnOfTheDay(_Untruthful):
    """Makes the retrieval reference number from the date alone."""

    def asks(self, request: Message) -> Message:
        return request.replaced(rrn=f"{request.sent[:4]:0>12}")

    def reverses(self, reversal: Message) -> Message:
        original = reversal.original
        assert original is not None, "a reversal of ours names its original"
        return reversal.replaced(rrn=f"{original.sent[:4]:0>12}")


CONTENT_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="loses_a_digit",
            summary="leaves out the last digit of the card's number (DE 2)",
            machine=_LosesADigit,
        ),
        cost="Whoever has the number that is left is charged, or nobody is served.",
        must=("M1.card",),
    ),
    Defect(
        profile=TerminalProfile(
            name="track_of_the_first",
            summary="sends the track 2 of the first card that it has read with every request",
            machine=rewired({(State.CARD_IN, i.CardRead): _read_number_alone}),
        ),
        cost="An issuer that goes by the track charges the same customer all day.",
        must=("M1.card",),
    ),
    Defect(
        profile=TerminalProfile(
            name="pin_block_of_the_first",
            summary="makes every PIN block with the number of the first card that it has read",
            machine=_PinOfTheFirst,
        ),
        cost="The right PIN is refused, and after three tries the card is blocked.",
        must=("M1.card",),
    ),
    Defect(
        profile=TerminalProfile(
            name="expiry_turned",
            summary="writes the expiry date with the month first (DE 14)",
            machine=_ExpiryTurned,
        ),
        cost="Valid cards are refused as expired, and expired ones are not.",
        must=("M1.card",),
    ),
    Defect(
        profile=TerminalProfile(
            name="local_for_utc",
            summary="sends the local time where UTC belongs (DE 7)",
            machine=_LocalForUtc,
        ),
        cost="In the hour that comes twice two transactions have one name.",
        must=("M1.clock",),
    ),
    Defect(
        profile=TerminalProfile(
            name="utc_for_local",
            summary="sends UTC where the local time belongs (DE 12, 13)",
            machine=_UtcForLocal,
        ),
        cost="The customer's statement says a time at which the customer was elsewhere.",
        must=("M1.clock",),
    ),
    Defect(
        profile=TerminalProfile(
            name="asks_in_dollars",
            summary="asks for dollars (DE 49), and pays euros",
            machine=_AsksInDollars,
        ),
        cost="The customer is charged at a rate for money that is of another country.",
        must=("M1.amount",),
    ),
    Defect(
        profile=TerminalProfile(
            name="names_savings",
            summary="asks for cash from the savings account (DE 3), whatever was chosen",
            machine=_NamesSavings,
        ),
        cost="Money is taken from the account that the customer wanted to leave alone.",
        must=("M1.amount",),
    ),
    Defect(
        profile=TerminalProfile(
            name="claims_a_fee",
            summary="says in a partial reversal that it has kept a fee (DE 95)",
            machine=_ClaimsAFee,
        ),
        cost="The customer is charged for a trouble that the machine has had.",
        must=("M1.amount",),
    ),
    Defect(
        profile=TerminalProfile(
            name="empty_place",
            summary="does not say where it stands (DE 43)",
            machine=_EmptyPlace,
        ),
        cost="Nobody recognises the withdrawal on the statement, and it is disputed.",
        must=("M1.terminal",),
    ),
    Defect(
        profile=TerminalProfile(
            name="another_bank",
            summary="names another bank than the one that it stands in (DE 42)",
            machine=_AnotherBank,
        ),
        cost="The other bank is asked for what it never paid, and is paid for it.",
        must=("M1.terminal",),
    ),
    Defect(
        profile=TerminalProfile(
            name="answers_for_the_host",
            summary="puts a response code into the reversal of what was not answered (DE 39)",
            machine=_AnswersForTheHost,
        ),
        cost="Whoever looks into it sees that the host has answered, and looks in the wrong place.",
        must=("M1.original",),
    ),
    Defect(
        profile=TerminalProfile(
            name="hides_the_answer",
            summary="leaves the response code out of a reversal (DE 39)",
            machine=_HidesTheAnswer,
        ),
        cost="An approval that was reversed looks as if there had been none.",
        must=("M1.original",),
    ),
    Defect(
        profile=TerminalProfile(
            name="leaves_rrn_out",
            summary="leaves the retrieval reference number out of a reversal (DE 37)",
            machine=_LeavesRrnOut,
        ),
        cost="Nobody finds the reversal under the number that is on the customer's receipt.",
        must=("M1.original",),
    ),
    Defect(
        profile=TerminalProfile(
            name="pin_block_in_reversal",
            summary="sends the PIN block of the request with its reversal too (DE 52)",
            machine=_PinBlockInReversal,
        ),
        cost="PIN blocks wait in the queue of reversals for as long as the host is away.",
        must=("M1",),
    ),
    Defect(
        profile=TerminalProfile(
            name="stans_anew",
            summary="begins its STANs anew whenever it is switched on (DE 11)",
            machine=_StansAnew,
        ),
        cost="After a power cut what is looked up by its number is somebody else's.",
        must=("M2",),
    ),
    Defect(
        profile=TerminalProfile(
            name="rrn_of_the_day",
            summary="makes the retrieval reference number from the date alone (DE 37)",
            machine=_RrnOfTheDay,
        ),
        cost="A complaint finds all customers of the day under the number of one.",
        must=("M2",),
    ),
)
