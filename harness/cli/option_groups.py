"""Options that several commands share, each group declared once as a dataclass.

A command takes a group as one parameter, and `with_groups` turns the group's fields into options of
the command line:

    @with_groups
    def host(listen: ..., link: LinkFlags, reports: ReportFlags) -> None:
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from harness.contract import HOST_RESPONSE, MOST_JOURNAL
from harness.crypto.mac import mac_names
from harness.link_options import LinkOptions
from harness.units import format_duration
from harness.value_ranges import MOST, MOST_SEED
from harness.wire.dialects import DIALECTS
from harness.wire.framing import framing_names

Faults = Annotated[
    list[str] | None, typer.Option("--fault", help="KIND[:name=value,...][@FROM..UNTIL].")
]
Seed = Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Everything random comes from it.")]
Profile = Annotated[str, typer.Option(help="A shipped profile, or module:attribute.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only the result and what broke.")]
Table = Annotated[
    bool, typer.Option("--table", help="Each invariant in a row, with how often it was tried.")
]
AllowProfiles = Annotated[
    bool,
    typer.Option(
        "--allow-profiles", help="Use the profiles that the file names: this runs their code."
    ),
]


def _or(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True)
class LinkFlags:
    """How messages become bytes; what is not given stays as the command has it."""

    spec: Annotated[
        str | None, typer.Option(help="A message specification by name, or a JSON file.")
    ] = None
    dialect: Annotated[
        str | None, typer.Option(help=f"{_or(DIALECTS)}; else the specification's own.")
    ] = None
    framing: Annotated[str | None, typer.Option(help=f"{_or(framing_names())}.")] = None
    mac: Annotated[
        str | None, typer.Option(help=f"The MAC in DE 64 or 128: {_or(mac_names())}.")
    ] = None
    keys: Annotated[str | None, typer.Option(help="Keys by name, or a TOML file.")] = None
    sign_on: Annotated[
        bool | None,
        typer.Option("--sign-on/--no-sign-on", help="Whether requests need a sign-on (0800)."),
    ] = None
    echo: Annotated[
        bool | None,
        typer.Option("--echo/--no-echo", help="Whether terminals send echoes (0800)."),
    ] = None

    def files(self) -> dict[str, Path | None]:
        """What of it may be a file that is read: a specification, and keys."""
        return {
            "specification": Path(self.spec) if self.spec else None,
            "file_of_keys": Path(self.keys) if self.keys else None,
        }

    def over(self, usual: LinkOptions) -> LinkOptions:
        """The usual options with what was given over them.

        Raises:
            ConfigError: a flag names something that does not exist.
        """
        link = usual.changed(
            spec=self.spec,
            dialect=self.dialect,
            framing=self.framing,
            mac=self.mac,
            keys=self.keys,
            sign_on=self.sign_on,
            echo=self.echo,
        )
        return link.checked(flag_of)


@dataclass(frozen=True)
class StandaloneFlags:
    """What a host and terminals that stand alone share: how long, how fast, with which cards."""

    cards: Annotated[Path | None, typer.Option(help="A CSV file: pan,expiry,pin,track2,code.")] = (
        None
    )
    duration: Annotated[str, typer.Option("--for", help="Stop after so long, such as 60s.")] = "0s"
    settle: Annotated[str, typer.Option(help="How long what is open at the end may take.")] = "2m"
    host_response: Annotated[
        str, typer.Option(help="The terminals' timer for the host's answer.")
    ] = format_duration(HOST_RESPONSE)
    slack: Annotated[str, typer.Option(help="By how much we ourselves may be late.")] = "2s"
    seed: Seed = 1
    speed: Annotated[float, typer.Option(help="How much faster than the clock all timers run.")] = (
        1.0
    )
    epoch: Annotated[
        str, typer.Option(help="Date and time at the start, UTC; without it, the real ones.")
    ] = ""
    state_dir: Annotated[
        Path | None, typer.Option(help="What survives the process is kept here.")
    ] = None
    fsync: Annotated[bool, typer.Option("--fsync", help="It survives power loss, too.")] = False
    most_journal: Annotated[
        int,
        typer.Option(min=1, max=MOST, help="The run ends when its journal has so many MB."),
    ] = MOST_JOURNAL


@dataclass(frozen=True)
class ReportFlags:
    """The files that a command writes."""

    journal: Annotated[Path | None, typer.Option(help="Write the journal here.")] = None
    junit: Annotated[Path | None, typer.Option(help="Write the verdict as JUnit XML, or - .")] = (
        None
    )
    json: Annotated[Path | None, typer.Option(help="Write the verdict as JSON, or - .")] = None


def flag_of(name: str) -> str:
    """The flag of an option: '--host-response' of 'host_response'."""
    return f"--{name.replace('_', '-')}"


def with_groups(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with an option for each field of its parameters that are groups. Typer reads a
    command's signature, so the wrapper has one that is made of all of them.
    """
    hints = get_type_hints(command, include_extras=True)
    plain: list[inspect.Parameter] = []
    groups: dict[str, type[Any]] = {}
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        if isinstance(hint, type) and is_dataclass(hint):
            groups[parameter.name] = hint
            plain += _options(hint)
        else:
            plain.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def called(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return command(**given)

    called.__signature__ = inspect.Signature(plain)  # type: ignore[attr-defined]
    called.__annotations__ = {option.name: option.annotation for option in plain}
    return called


def _options(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, vars(sys.modules[group.__module__]), include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
