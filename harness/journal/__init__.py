"""The journal: what happened, in one order, as JSON lines.

Line 1 is the `Header`, which makes a journal judgeable on its own. Every further
line is an `Entry`. The last entry of a whole journal is `RunEnded`.
"""

from __future__ import annotations

from harness.journal.entries import FORMAT, Entry, Header, Journal, Listener, encode_entry
from harness.journal.reading import JournalReader, JournalTail
from harness.journal.writing import NOTHING_WRITTEN, JournalWriter, Mark, Resume, lock_journal

__all__ = [
    "FORMAT",
    "NOTHING_WRITTEN",
    "Entry",
    "Header",
    "Journal",
    "JournalReader",
    "JournalTail",
    "JournalWriter",
    "Listener",
    "Mark",
    "Resume",
    "encode_entry",
    "lock_journal",
]
