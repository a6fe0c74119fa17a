"""Reminders for programs: look at one, send it as it was looked at, list what was sent."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.reminding import SentReminder, plan_reminder, send_reminder
from services.registration.domain.reminders import FIRST, MOST_WORDS, ReminderKind
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.letters import write_letter
from services.registration.entrypoints.reminder_access import part_of
from shared.season.text import LANGUAGES


class ReminderIn(BaseModel):
    """Whom to remind, by what waits for them."""

    model_config = ConfigDict(extra="forbid")

    kind: ReminderKind
    words: Annotated[
        str, Field(max_length=MOST_WORDS, description="A paragraph of your own; it is sent as written.")
    ] = ""


class ReminderToSend(ReminderIn):
    """A reminder as it was previewed."""

    preview: Annotated[str, Field(max_length=64, description="The hash of the preview that you looked at.")]
    reason: Annotated[
        str, Field(max_length=500, description="Needed where some were reminded of the same within a day.")
    ] = ""


class LetterOut(BaseModel):
    """What the first receiver would read."""

    language: str
    subject: str
    text: str


class PreviewOut(BaseModel):
    """Whom a reminder would reach."""

    preview: str = Field(description="State it to send this and nothing else.")
    kind: ReminderKind
    receivers: int = Field(description="Accounts.")
    first: list[str] = Field(description="Units, entries or judges of the first receivers.")
    without_account: int = Field(description="For so many units, entries or judges nobody signs in.")
    recent: int = Field(description="So many receivers were reminded of the same within a day.")
    letters: list[LetterOut]


class SentOut(BaseModel):
    """A reminder that was sent."""

    kind: ReminderKind
    unit: str = Field(description="The part of the organization that sent it.")
    number: int
    words: str
    reason: str
    by: str = Field(description="The account of whoever sent it.")
    at: int
    receivers: int
    without_account: int


router = APIRouter(prefix="/registration/v1/seasons/{season}/reminders", tags=["reminders"])


def _sent(sent: SentReminder) -> SentOut:
    return SentOut(**{name: getattr(sent, name) for name in SentOut.model_fields})


@router.get("", summary="The reminders that were sent in one's part of the season")
async def list_reminders(context: ContextOf, season: str, principal: SignedIn) -> list[SentOut]:
    """The newest hundred, newest first."""
    _, part = await part_of(context, season, principal)
    return [_sent(sent) for sent in await context.reminding.reminders.of(season, "" if part.whole else part.unit)]


@router.post("/preview", summary="Whom a reminder would reach")
async def preview_reminder(context: ContextOf, season: str, content: ReminderIn, principal: SignedIn) -> PreviewOut:
    """How many, the first of them, and the letter in each language. Nothing is sent."""
    stored_season, part = await part_of(context, season, principal)
    plan = await plan_reminder(stored_season, part, content.kind, content.words, context.reminding)
    reminder = plan.reminder
    first = reminder.messages(0)[:1]
    return PreviewOut(
        preview=reminder.hash,
        kind=reminder.kind,
        receivers=len(reminder.receivers),
        first=[receiver.name for receiver in reminder.receivers[:FIRST]],
        without_account=reminder.without_account,
        recent=plan.recent,
        letters=[
            LetterOut(language=letter.language, subject=letter.subject, text=letter.text)
            for message in first
            for letter in (write_letter(context, message, stored_season, language) for language in LANGUAGES)
        ],
    )


@router.post("", summary="Send a reminder", responses={409: {"description": "Not as previewed, or too soon"}})
async def send(context: ContextOf, season: str, content: ReminderToSend, principal: SignedIn) -> SentOut:
    """As previewed, once to each. The same preview again is answered with what was sent.

    Who came or left since the preview is not reminded unseen: 409 `reminder-otherwise`.
    """
    stored_season, part = await part_of(context, season, principal)
    sent = await send_reminder(
        stored_season,
        part,
        content.kind,
        content.words,
        preview=content.preview,
        reason=content.reason,
        sender=principal,
        by=context.reminding,
    )
    return _sent(sent)
