"""What a peer's sets of elements can cost: memory and work are bounded."""

from __future__ import annotations

import random
from typing import Any

import iso8583
import pytest

from harness.wire import codec as codec_module
from harness.wire.codec import Codec
from harness.wire.compiled_sets import (
    ELEMENTS,
    FREE,
    LARGEST,
    SETS,
    WATCHED,
    WORTH,
    CompiledSets,
)
from harness.wire.decoding import compiled_decoder
from harness.wire.spec import load_spec

SPEC = load_spec("iso87-ascii")
USABLE = [key for key in SPEC if key.isdigit() and 2 <= int(key) <= 128 and key != "65"]


def message(elements: list[str]) -> bytes:
    """A right message with those elements, the shortest that there is."""
    fields = {"t": "0200"}
    for key in sorted(elements, key=int):
        properties = SPEC[key]
        size = 1 if properties["len_type"] else int(properties["max_len"])
        fields[key] = ("00" if properties["data_enc"] == "b" else "0") * size
    return bytes(iso8583.encode(fields, SPEC)[0])


def sets_of(size: int, count: int) -> list[bytes]:
    rng = random.Random(7)
    return [message(rng.sample(USABLE, size)) for _ in range(count)]


class Counted:
    """How many elements were compiled into decoders."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.elements = 0

        def counted(spec: Any, keys: Any, bitmaps: Any, sample: Any) -> Any:
            self.elements += len(keys)
            return compiled_decoder(spec, keys, bitmaps, sample)

        monkeypatch.setattr(codec_module, "compiled_decoder", counted)


def test_a_common_set_is_compiled_at_its_second_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary traffic, and a run of a few messages, have that from the start."""
    counted = Counted(monkeypatch)
    codec, data = Codec(SPEC), message(["2", "3", "4", "7", "11", "41"])
    for expected in (0, 6, 6):
        codec.decode(data)
        assert counted.elements == expected


def test_rare_sets_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred sets, three times each: some are free, the rest goes to the reference."""
    counted = Counted(monkeypatch)
    codec = Codec(SPEC)
    for data in sets_of(40, 300) * 3:
        codec.decode(data)
    assert 0 < counted.elements <= FREE
    for data in sets_of(LARGEST + 1, 2) * (WORTH + 1):
        codec.decode(data)
    assert counted.elements <= FREE


def test_the_work_of_compiling_is_bounded_by_that_of_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the order: a set is compiled after so many messages of it."""
    counted = Counted(monkeypatch)
    codec, sets, rng, read = Codec(SPEC), sets_of(20, 40), random.Random(3), 0
    for _ in range(1_500):
        codec.decode(rng.choice(sets))
        read += 20
    assert FREE < counted.elements <= FREE + read / WORTH


def test_rare_sets_never_drive_out_a_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of sets pass that are compiled, and the common one is never compiled again."""
    kept = CompiledSets[str]()
    compiled: list[object] = []

    def make(key: str) -> str:
        compiled.append(key)
        return key

    def use(key: str, size: int) -> None:
        if key not in kept.in_use and kept.rested(key) is None:
            kept.learn(key, size, lambda: make(key))

    for n in range(4 * SETS):
        use("common", 20)
        for _ in range(WORTH):
            use(f"rare {n}", LARGEST)
        assert len(kept.in_use) <= SETS
        assert len(kept) <= 2 * SETS
        assert kept.elements <= 2 * ELEMENTS
    assert compiled.count("common") == 1
    assert len(compiled) > 3 * SETS
    assert "common" in kept.in_use or kept.rested("common") is not None


def test_what_is_watched_is_bounded() -> None:
    """And what comes once and again is not forgotten among what comes once."""
    kept = CompiledSets[str]()
    kept.learn("spends what is free", FREE // 16, lambda: None)
    for n in range(FREE):
        kept.learn(f"a{n // 2}", LARGEST, lambda: "made")
    for n in range(20 * WATCHED):
        kept.learn(f"once {n}", 20, lambda: "made")
        if n % 8 == 0:
            kept.learn("again", 20, lambda: "made")
        assert kept.watched <= WATCHED
    assert "again" in kept.in_use


def test_a_rested_decoder_reads_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes back as it is, the same for encoders."""
    counted = Counted(monkeypatch)
    codec, data = Codec(SPEC), message(["3", "11", "41", "128"])
    first = [codec.decode(data) for _ in range(3)]
    again = [codec.encode({"t": "0800", "3": "000000", "11": "000001"}) for _ in range(3)]
    for kept in (codec._known_decoders, codec._known_encoders):
        (key,) = kept.in_use
        kept._rest(key)
        assert not kept.in_use
    before = counted.elements
    assert codec.decode(data) == first[0]
    assert codec.encode({"t": "0800", "3": "000000", "11": "000001"}) == again[0]
    assert counted.elements == before
    assert codec._known_decoders.in_use
    assert codec._known_encoders.in_use
