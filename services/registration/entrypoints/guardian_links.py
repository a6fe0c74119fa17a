"""The addresses of guardians' links, who comes by them, and how often they may be asked for."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from fastapi import Request

from services.registration.application.consenting import consent_needed
from services.registration.application.guardians import GuardianLinks, Visit, signed_on_paper, slip_until
from services.registration.application.ports import Season, StoredEntry
from services.registration.domain.consent import ON_PAPER, Channel
from services.registration.entrypoints.context import Context
from shared.http.client_address import address_of
from shared.throttle import Throttle
from shared.web.qr import qr_svg

USES_AN_HOUR = 60
"""Of one link: a guardian reads, decides, and looks again."""
MISSES = 60
"""From one address within a quarter of an hour: many families may share one."""


@dataclass(frozen=True, slots=True)
class GuardianSlip:
    """What is handed on to one guardian: for whom, and the link that asks."""

    child: str
    title: str
    member: int
    url: str
    qr: str
    until: int
    """In microseconds UTC; 0 for a link of the guardian's own, which is good as long as the data is kept."""
    entry: str = ""


class GuardianPages:
    """What the pages of guardians share."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.links = GuardianLinks(context.access.key.derive("consent"))
        self._addresses = context.access.key.derive("addresses")
        self._uses = Throttle(context.access.counters, "guardian", USES_AN_HOUR, 3600, "too-often")
        self._misses = Throttle(context.access.counters, "guardian-miss", MISSES, 900, "too-often")

    def slip(self, stored: StoredEntry, member: int, channel: Channel, until: int) -> GuardianSlip:
        """A link that asks for this member, as it is shown or printed."""
        token = self.links.ask(stored, member, channel, until)
        base = self._context.settings.public_url
        url = f"{base}/registration/consent/{stored.season}/{stored.entry.entry}/{member}/{token}"
        child = stored.entry.members[member - 1].name.best
        return GuardianSlip(child, stored.entry.title, member, url, qr_svg(url), until, stored.entry.entry)

    def paper_slip(self, stored: StoredEntry, member: int) -> GuardianSlip:
        """The own link of a guardian who signed on paper: to look, to change, to withdraw."""
        address = self.own_address(stored.season, stored.members[member - 1], ON_PAPER)
        url = f"{self._context.settings.public_url}{address}"
        child = stored.entry.members[member - 1].name.best
        return GuardianSlip(child, stored.entry.title, member, url, qr_svg(url), 0, stored.entry.entry)

    async def slips(
        self, season: Season, entries: Sequence[StoredEntry], people: Collection[str] | None = None
    ) -> list[GuardianSlip]:
        """What a school hands out for these entries, to the guardians of these children (None: all): to those who are
        asked, and once a child to those who signed on paper.
        """
        now = await self._context.store.clock.now()
        slips: list[GuardianSlip] = []
        signed: set[str] = set()
        for stored in entries:
            asked = consent_needed(season, stored, now)
            paper = signed_on_paper(stored)
            for member, person in enumerate(stored.members, 1):
                if people is not None and person not in people:
                    continue
                if member in asked:
                    slips.append(self.slip(stored, member, "school", slip_until(now)))
                elif member in paper and person not in signed:
                    signed.add(person)
                    slips.append(self.paper_slip(stored, member))
        return slips

    def own_address(self, season: str, person: str, guardian: str) -> str:
        """The address of a guardian's own page."""
        return f"/registration/guardians/{season}/{person}/{self.links.own(season, person, guardian)}"

    def visit(self, request: Request) -> Visit:
        """Who comes."""
        digest = hmac.new(self._addresses, address_of(request).encode(), sha256).hexdigest()[:16]
        principal = getattr(request.state, "principal", None)
        return Visit(principal.people, principal.session, digest) if principal else Visit(address=digest)

    async def count_use(self, link: str) -> None:
        """Raises TooMany for a link that is used too often."""
        await self._uses.spend(link)

    async def count_miss(self, request: Request) -> None:
        """Raises TooMany for an address that comes with too many links that are not good."""
        await self._misses.spend(address_of(request))
