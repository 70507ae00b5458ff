"""Which faults a live run can bring about, and which only somebody else could."""

from __future__ import annotations

from harness.errors import ConfigError
from harness.faults.connection import DialRule
from harness.faults.grammar import ALL_RULES, parse_fault
from harness.plan import RunPlan


def check_virtual(plan: RunPlan) -> None:
    """Raises ConfigError for a fault that needs virtual time."""
    for text in plan.faults:
        rule = ALL_RULES[parse_fault(text).kind]
        if rule.virtual:
            raise ConfigError(
                f"'{rule.kind}' needs virtual time: no clock on a wall has such an instant",
                place=f"--fault {text}",
                remedy="leave --live out, or take just_before_timeout or just_after_timeout",
            )


def check_faults(plan: RunPlan, mode: str) -> None:
    """Raises ConfigError for a fault whose place is at the other end, so that it could never take
    effect, or nobody could say that it did.
    """
    check_virtual(plan)
    for text in plan.faults:
        rule = ALL_RULES[parse_fault(text).kind]
        if rule.where not in ("wire", mode):
            layers = dict.fromkeys(
                other.layer for other in ALL_RULES.values() if other.where in ("wire", mode)
            )
            other = {"host": "terminals", "terminals": "host"}[mode]
            raise ConfigError(
                f"'{rule.kind}' happens inside the {other}, which are not ours here"
                if other == "terminals"
                else f"'{rule.kind}' happens inside the {other}, which is not ours here",
                place=f"--fault {text}",
                remedy=f"here there are faults of: {', '.join(layers)} (harness list faults)",
            )
        if mode == "host" and issubclass(rule, DialRule):
            raise ConfigError(
                "who dials cannot be seen from here, so nobody could say that it took effect",
                place=f"--fault {text}",
                remedy="accept_then_close, rst or flap end connections where they can be seen",
            )
