"""What a host sends of its own, what comes before a sign-on, and answers that have fewer elements
than ours, or more.
"""

from __future__ import annotations

import pytest
from passing import ATM, delivered, fields_of, frame, message, plan, taken, told
from raw_fields import said

from harness.faults.fate import Deliver

SENT_BY_ITSELF = {
    "echo": ("0800", {"70": "301"}),
    "sign_on": ("0800", {"70": "001"}),
    "key_change": ("0800", {"70": "161"}),
    "cutover": ("0800", {"70": "201"}),
    "file_update": ("0302", {"91": "1", "101": "HOTLIST"}),
    "advice": ("0820", {"70": "301"}),
}


@pytest.mark.parametrize("what", SENT_BY_ITSELF)
def test_the_host_asks_behind_its_answer(what: str) -> None:
    """The answer passes as it is; a second later the other comes, under a STAN of its own."""
    mti, more = SENT_BY_ITSELF[what]
    sent = frame()
    acts = plan(f"host_asks:what={what}").fate(0.0, sent)
    (first, right), (later, asked) = delivered(acts)
    assert (first, right, later) == (0.0, sent.data, 1.0)
    fields, mac = message(asked)
    assert (fields["t"], fields["11"], fields["41"], mac) == (mti, "700123", ATM, "good")
    assert more.items() <= fields.items()


def test_it_has_taken_effect_when_it_arrives() -> None:
    """Not when it was sent: the connection may be gone by then."""
    faults = plan("host_asks:what=cutover")
    acts = faults.fate(0.0, frame())
    assert taken(faults) == []
    (effect,) = [effect for act in acts or () if isinstance(act, Deliver) for effect in act.effects]
    assert effect.what == "the host sent 0800 (cutover), STAN 700123"


@pytest.mark.parametrize("mti", ["0200", "0800"])
def test_what_a_terminal_sends_is_no_occasion(mti: str) -> None:
    """The host speaks behind messages of its own."""
    assert plan("host_asks").fate(0.0, frame(mti)) is None


def test_an_old_request_comes_before_the_sign_on() -> None:
    """The last one that was sent, as it was; and the sign-on behind it."""
    faults = plan("before_sign_on")
    old, sign_on = frame("0200"), frame("0800", more={"70": "001"})
    sign_on = sign_on._replace(message=said({**fields_of(sign_on), "70": "001"}))
    assert faults.fate(0.0, sign_on) is None
    assert faults.fate(1.0, old) is None
    assert delivered(faults.fate(60.0, sign_on)) == [(0.0, old.data), (0.0, sign_on.data)]
    assert told(faults) == [("before_sign_on", ATM, "an old 0200 came before the sign-on")]


def test_an_echo_is_no_sign_on() -> None:
    """Nothing comes before it."""
    faults = plan("before_sign_on")
    assert faults.fate(1.0, frame("0200")) is None
    assert faults.fate(60.0, frame("0800")) is None


def test_fewer_elements_say_the_same() -> None:
    """What the terminal must have is left, under a right MAC."""
    more = {"3": "010000", "4": "000000005000", "37": "000000000012", "49": "978"}
    faults = plan("other_fields")
    ((_, data),) = delivered(faults.fate(0.0, frame(more=more)))
    fields, mac = message(data)
    left = {name: fields.get(name) for name in ("4", "7", "11", "39", "41")}
    assert left == {
        "4": "000000005000", "7": "1121201000", "11": "000123", "39": "00", "41": ATM,
    }  # fmt: skip
    assert mac == "good"
    assert not {"3", "37", "49"} & fields.keys()
    assert told(faults) == [("other_fields", ATM, "0210 without DE 3, DE 37, DE 49")]


def test_more_elements_say_the_same() -> None:
    """All that was there is there."""
    faults, sent = plan("other_fields:how=more"), frame()
    ((_, data),) = delivered(faults.fate(0.0, sent))
    fields, mac = message(data)
    usual = {name: text for name, text in fields_of(sent).items() if name not in ("p", "64")}
    assert usual.items() <= fields.items()
    assert {"44", "48", "63"} <= fields.keys()
    assert mac == "good"


def test_an_answer_that_has_nothing_to_leave_out_is_no_effect() -> None:
    """The fault says nothing then."""
    faults = plan("other_fields")
    assert faults.fate(0.0, frame()) is None
    assert told(faults) == []
