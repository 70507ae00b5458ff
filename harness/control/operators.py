"""Who may command a fleet, and how a terminal knows that a command is an operator's.

A broker tells nobody who has published a message. Where the terminals know their operators, each
command carries an authentication code: HMAC-SHA-256 (RFC 2104, FIPS 180-4), in hexadecimal, of the
command without it, under the operator's own key. It covers the target and the time up to which the
command counts, so that a command can be used neither for another terminal nor later on. Whether a
broker lets somebody publish at all is said by its access list (docs/mqtt.md).
"""

from __future__ import annotations

import hmac
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from harness.control.payloads import Command
from harness.control.topics import VERBS
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.input_files import KEYS, UNREADABLE, read_text

SHORTEST_KEY = 16  # bytes


class Operator(msgspec.Struct, frozen=True):
    """An operator's key, and the verbs that the operator may use."""

    key: bytes
    verbs: tuple[str, ...] = VERBS

    def __repr__(self) -> str:
        """Without the key."""
        return f"Operator(verbs={self.verbs})"


class Operators:
    """The operators whom a terminal obeys. Without any it obeys everybody: whoever may publish a
    command was let in by the broker.
    """

    def __init__(self, known: Mapping[str, Operator] | None = None) -> None:
        self._known = dict(known or {})

    def refusal(self, command: Command) -> str:
        """Why a command is not obeyed, in words; '' if it is."""
        if not self._known:
            return ""
        operator = self._known.get(command.operator)
        if operator is None:
            return f"operator '{command.operator}' is not known here"
        if not hmac.compare_digest(command.auth.lower().encode(), _code(command, operator.key)):
            return f"the authentication code is not that of operator '{command.operator}'"
        if command.verb not in operator.verbs:
            return f"operator '{command.operator}' may not use {command.verb}"
        return ""


def signed(command: Command, key: bytes) -> Command:
    """The command with its authentication code."""
    return msgspec.structs.replace(command, auth=_code(command, key).decode())


def _code(command: Command, key: bytes) -> bytes:
    """What is authenticated are the members in the order of the type, one on each line, but for the
    code itself.
    """
    names = [name for name in Command.__struct_fields__ if name != "auth"]
    said = "\n".join(f"{name}={getattr(command, name)}" for name in names)
    return hmac.new(key, said.encode(), sha256).hexdigest().encode()


def load_operators(path: Path) -> dict[str, Operator]:
    """The operators of a TOML file: a table for each, with `key` (hexadecimal, 16 bytes or more)
    and `verbs` (a list; without it, all of them).

    Raises:
        ConfigError: the file cannot be read, or says something else.
    """
    try:
        table = tomllib.loads(read_text(path, KEYS))
    except UNREADABLE as trouble:
        raise ConfigError(f"not TOML: {trouble}", place=str(path)) from trouble
    return {name: _operator(entry, f"{path}: [{name}]") for name, entry in table.items()}


def _operator(entry: Any, place: str) -> Operator:
    if not isinstance(entry, dict):
        raise ConfigError("is no table", place=place, remedy='[night_shift]\nkey = "..."')
    for name in entry:
        if name not in ("key", "verbs"):
            unknown("key", name, ("key", "verbs"), place=place)
    verbs = entry.get("verbs", list(VERBS))
    if not isinstance(verbs, list):
        raise ConfigError("verbs is no list", place=place, remedy='verbs = ["out_of_service"]')
    for verb in verbs:
        if verb not in VERBS:
            unknown("verb", str(verb), VERBS, place=place)
    return Operator(_key(entry.get("key"), place), tuple(verbs))


def _key(text: Any, place: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except (TypeError, ValueError):
        key = b""
    if len(key) < SHORTEST_KEY:
        raise ConfigError(
            f"key is not {SHORTEST_KEY} bytes or more in hexadecimal",
            place=place,
            remedy="one can be made with: openssl rand -hex 32",
        )
    return key
