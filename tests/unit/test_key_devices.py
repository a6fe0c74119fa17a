"""A key on a device behind PKCS#11, played by SoftHSM: it signs, and is asked again after it was taken out."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate

from services.certificates.adapters.inspecting import inspect_pdf
from services.certificates.adapters.security_tokens import device_keys
from tests.conftest import missing_here
from tests.unit.test_certificate_documents import certificate, renderer_in, self_signed

pytestmark = pytest.mark.programs

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "1234"
KEYS: dict[str, Callable[[], ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.fixture(params=KEYS)
def token(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The label of a token with a key on it, that has no certificate yet; `tmp_path / key.pem` is the same key."""
    if not (shutil.which("softhsm2-util") and LIBRARY.exists()):
        missing_here("softhsm2")
    label = str(request.param)
    settings, file = tmp_path / "softhsm2.conf", tmp_path / "key.pem"
    (tmp_path / "tokens").mkdir()
    settings.write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(KEYS[label]().private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    for arguments in (
        ("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "5678"),
        ("--import", str(file), "--token", label, "--label", "seal", "--id", "01", "--pin", PIN),
    ):
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)
    return label


def taken_out_and_put_in() -> None:
    pkcs11.lib(str(LIBRARY)).reinitialize()


async def test_a_key_on_a_device_signs_without_leaving_it(token: str, tmp_path: Path) -> None:
    held = serialization.load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    assert isinstance(held, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    own = self_signed(held)
    taken_out_and_put_in()
    with pytest.raises(ValueError, match="no certificate"):
        device_keys(LIBRARY, token, PIN, "seal")
    taken_out_and_put_in()
    with pkcs11.lib(str(LIBRARY)).get_token(token_label=token).open(user_pin=PIN, rw=True) as session:
        der = own.public_bytes(serialization.Encoding.DER)
        session.create_object({**decode_x509_certificate(der), Attribute.ID: b"\x01", Attribute.TOKEN: True})

    keys = device_keys(LIBRARY, token, PIN, "seal")
    renderer = renderer_in(tmp_path, keys)
    documents = [await renderer.pdf(certificate())]
    taken_out_and_put_in()
    documents.append(await renderer.pdf(certificate()))

    for document in documents:
        stored_inspected = await inspect_pdf(document, [own.public_bytes(serialization.Encoding.PEM).decode()])
        assert (stored_inspected.signed, stored_inspected.whole, stored_inspected.ours) == (True, True, True)


@pytest.mark.parametrize(("label", "pin", "key"), [("other", PIN, "seal"), ("", "0000", "seal"), ("", PIN, "other")])
def test_what_is_not_there_is_said_at_the_start(token: str, label: str, pin: str, key: str) -> None:
    taken_out_and_put_in()
    with pytest.raises(ValueError, match=f"no key '{key}' on token '{label or token}'"):
        device_keys(LIBRARY, label or token, pin, key)
