"""The tap: what passed on a link, decoded and verified apart from both ends.

A tap has its own decoder, its own MAC check and its own reassembly of the stream, and it writes
down what it saw as `FrameSeen`. At the terminal's end it stands inside the faults, so that it
sees exactly what the terminal saw; at the host's end it sees what the host saw.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from harness.errors import DecodeError
from harness.events import End, FrameSeen
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.dialects.base import Dialect
from harness.wire.format_detector import FormatDetector
from harness.wire.framing import Framing
from harness.wire.message import Fields, Message, MessageClass


class Look(NamedTuple):
    """What a tap finds in one frame: its fields, what is to be said of its MAC ('good', 'bad' or
    'none'), the digest of an advice's contents, why it would not decode ('' if it did), and whether
    it is network management.
    """

    fields: Fields
    mac: str
    digest: str
    problem: str
    network_management: bool


class TapDecoder:
    """Decodes and verifies frames for all taps of a run. A frame that passes several taps
    unaltered is looked at once: equal bytes mean equal verdicts.
    """

    REMEMBERS = 512

    __slots__ = ("_codec", "_dialect", "_digest_key", "_guess", "_known", "framing")

    def __init__(
        self,
        codec: AuthenticatedCodec,
        dialect: Dialect,
        framing: Framing,
        digest_key: bytes,
        guess: FormatDetector | None = None,
    ) -> None:
        """`guess` is asked what a stream looks like that does not read from its first frame on,
        as when somebody else's machine is set up differently.
        """
        self._guess = guess
        self._codec = codec
        self._dialect = dialect
        self.framing = framing
        self._digest_key = digest_key
        self._known: dict[bytes, Look] = {}

    def look(self, payload: bytes) -> Look:
        """What one message says, and whether its MAC is right."""
        seen = self._known.get(payload)
        if seen is None:
            seen = self._look(payload)
            if len(self._known) >= self.REMEMBERS:
                self._known.clear()
            self._known[payload] = seen
        return seen

    def remedy(self, stream: bytes) -> str:
        """What would have read the start of a stream, as the end of a sentence; or ''."""
        flags = self._guess.remedy(stream) if self._guess is not None else ""
        return f"; it reads with {flags}" if flags else ""

    def _look(self, payload: bytes) -> Look:
        try:
            fields, mac = self._codec.decode(payload)
        except DecodeError as error:
            return Look({}, "none", "", str(error), network_management=False)
        message = self._dialect.read(fields)
        digest = self._digest(message) if message.message_class == MessageClass.REVERSAL else ""
        return Look(fields, mac, digest, "", message.is_network_management)

    def _digest(self, message: Message) -> str:
        """Only reversals are compared with their repeats (T13), so only they are digested."""
        contents = message.contents().encode()
        return blake2b(contents, digest_size=8, key=self._digest_key).hexdigest()


class Tap:
    """One direction at one end of one connection.

    `latest` is the message of the frame that it saw last, whether it was reported or not; None if
    that would not decode.
    """

    __slots__ = (
        "_begun", "_broken", "_decoder", "_deframer", "_end", "_management", "_to", "latest",
    )  # fmt: skip

    def __init__(self, decoder: TapDecoder, end: End, to: End, *, management: bool = True) -> None:
        """Without `management`, network management messages are not reported (at the host's end
        they tell nothing that the terminal's end has not).
        """
        self._decoder = decoder
        self._end = end
        self._to = to
        self._management = management
        self._deframer = decoder.framing.deframer()
        self._broken = False
        self._begun = False  # has a first frame been read, well or badly?
        self.latest: Fields | None = None

    def reset(self) -> None:
        """A new connection."""
        self._deframer.reset()
        self._broken = self._begun = False
        self.latest = None

    def see(self, data: bytes) -> list[FrameSeen]:
        """The frames that these bytes complete."""
        seen = []
        self.latest = None
        for raw, payload, _ in self._deframer.feed(data):
            fields, mac, digest, problem, network_management = self._decoder.look(payload)
            if problem and not self._begun:
                problem += self._decoder.remedy(raw)
            self._begun = True
            self.latest = fields or None
            if network_management and not self._management:
                continue
            seen.append(FrameSeen(self._end, self._to, fields, mac, digest, len(payload), problem))  # type: ignore[arg-type]
        if self._deframer.error is not None and not self._broken:
            self._broken = True
            problem = str(self._deframer.error)
            if not self._begun:
                problem += self._decoder.remedy(data)
            self._begun = True
            seen.append(FrameSeen(self._end, self._to, {}, "none", "", len(data), problem))
        return seen
