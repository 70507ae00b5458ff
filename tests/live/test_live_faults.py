"""Every fault of the catalogue on real sockets: one run, in which each has a terminal of its own.

A kind that is new in the catalogue gets a terminal by itself. The faults that crash the host, which
is everybody's, are in test_live_run.py, and so is the limit to everybody's connections.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from live_runs import entries, how, live

from harness.faults.grammar import ALL_RULES, FaultKind, fault_catalog
from harness.outcome import Outcome
from harness.stations import terminal_id

EVERYBODYS = (
    *("crash_before_commit", "crash_after_commit", "crash_restart", "hang_after_n"),
    *("connection_limit", "failover", "split_brain"),
)
KINDS = [
    kind
    for kind in fault_catalog()
    if kind.kind not in EVERYBODYS and not ALL_RULES[kind.kind].virtual
]
EVENING = 240.0  # run seconds

# What makes a kind strike in a short evening: parameters, window. A hundred seconds have a request
# in them, whoever comes and when.
USABLE = {
    "refuse": ("", "@..10s"),
    "syn_blackhole": ("nth=1,", ""),
    "accept_then_close": ("", "@..10s"),
    "fin_idle": ("after=5s,nth=1,", ""),
    "accept_never_read": ("nth=1,", ""),
    "one_way_partition": ("nth=1,", "@20s..120s"),
    "stall_after_n": ("nth=1,", ""),
    "truncate_after_n": ("nth=1,", ""),
    "partial_frame_hang": ("nth=1,", ""),
    "rst": ("", "@20s..40s"),
    "flap": ("min=2s,max=5s,", "@10s..60s"),
    "half_open": ("nth=1,", "@20s.."),
    "silent": ("", "@20s..120s"),
    "motor_slow": ("motor=stack,nth=1,", ""),
    "motor_hangs": ("motor=stack,nth=1,", ""),
    "operator_stop": ("at=frame,for=20s,nth=2,", ""),
    "operator_resume": ("at=frame,nth=2,", ""),
    "service_visit": ("at=frame,stays=20s,nth=2,", ""),
    "planned_restart": ("at=frame,off=10s,nth=2,", ""),
    "mains_fail": ("at=frame,off=10s,nth=2,", ""),
    "power_cut": ("at=frame:0200,nth=1,off=10s,", ""),
    "just_before_timeout": ("by=10s,nth=1,mti=0210,", ""),
    "just_after_timeout": ("by=5s,nth=1,mti=0210,", ""),
    "sign_on_refused": ("nth=1,", ""),
    "host_answers": ("code=unlisted,nth=1,", ""),
    "host_asks": ("nth=2,", ""),
    "process_pause": ("at=frame:0200,nth=1,", ""),
    "echo_only": ("", "@20s..120s"),
    "region_partition": ("of=1,", "@20s..120s"),
    "mass_disconnect": ("", "@40s..60s"),  # of connections that stand by then
    "thundering_reconnect": ("nth=1,", ""),
    "rolling_restart": ("off=20s,of=1,", "@20s..60s"),
    "staggered_heal": ("down=20s,of=1,", "@20s..60s"),
}

# What has to go wrong first, at the same terminal.
COMPANY = {
    "reversal_ack_lost": "drop_response:mti=0210,nth=1",
    "reversal_declined": "drop_response:mti=0210,nth=1",
    "retract_fail": "customer_leaves_cash:nth=1",
    "before_sign_on": "fin_mid_response:mti=0210,nth=1",
}

# What its terminal, or the host about it, then reports.
EFFECTS = {
    "replay_old": ("NotesTaken",),
    "unsolicited": ("StrayMessage", "NotesTaken"),
    "bad_mti": ("StrayMessage", "Aborted"),
    "bad_bitmap": ("DamagedMessage", "Aborted"),
    "missing_field": ("ReversalParked",),
    "bad_llvar": ("DamagedMessage", "Aborted"),
    "bad_charset": ("DamagedMessage", "Aborted"),
    "bad_mac": ("DamagedMessage", "Aborted", "ReversalAnswered"),
    "wrong_rrn": ("DamagedMessage", "Aborted"),
    "wrong_amount": ("DamagedMessage", "Aborted", "ReversalAnswered"),
    "stale_date": ("DamagedMessage", "Aborted"),
    "unknown_code": ("ReversalQueued", "ReversalParked"),
    "reversal_ack_lost": ("Aborted", "ReversalAnswered"),
    "reversal_declined": ("Aborted", "ReversalParked"),
    "double_post": ("DuplicateAnswer", "NotesTaken"),
    "approve_after_reversal": ("Aborted", "ReversalAnswered", "LateApproval"),
    "just_before_timeout": ("NotesTaken",),
    "just_after_timeout": ("Aborted", "LateApproval", "ReversalAnswered"),
    "echo_only": ("Aborted", "ReversalAnswered"),
    "brownout": ("NotesTaken",),
    "host_answers": ("CardTaken", "ReversalAnswered"),
    "other_fields": ("NotesTaken",),
    "sign_on_refused": ("LinkClosed", "LinkOpened", "NotesTaken"),
    "issuer_down": ("CardTaken",),
    "partial_approval": ("ReversalAnswered", "CardTaken"),
    "process_pause": ("ProcessPaused", "ProcessResumed"),
    "retract_fail": ("RetractFailed", "SuspenseRecorded"),
    "region_partition": ("LinkClosed", "ConnectFailed", "LinkOpened"),
    "mass_disconnect": ("LinkClosed", "LinkOpened"),
    "thundering_reconnect": ("LinkOpened", "NotesTaken"),
    "rolling_restart": ("LinkClosed", "ConnectFailed", "LinkOpened"),
    "staggered_heal": ("LinkClosed", "ConnectFailed", "LinkOpened"),
    "refuse": ("ConnectFailed", "LinkOpened"),
    "syn_blackhole": ("ConnectFailed", "LinkOpened", "NotesTaken"),
    "slow_accept": ("LinkOpened", "NotesTaken"),
    "accept_then_close": ("LinkClosed", "LinkOpened", "NotesTaken"),
    "fin_idle": ("LinkClosed", "LinkOpened"),
    "accept_never_read": ("LinkClosed", "NotesTaken"),
    "one_way_partition": ("Aborted", "ReversalAnswered"),
    "fin_mid_request": ("LinkClosed", "Aborted"),
    "half_close": ("LinkClosed", "Aborted", "ReversalAnswered"),
    "jitter": ("NotesTaken",),
    "throttle": ("NotesTaken",),
    "stall_after_n": ("Aborted", "ReversalAnswered"),
    "truncate_after_n": ("LinkClosed", "NotesTaken"),
    "drop_bytes": ("Aborted", "LinkClosed"),
    "insert_bytes": ("DamagedMessage", "Aborted"),
    "len_zero": ("LinkClosed", "Aborted"),
    "len_max": ("LinkClosed", "Aborted"),
    "wrong_endianness": ("LinkClosed", "Aborted"),
    "inclusive_len": ("Aborted", "ReversalAnswered"),
    "header_garbage": ("LinkClosed", "Aborted"),
    "partial_frame_hang": ("Aborted", "LinkClosed", "ReversalAnswered"),
    "trailing_bytes": ("NotesTaken",),
    "two_frames_one_write": ("DuplicateAnswer", "NotesTaken"),
    "rst": ("LinkClosed", "LinkOpened"),
    "flap": ("ConnectFailed", "LinkClosed"),
    "drop_request": ("Aborted", "ReversalAnswered"),
    "drop_response": ("Aborted", "ReversalAnswered"),
    "half_open": ("Aborted", "LinkClosed"),
    "dup_request": ("DuplicateAnswer", "NotesTaken"),
    "dup_response": ("DuplicateAnswer", "NotesTaken"),
    "late_response": ("LateApproval", "ReversalAnswered"),
    "reorder": ("Aborted", "ReversalAnswered"),
    "latency": ("NotesTaken",),
    "wrong_stan": ("StrayMessage", "Aborted"),
    "wrong_terminal": ("StrayMessage", "Aborted"),
    "bitflip": ("DamagedMessage", "Aborted"),
    "len_short": ("DamagedMessage", "LinkClosed"),
    "len_long": ("Aborted", "ReversalAnswered"),
    "fin_mid_response": ("LinkClosed", "Aborted"),
    "slice": ("NotesTaken",),
    "silent": ("Aborted", "ReversalAnswered"),
    "slow": ("NotesTaken",),
    "eject_jam": ("EjectFailed",),
    "dispense_short": ("NotesTaken",),
    "dispense_unknown": ("SuspenseRecorded",),
    "customer_leaves_card": ("CardCaptured",),
    "customer_leaves_cash": ("NotesRetracted",),
    "unreadable_card": ("CardUnread", "CardTaken"),
    "worn_card": ("CardReadSlowly", "CardTaken"),
    "expired_card": ("CardTaken",),
    "hotlisted_card": ("CardHotlisted", "CardCaptured"),
    "customer_slow": ("CustomerHesitated", "CustomerWentOn"),
    "customer_cancels": ("SessionCancelled", "CardTaken"),
    "customer_walks_off": ("CustomerHesitated", "CardCaptured"),
    "customer_holds_card": ("CaptureFailed", "CardTaken"),
    "motor_slow": ("MotorSlowed",),
    "motor_hangs": ("MotorStopped",),
    "operator_stop": ("OrderAcknowledged", "ServiceChanged"),
    "operator_resume": ("OrderAcknowledged", "NotesTaken"),
    "service_visit": ("SafeDoorOpened", "SafeDoorClosed", "OrderAcknowledged"),
    "planned_restart": ("PowerLost", "PowerRestored", "OrderAcknowledged"),
    "mains_fail": ("PowerLost", "PowerRestored"),
    "power_cut": ("PowerLost", "PowerRestored", "ReversalAnswered"),
}


def terminal_of(kind: str) -> str:
    return terminal_id([one.kind for one in KINDS].index(kind))


def fault_of(kind: FaultKind) -> str:
    parameters, window = USABLE.get(kind.kind, ("", ""))
    return f"{kind.kind}:{parameters}terminal={terminal_of(kind.kind)}{window}"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live") / "faults.jsonl"


@pytest.fixture(scope="module", autouse=True)
def outcome(journal: Path) -> Outcome:
    company = [f"{fault},terminal={terminal_of(kind)}" for kind, fault in COMPANY.items()]
    return live(
        journal, *map(fault_of, KINDS), *company,
        terminals=len(KINDS), duration=EVENING, speed=10.0,  # so many at once are more work
    )  # fmt: skip


def test_a_safe_pair_withstands_all_of_them(outcome: Outcome) -> None:
    """Each struck, and not one check fails."""
    assert outcome.verdict.outcome == "pass", (outcome.verdict.reasons, outcome.verdict.failures)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_it_really_strikes(journal: Path, kind: FaultKind) -> None:
    """It says so in the journal, and its own terminal, and no other, shows the effect."""
    acted = [
        entry
        for entry in entries(journal, "FaultActed", actor="RUN")
        if getattr(entry.event, "fault", "") == fault_of(kind)
    ]
    terminal = terminal_of(kind.kind)
    assert {getattr(entry.event, "on", "").partition(":")[0] for entry in acted} == {terminal}
    seen = {type(entry.event).__name__ for entry in entries(journal, actor=terminal)}
    assert seen >= set(EFFECTS.get(kind.kind, ()))


@pytest.mark.parametrize(
    ("kind", "event", "ended"),
    [
        ("rst", "LinkClosed", "rst"),
        ("refuse", "ConnectFailed", "refused"),
        ("flap", "ConnectFailed", "refused"),
        ("flap", "LinkClosed", "fin"),
        ("fin_mid_response", "LinkClosed", "fin"),
        ("fin_mid_request", "LinkClosed", "fin"),
        ("accept_then_close", "LinkClosed", "fin"),
        ("fin_idle", "LinkClosed", "fin"),
        ("half_close", "LinkClosed", "fin"),
        ("truncate_after_n", "LinkClosed", "fin"),
        ("syn_blackhole", "ConnectFailed", "timed out"),
        ("accept_never_read", "LinkClosed", "local"),
        ("partial_frame_hang", "LinkClosed", "local"),
        ("len_short", "LinkClosed", "garbage"),
        ("len_zero", "LinkClosed", "garbage"),
        ("len_max", "LinkClosed", "garbage"),
        ("wrong_endianness", "LinkClosed", "garbage"),
        ("half_open", "LinkClosed", "local"),
        ("power_cut", "LinkClosed", "power"),
    ],
)
def test_sockets_end_as_they_do_in_the_world(
    journal: Path, kind: str, event: str, ended: str
) -> None:
    """A real RST, a real ECONNREFUSED, a FIN: what the terminal's own socket reported."""
    assert ended in how(entries(journal, event, actor=terminal_of(kind)))


def test_a_response_cut_off_is_never_a_message(journal: Path) -> None:
    """Half a frame came before the FIN, so that no answer was seen at the terminal."""
    frames = entries(journal, "FrameSeen", actor=terminal_of("fin_mid_response"))
    answers = [
        entry.event for entry in frames
        if getattr(entry.event, "end", "") == getattr(entry.event, "to", "") == "terminal"
        and getattr(entry.event, "fields", {}).get("t") in ("0210", "0430")
        and entry.at < EVENING
    ]  # fmt: skip
    assert answers == []


def test_a_frame_in_pieces_is_put_together_again(journal: Path) -> None:
    """Pieces arrive in order and with nothing between them: nothing is damaged, no link closed."""
    terminal = terminal_of("slice")
    assert entries(journal, "DamagedMessage", actor=terminal) == []
    assert how(entries(journal, "LinkClosed", actor=terminal)) == ["ended"]


def test_what_leaves_in_one_write_is_told_apart(journal: Path) -> None:
    """The answer that was held arrives with the frame that took it along, and each is read."""
    at_terminal = [
        getattr(entry.event, "fields", {}).get("t", "")
        if getattr(entry.event, "end", "") == getattr(entry.event, "to", "") == "terminal"
        else ""
        for entry in entries(journal, actor=terminal_of("coalesce"))
    ]
    held = at_terminal.index("0210")
    assert at_terminal[held + 1] in ("0810", "0430")  # of one read: nothing happened in between
