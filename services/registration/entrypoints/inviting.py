"""Invitations on paper and by mail: sent while whoever invites waits, since nothing keeps the secret that a letter carries."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiosmtplib import SMTPException

from services.registration.application.identity import Link
from services.registration.domain.messages import DeliveryState
from services.registration.entrypoints.context import Context
from shared.errors import TooMany
from shared.throttle import Throttle
from shared.web.qr import qr_svg
from shared.web.translation import Translator

LETTERS_A_DAY, DAY_SECONDS = 5, 86_400
"""Invitations to one address, so that nobody is pestered through us."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Slip:
    """An invitation to be printed, with lines that say whom it is for; its address is shown this once."""

    lines: Sequence[str]
    url: str

    @property
    def qr(self) -> str:
        return qr_svg(self.url)


def invitation_url(context: Context, secret: str) -> str:
    """Where an invitation is accepted."""
    return f"{context.settings.public_url}/registration/invitations/{secret}"


async def mail_invitations(context: Context, secrets: Sequence[str], t: Translator) -> list[DeliveryState]:
    """Mail each invitation that has an address and was not mailed before, and keep what came of it.

    Once the server cannot be reached, the others are not tried; they are sent again from the list.
    """
    states: list[DeliveryState] = []
    reachable = context.notifications.post.open
    for secret in secrets:
        link = await context.access.accounts.invitation(secret)
        state = link.mailed
        if link.mail and state is not DeliveryState.SENT and context.notifications.post.open:
            state = await _mailed(context, link, secret, t) if reachable else DeliveryState.FAILED
            reachable = reachable and state is DeliveryState.SENT
            await context.access.stored_accounts.note_mailed(link.hash, state)
        states.append(state)
    return states


async def _mailed(context: Context, link: Link, secret: str, t: Translator) -> DeliveryState:
    season = await context.read.seasons.find(link.grants[0].season)
    title = season.rules.season.title.best(t.language) if season else ""
    role = t(f"role-{link.grants[0].role}")
    subject = t("invitation-letter-subject", role=role, season=title)
    text = t("invitation-letter", role=role, season=title, url=invitation_url(context, secret))
    throttle = Throttle(context.access.counters, "invitation-mail", LETTERS_A_DAY, DAY_SECONDS, "too-often")
    try:
        await throttle.spend(link.mail.lower())
        await context.notifications.post.send(f"invitation/{link.hash}", link.mail, subject, text, t.html_language)
    except (TooMany, SMTPException, OSError, ValueError) as error:  # a header that may not be is a ValueError
        log.warning("invitation_not_mailed", error=type(error).__name__)
        return DeliveryState.FAILED
    return DeliveryState.SENT
