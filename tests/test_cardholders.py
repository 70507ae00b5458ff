from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cardholders import (
    BIN,
    CUSTOMERS,
    TERMINALS,
    Population,
    issuer_of,
)
from harness.errors import ConfigError
from harness.shown.luhn import luhn_digit, luhn_valid

KEY = b"a key for tokens"
seeds = st.integers(0, 2**32)
terminals = st.integers(0, TERMINALS - 1)
customers = st.integers(0, CUSTOMERS - 1)


def population(seed: int = 1, *, foreign_share: float = 0.4) -> Population:
    return Population(seed, token_key=KEY, foreign_share=foreign_share)


@pytest.mark.parametrize(
    "pan", ["9999990000000014", "9999990000000022", "9999990000000030", "9999990000000998"]
)
def test_luhn_accepts_the_fields_test_cards(pan: str) -> None:
    """The domain's four test PANs check, and no other last digit does."""
    assert luhn_valid(pan)
    assert not any(luhn_valid(pan[:-1] + digit) for digit in "0123456789" if digit != pan[-1])


@given(st.text("0123456789", min_size=1, max_size=18))
def test_luhn_digit_completes_any_number(digits: str) -> None:
    """A number with its digit is valid, whatever its length; the textbook sum agrees."""
    pan = digits + luhn_digit(digits)
    doubled = [int(d) * 2 for d in pan[-2::-2]]
    assert (sum(d - 9 if d > 9 else d for d in doubled) + sum(map(int, pan[::-2]))) % 10 == 0
    assert luhn_valid(pan)


@pytest.mark.parametrize("text", ["", "0", "99999900000000²4", "9999 9900 0000 0014", "PAN"])
def test_luhn_refuses_what_is_no_number(text: str) -> None:
    """Signs that Python takes for digits are none."""
    assert not luhn_valid(text)


@given(seeds, terminals, customers)
def test_a_card_is_whole(seed: int, terminal: int, customer: int) -> None:
    """PAN on the unissued BIN, Luhn-valid; track 2 carries PAN, expiry and service code."""
    card = population(seed).card(terminal, customer)
    assert card.pan.startswith(BIN)
    assert len(card.pan) == 16
    assert luhn_valid(card.pan)
    assert card.track2.startswith(f"{card.pan}={card.expiry}")
    assert card.track2[21:24] in ("201", "221")
    assert len(card.track2) <= 37
    assert 1 <= int(card.expiry[2:]) <= 12
    assert len(card.pin) == 4
    assert card.pin.isdecimal()
    assert card.home == (issuer_of(card.pan) == "home")


@given(seeds, st.lists(st.tuples(terminals, customers), unique=True, min_size=2, max_size=50))
def test_no_two_customers_share_a_card(seed: int, who: list[tuple[int, int]]) -> None:
    """The number is injective over the whole range that is promised."""
    people = population(seed)
    assert len({people.card(*one).pan for one in who}) == len(who)


def test_the_ends_of_the_range_do_not_meet() -> None:
    """The last customers of the last machines share nothing with the first ones."""
    people = population()
    some = [*range(3), *range(998, 1003), *range(1999, 2002), *range(CUSTOMERS - 3, CUSTOMERS)]
    pans = {people.card(t, c).pan for t in (0, 1, 2, TERMINALS - 2, TERMINALS - 1) for c in some}
    assert len(pans) == 5 * len(some)


@pytest.mark.parametrize(("terminal", "customer"), [(TERMINALS, 0), (0, CUSTOMERS), (-1, 0)])
def test_beyond_the_range_is_refused(terminal: int, customer: int) -> None:
    """No silent repeat of a number: the limit is said."""
    with pytest.raises(ConfigError, match="at most 100000 terminals with 4000 customers"):
        population().card(terminal, customer)


def test_order_of_asking_changes_nothing() -> None:
    """A card hangs on seed, terminal and customer alone, so sim and live agree."""
    forwards, backwards = population(), population()
    who = [(t, c) for t in range(20) for c in range(5)]
    seen = {one: forwards.card(*one) for one in who}
    assert {one: backwards.card(*one) for one in reversed(who)} == seen
    assert population(2).card(0, 0) != seen[0, 0]


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_share_of_other_banks_cards(share: float) -> None:
    """The share asked for is the share that comes, within four standard deviations."""
    people = population(foreign_share=share)
    foreign = sum(not people.card(t, c).home for t in range(100) for c in range(50))
    assert abs(foreign - share * 5000) <= 4 * (5000 * share * (1 - share)) ** 0.5


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_between_none_and_all(share: float) -> None:
    """A wrong share is the user's mistake, named."""
    with pytest.raises(ConfigError, match="foreign_share"):
        population(foreign_share=share)


@given(seeds, terminals, customers)
def test_card_is_found_again(seed: int, terminal: int, customer: int) -> None:
    """From its PAN, and from its track behind the separator although the PAN was masked."""
    people = population(seed)
    card = people.card(terminal, customer)
    assert people.card_of(card.pan) == card
    assert people.card_of_track(card.track2[17:]) == card
    assert people.card_of(card.pan, terminals=terminal) is None
    assert people.pin_of(card.pan) == card.pin


@given(st.text("0123456789", min_size=10, max_size=10))
def test_a_number_of_nobody_is_not_found(rest: str) -> None:
    """Only the exact card of a customer counts: a wrong check digit or issuer digit does not."""
    people = population()
    found = people.card_of(BIN + rest)
    assert found is None or found.pan == BIN + rest
    assert people.card_of("4" + BIN[1:] + rest) is None


def test_journal_header_regenerates_the_cards() -> None:
    """What `describe` says is enough to make the same cards."""
    people = Population(7, token_key=KEY, foreign_share=0.25)
    again = Population.from_description(people.describe(), KEY)
    assert [again.card(t, 3) for t in range(50)] == [people.card(t, 3) for t in range(50)]


@pytest.mark.parametrize("broken", [{}, {"seed": "x", "locales": [], "foreign_share": 0.4}])
def test_a_header_without_people_is_said(broken: dict[str, object]) -> None:
    """A journal that lacks its population names the place."""
    with pytest.raises(ConfigError, match="header, population"):
        Population.from_description(broken, KEY)


def test_repr_masks() -> None:
    """A card in a traceback shows six and four digits at most."""
    card = population().card(1, 1)
    assert card.pan not in repr(card)
    assert card.track2[17:] not in repr(card)
    assert card.pan[-4:] in repr(card)


def test_holders_are_the_same_whenever_asked() -> None:
    """A name hangs on its card, not on who was asked about before."""
    people = population()
    cards = [people.card(t, 0) for t in range(30)]
    names = [people.holder(card) for card in cards]
    assert [population().holder(card) for card in reversed(cards)] == names[::-1]
    assert len(set(names)) > 20


@given(st.integers(0, TERMINALS - 1))
def test_place_fits_de_43(terminal: int) -> None:
    """40 ASCII characters, in Belgium, with a street and a commune."""
    place = population().place(terminal)
    assert len(place) == 40
    assert place.isascii()
    assert place.isprintable()
    assert place.endswith("BE")
    assert place[:23].strip()
    assert place[23:36].strip()
    assert place == population().place(terminal)


def test_unknown_locale_is_the_users_mistake() -> None:
    """And the Belgian ones are offered."""
    people = Population(1, token_key=KEY, locales=("xx_YY",))
    with pytest.raises(ConfigError, match="nl_BE"):
        people.holder(people.card(0, 0))


def test_global_generator_is_untouched() -> None:
    """Nothing here draws from or seeds Python's shared generator."""
    before = random.getstate()
    people = population()
    people.holder(people.card(0, 0))
    people.place(0)
    assert random.getstate() == before


def test_cards_do_not_import_faker() -> None:
    """A run that asks for no name does not pay for Faker's import."""
    program = (
        "import sys; from harness.cardholders import Population; "
        "Population(1, token_key=b'k' * 16).card(0, 0); sys.exit('faker' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
