"""SIGKILLs of the terminals' process at random moments: `python -m benchmarks.kills [N]`.

A host stays up and loses most of its answers; a fleet on a state directory is killed N times (1,000
unless said otherwise) and started again. In the end both journals are judged together: no reversal
may be lost, and each transaction's ledger must equal its cash. The fleet's process is forked from
this one, so that a life costs no start-up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from harness import Host, Terminals
from harness import events as e
from harness.journal import JournalReader
from harness.report.judging import judge_together

SPEED = 40.0
TERMINALS = 8
FAULT = "drop_response:p=50%,mti=0210"
LONGEST = 1.0  # of a life once it is connected, in seconds of the clock
UNCONNECTED = 0.1  # of the lives end before that


def main(kills: int) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        ready, listening = os.pipe()
        host = _forked(lambda: _host(where, listening))
        address = os.read(ready, 100).decode()
        draw = Random(1)
        for _ in range(kills):
            up, connected = os.pipe()
            fleet = _forked(lambda said=connected: _fleet(where, address, 1e6, said))
            os.close(connected)
            if draw.random() >= UNCONNECTED:
                os.read(up, 1)
            os.close(up)
            time.sleep(draw.uniform(0.0, LONGEST))
            os.kill(fleet, signal.SIGKILL)
            os.waitpid(fleet, 0)
        last = _forked(lambda: _fleet(where, address, 60.0))
        os.waitpid(last, 0)
        os.kill(host, signal.SIGTERM)
        os.waitpid(host, 0)
        return _report(where, kills, time.monotonic() - began)


def _forked(act: object) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(act())  # type: ignore[operator]
        finally:
            os._exit(0)
    return pid


async def _host(where: Path, listening: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Host(
        faults=[FAULT], speed=SPEED, journal=where / "host.jsonl", slack=60, mac=True
    ) as host:
        os.write(listening, host.address.encode())
        while not stop.is_set():
            await host.pause(stop, 1.0)


async def _fleet(where: Path, address: str, seconds: float, said: int = -1) -> None:
    async with Terminals(
        address, TERMINALS, gap=5, speed=SPEED, state_dir=where, slack=60, mac=True, settle="20m"
    ) as fleet:
        await fleet.connected.wait()
        if said >= 0:
            with contextlib.suppress(BrokenPipeError):
                os.write(said, b"!")
        await fleet.serve(seconds)


def _report(where: Path, kills: int, seconds: float) -> int:
    journals = [where / "terminals.jsonl", where / "host.jsonl"]
    phases: Counter[str] = Counter()
    states: dict[str, str] = {}
    for entry in JournalReader(journals[0]):
        if isinstance(entry.event, e.StateEntered):
            states[entry.actor] = entry.event.state
        elif isinstance(entry.event, e.PowerLost):
            phases[states.get(entry.actor, "?")] += 1
    verdict, _ = judge_together(journals)
    totals = verdict.totals
    tried = {row.id: (row.tried, row.status) for row in verdict.rows}
    print(f"{kills} kills in {seconds:.0f} s; ATMs hit, by the state they were in:")
    for state, count in phases.most_common():
        print(f"  {count:6,} {state}")
    print(
        f"{totals.approved:,} approved, {totals.reversals:,} reversals recorded, "
        f"{totals.acknowledged:,} acknowledged, {totals.pending:,} pending"
    )
    print(f"cash {totals.cash_taken / 100:,.2f}, ledger {totals.ledger / 100:,.2f}")
    for name in ("T8", "T10", "T13", "T11", "H1", "H2", "H3", "H7"):
        print(f"  {name:4} tried {tried[name][0]:6,}  {tried[name][1]}")
    print(verdict)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
