"""What a machine that is broken on purpose is to the self-test."""

from __future__ import annotations

import msgspec

from harness.machines.profile import HostProfile, TerminalProfile


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """`profile` is the broken machine. Every one of `must` catches it, each named exactly, the
    clause where it is a clause's ('T4.authentic'); what is in `may`, clauses included, can break
    along with them, and nothing else. `cost` says in a sentence what it does wrong and what that
    costs in the world. `scenario` is where it is searched
    for, with a safe machine at the other end.
    """

    profile: TerminalProfile | HostProfile
    cost: str
    must: tuple[str, ...]
    may: tuple[str, ...] = ()
    scenario: str = "few_withdrawals"

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def role(self) -> str:
        """'terminal' or 'host'."""
        return "host" if isinstance(self.profile, HostProfile) else "terminal"
