"""What judging tells and takes in."""

from shared.events import judging, registration
from shared.messaging.topology import ServiceTopology

TOPOLOGY = ServiceTopology(
    service="judging",
    stream="JUDGING",
    publishes=(
        judging.PanelAssignedV1,
        judging.TasksLeftV1,
        judging.RoundClosedV1,
        judging.SeatsGivenV1,
        judging.ResultsAnnouncedV1,
        judging.ResultsFinalizedV1,
        judging.AwardGrantedV1,
        judging.AwardChangedV1,
        judging.AwardRevokedV1,
    ),
    consumes={
        "judging-season-opened-v1": registration.SeasonOpenedV1,
        "judging-season-amended-v1": registration.SeasonAmendedV1,
        "judging-unit-recorded-v1": registration.UnitRecordedV1,
        "judging-entry-accepted-v1": registration.EntryAcceptedV1,
        "judging-entry-amended-v1": registration.EntryAmendedV1,
        "judging-entry-withdrawn-v1": registration.EntryWithdrawnV1,
        "judging-work-locked-v1": registration.WorkLockedV1,
        "judging-summary-filed-v1": registration.SummaryFiledV1,
        "judging-self-assessment-settled-v1": registration.SelfAssessmentSettledV1,
        "judging-judge-appointed-v1": registration.JudgeAppointedV1,
        "judging-judge-recorded-v1": registration.JudgeRecordedV1,
        "judging-key-published-v1": registration.KeyPublishedV1,
        "judging-session-revoked-v1": registration.SessionRevokedV1,
    },
)
