"""Profiles by name: the safe ones, the shipped defects, and a user's own as `module:attribute`."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from harness.defects.catalogue import DEFECTS
from harness.errors import ConfigError
from harness.machines.profile import (
    CAPTURING_HOST,
    SAFE_HOST,
    SAFE_TERMINAL,
    HostProfile,
    TerminalProfile,
)

_BROKEN = tuple(defect.profile for defect in DEFECTS)
_TERMINALS = {SAFE_TERMINAL.name: SAFE_TERMINAL} | {
    profile.name: profile for profile in _BROKEN if isinstance(profile, TerminalProfile)
}
_HOSTS = {profile.name: profile for profile in (SAFE_HOST, CAPTURING_HOST)} | {
    profile.name: profile for profile in _BROKEN if isinstance(profile, HostProfile)
}

P = TypeVar("P", TerminalProfile, HostProfile)


def terminal_profiles() -> dict[str, str]:
    """The shipped profiles: name -> summary."""
    return {name: profile.summary for name, profile in _TERMINALS.items()}


def host_profiles() -> dict[str, str]:
    """The shipped profiles: name -> summary."""
    return {name: profile.summary for name, profile in _HOSTS.items()}


def terminal_profile(name: str) -> TerminalProfile:
    """A shipped terminal profile, or `module:attribute`.

    Raises:
        ConfigError: there is no such profile, module or attribute, or it is no TerminalProfile.
    """
    return _find(name, _TERMINALS, TerminalProfile, "--terminal-profile")


def host_profile(name: str) -> HostProfile:
    """A shipped host profile, or `module:attribute`.

    Raises:
        ConfigError: as for `terminal_profile`.
    """
    return _find(name, _HOSTS, HostProfile, "--host-profile")


def _find(name: str, shipped: dict[str, P], kind: type[P], flag: str) -> P:
    if name in shipped:
        return shipped[name]
    if ":" not in name:
        near = get_close_matches(name, shipped, 1)
        raise ConfigError(
            f"unknown profile '{name}'",
            place=flag,
            remedy=(f"did you mean '{near[0]}'? " if near else "")
            + "'harness list profiles' names the shipped ones; your own is module:attribute",
        )
    module_name, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as python -m does, so that a file beside the user is found
    try:
        found = getattr(import_module(module_name), attribute)
    except ImportError as trouble:
        raise ConfigError(
            f"cannot import '{module_name}' ({trouble})",
            place=f"{flag} {name}",
            remedy="give a module that Python finds from here, as module:attribute",
        ) from trouble
    except AttributeError as trouble:
        raise ConfigError(
            f"module '{module_name}' has no '{attribute}'", place=f"{flag} {name}"
        ) from trouble
    if not isinstance(found, kind):
        raise ConfigError(
            f"is a {type(found).__name__}, not a {kind.__name__}", place=f"{flag} {name}"
        )
    return found
