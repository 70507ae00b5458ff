"""Random specifications, messages and streams, from a seed, and what has to hold for all of them:
nothing but the project's own errors.

The generator is `random.Random` and no Hypothesis, because some millions of inputs are wanted.
"""

from __future__ import annotations

import string
from random import Random
from typing import Any

from harness.crypto.mac import CmacMac
from harness.errors import (
    ConfigError,
    DecodeError,
    EncodeError,
    LocalProtocolError,
)
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.dialects.base import Dialect
from harness.wire.fitting import Fitting
from harness.wire.frame_builder import FrameBuilder
from harness.wire.framing import framing, framing_names
from harness.wire.message import Fields, Message
from harness.wire.sample_messages import sent_by_terminals
from harness.wire.spec import Spec, checked, load_spec, spec_names
from harness.wire.spec_trial import fitted

SHIPPED = {name: load_spec(name) for name in spec_names()}
FRAMINGS = {name: framing(name) for name in framing_names()}
DIALECT = load_dialect()
SAMPLES = sent_by_terminals(DIALECT)
MAC = CmacMac(bytes(range(16)))
USED = sorted(
    {key for message in SAMPLES for key in message.fields} | {"15", "38", "54", "64", "h"}
)
OWN_ERRORS = (DecodeError, EncodeError, LocalProtocolError)
_TEXT = string.digits + string.ascii_letters + " =+-.\x00\x1b\n\xe9\xff²"
_ODD: tuple[Any, ...] = (None, "", -1, 0, 1, 2, 3, 7, 8, 16, 99, 10**7, True, 1.5, [], "b", "x", {})
_PROPERTIES = ("data_enc", "len_enc", "len_type", "max_len", "len_count", "left_pad", "right_pad")
_ENCODINGS = ("ascii", "b", "cp500", "cp037", "latin-1", "utf-8", "cp1252", "shift_jis", "utf-16")


def spoilt_spec(rng: Random) -> Any:
    """A specification with a few fields that are other, odd, missing, or no fields at all."""
    spec: dict[str, Any] = {
        key: dict(field) for key, field in SHIPPED[rng.choice(list(SHIPPED))].items()
    }
    for _ in range(rng.randrange(1, 6)):
        key = rng.choice(USED if rng.random() < 0.5 else list(spec))
        how = rng.randrange(12)
        if how == 0:
            spec.pop(key, None)
        elif how == 1:
            spec[rng.choice(["129", "192", "193", "0", "01", "x", "65", "128 "])] = field_of(rng)
        elif how == 2:
            spec[key] = rng.choice(_ODD)
        elif how == 3 and isinstance(spec.get(key), dict):
            spec[key][rng.choice(_PROPERTIES)] = rng.choice(_ODD)
        else:
            spec[key] = field_of(rng)
    return spec


def field_of(rng: Random) -> dict[str, Any]:
    """Properties that a field may have, in any combination."""
    field: dict[str, Any] = {
        "data_enc": rng.choice(_ENCODINGS),
        "len_enc": rng.choice((*_ENCODINGS, "bcd", "bcd")),
        "len_type": rng.choice((0, 0, 1, 2, 3, 4)),
        "max_len": rng.choice((0, 1, 2, 3, 4, 6, 7, 8, 12, 16, 19, 40, 42, 99, 999)),
    }
    if rng.random() < 0.4:
        field["len_count"] = rng.choice(("bytes", "nibbles"))
    if rng.random() < 0.4:
        field[rng.choice(("left_pad", "right_pad"))] = rng.choice("0F ")
    return field


class Machines:
    """What a run builds of a specification that is accepted. Raises ConfigError if it is not."""

    def __init__(self, spec: Any, rng: Random) -> None:
        self.spec: Spec = checked(spec, "fuzz")
        self.dialect: Dialect = load_dialect(spec=self.spec)
        self.host, self.terminals = rng.choice(((True, False), (False, True), (True, True)))
        self.fitting: Fitting = fitted(
            self.spec, self.dialect, place="fuzz", host=self.host, terminals=self.terminals
        )
        mac = MAC if rng.random() < 0.5 else None
        self.codec = AuthenticatedCodec(Codec(self.spec), mac, self.fitting)
        self.framing = FRAMINGS[rng.choice(list(FRAMINGS))]
        self.builder = FrameBuilder(self.codec, self.framing)

    def send_all(self, rng: Random) -> None:
        """What our terminals say never fails, and comes back with the same meaning."""
        if not self.terminals:
            return
        for message in sent_by_terminals(self.dialect):
            fields = {**message.fields, **{k: _like(v, k, rng) for k, v in message.fields.items()}}
            data = self.codec.encode(fields)
            read, mac = self.codec.decode(data)
            assert mac in ("good", "none")
            back, sent = self.dialect.read(read), self.dialect.read(fields)
            assert (back.kind, back.stan, back.terminal) == (sent.kind, sent.stan, sent.terminal)
            assert (back.amount, back.original) == (sent.amount, sent.original)

    def answer(self, data: bytes, *, look: bool) -> None:
        """What a peer has sent is read or refused; what is read can be answered."""
        try:
            fields, _ = self.codec.decode(data)
        except DecodeError:
            return
        message = self.dialect.read(fields)
        if look:
            look_at(message)
        if self.host and not message.is_answer:
            code = self.dialect.codes["approved"]
            answer = self.dialect.answer(message, code, approval="000001", day="1231")
            self.codec.encode(answer.fields)

    def build(self, frame: bytes, rng: Random) -> None:
        """Frames that faults make of any frame."""
        parts = self.builder.parts(frame)
        self.builder.mac_element(frame)
        try:
            if parts:
                self.builder.joined(parts)
                del parts[rng.choice(list(parts))]
                self.builder.joined(parts)
        except LocalProtocolError:
            pass


def _like(value: str, key: str, rng: Random) -> str:
    """Another STAN, amount and reference number; what else is sent is always the same."""
    if key == "11":
        return f"{rng.randrange(1, 1_000_000):06d}"
    if key == "4":
        return f"{rng.randrange(0, 10_000_000):012d}"
    if key == "37":
        return f"{rng.randrange(1, 1_000_000):012d}"
    return value


def look_at(message: Message) -> None:
    """Every meaning that machines and checks ask for."""
    meanings = (
        *("identity", "original", "outcome", "advice_outcome", "network_accepted", "function"),
        *("amount", "amount_taken", "transaction_type", "day", "is_withdrawal", "pin_block"),
    )
    for meaning in meanings:
        getattr(message, meaning)
    message.missing()
    message.contents()
    message.described()
    message.sent_earlier(3)
    repr(message)


def any_fields(rng: Random, spec: Any) -> Fields:
    """Fields of a message, mostly wrong."""
    keys = [rng.choice(list(spec)) for _ in range(rng.randrange(1, 10))]
    fields: dict[str, Any] = {"t": rng.choice(("0200", "0420", "", "02", "9999", "02000", "AB²0"))}
    for key in keys:
        size = rng.choice((0, 1, 2, 3, 6, 8, 12, 16, 19, 99))
        fields[key] = "".join(rng.choices(_TEXT, k=size))
    if rng.random() < 0.1:
        fields[rng.choice(("x", "0", "01", "²", "129", "193", "-1", ""))] = "1"
    if rng.random() < 0.05:
        fields[keys[0]] = rng.choice((None, 5, b"00", ["0"]))
    return fields


def damaged(rng: Random, data: bytes) -> bytes:
    """The bytes with some changed, lost or added."""
    made = bytearray(data)
    for _ in range(rng.randrange(0, 4)):
        at = rng.randrange(len(made) + 1)
        how = rng.randrange(5)
        if how == 0:
            del made[at:]
        elif how == 1:
            made[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif how == 2:
            del made[at : at + rng.randrange(1, 9)]
        elif made and at < len(made):
            made[at] = rng.randrange(256) if how == 3 else made[at] ^ (1 << rng.randrange(8))
    return bytes(made)


def accepted(rng: Random) -> Machines:
    """The next specification that is accepted; a refusal names its field or its place."""
    while True:
        try:
            return Machines(spoilt_spec(rng), rng)
        except ConfigError as mistake:
            if not (mistake.problem and mistake.place):
                raise


def play(seed: int, specifications: int, messages: int) -> int:
    """So many specifications, and for each so many messages and streams. Returns how many inputs
    that were.
    """
    rng = Random(seed)
    inputs = 0
    for _ in range(specifications):
        machines = accepted(rng)
        machines.send_all(rng)
        whole = _seeds(machines)
        for _ in range(messages):
            data = damaged(rng, rng.choice(whole)) if whole else rng.randbytes(rng.randrange(90))
            how = rng.randrange(8)
            machines.answer(data, look=how < 2)
            if how == 0:
                _refused(machines, any_fields(rng, machines.spec))
            elif how <= 2:
                frame = machines.framing.wrap(data) if 0 < len(data) < 500 else data
                frame = damaged(rng, frame) if how == 1 else frame
                deframer = machines.framing.deframer()
                for start in range(0, len(frame), 61):
                    deframer.feed(frame[start : start + 61])
                machines.build(frame, rng)
            inputs += 1 + (how <= 2)
        inputs += 1
    return inputs


def _seeds(machines: Machines) -> list[bytes]:
    """Whole messages, as far as the specification has them."""
    found = []
    for message in SAMPLES:
        fields = {key: text for key, text in message.fields.items() if key in machines.spec}
        if machines.spec["h"]["max_len"]:
            fields["h"] = "0" * machines.spec["h"]["max_len"]
        try:
            found.append(machines.codec.encode(fields))
        except EncodeError:
            continue
    return found


def _refused(machines: Machines, fields: Fields) -> None:
    for make in (machines.codec.codec.encode, machines.codec.encode, machines.builder.reseal):
        try:
            make(dict(fields))
        except OWN_ERRORS:
            continue
