"""The page docs/wire.md, drawn from the dialect, the specification and the codec.

python tests/wire/wire_page.py        # draws it again
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.crypto.keys import load_keys
from harness.crypto.mac import mac_algorithm
from harness.crypto.pin import PinCrypto
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.calendar import Stamp
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.framing import framing
from harness.wire.message import Kind, Message, Station
from harness.wire.spec import load_spec

PAGE = Path(__file__).parents[2] / "docs" / "wire.md"
PAN, PIN, EXPIRY = "9999990000000014", "1234", "3012"
STATION = Station(
    "ATM00001", f"{'HARNESS BANK':<15}", f"{'Rue de la Loi 1':<23}{'Brussels':<13}  BE"
)
WORDS = {
    Kind.REQUEST: "withdrawal or balance inquiry",
    Kind.REQUEST_REPEAT: "its repeat",
    Kind.ANSWER: "its answer",
    Kind.REVERSAL: "reversal advice",
    Kind.REVERSAL_REPEAT: "its repeat, alike but for the MTI and the MAC",
    Kind.REVERSAL_ANSWER: "its answer",
    Kind.ADVICE: "advice of a stand-in approval, from our host to the issuer",
    Kind.ADVICE_REPEAT: "its repeat",
    Kind.ADVICE_ANSWER: "its answer",
    Kind.NETWORK: "sign-on, sign-off, echo",
    Kind.NETWORK_ANSWER: "its answer",
}

HEAD = """\
# The wire

What our machines send and expect in ISO 8583:1987 (`--dialect 1987`), byte for byte. This page is
drawn from the code. What the messages are for stands in [domain.md](domain.md), how to use another
specification in [own-dialect.md](own-dialect.md), what happens when a machine departs from it in
[strangers.md](strangers.md).

## Messages and their mandatory elements

A request that lacks one of these elements is answered with 30 (format error); a terminal that sends
it breaks T16. Other elements may be there; an answer repeats DE 3, 4, 7, 11, 12, 13, 32, 37, 41,
42, 49 and 70 where the request has them.

| MTI | message | mandatory elements |
|---|---|---|
"""

RULES = """
## The MAC

With `--mac` the MAC is the last element: DE 64 in a message without a secondary bitmap, DE 128 in
one with it. It covers every byte from the MTI up to the MAC's own element, with the bit of the
bitmap that announces it. The length header, the TPDU and a header in front of the MTI are not
covered. AES-CMAC gives 16 bytes, of which the left 8 are sent. Where the specification has the
element in hexadecimal it is 16 characters. Other algorithms are in `harness host --help`.

## The PIN block

DE 52 is ISO 9564 format 0 under two-key 3DES: the block `0 L PIN F...` is combined by XOR with
`0000` and the twelve rightmost digits of the PAN without its check digit, then enciphered.

| | |
|---|---|
| PAN | {pan} |
| PIN | {pin} |
| test key (`--keys test`) | {key} |
| DE 52 | {block} |

## Framing

The length header stands in front of each message (`harness list framings`). With `2byte` it is two
bytes, big-endian, and does not count itself. A length of 0 is a keep-alive and has no answer.

## Examples

The specification is `iso87-ascii`, the framing `2byte`, the MAC AES-CMAC under the test key
`{mac_key}`. The test cards are on BIN 999999, which nobody issues.
"""


def _examples() -> Iterator[tuple[str, Message]]:
    dialect = load_dialect()
    request = dialect.request(
        STATION,
        kind="withdrawal",
        pan=PAN,
        expiry=EXPIRY,
        track2=f"{PAN}={EXPIRY}2210000000000",
        pin_block=PinCrypto(load_keys("test").pin).block(PIN, PAN),
        amount=5000,
        stan="000002",
        rrn="000000000001",
        stamp=Stamp("0308200010", "210010", "260308"),
    )
    reversal = dialect.reversal(
        STATION,
        pan=PAN,
        amount=5000,
        taken=None,
        stan="000003",
        stamp=Stamp("0308200055", "210055", "260308"),
        rrn="000000000001",
        code="",
        reason="4021",
        original_stan="000002",
        original_sent="0308200010",
    )
    sign_on = dialect.network(STATION, "sign_on", stan="000001", sent="0308200000")
    approved = dialect.codes["approved"]
    yield "sign-on", sign_on
    yield "its answer", dialect.answer(sign_on, approved)
    yield "withdrawal of 50.00", request
    yield "its answer", dialect.answer(request, approved, approval="000001", day="0308")
    yield "reversal of a withdrawal that had no answer", reversal
    yield "its repeat", dialect.repeat(reversal)
    yield "its answer", dialect.answer(reversal, approved, day="0308")


def page() -> str:
    """The whole page."""
    keys = load_keys("test")
    block = PinCrypto(keys.pin).block(PIN, PAN)
    parts = [HEAD]
    message = load_dialect().message
    for mti, kind in message.KINDS.items():
        needed = [message.ELEMENTS[meaning] for meaning in message.MANDATORY.get(kind, ())]
        parts.append(f"| {mti} | {WORDS.get(kind, kind.value)} | {', '.join(needed)} |\n")
    key, mac_key = keys.pin.hex().upper(), keys.mac.hex().upper()
    parts.append(RULES.format(pan=PAN, pin=PIN, key=key, block=block, mac_key=mac_key))
    codec = AuthenticatedCodec(Codec(load_spec("iso87-ascii")), mac_algorithm("cmac", keys.mac))
    frames = framing("2byte")
    for title, example in _examples():
        data = frames.wrap(codec.encode(example.fields))
        parts.append(f"\n### {example.mti}: {title}\n\n| element | | value |\n|---|---|---|\n")
        whole = {**example.fields}
        parts += [
            f"| {element} | {message.NAMES.get(element, '')} | `{whole[element]}` |\n"
            for element in sorted((name for name in whole if name != "t"), key=int)
        ]
        parts.append("\n" + "\n".join(_lines(data)) + "\n")
    return "".join(parts)


def _lines(data: bytes) -> Iterator[str]:
    """As a hex dump of 16 bytes a line, indented as code."""
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"    {start:04x}  {row.hex(' '):<47}  {text}".rstrip()


if __name__ == "__main__":
    PAGE.write_text(page())
