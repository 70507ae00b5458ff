"""The verdict as JSON, for programs."""

from __future__ import annotations

import msgspec

from harness.checks.verdict import Verdict
from harness.journal import Header


def verdict_json(verdict: Verdict, header: Header) -> bytes:
    """The run's header and its verdict, indented, ending in a newline."""
    body = msgspec.json.encode({"run": header, "verdict": verdict}, order="deterministic")
    return msgspec.json.format(body, indent=2) + b"\n"
