"""How people behave in front of a machine, and what is the matter with their cards.

`CustomerBehaviour` describes a population: how fast people are, and which share of them is slow,
cheats, or brings a card that the reader cannot read. `Manner` is what is unusual about one visit.
It comes from those shares, from the fault rules of the run, or from both.
"""

from __future__ import annotations

import msgspec

from harness.cardholders import Card
from harness.keyed_random import Draw

_MANNERS = 0x6D616E6E65727321  # apart from the stream of what the customer is going to do
_EXPIRED = "2001"  # YYMM, before any epoch of a run


class CustomerBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """How people behave (docs/domain.md, "Scenarios"). Times are seconds, shares are
    from 0 to 1, and amounts are in minor units.

    - `mean_gap`: the mean time between two arrivals at one terminal. With 0 the next customer comes
      as soon as the last one has gone, until there are no more cards.
    - `queues`: the moments of arrival are fixed beforehand, whatever the machine does, and a
      customer who finds it busy waits.
    - `customers`: after so many customers whose card was inserted nobody comes any more; 0 is
      without end.
    - `balance_share`: the share of balance enquiries; the others withdraw cash.
    - `wrong_pin`, `cancel`, `forget_card`, `forget_cash`: probabilities, the first for each try.
    - `key`, `take`: the least and the most time before a key is pressed, and before card or cash is
      taken.
    - `amounts`: what people withdraw, each as probable as the others.
    - `unreadable`, `worn`, `expired`, `hotlisted`: shares of cards that the reader cannot read,
      that it reads 3 to 14 s later than others, that have expired, and that the bank has put on
      the terminal's hotlist.
    - `forget_pin`: the share of those who type a wrong PIN two to four times.
    - `slow`: the share of those who need 5 to 40 s longer for each key.
    - `hurried`: the share of those who type before they are asked.
    - `walk_off`: the share of those who go away while they are asked for the PIN or for the amount.
    - `hold_card`: the share of those who leave the card at the slot, and hold it for 1 to 20 s when
      the machine wants to draw it in.
    - `take_part`: the share of those who take only a part of their notes.
    """

    mean_gap: float = 240.0
    queues: bool = False
    customers: int = 0
    balance_share: float = 0.10
    wrong_pin: float = 0.03
    cancel: float = 0.01
    forget_card: float = 0.005
    forget_cash: float = 0.003
    key: tuple[float, float] = (1.0, 3.0)
    take: tuple[float, float] = (2.0, 5.0)
    amounts: tuple[int, ...] = (2000, 4000, 5000, 6000, 8000, 10000, 15000, 20000, 30000, 50000)
    unreadable: float = 0.0
    worn: float = 0.0
    expired: float = 0.0
    hotlisted: float = 0.0
    forget_pin: float = 0.0
    slow: float = 0.0
    hurried: float = 0.0
    walk_off: float = 0.0
    hold_card: float = 0.0
    take_part: float = 0.0


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """What is unusual about one visit. The values say that nothing is.

    - `unreadable`: the reader cannot read the card.
    - `read_longer`: so many seconds longer than usual until the reader has read it.
    - `expired`: the card has expired.
    - `hotlisted`: the bank has put the card on the terminal's hotlist just before.
    - `wrong_pins`: so many of the customer's first entries are wrong.
    - `key_longer`: the customer needs so many seconds longer for each key.
    - `hurried`: the customer types before the machine asks.
    - `cancels`, `walks_off`: where the customer presses cancel, or goes away: 'pin' (while the PIN
      is asked for), 'again' (for the second time), 'select' or 'wait' (for the host); '' nowhere.
    - `holds_card`: the customer lets the card lie at the slot, and when the machine draws it in,
      holds it for so many seconds and pulls it out; 0: not.
    - `takes_part`: the customer takes a part of the notes and goes.
    """

    unreadable: bool = False
    read_longer: float = 0.0
    expired: bool = False
    hotlisted: bool = False
    wrong_pins: int = 0
    key_longer: float = 0.0
    hurried: bool = False
    cancels: str = ""
    walks_off: str = ""
    holds_card: float = 0.0
    takes_part: bool = False

    def card(self, card: Card) -> Card:
        """The card that this customer brings in place of `card`."""
        if not self.expired:
            return card
        track2 = card.track2.replace(f"={card.expiry}", f"={_EXPIRED}")
        return msgspec.structs.replace(card, expiry=_EXPIRED, track2=track2)


USUAL = Manner()


def has_manners(behaviour: CustomerBehaviour) -> bool:
    """Is anybody unusual in that population?"""
    return any(
        (
            *(behaviour.unreadable, behaviour.worn, behaviour.expired, behaviour.hotlisted),
            *(behaviour.forget_pin, behaviour.slow, behaviour.hurried, behaviour.walk_off),
            *(behaviour.hold_card, behaviour.take_part),
        )
    )


def manner_of(behaviour: CustomerBehaviour, key: int, customer: int) -> Manner:
    """The manner of the customer with that number, of that population. `key` is from `key_of`."""
    draw = Draw(key ^ _MANNERS, customer)
    unreadable, worn = draw.chance(behaviour.unreadable), draw.chance(behaviour.worn)
    expired, hotlisted = draw.chance(behaviour.expired), draw.chance(behaviour.hotlisted)
    forgets, slow = draw.chance(behaviour.forget_pin), draw.chance(behaviour.slow)
    hurried, leaves = draw.chance(behaviour.hurried), draw.chance(behaviour.walk_off)
    holds, part = draw.chance(behaviour.hold_card), draw.chance(behaviour.take_part)
    read, wrong, key_time = draw.uniform(3.0, 14.0), 2 + draw.below(3), draw.uniform(5.0, 40.0)
    where, held = ("pin", "select")[draw.below(2)], draw.uniform(1.0, 20.0)
    return Manner(
        unreadable=unreadable,
        read_longer=read if worn else 0.0,
        expired=expired,
        hotlisted=hotlisted,
        wrong_pins=wrong if forgets else 0,
        key_longer=key_time if slow else 0.0,
        hurried=hurried,
        walks_off=where if leaves else "",
        holds_card=held if holds else 0.0,
        takes_part=part,
    )
