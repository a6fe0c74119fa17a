"""Keys that never leave their device: smart cards and hardware security modules, spoken to by PKCS#11 (OASIS, 2.40)."""

import hashlib
from pathlib import Path
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import (
    Attribute,
    KeyType,
    Mechanism,
    ObjectClass,
    PKCS11Error,
    Session,
    UserAlreadyLoggedIn,
)

from services.certificates.adapters.keys import DocumentKeys


class DeviceKey:
    """A private key on a device. P-256 signatures differ each time: the device chooses their secret number."""

    remote = True

    def __init__(self, module: Path, token: str, pin: str, label: str) -> None:
        self._module, self._token, self._pin, self._label = module, token, pin, label
        self._session, self._key = self._opened()
        kinds = {KeyType.EC: "sha256_ecdsa", KeyType.RSA: "sha256_rsa"}
        if self._key.key_type not in kinds:
            raise ValueError(f"key {label!r} on {token!r} is neither P-256 nor RSA")
        self.mechanism = kinds[self._key.key_type]

    def _opened(self) -> tuple[Session, Any]:
        try:
            token = pkcs11.lib(str(self._module)).get_token(token_label=self._token)
            try:
                session = token.open(user_pin=self._pin)
            except UserAlreadyLoggedIn:  # a login holds for the whole process
                session = token.open()
            return session, session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._label)
        except (PKCS11Error, RuntimeError) as error:
            why = f"{type(error).__name__} {error}".strip()
            raise ValueError(f"no key {self._label!r} on token {self._token!r} behind {self._module}: {why}") from error

    def sign(self, data: bytes) -> bytes:
        """The signature over this data; a session that the device has ended is opened again, once."""
        try:
            return self._signed(data)
        except PKCS11Error:
            self._session, self._key = self._opened()
            return self._signed(data)

    def _signed(self, data: bytes) -> bytes:
        if self.mechanism == "sha256_rsa":
            return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
        both = bytes(self._key.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA))
        half = len(both) // 2
        return encode_dss_signature(int.from_bytes(both[:half]), int.from_bytes(both[half:]))

    def certificates(self) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
        """The certificate of this key, and the others on the device.

        Raises:
            ValueError: the device holds no certificate with the id of the key.
        """
        own, others = None, []
        identity = self._key[Attribute.ID]
        for object_ in self._session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            certificate = x509.load_der_x509_certificate(bytes(object_[Attribute.VALUE]))
            if object_[Attribute.ID] == identity:
                own = certificate
            else:
                others.append(certificate)
        if own is None:
            raise ValueError(f"token {self._token!r} holds no certificate with the id of key {self._label!r}")
        return own, tuple(others)


def device_keys(module: Path, token: str, pin: str, label: str) -> DocumentKeys:
    """The keys for documents on a device, with the certificates that lie beside them.

    Args:
        module: the library of the device's maker.
        token: the label of the token.
        pin: what opens it.
        label: the label of the private key.

    Raises:
        ValueError: the library, the token, the key or its certificate is not there, or the PIN is wrong.
    """
    key = DeviceKey(module, token, pin, label)
    own, chain = key.certificates()
    return DocumentKeys(key, own, chain)
