"""What every contract is made of."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class IntegrationEvent(BaseModel):
    """Something that happened, told to the other services.

    The model is the body of the message. Id, time, source, type and correlation travel as CloudEvents headers.
    Readers ignore fields they do not know, at every depth, and writers leave out optional fields with their default; so a
    contract may gain optional fields and nothing else, and a default never changes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    SUBJECT: ClassVar[str]
    """The NATS subject, `<service>.<aggregate>.<past-verb>.v<N>`; also the CloudEvents type."""
    STREAM: ClassVar[str]
    """The JetStream stream that keeps it, one an owner."""

    @property
    def subject(self) -> str:
        """The subject of this event: that of its kind, or one below it."""
        return self.SUBJECT

    @property
    def replaces_earlier(self) -> bool:
        """Whether the stream holds an earlier value under the same subject, which must be erased and not only overwritten."""
        return False


class Fact(BaseModel):
    """A part of an event's body."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Micros = Annotated[int, Field(description="A moment: microseconds since 1970-01-01T00:00:00Z.")]
EntryId = Annotated[str, Field(description="An entry's id, unique within its season.")]
SeasonId = Annotated[str, Field(description="`<series id>-<season id>`, for instance `campus-ai-2025`.")]
PersonId = Annotated[str, Field(description="An opaque random id of a person. Never a name.")]
