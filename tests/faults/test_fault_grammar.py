"""KIND[:name=value,...][@FROM..UNTIL]: what is read, and how each mistake is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.faults.grammar import ALL_RULES, defaults_of, fault_catalog, parse_fault
from harness.faults.power import OPERATIONS
from harness.faults.rule import COMMON, FOREVER, Parameter, Rule
from harness.units import format_duration
from harness.wire.message import function_of_mti

ISSUED = (
    *("motor_slow", "motor_hangs", "store_stalls", "mains_fail"),
    *("operator_stop", "operator_resume", "service_visit", "planned_restart"),
    *("silent", "slow", "crash_before_commit", "crash_after_commit", "crash_restart"),
    *("hang_after_n", "issuer_down", "brownout", "echo_only", "sign_on_refused"),
    "partial_approval",
    *("late_response", "drop_request", "drop_response", "dup_request", "dup_response", "reorder"),
    *("refuse", "syn_blackhole", "slow_accept", "connection_limit", "accept_then_close"),
    *("fin_idle", "rst", "flap", "half_open", "accept_never_read", "one_way_partition"),
    *("fin_mid_request", "fin_mid_response", "half_close"),
    *("latency", "jitter", "throttle", "slice", "coalesce", "stall_after_n", "truncate_after_n"),
    *("bitflip", "drop_bytes", "insert_bytes"),
    *("len_short", "len_long", "len_zero", "len_max", "wrong_endianness", "inclusive_len"),
    *("header_garbage", "partial_frame_hang", "trailing_bytes", "two_frames_one_write"),
    *("wrong_stan", "wrong_rrn", "wrong_terminal", "wrong_amount", "stale_date", "unknown_code"),
    *("reversal_ack_lost", "reversal_declined", "double_post", "approve_after_reversal"),
    *("replay_old", "unsolicited", "bad_mti", "bad_bitmap", "missing_field", "bad_llvar"),
    *("bad_charset", "bad_mac", "just_before_timeout", "just_after_timeout", "exact_tie"),
    *("eject_jam", "dispense_short", "dispense_unknown", "retract_fail", "power_cut"),
    *("clock_skew", "clock_step", "dst_change", "year_rollover", "process_pause"),
    *("region_partition", "mass_disconnect", "thundering_reconnect", "rolling_restart"),
    *("staggered_heal", "failover", "split_brain"),
    *("host_answers", "host_asks", "other_fields", "before_sign_on"),
    "stranger_asks",
    *("customer_leaves_card", "customer_leaves_cash", "customer_dawdles", "hand_tie"),
    *("unreadable_card", "worn_card", "expired_card", "hotlisted_card"),
    *("customer_forgets_pin", "customer_slow", "customer_hurried", "customer_cancels"),
    *("customer_walks_off", "customer_holds_card", "customer_takes_part"),
    *("operator_commands", "remote_command", "broker_down", "broker_partition"),
    *("command_lost", "command_delayed", "command_twice", "command_late"),
    "command_misaddressed",
)
WHOLE = ("failover", "split_brain", "broker_down")
"""Kinds that strike all terminals at once."""


# --- round trip --------------------------------------------------------------------------------


def values(parameter: Parameter, rule: type[Rule]) -> st.SearchStrategy[tuple[str, Any]]:
    """(as written, as read) of one parameter."""
    match parameter.type:
        case "duration":
            millis = st.integers(max(1, round(parameter.least * 1000)), 10_000_000)
            return millis.map(lambda ms: (format_duration(ms / 1000), ms / 1000))
        case "share":
            return st.integers(1, 100).map(lambda n: (f"{n}%", n / 100))
        case "count":
            most = int(min(parameter.most, 999))
            return st.integers(int(parameter.least), most).map(lambda n: (str(n), n))
        case "mti":
            mtis = st.sampled_from(["0200", "0210", "0420", "0421", "0430", "0800", "1210"])
            right = mtis.filter(lambda mti: rule.speaks in ("", function_of_mti(mti)))
            return right.map(lambda mti: (mti, mti))
        case "terminal":
            return st.sampled_from(["ATM00007", "12345678", "T"]).map(lambda name: (name, name))
        case "pan":
            written = st.sampled_from(["...0014", "0014"])
            return written.map(lambda text: (text, "0014"))
        case "stan":
            return st.sampled_from(["000002", "2"]).map(lambda text: (text, "2"))
        case "code":
            codes = st.sampled_from(["41", "911", "ZZ", *parameter.choices])
            return codes.map(lambda code: (code, code))
        case "choice":
            return st.sampled_from(parameter.choices).map(lambda word: (word, word))
        case _:
            return st.sampled_from(OPERATIONS).map(lambda name: (name, name))


@st.composite
def faults(draw: st.DrawFn) -> tuple[str, str, dict[str, Any], float, float]:
    """(text, kind, parameters as read, start, until)."""
    rule = ALL_RULES[draw(st.sampled_from(sorted(ALL_RULES)))]
    known = sorted(rule.parameters)
    names = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    chosen = {name: draw(values(rule.parameters[name], rule)) for name in names}
    if rule.check(defaults_of(rule) | {name: value for name, (_, value) in chosen.items()}):
        chosen = {}
    text = rule.kind
    if chosen:
        text += ":" + ",".join(f"{name}={written}" for name, (written, _) in chosen.items())
    read = {name: value for name, (_, value) in chosen.items()}
    start = draw(st.none() | st.integers(0, 100))
    until = draw(st.none() | st.integers(101, 10_000))
    if start is not None or until is not None:
        text += f"@{'' if start is None else f'{start}s'}..{'' if until is None else f'{until}s'}"
    return text, rule.kind, read, float(start or 0), FOREVER if until is None else float(until)


@given(faults())
def test_what_is_written_is_what_is_read(
    fault: tuple[str, str, dict[str, Any], float, float],
) -> None:
    """Kind, parameters and window come out as they went in, and the defaults beside them."""
    text, kind, read, start, until = fault
    spec = parse_fault(text)
    assert (spec.kind, spec.text, spec.start, spec.until) == (kind, text, start, until)
    for name, value in read.items():
        assert spec.parameters[name] == (pytest.approx(value) if type(value) is float else value)
    defaults = parse_fault(kind).parameters
    for name in defaults.keys() - read.keys():
        assert spec.parameters[name] == defaults[name]
    assert spec.parameters.keys() == defaults.keys() | read.keys()


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("silent", (0.0, FOREVER)),
        ("silent@10m..80m", (600.0, 4800.0)),
        ("rst@5m..", (300.0, FOREVER)),
        ("rst@..10m", (0.0, 600.0)),
        ("slow:by=2s@1h30m..2h", (5400.0, 7200.0)),
    ],
)
def test_windows(text: str, window: tuple[float, float]) -> None:
    """Either side may be left out; without a window a fault lasts for the whole run."""
    spec = parse_fault(text)
    assert (spec.start, spec.until) == window


def test_every_kind_is_there_and_described() -> None:
    """The catalogue says of each kind where it strikes, what it does and what it takes."""
    catalog = fault_catalog()
    assert sorted(kind.kind for kind in catalog) == sorted(ISSUED)
    for kind in catalog:
        assert kind.layer
        assert kind.summary
        assert all(parameter.meaning for parameter in kind.parameters.values())
        assert "terminal" in kind.parameters or kind.kind in WHOLE


# --- mistakes ----------------------------------------------------------------------------------


def marked(error: ConfigError) -> str:
    """What the carets stand under."""
    text, carets, *_ = error.remedy.split("\n")
    start = carets.index("^")
    return text[start : carets.rindex("^") + 1]


@pytest.mark.parametrize(
    ("text", "under", "problem", "remedy"),
    [
        ("silnt@10m..", "silnt", "unknown fault 'silnt'", "did you mean 'silent'?"),
        ("DROP_RESPONSE", "DROP_RESPONSE", "unknown fault", "did you mean 'drop_response'?"),
        ("zzzzzz", "zzzzzz", "unknown fault", "harness list faults"),
        ("", "", "unknown fault ''", "harness list faults"),
        ("slow:bye=5s", "bye", "slow has no parameter 'bye'", "did you mean 'by'?"),
        (
            "slow:zzzz=5s",
            "zzzz",
            "no parameter 'zzzz'",
            "slow takes by, books, mti, pan, stan, terminal, nth, row, p",
        ),
        (
            "eject_jam:mti=0210",
            "mti",
            "no parameter 'mti'",
            "eject_jam takes terminal, nth, row, p",
        ),
        ("slow:", "", "a parameter is missing", "slow takes by"),
        ("slow:by=1s,", "", "a parameter is missing", "slow takes by"),
        ("slow:by", "by", "'by' has no value", "write by=..."),
        ("slow:p=1%,by=", "by=", "'by' has no value", "write by=..."),
        ("slow:by=1s,by=2s", "by=2s", "'by' is given twice", "leave one of them out"),
        ("slow:by=5sec", "5sec", "unknown unit 'sec'", "did you mean 's'?"),
        ("slow:by=5x", "5x", "unknown unit 'x'", "ms, s, m or h"),
        ("slow:by=fast", "fast", "'fast' is not a duration", "ms, s, m or h"),
        ("slow:by=-5s", "-5s", "'-5s' is not a duration", "ms, s, m or h"),
        ("slow:by=0s", "0s", "'0s' is too short", "at least 1ms"),
        ("drop_response:p=30", "30", "outside 0%..100%", "30% or 0.3"),
        ("drop_response:p=often", "often", "not a share", "30% or 0.3"),
        ("drop_response:p=0", "0", "never strikes", "leave the fault out"),
        ("drop_response:nth=0", "0", "'0' is out of range", "from 1 up"),
        ("drop_response:nth=1.5", "1.5", "'1.5' is not a count", "whole number"),
        ("drop_response:nth=²", "²", "'²' is not a count", "whole number"),
        ("dup_response:times=1", "1", "'1' is out of range", "from 2 to 1000"),
        ("bitflip:bit=9", "9", "'9' is out of range", "from 1 to 8"),
        ("drop_response:mti=210", "210", "'210' is not an MTI", "four digits"),
        ("drop_response:mti=0200", "mti=0200", "0200 is a request", "did you mean 0210?"),
        ("drop_request:mti=0210", "mti=0210", "0210 is a response", "did you mean 0200?"),
        ("late_response:past=1s,mti=0421", "mti=0421", "touches responses", "did you mean 0430?"),
        ("silent:mti=0210", "mti=0210", "silent touches requests", "did you mean 0200?"),
        ("rst:terminal=ATM 07", "ATM 07", "is not a terminal", "such as ATM00007"),
        ("drop_request:pan=014", "014", "how a card's number ends", "last four digits"),
        ("drop_request:pan=9999990000000014", "9999990000000014", "ends", "such as ...0014"),
        ("drop_request:stan=2x", "2x", "'2x' is not a STAN", "such as 000002"),
        ("reorder:to=hots", "hots", "'hots' is no choice", "write host or terminal"),
        ("flap:min=30s", "min=30s", "min is longer than max", "min=5s,max=20s"),
        ("flap:max=1s", "max=1s", "min is longer than max", "min=5s,max=20s"),
        ("flap:min=0s,max=0s", "0s", "'0s' is too short", "at least 1ms"),
        ("power_cut:at=write:Intend", "write:Intend", "no operation", "'write:Intent'"),
        ("power_cut:at=frame:02x0", "frame:02x0", "no operation", "did you mean 'frame:"),
        ("power_cut:off=0s", "0s", "too short", "at least 1ms"),
        ("silent@", "", "a window is FROM..UNTIL", "@10m..80m"),
        ("silent@10m", "10m", "a window is FROM..UNTIL", "@5m.."),
        ("silent@10m..5m", "10m..5m", "the window is empty", "FROM comes before UNTIL"),
        ("silent@10m..10m", "10m..10m", "the window is empty", "FROM comes before UNTIL"),
        ("silent@..0s", "..0s", "the window is empty", "FROM comes before UNTIL"),
        ("silent@10min..80m", "10min", "unknown unit 'min'", "did you mean 'm'?"),
        ("silent@10m..80x", "80x", "unknown unit 'x'", "ms, s, m or h"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, under: str, problem: str, remedy: str) -> None:
    """Carets under the very characters, the problem in words, and what would be right."""
    with pytest.raises(ConfigError) as caught:
        parse_fault(text, "evening.toml:7")
    error = caught.value
    assert problem in error.problem
    assert remedy in error.remedy
    assert error.place == "evening.toml:7"
    assert error.remedy.startswith(f"    {text}\n")
    assert marked(error) == under


def test_the_page_of_faults_has_each_of_them() -> None:
    """docs/faults.md: a row with the kind, its parameters and their defaults."""
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for rule in ALL_RULES.values():
        row = next(line for line in rows if f"`{rule.kind}`" in line.split("|")[1])
        for name, parameter in rule.parameters.items():
            if name not in COMMON and parameter.default not in (None, "0"):
                assert f"{name}={parameter.default}" in row, rule.kind
