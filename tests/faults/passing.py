"""Real frames for faults to strike: encoded, sealed and framed as a terminal and a host would."""

from __future__ import annotations

from raw_fields import said

from harness.crypto.mac import CmacMac
from harness.events import FaultActed
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.fault_set import FaultSet
from harness.faults.grammar import parse_fault
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.frame_builder import FrameBuilder
from harness.wire.framing import framing
from harness.wire.spec import load_spec

CODEC = AuthenticatedCodec(Codec(load_spec("iso87-ascii")), CmacMac(bytes(range(16))))
ATM, OTHER = "ATM00007", "ATM00008"


def plan(*faults: str, seed: int = 1, framing: str = "2byte", sign_on: bool = True) -> FaultSet:
    """The faults of a run with a host_response of 45 s."""
    specs = [parse_fault(text) for text in faults]
    return FaultSet(specs, seed=seed, framing=framing, sign_on=sign_on)


def frame(
    mti: str = "0210",
    terminal: str = ATM,
    *,
    stan: str = "000123",
    header: str = "2byte",
    deadline: float | None = None,
    more: dict[str, str] | None = None,
) -> Passing:
    """A message on its way, by its MTI to the host or to the terminal."""
    fields = {"t": mti, "7": "1121201000", "11": stan, "41": terminal}
    fields |= more or {}
    fields["70" if mti[1] == "8" else "39"] = "301" if mti[1] == "8" else "00"
    sealed = CODEC.encode(fields)
    to = "terminal" if int(mti[2]) % 2 else "host"
    opened = said(CODEC.decode(sealed)[0])
    cut = framing(header)
    return Passing(terminal, to, cut.wrap(sealed), opened, FrameBuilder(CODEC, cut), deadline)


def fields_of(passing: Passing) -> dict[str, str]:
    """What a frame says, by data element."""
    return dict(passing.message.fields) if passing.message is not None else {}


def message(data: bytes, header: str = "2byte") -> tuple[dict[str, str], str]:
    """(fields, MAC verdict) of one whole frame."""
    frames = framing(header).deframer().feed(data)
    assert len(frames) == 1, f"{len(frames)} frames"
    return CODEC.decode(frames[0].payload)


def delivered(acts: list[Act] | None) -> list[tuple[float, bytes]]:
    """The deliveries among what a fault answered; it must have answered."""
    assert acts is not None, "the frame was left alone"
    return [(act.delay, act.data) for act in acts if isinstance(act, Deliver)]


def taken(faults: FaultSet) -> list[FaultActed]:
    """The effects since this was last asked, of a set that has no owner."""
    held = faults.held[:]
    faults.held.clear()
    return held


def told(faults: FaultSet) -> list[tuple[str, str, str]]:
    """(fault, on a terminal or 'HOST', what) of each effect since this was last asked."""
    found = []
    for effect in taken(faults):
        on, what = effect.on.split(": ", 1)
        found.append((effect.fault, on, what))
    return found
