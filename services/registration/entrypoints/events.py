"""What registration takes in from the other services."""

from services.registration.adapters.assigned import Assigned
from services.registration.adapters.results import PublishedResults
from services.registration.adapters.tasks_left import MongoTasksLeft
from services.registration.application.ports import Clock
from services.registration.domain.messages import HookKind
from services.registration.entrypoints.messenger import Messenger
from shared.events.certificates import (
    CertificateIssuedV1,
    CertificateRestoredV1,
    CertificateRevokedV1,
    CertificateSupersededV1,
)
from shared.events.judging import (
    AdvancementDecidedV1,
    PanelAssignedV1,
    ResultsAnnouncedV1,
    ResultsFinalizedV1,
    RoundClosedV1,
    SeatsGivenV1,
    TasksLeftV1,
)
from shared.messaging.delivery import Delivery


def subscribe(
    delivery: Delivery,
    results: PublishedResults,
    assigned: Assigned,
    tasks_left: MongoTasksLeft,
    messenger: Messenger,
    clock: Clock,
) -> None:
    """Make the subscribers of registration."""

    @delivery.durable(PanelAssignedV1, "registration-panel-assigned-v1")
    async def note_assignment(event: PanelAssignedV1) -> None:
        await assigned.keep(event)

    @delivery.durable(TasksLeftV1, "registration-tasks-left-v1")
    async def note_tasks_left(event: TasksLeftV1) -> None:
        await tasks_left.keep(event)

    @delivery.durable(RoundClosedV1, "registration-round-closed-v1")
    async def note_closed_round(event: RoundClosedV1) -> None:
        await results.close_round(event)
        await messenger.round_closed(event)

    @delivery.durable(AdvancementDecidedV1, "registration-advancement-decided-v1")
    async def tell_who_goes_on(event: AdvancementDecidedV1) -> None:
        await messenger.goes_on(event)

    @delivery.durable(SeatsGivenV1, "registration-seats-given-v1")
    async def tell_who_went_on_before(event: SeatsGivenV1) -> None:
        await messenger.goes_on(event)

    @delivery.durable(ResultsAnnouncedV1, "registration-results-announced-v1")
    async def put_on_notice(event: ResultsAnnouncedV1) -> None:
        await results.keep(event)
        await messenger.results_announced(event)
        await messenger.results_told(event)

    @delivery.durable(ResultsFinalizedV1, "registration-results-finalized-v1")
    async def show_final(event: ResultsFinalizedV1) -> None:
        await results.keep(event)
        await messenger.results_told(event)

    @delivery.durable(CertificateIssuedV1, "registration-certificate-issued-v1")
    async def show_certificate(event: CertificateIssuedV1) -> None:
        await results.certificate(event)
        await messenger.certificate_ready(event, await clock.now())
        await messenger.certificate_told(event, HookKind.CERTIFICATE_ISSUED, event.issued_at)

    @delivery.durable(CertificateSupersededV1, "registration-certificate-superseded-v1")
    async def show_newer_certificate(event: CertificateSupersededV1) -> None:
        await results.certificate(event)
        await messenger.certificate_changed(event, "certificate-corrected", event.superseded_at, event.reason)
        await messenger.certificate_told(event, HookKind.CERTIFICATE_CORRECTED, event.superseded_at)

    @delivery.durable(CertificateRevokedV1, "registration-certificate-revoked-v1")
    async def show_no_certificate(event: CertificateRevokedV1) -> None:
        await results.certificate_standing(event, event.revoked_at, revoked=True)
        kind = "certificate-award-revoked" if event.award_revoked else "certificate-revoked"
        await messenger.certificate_changed(event, kind, event.revoked_at, event.reason)
        await messenger.certificate_told(
            event, HookKind.CERTIFICATE_REVOKED, event.revoked_at, award_revoked=event.award_revoked
        )

    @delivery.durable(CertificateRestoredV1, "registration-certificate-restored-v1")
    async def show_certificate_again(event: CertificateRestoredV1) -> None:
        await results.certificate_standing(event, event.restored_at, revoked=False)
        await messenger.certificate_changed(event, "certificate-restored", event.restored_at, event.reason)
        await messenger.certificate_told(event, HookKind.CERTIFICATE_RESTORED, event.restored_at)
