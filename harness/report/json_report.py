"""The verdict as JSON, for programs."""

from __future__ import annotations

import msgspec

from harness.checks.verdict import Verdict
from harness.journal import Header
from harness.load.meter import Figures
from harness.shown import escaped_json


def verdict_json(verdict: Verdict, header: Header, figures: Figures | None = None) -> bytes:
    """The run's header and its verdict, indented, ending in a newline; and under 'load' its
    figures, if there are any (durations in seconds).
    """
    whole: dict[str, object] = {"run": header, "verdict": verdict}
    if figures is not None:
        whole["load"] = figures
    body = msgspec.json.encode(whole, order="deterministic")
    return escaped_json(msgspec.json.format(body, indent=2)) + b"\n"
