"""A policy of the monitor, as a file of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

from harness.control.monitor_policy import PROTECTIVE, RESTORING, Policy
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.input_files import POLICY, UNREADABLE, read_text

NAMED = {"none": Policy(), "protective": PROTECTIVE, "restoring": RESTORING}
_KEYS = ("on", "text", "resume")
_REMEDY = '[on]\nhost_silent = ["out_of_service"]'


def load_policy(name: str) -> Policy:
    """A policy by name, 'none', 'protective' or 'restoring', or from a TOML file with a table `on`
    of verbs for each kind of incident, and `text` and `resume` where they are wanted.

    Raises:
        ConfigError: there is no such file, or it says something else.
    """
    if name in NAMED:
        return NAMED[name]
    path = Path(name)
    try:
        table = tomllib.loads(read_text(path, POLICY))
    except UNREADABLE as trouble:
        raise ConfigError(f"not TOML: {trouble}", place=str(path)) from trouble
    for key in table:
        if key not in _KEYS:
            unknown("key", key, _KEYS, place=str(path))
    on, text, resume = table.get("on", {}), table.get("text", ""), table.get("resume", False)
    lists = isinstance(on, dict) and all(isinstance(verbs, list) for verbs in on.values())
    if not (lists and isinstance(text, str) and isinstance(resume, bool)):
        raise ConfigError("is no policy", place=str(path), remedy=_REMEDY)
    try:
        return Policy(
            {kind: map(str, verbs) for kind, verbs in on.items()}, text=text, resume=resume
        )
    except ConfigError as trouble:
        raise ConfigError(str(trouble), place=str(path)) from trouble
