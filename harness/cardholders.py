"""The customers of a run and their cards, all drawn from the seed.

A card depends on the seed, the terminal and the customer, and on nothing else. So a simulation, a
live run and a reader of an old journal all see the same card, in whatever order they ask.

The card number (PAN) is BIN 999999, which no scheme issues (docs/domain.md, "Secrets and keys"),
then one digit for the issuer, eight digits for the account, and a Luhn check digit. A seventh digit
of 0 to 5 is a card of this bank, 6 to 9 one of other banks, so that a host knows the issuer from
the PAN alone (`issuer_of`). The account is an affine permutation of an ordinal modulo 10^8: no two
customers have the same card, with up to TERMINALS terminals and CUSTOMERS customers at each. The
discretionary data of track 2 are that number, permuted again. Both permutations can be undone, so
that a scan for secrets needs no list of cards: it asks to whom a number would belong (`card_of`,
`card_of_track`).

The PIN is derived from the PAN under a key that is made from the seed, as banks derive a 'natural
PIN', so that a host in another process can verify it without a file of cards.

Names and places come from Faker. They are drawn only when they are asked for, as a name takes a
hundred times as long as a card, and they do not touch Python's global random generator.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from harness.crypto.keys import token
from harness.errors import ConfigError
from harness.keyed_random import Draw, key_of
from harness.shown.luhn import luhn_digit, luhn_valid

if TYPE_CHECKING:
    from faker import Faker

BIN = "999999"
TERMINALS = 100_000
CUSTOMERS = 4_000
LOCALES = ("nl_BE", "fr_BE")

_ACCOUNTS = 10**8
_NUMBERS = 10**9
_HOME_DIGITS = 6
_OTHER_DIGITS = 4
_PLACE_LOCALE = "nl_BE"  # Faker's fr_BE falls back to American addresses
# ISO 3166-2:BE without the region's letter, as DE 43 has two places for it
_PROVINCES = ("AN", "BR", "HT", "LG", "LI", "LX", "NA", "OV", "VB", "WB", "WV")


def issuer_of(pan: str) -> Literal["home", "other"]:
    """Who issued the card, by its PAN alone: this bank ('home') or another one ('other')."""
    return "home" if pan[:6] == BIN and pan[6:7] < str(_HOME_DIGITS) else "other"


def track2_of(pan: str, expiry: str, service: str, discretionary: str) -> str:
    """Track 2 without its sentinels (ISO/IEC 7813), separator '='."""
    return f"{pan}={expiry}{service}{discretionary}"


class Card(msgspec.Struct, frozen=True, gc=False):
    """A card with its PIN. `expiry` is YYMM; `track2` has '=' as its separator; `home` is false for
    cards of other banks; `token` names the card where its PAN must not appear.
    """

    pan: str
    expiry: str
    track2: str
    pin: str
    home: bool
    token: str

    def __repr__(self) -> str:
        """Masked: first six and last four digits, never track or PIN
        (docs/domain.md, "Secrets and keys").
        """
        return f"Card({self.pan[:6]}******{self.pan[-4:]}, token={self.token!r})"


class Population:
    """All customers of a run, with their cards, and the places where the machines stand.

    Raises:
        ConfigError: `foreign_share` is not between 0 and 1, or Faker does not know a locale.
    """

    pan_lengths: tuple[int, ...] = ()  # of cards that are not on our BIN

    def __init__(
        self,
        seed: int,
        *,
        token_key: bytes,
        locales: tuple[str, ...] = LOCALES,
        foreign_share: float = 0.4,
    ) -> None:
        """`foreign_share` is the share of cards from other issuers
        (docs/domain.md, "Scenarios": 40 %).
        """
        if not 0.0 <= foreign_share <= 1.0:
            raise ConfigError(
                f"{foreign_share} is not a share",
                place="foreign_share",
                remedy="give a number from 0 to 1",
            )
        if not locales:
            raise ConfigError("is empty", place="locales", remedy="for example: 'nl_BE'")
        self.seed = seed
        self.locales = locales
        self.foreign_share = foreign_share
        self._token_key = token_key
        self._card_key = key_of(seed, "card")
        self._pin_key = key_of(seed, "pin").to_bytes(8, "big")
        self._accounts = _Permutation(key_of(seed, "accounts"), _ACCOUNTS)
        self._discretionary = _Permutation(key_of(seed, "discretionary"), _NUMBERS)
        self._fakers: dict[str, Faker] = {}

    def card(self, terminal_index: int, customer: int) -> Card:
        """The card of a terminal's customer number `customer` (both from 0).

        Raises:
            ConfigError: beyond TERMINALS or CUSTOMERS, where numbers would repeat.
        """
        if not (0 <= terminal_index < TERMINALS and 0 <= customer < CUSTOMERS):
            raise ConfigError(
                f"no card for customer {customer} of terminal {terminal_index}",
                place="population",
                remedy=f"at most {TERMINALS} terminals with {CUSTOMERS} customers each",
            )
        ordinal = customer * TERMINALS + terminal_index
        draw = Draw(self._card_key, ordinal)
        lap, index = divmod(ordinal, _ACCOUNTS)
        account = self._accounts.of(index)
        home = not draw.chance(self.foreign_share)
        # a lap has its own digit for each account, so that laps never meet
        digit = (lap + account) % _HOME_DIGITS if home else 6 + (lap + account) % _OTHER_DIGITS
        body = f"{BIN}{digit}{account:08d}"
        pan = body + luhn_digit(body)
        months = draw.below(60)
        expiry = f"{28 + months // 12}{1 + months % 12:02d}"
        service = "201" if draw.chance(0.75) else "221"
        kept = self._discretionary.of(int(pan[6:15]))
        track2 = track2_of(pan, expiry, service, f"1{kept:09d}")
        return Card(pan, expiry, track2, self.pin_of(pan), home, token(self._token_key, pan))

    def card_of(self, pan: str, terminals: int = TERMINALS) -> Card | None:
        """The card with this PAN, if a customer of the first `terminals` machines has it."""
        if len(pan) != 16 or pan[:6] != BIN or not luhn_valid(pan):
            return None
        index = self._accounts.undone(int(pan[7:15]))
        for ordinal in range(index, CUSTOMERS * TERMINALS, _ACCOUNTS):
            customer, terminal_index = divmod(ordinal, TERMINALS)
            if terminal_index < terminals:
                card = self.card(terminal_index, customer)
                if card.pan == pan:
                    return card
        return None

    def card_of_track(self, tail: str, terminals: int = TERMINALS) -> Card | None:
        """The card whose track 2 goes on like this after the separator: expiry, service code
        and discretionary data, 17 digits. It is found although the PAN was masked.
        """
        number = f"{BIN}{self._discretionary.undone(int(tail[8:17])):09d}"
        card = self.card_of(number + luhn_digit(number), terminals)
        return card if card is not None and card.track2[17:] == tail else None

    def pin_of(self, pan: str) -> str:
        """The four-digit PIN that belongs to a PAN of this population."""
        digest = blake2b(pan.encode("ascii"), digest_size=8, key=self._pin_key).digest()
        return f"{int.from_bytes(digest, 'big') % 10_000:04d}"

    def holder(self, card: Card) -> str:
        """The name of the card's holder, the same whenever it is asked."""
        locale = self.locales[Draw(key_of(self.seed, "locale", card.pan)).below(len(self.locales))]
        return str(self._faker(locale, key_of(self.seed, "holder", card.pan)).name())

    def place(self, terminal_index: int) -> str:
        """Where a terminal stands, as DE 43 wants it: street 23, city 13, province 2,
        country 2, in ASCII, 40 characters in all. Street and commune are invented together.
        """
        key = key_of(self.seed, "place", terminal_index)
        faker = self._faker(_PLACE_LOCALE, key)
        street = _ascii(f"{faker.street_name()} {faker.building_number()}")
        city = min((_ascii(faker.city()) for _ in range(3)), key=len)
        province = _PROVINCES[Draw(key).below(len(_PROVINCES))]
        return f"{street[:23]:<23}{city[:13]:<13}{province}BE"

    def describe(self) -> dict[str, Any]:
        """What a journal's header keeps, so that the cards can be made again."""
        return {
            "seed": self.seed,
            "locales": list(self.locales),
            "foreign_share": self.foreign_share,
        }

    @classmethod
    def from_description(cls, description: Mapping[str, Any], token_key: bytes) -> Population:
        """The population that `describe` described.

        Raises:
            ConfigError: a key is missing or is of the wrong kind.
        """
        try:
            return cls(
                int(description["seed"]),
                token_key=token_key,
                locales=tuple(str(locale) for locale in description["locales"]),
                foreign_share=float(description["foreign_share"]),
            )
        except (KeyError, TypeError, ValueError) as trouble:
            raise ConfigError(
                f"does not describe the cards of a run ({trouble!r})",
                place="the journal's header, population",
                remedy="it needs seed, locales and foreign_share",
            ) from trouble

    def _faker(self, locale: str, key: int) -> Faker:
        """A generator of our own for the locale, set to the key's stream."""
        faker = self._fakers.get(locale)
        if faker is None:
            from faker import Faker  # imported here, as it takes a quarter of a second

            try:
                faker = self._fakers[locale] = Faker(locale)
            except AttributeError as trouble:
                raise ConfigError(
                    f"Faker has no locale {locale!r}",
                    place="locales",
                    remedy=f"for Belgium: {', '.join(LOCALES)}",
                ) from trouble
        faker.seed_instance(key)
        return faker


class _Permutation:
    """x -> x * factor + offset modulo a power of ten: scatters ordinals, and can be undone."""

    __slots__ = ("_factor", "_inverse", "_modulus", "_offset")

    def __init__(self, key: int, modulus: int) -> None:
        draw = Draw(key)
        factor = draw.below(modulus) | 1
        if factor % 5 == 0:
            factor += 2
        self._factor = factor % modulus
        self._inverse = pow(factor, -1, modulus)
        self._offset = draw.below(modulus)
        self._modulus = modulus

    def of(self, number: int) -> int:
        return (number * self._factor + self._offset) % self._modulus

    def undone(self, image: int) -> int:
        return (image - self._offset) * self._inverse % self._modulus


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
