"""Tokens and clocks that do not agree."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.base64url import encode
from shared.identity.principal import Principal
from shared.identity.tokens import LEEWAY, Keys, TokenInvalid, sign, verify

MINUTE = 60


@pytest.mark.parametrize(
    ("skew", "taken"),
    [
        (0, True),
        (LEEWAY // 2, True),
        (-LEEWAY // 2, True),
        (LEEWAY + MINUTE, False),
        (-15 * MINUTE - LEEWAY - MINUTE, False),
    ],
    ids=["agree", "somewhat ahead", "somewhat behind", "ahead", "run out"],
)
def test_clocks_may_differ_by_half_a_minute_and_no_more(skew: int, taken: bool) -> None:
    """Clock skew between machines: keeps away both refusals for a second's difference and tokens of the future."""
    key, keys, now = Ed25519PrivateKey.generate(), Keys(), int(time.time())
    keys.add("k", encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)))
    made = Principal("a", "s", "login", "person", (), now + skew, now + skew + 15 * MINUTE, kind="session")
    token = sign(key, "k", made, "session")

    if taken:
        assert verify(token, keys).account == "a"
    else:
        with pytest.raises(TokenInvalid):
            verify(token, keys)
