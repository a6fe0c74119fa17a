"""All contracts, and their JSON Schemas.

`python -m shared.events.catalogue` writes the committed schemas anew. A contract may gain optional fields within
a version; the contract tests refuse every other change.
"""

import json
from pathlib import Path
from typing import Any

from shared.events import certificates, judging, registration
from shared.events.base import IntegrationEvent

SCHEMAS = Path(__file__).parent / "schemas"

EVENTS: tuple[type[IntegrationEvent], ...] = (
    registration.SeasonOpenedV1,
    registration.SeasonAmendedV1,
    registration.UnitRecordedV1,
    registration.EntryAcceptedV1,
    registration.EntryAmendedV1,
    registration.EntryWithdrawnV1,
    registration.ConsentWithdrawnV1,
    registration.WorkLockedV1,
    registration.SummaryFiledV1,
    registration.PersonNamedV1,
    registration.PersonCorrectedV1,
    registration.PersonErasedV1,
    registration.JudgeAppointedV1,
    registration.KeyPublishedV1,
    registration.SessionRevokedV1,
    judging.PanelAssignedV1,
    judging.RoundClosedV1,
    judging.SeatsGivenV1,
    judging.ResultsAnnouncedV1,
    judging.ResultsFinalizedV1,
    judging.AwardGrantedV1,
    judging.AwardChangedV1,
    judging.AwardRevokedV1,
    certificates.CertificateIssuedV1,
    certificates.CertificateSupersededV1,
    certificates.CertificateRevokedV1,
    certificates.CertificateRestoredV1,
)


def schema(event: type[IntegrationEvent]) -> dict[str, Any]:
    """The JSON Schema of a contract, as other people's tools read it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **event.model_json_schema(mode="serialization")}


def schema_file(event: type[IntegrationEvent]) -> Path:
    return SCHEMAS / f"{event.SUBJECT}.json"


def main() -> None:
    for event in EVENTS:
        schema_file(event).write_text(json.dumps(schema(event), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
