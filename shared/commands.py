"""Requests that create something, told apart by their Idempotency-Key, so that sending one again has no second effect.

What a command creates gets its id, and its secret if it has one, derived from the command. The same command again
meets its own document; the database decides, whatever the number of processes, and nothing is kept beside the
aggregate. (After the IETF draft "The Idempotency-Key HTTP Header Field", which asks for an error where the same key
comes with another body.)
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

from shared.errors import Invalid

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Command:
    """One creating request: `id` is the same whenever the same caller sends the same key to the same address."""

    id: str
    body: str
    """Fingerprint of what was sent."""
    secret: bytes = field(repr=False)

    @classmethod
    def named(cls, key: str, *, account: str, address: str, body: bytes, secret: bytes) -> "Command":
        """The command that this key names; without a key one that never comes again.

        Raises:
            Invalid: the key is longer than 255 characters or not printable ASCII.
        """
        if len(key) > LONGEST_KEY or not key.isascii() or (key and not key.isprintable()):
            raise Invalid("idempotency-key-form", longest=LONGEST_KEY)
        scope = f"{account}\n{address}\n{key or uuid4().hex}"
        return cls(sha256(scope.encode()).hexdigest(), sha256(body).hexdigest(), secret)

    @classmethod
    def once(cls, secret: bytes) -> "Command":
        """A command that never comes again."""
        return cls(uuid4().hex, "", secret)

    def derive(self, purpose: str) -> bytes:
        """32 bytes that only this installation can find out, always the same for this command and purpose."""
        return hmac.new(self.secret, f"{purpose}\n{self.id}".encode(), sha256).digest()

    def part(self, name: str) -> "Command":
        """The command for one of several things that this one makes."""
        return replace(self, id=sha256(f"{self.id}\n{name}".encode()).hexdigest())

    def stored(self) -> dict[str, str]:
        """How it stands in the document it created."""
        return {"id": self.id, "body": self.body}

    def made(self, stored: Mapping[str, Any]) -> bool:
        """Whether it created the document in which this stands.

        Raises:
            Invalid: it did, but with another body.
        """
        if stored.get("id") != self.id:
            return False
        if stored.get("body") != self.body:
            raise Invalid("idempotency-key-reused")
        return True
