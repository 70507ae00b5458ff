"""Incidents told to a webhook, with the payload that Alertmanager sends (its version 4), so that
whatever takes Alertmanager's alarms takes these.

Each URL has a queue and a sender of its own: what was opened is told before it is resolved, a
receiver that does not answer delays nobody else, and the monitor never waits.
"""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from harness.control.announcer import IncidentChange
from harness.control.payloads import Incident
from harness.errors import ConfigError

TIMEOUT = 5.0  # wall seconds in which a receiver has to answer
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # wall seconds between two tries
MOST_TRIES = 12  # about ten minutes
MOST_WAITING = 1_000
GOODBYE = 5.0  # wall seconds in which the last ones are sent
_NEVER = "0001-01-01T00:00:00Z"  # how Alertmanager writes that something has not ended
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Post = Callable[[str, bytes], None]
"""Sends a body to a URL. Raises OSError: it was not taken."""


class Webhook:
    """One receiver. `sent` and `failed` count messages; use it as a context."""

    def __init__(self, url: str, tell: Callable[[str], None], post: Post | None = None) -> None:
        """Raises ConfigError: it is no URL of http or https."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                "is no address of http or https", place="--webhook", remedy="http://HOST:PORT/PATH"
            )
        self.name = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
        self.sent = self.failed = 0
        self._url = url
        self._tell = tell
        self._post = post or _post
        self._waiting: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def __call__(self, change: IncidentChange) -> None:
        if change.what == "updated":
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.failed += 1
        self._waiting.append(msgspec.json.encode(alert(change.incident)))
        self._idle.clear()
        self._more.set()

    async def __aenter__(self) -> Webhook:
        self._task = asyncio.get_running_loop().create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        try:
            await asyncio.wait_for(self._idle.wait(), GOODBYE)
        except TimeoutError:
            self.failed += len(self._waiting)
            self._tell(f"webhook {self.name}: {len(self._waiting)} messages were not delivered")
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _send(self) -> None:
        while True:
            if not self._waiting:
                self._idle.set()
                self._more.clear()
                await self._more.wait()
            body = self._waiting[0]
            if await self._delivered(body):
                self.sent += 1
            else:
                self.failed += 1
            if self._waiting and self._waiting[0] is body:
                self._waiting.popleft()

    async def _delivered(self, body: bytes) -> bool:
        pause = FIRST_PAUSE
        for tries in range(1, MOST_TRIES + 1):
            try:
                await asyncio.to_thread(self._post, self._url, body)
            except OSError as trouble:
                if tries == 1:
                    self._tell(f"webhook {self.name}: {_why(trouble)}; it is tried again")
                if tries == MOST_TRIES:
                    self._tell(f"webhook {self.name}: given up after {tries} tries")
                    return False
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return True
        return False


def alert(incident: Incident) -> dict[str, Any]:
    """An incident as Alertmanager would tell of it."""
    labels = {
        "alertname": incident.kind,
        "severity": incident.severity,
        "cause": incident.cause,
        "scope": incident.scope,
        "where": incident.where,
    }
    annotations = {
        "summary": incident.summary,
        "number": incident.number,
        "count": str(incident.count),
        "terminals": ", ".join(incident.terminals),
    }
    status = "resolved" if incident.status == "resolved" else "firing"
    key = f'{{}}:{{alertname="{incident.kind}", number="{incident.number}"}}'
    one = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": incident.opened_at,
        "endsAt": incident.resolved_at or _NEVER,
        "generatorURL": "",
        "fingerprint": sha256(key.encode()).hexdigest()[:16],
    }
    return {
        "version": "4",
        "groupKey": key,
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "harness",
        "groupLabels": {"alertname": incident.kind},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [one],
    }


def _post(url: str, body: bytes) -> None:
    parts = urlsplit(url)
    headers = {"Content-Type": "application/json"}
    who, at, host = parts.netloc.rpartition("@")
    if at:
        headers["Authorization"] = f"Basic {b64encode(unquote(who).encode()).decode()}"
    place = urlunsplit(parts._replace(netloc=host, fragment=""))
    request = urllib.request.Request(place, data=body, headers=headers, method="POST")
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            answer.read(1_000)
    except http.client.HTTPException as trouble:  # it speaks no HTTP
        raise ConnectionError(str(trouble) or type(trouble).__name__) from trouble


def _why(trouble: OSError) -> str:
    if isinstance(trouble, urllib.error.HTTPError):
        return f"it answered {trouble.code}"
    return str(getattr(trouble, "reason", "") or trouble.strerror or trouble)
