"""Every defect, with what must catch it and what may break along with it (section 5)."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.defects.host import HOST_DEFECTS
from harness.defects.terminal import TERMINAL_DEFECTS

_CAUGHT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # who waits on also pays what comes too late
    "hangs_on_timeout": (("T1", "T2", "F1"), ("F2", "T3", "T8", "T4", "T9")),
    "keeps_card_silently": (("T1", "T2"), ("F2", "T3", "T7")),
    "rearms_timer_on_noise": (("T1", "T3", "F1"), ("T2", "F2")),
    "dispenses_late_approval": (("T4", "T9"), ("T5", "T6", "T8", "H3")),
    "dispenses_twice_on_duplicate": (("T4", "T5"), ("H3", "T8")),
    "cash_before_approval": (("T4",), ("T6", "T9", "H3", "T8")),
    "forgets_reversal": (("T8",), ("H3", "H7")),
    "reversal_new_identity": (("T13",), ("H1", "H7")),
    "loses_reversals_on_restart": (("T10",), ("T8", "H3")),
    "leaks_pan": (("S3",), ()),
    "double_posts_repeats": (("H1", "H4"), ("H2", "H3")),
    "ignores_reversals": (("H3",), ()),
    "approves_after_tombstone": (("H6",), ("H1", "H3", "T8")),
}

DEFECTS: tuple[Defect, ...] = tuple(
    Defect(
        profile=profile,
        cost=profile.summary,
        must=_CAUGHT[profile.name][0],
        may=_CAUGHT[profile.name][1],
    )
    for profile in (*TERMINAL_DEFECTS, *HOST_DEFECTS)
)
