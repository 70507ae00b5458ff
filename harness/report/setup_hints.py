"""The usual first mistakes of a person who connects a machine of their own, each named once.

`SetupHints` reads the journal of `harness host` or `harness terminals` while it grows. It looks for
what nearly always means a wrong setting: frames that do not read, MACs that are missing or wrong,
mandatory elements that are missing, no sign-on, a peer that cannot be reached. As soon as it is
plain that the conversation as a whole leads to nothing (nobody connects, every request is declined
or unanswered), it says so as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness import events as e
from harness.checks.conversation import Conversation, network_message
from harness.report.event_text import incomplete_text
from harness.shown import shown
from harness.wire.dialects.base import Dialect
from harness.wire.message import MAC_ELEMENTS, REQUESTS, REVERSALS, Kind, Message

_MOST = 8  # lines in a run
_NOBODY = 10.0  # seconds of the clock after which it is said that nobody comes
_TOLD_APART = ("nobody", "silent")  # by `waited`, and by the watch over each connection
_TURNS = (e.FrameSeen, e.Aborted, e.LateApproval, e.LateAnswer, e.StrayMessage, e.DamagedMessage)
"""After these it may be plain that a conversation leads to nothing."""


class SetupHints:
    """Subscribe `see` to a journal; `say` gets each line, at most eight in all."""

    def __init__(self, mode: str, dialect: Dialect, say: Callable[[str], None]) -> None:
        """`mode` is which end is ours: 'host' or 'terminals'. The peer is the other."""
        self._say = say
        self._at_terminals = mode == "terminals"
        self._read = dialect.read
        self._sign_on = network_message(dialect, "sign_on")
        self._echo = network_message(dialect, "echo")
        self._said: dict[str, None] = {}
        self._complete: dict[str, None] = {}  # MTIs of the peer whose first message was looked at
        self._signing: dict[str, bool] = {}  # terminals whose sign-on is out: was anything heard?
        self._signed_on: dict[str, None] = {}
        self._echoing: dict[str, None] = {}  # terminals whose echo is out
        self._echoed = False  # has the host ever answered an echo?
        self._asked: dict[str, str] = {}  # terminal to the MTI of what waits for an answer
        self._faults = False  # of ours: then it is not plain who hung up
        self._connected = False
        self._conversation = Conversation(mode, dialect)
        self._handlers: dict[type[e.Event], Callable[[str, Any], None]] = {
            e.FrameSeen: self._frame,
            e.IncompleteFrame: self._incomplete,
            e.KeepAlivesSeen: self._kept_alive,
            e.NothingReceived: self._silent,
            e.RequestDecided: self._decided,
            e.LinkClosed: self._closed,
            e.LinkOpened: self._opened,
            e.ConnectFailed: self._failed,
            e.FaultBegan: self._fault,
            e.FaultActed: self._fault,
        }

    def see(self, at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(actor, event)
        if not self._conversation.works:
            self._conversation.see(at, actor, event)
            if isinstance(event, _TURNS):
                self._tell_plain_trouble()

    def waited(self, seconds: float) -> None:
        """So long, in seconds of the clock, the run has lasted: nothing may have happened in it."""
        if seconds >= _NOBODY:
            trouble = self._conversation.trouble()
            if trouble is not None and trouble.kind == "nobody":
                self._once(trouble.kind, f"after {seconds:.0f} s: {trouble.words}")

    def _tell_plain_trouble(self) -> None:
        """What no line has said yet, and will hardly change."""
        trouble = self._conversation.trouble()
        if trouble is not None and trouble.is_plain and trouble.kind not in _TOLD_APART:
            self._once(trouble.kind, trouble.words)

    def _once(self, kind: str, text: str) -> None:
        if kind not in self._said and len(self._said) < _MOST:
            self._said[kind] = None
            self._say(shown(text))

    # --- frames -----------------------------------------------------------------------------

    def _frame(self, actor: str, event: e.FrameSeen) -> None:
        if event.problem:
            self._unread(event)
            return
        if event.end != "terminal":
            return
        message = self._read(event.fields)
        self._mac(actor, event, message)
        self._elements(actor, event, message)
        if message.kind is Kind.NETWORK and event.to == "host" and message.function == "sign_on":
            self._signing[actor] = False
        elif message.kind is Kind.NETWORK and event.to == "host" and message.function == "echo":
            self._echoing[actor] = None
        elif event.to == "terminal":
            self._answer(actor, message)
        elif message.kind in (*REQUESTS, *REVERSALS):
            self._asked[actor] = message.mti

    def _unread(self, event: e.FrameSeen) -> None:
        """What the peer itself has sent: what a fault of ours spoils is seen at our end only."""
        who = "host" if self._at_terminals else "terminal"
        if event.end == who and event.to != who:
            self._once("reads", f"what the {who} sent does not read: {event.problem}")

    def _mac(self, actor: str, event: e.FrameSeen, message: Message) -> None:
        has_mac = bool(message.mac_element)
        what = f"{_whose(actor, event)} {message.mti}"
        if event.mac == "bad" and has_mac:
            self._once("mac", f"the MAC of {what} is wrong: another key? (--keys FILE)")
        elif event.mac == "bad":
            where = " or ".join(MAC_ELEMENTS)
            self._once("mac", f"{what} has no MAC (DE {where}): --mac none if none is meant")
        elif event.mac == "none" and has_mac:
            self._once("mac", f"{what} has a MAC that nobody checks: --mac cmac checks it")

    def _elements(self, actor: str, event: e.FrameSeen, message: Message) -> None:
        """Does the peer's first message of each type carry what its kind must carry?"""
        if (event.to == "terminal") is not self._at_terminals or event.mac == "bad":
            return
        if message.mti in self._complete:
            return
        self._complete[message.mti] = None
        missing = message.missing()
        if missing:
            whose = "the host" if self._at_terminals else actor
            lacks = _listed([f"DE {element}" for element in missing])
            self._once(f"lacks {message.mti}", f"the first {message.mti} of {whose} lacks {lacks}")

    def _answer(self, actor: str, message: Message) -> None:
        if message.kind in (Kind.ANSWER, Kind.REVERSAL_ANSWER):
            self._asked.pop(actor, None)
        elif message.kind is Kind.NETWORK_ANSWER and self._echoing.pop(actor, True) is None:
            self._echoed = True
        if actor not in self._signing:
            return
        self._signing[actor] = True
        if message.kind is not Kind.NETWORK_ANSWER:
            return
        if message.network_accepted:
            self._signed_on[actor] = None
            return
        element = f"DE {message.element('code')}"
        code = f"{element} = {message.code}" if message.code else f"no {element}"
        if actor not in self._signed_on:
            self._once("refused", f"the host refused {actor}'s sign-on with {code}")
        elif self._at_terminals and message.code:
            what = message.function.replace("_", "-") or "echo or sign-on"
            self._once("refused later", f"the host refused {actor}'s {what} with {code}")

    # --- the stream -------------------------------------------------------------------------

    def _incomplete(self, _actor: str, event: e.IncompleteFrame) -> None:
        who = "terminal" if event.to == "host" else "host"
        lengths = f"; its header means {event.lengths}" if event.lengths else ""
        hint = f"; {event.hint}" if event.hint else ""
        text = f"of what the {who} sent, {incomplete_text(event)}{lengths}{hint}"
        self._once(f"incomplete {event.hint}", text)

    def _kept_alive(self, _actor: str, event: e.KeepAlivesSeen) -> None:
        if event.hint:
            who = "terminal" if event.to == "host" else "host"
            self._once(
                "keep-alive",
                f"the {who}'s first message came behind an empty frame: is that a keep-alive, or "
                f"has the length more bytes? {event.hint}",
            )

    def _silent(self, _actor: str, event: e.NothingReceived) -> None:
        self._once(
            "silent",
            f"somebody is connected and has sent nothing for {event.seconds:.0f} s: a terminal "
            f"signs on first ({self._sign_on}), or sends its requests with --no-sign-on",
        )

    # --- the conversation -----------------------------------------------------------------------

    def _decided(self, _actor: str, event: e.RequestDecided) -> None:
        if event.why == "not signed on":
            self._once(
                "sign-on",
                f"{event.terminal} sends requests on a connection that is not signed on "
                f"({self._sign_on}), so they are refused: --no-sign-on lets them through",
            )

    def _closed(self, actor: str, event: e.LinkClosed) -> None:
        heard = self._signing.pop(actor, True)
        echoing = actor in self._echoing
        self._echoing.pop(actor, None)
        asked = self._asked.pop(actor, "")
        hung_up = event.how in ("fin", "rst") and not self._faults
        if asked and hung_up and self._at_terminals:
            what = f"the host hung up on {actor}'s {asked}, and had not answered it"
            self._once("hangs up on a request", what)
        if self._at_terminals and echoing and event.how == "local" and not self._echoed:
            self._once(
                "echo",
                f"the host does not answer {actor}'s echoes ({self._echo}): a host that knows "
                "none wants --no-echo",
            )
        if not self._at_terminals or heard or actor in self._signed_on:
            return
        if event.how == "local":
            self._once(
                "unanswered",
                f"the host does not answer {actor}'s sign-on ({self._sign_on}): other --framing, "
                "--spec or --mac? a host that knows no sign-on wants --no-sign-on",
            )
        elif event.how in ("fin", "rst"):
            self._once(
                "hangs up",
                f"the host hung up on {actor}'s sign-on: other --framing, --spec or --mac?",
            )

    def _fault(self, _actor: str, _event: e.Event) -> None:
        self._faults = True

    def _opened(self, _actor: str, _event: e.LinkOpened) -> None:
        self._connected = True

    def _failed(self, actor: str, event: e.ConnectFailed) -> None:
        """Where nobody was ever connected, that ends the run and is told with its end."""
        if self._connected:
            self._once("connect", f"{actor} cannot connect: {event.how}")


def _whose(actor: str, event: e.FrameSeen) -> str:
    return f"{actor}'s" if event.to == "host" else "the host's"


def _listed(parts: Sequence[str]) -> str:
    """'DE 7', 'DE 7 and DE 11', 'DE 4, DE 7 and DE 11'."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
