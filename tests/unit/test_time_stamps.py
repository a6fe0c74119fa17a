"""A document with a time stamp of a service that is not ours: OpenSSL, behind a small HTTP server."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from services.certificates.adapters.keys import document_keys
from shared.errors import Unavailable
from tests.unit.test_certificate_documents import certificate, renderer_in

pytestmark = pytest.mark.programs

SETTINGS = """
[tsa]
serial = {folder}/serial
digests = sha256
signer_digest = sha256
default_policy = 1.2.3.4.1
ess_cert_id_alg = sha256
[req]
distinguished_name = name
[name]
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    """A time-stamping authority (RFC 3161); its certificate is `tsa.pem`."""
    (tmp_path / "serial").write_text("01\n")
    settings = tmp_path / "tsa.cnf"
    settings.write_text(SETTINGS.format(folder=tmp_path))
    key, own = str(tmp_path / "tsa.key"), str(tmp_path / "tsa.pem")
    usage = ["-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature"]
    made = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", own, "-subj", "/CN=Time", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", "-config", str(settings), *made, *usage], check=True, capture_output=True
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked, answered = tmp_path / "asked.tsq", tmp_path / "answered.tsr"
            asked.write_bytes(self.rfile.read(int(self.headers["content-length"])))
            told = ["-queryfile", str(asked), "-out", str(answered), "-inkey", key, "-signer", own]
            subprocess.run(
                ["openssl", "ts", "-reply", "-config", str(settings), "-section", "tsa", *told],
                check=True,
                capture_output=True,
            )
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answered.read_bytes())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


async def test_a_document_bears_a_time_stamp_and_waits_for_a_service_that_is_away(
    service: ThreadingHTTPServer, tmp_path: Path
) -> None:
    keys = document_keys(tmp_path, "Laurel")
    renderer = renderer_in(tmp_path, keys, url=f"http://127.0.0.1:{service.server_address[1]}")

    documents = [await renderer.pdf(certificate()), *(await renderer.many([certificate()]))]

    own = x509.Certificate.load(keys.certificate.public_bytes(Encoding.DER))
    its = ssl.PEM_cert_to_DER_cert((tmp_path / "tsa.pem").read_text())
    trusted = [x509.Certificate.load(its), own]
    for document in documents:
        (signature,) = PdfFileReader(BytesIO(document)).embedded_signatures
        context = ValidationContext(trust_roots=trusted)
        status = await async_validate_pdf_signature(signature, context, ts_validation_context=context)
        assert status.bottom_line
        assert status.timestamp_validity
        assert (status.timestamp_validity.valid, status.timestamp_validity.trusted) == (True, True)
    service.shutdown()
    service.server_close()
    with pytest.raises(Unavailable, match="time-stamp-away"):
        await renderer.pdf(certificate())
