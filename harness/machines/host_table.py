"""The host's table: state x what meets it -> cell.

A message is classified first: the row of its kind says who does that. A pair that is not in the
table cannot be, by what the words mean, or nothing happens there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.machines.host_cells import advices, crashes, network, refusals, requests, reversals
from harness.machines.host_inputs import RECORD_STATES, HostInput, HostState, Key, Received
from harness.wire.message import Kind

if TYPE_CHECKING:
    from harness.machines.host import Host

HostCell = Callable[["Host", Any, float], None]
"""`cell(host, what, now)`: `what` is a `Received`, of an advice's answer the `Advice`, and of a
crash over another transaction the `TransactionRecord`.
"""
HostTable = Mapping[Key, HostCell]
Classifier = Callable[["Host", Received, float], Key]

CLASSIFIERS: Mapping[Kind, Classifier] = {
    Kind.NETWORK: network.classify,
    Kind.REQUEST: requests.classify,
    Kind.REQUEST_REPEAT: requests.classify,
    Kind.REVERSAL: reversals.classify,
    Kind.REVERSAL_REPEAT: reversals.classify,
}
"""Who says which cell a message of each kind meets. Any other kind is refused (refusals.py)."""

_S, _I = HostState, HostInput
_CONNECTION = (_S.SIGNED_OFF, _S.SIGNED_ON)
_DECIDED = (_S.APPROVED, _S.STOOD_IN, _S.DECLINED, _S.NOT_POSTED, _S.REVERSED)
_AFTER_REVERSAL = (_S.DECLINED, _S.NOT_POSTED, _S.REVERSED, _S.TOMBSTONE, _S.NO_ORIGINAL)
_ADVISED = (_S.STOOD_IN, _S.REVERSED)

SAFE_HOST_TABLE: HostTable = {
    # the connection
    **{(state, _I.SIGN_ON): network.sign_on for state in _CONNECTION},
    **{(state, _I.SIGN_ON_REFUSED): network.refuse_sign_on for state in _CONNECTION},
    **{(state, _I.SIGN_OFF): network.sign_off for state in _CONNECTION},
    **{(state, _I.ECHO): network.echo for state in _CONNECTION},
    **{(state, _I.NOT_SUPPORTED): refusals.not_supported for state in _CONNECTION},
    **{(state, _I.NOT_FOR_HOST): refusals.ignore for state in _CONNECTION},
    **{(state, _I.INCOMPLETE): refusals.format_error for state in _CONNECTION},
    **{(state, _I.CODE_ORDERED): refusals.answer_as_ordered for state in _CONNECTION},
    **{(state, _I.NO_ROOM): refusals.no_room for state in _CONNECTION},
    **{(state, _I.HANG): network.put_aside for state in _CONNECTION},
    **{(state, _I.CRASH_AT_READING): crashes.at_reading for state in _CONNECTION},
    # requests and reversals that are not looked up, or are not what has their identity
    (_S.SIGNED_ON, _I.WRONG_CURRENCY): refusals.wrong_currency,
    (_S.SIGNED_ON, _I.STAN_REUSED): refusals.refuse_reused,
    # a request, and its duplicates
    (_S.SIGNED_OFF, _I.REQUEST): requests.refuse_before_sign_on,
    (_S.UNKNOWN, _I.REQUEST): requests.take,
    (_S.PENDING, _I.REQUEST_AGAIN): requests.wait_for_commit,
    **{(state, _I.REQUEST_AGAIN): requests.answer_again for state in _DECIDED},
    (_S.REVERSED, _I.REQUEST_AGAIN): requests.decline_reversed,
    (_S.TOMBSTONE, _I.REQUEST_AGAIN): requests.decline_reversed,
    # the decision about it
    (_S.PENDING, _I.COMMIT): requests.commit,
    (_S.PENDING, _I.COMMIT_ISSUER_AWAY): requests.commit_without_issuer,
    (_S.TOMBSTONE, _I.COMMIT): requests.decline_tombstoned,
    (_S.PENDING, _I.CRASH_BEFORE_COMMIT): crashes.before_commit_of_pending,
    (_S.TOMBSTONE, _I.CRASH_BEFORE_COMMIT): crashes.before_commit,
    **{
        (state, _I.CRASH_AFTER_COMMIT): crashes.after_commit
        for state in (_S.APPROVED, _S.STOOD_IN, _S.DECLINED, _S.NOT_POSTED, _S.TOMBSTONE)
    },
    # a reversal, and its repeats
    (_S.SIGNED_OFF, _I.REVERSAL): reversals.refuse_before_sign_on,
    (_S.UNKNOWN, _I.REVERSAL): reversals.lay_tombstone,
    (_S.PENDING, _I.REVERSAL): reversals.tombstone_pending,
    (_S.APPROVED, _I.REVERSAL): reversals.give_back,
    (_S.APPROVED, _I.REVERSAL_ISSUER_AWAY): reversals.refuse_for_now,
    (_S.STOOD_IN, _I.REVERSAL): reversals.correct_advice,
    (_S.DECLINED, _I.REVERSAL): reversals.nothing_to_give_back,
    (_S.NOT_POSTED, _I.REVERSAL): reversals.nothing_to_give_back,
    (_S.REVERSED, _I.REVERSAL): reversals.refuse_second,
    (_S.TOMBSTONE, _I.REVERSAL): reversals.refuse_second,
    (_S.NO_ORIGINAL, _I.REVERSAL): reversals.refuse_without_original,
    **{(state, _I.REVERSAL_AGAIN): requests.answer_again for state in _AFTER_REVERSAL},
    (_S.UNKNOWN, _I.REVERSAL_DISAGREES): reversals.bury_and_tell,
    **{
        (state, _I.REVERSAL_DISAGREES): refusals.format_error
        for state in (_S.PENDING, _S.APPROVED, _S.STOOD_IN, _S.DECLINED, _S.NOT_POSTED)
    },
    (_S.PENDING, _I.CRASH_BEFORE_REVERSAL): crashes.before_commit_of_pending,
    **{
        (state, _I.CRASH_BEFORE_REVERSAL): crashes.before_commit
        for state in (_S.UNKNOWN, *_DECIDED, _S.TOMBSTONE, _S.NO_ORIGINAL)
    },
    **{(state, _I.CRASH_AFTER_REVERSAL): crashes.after_commit for state in _AFTER_REVERSAL},
    # what was approved in the issuer's stead
    **{(state, _I.ADVICE_ACCEPTED): advices.accepted for state in _ADVISED},
    **{(state, _I.ADVICE_DECLINED): advices.declined for state in _ADVISED},
    # a crash while the host is about something else
    **{(state, _I.CRASH_OVER_ANOTHER): crashes.survive for state in RECORD_STATES},
    (_S.PENDING, _I.CRASH_OVER_ANOTHER): crashes.forget,
}
