# my_profiles.py
from harness.machines.inputs import Declined, State
from harness.machines.link_supervisor import LinkTimes
from harness.machines.profile import HostProfile, TerminalProfile, rewired

hurried = TerminalProfile(
    name="hurried",
    summary="gives a connection up that does not come about within 5 s instead of 10 s",
    settings={"link_times": LinkTimes(connect=5.0)},
)


def keeps_the_card(terminal, declined, now):
    """A wrong cell: after a decline the terminal goes on waiting."""


stubborn = TerminalProfile(
    name="stubborn",
    summary="does nothing when the host declines",
    machine=rewired({(State.WAITING_FOR_HOST, Declined): keeps_the_card}),
)


slow = HostProfile(
    name="slow",
    summary="takes 5 to 8 s for each answer",
    settings={"answer": (5.0, 8.0)},
)
