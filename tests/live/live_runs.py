"""What live tests share: a busy small evening, and its journal read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from harness.contract import Contract
from harness.journal import Entry, JournalReader, Listener
from harness.live.run import run_live
from harness.machines.behaviour import CustomerBehaviour
from harness.outcome import Outcome, Watcher
from harness.plan import plan_of
from harness.scenario import Scenario

BUSY = CustomerBehaviour(
    mean_gap=15.0, balance_share=0.0, wrong_pin=0.0, cancel=0.0, forget_card=0.0, forget_cash=0.0
)


def live(
    journal: Path,
    *faults: str,
    terminals: int = 4,
    duration: float = 120.0,
    speed: float = 60.0,
    slack: float = 30.0,
    state_dir: Path | None = None,
    standby: bool = False,
    stand_in: int = 0,
    quiescence: float = 1800.0,
    terminal_profile: str | None = None,
    host_profile: str | None = None,
    progress: Watcher | None = None,
    listeners: Sequence[Listener] = (),
) -> Outcome:
    """A run on real sockets. `slack` is wide, for a test machine has other things to do: at 60
    times the clock it is half a second of the wall.
    """
    scenario = Scenario(
        id="L1",
        name="busy",
        title="A busy small evening",
        duration=duration,
        contract=Contract(slack=slack, standby=standby, stand_in=stand_in, quiescence=quiescence),
        customers=BUSY,
        promises=("T4", "H1", "H3"),
    )
    plan = plan_of(
        scenario, terminals=terminals, faults=faults, live=True, speed=speed,
        terminal_profile=terminal_profile, host_profile=host_profile,
    )  # fmt: skip
    return run_live(
        plan, journal=journal, state_dir=state_dir, progress=progress, listeners=listeners
    )


def entries(journal: Path, *names: str, actor: str = "") -> list[Entry]:
    """Those of these events, or all; of one actor, or of everybody."""
    return [
        entry
        for entry in _read(journal, journal.stat().st_mtime_ns)
        if (not names or type(entry.event).__name__ in names)
        and (not actor or entry.actor == actor)
    ]


@lru_cache(maxsize=2)
def _read(journal: Path, _written: int) -> tuple[Entry, ...]:
    """The whole journal, once for all the questions about it."""
    return tuple(JournalReader(journal))


def how(found: list[Entry]) -> list[str]:
    """How links closed and connections failed."""
    return [str(getattr(entry.event, "how", "")) for entry in found]
