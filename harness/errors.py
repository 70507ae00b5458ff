"""The one tree of exceptions. Every error names who is at fault and where.

`ConfigError` is a mistake of the user (exit code 2), `EnvironmentTrouble` is a problem of the
machine that the harness runs on (exit code 5), and the protocol and codec errors name a data
element or a byte offset. Any other exception that gets out is an error inside the harness (exit
code 4).
"""

from __future__ import annotations

from harness.shown import shown, shown_bytes

_LONGEST = 600  # characters of a problem, and of a place
_QUOTED = 80  # characters of a wrong value that an error repeats: one line of a screen


class HarnessError(Exception):
    """Root of every error the harness raises on purpose."""


class ConfigError(HarnessError):
    """A mistake in what the user asked for.

    `place` says where the mistake is (a flag, a file with its line, a key) and `remedy` how to
    correct it; both are part of the message.
    """

    def __init__(self, problem: str, *, place: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.place = place
        self.remedy = remedy
        problem, place = _cut(problem), _cut(place)
        text = f"{place}: {problem}" if place else problem
        super().__init__(f"{text}\n{remedy}" if remedy else text)


def quoted(value: object) -> str:
    """A value that a user has written, for an error: short, whatever it is. A number may have more
    digits than Python writes, and a list may be nested too deep for it.
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"this {type(value).__name__}"
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."


def _cut(text: str) -> str:
    """What a person reads of a text that may be a megabyte of somebody's file."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


class RenamedWarning(FutureWarning):
    """A name that a user has written is called otherwise now. The old one works in this version
    and is refused in the next; the text says where it stands and what to write instead.
    """


class EnvironmentTrouble(HarnessError):
    """A problem of the machine that we run on: a port in use, a refused connection, a full disk."""


class CodecError(HarnessError):
    """A message that cannot be encoded or decoded.

    `field` is the data element ('2' to '128', or 't', 'p', 'h'), `offset` the byte at which it
    starts, or -1 when encoding, since nothing has an offset yet.
    """

    def __init__(self, reason: str, *, field: str, offset: int = -1) -> None:
        self.reason = reason = shown(reason)
        self.field = field = shown(field)
        self.offset = offset
        where = f"field {field}" if offset < 0 else f"field {field} pos {offset}"
        super().__init__(f"{reason}: {where}")


class EncodeError(CodecError):
    """The message cannot be put into bytes."""


class DecodeError(CodecError):
    """The bytes are not a message of this specification."""


class ProtocolError(HarnessError):
    """A rule of the conversation was broken."""


class LocalProtocolError(ProtocolError):
    """Our side was asked to do what the protocol forbids."""


class RemoteProtocolError(ProtocolError):
    """The other side sent what the protocol forbids."""


class PayloadError(RemoteProtocolError):
    """A message of the control plane that is not of its kind; see `harness.control.payloads`."""


class FramingError(RemoteProtocolError):
    """A stream that cannot be cut into frames.

    `offset` counts bytes from the start of the stream, `data` holds the bytes that are wrong there.
    """

    def __init__(self, reason: str, *, offset: int, data: bytes) -> None:
        self.reason = reason
        self.offset = offset
        self.data = data
        super().__init__(f"{reason} at byte {offset} [{shown_bytes(data)}]")
