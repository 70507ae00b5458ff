"""Property tests: whatever a file holds, its reader gives a value or a ConfigError, never anything
else. Also what the files in the wild have shown to go wrong, each by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cards import read_cards
from harness.checks.judge import Judge
from harness.crypto.keys import load_keys
from harness.errors import ConfigError
from harness.explore.case import read_case
from harness.faults.grammar import parse_fault
from harness.journal import JournalReader
from harness.load.requirement import parse_rate, parse_requirement
from harness.plan import RunPlan, plan_of
from harness.resources import fixture
from harness.scenario import Scenario, load_scenario, parse_scenario
from harness.sim.run import simulate_plan
from harness.units import (
    parse_address,
    parse_duration,
    parse_epoch,
    parse_share,
    parse_window,
)
from harness.wire.spec import load_spec

few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SCENARIO = b"""\
id = "X1"
title = "Slow Friday"
terminals = 40
duration = "1h30m"
epoch = 2026-11-21T20:10:00
faults = ["silent:post=30s@10m..80m"]
promises = ["T1"]
[expect]
NotesTaken = 10
[contract]
host_response = "30s"
[customers]
forget_card = "2%"
key = [1, "2s"]
amounts = [2000, 5000]
[motors]
read = 1
[link]
framing = "2byte"
"""
CARDS = b"pan,expiry,pin,track2,code\n9999990000000014,2812,1234,9999990000000014=2812221,41\n"
PIECES = (
    *(b"[" * 5000, b"9" * 400, b"9" * 5000, b"1e400", b"nan", b"inf", b"-1", b"0x" + b"f" * 5000),
    *("²".encode(), "٣".encode(), b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b'"', b"\n", b"[]", b"{}"),
    *(b"null", b"9999-12-31T23:59:59", b"0001-01-01", b"x" * 140_000, b"\x1b[31m", b"../../X"),
)


@st.composite
def altered(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file in which some places were overwritten or cut out, or hold what is hard to read."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.sampled_from((0, 1, 3, 20)))
        data[at : at + gone] = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)))
    return bytes(data)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "run.jsonl"
    simulate_plan(plan_of(load_scenario("few_withdrawals"), duration=40.0), journal=path)
    return path.read_bytes()


def mistake_of(action: Callable[[], object]) -> ConfigError | None:
    """The user's mistake that it finds, if it finds one."""
    try:
        action()
    except ConfigError as mistake:
        return mistake
    return None


def refuses_or_reads(read: Callable[[Path], object], path: Path, data: bytes) -> None:
    """Any other error gets out, and fails the test."""
    path.write_bytes(data)
    mistake = mistake_of(lambda: read(path))
    assert mistake is None or (mistake.place and len(str(mistake)) < 6000), str(mistake)


@few
@given(altered(SCENARIO))
def test_any_scenario_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    """With its place."""
    refuses_or_reads(lambda path: load_scenario(str(path)), tmp_path / "x.toml", data)


@few
@given(altered(CARDS))
def test_any_card_file_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    """With its place, and without a card number in the words."""
    refuses_or_reads(lambda path: read_cards(path, b"k" * 16), tmp_path / "x.csv", data)


@few
@given(altered(fixture("keys", "test.toml").read_bytes()))
def test_any_keys_file_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    """With its place."""
    refuses_or_reads(lambda path: load_keys(str(path)), tmp_path / "x.toml", data)


@few
@given(st.data())
def test_any_specification_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """With its place."""
    small = {"base": "iso87-ascii", "60": None, "48": {"len_type": 3, "max_len": 99}}
    text = data.draw(altered(json.dumps(small).encode()))
    refuses_or_reads(lambda path: load_spec(str(path)), tmp_path / "x.json", text)


@few
@given(st.data())
def test_any_case_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """With its place."""
    case = next(iter(sorted(fixture("seeds").glob("*.json")))).read_bytes()
    refuses_or_reads(read_case, tmp_path / "x.json", data.draw(altered(case)))


@few
@given(st.data())
def test_any_journal_is_read_or_refused(
    tmp_path: Path, journal: bytes, data: st.DataObject
) -> None:
    """Up to the first line that is none."""
    text = data.draw(altered(journal))
    refuses_or_reads(lambda path: list(JournalReader(path)), tmp_path / "x.jsonl", text)


@few
@given(st.data())
def test_any_header_is_judged_or_refused(
    tmp_path: Path, journal: bytes, data: st.DataObject
) -> None:
    """The judge is made from it."""
    head, _, rest = journal.partition(b"\n")
    path = tmp_path / "x.jsonl"

    def judged(path: Path) -> object:
        return Judge(JournalReader(path).header)

    refuses_or_reads(judged, path, data.draw(altered(head)) + b"\n" + rest)


WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["9" * 400, "9" * 5000, "nan", "-inf", "1e400", "²s", "٣s", "\x00", "🏧"]),
    st.from_regex(r"[0-9]{1,8}(ms|s|m|h|%|/s|\.\.)[0-9a-z]{0,3}", fullmatch=True),
)


@pytest.mark.parametrize(
    "parse",
    [
        *(parse_duration, parse_share, parse_window, parse_address, parse_rate),
        *(parse_requirement, parse_fault, lambda text: parse_epoch(text, "--epoch")),
        lambda text: parse_address(f"{text}:{text}"),
        lambda text: parse_fault(f"silent:post={text}@{text}..{text}"),
        lambda text: parse_fault(f"drop_response:nth={text},p={text},stan={text},pan={text}"),
        lambda text: parse_requirement(f"visit.p99={text}"),
    ],
)
@few
@given(word=WORDS)
def test_any_word_is_read_or_refused(parse: Callable[[str], object], word: str) -> None:
    """What is typed as an option."""
    mistake = mistake_of(lambda: parse(word))
    assert mistake is None or len(str(mistake)) < 6000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[customers]\nkey = []", "not the least and the most time"),
        ("[customers]\nkey = [1]", "not the least and the most time"),
        ("[customers]\nkey = [1, 2, 3]", "not the least and the most time"),
        ("[customers]\ntake = [5, 2]", "the least time comes first"),
        ("[customers]\namounts = []", "it is empty"),
        ("epoch = 9999-12-31T23:59:59", "the year 9999 is not from 1970 to 2199"),
        ('epoch = "0001-01-01"', "the year 1 is not from 1970 to 2199"),
        ("terminals = 100000", "is more than 99,999"),
        (f"terminals = 0x{'f' * 5000}", "is more than 99,999"),
        (f"duration = {'9' * 400}", "longer than ten years"),
        (f'duration = "{"9" * 400}s"', "longer than ten years"),
        ("duration = nan", "cannot be nan"),
        ("duration = inf", "cannot be inf"),
        (f"duration = {'9' * 5000}", "not TOML"),
        (f"title = {'[' * 5000}", "not TOML"),
        (f"title = {'[' * 50}{']' * 50}", "is not text"),
        ("[customers]\nforget_card = 1e400", "outside 0%..100%"),
        (f"[customers]\nforget_card = {'9' * 400}", "outside 0%..100%"),
        (f"[expect]\nPosted = {'9' * 30}", "is more than 999,999,999"),
        ('title = "t"\ntitle = "u"', "not TOML"),
    ],
)
def test_a_value_that_nobody_can_work_with_is_a_mistake_of_its_line(text: str, says: str) -> None:
    """The error has the file and, but for what is no TOML at all, the key."""
    head = 'id = "X"\n' if "title" in text else 'id = "X"\ntitle = "t"\n'
    with pytest.raises(ConfigError, match=says) as caught:
        parse_scenario(head + text, Path("friday.toml"))
    assert caught.value.place.startswith("friday.toml")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"terminals": 0}, "the scenario's terminals"),
        ({"duration": float("nan")}, "the scenario's duration"),
        ({"first_stan": 10**7}, "the scenario's first_stan"),
        ({"epoch": "2026-13-01"}, "the scenario's epoch"),
        ({"search_terminals": -1}, "the scenario's search_terminals"),
    ],
)
def test_a_scenario_made_in_python_is_held_to_the_same(changes: dict[str, Any], says: str) -> None:
    """As one from a case is."""
    with pytest.raises(ConfigError, match=says):
        Scenario(id="X", name="x", title="t", **changes)


@pytest.mark.parametrize("section", ["contract", "customers", "motors"])
def test_each_number_of_a_section_has_a_range(section: str) -> None:
    """A time that is negative or endless, a count, a share."""
    usual = getattr(Scenario(id="X", name="x", title="t"), section)
    for name in usual.__struct_fields__:
        value = getattr(usual, name)
        if isinstance(value, bool | str) or value == ():
            continue
        for wrong in (-1, float("inf")):
            spoilt = (wrong, wrong) if isinstance(value, tuple) else wrong
            changed = msgspec.structs.replace(usual, **{name: spoilt})
            with pytest.raises(ConfigError, match=f"{section}.{name}"):
                Scenario(id="X", name="x", title="t", **{section: changed})


@pytest.mark.parametrize(
    "changes", [{"seed": -1}, {"seed": 2**63}, {"terminals": 0}, {"speed": float("nan")}]
)
def test_a_plan_is_held_to_its_ranges(changes: dict[str, Any]) -> None:
    """A case has one."""
    plan = plan_of(load_scenario("few_withdrawals"))
    with pytest.raises(ConfigError, match=next(iter(changes))):
        msgspec.convert(msgspec.to_builtins(plan) | changes, RunPlan)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x" * 140_000 + ",2812,,", "is no line of a CSV file"),
        ("9999990000000014,2812,,9999990000000014=é", "PAN, '=' and digits"),
        ("9999990000000014,2812,,9999990000000014=" + "1" * 30, "PAN, '=' and digits"),
        ("99999900000000\x0014,2812,,", "is not 12 to 19 digits"),
        ("999999000000001٣,2812,,", "is not 12 to 19 digits"),
    ],
)
def test_a_card_that_cannot_be_one_is_named_by_its_line(
    line: str, says: str, tmp_path: Path
) -> None:
    """And not quoted."""
    path = tmp_path / "cards.csv"
    path.write_text(f"pan,expiry,pin,track2\n{line}\n")
    with pytest.raises(ConfigError, match=says) as caught:
        read_cards(path, b"k" * 16)
    assert str(caught.value).startswith(f"{path}:2")
    assert "9999990000000014" not in str(caught.value)


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ("9999990000000014,2812", "does not name the columns"),
        ("pan,expiry,pan", "the column 'pan' stands twice"),
        ("", "the column 'pan' is missing"),
    ],
)
def test_a_card_file_begins_with_its_columns(first: str, says: str, tmp_path: Path) -> None:
    """A card in their place is not quoted."""
    path = tmp_path / "cards.csv"
    path.write_text(first)
    with pytest.raises(ConfigError, match=says) as caught:
        read_cards(path, b"k" * 16)
    assert "9999990000000014" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("terminals", -1),
        ("duration", 1e300),
        ("speed", 0),
        ("origin", 1e300),
        ("contract", {"host_response": -5}),
        ("expects", {"NoSuchEvent": 1}),
    ],
)
def test_a_header_with_which_no_run_was_made_is_refused(
    key: str, value: object, journal: bytes, tmp_path: Path
) -> None:
    """And not judged by."""
    head, _, rest = journal.partition(b"\n")
    path = tmp_path / "run.jsonl"
    path.write_bytes(json.dumps({**json.loads(head), key: value}).encode() + b"\n" + rest)
    with pytest.raises(ConfigError):
        Judge(JournalReader(path).header)


@pytest.mark.parametrize("line", [b'"\xff"', b"[" * 100_000, b'{"at": "\xff"}', b"1e400", b"\x00"])
def test_a_line_that_is_no_entry_ends_the_journal(
    line: bytes, journal: bytes, tmp_path: Path
) -> None:
    """Bytes that are no text, and what is nested too deep, as any other line."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal + line + b"\n")
    reader = JournalReader(path)
    assert len(list(reader)) == journal.count(b"\n") - 1
    assert "cannot be read" in reader.cut
    path.write_bytes(line + b"\n" + journal)
    with pytest.raises(ConfigError, match="not a journal"):
        JournalReader(path)


def test_bases_of_bases_come_to_an_end(tmp_path: Path) -> None:
    """A chain of a thousand files is no specification."""
    for number in range(1000):
        name = f"{number + 1}.json" if number < 999 else "iso87-ascii"
        (tmp_path / f"{number}.json").write_text(json.dumps({"base": name}))
    with pytest.raises(ConfigError, match="more than 20 times over"):
        load_spec(str(tmp_path / "0.json"))
    assert load_spec(str(tmp_path / "985.json"))["2"]
