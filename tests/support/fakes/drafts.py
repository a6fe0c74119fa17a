"""Drafts of seasons in memory."""

from dataclasses import replace

from services.registration.application.drafting import Draft
from shared.commands import Command
from shared.errors import NotFound


class DraftsInMemory:
    """The port of the drafts."""

    def __init__(self) -> None:
        self._drafts: dict[str, tuple[Draft, Command]] = {}

    async def add(self, command: Command, account: str, based_on: str, text: str, now: int) -> Draft:
        made = (Draft(command.id[:32], account, based_on, text, now), command)
        draft, first = self._drafts.setdefault(made[0].id, made)
        command.made(first.stored())
        return draft

    async def find(self, draft: str, account: str) -> Draft:
        present = next((own for own in await self.of(account) if own.id == draft), None)
        if present is None:
            raise NotFound("no-such-draft")
        return present

    async def of(self, account: str) -> list[Draft]:
        own = [draft for draft, _ in self._drafts.values() if draft.account == account]
        return sorted(own, key=lambda draft: draft.updated_at, reverse=True)

    async def write(self, draft: str, text: str, now: int) -> None:
        before, command = self._drafts[draft]
        self._drafts[draft] = replace(before, text=text, updated_at=now), command

    async def remove(self, draft: str) -> None:
        self._drafts.pop(draft, None)
