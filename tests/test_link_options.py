"""The options of a link: what they may be, and where a mistake in them is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.contract import Contract
from harness.crypto.mac import mac_names
from harness.errors import ConfigError
from harness.link_options import LinkOptions
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan


def test_what_was_asked_for_goes_over_the_usual() -> None:
    """None leaves an option as it is."""
    usual = LinkOptions(framing="4ascii", mac="none")
    assert usual.changed() == usual
    assert usual.changed(mac="cmac", sign_on=False) == LinkOptions(framing="4ascii", sign_on=False)


def test_another_specification_has_a_dialect_of_its_own() -> None:
    """Unless one is asked for with it."""
    usual = LinkOptions(dialect="1987")
    assert usual.changed(spec="iso87-binary").dialect == ""
    assert usual.changed(framing="4ascii").dialect == "1987"
    assert usual.changed(spec="iso87-binary", dialect="1987").dialect == "1987"


def test_checked_options_name_their_dialect() -> None:
    """So that a journal says by what its messages are read."""
    assert LinkOptions().checked().dialect == LinkOptions().dialect_name == "1987"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"spec": "iso87-asci"}, "--spec: no specification is called.*\n.*iso87-ascii"),
        ({"spec": "none.json"}, "--spec: the specification cannot be read"),
        ({"dialect": "1978"}, "--dialect: unknown dialect '1978'\n.*'1987'"),
        ({"framing": "2bytes"}, "--framing: unknown framing.*\n.*'2byte'"),
        ({"mac": "cmca"}, "--mac: unknown MAC algorithm.*\n.*'cmac'"),
        ({"keys": "tset"}, "no keys are called 'tset'"),
    ],
)
def test_a_mistake_names_its_place_and_the_nearest_name(options: Any, said: str) -> None:
    """The place is the caller's: a flag, a line of a file, an argument."""
    with pytest.raises(ConfigError, match=said):
        LinkOptions(**options).checked(lambda name: f"--{name}")


def test_a_key_that_the_mac_cannot_use_is_a_mistake(tmp_path: Path) -> None:
    """The retail MAC takes sixteen bytes, and not AES's twenty-four."""
    keys = tmp_path / "keys.toml"
    lengths = {"mac": 24, "pin": 16, "token": 16, "store": 16}
    keys.write_text("".join(f'{name} = "{"5A" * size}"\n' for name, size in lengths.items()))
    LinkOptions(keys=str(keys)).checked()
    with pytest.raises(ConfigError, match="16 bytes, not 24"):
        LinkOptions(keys=str(keys), mac="iso9797-1-alg3").checked()


def test_the_contract_follows_from_the_link() -> None:
    """A run is judged by a MAC where there is one, and by a sign-on where it is asked for."""
    contract = Contract(slack=7.0)
    assert LinkOptions().judged_with(contract) == contract
    assert LinkOptions(mac="none", sign_on=False, echo=False).judged_with(contract) == Contract(
        slack=7.0, mac=False, sign_on=False, echo=False
    )


def test_the_flags_make_the_link_of_the_usual_one() -> None:
    """Only what differs is said."""
    usual = LinkOptions(framing="4ascii")
    assert usual.checked().flags(usual) == []
    other = LinkOptions(spec="iso87-binary", mac="none", keys="my.toml", sign_on=False)
    assert other.flags(usual) == [
        *("--spec", "iso87-binary", "--framing", "2byte", "--mac", "none"),
        *("--keys", "my.toml", "--no-sign-on"),
    ]
    assert LinkOptions().flags(LinkOptions(sign_on=False)) == ["--sign-on"]
    assert LinkOptions(echo=False).flags(LinkOptions()) == ["--no-echo"]
    assert LinkOptions().flags(LinkOptions(echo=False)) == ["--echo"]


@pytest.mark.parametrize("mac", mac_names())
def test_a_run_with_any_mac_ends_alike(mac: str) -> None:
    """The machines do not know how a MAC is made; they and the tap find it good."""
    scenario = load_scenario("ordinary_evening")
    outcomes = [
        simulate_plan(plan_of(scenario, terminals=3, duration=600.0, link=LinkOptions(mac=chosen)))
        for chosen in ("cmac", mac)
    ]
    assert outcomes[1].verdict.totals == outcomes[0].verdict.totals
    authentic = {row.id: row.status for row in outcomes[1].verdict.rows}["T4"]
    assert authentic == "pass"
    assert outcomes[1].header.link.mac == mac
    assert outcomes[1].header.contract.mac == (mac != "none")
