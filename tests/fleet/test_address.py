"""Where a broker is: URLs, and files for TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.fleet.address import PASSWORD, broker_address


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://broker", "broker", 1883, False),
        ("mqtt://127.0.0.1:1999", "127.0.0.1", 1999, False),
        ("mqtts://broker", "broker", 8883, True),
        ("mqtt://[::1]:1884/", "::1", 1884, False),
    ],
)
def test_a_url_says_where(url: str, host: str, port: int, tls: bool) -> None:
    address = broker_address(url)
    assert (address.host, address.port, address.tls) == (host, port, tls)


@pytest.mark.parametrize(
    "url", ["", "broker", "http://broker", "mqtt://", "mqtt://h:99999", "mqtt://h:x", "mqtt://h/p"]
)
def test_anything_else_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigError, match="mqtt://HOST:PORT") as refused:
        broker_address(url)
    assert refused.value.place == f"--broker {url}"


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    address = broker_address("mqtt://night%40bank:secret%21@broker")
    assert (address.username, address.password) == ("night@bank", "secret!")
    assert "secret" not in f"{address} {address!r}"
    monkeypatch.setenv(PASSWORD, "from the environment")
    assert broker_address("mqtt://night@broker").password == "from the environment"


def test_certificates_need_tls(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mqtts://"):
        broker_address("mqtt://broker", ca=tmp_path / "ca.pem")


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        broker_address("mqtts://broker", ca=ca).tls_context()
