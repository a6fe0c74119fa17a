"""Links for guardians, for schools that program: what a school prints on slips."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.guardian_links import GuardianPages

router = APIRouter(prefix="/registration/v1/seasons/{season}", tags=["entries"])


class GuardianSlipsIn(BaseModel):
    """Whose guardians get a link."""

    model_config = ConfigDict(extra="forbid")

    entries: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=200)]


class GuardianSlipOut(BaseModel):
    """A link for the guardian of one child, and for nobody else."""

    entry: str
    member: int = Field(description="The child's place in the entry, from 1.")
    child: str
    url: str
    until: int | None = Field(description="Microseconds UTC; null for the own link of a guardian who signed on paper.")


@router.post("/guardian-slips", summary="Links for the guardians of children")
async def slips(
    context: ContextOf, season: str, content: GuardianSlipsIn, principal: SignedIn
) -> list[GuardianSlipOut]:
    """For a school and those above it, to be handed to the guardians themselves: a link that asks, for one decision, where
    somebody has yet to agree; the guardian's own link where it was agreed on paper. Entries of others are left out.
    """
    look = await staff_view(context, season, principal, mode="live", decides=True)
    chosen = await context.read.entries.chosen(season, content.entries, look.scope.schools)
    entries = sorted(chosen, key=lambda stored: stored.entry.entry)
    people = [person for stored in entries for person in stored.members]
    await context.rights.reads.note(season, principal.account, principal.login, "guardian-slips", people)
    return [
        GuardianSlipOut(entry=slip.entry, member=slip.member, child=slip.child, url=slip.url, until=slip.until or None)
        for slip in await GuardianPages(context).slips(look.season, entries)
    ]
