"""The one tree of exceptions. Every error names who is at fault and where.

`ConfigError` is the user's mistake (exit 2), `EnvironmentTrouble` the machine's
(exit 5), and the protocol and codec errors name a field or a byte offset.
Anything else that escapes is an error inside the harness (exit 4).
"""

from __future__ import annotations


class HarnessError(Exception):
    """Root of every error the harness raises on purpose."""


class ConfigError(HarnessError):
    """A mistake in what the user asked for.

    `place` says where it stands (a flag, a file with its line, a key) and
    `remedy` what would mend it; both are part of the message.
    """

    def __init__(self, problem: str, *, place: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.place = place
        self.remedy = remedy
        text = f"{place}: {problem}" if place else problem
        super().__init__(f"{text}\n{remedy}" if remedy else text)


class RenamedWarning(FutureWarning):
    """A name that a user has written is called otherwise now. The old one works in this version
    and is refused in the next; the text says where it stands and what to write instead.
    """


class EnvironmentTrouble(HarnessError):
    """The machine would not: a port in use, a refused connection, a full disk."""


class CodecError(HarnessError):
    """A message that cannot be encoded or decoded.

    `field` is the data element ('2', '128', or 't', 'p', 'h'), `offset` the byte
    at which it starts (-1 when encoding, as nothing has a place yet).
    """

    def __init__(self, reason: str, *, field: str, offset: int = -1) -> None:
        self.reason = reason
        self.field = field
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


class FramingError(RemoteProtocolError):
    """A stream that cannot be cut into frames.

    `offset` counts bytes from the start of the stream, `data` holds the bytes
    that broke it, `hint` the likely cause ('' when there is none to offer).
    """

    def __init__(self, reason: str, *, offset: int, data: bytes, hint: str = "") -> None:
        self.reason = reason
        self.offset = offset
        self.data = data
        self.hint = hint
        shown = data[:16].hex(" ")
        super().__init__(f"{reason} at byte {offset} [{shown}]" + (f"; {hint}" if hint else ""))
