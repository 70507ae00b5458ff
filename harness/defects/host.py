"""Hosts that are broken on purpose: each must be caught by the checks named beside it."""

from __future__ import annotations

from harness.machines.host import Entry, Host
from harness.machines.profile import HostProfile
from harness.wire.dialect import Fields, Kind


class _DoublePostsRepeats(Host):
    """A repeat is taken for news: recalled by nobody, and posted again."""

    def recall(self, message_class: str, fields: Fields) -> Entry | None:
        if self.dialect.kind_of(fields) in (Kind.REVERSAL_REPEAT, Kind.REQUEST_REPEAT):
            return None
        return super().recall(message_class, fields)

    def is_reversed(self, entry: Entry) -> bool:
        return False


class _IgnoresReversals(Host):
    """Says 00 to a reversal and leaves the books as they were."""

    def post_reversal(self, entry: Entry, fields: Fields, amount: int) -> None:
        entry.reversed += amount


class _ApprovesAfterTombstone(Host):
    """Forgets that the reversal came first."""

    def is_tombstoned(self, entry: Entry) -> bool:
        return False


HOST_DEFECTS = (
    HostProfile(
        name="double_posts_repeats",
        summary="posts a repeated reversal once more (H1 H4)",
        machine=_DoublePostsRepeats,
    ),
    HostProfile(
        name="ignores_reversals",
        summary="answers 00 to a reversal and posts nothing (H3)",
        machine=_IgnoresReversals,
    ),
    HostProfile(
        name="approves_after_tombstone",
        summary="approves an original whose reversal came first (H6)",
        machine=_ApprovesAfterTombstone,
    ),
)
