"""The first mistakes of whoever connects a machine of their own: each named once, as it happens.

A listener of the journal of a standalone host or of standalone terminals. It looks for what nearly
always means a wrong setting: frames that cannot be read, MACs that are missing or wrong, no
sign-on, no connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import events as e

_MAC_FIELDS = ("64", "128")
_KEPT = 8


class SetupHints:
    """Subscribe `see` to a journal; `say` gets each line, at most eight in all."""

    def __init__(self, mode: str, say: Callable[[str], None]) -> None:
        """`mode` is which end is ours: 'host' or 'terminals'."""
        self._say = say
        self._at_terminals = mode == "terminals"
        self._said: dict[str, None] = {}
        self._signing: dict[str, bool] = {}  # terminals whose sign-on is out: was anything heard?
        self._signed_on: dict[str, None] = {}
        self._connected = False
        self._handlers: dict[type[e.Event], Callable[[str, Any], None]] = {
            e.FrameSeen: self._frame,
            e.RequestDecided: self._decided,
            e.LinkClosed: self._closed,
            e.LinkOpened: self._opened,
            e.ConnectFailed: self._failed,
        }

    def see(self, _at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(actor, event)

    def _once(self, kind: str, text: str) -> None:
        if kind not in self._said and len(self._said) < _KEPT:
            self._said[kind] = None
            self._say(text)

    # --- frames -----------------------------------------------------------------------------

    def _frame(self, actor: str, event: e.FrameSeen) -> None:
        if event.end != "terminal":
            return
        if event.problem:
            who = "terminal" if event.to == "host" else "host"
            self._once("reads", f"what the {who} sent does not read: {event.problem}")
            return
        self._mac(actor, event)
        mti = event.fields.get("t", "")
        if mti == "0800" and event.fields.get("70") == "001":
            self._signing[actor] = False
        elif event.to == "terminal":
            self._answer(actor, mti, event.fields.get("39", ""))

    def _mac(self, actor: str, event: e.FrameSeen) -> None:
        has_mac = not event.fields.keys().isdisjoint(_MAC_FIELDS)
        whose = f"{actor}'s" if event.to == "host" else "the host's"
        what = f"{whose} {event.fields.get('t', '')}"
        if event.mac == "bad" and has_mac:
            self._once("mac", f"the MAC of {what} is wrong: another key? (--keys FILE)")
        elif event.mac == "bad":
            self._once("mac", f"{what} has no MAC (DE 64 or 128): --mac none if none is meant")
        elif event.mac == "none" and has_mac:
            self._once("mac", f"{what} has a MAC that nobody checks: --mac cmac checks it")

    def _answer(self, actor: str, mti: str, code: str) -> None:
        if actor not in self._signing:
            return
        self._signing[actor] = True
        if mti == "0810" and code == "00":
            self._signed_on[actor] = None
        elif mti == "0810" and actor not in self._signed_on:
            self._once("refused", f"the host refused {actor}'s sign-on with DE 39 = {code}")

    # --- the conversation -----------------------------------------------------------------------

    def _decided(self, _actor: str, event: e.RequestDecided) -> None:
        if event.why == "not signed on":
            self._once(
                "sign-on",
                f"{event.terminal} sends requests and has never signed on (0800, DE 70 001), so "
                "they are refused: --no-sign-on lets them through",
            )

    def _closed(self, actor: str, event: e.LinkClosed) -> None:
        heard = self._signing.pop(actor, True)
        if not self._at_terminals or heard or actor in self._signed_on:
            return
        if event.how == "local":
            self._once(
                "unanswered",
                f"the host does not answer {actor}'s sign-on (0800, DE 70 001): other --framing, "
                "--spec or --mac? a host that knows no sign-on wants --no-sign-on",
            )
        elif event.how in ("fin", "rst"):
            self._once(
                "hangs up",
                f"the host hung up on {actor}'s sign-on: other --framing, --spec or --mac?",
            )

    def _opened(self, _actor: str, _event: e.LinkOpened) -> None:
        self._connected = True

    def _failed(self, actor: str, event: e.ConnectFailed) -> None:
        """Where nobody was ever connected, that ends the run and is told with its end."""
        if self._connected:
            self._once("connect", f"{actor} cannot connect: {event.how}")
