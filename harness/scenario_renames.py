"""Names in scenario files that are called otherwise now: the old ones work one version longer.

`RENAMES` is the whole list. The reader of scenario files (`harness.scenario`) moves each value to
its new place and warns (`RenamedWarning`); the schema marks the old names as deprecated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from harness.crypto.mac import NO_MAC

Key = tuple[str, str]
"""(section, key); the section is '' at the top of a file."""


def _same(value: Any) -> Any:
    return value


def _mac_by_name(value: Any) -> Any:
    """The name of the MAC algorithm for what was true or false; anything else stays as it is, and
    is refused by the reader.
    """
    return {True: "cmac", False: NO_MAC}[value] if isinstance(value, bool) else value


class Rename(NamedTuple):
    """`value` makes the value of the new key from the value of the old one."""

    old: Key
    new: Key
    value: Callable[[Any], Any] = _same


RENAMES = (
    Rename(("", "evening"), ("", "customers")),
    Rename(("", "spec"), ("link", "spec")),
    Rename(("", "framing"), ("link", "framing")),
    Rename(("contract", "mac"), ("link", "mac"), _mac_by_name),
    Rename(("contract", "sign_on"), ("link", "sign_on")),
)


def spelled(key: Key, *, section: bool = False) -> str:
    """As people write it: 'duration', '[link] spec', or '[customers]' for a whole section."""
    if section:
        return f"[{key[1]}]"
    return f"[{key[0]}] {key[1]}" if key[0] else key[1]
