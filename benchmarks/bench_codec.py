"""Codec and seal against pyiso8583: `python -m benchmarks.bench_codec`.

Every figure is the median of repeated runs, interleaved with those of its floor, so that a
busy machine slows both alike. Believe the ratios.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

import iso8583

from harness.crypto.keys import load_keys
from harness.crypto.mac import CmacMac
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.calendar import Stamp
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.framing import framing
from harness.wire.message import Station
from harness.wire.spec import load_spec, spec_names

ROUNDS = 15
LOOPS = 1000
TARGET = 8.0

Job = Callable[[], object]


def withdrawal(spec: str) -> dict[str, str]:
    """The 0200 of a withdrawal as the terminal sends it: 20 data elements before its MAC."""
    station = Station("ATM00001", "HARNESS00000001", "Rue Neuve 1            Bruxelles    BRBE")
    request = load_dialect(spec=load_spec(spec)).request(
        station,
        kind="withdrawal",
        pan="9999990000000014",
        expiry="2812",
        track2="9999990000000014=28122011123456789",
        pin_block="2CF929790037CE52",
        amount=5000,
        stan="000001",
        rrn="000000000001",
        stamp=Stamp("0101120000", "130000", "260101"),
    )
    return request.fields


def seconds_each(jobs: dict[str, Job]) -> dict[str, list[float]]:
    """Seconds for one call of each job, round by round, the jobs of a round side by side."""
    rounds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = perf_counter()
            for _ in range(LOOPS):
                job()
            rounds[name].append((perf_counter() - start) / LOOPS)
    return rounds


def bench(name: str) -> None:
    spec = load_spec(name)
    codec = Codec(spec)
    with_mac = AuthenticatedCodec(codec, CmacMac(load_keys().mac))
    fields = withdrawal(name)
    for_reference = dict(fields)
    for _ in range(3):
        data = codec.encode(fields)
        codec.decode(data)
        message = with_mac.encode(fields)
        with_mac.decode(message)
    framer = framing("2byte")
    deframer = framer.deframer()
    times = seconds_each(
        {
            "pyiso8583 encode": lambda: iso8583.encode(for_reference, spec),
            "encode": lambda: codec.encode(fields),
            "pyiso8583 decode": lambda: iso8583.decode(data, spec),
            "decode": lambda: codec.decode(data),
            "encode with MAC": lambda: with_mac.encode(fields),
            "decode, verify MAC": lambda: with_mac.decode(message),
            "frame and deframe": lambda: deframer.feed(framer.wrap(message)),
        }
    )
    print(f"{name}: 0200 with {len(fields) - 1} data elements, {len(data)} bytes")
    for job, rounds in times.items():
        each = median(rounds)
        line = f"  {job:<22} {each * 1e6:7.2f} us {1 / each:10,.0f}/s"
        floors = times.get(f"pyiso8583 {job}")
        if floors is not None:
            ratio = median(floor / own for floor, own in zip(floors, rounds, strict=True))
            verdict = "at least" if ratio >= TARGET else "BELOW"
            line += f"   {ratio:5.1f} times pyiso8583 ({verdict} {TARGET:.0f})"
        print(line)


def main() -> None:
    for name in spec_names():
        bench(name)


if __name__ == "__main__":
    main()
