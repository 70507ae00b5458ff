"""The page docs/wire.md, drawn from the dialect, the specification and the codec.

python tests/wire/wire_page.py        # draws it again, and docs/wire-examples.md
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import wire_examples
from wire_examples import (
    DIALECT,
    KEYS,
    LINK,
    PAN,
    PIN,
    coded,
    examples,
    framed,
    meaning,
    reversal_of,
    withdrawal,
)

from harness.crypto.mac import MAC_ALGORITHMS
from harness.crypto.pin import PinCrypto, encode_pin_block
from harness.wire.codec import mac_field
from harness.wire.framing import framing, framing_names
from harness.wire.message import MAC_ELEMENTS, Kind, Message
from harness.wire.spec import load_spec, spec_names

PAGE = Path(__file__).parents[2] / "docs" / "wire.md"

_HEAD = """# The wire

What our machines send and expect in ISO 8583:{dialect} (`--dialect {dialect}`), for somebody who
writes a terminal or a host that is to talk to them. This page is drawn from the code.
[wire-examples.md](wire-examples.md) shows one of each message byte for byte. What the messages are
for stands in [domain.md](domain.md), how to use another specification in
[own-dialect.md](own-dialect.md), what happens when a machine departs from it in
[strangers.md](strangers.md).

A connection is TCP; terminals connect to the host. Each message is in a frame, and begins with its
message type indicator (MTI) and one or two bitmaps. The elements follow in the order of their
numbers. The MAC, where there is one, is the last element.
"""

_MESSAGES = """
## Messages

Our host answers a request, a reversal or a network management message that lacks a mandatory
element with {format_error} (format error), and a terminal that sends it breaks T16. An answer has
to have its own too, since without them a terminal can neither match it nor read its result. There
are two exceptions: DE {pan} may be missing if a track carries the PAN (DE {track2}, {track1}), and
a balance inquiry needs no amount. Other elements may be missing from what our machines receive.
A request or an advice of another kind, and an advice to the issuer that comes to our host, is
answered with {not_supported} (not supported).
"""

_ELEMENTS = """
## Elements

**m**: mandatory. **s**: our machines send it. **(s)**: they send it in some of these messages: the
answer to a balance inquiry has DE {additional_amounts}, an answer has the other elements if they
apply, and on reversals see below. A host repeats what the request had. Lengths are characters or
digits of `{spec}`, in which a byte of a PIN block or MAC is two.
"""

_REVERSALS = """
A reversal has a STAN, time and MAC of its own, and names its original in DE {original}: the MTI (4
digits), the STAN (6), DE {sent} (10), the acquirer and the forwarder (11 each, zeros on the left).
DE {code} stands in it only if the original was answered. DE {taken} stands in it only if it is
partial; its first 12 digits are the amount that was dispensed, and DE {amount} stays the amount of
the original. DE {reason} is the reason (domain.md, "Reversal reasons"). A repeat ({repeat}) is the
same message but for MTI and MAC.
"""

_MAC = """
## The MAC

The MAC stands in DE {first}, or in DE {second} where there is a secondary bitmap. It covers every
byte of the message as it is sent, from the MTI to the last element before the MAC; the bitmaps in
it announce the MAC already. The length of the frame, a TPDU and a header (field h) are not covered.
An answer has a MAC of its own. If the element is shorter than eight bytes, the MAC is cut on its
right. `cmac` is AES-CMAC, cut to its first eight bytes. `iso9797-1-alg1` and `iso9797-1-alg3` fill
the last block with zeros (padding method 1).

In simulations and with `--live` the MAC is `{mac}`. `harness host` and `harness terminals` use none
unless `--mac` asks for it. For this {mti} in `{spec}`, under the key `{key}`,

    {covered}

the MAC is:

| `--mac` | MAC |
|---|---|
"""

_PIN = """
## The PIN block

DE {element} of a {mti} is a PIN block of ISO 9564 format 0, enciphered with 3DES (ECB, one block).
For PIN {pin} and PAN {pan}, under the key `{key}`:

| step | value |
|---|---|
| 0, the length of the PIN, the PIN, filled with F | `{first}` |
| 0000, then the 12 rightmost digits of the PAN without its check digit | `{second}` |
| both, XOR: the clear block | `{clear}` |
| enciphered: DE {element} | `{block}` |
"""

_FRAMES = """
## Frames

`--framing` chooses one; `{usual}` is the usual one. The third column shows what stands before and
behind a message of 258 bytes (a TPDU: 60, destination, source; an answer has the addresses the
other way round). A length of 0 is a keep-alive.

| framing | what it is | bytes around the message |
|---|---|---|
"""

_SPECS = """
## Specifications

`--spec` chooses how the elements are written. The same sign-on, with its MAC and without the length
of the frame, in each that is shipped:

| specification | bytes |
|---|---|
"""

_TAKEN = "its repeat; our host takes it, and our terminals send none"
_WHO = {
    Kind.REQUEST: "withdrawal or balance inquiry, from the terminal",
    Kind.REQUEST_REPEAT: _TAKEN,
    Kind.REVERSAL: "reversal advice, from the terminal",
    Kind.REVERSAL_REPEAT: "the same, repeated",
    Kind.ADVICE: "advice of an approval in the issuer's stead, from the host to its issuer",
    Kind.ADVICE_REPEAT: "the same, repeated",
    Kind.NETWORK: "sign-on, sign-off or echo, from the terminal; an echo of a host is answered too",
    Kind.ANSWER: "the answer to it, from the host",
    Kind.REVERSAL_ANSWER: "the answer to it, from the host",
    Kind.ADVICE_ANSWER: "the answer to it, from the issuer",
    Kind.NETWORK_ANSWER: "the answer to it",
}
_OTHER_MTIS = {
    "0400": "reversal as a request; our host takes it, and our terminals send none",
    "0401": "the same, repeated",
    "0410": "the answer to it, from the host",
}
_LONG = 258  # bytes


def page() -> str:
    """docs/wire.md, whole."""
    elements, message = DIALECT.message.ELEMENTS, {x.message.kind: x.message for x in examples()}
    taken = elements["replacement_amounts"]
    return "".join(
        (
            _HEAD.format(dialect=DIALECT.name),
            _MESSAGES.format(**DIALECT.codes, **elements),
            _table(("MTI", "what it is", "mandatory elements", "answered by"), _message_rows()),
            _ELEMENTS.format(spec=LINK.spec, additional_amounts=_balance_element()),
            _element_table(),
            _REVERSALS.format(
                taken=taken, repeat=message[Kind.REVERSAL_REPEAT].mti, **elements
            ),
            _mac(message[Kind.NETWORK]),
            _pin(message[Kind.REQUEST]),
            _FRAMES.format(usual=LINK.framing) + _lines(_framing_rows()),
            _SPECS + _lines(_spec_rows(message[Kind.NETWORK])),
        )
    )  # fmt: skip


def _balance_element() -> str:
    """The element in which an answer says what is on the account."""
    asked, approved = withdrawal("balance", 0), DIALECT.codes["approved"]
    with_balance = DIALECT.answer(asked, approved, balance=1).fields
    (added,) = with_balance.keys() - DIALECT.answer(asked, approved).fields.keys()
    return added


def _lines(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n" + _lines([heads]) + "|---" * len(heads) + "|\n" + _lines(rows)


def _message_rows() -> Iterable[tuple[str, ...]]:
    """Each message that our machines send or take, in the order of the dialect."""
    kinds = DIALECT.message.MANDATORY
    for mti, kind in DIALECT.message.KINDS.items():
        usual = _WHO[kind] if mti == DIALECT.mti_of(kind) else _TAKEN
        who = _OTHER_MTIS.get(mti, usual)
        mandatory = sorted(int(DIALECT.message.ELEMENTS[name]) for name in kinds[kind])
        answer = "" if DIALECT.read({"t": mti}).is_answer else _answer_to(mti)
        yield mti, who, ", ".join(map(str, mandatory)), answer


def _answer_to(mti: str) -> str:
    """The MTI of the answer."""
    return DIALECT.answer(DIALECT.read({"t": mti}), DIALECT.codes["approved"]).mti


def _sent() -> list[list[Message]]:
    """Messages of each kind that our machines send, with as many elements as there may be, and with
    as few.
    """
    shown = {x.message.kind: x.message for x in examples()}
    inquiry, declined = withdrawal("balance", 0), DIALECT.codes["do_not_honour"]
    more = {
        Kind.REQUEST: [inquiry],
        Kind.ANSWER: [
            DIALECT.answer(shown[Kind.REQUEST], declined),
            DIALECT.answer(
                inquiry, DIALECT.codes["approved"], approval="000001", balance=1, day="1121"
            ),
        ],
        Kind.REVERSAL: [reversal_of(shown[Kind.REQUEST], None)],
        Kind.REVERSAL_ANSWER: [DIALECT.answer(shown[Kind.REVERSAL], declined)],
    }
    return [
        [shown[kind], *more.get(kind, [])]
        for kind in (
            *(Kind.REQUEST, Kind.ANSWER, Kind.REVERSAL, Kind.REVERSAL_ANSWER),
            *(Kind.ADVICE, Kind.ADVICE_ANSWER, Kind.NETWORK, Kind.NETWORK_ANSWER),
        )
    ]


def _element_table() -> str:
    """Which elements stand in which message."""
    spec, sent = load_spec(LINK.spec), _sent()
    numbers = {name for group in sent for message in group for name in message.fields}
    rows = []
    for name in sorted((x for x in numbers if x.isdecimal()), key=int):
        marks = tuple(_mark(name, group) for group in sent)
        rows.append((name, meaning(name), _format(spec[name]), *marks))
    rows.append((" or ".join(MAC_ELEMENTS), meaning(MAC_ELEMENTS[0]), "16", *["s"] * len(sent)))
    return _table(("DE", "what it is", "length", *(group[0].mti for group in sent)), rows)


def _mark(name: str, group: list[Message]) -> str:
    """Is an element mandatory in a kind of message, and do our machines send it?"""
    kind = group[0].kind
    elements = DIALECT.message.ELEMENTS
    if name in (elements[meant] for meant in DIALECT.message.MANDATORY[kind]):
        return "m"
    found = [name in message.fields for message in group]
    return "s" if all(found) else "(s)" if any(found) else ""


def _format(field: dict[str, object]) -> str:
    """How long an element is, in characters or digits."""
    return f"up to {field['max_len']}" if field["len_type"] else str(field["max_len"])


def _mac(message: Message) -> str:
    codec = coded()
    whole = codec.encode(message.fields)
    covered = whole[: -codec.codec.mac_place[0]].decode("ascii")
    first, second = MAC_ELEMENTS
    head = _MAC.format(
        first=first, second=second, mac=LINK.mac, mti=message.mti, spec=LINK.spec,
        key=KEYS.mac.hex().upper(), covered=covered,
    )  # fmt: skip
    rows = []
    for name in MAC_ALGORITHMS:
        algorithm = coded(mac=name)
        sealed = algorithm.codec.decode(algorithm.encode(message.fields))
        rows.append((f"`{name}`", f"`{sealed[mac_field(message.fields)]}`"))
    return head + _lines(rows)


def _pin(request: Message) -> str:
    clear = encode_pin_block(PIN, PAN)
    of_pin = bytes.fromhex(f"0{len(PIN)}{PIN}".ljust(16, "F"))
    of_pan = bytes.fromhex(f"0000{PAN[-13:-1]}")
    return _PIN.format(
        element=DIALECT.message.ELEMENTS["pin_block"], mti=request.mti, pin=PIN, pan=PAN,
        key=KEYS.pin.hex().upper(), first=of_pin.hex().upper(), second=of_pan.hex().upper(),
        clear=clear.hex().upper(), block=PinCrypto(KEYS.pin).block(PIN, PAN),
    )  # fmt: skip


def _framing_rows() -> Iterable[tuple[str, ...]]:
    message = b"?" * _LONG
    for name, about in framing_names().items():
        before, behind = framing(name).wrap(message).split(message)
        ends = f" ... `{behind.hex().upper()}`" if behind else ""
        yield f"`{name}`", about, f"`{before.hex().upper()}`{ends}"


def _spec_rows(message: Message) -> Iterable[tuple[str, ...]]:
    for name in spec_names():
        yield f"`{name}`", f"`{framed(message, name)[2:].hex().upper()}`"


if __name__ == "__main__":
    PAGE.write_text(page())
    wire_examples.PAGE.write_text(wire_examples.page())
