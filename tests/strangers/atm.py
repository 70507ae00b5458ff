"""A stranger's ATM: signs on, withdraws, reverses what had no answer, repeats what is not answered.

It is right in all it does. A mistake is made by the one who plays it: `atm.wrong(message, de4=...)`
is another message in a machine that errs, and the same message in one that does not.
"""

from __future__ import annotations

import asyncio

from line import ACQUIRER, Fields, Line, changed, now

CARDS = (("9999990000000014", "2CF929790037CE52"), ("9999990000000022", "67EBE2198DB26624"))
EXPIRY = "3012"
PATIENCE = 45.0  # seconds that it waits for an answer
REPEAT_AFTER = 60.0  # seconds that it waits for the answer to a reversal
TIMED_OUT = "4021"  # the reason of a reversal, in DE 60


class Atm:
    """One terminal on one connection."""

    def __init__(self, line: Line, *, errs: bool, name: str = "ATM00001", stan: int = 0) -> None:
        self.line = line
        self.errs = errs
        self.name = name
        self._stan = stan

    def wrong(self, message: Fields, **elements: str | None) -> Fields:
        """The message as the machine that errs makes it: see `changed`."""
        return changed(message, **elements) if self.errs else message

    # --- messages ------------------------------------------------------------------------------

    def stamp(self) -> Fields:
        """What is new in each message: DE 7, DE 11, and who sends it."""
        self._stan += 1
        return {"7": f"{now():%m%d%H%M%S}", "11": f"{self._stan:06d}", "41": self.name}

    def management(self, function: str) -> Fields:
        """0800: 001 sign-on, 002 sign-off, 301 echo."""
        return {"t": "0800", **self.stamp(), "70": function}

    def withdrawal(self, amount: int = 5000, card: int = 0) -> Fields:
        """0200; `amount` in cents, `card` one of `CARDS`."""
        pan, pin_block = CARDS[card]
        stamp = self.stamp()
        return {
            "t": "0200", **stamp, "2": pan, "3": "010000", "4": f"{amount:012d}",
            "12": stamp["7"][4:], "13": stamp["7"][:4], "14": EXPIRY, "18": "6011", "22": "901",
            "25": "00", "32": ACQUIRER, "35": f"{pan}={EXPIRY}2210000000000",
            "37": f"{stamp['11']:0>12}", "42": f"{'OTHER BANK':15}",
            "43": f"{'Rue de la Loi 1':23}{'Brussels':13}  BE", "49": "978", "52": pin_block,
        }  # fmt: skip

    def reversal(self, request: Fields, *, taken: int | None = None, code: str = "") -> Fields:
        """0420 of that request. `taken`: cents that were paid all the same; `code`: what the
        request was answered with.
        """
        kept = {name: request[name] for name in ("2", "3", "4", "12", "13", "32", "37", "42", "49")}
        original = f"0200{request['11']}{request['7']}{ACQUIRER:0>11}{0:011d}"
        fields = {"t": "0420", **self.stamp(), **kept, "60": TIMED_OUT, "90": original}
        if code:
            fields["39"] = code
        if taken is not None:
            fields["95"] = f"{taken:012d}{0:012d}C{0:08d}C{0:08d}"
        return fields

    # --- exchanges -----------------------------------------------------------------------------

    async def ask(self, message: Fields, within: float = PATIENCE) -> Fields | None:
        """Send it, and wait for its answer; None if it does not come in so many seconds."""
        self.line.send(message)
        end = asyncio.get_running_loop().time() + within
        while (left := end - asyncio.get_running_loop().time()) > 0:
            answer = await self.line.receive(left)
            if answer is None and self.line.hung_up:
                return None
            if answer and answer.get("11") == message.get("11") and answer["t"][2] in "13":
                return answer
            if answer:
                self.line.strays.append(answer)
        return None

    async def sign_on(self) -> Fields | None:
        return await self.ask(self.management("001"))

    async def pays(self, amount: int = 5000, card: int = 0) -> Fields:
        """A withdrawal that is approved and paid. Returns its request."""
        request = self.withdrawal(amount, card)
        answer = await self.ask(request)
        assert answer is not None
        assert answer["39"] == "00", answer
        return request

    async def unanswered(self, amount: int = 5000, card: int = 0) -> Fields:
        """A withdrawal whose answer is lost on the way. Returns its request."""
        request = self.withdrawal(amount, card)
        assert await self.ask(request) is None
        return request

    async def reverses(self, reversal: Fields) -> Fields | None:
        """Send it until it is answered, five times at most. Returns the answer."""
        answer = await self.ask(reversal, REPEAT_AFTER)
        return answer if answer is not None else await self.reverses_again(reversal)

    async def reverses_again(self, reversal: Fields) -> Fields | None:
        """Repeat it until it is answered, four times at most. Returns the answer."""
        for _ in range(4):
            answer = await self.ask({**reversal, "t": "0421"}, REPEAT_AFTER)
            if answer is not None:
                return answer
        return None
