"""The page docs/wire-examples.md, drawn from the dialect, the specification and the codec.

python tests/wire/wire_page.py        # draws it again, and docs/wire.md
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.crypto.keys import load_keys
from harness.crypto.mac import mac_algorithm
from harness.crypto.pin import PinCrypto
from harness.link_options import LinkOptions
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.calendar import Calendar
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.framing import framing
from harness.wire.message import Message, Station
from harness.wire.spec import load_spec

PAGE = Path(__file__).parents[2] / "docs" / "wire-examples.md"
PAN, PIN, EXPIRY = "9999990000000014", "1234", "2812"
LINK = LinkOptions()
KEYS = load_keys(LINK.keys)
DIALECT = load_dialect(LINK.dialect_name)
ASKED, TAKEN = 8000, 5000  # minor units

_STATION = Station("ATM00001", f"{'HARNESS BANK':<15}", f"{'Rue Haute 12':<23}{'Brussel':<13}BRBE")
_CALENDAR = Calendar("2026-11-21T20:00:00")

_HEAD = """# One of each message, byte for byte

This page is drawn from the code. What the elements mean, what the MAC covers and how a PIN block is
made stands in [wire.md](wire.md).

All frames are as our machines send them if nothing else is asked for: specification
`{spec}`, framing `{framing}`, MAC `{mac}`, the published test keys `{keys}`. In this specification
all that follows the length of the frame is printable. A customer with the test card {pan}
and PIN {pin} asks for EUR 80.00; the host approves; the dispenser gives EUR 50.00 only, so
that a partial reversal follows. The last two messages pass only where a host stands in for an
issuer that is away.

'Bytes' is hexadecimal. Where an element has a length of its own, that stands first, apart by a
blank.
"""


class Example(NamedTuple):
    """A message, what it is, and whether all its elements get a row, or only those in which it
    differs from the message before it.
    """

    title: str
    message: Message
    whole: bool = True


def examples() -> list[Example]:
    """A sign-on, a withdrawal, its partial reversal, and an advice to the issuer; each with its
    answer.
    """
    approved = DIALECT.codes["approved"]
    before = _CALENDAR.sent(0.0)
    sign_on = DIALECT.network(_STATION, "sign_on", stan="000001", sent=before)
    request = withdrawal()
    reversal = reversal_of(request, TAKEN)
    advice = DIALECT.advice(request, ASKED)

    def answered(message: Message, **parts: str) -> Message:
        return DIALECT.answer(message, approved, **parts)  # type: ignore[arg-type]

    return [
        Example("sign-on", sign_on),
        Example("answer to the sign-on", answered(sign_on), whole=False),
        Example("withdrawal", request),
        Example("approval", answered(request, approval="000001", day="1121")),
        Example("reversal advice, partial", reversal),
        Example("the same, repeated", DIALECT.repeat(reversal), whole=False),
        Example("answer to the reversal", answered(reversal, day="1121")),
        Example("advice of what was approved in the issuer's stead", advice),
        Example("answer of the issuer", answered(advice), whole=False),
    ]


def withdrawal(kind: str = "withdrawal", amount: int = ASKED) -> Message:
    """A withdrawal, or a balance inquiry."""
    return DIALECT.request(
        _STATION,
        kind=kind,
        pan=PAN,
        expiry=EXPIRY,
        track2=f"{PAN}={EXPIRY}2010000000000000",
        pin_block=PinCrypto(KEYS.pin).block(PIN, PAN),
        amount=amount,
        stan="000002",
        rrn="000000000002",
        stamp=_CALENDAR.stamp(90.0),
    )


def reversal_of(request: Message, taken: int | None) -> Message:
    """The reversal advice of a withdrawal: partial if it says what was taken; else it is full, of a
    withdrawal that was not answered.
    """
    return DIALECT.reversal(
        _STATION,
        pan=PAN,
        amount=request.amount,
        taken=taken,
        stan="000003",
        stamp=_CALENDAR.stamp(125.0),
        rrn=request.rrn,
        code="" if taken is None else DIALECT.codes["approved"],
        reason="4021" if taken is None else "4004",
        original_stan=request.stan,
        original_sent=request.sent,
    )


def coded(spec: str = LINK.spec, mac: str = LINK.mac) -> AuthenticatedCodec:
    """The codec of a specification, under the test keys."""
    return AuthenticatedCodec(Codec(load_spec(spec)), mac_algorithm(mac, KEYS.mac))


def framed(message: Message, spec: str = LINK.spec) -> bytes:
    """The frame in which a message passes."""
    return framing(LINK.framing).wrap(coded(spec).encode(message.fields))


def _section(example: Example, before: Example) -> list[str]:
    """The rows of a message."""
    message, codec = example.message, coded()
    data = codec.encode(message.fields)
    texts = codec.codec.decode(data)
    lines = ["", f"## {message.mti}, {example.title}", ""]
    known: dict[str, str] = {}
    if not example.whole:
        known = codec.codec.decode(codec.encode(before.message.fields))
        gone = ", ".join(label(name) for name in known if name not in texts)
        without = f", and it has no {gone}" if gone else ""
        lines += [
            f"The elements are those of the {before.message.mti}, but for these{without}:",
            "",
        ]
    lines += ["| | what it is | value | bytes |", "|---|---|---|---|"]
    header = framed(message)[: -len(data)]
    lines.append(f"| | length of the frame | {len(data)} | `{header.hex().upper()}` |")
    for name, (length, value) in codec.codec.parts(data).items():
        if known.get(name) != texts[name]:
            octets = " ".join(part.hex().upper() for part in (length, value) if part)
            what = f"{meaning(name)} | `{texts[name]}` | `{octets}`"
            lines.append(f"| {label(name)} | {what} |".replace("|  |", "| |", 1))
    return lines


def label(name: str) -> str:
    """The number of a data element; nothing for the MTI and the bitmaps."""
    return name if name.isdecimal() and int(name) > 1 else ""


def meaning(name: str) -> str:
    """What people call an element."""
    parts = {"p": "bitmap", str(1): "secondary bitmap"}
    return parts.get(name) or DIALECT.message.NAMES[name]


def page() -> str:
    """docs/wire-examples.md, whole."""
    head = _HEAD.format(
        spec=LINK.spec, framing=LINK.framing, mac=LINK.mac, keys=LINK.keys, pan=PAN, pin=PIN
    )
    shown = examples()
    lines = head.splitlines()
    for before, example in zip((shown[0], *shown), shown, strict=False):
        lines += _section(example, before)
    return "\n".join(lines) + "\n"
