"""No specification, message, stream or frame builder raises any error but the project's own."""

from __future__ import annotations

import pytest
from fuzz import play

from harness.crypto.mac import CmacMac
from harness.errors import EncodeError
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.frame_builder import FrameBuilder
from harness.wire.framing import framing
from harness.wire.kinds import counterpart
from harness.wire.spec import load_spec
from harness.wire.spec_trial import fitted

PARTS = 8
INPUTS = 3_000_000


@pytest.mark.parametrize("seed", range(4))
def test_a_few_thousand_inputs(seed: int) -> None:
    """Specifications that are accepted carry what our machines say, there and back; whatever a peer
    sends is read or refused, and what is read can be answered.
    """
    assert play(seed, 25, 40) > 25 * 40


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 100 + PARTS))
def test_three_million_inputs(seed: int) -> None:
    """The same, with other seeds and more of each."""
    inputs, round_ = 0, 0
    while inputs < INPUTS / PARTS:
        inputs += play(seed * 1_000 + round_, 10, 500)
        round_ += 1


@pytest.mark.parametrize("spec", ["iso87-ascii", "iso87-binary"])
def test_a_third_bitmap_is_no_message_for_the_frame_builder(spec: str) -> None:
    """It announces data elements from 129 on, which the specification does not have."""
    codec = Codec(load_spec(spec))
    builder = FrameBuilder(AuthenticatedCodec(codec, CmacMac(bytes(range(16)))), framing("2byte"))
    announced = bytes.fromhex("8000000000000000" * 3)
    bitmaps = announced if spec == "iso87-binary" else announced.hex().encode("ascii")
    mti = b"\x02\x00" if spec == "iso87-binary" else b"0200"
    frame = framing("2byte").wrap(mti + bitmaps + bytes(8))
    assert builder.parts(frame) == {}
    assert builder.mac_element(frame) == ""


def test_a_value_that_is_no_text_is_refused_by_name() -> None:
    """Also where the element is fitted."""
    spec = load_spec("iso87-ascii")
    spec["4"]["max_len"] = 16
    made = fitted(spec, load_dialect(spec=spec), place="theirs.json")
    codec = AuthenticatedCodec(Codec(spec), None, made)
    with pytest.raises(EncodeError, match="field 4"):
        codec.encode({"t": "0200", "4": 5000})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("mti", "answer"), [("0200", "0210"), ("0421", "0430"), ("02A0", "0210"), ("0²00", "0²10")]
)
def test_an_mti_that_is_no_number_has_an_answer(mti: str, answer: str) -> None:
    """A packed MTI may hold letters, a text anything."""
    assert counterpart(mti) == answer
