"""The tap: what passed on a link, decoded and verified apart from both ends.

A tap has its own decoder, its own MAC check and its own reassembly of the stream, and it writes
down what it saw as `FrameSeen`. At the terminal's end it stands inside the faults, so that it
sees exactly what the terminal saw; at the host's end it sees what the host saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from msgspec import UNSET

from harness.crypto.keys import token
from harness.crypto.pin import PinBlockError, PinCrypto
from harness.errors import DecodeError
from harness.events import End, FrameSeen, IncompleteFrame, KeepAlivesSeen
from harness.machines.authorization import account_for
from harness.shown import shown_bytes
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.deframer import Deframer, Frame
from harness.wire.dialects.base import Dialect
from harness.wire.element_classes import Wrong
from harness.wire.format_detector import FormatDetector
from harness.wire.framing import Framing
from harness.wire.kinds import ASKING
from harness.wire.message import Fields, Message, MessageClass
from harness.wire.particulars import tracks_unlike


class Look(NamedTuple):
    """What a tap finds in one frame: its fields, what is to be said of its MAC ('good', 'bad' or
    'none'), the digest of an advice's contents, why it would not decode ('' if it did), and whether
    it is network management, and the elements that do not hold what their class says. `card` is the
    token of the card that a request or a reversal names, and `unlike` are the elements that are of
    another card than that one. `pin` is 'right' or 'wrong' where the PIN of that card is known, and
    `account` is the token of the account that the card draws on. `echo` is whether it asks for an
    echo or is the answer.
    """

    fields: Fields
    mac: str
    digest: str
    problem: str
    network_management: bool
    wrong: Wrong = ()
    card: str = ""
    unlike: tuple[str, ...] = ()
    pin: str = ""
    account: str = ""
    echo: bool = False


class TapDecoder:
    """Decodes and verifies frames for all taps of a run. A frame that passes several taps
    unaltered is looked at once: equal bytes mean equal verdicts.
    """

    REMEMBERS = 512
    LONGEST = 2_048
    """Bytes of a message that is remembered: what a peer sends once must not fill the memory."""
    GUESSES = 100
    """A stream that does not read is looked at in each format that there is, which takes longer
    than all else about it. After so many, in a run in which nothing is read, nobody learns more.
    """

    __slots__ = (
        "_codec", "_dialect", "_digest_key", "_guess", "_guessed", "_guesses", "_known", "_pin",
        "_pin_of", "framing",
    )  # fmt: skip

    def __init__(
        self,
        codec: AuthenticatedCodec,
        dialect: Dialect,
        framing: Framing,
        digest_key: bytes,
        guess: FormatDetector | None = None,
        pin: PinCrypto | None = None,
        pin_of: Callable[[str], str | None] = lambda _pan: None,
    ) -> None:
        """`digest_key` is the key of the tokens of cards too. `pin` opens PIN blocks; without it
        they are not looked at, as where the terminals are somebody else's. `pin_of` gives a card's
        right PIN for its PAN, None where nobody knows it. `guess` is asked what a
        stream looks like that does not read from its first frame on, as when somebody else's
        machine is set up differently.
        """
        self._guess = guess
        self._guesses = self.GUESSES
        self._guessed = (b"", "")  # the last stream, and what it looks like: two taps ask for it
        self._codec = codec
        self._dialect = dialect
        self.framing = framing
        self._digest_key = digest_key
        self._pin = pin
        self._pin_of = pin_of
        self._known: dict[bytes, Look] = {}

    def look(self, payload: bytes) -> Look:
        """What one message says, and whether its MAC is right."""
        seen = self._known.get(payload)
        if seen is None:
            seen = self._look(payload)
            if len(self._known) >= self.REMEMBERS:
                self._known.clear()
            if len(payload) <= self.LONGEST:
                self._known[payload] = seen
            if not seen.problem and self._guesses < self.GUESSES:
                self._guesses += 1
        return seen

    def hint(self, stream: bytes) -> str:
        """What the start of a stream that does not read looks like; '' if like nothing known."""
        if self._guess is None:
            return ""
        if stream != self._guessed[0] and self._guesses > 0:
            self._guesses -= 1
            self._guessed = (stream, self._guess.hint(stream))
        return self._guessed[1] if stream == self._guessed[0] else ""

    def incomplete(
        self, stream: Deframer, to: End, waited: float, *, closed: bool
    ) -> IncompleteFrame:
        """What is to be told of the bytes that wait in a stream on its way `to` an end."""
        data, guess = stream.rest, self._guess
        return IncompleteFrame(
            to,
            size=len(data),
            missing=stream.missing,
            waited=round(waited, 3),
            closed=closed,
            shown=shown_bytes(data),
            lengths=guess.lengths(data) if guess is not None else "",
            hint=self.hint(data),
        )

    def _look(self, payload: bytes) -> Look:
        try:
            fields, mac = self._codec.decode(payload)
        except DecodeError as error:
            return Look({}, "none", "", str(error), network_management=False)
        message = self._dialect.read(fields)
        digest = self._digest(message) if message.message_class == MessageClass.REVERSAL else ""
        wrong = self._dialect.wrong(message) if mac != "bad" else ()  # else it says nothing
        management = message.is_network_management
        look = Look(fields, mac, digest, "", management, wrong)
        if management:
            return look._replace(echo=message.function == "echo")
        if message.kind not in ASKING or not message.pan:
            return look
        card, unlike = token(self._digest_key, message.pan), tracks_unlike(message.fields)
        pin = self._pin_in(message)
        if pin is None:
            unlike = (*unlike, message.element("pin_block"))
        right = self._pin_of(message.pan) if pin else None
        verdict = "" if right is None else "right" if pin == right else "wrong"
        account = token(self._digest_key, account_for(message))
        return look._replace(card=card, unlike=tuple(unlike), pin=verdict, account=account)

    def _pin_in(self, message: Message) -> str | None:
        """The PIN in the PIN block of a message; '' where there is none that could be looked at,
        None if it does not open for the card that the message names.
        """
        block = message.pin_block
        if not block or self._pin is None:
            return ""
        try:
            return self._pin.pin(block, message.pan)
        except (PinBlockError, ValueError):
            return None

    def _digest(self, message: Message) -> str:
        """Only reversals are compared with their repeats (T13), so only they are digested."""
        contents = message.contents().encode()
        return blake2b(contents, digest_size=8, key=self._digest_key).hexdigest()


class Tap:
    """One direction at one end of one connection.

    `latest` is the message of the frame that it saw last, whether it was reported or not; None if
    that would not decode. `stream` is the stream that it cuts into frames. `keep_alives` counts
    those that are not told yet.
    """

    __slots__ = (
        "_at_host", "_begun", "_broken", "_decoder", "_doubt", "_end", "_from_terminal",
        "_management", "_sign_ons", "_to", "keep_alives", "latest", "stream",
    )  # fmt: skip

    def __init__(
        self,
        decoder: TapDecoder,
        end: End,
        to: End,
        *,
        management: bool = True,
        sign_ons: bool = True,
    ) -> None:
        """Without `management`, network management messages are not reported (at the host's end
        they tell nothing that the terminal's end has not); with `sign_ons` those are that are no
        echoes: on them it hangs what the host may serve.
        """
        self._decoder = decoder
        self._end = end
        self._to = to
        self._from_terminal = (end, to) == ("terminal", "host")
        self._at_host = (end, to) == ("host", "host")
        self._management = management
        self._sign_ons = management or sign_ons
        self.stream = decoder.framing.deframer()
        self.keep_alives = 0
        self._doubt = ""
        self._broken = False
        self._begun = False  # has a first frame been read, well or badly?
        self.latest: Fields | None = None

    def reset(self) -> None:
        """A new connection."""
        self.stream.reset()
        self.keep_alives = 0
        self._doubt = ""
        self._broken = self._begun = False
        self.latest = None

    def see(self, data: bytes) -> list[FrameSeen]:
        """The frames that these bytes complete."""
        seen = []
        self.latest = None
        frames = self.stream.feed(data)
        for frame in frames:
            if not frame.payload:
                self.keep_alives += 1
                continue
            look = self._decoder.look(frame.payload)
            fields, mac, digest, problem, network_management, wrong = look[:6]
            card, unlike, pin, account, echo = look[6:]
            if not self._begun:
                problem = self._first(problem, frames)
            self.latest = fields or None
            if network_management and not (self._management or (self._sign_ons and not echo)):
                continue
            if not (card and self._from_terminal):
                card, unlike, pin = "", (), ""
            seen.append(
                FrameSeen(
                    *(self._end, self._to, fields, mac, digest, len(frame.payload), problem),  # type: ignore[arg-type]
                    *(wrong or UNSET, card or UNSET, unlike or UNSET, pin or UNSET),
                    account=account if account and self._at_host else UNSET,
                )
            )
        if self.stream.error is not None and not self._broken:
            self._broken = True
            problem = str(self.stream.error)
            if not self._begun:
                problem = self._first(problem, frames)
            size = len(self.stream.rest)
            seen.append(FrameSeen(self._end, self._to, {}, "none", "", size, problem))
        return seen

    def _first(self, problem: str, frames: Sequence[Frame]) -> str:
        """The first message of a stream has come. What it looks like, where it does not read; where
        it does, an empty frame in front of it may be the half of a longer header.
        """
        self._begun = True
        if not problem and frames[0].payload:
            return ""
        stream = b"".join(frame.raw for frame in frames) + self.stream.rest
        hint = self._decoder.hint(stream)
        if problem:
            return f"{problem}; {hint}" if hint else problem
        self._doubt = hint
        return ""

    def told_keep_alives(self) -> KeepAlivesSeen:
        """The keep-alives since this was last asked."""
        count, self.keep_alives = self.keep_alives, 0
        hint, self._doubt = self._doubt, ""
        return KeepAlivesSeen(self._to, count, hint)
