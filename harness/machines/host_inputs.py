"""What a host's table is asked about: states, and what meets them.

A message is classified before the table (host_cells/), so that a cell does one thing.
"""

from __future__ import annotations

from harness.machines.host_fault import NO_FAULT, HostFault
from harness.machines.link import Link
from harness.machines.transaction_log import (
    PENDING,
    REVERSED,
    STOOD_IN,
    TOMBSTONE,
    TransactionRecord,
)
from harness.wire.element_classes import Wrong
from harness.wire.identity import TransactionId
from harness.wire.message import Message


class HostState:
    """The state of a connection, or of the transaction that a message is about: of a request its
    own, of a reversal that of its original.
    """

    SIGNED_OFF = "signed off"
    """The connection has not signed on; the message is not looked up."""
    SIGNED_ON = "signed on"
    """The connection's state, for messages that are about no transaction or are not looked up."""
    UNKNOWN = "unknown"
    PENDING = "pending"
    """Received, and not decided yet."""
    APPROVED = "approved"
    """Approved and debited."""
    STOOD_IN = "stood in"
    """Approved in the issuer's stead, and the issuer has not heard of it yet."""
    DECLINED = "declined"
    NOT_POSTED = "approved, not posted"
    """Approved without a debit: a balance inquiry."""
    REVERSED = "reversed"
    """Reversed, in full or in part. A reversal that says that all was taken gives nothing back."""
    TOMBSTONE = "tombstone"
    """Reversed before it came, or before it was decided."""
    NO_ORIGINAL = "no original"
    """The reversal does not name an original that can be read."""


HOST_STATES: tuple[str, ...] = tuple(
    value for name, value in vars(HostState).items() if name.isupper()
)
RECORD_STATES: tuple[str, ...] = (
    HostState.PENDING,
    HostState.APPROVED,
    HostState.STOOD_IN,
    HostState.DECLINED,
    HostState.NOT_POSTED,
    HostState.REVERSED,
    HostState.TOMBSTONE,
)
"""The states of a transaction that the host has a record of."""


class HostInput:
    """What meets a state."""

    SIGN_ON = "sign-on"
    SIGN_ON_REFUSED = "sign-on refused"
    SIGN_OFF = "sign-off"
    ECHO = "echo"
    NOT_SUPPORTED = "not supported"
    """A message that wants an answer, and asks for what the host cannot do."""
    NOT_FOR_HOST = "not for a host"
    """A message that wants no answer of this host: an answer, or one of another version."""
    INCOMPLETE = "incomplete"
    """The message lacks an element that its kind must carry, or one that does not read."""
    NO_ROOM = "no room"
    """The host has as many terminals, or remembers as many messages, as it may."""
    WRONG_CURRENCY = "other currency"
    STAN_REUSED = "STAN reused"
    """The message has the identity of another one, and is not the same transaction."""
    REQUEST = "request"
    REQUEST_AGAIN = "request again"
    """The host has a record of exactly this request."""
    REVERSAL = "reversal"
    REVERSAL_AGAIN = "reversal again"
    """The host has a record of exactly this reversal."""
    REVERSAL_DISAGREES = "reversal disagrees"
    """The reversal does not agree with its original, or names one that the host knows otherwise."""
    REVERSAL_ISSUER_AWAY = "reversal, issuer away"
    """The issuer would have to give back what was posted, and cannot be reached."""
    COMMIT = "commit"
    """The time has come at which the host decides about a request."""
    COMMIT_ISSUER_AWAY = "commit, issuer away"
    ADVICE_ACCEPTED = "advice accepted"
    ADVICE_DECLINED = "advice declined"
    CODE_ORDERED = "code ordered"
    """A fault orders the response code of a reversal, or of network management but a sign-on."""
    HANG = "hang"
    """The host stands still as a message comes."""
    CRASH_AT_READING = "crash at reading"
    CRASH_BEFORE_COMMIT = "crash before commit"
    CRASH_AFTER_COMMIT = "crash after commit"
    CRASH_BEFORE_REVERSAL = "crash before reversal"
    CRASH_AFTER_REVERSAL = "crash after reversal"
    CRASH_OVER_ANOTHER = "crash over another"
    """The host crashes while it is about another transaction, or about none."""


Key = tuple[str, str]
"""A state and what meets it (`HostState`, `HostInput`): the key of a cell."""


class HostConnection:
    """One connection of a host. `state` is `HostState.SIGNED_OFF` or `SIGNED_ON`. `signed_on` are
    the terminals that have signed on here: several may share a connection.
    """

    __slots__ = ("link", "number", "signed_on", "state")

    def __init__(self, number: int, link: Link) -> None:
        self.number = number
        self.link = link
        self.state = HostState.SIGNED_OFF
        self.signed_on: set[str] = set()


class Received:
    """A message on its way through the host.

    `fault` is what a fault makes of it. `record` is the record of the transaction that it is about,
    `own` that of the message itself; of a request these are the same. `original` is what a reversal
    names. `why` and `elements` are why it is not served, and the data elements that are to blame.
    `code` is the response code that a fault orders, '' where none does.
    `down_for` is for how many seconds the host will be down, where it crashes over this
    message. `address` is the address of its frame, which the answer goes back to, `wrong` the
    elements that do not hold what their class says.
    """

    __slots__ = (
        "address",
        "code",
        "connection",
        "down_for",
        "elements",
        "fault",
        "message",
        "original",
        "own",
        "record",
        "why",
        "wrong",
    )

    def __init__(
        self,
        connection: HostConnection,
        message: Message,
        address: bytes = b"",
        wrong: Wrong = (),
    ) -> None:
        self.connection = connection
        self.message = message
        self.address = address
        self.wrong = wrong
        self.fault: HostFault = NO_FAULT
        self.record: TransactionRecord | None = None
        self.own: TransactionRecord | None = None
        self.original: TransactionId | None = None
        self.down_for = 0.0
        self.code = ""
        self.why = ""
        self.elements: tuple[str, ...] = ()


def state_of(record: TransactionRecord | None) -> str:
    """The state of a transaction with that record; None: the host has none."""
    if record is None:
        return HostState.UNKNOWN
    if record.state == PENDING:
        return HostState.PENDING
    if record.state == TOMBSTONE:
        return HostState.TOMBSTONE
    if record.state == REVERSED or record.reversed > 0:
        return HostState.REVERSED
    if record.state == STOOD_IN:
        return HostState.STOOD_IN
    if not record.approval:
        return HostState.DECLINED
    return HostState.APPROVED if record.amount else HostState.NOT_POSTED
