"""What the certificates service tells and takes in. It alone reads the names of people."""

from shared.events import certificates, judging, registration
from shared.messaging.topology import ServiceTopology

TOPOLOGY = ServiceTopology(
    service="certificates",
    stream="CERTIFICATES",
    publishes=(
        certificates.CertificateIssuedV1,
        certificates.CertificateSupersededV1,
        certificates.CertificateRevokedV1,
        certificates.CertificateRestoredV1,
    ),
    consumes={
        "certificates-season-opened-v1": registration.SeasonOpenedV1,
        "certificates-season-amended-v1": registration.SeasonAmendedV1,
        "certificates-unit-recorded-v1": registration.UnitRecordedV1,
        "certificates-person-named-v1": registration.PersonNamedV1,
        "certificates-person-corrected-v1": registration.PersonCorrectedV1,
        "certificates-person-erased-v1": registration.PersonErasedV1,
        "certificates-consent-withdrawn-v1": registration.ConsentWithdrawnV1,
        "certificates-award-granted-v1": judging.AwardGrantedV1,
        "certificates-award-changed-v1": judging.AwardChangedV1,
        "certificates-award-revoked-v1": judging.AwardRevokedV1,
        "certificates-key-published-v1": registration.KeyPublishedV1,
        "certificates-session-revoked-v1": registration.SessionRevokedV1,
    },
)
