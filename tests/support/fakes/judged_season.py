"""A season that is being judged, in memory."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from services.judging.application.finalizing import announce, finalize
from services.judging.application.handing_out import PanelPlan, PanelWishes, hand_out, plan_panels
from services.judging.application.ports import JudgedSeason
from services.judging.application.rounds import close_round
from services.judging.application.scoring import write_ballot
from services.judging.domain.facts import Judge, JudgeRole, Run, TestScore
from services.judging.domain.signatures import Signatory
from shared.events.registration import EntryAcceptedV1, EntryWithdrawnV1, SeasonOpenedV1, UnitRecordedV1
from shared.season.rules import SeasonRules
from tests.support.fakes.judging import Judging
from tests.support.rules import at, two_rounds

JUDGES = (
    Judge("J1", "university", ("A",), (), JudgeRole.SCORING),
    Judge("J2", "university", ("A",), (), JudgeRole.SCORING),
)
ENTRIES = (("E1", "A", "P01"), ("E2", "A", "P02"), ("E3", "A", "P03"), ("E5", "B", "P01"), ("E6", "C", "P01"))
"""Entry, track, school."""
DURING = at("2025-04-08T09:00:00")
"""While the first round is judged."""
AFTER_HEATS = at("2025-04-12T00:00:01")
DURING_FINAL = at("2025-04-15T09:00:00")
AFTER_FINAL = at("2025-04-19T00:00:00")
AFTER_NOTICE = at("2025-04-26T00:00:01")
RUBRIC = ("theme", "originality", "process")
FULL = (40, 40, 20)


def who(login: str) -> Signatory:
    """Somebody whom the installation appointed."""
    return Signatory(f"account-{login}", login)


CHIEF = who("chief")


class Judged(Judging):
    """Judging in memory with one season in it."""

    def __init__(self, rules: SeasonRules, now: int) -> None:
        super().__init__(now)
        self.rules, self.id = rules, rules.id

    async def season(self) -> JudgedSeason:
        stored_season = await self.seasons.find(self.id)
        assert stored_season
        return stored_season

    async def tell(self, entry: str, track: str = "A", unit: str = "P01", version: int = 1, **changes: Any) -> None:
        """An entry as registration tells it."""
        facts: dict[str, Any] = {
            "season": self.id,
            "entry": entry,
            "version": version,
            "standing": "valid",
            "track": track,
            "division": "P",
            "unit": unit,
            "title": f"work {entry}",
            "registered_at": at("2025-03-04T09:00:00"),
            "submitted_at": at("2025-03-05T09:00:00") + int(entry[1:]),
            "members": [{"person": f"p-{entry}", "grade": 5}],
            "instructors": [{"instructor": f"I-{entry}", "person": f"t-{entry}"}],
        }
        await self.projections.entry(EntryAcceptedV1.model_validate(facts | changes))

    async def leaves(self, entry: str, round_id: str, when: int) -> None:
        await self.projections.withdrawn(
            EntryWithdrawnV1(season=self.id, entry=entry, round=round_id, at=when, cause="withdrawal")
        )

    async def score(self, entry: str, points: int, judge: Judge = JUDGES[0], *, component: str = "work") -> None:
        """A submitted ballot whose value is so many of 100."""
        theme = min(points, FULL[0])
        originality = min(points - theme, FULL[1])
        given = dict(zip(RUBRIC, map(str, (theme, originality, points - theme - originality)), strict=True))
        season = await self.season()
        await write_ballot(
            season,
            judge,
            entry,
            component,
            given,
            round_id=season.shown.id,
            account=f"account-{judge.judge}",
            submit=True,
            comment="",
            note="",
            store=self.store,
        )

    async def hand_out(self, **wishes: Any) -> PanelPlan:
        """The works handed out, as they were previewed."""
        season, asked = await self.season(), PanelWishes(**wishes)
        plan = await plan_panels(season, asked, self.store)
        return await hand_out(season, asked, plan.hash, CHIEF, self.store)

    async def heats(self, points: Sequence[int] = (90, 80, 70)) -> None:
        """The first round scored in full: E1, E2, E3 by a judge; the test and a flight by sheets."""
        for number, value in enumerate(points, 1):
            await self.score(f"E{number}", value)
        await self.store.scores.save_tests(self.id, [TestScore("heats", "quiz", "E5", Decimal(40))], may_add=True)
        await self.store.scores.save_runs(
            self.id, [Run("heats", "flights", "E6", 1, Decimal(60), Decimal(30))], may_add=True
        )

    async def close(self, round_id: str = "heats", when: int = AFTER_HEATS) -> None:
        self.clock.at = when
        await close_round(await self.season(), round_id, None, "", CHIEF, self.store)

    async def announced(self) -> None:
        """Both rounds scored and closed, and the provisional results on notice."""
        await self.heats()
        await self.close()
        self.clock.at = DURING_FINAL
        await self.score("E1", 60)
        await self.score("E2", 95)
        await self.close("final", AFTER_FINAL)
        await announce(await self.season(), None, CHIEF, self.store)

    async def finished(self) -> None:
        """The same, and the results final."""
        await self.announced()
        self.clock.at = AFTER_NOTICE
        await finalize(await self.season(), None, "", CHIEF, self.store)


async def judged(rules: SeasonRules | None = None, *, mode: str = "live", now: int = DURING) -> Judged:
    """A season with three entries for judges, one for a test and one for runs, and two judges."""
    stored_judged = Judged(rules or two_rounds(), now)
    opened = {"season": stored_judged.id, "version": 1, "mode": mode, "opened_at": 1, "rules": stored_judged.rules}
    await stored_judged.projections.season(SeasonOpenedV1.model_validate(opened))
    for ordinal, (unit, parent, level) in enumerate(
        [("CITY", "", "city"), *((f"P0{number}", "CITY", "school") for number in (1, 2, 3))]
    ):
        told = {
            "season": stored_judged.id,
            "unit": unit,
            "version": 1,
            "parent": parent,
            "level": level,
            "ordinal": ordinal,
        }
        await stored_judged.projections.unit(UnitRecordedV1.model_validate({**told, "name": {"zh": unit}}))
    for entry, track, unit in ENTRIES:
        await stored_judged.tell(entry, track, unit)
    await stored_judged.facts.save_judges(stored_judged.id, JUDGES)
    return stored_judged
