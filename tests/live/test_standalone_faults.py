"""Faults of connection, bytes and framing at one's own end, when the other half is somebody else's.

Each end in turn carries them out, one terminal for each kind; the other half knows nothing of them.
"""

from __future__ import annotations

import pytest

from harness.api import Host, Terminals
from harness.errors import ConfigError
from harness.events import Event, FaultActed
from harness.faults.connection import DialRule
from harness.faults.grammar import ALL_RULES, fault_catalog
from harness.stations import terminal_id

USABLE = {
    "refuse": ("", "@..10s"),
    "syn_blackhole": ("nth=1,", ""),
    "accept_then_close": ("nth=1,", ""),
    "accept_never_read": ("nth=1,", ""),
    "fin_idle": ("after=5s,nth=1,", ""),
    "half_open": ("nth=1,", ""),
    "rst": ("nth=1,", "@10s.."),
    "flap": ("min=2s,max=5s,", "@10s..40s"),
    "one_way_partition": ("nth=1,", ""),
}
LAYERS = ("connection", "byte", "framing")
DIALS = [kind for kind, rule in ALL_RULES.items() if issubclass(rule, DialRule)]


def faults_of(*, dials: bool) -> dict[str, str]:
    """Each fault's text by its kind, with a terminal of its own where it is not everybody's."""
    kinds = [
        kind.kind
        for kind in fault_catalog()
        if kind.layer in LAYERS and (dials or kind.kind not in DIALS)
    ]
    found = {}
    for index, kind in enumerate(kinds):
        parameters, window = USABLE.get(kind, ("nth=1,", ""))
        found[kind] = f"{kind}:{parameters}terminal={terminal_id(index)}{window}"
    if dials:
        found["connection_limit"] = f"connection_limit:max={len(kinds) // 2}@..10s"
    return found


class Acted:
    """Listens to a journal: which faults took effect."""

    def __init__(self) -> None:
        self.faults: dict[str, None] = {}

    def __call__(self, _at: float, _actor: str, event: Event) -> None:
        if isinstance(event, FaultActed):
            self.faults[event.fault] = None


@pytest.mark.parametrize("end", ["host", "terminals"])
async def test_both_halves_withstand_what_one_of_them_does(end: str) -> None:
    """Every kind takes effect, and neither half has anything to say against the other. Faults at
    the host's end are its mistakes for the terminals, and so it is said that they are meant.
    """
    faults, acted = faults_of(dials=end == "terminals"), Acted()
    texts = {end: list(faults.values())}
    host = Host(faults=texts.get("host", ()), listeners=[acted], mac=True, speed=30.0, slack=30.0)
    async with host:
        atms = Terminals(
            host.address, len(faults), faults=texts.get("terminals", ()), listeners=[acted],
            mac=True, speed=30.0, slack=30.0, host_outages=["0s.."] if end == "host" else [],
        )  # fmt: skip
        async with atms:
            await atms.serve("60s")
            for _ in range(1200):  # at most 40 s of the wall
                if acted.faults.keys() >= set(faults.values()):
                    break
                await atms.serve("1s")
    assert [kind for kind, text in faults.items() if text not in acted.faults] == []
    for verdict in (host.verdict, atms.verdict):
        assert verdict.failures == (), verdict


@pytest.mark.parametrize("kind", DIALS)
def test_a_host_alone_cannot_say_who_dialled(kind: str) -> None:
    """So it is a mistake to ask it for that, told at the start."""
    with pytest.raises(ConfigError, match="who dials cannot be seen"):
        Host(faults=[kind])
