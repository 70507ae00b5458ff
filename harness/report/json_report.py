"""The verdict as JSON, for programs."""

from __future__ import annotations

import msgspec

from harness.checks.verdict import Verdict
from harness.journal import Header
from harness.shown import escaped_json


def verdict_json(verdict: Verdict, header: Header) -> bytes:
    """The run's header and its verdict, indented, ending in a newline."""
    body = msgspec.json.encode({"run": header, "verdict": verdict}, order="deterministic")
    return escaped_json(msgspec.json.format(body, indent=2)) + b"\n"
