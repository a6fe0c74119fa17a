"""What registration tells: seasons, units, entries, summaries, names, keys and sessions."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from shared.events.base import (
    EntryId,
    Fact,
    IntegrationEvent,
    Micros,
    PersonId,
    SeasonId,
)
from shared.season.rules import SeasonRules
from shared.season.text import Language, Text
from shared.states import EntryStatus, ItemState, WithdrawalCause

Purpose = Literal["take-part", "publish-name", "publish-work", "check-page"]
"""What consent is given for, each by itself: to take part, to be named in published lists, to have the work or photos
shown, and to be named on the page that checks a certificate."""


FIRST_WORDS = tuple(status.value for status in EntryStatus if status != EntryStatus.NOT_RECOMMENDED)
ToldStanding = Annotated[EntryStatus, WithJsonSchema({"type": "string", "enum": list(FIRST_WORDS)})]
"""Where an entry stands, in the words that readers of the first version know."""


def told_standing(standing: EntryStatus) -> dict[str, EntryStatus | bool]:
    """How it is told where an entry stands. Readers of the release before know none that is not recommended: to them it is
    one that was rejected, which is judged as little.
    """
    if standing == EntryStatus.NOT_RECOMMENDED:
        return {"standing": EntryStatus.REJECTED, "not_recommended": True}
    return {"standing": standing}


class RegistrationEvent(IntegrationEvent):
    STREAM: ClassVar[str] = "REGISTRATION"


class SeasonOpenedV1(RegistrationEvent):
    """A season opened and its rules are frozen. Whoever applies a rule of the season keeps them."""

    SUBJECT: ClassVar[str] = "registration.season.opened.v1"

    season: SeasonId
    version: int = Field(ge=1, description="Version of the rules.")
    mode: Literal["records", "live"] = Field(
        description="records: every record states its own time. live: the clock of the database decides."
    )
    opened_at: Micros
    rules: SeasonRules


class SeasonAmendedV1(RegistrationEvent):
    """The rules of an open season were amended. The newest version counts."""

    SUBJECT: ClassVar[str] = "registration.season.amended.v1"

    season: SeasonId
    version: int = Field(ge=2, description="Version of the rules.")
    mode: Literal["records", "live"]
    amended_at: Micros
    reason: str = Field(description="Shown to everybody.")
    rules: SeasonRules


class UnitRecordedV1(RegistrationEvent):
    """An organizational unit of a season was recorded."""

    SUBJECT: ClassVar[str] = "registration.unit.recorded.v1"

    season: SeasonId
    unit: str
    version: int = Field(ge=1)
    parent: str = ""
    level: str
    name: Text
    ordinal: int = Field(description="Place in the organizer's file: the order of units in every list.")


class MemberFact(Fact):
    person: PersonId
    grade: int


class InstructorFact(Fact):
    instructor: str = Field(description="The instructor's id in the season, the same in all entries.")
    person: PersonId


class EntryFacts(RegistrationEvent):
    """An entry as the other services may know it: no names, only ids. The newest version counts."""

    season: SeasonId
    entry: EntryId
    version: int = Field(ge=1)
    standing: ToldStanding
    track: str
    division: str
    unit: str = Field(description="The school of the entry; it stays when a student moves.")
    title: str
    registered_at: Micros
    submitted_at: Micros | None
    members: tuple[MemberFact, ...]
    instructors: tuple[InstructorFact, ...]
    language: Literal["", Language] = Field("", description="What a judge must be able to read; empty: not stated.")
    description: str = Field(
        "",
        description="What the work is about, for its judges; names of those who took part and of their school are masked.",
    )
    blind_title: str = Field("", description="The title as judges read it, with the same masks; empty: as it is.")
    link: str = Field("", description="An address on the web, http or https, where the work can be seen.")
    video: str = Field("", description="The same, of a video.")
    not_recommended: bool = Field(
        False,
        description="The entry was accepted and is not recommended, or not yet: whatever `standing` says, it is not judged.",
    )
    fields: dict[str, str] = Field(
        {},
        description="Answers to the fields of its track that judges may read, by the field's id; names in texts are masked.",
    )

    @property
    def stands(self) -> EntryStatus:
        """Where the entry stands."""
        return EntryStatus.NOT_RECOMMENDED if self.not_recommended else self.standing


class EntryAcceptedV1(EntryFacts):
    """An entry stands in the season. Only `valid` and `exhibition` entries are judged."""

    SUBJECT: ClassVar[str] = "registration.entry.accepted.v1"


class EntryAmendedV1(EntryFacts):
    """Something about an accepted entry changed; it replaces every lower version."""

    SUBJECT: ClassVar[str] = "registration.entry.amended.v1"


class EntryWithdrawnV1(RegistrationEvent):
    """An entry leaves a later round, having taken part in the season until then."""

    SUBJECT: ClassVar[str] = "registration.entry.withdrawn.v1"

    season: SeasonId
    entry: EntryId
    round: str = Field(description="The round that it leaves.")
    at: Micros
    cause: WithdrawalCause


class WithheldConsent(Fact):
    person: PersonId
    purposes: tuple[Purpose, ...] = Field(description="What is not agreed to, or not any more. Empty: all is.")


class ConsentWithdrawnV1(RegistrationEvent):
    """Something was not agreed to, or not any more, for members of an entry. The newest version counts, as a whole."""

    SUBJECT: ClassVar[str] = "registration.consent.withdrawn.v1"

    season: SeasonId
    entry: EntryId
    version: int = Field(ge=1, description="Version of the entry that holds the consents.")
    members: tuple[WithheldConsent, ...]
    at: Micros


class LockedFile(Fact):
    """A file without its name, which might tell whose it is."""

    number: int = Field(ge=1)
    sha256: str
    size: int = Field(ge=0, description="Bytes.")
    media_type: str


class WorkLockedV1(RegistrationEvent):
    """The version of an entry's work that counts: the last one in time."""

    SUBJECT: ClassVar[str] = "registration.work.locked.v1"

    season: SeasonId
    entry: EntryId
    version: int = Field(ge=1, description="Version of the work.")
    files: tuple[LockedFile, ...]
    locked_at: Micros


class PersonErasedV1(RegistrationEvent):
    """Somebody's personal data was erased on request or by its term. What names them elsewhere goes too."""

    SUBJECT: ClassVar[str] = "registration.person.erased.v1"

    person: PersonId
    season: SeasonId
    erased_at: Micros


class SummaryFiledV1(RegistrationEvent):
    """A unit filed its summary, with the score of each item."""

    SUBJECT: ClassVar[str] = "registration.summary.filed.v1"

    season: SeasonId
    unit: str
    version: int = Field(ge=1)
    submitted_at: Micros
    items: dict[str, Decimal]


class AssessedItem(Fact):
    """One item of a self-assessment."""

    own: Decimal = Field(description="What the entry gave itself.")
    verified: Decimal = Field(description="What counts.")
    state: ItemState


class SelfAssessmentSettledV1(RegistrationEvent):
    """What the self-assessment of an entry comes to: the score of a test. The newest version counts."""

    SUBJECT: ClassVar[str] = "registration.self_assessment.settled.v1"

    season: SeasonId
    entry: EntryId
    version: int = Field(ge=1)
    component: str = Field(description="`ROUND.ID` of the test whose score it is.")
    total: Decimal = Field(description="Of what counts.")
    items: dict[str, AssessedItem] = Field(description="By the ids of the rubric's criteria.")
    at: Micros


class PersonNamedV1(IntegrationEvent):
    """The name of a person, for documents alone.

    It travels in a stream of its own, one subject a person, last value only; only the certificates service may
    read it. The real subject ends in the person's id.
    """

    STREAM: ClassVar[str] = "PEOPLE"
    SUBJECT: ClassVar[str] = "people.named.v1"

    person: PersonId
    version: int = Field(ge=1)
    name: Text

    @property
    def subject(self) -> str:
        return f"{self.SUBJECT}.{self.person}"

    @property
    def replaces_earlier(self) -> bool:
        return self.version > 1


class PersonCorrectedV1(RegistrationEvent):
    """A printed name was wrong and has been corrected; documents that show it are superseded."""

    SUBJECT: ClassVar[str] = "registration.person.corrected.v1"

    person: PersonId
    version: int = Field(ge=2, description="The version of the name that is right.")
    season: SeasonId
    entry: EntryId
    corrected_at: Micros
    reason: str


class JudgeAppointedV1(RegistrationEvent):
    """An account is the judge of this id from now on, and the only one. The latest appointment counts."""

    SUBJECT: ClassVar[str] = "registration.judge.appointed.v1"

    season: SeasonId
    judge: str
    account: str
    appointed_at: Micros
    by: str = Field("", description="The account that invited it; empty: the installation.")
    via: tuple[str, ...] = Field((), description="The accounts that invited that one, and those before it.")
    reason: str = Field("", description="Why it takes the place of another account.")


class JudgeRecordedV1(RegistrationEvent):
    """Somebody is to judge a season: for what, and whose works never. The newest version counts; their name stays here."""

    SUBJECT: ClassVar[str] = "registration.judge.recorded.v1"

    season: SeasonId
    judge: str
    version: int = Field(ge=1)
    role: Literal["scoring", "chief", "reserve", "shadow", "automatic"]
    tracks: tuple[str, ...]
    languages: tuple[Language, ...] = Field((), description="What the judge reads. Empty: every work.")
    employer: str = Field("", description="A unit of the season; empty: employed by none of them.")
    conflicts: tuple[str, ...] = Field((), description="Ids of units, entries, instructors or people of the season.")
    recorded_at: Micros


class KeyPublishedV1(RegistrationEvent):
    """A public key that signs tokens of identity."""

    SUBJECT: ClassVar[str] = "registration.key.published.v1"

    kid: str
    x: str = Field(description="The Ed25519 public key, base64url without padding (RFC 8037).")


class SessionRevokedV1(RegistrationEvent):
    """A session or a personal API token ended before its time."""

    SUBJECT: ClassVar[str] = "registration.session.revoked.v1"

    session: str
    expires_at: Micros
