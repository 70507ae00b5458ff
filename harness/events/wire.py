"""Events of the wire: what passed on a link, as the tap saw it. They are evidence."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from harness.events.base import End, Event


class WireEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "wire"


class FrameSeen(WireEvent, frozen=True, gc=False):
    """A frame passed one end of a link. Decoded and MAC-checked by the tap, not by the machines.

    `fields` maps data elements to text ('t' is the MTI); in memory they are clear, and the
    journal masks PAN, track and PIN block as it writes. `digest` is a keyed hash over all
    fields but MTI, bitmaps and MAC, so that repeats can be compared after masking. `mac` is 'good',
    'bad' or 'none'. `size` is in bytes. `problem` says why the frame would not decode, and is ''
    when it did. `wrong` are the elements that do not hold what their class says, each with what it
    must hold; where all do, the journal has no such key.

    Of a request or a reversal as it leaves the terminal, `card` is the token of the card that it
    names, and `unlike` are the elements that belong to another card than that one: a track, an
    expiry date, a PIN block. The fields alone could not tell once they are masked. Nor could they
    tell whether the `pin` in the PIN block is the 'right' one of that card or a 'wrong' one; where
    nobody knows the card's PIN, there is no such key. Of one as it comes to the host, `account` is
    the token of the account that its card draws on in a ledger of ours.
    """

    end: End
    to: End
    fields: dict[str, str]
    mac: Literal["good", "bad", "none"]
    digest: str
    size: int
    problem: str = ""
    wrong: tuple[tuple[str, str], ...] | UnsetType = UNSET
    card: str | UnsetType = UNSET
    unlike: tuple[str, ...] | UnsetType = UNSET
    pin: str | UnsetType = UNSET
    account: str | UnsetType = UNSET

    def __repr__(self) -> str:
        """Without the fields, which are clear in memory."""
        what = self.problem or f"{len(self.fields)} fields, MAC {self.mac}"
        return f"FrameSeen(at the {self.end}'s end, to {self.to}, {self.size} bytes: {what})"


class AdviceSeen(WireEvent, frozen=True, gc=False):
    """A message between stand-in and issuer, decoded on its way to 'issuer' or 'host'. `fields`
    holds only those without card data.
    """

    to: Literal["issuer", "host"]
    terminal: str
    fields: dict[str, str]
    mac: Literal["good", "bad", "none"]


class KeepAlivesSeen(WireEvent, frozen=True, gc=False):
    """Frames without a message came on their way `to` an end: so many keep-alives. `hint`: what
    else they may be, where one of them was the first thing that came.
    """

    to: End
    count: int
    hint: str = ""


class IncompleteFrame(WireEvent, frozen=True, gc=False):
    """Bytes on their way `to` an end are no whole frame, and `missing` bytes more were announced
    (0: not even the header is whole). They have waited for `waited` run seconds, or the connection
    has ended (`closed`).

    `size` is how many bytes there are, `shown` the first of them, `lengths` what their header means
    in each framing, and `hint` what they look like.
    """

    to: End
    size: int
    missing: int
    waited: float
    closed: bool
    shown: str
    lengths: str
    hint: str


class FrameCompleted(WireEvent, frozen=True, gc=False):
    """What `IncompleteFrame` told of has become a whole frame after all, so many run seconds after
    its first byte. What is in it stands in a `FrameSeen`.
    """

    to: End
    waited: float


class NothingReceived(WireEvent, frozen=True, gc=False):
    """A connection has stood for so many run seconds, and not one byte has come on it."""

    seconds: float


class LinkOpened(WireEvent, frozen=True, gc=False):
    """A connection has been established, seen at the terminal's end. A host that stands alone
    records under its own name that it has accepted one, as long before anybody knows whose it is.
    """


class ConnectionUsed(WireEvent, frozen=True, gc=False):
    """What follows of this terminal passes on the connection of that number, which a host that
    stands alone counts from 1. A terminal of somebody else may have several, and share them.
    """

    number: int


class LinkClosed(WireEvent, frozen=True, gc=False):
    """The connection is gone, seen at the terminal's end: fin, rst, local (we closed), garbage (a
    frame could not be delimited) or ended (the run is over).
    """

    how: str


class ConnectFailed(WireEvent, frozen=True, gc=False):
    """The terminal could not connect; `how` says why."""

    how: str


class HungUp(WireEvent, frozen=True, gc=False):
    """Our end has reset a connection to protect the others. `why`: 'does not read' (`size` bytes
    wait for it, and it has taken none of them for so many `seconds` of the clock), or, where the
    greatest number of connections was reached and another one came, 'never sent a message' or 'does
    not end its frame'.
    """

    why: str
    seconds: float
    size: int = 0


class ConnectionsRefused(WireEvent, frozen=True, gc=False):
    """Our end has refused so many connections since the last such entry, while `open` others stood.
    There were too many of `what`: 'connections' (more than the run allows) or 'descriptors' (more
    than the process may have).
    """

    count: int
    open: int
    what: str


class MoreLikeIt(WireEvent, frozen=True, gc=False):
    """Since the last such entry, `count` more entries of this sort were to be written, and are only
    counted: a peer floods the run with them. `what` they are, and `why` where that differs ('' if
    not): the problem of what does not read, the MTI of a stray message, the reason of a refusal.
    `end` and `to` are those of frames, '' for other events.
    """

    what: str
    count: int
    why: str = ""
    end: str = ""
    to: str = ""
