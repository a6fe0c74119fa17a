"""What the certificates service takes in."""

from collections.abc import Mapping

from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.application.issuing import change, issue, name_corrected, revoke
from services.certificates.application.ports import Store
from services.certificates.domain.documents import Kind
from shared.events.judging import AwardChangedV1, AwardGrantedV1, AwardRevokedV1
from shared.events.registration import (
    ConsentWithdrawnV1,
    PersonCorrectedV1,
    PersonErasedV1,
    PersonNamedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    UnitRecordedV1,
)
from shared.messaging.delivery import Delivery
from shared.season.text import Text


def subscribe(
    delivery: Delivery, known: MongoKnown, certificates: MongoCertificates, titles: Mapping[Kind, Text], store: Store
) -> None:
    """Make the subscribers of the certificates service."""

    @delivery.durable(SeasonOpenedV1, "certificates-season-opened-v1")
    async def keep_rules(event: SeasonOpenedV1) -> None:
        await known.season_told(event)

    @delivery.durable(SeasonAmendedV1, "certificates-season-amended-v1")
    async def keep_amended_rules(event: SeasonAmendedV1) -> None:
        await known.season_told(event)

    @delivery.durable(UnitRecordedV1, "certificates-unit-recorded-v1")
    async def keep_unit_name(event: UnitRecordedV1) -> None:
        await known.unit_recorded(event)

    @delivery.durable(PersonNamedV1, "certificates-person-named-v1")
    async def keep_name(event: PersonNamedV1) -> None:
        await known.person_named(event)

    @delivery.durable(PersonErasedV1, "certificates-person-erased-v1")
    async def erase_name(event: PersonErasedV1) -> None:
        await certificates.erase(event)

    @delivery.durable(ConsentWithdrawnV1, "certificates-consent-withdrawn-v1")
    async def hide_name(event: ConsentWithdrawnV1) -> None:
        await known.consent_withdrawn(event)

    @delivery.durable(AwardGrantedV1, "certificates-award-granted-v1")
    async def issue_certificates(event: AwardGrantedV1) -> None:
        await issue(event, titles, store)

    @delivery.durable(AwardChangedV1, "certificates-award-changed-v1")
    async def change_certificates(event: AwardChangedV1) -> None:
        await change(event, titles, store)

    @delivery.durable(AwardRevokedV1, "certificates-award-revoked-v1")
    async def revoke_certificates(event: AwardRevokedV1) -> None:
        await revoke(event, store)

    @delivery.durable(PersonCorrectedV1, "certificates-person-corrected-v1")
    async def supersede_certificates(event: PersonCorrectedV1) -> None:
        await name_corrected(event, store)
