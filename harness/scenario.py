"""A scenario: what a run is about, what goes wrong in it, and what must hold all the same.

A scenario is a TOML file (docs/scenarios.md lists the keys). Durations are '90m' or seconds,
shares '3%' or 0.03. It names the faults in the grammar of `--fault`, the invariants it promises
(one that is then never tried makes the run INVALID), the events that must have happened often
enough (`[expect]`) and those that may happen so often and no more (`[forbid]`).

Every mistake is a ConfigError with the file, the line and the key, and the nearest right name. A
name that is called otherwise now (`harness.scenario_renames`) is taken, with a RenamedWarning.
"""

from __future__ import annotations

import math
import re
import tomllib
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from harness import resources
from harness.checks.catalogue import INVARIANTS
from harness.checks.expectations import parse_expectation
from harness.contract import Contract
from harness.did_you_mean import unknown
from harness.errors import ConfigError, RenamedWarning, quoted
from harness.faults.grammar import parse_fault
from harness.input_files import SCENARIO, UNREADABLE, read_text
from harness.link_options import LinkOptions
from harness.machines.behaviour import CustomerBehaviour
from harness.machines.motors import Motors
from harness.machines.terminal import LAST_STAN
from harness.scenario_renames import RENAMES, Key, Rename, spelled
from harness.toml_keys import TomlKeys
from harness.units import LONGEST, parse_duration, parse_epoch, parse_share
from harness.value_ranges import MOST, MOST_TERMINALS, check_number, check_values, out_of_range

REAL_CLOCK = ""  # as an epoch: the moment at which the run started


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """`duration` in seconds, `epoch` ISO 8601 in UTC: the wall clock at the run's start; for a host
    or terminals that stand alone it may be `REAL_CLOCK`.

    `search_terminals` is how many terminals a search plays with, 0: as many as a run.

    `first_stan` is the STAN (DE 11) with which new machines begin, up to 999,999.

    `customers` is how those in front of the machines behave, `link` how messages become bytes.

    `control_plane`: a simulation of it has a broker, and terminals that can be commanded over it.

    `expect` and `forbid` map events (`checks.expectations`) to the least and the greatest number of
    times, in a run with the scenario's terminals and duration; `harness.plan` scales them to a
    smaller or a larger one.
    """

    id: str
    name: str
    title: str
    story: str = ""
    shows: str = ""
    terminals: int = 100
    search_terminals: int = 0
    first_stan: int = 1
    duration: float = 5400.0
    epoch: str = "2026-11-21T20:10:00"
    contract: Contract = Contract()
    customers: CustomerBehaviour = CustomerBehaviour()
    motors: Motors = Motors()
    promises: tuple[str, ...] = ()
    expect: dict[str, int] = {}
    forbid: dict[str, int] = {}
    faults: tuple[str, ...] = ()
    terminal_profile: str = "safe"
    host_profile: str = "safe"
    link: LinkOptions = LinkOptions()
    control_plane: bool = False

    def __post_init__(self) -> None:
        """Raises ConfigError for a contract that says otherwise than the link, and for a value with
        which no machine works: a scenario is read from a case too, and made in Python.
        """
        self._check_ranges()
        contract, link = self.contract, self.link
        for name, told, follows in (
            ("mac", contract.mac, link.has_mac),
            ("sign_on", contract.sign_on, link.sign_on),
            ("echo", contract.echo, link.echo),
        ):
            if follows and not told:
                raise ConfigError(
                    f"{name} follows from the link, which has it",
                    place=f"Contract({name}=False)",
                    remedy=f"give the scenario a link=LinkOptions(...) without {name}",
                )

    def _check_ranges(self) -> None:
        check_values(Contract(), self.contract, "the scenario's contract")
        check_values(CustomerBehaviour(), self.customers, "the scenario's customers", shares=True)
        check_values(Motors(), self.motors, "the scenario's motors")
        check_number(self.terminals, 1, MOST_TERMINALS, "the scenario's terminals")
        check_number(self.search_terminals, 0, MOST_TERMINALS, "the scenario's search_terminals")
        check_number(self.first_stan, 1, LAST_STAN, "the scenario's first_stan")
        check_number(self.duration, 0, LONGEST, "the scenario's duration")
        if self.epoch != REAL_CLOCK:
            parse_epoch(self.epoch, "the scenario's epoch")

    @property
    def searched(self) -> int:
        """How many terminals a search plays with."""
        return self.search_terminals or self.terminals


# by section: what is no key there
_FOLLOWS = {"contract": ("mac", "sign_on", "echo", "host_outages")}
_KEYS = tuple(name for name in Scenario.__struct_fields__ if name != "name")


def scenario_names() -> list[str]:
    """The shipped scenarios, by id."""
    found = resources.names("scenarios", ".toml")
    return sorted(found, key=lambda name: load_scenario(name).id)


def load_scenario(name_or_path: str) -> Scenario:
    """A shipped scenario by name or id ('national_freeze', 'S01'), or a TOML file by its path.

    Raises:
        ConfigError: no such scenario or file, or a mistake in the file.
    """
    if name_or_path.endswith(".toml") or "/" in name_or_path:
        return _read(Path(name_or_path))
    names = resources.names("scenarios", ".toml")
    if name_or_path in names:
        return _read(resources.fixture("scenarios", f"{name_or_path}.toml"))
    for name in names:
        scenario = _read(resources.fixture("scenarios", f"{name}.toml"))
        if scenario.id.casefold() == name_or_path.casefold():
            return scenario
    unknown("scenario", name_or_path, names)


def _read(path: Path) -> Scenario:
    return parse_scenario(read_text(path, SCENARIO), path)


def parse_scenario(text: str, path: Path) -> Scenario:
    """The scenario that `text` holds; `path` names it in errors and gives it its name.

    Raises:
        ConfigError: with file, line and key.
    """
    try:
        table = tomllib.loads(text)
    except UNREADABLE as trouble:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(trouble))
        line = f":{found.group(1)}" if found else ""
        raise ConfigError(f"not TOML: {trouble}", place=f"{path}{line}") from trouble
    return _Reader(text, path).scenario(table)


class _Reader:
    """Turns one parsed file into a Scenario and knows where each key stands."""

    def __init__(self, text: str, path: Path) -> None:
        self._lines = text.splitlines()
        self._path = path
        self._keys = TomlKeys(self._lines)
        self._renamed: dict[Key, Key] = {}  # from where a key belongs to where it stands

    def scenario(self, table: dict[str, Any]) -> Scenario:
        values: dict[str, Any] = {"name": self._path.stem}
        for key, value in self._in_new_names(table).items():
            if key not in _KEYS:
                unknown("key", key, _KEYS, place=self._place("", key))
            values[key] = self._value(key, value)
        for key in ("id", "title"):
            if key not in values:
                raise ConfigError(
                    f"the key '{key}' is missing",
                    place=f"{self._path}:1",
                    remedy=f'add a line such as {key} = "..."',
                )
        scenario = Scenario(**values)
        self._check_quiescence(scenario.contract)
        for section, counts in (("expect", scenario.expect), ("forbid", scenario.forbid)):
            for text in counts:
                self._check_fault(section, text, scenario.faults)
        return scenario

    def _in_new_names(self, table: dict[str, Any]) -> dict[str, Any]:
        """The table with each value under the name that its key has now; warns of old names."""
        table = {key: dict(x) if isinstance(x, dict) else x for key, x in table.items()}
        for rename in RENAMES:
            section, key = rename.old
            old = table.get(section) if section else table
            if isinstance(old, dict) and key in old:
                self._rename(table, rename, old.pop(key))
        return table

    def _rename(self, table: dict[str, Any], rename: Rename, value: Any) -> None:
        (section, key), place = rename.new, self._place(*rename.old)
        new = self._table(table.setdefault(section, {}), place) if section else table
        if key in new:
            raise ConfigError(
                f"it is called '{spelled(rename.new)}' now, and that is given too",
                place=place,
                remedy="leave the old one out",
            )
        new[key] = rename.value(value)
        self._renamed[rename.new] = rename.old
        name = spelled(rename.new, section=isinstance(value, dict))
        warnings.warn(
            f"{place}: it is called '{name}' now; the old name works in this version only",
            RenamedWarning,
            stacklevel=2,
        )

    def _check_fault(self, section: str, text: str, faults: tuple[str, ...]) -> None:
        """What is said of a fault is said of one of the scenario's own: nothing else can do it."""
        wanted = parse_expectation(text)
        kinds = [parse_fault(fault).kind for fault in faults]
        own = {"fault": faults, "kind": kinds}.get(wanted.field)
        if wanted.event == "FaultActed" and own is not None and wanted.value not in own:
            place = self._place(section, text)
            unknown(f"{wanted.field} of the scenario's faults", wanted.value, own, place=place)

    def _check_quiescence(self, contract: Contract) -> None:
        """A terminal that is out of service when the run ends fails F3 then, so the run has to last
        as long as the terminal may take.
        """
        least = contract.in_service + contract.doubt
        if contract.awaits_service and contract.quiescence < least:
            raise ConfigError(
                f"a terminal may take {least:g} s to be back in service (F3)",
                place=self._place("contract", "quiescence"),
                remedy=f'write "{math.ceil(least)}s" or longer, or awaits_service = false',
            )

    def _value(self, key: str, value: Any) -> Any:
        place = self._place("", key)
        match key:
            case "terminals" | "search_terminals":
                return self._whole(value, place, least=1, most=MOST_TERMINALS)
            case "first_stan":
                return self._stan(value, place)
            case "duration":
                return self._duration(value, place, positive=True)
            case "epoch":
                return self._epoch(value, place)
            case "faults":
                return tuple(self._fault(text, place) for text in self._list(value, place))
            case "promises":
                return tuple(self._promise(word, place) for word in self._list(value, place))
            case "expect" | "forbid":
                return self._counts(key, self._table(value, place))
            case "contract":
                return self._struct(key, Contract(), self._table(value, place))
            case "customers":
                return self._struct(key, CustomerBehaviour(), self._table(value, place))
            case "link":
                link: LinkOptions = self._struct(key, LinkOptions(), self._table(value, place))
                link.checked(lambda name: self._place("link", name))
                return link
            case "control_plane":
                return self._like(False, value, place, "")
            case "motors":
                return self._struct(key, Motors(), self._table(value, place))
            case _:
                return self._text(value, place)

    # --- kinds of value ------------------------------------------------------------

    def _text(self, value: Any, place: str) -> str:
        if not isinstance(value, str):
            raise ConfigError(
                f"{quoted(value)} is not text", place=place, remedy="put it in quotes"
            )
        return value.strip()

    def _whole(self, value: Any, place: str, *, least: int, most: int = MOST) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            problem = f"{quoted(value)} is not a whole number from {least} up"
            raise ConfigError(problem, place=place)
        if value > most:
            raise ConfigError(f"{quoted(value)} is more than {most:,}", place=place)
        return value

    def _stan(self, value: Any, place: str) -> int:
        if self._whole(value, place, least=1) > LAST_STAN:
            raise ConfigError(f"{value} has more than six digits", place=place, remedy="999950")
        return int(value)

    def _list(self, value: Any, place: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(
                f"{quoted(value)} is not a list of texts",
                place=place,
                remedy='write ["...", "..."]',
            )
        return value

    def _table(self, value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ConfigError(
                f"{quoted(value)} is not a table", place=place, remedy="write it as [table]"
            )
        return value

    def _duration(self, value: Any, place: str, *, positive: bool = False) -> float:
        if not isinstance(value, str | int | float):
            problem = f"{quoted(value)} is not a duration"
            raise ConfigError(problem, place=place, remedy='write "90m"')
        seconds = parse_duration(value, place=place)
        if positive and seconds == 0:
            raise ConfigError("a duration here must be longer than 0", place=place)
        return seconds

    def _epoch(self, value: Any, place: str) -> str:
        return parse_epoch(value.isoformat() if isinstance(value, datetime) else value, place)

    def _fault(self, text: str, place: str) -> str:
        number = next((n for n, line in enumerate(self._lines, 1) if text in line), 0)
        parse_fault(text, place=f"{self._path}:{number}: key 'faults'" if number else place)
        return text

    def _promise(self, word: str, place: str) -> str:
        if word not in INVARIANTS:
            unknown("invariant", word, INVARIANTS, place=place)
        return word

    def _counts(self, section: str, table: dict[str, Any]) -> dict[str, int]:
        for name, count in table.items():
            place = self._place(section, name)
            parse_expectation(name, place=place)
            self._whole(count, place, least=1 if section == "expect" else 0)
        return dict(table)

    def _struct(self, section: str, default: Any, table: dict[str, Any]) -> Any:
        """`default` with the table's entries over it, each read by the kind of its default."""
        names = [
            name for name in default.__struct_fields__ if name not in _FOLLOWS.get(section, ())
        ]
        changes: dict[str, Any] = {}
        for key, value in table.items():
            place = self._place(section, key)
            if key not in names:
                unknown(f"{section} key", key, names, place=place)
            changes[key] = self._like(getattr(default, key), value, place, section)
        made = msgspec.structs.replace(default, **changes)
        wrong = out_of_range(default, made, section == "customers")
        if wrong is not None:
            remedy = f"such as {wrong.field} = {wrong.usual}"
            place = self._place(section, wrong.field)
            raise ConfigError(wrong.problem, place=place, remedy=remedy)
        return made

    def _like(self, default: Any, value: Any, place: str, section: str) -> Any:
        if isinstance(default, bool):
            if not isinstance(value, bool):
                raise ConfigError(f"{quoted(value)} is neither true nor false", place=place)
            return value
        if isinstance(default, str):
            return self._text(value, place)
        if isinstance(default, tuple):
            return self._tuple(default, value, place, section)
        if isinstance(default, int):
            return self._whole(value, place, least=0)
        if default < 1 and section == "customers":  # only there shares default below one
            return parse_share(self._number(value, place), place=place)
        return self._duration(value, place, positive=True)

    def _number(self, value: Any, place: str) -> str | float:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            problem = f"{quoted(value)} is not a share"
            raise ConfigError(problem, place=place, remedy='write "3%" or 0.03')
        return value

    def _tuple(
        self, default: tuple[Any, ...], value: Any, place: str, section: str
    ) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ConfigError(f"{quoted(value)} is not a list", place=place, remedy="write [1, 3]")
        if not default or isinstance(default[0], str):
            return tuple(self._list(value, place))
        return tuple(self._like(default[0], item, place, section) for item in value)

    def _place(self, section: str, key: str) -> str:
        """'file:line: key ...' of a key in a section ('' for the top of the file)."""
        section, key = self._renamed.get((section, key), (section, key))
        section = self._renamed.get(("", section), ("", section))[1]
        line = self._keys.line(section, key)
        name = f"{section}.{key}" if section else key
        return f"{self._path}:{line}: key '{name}'" if line else f"{self._path}: key '{name}'"
