"""The keys of an installation's documents and credentials: made on the first run, published, never unpublished.

Documents are signed with P-256 or RSA (PAdES), credentials with Ed25519. The private halves lie in files that only
their owner may read; the public halves are documents of the database, so that a key that was replaced stays known.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from services.certificates.domain.codes import KEY_BYTES, PrintedCodes
from shared.base64url import decode, encode
from shared.identity.key_files import Keep, keep_file
from shared.mongo import Database

DocumentKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
LIFETIME = timedelta(days=365 * 30)
"""How long a certificate that the installation makes for itself is valid: documents are checked for decades."""
MULTICODEC_ED25519 = b"\xed\x01"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class SigningKey(Protocol):
    """A private key, wherever it lies. `mechanism` is `sha256_ecdsa` or `sha256_rsa`; a `remote` one takes its time."""

    mechanism: str
    remote: bool

    def sign(self, data: bytes) -> bytes:
        """The bare signature over this data."""
        ...


class SoftwareKey:
    """A key in this process. The same data gives the same signature (RFC 6979 for P-256)."""

    remote = False

    def __init__(self, key: DocumentKey) -> None:
        self._key = key
        self.mechanism = "sha256_ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "sha256_rsa"

    def sign(self, data: bytes) -> bytes:
        """The bare signature over this data."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """What documents are signed with: a key, its certificate, and the chain above it."""

    key: SigningKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def kid(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()[:16]


@dataclass(frozen=True, slots=True)
class CredentialKey:
    """What credentials and payloads of codes are signed with."""

    key: Ed25519PrivateKey

    @property
    def raw(self) -> bytes:
        """The public half."""
        return self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def kid(self) -> str:
        return sha256(self.raw).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class TokenKey:
    """What credentials in the form of a JWT are signed with: RSA, which every reader of Open Badges knows."""

    key: rsa.RSAPrivateKey

    @property
    def numbers(self) -> tuple[str, str]:
        """Modulus and exponent in base64url."""
        public = self.key.public_key().public_numbers()
        return tuple(encode(number.to_bytes(-(-number.bit_length() // 8))) for number in (public.n, public.e))  # type: ignore[return-value]

    @property
    def kid(self) -> str:
        return sha256(self.numbers[0].encode()).hexdigest()[:16]


def document_keys(
    folder: Path, name: str, pkcs12_file: Path | None = None, password: str = "", keep: Keep = keep_file
) -> DocumentKeys:
    """The keys for documents: the organizer's own from a PKCS#12 file, or those in `folder`, made if there are none.

    Raises:
        ValueError: the PKCS#12 file holds no P-256 or RSA key with its certificate, or the password is wrong.
    """
    if pkcs12_file:
        key, certificate, more = pkcs12.load_key_and_certificates(pkcs12_file.read_bytes(), password.encode() or None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or certificate is None:
            raise ValueError(f"{pkcs12_file} does not hold a P-256 or RSA key with its certificate")
        return DocumentKeys(SoftwareKey(key), certificate, tuple(more))
    file = folder / "documents.pem"
    held = keep(file, lambda: _self_signed(name))
    made = serialization.load_pem_private_key(held, password=None)
    if not isinstance(made, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError(f"{file} does not hold a P-256 or RSA key")
    own, *chain = x509.load_pem_x509_certificates(held)
    return DocumentKeys(SoftwareKey(made), own, tuple(chain))


def credential_key(folder: Path, keep: Keep = keep_file) -> CredentialKey:
    """The key for credentials in `folder`, made if there is none."""
    file = folder / "credentials.pem"
    key = serialization.load_pem_private_key(keep(file, lambda: _pem(Ed25519PrivateKey.generate())), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{file} does not hold an Ed25519 key")
    return CredentialKey(key)


def token_key(folder: Path, keep: Keep = keep_file) -> TokenKey:
    """The key for credentials as JWT in `folder`, made if there is none."""
    file = folder / "tokens.pem"
    held = keep(file, lambda: _pem(rsa.generate_private_key(65537, 2048)))
    key = serialization.load_pem_private_key(held, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} does not hold an RSA key")
    return TokenKey(key)


def printed_codes(folder: Path, secret: str = "") -> PrintedCodes:
    """What gives certificates their addresses: from the secret where replicas share one, else from a file in `folder`.

    It does not lie in the database, so that it outlives it.
    """
    if secret:
        return PrintedCodes(hmac.digest(secret.encode(), b"addresses of certificates", sha256))
    return PrintedCodes(keep_file(folder / "addresses.key", lambda: secrets.token_bytes(KEY_BYTES)))


def _self_signed(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _pem(key: DocumentKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def base58(data: bytes) -> str:
    """Base58 as multibase `z` writes it."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


class PublishedKeys:
    """Every public key that ever signed here."""

    def __init__(self, database: Database) -> None:
        self._keys = database["keys"]

    async def publish(self, documents: DocumentKeys, credentials: CredentialKey, tokens: TokenKey) -> None:
        """Make the keys in use known; those that are known stay as they are."""
        chain = (documents.certificate, *documents.chain)
        pem = "".join(certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in chain)
        n, e = tokens.numbers
        for kid, values in (
            (documents.kid, {"use": "documents", "pem": pem}),
            (credentials.kid, {"use": "credentials", "x": encode(credentials.raw)}),
            (tokens.kid, {"use": "tokens", "n": n, "e": e}),
        ):
            await self._keys.update_one(
                {"_id": kid}, {"$setOnInsert": {**values, "since": datetime.now(UTC).isoformat()}}, upsert=True
            )

    async def all(self) -> list[dict[str, Any]]:
        """The oldest first."""
        return [document async for document in self._keys.find().sort([("since", 1), ("_id", 1)])]


def jwk(key: Mapping[str, Any]) -> dict[str, str]:
    """A published key of credentials as a JSON Web Key (RFC 7518, RFC 8037)."""
    if key["use"] == "tokens":
        return {"kty": "RSA", "n": key["n"], "e": key["e"], "kid": key["_id"], "alg": "RS256", "use": "sig"}
    return {"kty": "OKP", "crv": "Ed25519", "x": key["x"], "kid": key["_id"], "alg": "EdDSA", "use": "sig"}


def multikey(x: str) -> str:
    """A published credential key as a Multikey."""
    return "z" + base58(MULTICODEC_ED25519 + decode(x))


def did_document(did: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The document behind `did:web`: every key that ever signed credentials, embedded or as JWT."""
    methods: list[dict[str, Any]] = [
        {
            "id": f"{did}#{key['_id']}",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": multikey(key["x"]),
        }
        for key in keys
        if key["use"] == "credentials"
    ]
    jwks: list[dict[str, Any]] = [
        {"id": f"{did}#{key['_id']}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk(key)}
        for key in keys
        if key["use"] == "tokens"
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [*methods, *jwks],
        "assertionMethod": [document["id"] for document in (*methods, *jwks)],
    }
