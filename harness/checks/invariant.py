"""An invariant, as the catalogue lists it."""

from __future__ import annotations

from typing import NamedTuple

from harness.checks.base import Check


class Invariant(NamedTuple):
    """`check` is None where a scan of the output judges it and no check of the journal (S3)."""

    id: str
    promise: str
    why: str
    check: type[Check] | None
