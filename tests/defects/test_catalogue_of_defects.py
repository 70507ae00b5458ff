"""Each defect is caught by what must catch it and by nothing that should not.

The fault that brings a defect out is keyed to one transaction of one terminal, so that what
catches it does not hang on timing; the safe profile lives through the same evening, faults and
seed without a failure. Who must and who may catch it is the defect's own (docs/selftest.md).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import msgspec
import pytest

from harness.assembly import SEES
from harness.checks.catalogue import CHECKS, INVARIANTS
from harness.checks.verdict import Verdict
from harness.defects.catalogue import DEFECTS
from harness.defects.defect import Defect
from harness.explore.selftest import machine_of
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan

AT = "terminal=ATM00002"
UNANSWERED = f"drop_response:{AT},nth=2,mti=0210"
UNACKNOWLEDGED = f"drop_response:{AT},nth=1,mti=0430"
SHORT = f"dispense_short:{AT},nth=3"
ECHOES_LOST = "drop_request:mti=0800,p=80%@1m.."
REFUSED = (
    *(UNANSWERED, f"host_answers:code=park,{AT},nth=1,mti=0420"),
    "rst:after=0s@50m..50m1s",
)
LEFT_CARD = f"customer_leaves_card:{AT},nth=2"
LEFT_CASH = f"customer_leaves_cash:{AT},nth=2"
VISIT = f"service_visit:at=motor:retract,after=20s,stays=30s,{AT},nth=1"
NOTHING_SETTLED = ("drop_response:mti=0210@..30m", "drop_response:mti=0430@..30m")

BROUGHT_OUT_BY: dict[str, tuple[str, ...]] = {
    "hangs_on_timeout": (UNANSWERED,),
    "keeps_card_silently": (UNANSWERED,),
    "rearms_timer_on_noise": (
        f"wrong_stan:{AT},nth=2,mti=0210",
        f"latency:by=30s,{AT},nth=2,mti=0210",
    ),
    "rearms_timer_on_echo": (UNANSWERED,),
    "ignores_close": (f"fin_mid_response:{AT},nth=2,mti=0210",),
    "slot_not_watched": (f"customer_leaves_card:{AT},nth=2",),
    "captures_unknown_code": (
        f"unknown_code:{AT},nth=2,mti=0210",
        f"customer_leaves_card:{AT},nth=3",
    ),
    "captures_without_end": (),
    "leaves_reader_open": (f"rst:{AT},nth=1@10m..20m", f"refuse:{AT}@10m..20m"),
    "accepts_card_while_down": (f"rst:{AT},nth=1@10m..20m", f"refuse:{AT}@10m..20m"),
    "leaves_late_card_inside": (f"hand_tie:of=link,lets=3,{AT},nth=1@2s..",),
    "dispenses_late_approval": (f"late_response:past=5s,{AT},nth=2,mti=0210",),
    "tie_is_in_time": (f"exact_tie:{AT},nth=2,mti=0210",),
    "dispenses_twice_on_duplicate": (
        f"dup_response:times=2,every=12s,{AT},nth=2,mti=0210",
        LEFT_CASH,
    ),
    "cash_before_approval": (),
    "pays_before_card_taken": (),
    "matches_on_stan_alone": (f"wrong_terminal:{AT},nth=2,mti=0210",),
    "cash_slot_not_watched": (f"customer_leaves_cash:{AT},nth=2",),
    "suspends_and_walks_away": ("customer_leaves_cash:p=5%",),
    "reverses_uncounted": (f"dispense_unknown:{AT},nth=2",),
    "counters_forgotten": (f"power_cut:at=write:Closed,{AT},nth=2",),
    "forgets_reversal": (UNANSWERED,),
    "keeps_what_is_over": (),
    "reversal_new_identity": (UNANSWERED, UNACKNOWLEDGED),
    "repeat_new_time": (UNANSWERED, UNACKNOWLEDGED),
    "forwards_out_of_order": NOTHING_SETTLED,
    "stan_reused": NOTHING_SETTLED,
    "never_repeats": (UNANSWERED, UNACKNOWLEDGED),
    "reverses_another_amount": (UNANSWERED,),
    "wrong_original": (UNANSWERED,),
    "partial_reversed_in_full": (SHORT,),
    "dials_in_step": ("rst:after=0s@5m..5m1s", "refuse@5m..10m"),
    "stops_dialling": ("rst:after=0s@5m..5m1s", "refuse@5m..10m"),
    "mac_not_checked": (f"bitflip:byte=101,bit=8,{AT},nth=2,mti=0210",),
    "sends_before_synced": (f"power_cut:at=frame:0200,{AT},nth=2",),
    "loses_reversals_on_restart": (f"power_cut:at=frame:0200,{AT},nth=2",),
    "leaves_type_out": (),
    "repeats_request": (UNANSWERED,),
    "leaks_pan": (),
    "keeps_pin_block": (UNANSWERED,),
    "ignores_stop": (f"operator_stop:at=frame,{AT},nth=2",),
    "waits_on_after_stop": (f"operator_stop:at=write:Intent,after=100ms,{AT},nth=1",),
    "pays_after_stop": (f"operator_stop:at=motor:eject,{AT},nth=2",),
    "forgets_stop_on_restart": (f"planned_restart:{AT},after=10m",),
    "ignores_resume": (f"operator_stop:{AT},after=10m",),
    "lets_anybody_in": (f"service_visit:at=motor:capture,after=100ms,{AT}", LEFT_CARD),
    "stays_broken": (f"motor_slow:motor=stack,by=45s,{AT},nth=2", VISIT),
    "fills_unseen": (f"service_visit:{AT},after=20m",),
    "serves_on_after_jam": (f"eject_jam:{AT},nth=2", f"eject_jam:{AT},nth=3"),
    "takes_cards_with_backlog": (),
    "stays_out_for_backlog": (),
    "serves_before_reversals": ("fin_mid_response:mti=0430,p=60%",),
    "never_pauses": (),
    "pauses_for_ever": (),
    "dispense_timer_of_15s": (f"motor_hangs:motor=stack,{AT},nth=2",),
    "dispense_timer_of_60s": (f"motor_hangs:motor=stack,{AT},nth=2",),
    "retract_timer_of_5s": (
        *(LEFT_CASH, f"motor_slow:motor=retract,by=10s,{AT},nth=1"),
        *(f"customer_leaves_cash:{AT},nth=3", f"retract_fail:{AT},nth=2"),
    ),
    "retract_timer_of_40s": (LEFT_CASH, f"retract_fail:{AT},nth=1"),
    "captures_in_silence": (LEFT_CARD,),
    "breaks_in_silence": (f"motor_hangs:motor=stack,{AT},nth=2",),
    "suspense_in_silence": (f"dispense_unknown:{AT},nth=2",),
    "forgery_in_silence": (f"bad_mac:{AT},nth=2,mti=0210",),
    "mixed_up_in_silence": (f"wrong_amount:{AT},nth=2,mti=0210",),
    "seals_wrongly": (),
    "begins_with_zero": (),
    "always_a_repeat": (),
    "another_pin": (),
    "pays_before_synced": (f"store_stalls:{AT},nth=2",),
    "syncs_decisions_later": (),
    "new_once_more": (UNANSWERED, f"power_cut:at=frame:0420,{AT},nth=1"),
    "parks_in_silence": (UNANSWERED, f"reversal_declined:{AT},nth=1"),
    "trips_in_silence": (),
    "cancels_unsaid": (UNANSWERED,),
    "always_cancelled": (),
    "no_word_of_cash": (),
    "welcome_while_closed": (f"rst:{AT},nth=1@10m..20m", f"refuse:{AT}@10m..20m"),
    "captures_unsaid": (LEFT_CARD,),
    "says_captured": (),
    "says_paid": (LEFT_CASH,),
    "says_paid_in_full": (SHORT,),
    "suspense_of_nothing": (f"dispense_unknown:{AT},nth=2",),
    "says_yes_twice": (f"operator_stop:{AT},after=10m",),
    "cries_capture": (f"eject_jam:{AT},nth=2",),
    "double_posts_repeats": (UNANSWERED, UNACKNOWLEDGED),
    "reverses_twice_after_crash": (
        UNANSWERED,
        f"crash_after_commit:{AT},nth=1,mti=0420",
    ),
    "ignores_reversals": (UNANSWERED,),
    "reverses_more": (SHORT,),
    "approves_after_tombstone": (f"reorder:hold=60s,{AT},nth=2,mti=0200",),
    "tombstone_expires": (f"reorder:hold=60s,{AT},nth=2,mti=0200",),
    "forgets_decline": ("dup_request:mti=0200",),
    "posts_declined": (),
    "declines_advices": ("issuer_down@10m..20m",),
    "books_into_old_day": ("drop_response:mti=0210@14m..15m",),
    "acks_before_replication": ("failover@15m..",),
    "answers_twice": (),
    "answers_late": (),
    "names_another_currency": (),
    "answers_repeats_otherwise": (UNANSWERED, UNACKNOWLEDGED),
    "declines_reversals": (UNANSWERED,),
    "ignores_echo": (),
    "double_feeds": (),
    "knows_no_original": (UNANSWERED,),
    "takes_first_for_second": (UNANSWERED,),
    "captures_referred": (
        f"host_answers:code=referral,{AT},nth=2,mti=0200",
        f"customer_leaves_card:{AT},nth=3",
    ),
    "returns_ordered_card": (f"host_answers:code=41,{AT},nth=2",),
    "ends_at_first_wrong_pin": (f"host_answers:code=55,{AT},nth=2",),
    "closes_unknown_code": (f"host_answers:code=unlisted,{AT},nth=2",),
    "closes_security_error": (f"host_answers:code=63,{AT},nth=2",),
    "pays_on_system_error": (f"host_answers:code=96,{AT},nth=2,mti=0200",),
    "reverses_declined": (f"host_answers:code=51,{AT},nth=2,mti=0200",),
    "one_reason_for_all": (f"customer_leaves_card:{AT},nth=2",),
    "wants_every_element": (f"other_fields:{AT},nth=2,mti=0210",),
    "retry_is_final": (UNANSWERED, f"host_answers:code=retry,{AT},nth=1,mti=0420"),
    "retries_at_once": (UNANSWERED, f"host_answers:code=retry,{AT},nth=1,mti=0420"),
    "drops_refused_reversal": REFUSED,
    "retries_parked": REFUSED,
    "never_unparks": REFUSED,
    "skips_sign_on": (),
    "never_echoes": (f"customer_leaves_card:{AT},nth=2",),
    "echoes_all_the_time": (),
    "echoes_once": (ECHOES_LOST,),
    "no_echo_after_expiry": (UNANSWERED,),
    "never_closes": (ECHOES_LOST,),
    "closes_at_first": (ECHOES_LOST,),
    "serves_in_doubt": (ECHOES_LOST,),
    "reverses_into_silence": (UNANSWERED,),
    "deaf_to_the_host": (f"host_asks:{AT},nth=2",),
    "says_no_answer": (LEFT_CARD,),
    "says_declined": (UNANSWERED,),
    "says_idle": (f"rst:{AT},nth=1@10m..20m", f"refuse:{AT}@10m..20m"),
    "alarms_at_wrong_pin": (f"bad_mac:{AT},nth=2,mti=0210",),
    "waits_while_closed": (f"rst:{AT},nth=1@10m..20m", f"refuse:{AT}@10m..20m"),
    "keeps_its_date": (),
    "signs_on_again": (f"rst:{AT},nth=1@5m..5m1s", f"sign_on_refused:{AT}@5m..6m"),
    "accepts_key_change": (f"host_asks:what=key_change,{AT},nth=2",),
    "card_read_too_short": (f"worn_card:by=8s,{AT},nth=2", f"worn_card:by=15s,{AT},nth=3"),
    "card_read_too_long": (f"worn_card:by=12s,{AT},nth=2",),
    "key_too_short": (f"customer_slow:by=20s,{AT},nth=2", f"customer_slow:by=40s,{AT},nth=3"),
    "key_too_long": (f"customer_slow:by=40s,{AT},nth=2",),
    "session_too_short": (f"customer_slow:by=25s,{AT},nth=1", f"customer_slow:by=40s,{AT},nth=2"),
    "session_too_long": (f"customer_slow:by=25s,wrong=2,{AT},nth=2",),
    "eject_too_short": (f"eject_jam:{AT},nth=2",),
    "eject_too_long": (f"eject_jam:{AT},nth=2",),
    "card_take_too_short": (f"customer_leaves_card:{AT},nth=2",),
    "card_take_too_long": (f"customer_leaves_card:{AT},nth=2",),
    "capture_too_short": (f"customer_holds_card:by=14s,{AT},nth=2",),
    "capture_too_long": (f"customer_holds_card:by=14s,{AT},nth=2",),
    "cash_take_too_short": (f"customer_leaves_cash:{AT},nth=2",),
    "cash_take_too_long": (f"customer_leaves_cash:{AT},nth=2",),
    "never_asks_pin": (),
    "never_asks_what": (),
    "ignores_cancel": (f"customer_cancels:{AT},nth=2",),
    "session_rearmed_by_keys": (f"customer_slow:by=25s,wrong=2,{AT},nth=2",),
    "keys_rearm_nothing": (f"customer_slow:by=10s,{AT},nth=2", f"customer_slow:by=40s,{AT},nth=3"),
    "keys_not_watched": (f"customer_slow:by=40s,{AT},nth=2",),
    "stuck_card_not_noticed": (f"customer_holds_card:by=14s,{AT},nth=2",),
    "unlimited_pin_tries": (f"customer_forgets_pin:times=4,{AT},nth=2",),
    "two_pin_tries": (f"customer_forgets_pin:times=3,{AT},nth=2",),
    "keeps_pin_tries": (f"customer_forgets_pin:times=3,visits=2,{AT},nth=2",),
    "repeats_wrong_pin": (f"customer_forgets_pin:times=1,{AT},nth=2",),
    "captures_third_wrong_pin": (
        f"customer_forgets_pin:times=3,{AT},nth=2",
        f"customer_leaves_card:{AT},nth=3",
    ),
    "ignores_hotlist": (f"hotlisted_card:{AT},nth=2",),
    "returns_hotlisted": (f"hotlisted_card:{AT},nth=2",),
    "captures_unreadable": (f"unreadable_card:{AT},nth=2", f"customer_leaves_card:{AT},nth=3"),
    "unreadable_waits": (f"unreadable_card:{AT},nth=2",),
    "captures_expired": (f"expired_card:{AT},nth=2", f"customer_leaves_card:{AT},nth=3"),
    "retracted_in_full": ("customer_takes_part:p=50%",),
    "loses_a_digit": (),
    "track_of_the_first": (),
    "pin_block_of_the_first": (),
    "expiry_turned": (),
    "local_for_utc": (),
    "utc_for_local": (),
    "asks_in_dollars": (),
    "names_savings": (),
    "claims_a_fee": (SHORT,),
    "empty_place": (),
    "another_bank": (),
    "answers_for_the_host": (UNANSWERED,),
    "hides_the_answer": (f"customer_leaves_card:{AT},nth=2",),
    "leaves_rrn_out": (UNANSWERED,),
    "pin_block_in_reversal": (UNANSWERED,),
    "stans_anew": (f"power_cut:at=frame:0200,{AT},nth=2",),
    "rrn_of_the_day": (),
    "approves_without_code": (),
    "one_approval_code": (),
    "code_with_a_decline": (),
    "turns_the_sign": (),
    "books_after_answer": (),
    "stands_in_for_all": ("issuer_down@10m..20m",),
    "never_closes_a_day": (),
    "debits_another_account": (),
    "gives_back_to_another": (UNANSWERED,),
    "reads_another_account": (),
    "tells_old_balance": (),
    "keeps_card_of_reversed": (f"reorder:hold=60s,{AT},nth=2,mti=0200",),
    "takes_expired_cards": (f"expired_card:{AT},nth=2",),
    "declines_in_its_own_words": (),
    "hangs_up_on_inquiries": (),
    "refuses_while_away": (),
    "repeats_part_as_whole": (),
    "opens_accounts_anew": (),
    "counts_approvals_anew": (),
    "forgets_advices": (),
    "forgets_tombstones": (),
    "serves_incomplete": (),
    "serves_any_currency": (),
    "serves_used_stan": (),
    "reverses_what_disagrees": (),
    "reverses_once_more": (),
    "accepts_reversal_of_nothing": (),
    "says_yes_to_all": (),
    "serves_after_sign_off": (),
    "refuses_echo": (),
    "gives_up_on_damage": (f"wrong_amount:{AT},nth=2,mti=0210",),
    "gives_up_on_stray": (f"wrong_stan:{AT},nth=2,mti=0210",),
    "gives_up_on_cancel": (
        f"customer_cancels:step=wait,{AT}",
        f"latency:by=3s,{AT},nth=2,mti=0210",
        f"drop_response:{AT},nth=4,mti=0210",
    ),
    "gives_up_on_echo": (),
    "session_ends_the_wait": (
        *(f"customer_slow:by=25s,wrong=2,{AT},nth=2", f"latency:by=40s,{AT},mti=0210"),
        f"drop_response:{AT},nth=5,mti=0210",
    ),
    "serves_before_sign_on": ("before_sign_on:p=50%", "fin_mid_response:mti=0210,p=30%"),
    "takes_any_pin": (f"customer_forgets_pin:times=1,{AT},nth=2",),
    "refuses_right_pins": (),
    "looks_at_no_account": (),
    "approves_what_was_reversed": (),
    "never_tries_again": (f"eject_jam:{AT},nth=2",),
    "tries_twice_more": tuple(f"eject_jam:{AT},nth={n}" for n in (2, 3, 4)),
    "deaf_while_waiting": ("silent@20s..200s", "remote_command:at=write:Intent"),
    "never_expires": ("command_late:p=50%",),
    "forgets_commands": ("command_twice:after=20s,p=50%",),
    "done_too_soon": (f"remote_command:at=motor:eject,after=100ms,{AT}",),
    "obeys_for_others": ("command_misaddressed:p=50%",),
    "answers_nobody": (),
    "mac_not_checked_by_host": (f"bitflip:byte=160,bit=8,{AT},nth=2,mti=0200",),
}


class Stage(NamedTuple):
    """What of the ordinary evening is other where a defect needs more than four terminals."""

    terminals: int = 4
    duration: float = 3600.0
    stand_in: int = 0
    standby: bool = False
    cutover: float = 0.0
    scenario: str = "ordinary_evening"


RESTARTS = Stage(20, 600.0, stand_in=30000, cutover=300.0, scenario="restarting_host")
STRANGERS = Stage(20, 360.0, scenario="strange_messages")
COMMANDED = Stage(20, 240.0, scenario="commanded")
STAGES = {
    **dict.fromkeys(("deaf_while_waiting", "never_expires", "forgets_commands"), COMMANDED),
    **dict.fromkeys(("done_too_soon", "obeys_for_others", "answers_nobody"), COMMANDED),
    **dict.fromkeys(("opens_accounts_anew", "counts_approvals_anew"), RESTARTS),
    **dict.fromkeys(("forgets_advices", "forgets_tombstones"), RESTARTS),
    **dict.fromkeys(("refuses_while_away", "repeats_part_as_whole"), RESTARTS),
    **dict.fromkeys(("serves_incomplete", "serves_any_currency", "serves_used_stan"), STRANGERS),
    **dict.fromkeys(("reverses_what_disagrees", "reverses_once_more"), STRANGERS),
    **dict.fromkeys(("accepts_reversal_of_nothing", "says_yes_to_all"), STRANGERS),
    "serves_after_sign_off": STRANGERS,
    "approves_what_was_reversed": Stage(10, 360.0, scenario="late_duplicates"),
    "gives_up_on_echo": Stage(10, 360.0, scenario="unanswered_echoes"),
    "keeps_its_date": Stage(10, 360.0, scenario="difficult_customers"),
    "captures_without_end": Stage(duration=300.0, scenario="capture_storm"),
    "leaves_late_card_inside": Stage(duration=480.0, scenario="quiet_street"),
    "takes_cards_with_backlog": Stage(duration=720.0, scenario="unheard_reversals"),
    "stays_out_for_backlog": Stage(5, 720.0, scenario="unheard_reversals"),
    "serves_before_reversals": Stage(10, 360.0, scenario="lost_answers"),
    "never_pauses": Stage(duration=840.0, scenario="echo_without_answers"),
    "pauses_for_ever": Stage(duration=840.0, scenario="echo_without_answers"),
    "trips_in_silence": Stage(duration=300.0, scenario="capture_storm"),
    "dials_in_step": Stage(terminals=40, duration=900.0),
    "stops_dialling": Stage(terminals=40, duration=1200.0),
    "declines_advices": Stage(terminals=10, duration=1800.0, stand_in=50000),
    "stands_in_for_all": Stage(terminals=10, duration=1800.0, stand_in=30000),
    "never_closes_a_day": Stage(terminals=10, duration=1200.0, cutover=900.0),
    "books_into_old_day": Stage(terminals=60, duration=1200.0, cutover=900.0),
    "acks_before_replication": Stage(terminals=150, duration=1200.0, standby=True),
}


@cache
def evening(name: str, terminal: str = "safe", host: str = "safe") -> Verdict:
    stage = STAGES.get(name, Stage())
    usual = load_scenario(stage.scenario)
    contract = msgspec.structs.replace(
        usual.contract, stand_in=stage.stand_in, standby=stage.standby, cutover=stage.cutover
    )
    plan = plan_of(
        msgspec.structs.replace(usual, contract=contract),
        seed=1,
        terminals=stage.terminals,
        duration=stage.duration,
        faults=BROUGHT_OUT_BY[name],
        terminal_profile=terminal,
        host_profile=usual.host_profile if host == "safe" else host,
    )
    return simulate_plan(plan).verdict


def failing(verdict: Verdict) -> set[str]:
    return {row.id for row in verdict.rows if row.status == "fail"}


by_name = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


@by_name
def test_a_defect_is_caught_by_what_must_and_by_nothing_else(defect: Defect) -> None:
    """What must catch it does; what is not expected stays silent."""
    verdict = evening(defect.name, **{defect.role: defect.name})
    caught = failing(verdict)
    assert set(defect.must) <= caught, verdict.failures
    machine = machine_of(defect)
    assert [x for x in caught if not machine.expected(x)] == [], verdict.failures


@by_name
def test_the_safe_profile_lives_through_the_same(defect: Defect) -> None:
    """Same scenario, faults and seed: nothing fails, and what caught the defect was tried."""
    verdict = evening(defect.name)
    assert failing(verdict) == set()
    tried = {entry.id for entry in verdict.rows if entry.tried}
    assert set(defect.must) - {"T9"} <= tried


def test_the_defects_are_many_and_each_is_told_once() -> None:
    """At least 45, every name once, and what catches them are invariants."""
    names = [defect.name for defect in DEFECTS]
    assert len(set(names)) == len(names) >= 45
    for defect in DEFECTS:
        assert defect.must
        assert {*defect.must, *defect.may} <= set(INVARIANTS)
        assert not {*defect.must} & {*defect.may}


def test_every_check_must_catch_something() -> None:
    """One that is switched off is missed by the self-test. (Of those that judge a simulation: a
    host alone is judged by one more.)
    """
    judging = {check.id for check in CHECKS if check.applies((*SEES, "control"))} | {"S3"}
    assert judging - {name for defect in DEFECTS for name in defect.must} == set()


def test_no_defect_is_left_out() -> None:
    """Each has its faults here, and nothing else has."""
    assert set(BROUGHT_OUT_BY) == {defect.name for defect in DEFECTS}
