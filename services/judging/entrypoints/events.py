"""What judging takes in from registration."""

from services.judging.adapters.accounts import MongoAccounts
from services.judging.adapters.projections import Projections
from services.judging.application.handing_out import take_in_judge
from services.judging.application.ports import Store
from services.judging.application.rounds import entry_left
from services.judging.domain.facts import Judge, JudgeRole
from shared.events.registration import (
    EntryAcceptedV1,
    EntryAmendedV1,
    EntryWithdrawnV1,
    JudgeAppointedV1,
    JudgeRecordedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    SelfAssessmentSettledV1,
    SummaryFiledV1,
    UnitRecordedV1,
    WorkLockedV1,
)
from shared.messaging.delivery import Delivery, NotYet


def subscribe(delivery: Delivery, projections: Projections, accounts: MongoAccounts, store: Store) -> None:
    """Make the subscribers of judging."""

    @delivery.durable(SeasonOpenedV1, "judging-season-opened-v1")
    async def open_season(event: SeasonOpenedV1) -> None:
        await projections.season(event)

    @delivery.durable(SeasonAmendedV1, "judging-season-amended-v1")
    async def amend_rules(event: SeasonAmendedV1) -> None:
        if not await projections.amended(event):
            raise NotYet

    @delivery.durable(UnitRecordedV1, "judging-unit-recorded-v1")
    async def keep_unit(event: UnitRecordedV1) -> None:
        await projections.unit(event)

    @delivery.durable(EntryAcceptedV1, "judging-entry-accepted-v1")
    async def open_score_sheet(event: EntryAcceptedV1) -> None:
        await projections.entry(event)

    @delivery.durable(EntryAmendedV1, "judging-entry-amended-v1")
    async def amend_score_sheet(event: EntryAmendedV1) -> None:
        await projections.entry(event)

    @delivery.durable(EntryWithdrawnV1, "judging-entry-withdrawn-v1")
    async def note_withdrawal(event: EntryWithdrawnV1) -> None:
        await projections.withdrawn(event)
        season = await store.seasons.find(event.season)
        if season is None:
            raise NotYet
        await entry_left(season, event.round, store)

    @delivery.durable(WorkLockedV1, "judging-work-locked-v1")
    async def note_locked_work(event: WorkLockedV1) -> None:
        await projections.work(event)

    @delivery.durable(SummaryFiledV1, "judging-summary-filed-v1")
    async def keep_summary(event: SummaryFiledV1) -> None:
        await projections.summary(event)

    @delivery.durable(SelfAssessmentSettledV1, "judging-self-assessment-settled-v1")
    async def take_over_verified_total(event: SelfAssessmentSettledV1) -> None:
        await projections.settled(event)

    @delivery.durable(JudgeAppointedV1, "judging-judge-appointed-v1")
    async def appoint_judge(event: JudgeAppointedV1) -> None:
        await accounts.appoint(event)

    @delivery.durable(JudgeRecordedV1, "judging-judge-recorded-v1")
    async def keep_judge(event: JudgeRecordedV1) -> None:
        season = await store.seasons.find(event.season)
        if season is None:
            raise NotYet
        judge = Judge(
            event.judge,
            event.employer,
            event.tracks,
            event.conflicts,
            JudgeRole(event.role),
            languages=event.languages,
        )
        await take_in_judge(season, judge, event.version, store)
