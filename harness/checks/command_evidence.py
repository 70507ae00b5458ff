"""What passed between one terminal and the broker of the run: commands and responses.

Both are recorded by the broker. What the terminal is to do with a command follows from what was
handed over: whom it names, until when it counts, and what the terminal's clock showed then.
"""

from __future__ import annotations

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.operating_time import Moment, OperatingTime

KEPT = 1_000  # commands of one terminal
FINAL = ("succeeded", "failed", "rejected", "expired")
REFUSALS = ("rejected", "expired")
ORDERS = {
    "return_card_and_stop": "stop",
    "out_of_service": "stop",
    "restart": "stop",
    "in_service": "resume",
}
"""By verb, the order that the terminal's logic gets."""


class HandedOver:
    """A command that the terminal was given. `refused_for` is why it must not be obeyed, '' where
    it must. `unclear`: it came once more in another way, so that nobody can say which of both an
    answer is about. `status` is what was answered last.
    """

    __slots__ = ("id", "refused_for", "since", "status", "unclear", "verb")

    def __init__(self, event: e.CommandHandedOver, since: Moment) -> None:
        self.id = event.command
        self.verb = event.verb
        self.since = since
        self.refused_for = refusal(event)
        self.unclear = False
        self.status = ""

    @property
    def open(self) -> bool:
        """Is it still to be carried out, as far as anybody outside knows?"""
        return self.unclear or (not self.refused_for and self.status not in FINAL)

    @property
    def must_be_obeyed(self) -> bool:
        return not self.refused_for and not self.unclear

    @property
    def must_be_refused(self) -> bool:
        return bool(self.refused_for) and not self.unclear


def refusal(event: e.CommandHandedOver) -> str:
    """Why a command must be refused; '' if it must not."""
    if event.target != event.addressed:
        return f"meant for {event.target}"
    if event.clock >= event.expires_at:
        return "expired"
    return ""


class CommandEvidence:
    """`known` are the commands that the terminal was given, by id, `latest` the one that came last,
    and `came_again` whether that had come before. `answered` is the one that the latest response is
    about; None if it was never handed over.
    """

    __slots__ = ("_time", "answered", "came_again", "handed_at", "known", "latest")

    def __init__(self, time: OperatingTime) -> None:
        self._time = time
        self.known: dict[str, HandedOver] = {}
        self.latest: HandedOver | None = None
        self.came_again = False
        self.handed_at = float("-inf")
        self.answered: HandedOver | None = None

    def on_CommandHandedOver(self, at: float, event: e.CommandHandedOver) -> None:
        known = self.known.get(event.command)
        self.handed_at = at
        self.came_again = known is not None
        if known is None:
            self.latest = self.known[event.command] = HandedOver(event, self._time.moment(at))
            keep_latest(self.known, KEPT)
            return
        self.latest = known
        late_only = not known.refused_for and event.target == event.addressed  # known already
        if refusal(event) != known.refused_for and not late_only:
            known.unclear = True

    def on_ResponseTaken(self, _at: float, event: e.ResponseTaken) -> None:
        command = self.answered = self.known.get(event.command)
        if command is not None:
            command.status = event.status
