"""Rows of a stranger's host whose elements do not hold what their class says."""

from __future__ import annotations

from host_mistakes import right, to_requests, to_reversals
from line import changed


def in_answers(text: str, name: str, says: str, **elements: str) -> None:
    to_requests(text, name, lambda answer: right(changed(answer, **elements)),
                caught="H9", says=says)  # fmt: skip


in_answers("its response code is blank (DE 39)", "answers_with_a_blank_code",
           "DE 39 must hold a response code", de39="  ")  # fmt: skip
in_answers("its response code is a word (DE 39 OK)", "answers_with_a_word",
           "DE 39 must hold a response code", de39="OK")  # fmt: skip
in_answers("its approval code has control characters in it (DE 38)", "approval_with_control",
           "DE 38 must hold letters and digits", de38="12\x00\x0156")  # fmt: skip
in_answers("its answers repeat the STAN with blanks (DE 11)", "stan_with_blanks",
           "which nobody had asked", de11="    12")  # fmt: skip
in_answers("its answers name a day that is no number (DE 15)", "day_of_letters",
           "DE 15 must hold digits", de15="NOV1")  # fmt: skip
in_answers("its answers have letters in the local time (DE 12)", "local_time_of_letters",
           "DE 12 must hold digits", de12="ABCDEF")  # fmt: skip
to_reversals("it answers reversals with a blank code (DE 39)", "reversals_with_a_blank_code",
             lambda answer: right(changed(answer, de39="  ")), caught="H9",
             says="DE 39 must hold a response code")  # fmt: skip
