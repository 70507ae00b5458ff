"""A defect: a machine that is broken on purpose, for the self-test."""

from __future__ import annotations

import msgspec

from harness.machines.profile import HostProfile, TerminalProfile


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """A shipped defect.

    - `profile`: the broken machine.
    - `cost`: in a sentence, what it does wrong and what that costs in the world.
    - `must`: the invariants that catch it, all of them; a clause is named as such ('T4.authentic').
    - `may`: the invariants and clauses that may break besides. No others may.
    """

    profile: TerminalProfile | HostProfile
    cost: str
    must: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def role(self) -> str:
        """'terminal' or 'host'."""
        return "host" if isinstance(self.profile, HostProfile) else "terminal"
