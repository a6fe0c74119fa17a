"""A season that is open for registration, in memory."""

from dataclasses import replace
from itertools import count
from typing import Any

from services.registration.application.entering import draft, submit
from services.registration.application.forms import Applicant, Application, TeamMate, enter_person
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.reviewing import Reviewer
from services.registration.application.seasons import open_season
from services.registration.domain.people import Name
from services.registration.domain.units import Unit
from shared.commands import Command
from shared.season.rules import SeasonRules
from tests.support.fakes.registration import Registration
from tests.support.rules import at, season_rules

OPEN = at("2025-03-10T09:00:00")
"""While registration is open."""
CLOSES = at("2025-03-28T17:00:00")
JUDGING = at("2025-04-07T00:00:00")
"""When judging opens."""
ADULT, YOUNG = "2009-01", "2014-01"
"""Birth months of somebody who decides alone in March 2025, and of somebody whose guardian does."""
UNITS = (
    Unit("CITY", "", "city", "城", "City", "", 0),
    Unit("P01", "CITY", "school", "一校", "", "", 1),
    Unit("P02", "CITY", "school", "二校", "", "", 2),
)
ORGANIZER = Reviewer("organizer", "CITY", "city")


class Registered(Registration):
    """Registration in memory with one season in it."""

    def __init__(self, rules: SeasonRules, now: int) -> None:
        super().__init__(now)
        self.rules, self.id = rules, rules.id
        self._keys = count(1)

    async def season(self) -> Season:
        stored_season = await self.seasons.find(self.id)
        assert stored_season
        return stored_season

    def command(self, key: str = "", body: bytes = b"") -> Command:
        """One creating request; without a key one of its own."""
        return Command.named(
            key or f"key {next(self._keys)}", account="acc", address="/entries", body=body, secret=b"secret"
        )

    async def student(self, name: str = "安娜", birth: str = ADULT, unit: str = "P01") -> Applicant:
        """A student who entered; their account is called after them."""
        person = await enter_person(await self.season(), unit, Name(name, ""), birth, self.command(), self.store)
        return Applicant(f"account of {name}", person, unit)

    async def drafted(self, who: Applicant | None = None, **changes: Any) -> StoredEntry:
        applicant = who or await self.student()
        return await draft(await self.season(), applicant, form(**changes), self.clock.at, self.command(), self.store)

    async def submitted(self, who: Applicant | None = None, **changes: Any) -> StoredEntry:
        entry = await self.drafted(who, **changes)
        return await submit(await self.season(), entry, self.clock.at, self.works, self.store, by="acc")

    async def kept(self, entry: StoredEntry) -> StoredEntry:
        """The entry as it is stored now."""
        stored_entry = await self.entries.find(self.id, entry.entry.entry)
        assert stored_entry
        return stored_entry


def form(**changes: Any) -> Application:
    """What a student of 16 years fills in for track A."""
    return replace(Application("A", "潮汐观察员", 9, (), ("王老师",)), **changes)


def mate(name: str = "本", birth: str = YOUNG, grade: int | None = 5) -> TeamMate:
    return TeamMate(Name(name, ""), birth, grade)


async def registered(rules: SeasonRules | None = None, *, mode: Any = "live", now: int = OPEN) -> Registered:
    """An open season with a city and two schools."""
    stored_registered = Registered(rules or season_rules(), now)
    await open_season(stored_registered.rules, mode, 1, stored_registered.store)
    await stored_registered.units.save(stored_registered.id, UNITS)
    stored_registered.told.forget()
    return stored_registered
