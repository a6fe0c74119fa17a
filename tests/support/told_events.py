"""One event of each kind at least, with as many of its fields stated as a season states them."""

import asyncio
from decimal import Decimal

from shared.events import certificates, judging, registration
from shared.events.base import IntegrationEvent
from shared.season.text import Text
from shared.states import ItemState
from tests.conftest import GOLDEN
from tests.support.memory_road import Road

SEASON, ENTRY, PERSON, AT = "campus-ai-2025", "E001", "p0123456789abcdef", 1_764_000_000_000_000
OF_CERTIFICATE = {
    "season": SEASON,
    "certificate": f"{SEASON}/a1/{PERSON}",
    "serial": "LA-CS-000001-42",
    "kind": "student",
    "award": "a1",
    "recipient": PERSON,
    "entry": ENTRY,
    "version": 2,
}
BESIDE_A_SEASON: tuple[IntegrationEvent, ...] = (
    registration.EntryAmendedV1(
        season=SEASON,
        entry=ENTRY,
        version=2,
        standing="valid",
        track="art",
        division="junior",
        unit="school-1",
        title="A kite",
        registered_at=AT,
        submitted_at=None,
        members=(registration.MemberFact(person=PERSON, grade=7),),
        instructors=(registration.InstructorFact(instructor="i1", person=PERSON),),
        language="zh",
    ),
    registration.EntryWithdrawnV1(season=SEASON, entry=ENTRY, round="final", at=AT, cause="withdrawal"),
    registration.ConsentWithdrawnV1(
        season=SEASON,
        entry=ENTRY,
        version=3,
        members=(registration.WithheldConsent(person=PERSON, purposes=("publish-name", "check-page")),),
        at=AT,
    ),
    registration.WorkLockedV1(
        season=SEASON,
        entry=ENTRY,
        version=1,
        files=(registration.LockedFile(number=1, sha256="0" * 64, size=1, media_type="application/pdf"),),
        locked_at=AT,
    ),
    registration.SummaryFiledV1(season=SEASON, unit="u1", version=1, submitted_at=AT, items={"plan": Decimal("9.5")}),
    registration.SelfAssessmentSettledV1(
        season=SEASON,
        entry=ENTRY,
        version=1,
        component="city.verified",
        total=Decimal("9.5"),
        items={"plan": registration.AssessedItem(own=Decimal(10), verified=Decimal("9.5"), state=ItemState.SET)},
        at=AT,
    ),
    registration.PersonCorrectedV1(
        person=PERSON, version=2, season=SEASON, entry=ENTRY, corrected_at=AT, reason="a typing error"
    ),
    registration.PersonErasedV1(person=PERSON, season=SEASON, erased_at=AT),
    registration.PersonNamedV1(person=PERSON, version=2, name=Text(zh="李明", en="Li Ming")),
    registration.JudgeAppointedV1(
        season=SEASON, judge="j1", account="a1", appointed_at=AT, by="a2", via=("a3",), reason="the first one left"
    ),
    registration.JudgeRecordedV1(
        season=SEASON,
        judge="j1",
        version=2,
        role="scoring",
        tracks=("art",),
        languages=("zh",),
        employer="school-1",
        conflicts=("i1",),
        recorded_at=AT,
    ),
    registration.KeyPublishedV1(kid="k1", x="x"),
    registration.SessionRevokedV1(session="s1", expires_at=AT),
    judging.PanelAssignedV1(season=SEASON, round="heats", judge="j1", version=1, entries=(ENTRY,)),
    judging.TasksLeftV1(season=SEASON, round="heats", judge="j1", version=1, left=3, counted_at=AT),
    certificates.CertificateIssuedV1(**OF_CERTIFICATE, issued_at=AT),
    certificates.CertificateSupersededV1(**OF_CERTIFICATE, superseded_at=AT, reason="a typing error"),
    certificates.CertificateRevokedV1(**OF_CERTIFICATE, revoked_at=AT, reason="a plagiarism"),
    certificates.CertificateRestoredV1(**OF_CERTIFICATE, restored_at=AT, reason="an appeal"),
)


def told_events() -> list[IntegrationEvent]:
    """The events of the golden season, and one of each kind that it does not tell."""
    road = Road(GOLDEN)
    asyncio.run(road.run())
    of_season = [*road.registration.told.events, *road.judging.told.events]
    opened = next(event for event in of_season if isinstance(event, registration.SeasonOpenedV1))
    seats = next(event for event in of_season if isinstance(event, judging.SeatsGivenV1))
    return [
        *of_season,
        *BESIDE_A_SEASON,
        registration.SeasonAmendedV1(
            season=opened.season, version=2, mode="live", amended_at=AT, reason="a longer day", rules=opened.rules
        ),
        judging.AdvancementDecidedV1(**dict(seats)),
    ]
