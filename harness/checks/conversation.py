"""Why a run proves nothing: the most probable reason, from what the two machines said.

Most of such runs are a first meeting of two machines that do not understand each other yet. The
possible reasons follow each other as the conversation does: no connection, silence, frames that do
not read, a wrong MAC, no sign-on, no request, no answer, answers that fit no request, declines. The
first that applies is the reason, as whatever comes later could not work without it. Once cash was
presented (or, where no device is seen, a request was approved) the conversation works, and this
module has nothing to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from harness import events as e
from harness.wire.dialects.base import Dialect
from harness.wire.message import MAC_ELEMENTS, NETWORK_KINDS, REQUESTS, Kind, Message, Station

ENOUGH = 3  # so many of a kind make it plain that the next will not fare better
_KINDS_KEPT = 50  # different problems or codes that are counted apart: a peer may be hostile
_OTHERS = "others"
_NOT_TO_REQUESTS = (Kind.NETWORK_ANSWER, Kind.REVERSAL_ANSWER)  # they answer something else

_AT_TERMINALS = {
    "pin_again": "another PIN key (--keys FILE), or other cards (--cards FILE)?",
    "unknown_card": "--cards FILE names cards that the host knows",
    "security": "another key (--keys FILE)?",
}
_AT_HOST = {
    "pin_again": "another PIN key (--keys FILE), or other PINs (--cards FILE)?",
    "unknown_card": "--cards FILE says which cards there are",
    "security": "another key (--keys FILE)?",
    "format_error": "-v shows what each message carries",
}


class Trouble(NamedTuple):
    """`kind` in a word, the sentence that tells it, and whether so much was seen that the rest of
    the run will hardly be better.
    """

    kind: str
    words: str
    is_plain: bool = True


class Conversation:
    """Reads the entries of a journal; `trouble` says what is wrong, if anything is."""

    def __init__(self, mode: str, dialect: Dialect) -> None:
        """`mode` is the header's: at 'host' the peer is somebody else's terminals, at 'terminals'
        somebody else's host.
        """
        self.works = False
        self._at_host = mode == "host"
        self._peer_sends_to = "host" if self._at_host else "terminal"
        self._dialect = dialect
        self._connections = 0
        self._refused_connections: Counter[str] = Counter()
        self._hung_up = 0  # by the peer, before anything of it was read
        self._hung_up_later = 0
        self._sent = 0  # by us
        self._heard = 0  # from the peer, and read
        self._unread: Counter[str] = Counter()  # from the peer, by problem
        self._bad_macs = 0
        self._without_mac = 0
        self._sign_ons = 0
        self._signed_on = 0
        self._refusals: Counter[str] = Counter()  # of sign-ons, by code
        self._customers = 0
        self._requests = 0
        self._not_signed_on = 0
        self._given_up = 0
        self._late = 0
        self._misfits: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()  # of the answers to requests
        self._signing: dict[str, None] = {}
        self._handlers: dict[type[e.Event], Callable[[str, Any], None]] = {
            e.LinkOpened: self._opened,
            e.LinkClosed: self._closed,
            e.ConnectFailed: self._failed,
            e.FrameSeen: self._frame,
            e.IncompleteFrame: self._incomplete,
            e.RequestDecided: self._decided,
            e.CustomerArrived: self._arrived,
            e.Aborted: self._aborted,
            e.LateApproval: self._came_late,
            e.LateAnswer: self._came_late,
            e.StrayMessage: self._stray,
            e.DamagedMessage: self._damaged,
            e.NotesPresented: self._presented,
        }

    def see(self, _at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(actor, event)

    def trouble(self) -> Trouble | None:
        """The most probable reason why this conversation leads to nothing; None if it works."""
        if self.works:
            return None
        steps = (
            self._no_connection,
            self._nothing_read,
            self._wrong_mac,
            self._no_sign_on,
            self._no_request,
            self._no_answer,
            self._no_approval,
            self._no_cash,
        )
        return next((found for step in steps if (found := step()) is not None), None)

    # --- what is seen ----------------------------------------------------------------------------

    def _opened(self, actor: str, _event: e.LinkOpened) -> None:
        self._connections += self._at_host is (actor == e.HOST)

    def _closed(self, actor: str, event: e.LinkClosed) -> None:
        self._signing.pop(actor, None)
        if event.how in ("fin", "rst"):
            self._hung_up += not self._heard
            self._hung_up_later += bool(self._heard)

    def _failed(self, _actor: str, event: e.ConnectFailed) -> None:
        _count(self._refused_connections, event.how)

    def _frame(self, actor: str, event: e.FrameSeen) -> None:
        if event.end != "terminal":
            return
        if event.to != self._peer_sends_to:
            self._sent += not event.problem
        elif event.problem:
            _count(self._unread, event.problem)
            return
        message = self._dialect.read(event.fields)
        if event.to == self._peer_sends_to:
            self._heard += 1
            if event.mac == "bad":
                self._bad_macs += 1
                self._without_mac += not message.mac_element
                return
        self._message(actor, message, event.to)

    def _incomplete(self, _actor: str, event: e.IncompleteFrame) -> None:
        if event.to == self._peer_sends_to:
            hint = f"; {event.hint}" if event.hint else ""
            _count(self._unread, f"{event.size:,} bytes are no whole frame{hint}")

    def _message(self, actor: str, message: Message, to: e.End) -> None:
        kind = message.kind
        if kind in REQUESTS:
            self._requests += 1
        elif kind is Kind.ANSWER:
            _count(self._codes, message.code)
        elif kind in NETWORK_KINDS and (kind is Kind.NETWORK) is not (to == "host"):
            return  # the host asks the terminal
        elif kind is Kind.NETWORK and message.function == "sign_on":
            self._sign_ons += 1
            self._signing[actor] = None
        elif kind is Kind.NETWORK_ANSWER and actor in self._signing:
            del self._signing[actor]
            if message.network_accepted:
                self._signed_on += 1
            else:
                _count(self._refusals, message.code)

    def _decided(self, _actor: str, event: e.RequestDecided) -> None:
        self._not_signed_on += event.why == "not signed on"
        if self._at_host and event.code == self._dialect.codes["approved"]:
            self.works = True

    def _arrived(self, _actor: str, _event: e.CustomerArrived) -> None:
        self._customers += 1

    def _aborted(self, _actor: str, _event: e.Aborted) -> None:
        self._given_up += 1

    def _came_late(self, _actor: str, _event: e.Event) -> None:
        self._late += 1

    def _stray(self, _actor: str, event: e.StrayMessage) -> None:
        if self._dialect.message.KINDS.get(event.mti) in _NOT_TO_REQUESTS:
            return
        _count(self._misfits, f"{event.mti or 'a message'} that nothing was asked for with")

    def _damaged(self, _actor: str, event: e.DamagedMessage) -> None:
        _count(self._misfits, event.why)

    def _presented(self, _actor: str, _event: e.NotesPresented) -> None:
        self.works = True

    # --- what is wrong ---------------------------------------------------------------------------

    @property
    def _peer(self) -> str:
        return "the terminals" if self._at_host else "the host"

    def _no_connection(self) -> Trouble | None:
        if self._connections or self._heard or self._unread:
            return None
        if self._refused_connections:
            how, _ = _commonest(self._refused_connections)
            times = _times(sum(self._refused_connections.values()))
            return Trouble("connect", f"no connection could be made, {times} tried: {how}")
        nobody = "nobody connected" if self._at_host else "no terminal was connected to the host"
        return Trouble("nobody", nobody)

    def _nothing_read(self) -> Trouble | None:
        """Nothing of the peer's could be read: it was silent, or spoke another language."""
        if self._heard:
            return None
        if self._unread:
            count = sum(self._unread.values())
            problem, _ = _commonest(self._unread)
            if self._at_host or self._requests:
                came = f"{_counted(count, 'message' if self._at_host else 'answer')} came"
            else:
                came = f"{_counted(count, 'sign-on')} {_were(count)} answered"
            none = "none of the answers" if came.endswith("answered") else "none"
            return Trouble("reads", f"{came}, and {none} could be read: {problem}")
        if self._hung_up:
            asked = "hung up" if self._at_host else "hung up on what the terminals sent"
            text = f"{self._peer} {asked}, {_times(self._hung_up)}, and said nothing that reads"
            remedy = "other --framing, --spec or --mac?"
            return Trouble("hangs up", f"{text}: {remedy}", self._hung_up >= ENOUGH)
        if self._at_host:
            count = self._connections
            text = f"{_counted(count, 'connection')} {_were(count)} opened, and nothing was sent"
            return Trouble("silent", text)
        return self._no_sign_on_answered()

    def _no_sign_on_answered(self) -> Trouble | None:
        """None where the host was asked nothing, or is only asked for money."""
        if not self._sign_ons:
            return None
        count = self._sign_ons
        text = f"{_counted(count, 'sign-on')} {_were(count)} sent, and the host answered none"
        remedy = "other --framing, --spec or --mac? a host that knows none wants --no-sign-on"
        known = network_message(self._dialect, "sign_on")
        words = f"{text} ({known}): {remedy}"
        return Trouble("unanswered", words, is_plain=False)

    def _wrong_mac(self) -> Trouble | None:
        if not self._bad_macs or self._bad_macs < self._heard:
            return None
        count = self._bad_macs
        if self._without_mac == count:
            where = " or ".join(MAC_ELEMENTS)
            what = f"has a MAC (DE {where}): --mac none if none is meant"
        else:
            what = "has a right MAC: another key (--keys FILE), or another --mac?"
        return Trouble("mac", f"{_messages(count)} came from {self._peer}, and none {what}")

    def _no_sign_on(self) -> Trouble | None:
        if self._not_signed_on and self._not_signed_on >= self._requests:
            count = self._not_signed_on
            text = f"{_counted(count, 'request')} came without a sign-on before it"
            known = network_message(self._dialect, "sign_on")
            return Trouble("sign-on", f"{text} ({known}): --no-sign-on lets them through")
        if self._at_host or self._signed_on:
            return None
        if not self._refusals:
            return self._no_sign_on_answered()
        code, _ = _commonest(self._refusals)
        count = sum(self._refusals.values())
        text = f"the host refused {_counted(count, 'sign-on')}, and accepted none"
        return Trouble("refused", f"{text}: {self._in_code(code)}")

    def _no_request(self) -> Trouble | None:
        if self._requests:
            return None
        if self._at_host:
            came = f"{_messages(self._heard)} came, and no request for money among them"
            return Trouble("no request", came, is_plain=False)
        who = f"{_counted(self._customers, 'customer')} came" if self._customers else "nobody came"
        if self._hung_up_later >= ENOUGH:
            who = f"{self._peer} hung up, {_times(self._hung_up_later)}; {who}"
        return Trouble("no request", f"{who}, and no request was sent", is_plain=False)

    def _no_answer(self) -> Trouble | None:
        if self._codes:
            return None
        if self._misfits:
            return self._no_fit()
        text = f"{_counted(self._requests, 'request')} {_were(self._requests)} sent, and none"
        return Trouble("no answer", f"{text} was answered", self._given_up >= ENOUGH)

    def _no_fit(self) -> Trouble:
        why, count = _commonest(self._misfits)
        of = sum(self._misfits.values())
        text = f"{_counted(of, 'answer')} came, and none fits its request"
        most = "" if count == of else f", most often ({_times(count)})"
        return Trouble("no fit", f"{text}{most}: {why}", of >= ENOUGH)

    def _no_approval(self) -> Trouble | None:
        good = {self._dialect.codes["approved"], self._dialect.codes.get("partial", "")}
        if any(code in good for code in self._codes):
            return None
        code, count = _commonest(self._codes)
        of = sum(self._codes.values())
        text = f"{_counted(of, 'request')} {_were(of)} answered, and none was approved"
        often = f"most often {_times(count)} " if count < of else ""
        remedies = _AT_HOST if self._at_host else _AT_TERMINALS
        remedy = remedies.get(self._name_of(code), "")
        words = f"{text}: {often}{self._in_code(code)}" + (f"; {remedy}" if remedy else "")
        return Trouble("declined", words, of >= ENOUGH)

    def _no_cash(self) -> Trouble | None:
        if self._at_host:
            return None
        if self._misfits:
            return self._no_fit()
        if self._late:
            text = f"{_counted(self._late, 'answer')} came too late, and no cash was dispensed"
            return Trouble("late", f"{text}: a longer --host-response?", self._late >= ENOUGH)
        part = self._dialect.codes.get("partial", "")
        if self._codes[part]:
            text = f"{_counted(self._codes[part], 'request')} {_were(self._codes[part])} approved"
            text = f"{text} in part ({self._in_code(part)}), which the terminals do not pay out"
            return Trouble("in part", text, self._codes[part] >= ENOUGH)
        return Trouble(
            "no cash", "requests were approved, and no cash was dispensed", is_plain=False
        )

    def _in_code(self, code: str) -> str:
        """'DE 39 = 55 (pin again)'."""
        element = f"DE {self._dialect.message.ELEMENTS['code']}"
        if not code:
            return f"no {element}"
        name = self._name_of(code).replace("_", " ")
        shown = code if code.strip() else f"'{code}'"
        return f"{element} = {shown}" + (f" ({name})" if name else "")

    def _name_of(self, code: str) -> str:
        return next((name for name, known in self._dialect.codes.items() if known == code), "")


def network_message(dialect: Dialect, function: str) -> str:
    """How a sign-on ('sign_on') or an echo ('echo') is known: '0800, DE 70 001'."""
    message = dialect.network(Station("", "", ""), function, stan="", sent="")
    return f"{message.mti}, DE {message.element('function')} {message.text('function')}"


def _count(counter: Counter[str], what: str) -> None:
    if what in counter or len(counter) < _KINDS_KEPT:
        counter[what] += 1
    else:
        counter[_OTHERS] += 1


def _commonest(counter: Counter[str]) -> tuple[str, int]:
    """What was counted most often; of those that were counted apart, if there are any."""
    apart = ((what, count) for what, count in counter.most_common() if what != _OTHERS)
    return next(apart, (_OTHERS, counter[_OTHERS]))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _messages(count: int) -> str:
    return _counted(count, "message")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"
