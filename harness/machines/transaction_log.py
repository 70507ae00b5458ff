"""What a host remembers of the messages it has decided, and what of that must be durable.

A message is named by its book (MTI class, DE 41, DE 32) and its key (DE 7 and DE 11): section 4,
rule 7. There are as many entries as transactions, so each is small.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

PENDING, DONE, TOMBSTONE = "pending", "done", "tombstone"
STOOD_IN = "stood in"  # approved in the issuer's stead, and the issuer has not heard of it


class StoredTransaction(NamedTuple):
    """What is remembered of one message, as it is kept outside the process: `book` and `key` name
    it (see `book_of` and `key_of`), the rest is its `Entry`.
    """

    book: str
    key: str
    state: str
    code: str
    approval: int
    amount: int
    reversed: int
    balance: int
    day: str = ""


class Entry:
    """What the host remembers of one message.

    `amount` is what was posted, `reversed` what of it was given back, `balance` what was told to an
    inquiry, `day` the business day of its commit; `book` and `key` name the message.
    """

    __slots__ = (
        "amount", "approval", "balance", "book", "code", "day", "key", "reversed", "state",
    )  # fmt: skip

    def __init__(self, state: str, book: str, key: int | str) -> None:
        self.state = state
        self.book = book
        self.key = key
        self.balance = 0
        self.code = ""
        self.day = ""
        self.approval = 0
        self.amount = 0
        self.reversed = 0


class TransactionLog:
    """All entries, by book and key."""

    def __init__(self) -> None:
        self._books: dict[str, dict[int | str, Entry]] = {}
        self._changed: list[Entry] | None = None

    def find(self, book: str, key: int | str) -> Entry | None:
        known = self._books.get(book)
        return None if known is None else known.get(key)

    def enter(self, entry: Entry) -> Entry:
        self._books.setdefault(entry.book, {})[entry.key] = entry
        return entry

    def note(self, entry: Entry) -> None:
        """It was decided, or changed since."""
        if self._changed is not None:
            self._changed.append(entry)

    def forget_pending(self) -> None:
        """A crash: what was not decided has not happened."""
        for known in self._books.values():
            for key in [key for key, entry in known.items() if entry.state == PENDING]:
                del known[key]

    def entries(self, message_class: str) -> Iterable[Entry]:
        """All of a message class: '2' or '4'."""
        for book, known in self._books.items():
            if book.startswith(message_class):
                yield from known.values()

    def forget(self, message_class: str) -> None:
        """All of a message class."""
        for book in self._books:
            if book.startswith(message_class):
                self._books[book].clear()

    # --- what outlives the process ------------------------------------------------------------

    def keep(self) -> None:
        """From now on `changes` tells."""
        self._changed = []

    def changes(self) -> list[StoredTransaction]:
        """What was decided since this was last asked. What is only pending is not in it: a crash
        loses that, and nothing else.
        """
        if not self._changed:
            return []
        changed, self._changed = self._changed, []
        return [
            StoredTransaction(
                *(x.book, str(x.key), x.state, x.code),
                *(x.approval, x.amount, x.reversed, x.balance),
                x.day,
            )
            for x in changed
            if x.state != PENDING
        ]

    def restore(self, kept: StoredTransaction) -> Entry:
        """An entry as an earlier process left it."""
        key = int(kept.key) if kept.key.isdecimal() else kept.key
        entry = self.enter(Entry(kept.state, kept.book, key))
        entry.code, entry.approval, entry.balance = kept.code, kept.approval, kept.balance
        entry.amount, entry.reversed, entry.day = kept.amount, kept.reversed, kept.day
        return entry
