"""Who asks and what they may do: tokens, roles and the keys that prove them. Only registration signs."""

from shared.identity.principal import ANYWHERE, AS_PERSON, OPERATOR_ACCOUNT, Grant, Principal, Role
from shared.identity.tokens import Keys, TokenInvalid, sign, verify

__all__ = [
    "ANYWHERE",
    "AS_PERSON",
    "OPERATOR_ACCOUNT",
    "Grant",
    "Keys",
    "Principal",
    "Role",
    "TokenInvalid",
    "sign",
    "verify",
]
