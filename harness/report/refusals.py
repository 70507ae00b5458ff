"""A line for each message that our machines refuse, ignore or doubt, while they run."""

from __future__ import annotations

from collections.abc import Callable

from harness import events as e
from harness.report.event_text import words
from harness.shown import shown
from harness.units import format_clock

_REASONS = 50  # that are told apart; a peer may think up as many as it likes
_EARLY = "a reversal names a request that is not decided here: nothing is given back"
_OF_A_REASON = 3  # lines; whoever sends one such message sends thousands


class RefusalLines:
    """Subscribe `see` to a journal; `say` gets the lines. Of each reason a few are told, and then
    that the rest is only counted; with `every` all of them.
    """

    def __init__(self, say: Callable[[str], None], *, every: bool = False) -> None:
        self._tell = say
        self._every = every
        self._told: dict[str, int] = {}

    def _say(self, text: str) -> None:
        self._tell(shown(text))  # a name or an MTI may be any text

    def see(self, at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        text = ""
        if isinstance(event, e.MessageRefused | e.DisagreementHeard):
            whose, kind = event.terminal or "a terminal without a name", event.why
        elif isinstance(event, e.TombstoneLaid):
            whose, kind, text = event.terminal, _EARLY, f"{_EARLY} (STAN {event.original})"
        elif isinstance(event, e.HostRequestRefused | e.HungUp):
            whose, kind = actor, event.why
        elif isinstance(event, e.ConnectionsRefused):
            whose, kind = actor, f"too many {event.what}"
        elif isinstance(event, e.MoreLikeIt) and event.what != "connection":
            whose, kind = actor, f"a flood ({event.what})"
        elif isinstance(event, e.DescriptorsRanOut):
            whose, kind = "the terminals", "too many descriptors"
        elif isinstance(event, e.JournalFull):
            whose, kind = "the run", "a full journal"
        else:
            return
        if kind not in self._told and len(self._told) >= _REASONS:
            kind = "another reason"
        told = self._told[kind] = self._told.get(kind, 0) + 1
        if self._every or told <= _OF_A_REASON:
            self._say(f"{format_clock(at)} {whose}: {text or words(event)}")
        if told == _OF_A_REASON and not self._every:
            self._say(f"further messages of this kind stand in the journal only: {kind}")
