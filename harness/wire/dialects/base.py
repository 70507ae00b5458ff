"""What every dialect of ISO 8583 makes and reads; each is a subclass in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from harness.wire.calendar import Stamp
from harness.wire.element_classes import ElementClasses, Wrong
from harness.wire.message import Fields, Kind, Message, Station


class Form(NamedTuple):
    """How a dialect writes an element, for specifications that have it otherwise (`wire.fitting`).

    `kind` is 'number' (leading zeros mean nothing), 'text' (blanks at its end mean nothing),
    'place' (a text that may be cut), 'track' or 'exact'; `ours` is how many characters are written,
    0 where that varies. An element that `matters` is not left out because it does not fit.
    """

    kind: str
    ours: int
    matters: bool = True


class Dialect:
    """Makes and reads the messages of one version of the standard, as one network uses it.

    A subclass names its `Message` class, its codes, and builds each message that a terminal or a
    host of ours sends. Reading never fails: what cannot be understood has `Kind.OTHER`.
    """

    name: ClassVar[str] = ""
    message: ClassVar[type[Message]] = Message
    FORMS: ClassVar[Mapping[str, Form]] = {}
    """How the elements are written that a specification may have otherwise."""
    TABLE: ClassVar[str] = "iso87"
    """The table of the standard (fixtures/specs/tables) that has the elements' classes."""
    widths: Mapping[str, int] = {}
    """How long the elements of fixed length are in the specification that is in use."""
    classes: ElementClasses | None = None
    """The classes of the elements in the specification that is in use; None without one."""

    def __init__(self, *, packed_track2: bool = False) -> None:
        """`packed_track2` is whether the specification packs track 2 (DE 35), so that its
        separator is 'D' and not '='.
        """
        self.packed_track2 = packed_track2
        self.codes = self.message.CODES

    def read(self, fields: Fields) -> Message:
        """The fields of a decoded message, by their meaning."""
        return self.message(fields)

    def wrong(self, message: Message) -> Wrong:
        """The elements that do not hold what their class says; without a specification none."""
        return self.classes.wrong(message) if self.classes is not None else ()

    def sent(self, stamp: Stamp) -> str:
        """The time that names a transaction of that moment, as `Message.sent` reads it back."""
        raise NotImplementedError

    def message_types(self) -> tuple[str, ...]:
        """The MTIs of the messages that pass between a terminal and a host of ours."""
        raise NotImplementedError

    def mti_of(self, kind: Kind) -> str:
        """The MTI of the messages of that kind.

        Raises:
            KeyError: this dialect has no such message.
        """
        for mti, its_kind in self.message.KINDS.items():
            if its_kind is kind:
                return mti
        raise KeyError(kind)

    # --- what a terminal sends -----------------------------------------------------

    def request(
        self,
        station: Station,
        *,
        kind: str,
        pan: str,
        expiry: str,
        track2: str,
        pin_block: str,
        amount: int,
        stan: str,
        rrn: str,
        stamp: Stamp,
    ) -> Message:
        """A financial request of kind 'withdrawal' or 'balance'; `amount` in minor units."""
        raise NotImplementedError

    def reversal(
        self,
        station: Station,
        *,
        pan: str,
        amount: int,
        taken: int | None,
        stan: str,
        stamp: Stamp,
        rrn: str,
        code: str,
        reason: str,
        original_stan: str,
        original_sent: str,
    ) -> Message:
        """A reversal advice. `code` is the response code of the original, '' if it was not
        answered; `taken` the minor units that were dispensed, None for a full reversal.
        """
        raise NotImplementedError

    def repeat(self, advice: Message) -> Message:
        """The same advice again: all is alike but the MTI."""
        raise NotImplementedError

    def advice(self, request: Message, amount: int) -> Message:
        """What was approved in the issuer's stead, under the request's own identity; `amount` in
        minor units.
        """
        raise NotImplementedError

    def network(self, station: Station, function: str, *, stan: str, sent: str) -> Message:
        """A network management message: function 'sign_on', 'sign_off' or 'echo'."""
        raise NotImplementedError

    # --- what a host sends ---------------------------------------------------------

    def answer(
        self,
        request: Message,
        code: str,
        *,
        amount: int | None = None,
        approval: str = "",
        balance: int | None = None,
        day: str = "",
    ) -> Message:
        """The response to any request or advice, its keys echoed. `amount` takes the place of the
        request's amount, where less was approved; `balance` is what is on the account (both in
        minor units), `day` the business day (MMDD).
        """
        raise NotImplementedError
