"""Scenario files: the shipped ones, and mistakes in one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.contract import Contract
from harness.errors import ConfigError, RenamedWarning
from harness.faults.grammar import parse_fault
from harness.link_options import LinkOptions
from harness.scenario import Scenario, load_scenario, parse_scenario, scenario_names

GOOD = """\
id = "X1"
title = "Slow Friday"
terminals = 40
duration = "1h30m"
faults = [
    "silent:post=30s@10m..80m",
    "drop_response:p=30%,mti=0210",
]
promises = ["T1", "T8"]

[expect]
NotesTaken = 10

[forbid]
LateApproval = 0

[contract]
host_response = "30s"
partial_approval = true

[customers]
mean_gap = "2m"
forget_card = "2%"
key = [1, "2s"]
amounts = [2000, 5000]
"""


def parsed(text: str) -> Scenario:
    return parse_scenario(text, Path("friday.toml"))


def test_a_file_says_what_differs() -> None:
    """Every kind of value is read; what is not said stays as it is."""
    scenario = parsed(GOOD)
    assert (scenario.name, scenario.terminals, scenario.duration) == ("friday", 40, 5400.0)
    assert scenario.contract.host_response == 30.0
    assert scenario.contract.partial_approval is True
    assert scenario.contract.card_take == 30.0
    assert scenario.customers.mean_gap == 120.0
    assert scenario.customers.forget_card == 0.02
    assert scenario.customers.key == (1.0, 2.0)
    assert scenario.customers.amounts == (2000, 5000)
    assert scenario.expect == {"NotesTaken": 10}
    assert scenario.forbid == {"LateApproval": 0}
    assert len(scenario.faults) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("terminals = 40", "terminal = 40", 3, "did you mean 'terminals'"),
        ("terminals = 40", 'terminals = "40"', 3, "whole number from 1 up"),
        ("terminals = 40", "terminals = 0", 3, "whole number from 1 up"),
        ('"1h30m"', '"90 minutes"', 4, "without a unit"),
        ('"1h30m"', "0", 4, "longer than 0"),
        ("silent:post", "silnt:post", 6, "silent"),
        ('"T8"', '"T88"', 9, "did you mean 'T8'"),
        ("NotesTaken = 10", "NoteTaken = 10", 12, "did you mean 'NotesTaken'"),
        ("NotesTaken = 10", '"Posted knd=debit" = 1', 12, "did you mean 'kind'"),
        ("NotesTaken = 10", '"Posted kind=debits" = 1', 12, "did you mean 'debit'"),
        ("LateApproval = 0", '"FaultActed kind=slient" = 0', 15, "did you mean 'silent'"),
        ("NotesTaken = 10", '"Posted kind=debit" = 0', 12, "whole number from 1 up"),
        ("NotesTaken = 10", "NotesTaken = 0", 12, "whole number from 1 up"),
        ("LateApproval = 0", "LateAproval = 0", 15, "did you mean 'LateApproval'"),
        ('host_response = "30s"', 'quiescence = "2m"', 18, 'write "415s" or longer'),
        ('host_response = "30s"', 'host_respons = "30s"', 18, "did you mean 'host_response'"),
        ('host_response = "30s"', 'host_response = "30x"', 18, "unknown unit 'x'"),
        ("partial_approval = true", "partial_approval = 1", 19, "neither true nor false"),
        ('forget_card = "2%"', 'forget_card = "200%"', 23, "outside 0%..100%"),
        ("key = [1", "key = 1 #", 24, "not a list"),
        ('title = "Slow', 'title = 7 # "', 2, "not text"),
        ("terminals = 40", "terminals = = 40", 3, "not TOML"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(old: str, new: str, line: int, says: str) -> None:
    """File, line and what would have been right."""
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        parsed(GOOD.replace(old, new))
    assert caught.value.place.startswith(f"friday.toml:{line}")
    assert says in str(caught.value)


def test_a_mistake_names_its_key() -> None:
    """A key within a table is named with its table."""
    with pytest.raises(ConfigError) as caught:
        parsed(GOOD.replace('mean_gap = "2m"', "mean_gap = true"))
    assert "key 'customers.mean_gap'" in caught.value.place


def test_what_is_missing_is_named() -> None:
    """A scenario without a title is refused."""
    with pytest.raises(ConfigError, match="'title' is missing"):
        parsed('id = "X1"')


@pytest.mark.parametrize(
    ("epoch", "good"),
    [('"2026-02-30T00:00:00"', False), ('"2026-11-21T20:10:00+01:00"', False), ("7", False),
     ("2026-11-21T20:10:00", True)],
)  # fmt: skip
def test_an_epoch_is_a_moment_in_utc(epoch: str, good: bool) -> None:
    """No zone, no day that does not exist; TOML's own date and time will do."""
    text = f'id = "X1"\ntitle = "t"\nepoch = {epoch}\n'
    if good:
        assert parsed(text).epoch == "2026-11-21T20:10:00"
    else:
        with pytest.raises(ConfigError):
            parsed(text)


def test_the_shipped_scenarios_are_whole() -> None:
    """Each loads, by name and by id, promises something and tells its story; ids are unique."""
    names = scenario_names()
    assert {"ordinary_evening", "national_freeze", "short_freeze"} <= set(names)
    scenarios = [load_scenario(name) for name in names]
    assert len({scenario.id for scenario in scenarios}) == len(scenarios)
    for scenario in scenarios:
        assert load_scenario(scenario.id.lower()) == scenario
        assert scenario.story
        assert scenario.shows
        assert scenario.promises
        assert scenario.expect
        for fault in scenario.faults:
            assert parse_fault(fault).until > 0


def test_the_freeze_is_the_incidents() -> None:
    """S01: 1,000 ATMs for 90 minutes, the host silent from minute 10 to 80."""
    freeze = load_scenario("S01")
    assert (freeze.terminals, freeze.duration) == (1000, 5400.0)
    (fault,) = (parse_fault(text) for text in freeze.faults)
    assert (fault.kind, fault.start, fault.until) == ("silent", 600.0, 4800.0)


def test_an_unknown_scenario_offers_the_nearest() -> None:
    """A mistyped name is a mistake with a way out."""
    with pytest.raises(ConfigError, match="did you mean 'national_freeze'"):
        load_scenario("national_freze")


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_scenario(str(tmp_path / "none.toml"))


# --- names of the version before --------------------------------------------------------------

OLD_NAMES = """\
id = "O1"
title = "As it was written before"
spec = "iso87-binary"
framing = "4ascii"

[contract]
mac = false
sign_on = false
slack = "3s"

[evening]
mean_gap = "2m"
"""


def test_old_names_are_taken_with_a_hint() -> None:
    """Each is told once, with its place and what it is called now."""
    with pytest.warns(RenamedWarning) as told:
        scenario = parse_scenario(OLD_NAMES, Path("old.toml"))
    assert scenario.link == LinkOptions(
        spec="iso87-binary", framing="4ascii", mac="none", sign_on=False
    )
    assert scenario.contract == Contract(slack=3.0)
    assert scenario.customers.mean_gap == 120.0
    hints = [str(warning.message) for warning in told]
    assert [hint.split(":")[1] for hint in hints] == ["11", "3", "4", "7", "8"]
    assert "old.toml:11: key 'evening': it is called '[customers]' now" in hints[0]
    assert "old.toml:7: key 'contract.mac': it is called '[link] mac' now" in hints[3]


@pytest.mark.filterwarnings("ignore::harness.errors.RenamedWarning")
@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ('mean_gap = "2m"', "mean_gp = 1", "old.toml:12: key 'evening.mean_gp'", "mean_gap"),
        ('"4ascii"', '"4asci"', "old.toml:4: key 'framing'", "4ascii"),
        ("mac = false", 'mac = "no"', "old.toml:7: key 'contract.mac'", "none"),
        ("sign_on = false", "sign_on = 1", "old.toml:8: key 'contract.sign_on'", "true"),
    ],
)
def test_a_mistake_under_an_old_name_is_told_where_it_stands(
    old: str, new: str, place: str, says: str
) -> None:
    """By the name that is in the file."""
    with pytest.raises(ConfigError, match=says) as caught:
        parse_scenario(OLD_NAMES.replace(old, new), Path("old.toml"))
    assert caught.value.place == place


@pytest.mark.filterwarnings("ignore::harness.errors.RenamedWarning")
def test_both_names_at_once_are_a_mistake() -> None:
    """Nobody knows which of them is meant."""
    text = OLD_NAMES + '[link]\nspec = "iso87-ascii"\n'
    with pytest.raises(ConfigError, match=r"called '\[link\] spec' now, and that is given too"):
        parse_scenario(text, Path("old.toml"))


def test_a_contract_does_not_say_otherwise_than_the_link() -> None:
    """Whether there is a MAC is the link's to say; in Python, too."""
    with pytest.raises(ConfigError, match=r"Contract\(mac=False\)"):
        Scenario(id="X", name="x", title="x", contract=Contract(mac=False))
    Scenario(
        id="X", name="x", title="x", contract=Contract(mac=False), link=LinkOptions(mac="none")
    )
