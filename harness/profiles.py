"""Profiles by name: the safe ones, the shipped defects, and a user's own as `module:attribute`."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from harness.defects.catalogue import DEFECTS
from harness.errors import ConfigError, HarnessError
from harness.importing import imported
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

_OWN: dict[str, str] = {}
"""The files of the profiles that are not shipped, each with the profile's name."""
_HARNESS = f"{Path(__file__).parent}{os.sep}"
_LIBRARIES = tuple(
    f"{path}{os.sep}" for path in (*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix)
)

_CALLS_LISTENERS = tuple(
    str(Path(__file__).with_name(package) / name)
    for package, name in (("journal", "entries.py"), ("live", "journal_merge.py"))
)
"""A listener of a user's may stand in the same file as his profile."""
_AS_MODULE = "give a module that Python finds from here, as module:attribute"

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


def is_shipped(name: str) -> bool:
    """Is it a shipped profile, of a terminal or of a host? Any other one is somebody's own code."""
    return name in _TERMINALS or name in _HOSTS


def check_shipped(names: Iterable[str], *, place: str, allow: str) -> None:
    """A file that somebody has sent may name profiles, and to import one is to run its code. Only
    shipped ones are used without leave; `allow` says how leave is given.

    Raises:
        ConfigError: one of them is not shipped.
    """
    for name in dict.fromkeys(names):
        if not is_shipped(name):
            raise ConfigError(
                f"names the profile '{name}', which is not a shipped one: to use it is to run the "
                "code of that module",
                place=place,
                remedy=f"if you trust the file and the module, add {allow}",
            )


def own_exception(error: BaseException) -> ConfigError | None:
    """What is to be told of an exception that a user's own profile has raised in the middle of a
    run, with its place; None where it was raised elsewhere.

    The profile was called by a machine, and the deepest frame that is no library's is its own or of
    what it uses: a profile that makes the harness raise is not told from a harness that is wrong.
    """
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename in _OWN or not _is_library(frame.filename)
    ]
    theirs = list(takewhile(lambda frame: not _is_harness(frame.filename), reversed(frames)))
    names = [_OWN[frame.filename] for frame in theirs if frame.filename in _OWN]
    caller = frames[-len(theirs) - 1].filename if len(theirs) < len(frames) else ""
    if not names or not caller or caller in _CALLS_LISTENERS:
        return None
    said = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return ConfigError(
        f"the profile {names[0]} raised {said}",
        place=f"{theirs[0].filename}, line {theirs[0].lineno}, in {theirs[0].name}",
        remedy="it is an exception of the profile and not of the harness: correct it there",
    )


@contextmanager
def profiles_blamed() -> Iterator[None]:
    """What a user's own profile raises within is raised as that (`own_exception`)."""
    try:
        yield
    except HarnessError:
        raise
    except (Exception, SystemExit) as error:
        own = own_exception(error)
        if own is None:
            raise
        raise own from error


def _is_harness(filename: str) -> bool:
    return filename.startswith(_HARNESS)


def _is_library(filename: str) -> bool:
    """Is it of Python itself, or installed? The harness may be installed as well."""
    return not _is_harness(filename) and filename.startswith(_LIBRARIES)


def _of_the_other_role(name: str, flag: str) -> None:
    """Raises ConfigError for a profile of a host where a terminal's is asked for, or the other way
    round.
    """
    for role, profiles in (("terminal", _TERMINALS), ("host", _HOSTS)):
        other = f"--{role}-profile"
        if name in profiles and other != flag:
            raise ConfigError(
                f"'{name}' is the profile of a {role}",
                place=flag,
                remedy=f"give it with {other}; 'harness list profiles' names those of both",
            )


def _find(name: str, shipped: dict[str, P], kind: type[P], flag: str) -> P:
    if name in shipped:
        return shipped[name]
    if ":" not in name:
        _of_the_other_role(name, flag)
        near = get_close_matches(name, shipped, 1)
        raise ConfigError(
            f"unknown profile '{name}'",
            place=flag,
            remedy=(f"did you mean '{near[0]}'? " if near else "")
            + "'harness list profiles' names the shipped ones; your own is module:attribute",
        )
    module_name, _, attribute = name.partition(":")
    parts = module_name.split(".")
    if not (all(parts) and name.isprintable() and attribute.isidentifier()):
        raise ConfigError("is not module:attribute", place=f"{flag} {name}", remedy=_AS_MODULE)
    found = imported(module_name, attribute, f"{flag} {name}")
    if not isinstance(found, kind):
        raise ConfigError(
            f"is a {type(found).__name__}, not a {kind.__name__}", place=f"{flag} {name}"
        )
    _OWN[str(getattr(sys.modules.get(module_name), "__file__", ""))] = name
    return found
