"""What do bytes look like that do not read as they should? Every framing and every shipped
specification is tried on them, and the flags that would have read them are the answer. Where none
would have, the answer is what the bytes begin with: another protocol, or a message whose MTI and
bitmap are written in another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.errors import DecodeError
from harness.wire.codec import Codec
from harness.wire.framing import MAX_FRAME, Framing, framing, framing_names
from harness.wire.spec import load_spec, spec_names

_CLASSES = "1234568"  # second digit of an MTI (docs/domain.md, "Messages")
_LONGEST = 0xFFFF  # bytes of a frame that a guess believes in
_HEX = frozenset("0123456789ABCDEFabcdef")
_STAN = 0x20  # the bit of DE 11 in the second byte of a bitmap
_MOST_BEFORE = 64  # bytes in front of a message that are searched for its begin

_PROTOCOLS: tuple[tuple[bytes, str], ...] = (
    (b"\x16\x03", "TLS"),
    (b"\x15\x03", "TLS"),
    *((verb, "HTTP") for verb in (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"HTTP/")),
    (b"SSH-", "SSH"),
    (b"220 ", "a mail or file server"),
    (b"220-", "a mail or file server"),
    (b"{", "JSON"),
    (b"<", "XML or HTML"),
)
_TLS = (
    "this is TLS, which is not spoken here: switch it off at the peer, or put a TLS proxy between"
)


class Begin(NamedTuple):
    """Where a message seems to begin, and how its MTI and its bitmap are written: 'ASCII', 'BCD',
    'EBCDIC', 'hexadecimal' or 'binary'.
    """

    at: int
    mti: str
    written: str
    bitmap: str


class FormatDetector:
    """Tries the combinations other than the one in use. Made once, asked seldom."""

    def __init__(self, framing_name: str, spec_name: str) -> None:
        self._used = (framing_name, spec_name)
        specs = dict.fromkeys((spec_name, *spec_names()))
        self._codecs = {name: Codec(load_spec(name)) for name in specs}
        names = dict.fromkeys((framing_name, *framing_names()))
        self._framings: dict[str, Framing] = {name: framing(name) for name in names}

    def hint(self, stream: bytes) -> str:
        """What the start of a stream looks like: the flags that read it ('it reads with --framing
        4ascii'), or what it begins with; '' if it looks like nothing that is known.
        """
        flags = self._flags_for(stream)
        if flags:
            return f"it reads with {flags}"
        other = next((name for begin, name in _PROTOCOLS if stream.startswith(begin)), "")
        if other:
            return _TLS if other == "TLS" else f"this is {other}: another port, or another server?"
        begin = _begin(stream)
        return "" if begin is None else self._described(begin)

    def lengths(self, stream: bytes) -> str:
        """What the header at the start of a stream means in each framing in which it may be right,
        in bytes of what follows it: '57 in 2byte or 2byte-etx, 39 in 2byte-bcd'.
        """
        found: dict[int, list[str]] = {}
        for name, kind in self._framings.items():
            header = stream[: kind.head]
            length = kind.length(header) if len(header) == kind.head else -1
            if 0 <= length <= MAX_FRAME:
                found.setdefault(length, []).append(name)
        return ", ".join(f"{length} in {' or '.join(names)}" for length, names in found.items())

    # --- which flags read it --------------------------------------------------------------------

    def _flags_for(self, stream: bytes) -> str:
        """The flags that read all of the stream, those first that need no keep-alive for it; or
        else those that read its first frame.
        """
        found: dict[int, str] = {}
        for framing_name, kind in self._framings.items():
            deframer = kind.deframer(_LONGEST)
            frames = deframer.feed(stream)
            payloads = [frame.payload for frame in frames if frame.payload]
            for spec_name, codec in self._codecs.items() if payloads else ():
                if (framing_name, spec_name) == self._used or not _reads(codec, payloads[0]):
                    continue
                whole = not deframer.rest and all(_reads(codec, payload) for payload in payloads)
                rank = 2 if not whole else int(not frames[0].payload)
                found.setdefault(rank, self._flags(framing_name, spec_name))
        return found[min(found)] if found else ""

    def _flags(self, framing_name: str, spec_name: str) -> str:
        flags = []
        if framing_name != self._used[0]:
            flags.append(f"--framing {framing_name}")
        if spec_name != self._used[1]:
            flags.append(f"--spec {spec_name}")
        return " ".join(flags)

    # --- what it begins with --------------------------------------------------------------------

    def _described(self, begin: Begin) -> str:
        """No flags read it, but there is a message in it."""
        look = f"MTI {begin.mti} in {begin.written} and a bitmap that is {begin.bitmap}"
        if begin.at == 0:
            return f"a message ({look}) begins at its first byte: where is the length header?"
        alike = self._written_alike(begin)
        where = f"a message ({look}) begins at byte {begin.at}"
        if not alike:
            return f"{where}, which no shipped specification reads: --spec FILE.json with your own"
        if self._used[1] in alike:
            return where
        return f"{where}, as in --spec {alike[0]}, but that does not read all of it"

    def _written_alike(self, begin: Begin) -> list[str]:
        """The specifications that write MTI and bitmap in that way."""
        return [
            name
            for name, codec in self._codecs.items()
            if _written(codec.spec) == (begin.written, begin.bitmap)
        ]


def _reads(codec: Codec, message: bytes) -> bool:
    try:
        return _is_mti(codec.decode(message).get("t", ""))
    except DecodeError:
        return False


def _is_mti(text: str) -> bool:
    return (
        len(text) == 4
        and text.isascii()
        and text.isdigit()
        and text[0] in "012"
        and text[1] in _CLASSES
        and int(text[2:]) < 50
    )


def _written(spec: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """How a specification writes the MTI and the bitmap, as in `Begin`."""
    mti, bitmap = spec["t"]["data_enc"], spec["p"]["data_enc"]
    return (
        "BCD" if mti == "b" else "EBCDIC" if "0".encode(mti) == b"\xf0" else "ASCII",
        "binary" if bitmap == "b" else "hexadecimal",
    )


def _begin(stream: bytes) -> Begin | None:
    """Where the first message seems to begin."""
    for at in range(min(_MOST_BEFORE, len(stream))):
        for written, size, text in (
            ("ASCII", 4, stream[at : at + 4].decode("latin-1")),
            ("EBCDIC", 4, stream[at : at + 4].decode("cp500")),
            ("BCD", 2, stream[at : at + 2].hex()),
        ):
            likely = _is_mti(text) and text[0] != "2"
            bitmap = _bitmap(stream[at + size : at + size + 16], written) if likely else ""
            if bitmap:
                return Begin(at, text, written, bitmap)
    return None


def _bitmap(data: bytes, written: str) -> str:
    """How these bytes are written, if they are a bitmap with a STAN (DE 11), which nearly every
    message has: 'hexadecimal' or 'binary'; '' if they are none.
    """
    digits = data.decode("cp500" if written == "EBCDIC" else "latin-1")
    if len(digits) == 16 and _HEX.issuperset(digits):
        return "hexadecimal" if int(digits[2:4], 16) & _STAN else ""
    return "binary" if len(data) >= 8 and data[1] & _STAN else ""
