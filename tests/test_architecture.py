"""The rules of the house that no type checker holds: who imports whom, and who may own time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from lint import executed_texts, imports, impurities, message_literals

import harness

ROOT = Path(harness.__file__).parent

# Bottom first. A unit (a top-level module or package) imports from lower tiers and from itself.
TIERS: tuple[tuple[str, ...], ...] = (
    ("exit_codes",),
    ("shown", "shell"),
    ("errors", "keyed_random", "contract", "events"),
    (
        "resources",
        "units",
        "bounded",
        "did_you_mean",
        "gc_tuning",
        "old_formats",
        "file_lock",
        "ports",
        "input_files",
        "toml_keys",
        "importing",
        "file_names",
    ),
    ("value_ranges",),
    ("wire", "crypto"),
    ("cardholders", "link_options"),
    ("cards", "stations"),
    ("machines",),
    ("control",),
    ("defects", "tap", "journal"),
    ("faults", "checks", "profiles"),
    ("scenario_renames",),
    ("scenario",),
    ("scenario_schema",),
    ("plan", "outcome"),
    ("assembly",),
    ("sim", "live", "fleet"),
    ("load", "explore"),
    ("report",),
    ("api",),
    ("cli", "pytest_plugin"),
    ("__main__",),
)
RANK = {unit: rank for rank, tier in enumerate(TIERS) for unit in tier}
ASYNC_UNITS = ("live", "fleet", "load", "api", "cli", "pytest_plugin")
ASYNC_MODULES = ("report.console",)
PURE_UNITS = (
    *(
        "exit_codes",
        "shown",
        "errors",
        "keyed_random",
        "contract",
        "events",
        "resources",
        "units",
        "bounded",
        "did_you_mean",
        "gc_tuning",
        "old_formats",
        "file_names",
        "toml_keys",
        "value_ranges",
    ),
    *(
        "wire",
        "crypto",
        "link_options",
        "cardholders",
        "cards",
        "stations",
        "machines",
        "control",
        "defects",
        "tap",
        "journal",
    ),
    *(
        "faults",
        "checks",
        "profiles",
        "scenario",
        "scenario_renames",
        "plan",
        "outcome",
        "assembly",
        "sim",
    ),
)

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in sorted(ROOT.rglob("*.py"))
    if "_fixtures" not in path.parts and path != ROOT / "__init__.py"
}


def unit_of(module: str) -> str:
    return module.split(".")[0]


def wrong_imports(module: str, source: str) -> list[str]:
    """Imports of a module that point up, sideways, or to a unit without a tier."""
    unit = unit_of(module)
    wrong = []
    for line, name in imports(source):
        parts = name.split(".")
        if parts[0] != "harness" or len(parts) < 2 or parts[1] == unit:
            continue
        if RANK.get(parts[1], len(TIERS)) >= RANK[unit]:
            wrong.append(f"{module}:{line} imports {name}")
    return wrong


def wrong_asyncio(module: str, source: str) -> list[str]:
    """Imports of asyncio (or of what is built on it) outside the units that may."""
    if unit_of(module) in ASYNC_UNITS or module in ASYNC_MODULES:
        return []
    return [
        f"{module}:{line} imports {name}"
        for line, name in imports(source)
        if name.split(".")[0] in ("asyncio", "uvloop", "aiomqtt")
    ]


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    """A unit knows those below it, never those above or beside it."""
    assert unit_of(module) in RANK, f"give {unit_of(module)} its place in TIERS"
    assert wrong_imports(module, MODULES[module].read_text()) == []


@pytest.mark.parametrize("module", MODULES)
def test_asyncio_stays_at_the_edge(module: str) -> None:
    """Only live, fleet, load, the console and the command line know asyncio."""
    assert wrong_asyncio(module, MODULES[module].read_text()) == []


# they hand runs out to other processes
PROCESSES = ("explore.search", "explore.random_search", "explore.workers")
PURE = [m for m in MODULES if unit_of(m) in (*PURE_UNITS, "explore") and m not in PROCESSES]


@pytest.mark.parametrize("module", PURE)
def test_no_clock_no_chance_no_thread_no_order_of_sets(module: str) -> None:
    """Time and randomness are arguments; the same seed gives the same bytes anywhere."""
    found = [f"{module}:{line} {what}" for line, what in impurities(MODULES[module].read_text())]
    assert found == []


@pytest.mark.parametrize("module", [m for m in MODULES if unit_of(m) != "wire"])
def test_only_a_dialect_knows_data_elements(module: str) -> None:
    """Machines, checks, reports and faults speak of meanings, so that another version of the
    standard is another dialect and nothing else.
    """
    found = [
        f"{module}:{line} {what}" for line, what in message_literals(MODULES[module].read_text())
    ]
    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_no_text_is_executed(module: str) -> None:
    """An interrupt that is handled must not end the process by a signal all the same."""
    assert list(executed_texts(MODULES[module].read_text())) == []


@pytest.mark.parametrize("source", ['exec("x = 1")', "exec(text, scope)", "eval(f'{x}')"])
def test_an_executed_text_would_be_found(source: str) -> None:
    """And a code object is fine."""
    assert list(executed_texts(source)) != []
    assert list(executed_texts('exec(compile(text, "<x>", "exec"), scope)')) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_one_idea(module: str) -> None:
    """One that is longer than this holds more than one idea, and is split."""
    assert len(MODULES[module].read_text().splitlines()) <= 400


def test_the_package_itself_imports_nothing_of_its_own() -> None:
    """Importing one part of the harness does not pull in the rest: what the package itself offers
    is imported when it is asked for.
    """
    program = "import sys, harness; print([m for m in sys.modules if m.startswith('harness.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
    assert {"Host", "Terminals", "Verdict", "judge", "simulate"} == set(harness.__all__)
    assert all(getattr(harness, name) is not None for name in harness.__all__)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("machines.atm", "from harness.sim.world import World"),
        ("machines.atm", "def f():\n    from harness import journal"),
        ("machines.atm", "import harness.defects.terminal"),
        ("checks.cash", "from harness.faults.fate import Act"),
        ("wire.codec", "from harness.crypto.mac import Mac"),
        ("cli.run", "from harness.unheard_of import thing"),
    ],
)
def test_a_wrong_import_would_be_found(module: str, source: str) -> None:
    """The lint fails where it should: up, sideways, hidden in a function, unknown."""
    assert len(wrong_imports(module, source)) == 1


def test_right_imports_are_left_alone() -> None:
    """Downwards, within the unit, and other people's packages."""
    source = "import os\nfrom harness import events as e\nfrom harness.machines import inputs"
    assert wrong_imports("machines.atm", source) == []


def test_asyncio_in_a_machine_would_be_found() -> None:
    """And it is allowed in live."""
    source = "from asyncio import Protocol"
    assert wrong_asyncio("machines.atm", source) != []
    assert wrong_asyncio("report.console", source) == wrong_asyncio("live.transport", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "import random",
        "def f():\n    import threading",
        "from uuid import uuid4",
        "import secrets",
        "import asyncio.events",
        "from os import urandom",
        "import os\nkey = os.urandom(8)",
        "from datetime import datetime\nwhen = datetime.now()",
        "import datetime\nwhen = datetime.datetime.now(None)",
        "for x in {1, 2}: pass",
        "for x in set(y): pass",
        "a = [x for x in frozenset(y) | z]",
        "def f(names: set[str]) -> None:\n    for name in names: pass",
        "def f():\n    seen = set()\n    return [x for x in seen]",
        "class A:\n    def __init__(self):\n        self.seen: set[int] = set()\n"
        "    def f(self):\n        for x in self.seen: pass",
        "class A:\n    seen: frozenset[int]\n    def f(self):\n        return list(self.seen)",
        "from typing import ClassVar\nclass A:\n    seen: ClassVar[set[int]]\n"
        "    def f(self):\n        return next(iter(self.seen))",
        "open_ = {1}\ndef f():\n    return ','.join(open_)",
        "def f(left: set[str]) -> str:\n    return left.pop()",
        "def f(left: frozenset[str]) -> list[str]:\n    return [*left]",
    ],
)
def test_an_impurity_would_be_found(source: str) -> None:
    """The lint fails where it should: every banned thing, planted."""
    ast.parse(source)
    assert list(impurities(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime, timedelta\nwhen = datetime(2026, 1, 1)",
        "def f(now: float) -> float:\n    return now",
        "def f(names: set[str]) -> list[str]:\n    return sorted(names)",
        "def f(names: set[str]) -> bool:\n    return 'a' in names and len(names) > 1",
        "def f(a: dict[str, int]):\n    return [x for x in a]",
        "def f(x: set[int]): return 1 in x\ndef g(x: list[int]): return list(x)",
        "from harness.keyed_random import Draw",
        "items = [1]\nitems.pop()",
    ],
)
def test_purity_is_not_accused(source: str) -> None:
    """Sorted sets, membership and time as an argument are fine."""
    assert list(impurities(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "stan = fields['11']",
        "mti = fields['t']",
        "fields['70'] = number",
        "code = fields.get('39', '')",
        "fields.pop('128', None)",
        "fields.setdefault('41', name)",
        "answered = '39' in fields",
        "full = '95' not in fields",
        "names = {'2': 'PAN', '3': 'processing code'}",
        "approved = code == '00'",
        "approved = '00' != message.code",
        "captured = code in ('41', '43')",
        "asked = event.fields.get('t') == '0200'",
        "if mti == '1420': pass",
        "MTIS = ('0200', '0420')",
        "def f(mti: str = '0800') -> None: pass",
        "kinds = {'0210': 1}",
        "reversal = mti[1:2] == '4'",
        "reversal = message.mti[1:3] in KINDS",
        "kind = fields.get('t', '')[1:3]",
        "kind = fields['t'][1:2]",
    ],
)
def test_a_data_element_or_message_type_would_be_found(source: str) -> None:
    """The lint fails where it should: every use, planted."""
    ast.parse(source)
    assert list(message_literals(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "stan = message.stan",
        "help = 'the message type, such as 0210'",
        "remedy = 'no MAC (DE 64 or 128)'",
        'def f():\n    "0200"',
        "reason = '4021'",
        "year = '2026'",
        "number = values[11]",
        "found = counts.get(39)",
        "digit = char in '0123456789'",
        "table = str.maketrans('0', '1')",
        "first = text[:2] == 'ab'",
        "name = parts['terminal']",
        "text = f'{11:06d}'",
    ],
)
def test_other_texts_and_numbers_are_no_data_elements(source: str) -> None:
    """Prose, reasons, and numbers that are numbers."""
    assert list(message_literals(source)) == []
