"""One connection's stream of bytes, cut into frames.

There is no resynchronising: a header that cannot be right breaks the stream for good, as any guess
at where the next frame starts might be a wrong amount. The error names the bytes and their place.

A length of 0 is a keep-alive: it holds no message, and what follows it is the next frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.errors import FramingError

if TYPE_CHECKING:
    from harness.wire.framing import Framing


class Frame(NamedTuple):
    """One whole frame: `raw` are all its bytes as they came, `payload` is the ISO 8583 message in
    it, and `address` is what stood between the length and the message: a TPDU, or nothing. In a
    keep-alive the payload is empty.
    """

    raw: bytes
    payload: bytes
    address: bytes


class Deframer:
    """Collects the bytes of one connection and gives the frames in them.

    `error` is None until the stream breaks; from then on `feed` gives nothing more.
    """

    __slots__ = ("_buffer", "_framing", "_max", "_taken", "error")

    def __init__(self, framing: Framing, max_frame: int) -> None:
        self._framing = framing
        self._max = max_frame
        self._buffer = b""
        self._taken = 0
        self.error: FramingError | None = None

    def reset(self) -> None:
        """A new connection: nothing of the old stream counts."""
        self._buffer = b""
        self._taken = 0
        self.error = None

    @property
    def rest(self) -> bytes:
        """The bytes that wait for the rest of their frame. When the stream has broken: what of the
        bytes that were fed last belongs to no frame.
        """
        return self._buffer

    @property
    def at(self) -> int:
        """The place in the stream at which `rest` begins."""
        return self._taken

    @property
    def missing(self) -> int:
        """How many bytes the frame in `rest` lacks; 0 if its header is not whole either."""
        head = self._framing.head
        if len(self._buffer) < head:
            return 0
        return head + self._framing.length(self._buffer[:head]) - len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete, in order; never raises. What came whole
        before a bad frame is given, and `error` is set.
        """
        if self.error is not None:
            self._buffer = data
            return []
        if not self._buffer:  # nearly always one whole frame at a time
            frame = self._framing.whole(data, self._max)
            if frame is not None:
                self._taken += len(data)
                return [frame]
        return self._cut(self._buffer + data)

    def _cut(self, stream: bytes) -> list[Frame]:
        framing, head, most = self._framing, self._framing.head, self._max
        frames: list[Frame] = []
        at, end = 0, len(stream)
        while at + head <= end:
            header = stream[at : at + head]
            length = framing.length(header)
            if not 0 <= length <= most:
                self._broken(framing.refusal(length, most), at, header)
                break
            stop = at + head + length
            if stop > end:
                break
            body = stream[at + head : stop]
            payload = framing.payload(body) if length else b""
            if payload is None:
                self._broken(framing.misfit(body), at + head, body)
                break
            frames.append(Frame(stream[at:stop], payload, body[: framing.address]))
            at = stop
        self._buffer = stream[at:]
        self._taken += at
        return frames

    def _broken(self, reason: str, at: int, data: bytes) -> None:
        self.error = FramingError(reason, offset=self._taken + at, data=data)
