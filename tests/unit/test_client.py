"""The client of the command line."""

import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from laurel.client import Client

URL = "https://localhost:1"


def test_whom_to_trust_is_asked_of_each_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: what one client trusted, or did not, is what every later one does."""
    trusted: list[ssl.SSLContext] = []
    create = httpx.create_ssl_context

    def noted() -> ssl.SSLContext:
        trusted.append(create())
        return trusted[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", noted)
    with closing(Client(URL, "en")):
        own = tmp_path / "own.pem"
        own.write_bytes(authority())
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        with closing(Client(URL, "en")):
            assert trusted[-1].cert_store_stats()["x509_ca"] == 1


def authority() -> bytes:
    """A certificate of nobody's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
