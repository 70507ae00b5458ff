"""A card provider for Faker on a BIN that no scheme issues.

Faker's own card numbers carry real networks' prefixes, and a test number that leaves the
test must not be somebody's. Add this one to any Faker:

    fake.add_provider(AtmCardProvider)
    fake.atm_card()  # {'pan': '999999...', 'expiry': '2907', 'track2': '...=...', ...}
"""

from __future__ import annotations

from faker.providers import BaseProvider

from harness.cardholders import BIN, luhn_digit, track2_of


class AtmCardProvider(BaseProvider):
    """Cards on BIN 999999: Luhn-valid, with track 2, service code and PIN."""

    def atm_pan(self) -> str:
        """A 16-digit PAN with a valid check digit."""
        body = BIN + self.numerify("#########")
        return body + luhn_digit(body)

    def atm_expiry(self) -> str:
        """YYMM, from 2028 to 2032."""
        return f"{self.random_int(28, 32)}{self.random_int(1, 12):02d}"

    def atm_service_code(self) -> str:
        """201 (chip, international, no restriction) or 221 (issuer on line) of ISO/IEC 7813."""
        return str(self.random_element(("201", "221")))

    def atm_card(self) -> dict[str, str]:
        """A whole card: pan, expiry, service_code, track2 (separator '='), pin."""
        pan, expiry, service = self.atm_pan(), self.atm_expiry(), self.atm_service_code()
        return {
            "pan": pan,
            "expiry": expiry,
            "service_code": service,
            "track2": track2_of(pan, expiry, service, "1" + self.numerify("#######")),
            "pin": self.numerify("####"),
        }
