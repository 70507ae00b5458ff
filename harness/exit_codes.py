"""What a command says to the shell that started it."""

from __future__ import annotations

ALL_HOLDS = 0
"""All checks hold, or there was nothing to judge."""
FAILED = 1
"""A check failed."""
MISTAKE = 2
"""The user's mistake."""
PROVES_NOTHING = 3
"""The run proves nothing."""
INTERNAL = 4
"""An error inside the harness."""
ENVIRONMENT = 5
"""The environment: a port in use, a full disk. A run that failed stays FAILED."""
INTERRUPTED = 130
"""Ctrl-C, SIGTERM or SIGHUP."""
OUTPUT_CLOSED = 141
"""Nobody reads the output any more: as a shell says it of a program that SIGPIPE has ended."""
