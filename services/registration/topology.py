"""What registration tells and takes in."""

from shared.events import certificates, judging, registration
from shared.messaging.topology import ServiceTopology

TOPOLOGY = ServiceTopology(
    service="registration",
    stream="REGISTRATION",
    publishes=(
        registration.SeasonOpenedV1,
        registration.SeasonAmendedV1,
        registration.UnitRecordedV1,
        registration.EntryAcceptedV1,
        registration.EntryAmendedV1,
        registration.EntryWithdrawnV1,
        registration.ConsentWithdrawnV1,
        registration.WorkLockedV1,
        registration.SummaryFiledV1,
        registration.SelfAssessmentSettledV1,
        registration.PersonNamedV1,
        registration.PersonCorrectedV1,
        registration.PersonErasedV1,
        registration.JudgeAppointedV1,
        registration.JudgeRecordedV1,
        registration.KeyPublishedV1,
        registration.SessionRevokedV1,
    ),
    consumes={
        "registration-panel-assigned-v1": judging.PanelAssignedV1,
        "registration-tasks-left-v1": judging.TasksLeftV1,
        "registration-round-closed-v1": judging.RoundClosedV1,
        "registration-advancement-decided-v1": judging.AdvancementDecidedV1,
        "registration-seats-given-v1": judging.SeatsGivenV1,
        "registration-results-announced-v1": judging.ResultsAnnouncedV1,
        "registration-results-finalized-v1": judging.ResultsFinalizedV1,
        "registration-certificate-issued-v1": certificates.CertificateIssuedV1,
        "registration-certificate-superseded-v1": certificates.CertificateSupersededV1,
        "registration-certificate-revoked-v1": certificates.CertificateRevokedV1,
        "registration-certificate-restored-v1": certificates.CertificateRestoredV1,
    },
)
