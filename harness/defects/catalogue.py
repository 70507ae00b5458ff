"""Every defect, ordered by subject, with those of hosts at the end."""

from __future__ import annotations

from harness.defects.account import ACCOUNT_DEFECTS
from harness.defects.answers import ANSWER_DEFECTS
from harness.defects.booking import BOOKING_DEFECTS
from harness.defects.card import CARD_DEFECTS
from harness.defects.cash import CASH_DEFECTS
from harness.defects.commands import COMMAND_DEFECTS
from harness.defects.contents import CONTENT_DEFECTS
from harness.defects.defect import Defect
from harness.defects.durability import DURABILITY_DEFECTS
from harness.defects.host import HOST_DEFECTS
from harness.defects.host_conduct import HOST_CONDUCT_DEFECTS
from harness.defects.host_decisions import HOST_DECISION_DEFECTS
from harness.defects.host_memory import HOST_MEMORY_DEFECTS
from harness.defects.host_refusals import HOST_REFUSAL_DEFECTS
from harness.defects.jams import JAM_DEFECTS
from harness.defects.link import LINK_DEFECTS
from harness.defects.link_keeping import LINK_KEEPING_DEFECTS
from harness.defects.outgoing import OUTGOING_DEFECTS
from harness.defects.reversals import REVERSAL_DEFECTS
from harness.defects.secrecy import SECRECY_DEFECTS
from harness.defects.service import SERVICE_DEFECTS
from harness.defects.told import TOLD_DEFECTS
from harness.defects.visit import VISIT_DEFECTS
from harness.defects.waiting import WAITING_DEFECTS

DEFECTS: tuple[Defect, ...] = (
    *CARD_DEFECTS,
    *CASH_DEFECTS,
    *REVERSAL_DEFECTS,
    *LINK_DEFECTS,
    *ANSWER_DEFECTS,
    *LINK_KEEPING_DEFECTS,
    *SECRECY_DEFECTS,
    *VISIT_DEFECTS,
    *CONTENT_DEFECTS,
    *SERVICE_DEFECTS,
    *TOLD_DEFECTS,
    *ACCOUNT_DEFECTS,
    *OUTGOING_DEFECTS,
    *DURABILITY_DEFECTS,
    *WAITING_DEFECTS,
    *JAM_DEFECTS,
    *COMMAND_DEFECTS,
    *HOST_DEFECTS,
    *HOST_CONDUCT_DEFECTS,
    *HOST_DECISION_DEFECTS,
    *BOOKING_DEFECTS,
    *HOST_MEMORY_DEFECTS,
    *HOST_REFUSAL_DEFECTS,
)
