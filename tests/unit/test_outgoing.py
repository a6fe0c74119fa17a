"""Over TLS the connection goes to the checked address, and the certificate must be the name's."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.http import outgoing
from shared.http.outgoing import Outgoing, Target, Undelivered

NAME = "hook.example"


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A receiver on this machine with a certificate for `hook.example`, which is trusted here."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    own, secret = tmp_path / "own.pem", tmp_path / "own.key"
    own.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    outgoing._tls.cache_clear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200 if self.headers["host"].startswith(f"{NAME}:") else 421)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, secret)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(5)
    outgoing._tls.cache_clear()


async def here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_the_certificate_is_checked_against_the_name(port: int) -> None:
    sender = Outgoing(inside=True, resolve=here)

    assert (await sender.post(f"https://{NAME}:{port}/", b"{}", {}, most=0)).status == 200
    for other in ("other.example", "127.0.0.1"):
        with pytest.raises(Undelivered, match="unreached"):
            await sender.post(f"https://{other}:{port}/", b"{}", {}, most=0)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://example.org/a", "example.org"),
        ("https://example.org:443/a", "example.org"),
        ("https://EXAMPLE.org.:8443/a?b=c", "example.org:8443"),
        ("http://[2606:4700::1]:8080/", "[2606:4700::1]:8080"),
    ],
)
def test_an_address_is_taken_apart_once(url: str, authority: str) -> None:
    assert Target.of(url).authority == authority
