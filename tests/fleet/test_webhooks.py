"""Alarms to a webhook: Alertmanager's payload, in their order, and again if they are not taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from incident import OPENED, RESOLVED

from harness.errors import ConfigError
from harness.fleet import webhooks
from harness.fleet.webhooks import Webhook

LONG = 20.0  # wall seconds; what comes at all comes in some hundredths


@contextmanager
def receiver(codes: list[int]) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A server that answers with those codes in turn, and then with 200."""
    bodies: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="
            bodies.append(json.loads(body))
            self.send_response(codes.pop(0) if codes else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://user:secret@127.0.0.1:{server.server_port}/hook", bodies
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(webhooks, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(webhooks, "GOODBYE", LONG)


async def test_what_opens_and_ends_is_told_as_alertmanager_does() -> None:
    """An update is not told."""
    with receiver([]) as (url, bodies):
        async with Webhook(url, pytest.fail) as hook:
            hook(OPENED)
            hook(OPENED._replace(what="updated"))
            hook(RESOLVED)
        assert (hook.sent, hook.failed) == (2, 0)
    firing, resolved = bodies
    assert (firing["version"], firing["status"], resolved["status"]) == ("4", "firing", "resolved")
    assert firing["groupKey"] == resolved["groupKey"]
    alerts = firing["alerts"]
    assert isinstance(alerts, list)
    assert alerts[0]["labels"]["alertname"] == "host_silent"
    assert alerts[0]["startsAt"] == "2026-11-21T20:11:00.000Z"
    assert alerts[0]["endsAt"].startswith("0001")


async def test_what_is_not_taken_is_sent_again_before_what_comes_after_it() -> None:
    told: list[str] = []
    with receiver([503, 500]) as (url, bodies):
        async with Webhook(url, told.append) as hook:
            hook(OPENED)
            hook(RESOLVED)
        assert hook.sent == 2
    assert [body["status"] for body in bodies] == ["firing", "firing", "firing", "resolved"]
    assert len(told) == 1
    assert "answered 503" in told[0]


async def test_a_receiver_that_is_not_there_is_given_up_and_its_password_is_not_told() -> None:
    told: list[str] = []
    async with Webhook("http://user:secret@127.0.0.1:9/x", told.append) as hook:
        hook(OPENED)
    assert (hook.sent, hook.failed) == (0, 1)
    assert told
    assert not any("secret" in text for text in told)


async def test_a_receiver_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the monitor, which only puts a message into a queue of limited length."""
    monkeypatch.setattr(webhooks, "GOODBYE", 0.01)
    monkeypatch.setattr(webhooks, "MOST_WAITING", 10)
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(_url: str, _body: bytes) -> None:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result(LONG)

    told: list[str] = []
    async with Webhook("http://127.0.0.1:9/x", told.append, hang) as hook:
        for _ in range(20):
            hook(OPENED)
    released.set()
    assert hook.failed == 20
    assert "10 messages were not delivered" in told[-1]


@pytest.mark.parametrize("url", ["ftp://h/x", "h:80/x", "http://", ""])
def test_what_is_no_address_of_http_is_a_mistake(url: str) -> None:
    with pytest.raises(ConfigError, match="--webhook"):
        Webhook(url, pytest.fail)
