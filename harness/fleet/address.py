"""Where a broker is and how it is spoken to, from a URL: `mqtt://HOST:PORT` or `mqtts://HOST:PORT`.

A user name and a password may stand in the URL; the password may stand in the environment variable
HARNESS_MQTT_PASSWORD instead, where no list of processes shows it. For `mqtts` the certificate of
the authority, and the client's own certificate with its key, are files.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from harness.errors import ConfigError

PASSWORD = "HARNESS_MQTT_PASSWORD"
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_REMEDY = "mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS; a user name as mqtt://NAME@HOST"


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A broker. `ca`, `certificate` and `key` are paths, '' for none: without `ca` the machine's
    own authorities count.
    """

    host: str
    port: int
    tls: bool = False
    username: str = ""
    password: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        """Without the password."""
        return f"BrokerAddress({self})"

    def __str__(self) -> str:
        scheme = "mqtts" if self.tls else "mqtt"
        user = f"{self.username}@" if self.username else ""
        return f"{scheme}://{user}{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """What TLS needs, None without TLS.

        Raises:
            ConfigError: a file is missing or is no certificate.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key or None)
        except (OSError, ssl.SSLError) as trouble:
            files = ", ".join(x for x in (self.ca, self.certificate, self.key) if x)
            raise ConfigError(
                f"TLS cannot be set up with {files}: {trouble}",
                place="--broker",
                remedy="PEM files: --broker-ca, --broker-cert and --broker-key",
            ) from trouble
        return context


def broker_address(
    url: str, *, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> BrokerAddress:
    """The address that a URL names.

    Raises:
        ConfigError: it is no URL of a broker, or files for TLS are given without TLS.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as trouble:
        raise ConfigError(str(trouble), place=f"--broker {url}", remedy=_REMEDY) from trouble
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ConfigError("is no URL of a broker", place=f"--broker {url}", remedy=_REMEDY)
    tls = parts.scheme == "mqtts"
    if not tls and (ca or certificate or key):
        raise ConfigError(
            "certificates are of no use without TLS",
            place=f"--broker {url}",
            remedy="mqtts:// instead of mqtt://",
        )
    return BrokerAddress(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=tls,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or "") or os.environ.get(PASSWORD, ""),
        ca=str(ca or ""),
        certificate=str(certificate or ""),
        key=str(key or ""),
    )
