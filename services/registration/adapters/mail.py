"""The post: one SMTP server, plain letters, one at a time."""

import asyncio
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import aiosmtplib

TIMEOUT = 20
SECONDS = 60
"""For the whole letter, however many steps of it are slow."""


class Post:
    """Sends letters by the server at `smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`."""

    def __init__(self, address: str, sender: str) -> None:
        self._parts, self._sender = urlsplit(address), sender
        self._domain = sender.rpartition("@")[2].rstrip(">") or "localhost"

    @property
    def open(self) -> bool:
        """Whether there is a server to send by."""
        return bool(self._parts.hostname)

    async def send(self, key: str, to: str, subject: str, text: str, language: str) -> None:
        """Return when the server has taken the letter. The same key always has the same Message-ID.

        Raises:
            aiosmtplib.SMTPException, OSError: it was not taken.
        """
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, to, subject
        letter["Date"], letter["Content-Language"] = formatdate(localtime=False, usegmt=True), language
        letter["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:32]}@{self._domain}>" if key else make_msgid()
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)
        parts = self._parts
        async with asyncio.timeout(SECONDS):
            await aiosmtplib.send(
                letter,
                hostname=parts.hostname,
                port=parts.port,
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=parts.scheme == "smtps",
                start_tls=parts.scheme == "smtp+starttls",
                timeout=TIMEOUT,
            )
