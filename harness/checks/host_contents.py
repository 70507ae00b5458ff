"""What a host of ours says in its answers is true (M1.answer, M2.approval).

An answer is made a second time: by the dialect, from the request as it came to the host, and from
the ledger. H8 to H11 judge the business day, the type, the code, what is echoed and whether a
repeat gets the same answer; here is judged what else stands in an answer. Networks differ in that,
and so the ledger has to be in sight: the host is then ours.
"""

from __future__ import annotations

from harness.bounded import keep_latest
from harness.checks.evidence import TerminalEvidence
from harness.checks.exchanges import Answer, Exchange
from harness.checks.host_conduct import HostCheck
from harness.checks.transaction_evidence import APPROVING
from harness.wire.codec import PRIVATE
from harness.wire.describe import mask_fields
from harness.wire.echo import wrong_beside, wrong_echo
from harness.wire.message import REQUESTS, Message, Outcome
from harness.wire.particulars import balance_of

_CODES_KEPT = 100_000
_NEVER_JUDGED = frozenset(("h", "t", "p", "1", "64", "128"))


class AnswerSaysTrue(HostCheck):
    """M1.answer. An answer has what belongs there and nothing else: a listed response code (DE 39),
    an approval code (DE 38) if it approves, and a balance (DE 54) if one was asked for: that of the
    account, with its sign.
    """

    id = "M1.answer"
    needs = (*HostCheck.needs, "ledger")

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        asked, message = exchange.request, answer.message
        configuration = terminal.configuration
        if asked is None or configuration is None or exchange.answers != 1:
            return
        self.tried += 1
        right = _right(terminal, asked, message)
        skipped = {*wrong_echo(message, exchange.asked), *wrong_beside(message, exchange.asked)}
        for what in [
            *_differences(message, right, skipped, standard=configuration.standard),
            *_wrong_balance(terminal, asked, message),
            *_unlisted(exchange, message),
        ]:
            self.fail(terminal, at, f"{message.mti} to {exchange.what}: {what}", of=exchange)


def _right(terminal: TerminalEvidence, asked: Message, said: Message) -> Message:
    """The answer made anew. What another function below judges is taken over."""
    approves = said.outcome in APPROVING and asked.kind in REQUESTS
    wants_balance = approves and not asked.is_withdrawal
    return terminal.dialect.answer(
        asked,
        said.code,
        amount=said.amount if said.outcome is Outcome.PARTIAL else None,
        approval=(said.text("approval").strip() or "000000") if approves else "",
        balance=(balance_of(said.fields) or 0) if wants_balance else None,
        day=said.day,
    )


def _differences(said: Message, right: Message, skipped: set[str], *, standard: bool) -> list[str]:
    found = []
    for name, text in right.fields.items():
        have = said.fields.get(name)
        if name in skipped or name in _NEVER_JUDGED or have == text:
            continue
        if have is None:
            if standard:
                found.append(f"lacks DE {name}")
        elif standard or len(have) == len(text):
            less = [mask_fields({name: x}).get(name, "") or "empty" for x in (have, text)]
            found.append(f"DE {name} is {less[0]} instead of {less[1]}")
    extra = said.fields.keys() - right.fields.keys() - skipped - _NEVER_JUDGED - PRIVATE
    return found + [
        f"has DE {name}, which does not belong there" for name in sorted(extra, key=int)
    ]


def _unlisted(exchange: Exchange, said: Message) -> list[str]:
    """A terminal can only reverse what is answered with a code that is on no list. A fault inside
    the host may have ordered one; of a reversal it is H12's business.
    """
    if exchange.reversal or exchange.struck or said.outcome is not Outcome.UNKNOWN:
        return []
    return [f"DE {said.element('code')} {said.code or 'is missing'} is on no list"]


def _wrong_balance(terminal: TerminalEvidence, asked: Message, said: Message) -> list[str]:
    """The balance that is told is the one that the ledger had: it is read for each inquiry, and an
    answer that was lost is not the first one.
    """
    known = terminal.ledger.balance_read
    balance = balance_of(said.fields)
    if balance is None:
        return []
    if known is None or (known.stan, known.sent) != (asked.stan, asked.sent):
        return ["tells a balance that was not read for this request"]
    if balance == known.balance:
        return []
    told, right = balance / 100, known.balance / 100
    return [f"tells a balance of {told:.2f}, and the ledger has {right:.2f}"]


class ApprovalCodeOnce(HostCheck):
    """M2.approval. An approval code (DE 38) is that of one transaction."""

    id = "M2.approval"
    needs = (*HostCheck.needs, "ledger")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._whose: dict[str, tuple[str, str, str]] = {}

    def answers(
        self, terminal: TerminalEvidence, at: float, exchange: Exchange, answer: Answer
    ) -> None:
        message = answer.message
        code = message.text("approval")
        if exchange.reversal or not code.strip() or message.outcome not in APPROVING:
            return
        self.tried += 1
        own = (terminal.name, exchange.stan, exchange.sent)
        whose = self._whose.setdefault(code, own)
        keep_latest(self._whose, _CODES_KEPT)
        if whose != own:
            name, stan, _ = whose
            what = f"{exchange.what} has the approval code {code} of STAN {stan} of {name}"
            self.fail(terminal, at, what, of=exchange)
