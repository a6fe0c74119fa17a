"""Tells people and organizers' systems what happened: from the history of entries to messages, letters and webhooks.

An entry whose history grew carries a mark in the same write; the mark goes once everybody concerned has a message. So
nothing is lost when a process dies in between, and what is looked at twice is told once.

Telling, mailing and calling other systems go round side by side: whoever is slow delays its own kind of work alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiosmtplib import SMTPException

from services.registration.adapters.results import stage_of
from services.registration.application.ports import StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.entries import EDITABLE, deadline
from services.registration.domain.messages import (
    CORRECTION,
    DAY,
    REMINDERS,
    HookKind,
    Message,
    hook_of,
    reminder_due,
    told_of,
)
from services.registration.domain.reviewing import next_step
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.letters import write_letter
from shared.events.certificates import CertificateEvent, CertificateIssuedV1
from shared.events.judging import AdvancementDecidedV1, ResultsAnnouncedV1, ResultsFinalizedV1, RoundClosedV1
from shared.identity import ANYWHERE, Role
from shared.identity.principal import OF_SERIES
from shared.messaging.background import Background
from shared.season.time import to_unix_micros
from shared.states import EntryStatus

log = structlog.get_logger()

SECONDS = 1.0
REMIND_SECONDS = 300.0
BATCH = 200


class Messenger(Background):
    """Goes round once a second."""

    def __init__(self, context: Context) -> None:
        super().__init__("messenger")
        self._context = context

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as rounds:
            for step in (self.tell, self.post_letters, self.post_webhooks):
                rounds.create_task(_every(SECONDS, step))
            rounds.create_task(_every(REMIND_SECONDS, self.remind))

    async def tell(self) -> int:
        """Messages for entries whose history grew, many at a time. Returns how many entries were looked at."""
        looked_at = 0
        while entries := await self._context.read.entries.notification_pending(BATCH):
            accounts = await self._context.access.accounts.behind(
                person for each_entry in entries for person in each_entry.members
            )
            messages = [message for each_entry in entries for message in await self._messages_of(each_entry, accounts)]
            await self._context.notifications.messages.add(messages)
            for entry in entries:
                await self._hooks_of(entry)
            await self._context.read.entries.mark_notified(entries)
            looked_at += len(entries)
            if len(entries) < BATCH:
                break
        return looked_at

    async def _messages_of(self, stored: StoredEntry, accounts: Mapping[str, Sequence[str]]) -> list[Message]:
        concerned, whole = _concerned(stored, accounts), await self._is_whole(stored)
        return [
            Message(
                f"{stored.season}/{stored.entry.entry}/{number}/{reader}",
                reader,
                kind,
                stored.season,
                stored.entry.entry,
                int(note.get("written_at", note["at"])),
                {"title": stored.entry.title, "reason": str(note.get("reason", ""))},
            )
            for number, note in enumerate(stored.history)
            if (kind := told_of(note, whole=whole))
            for reader in await self._readers(stored, kind, note, concerned)
        ]

    async def _readers(
        self, stored: StoredEntry, kind: str, note: Mapping[str, Any], concerned: Sequence[str]
    ) -> Sequence[str]:
        """Who is told: the school of what a guardian asks; else who is concerned, and the units that the note names."""
        if kind == CORRECTION:
            return await self._school_of(stored)
        administrators = await self._context.access.logins.administrators(stored.season, note.get("units", ()))
        return [*dict.fromkeys([*concerned, *administrators])]

    async def _school_of(self, stored: StoredEntry) -> list[str]:
        """The accounts of the school; of a school without any, those of the season's organizers."""
        accounts = self._context.access.stored_accounts
        school = await accounts.with_role(Role.SCHOOL_ADMIN, stored.season, stored.entry.unit)
        return school or await accounts.with_role(Role.CITY_ORGANIZER, stored.season)

    async def _is_whole(self, stored: StoredEntry) -> bool:
        """Whether every level has approved it that has to."""
        season = await season_of(stored.season, self._context.store)
        return next_step(season.rules, stored.approvals) is None

    async def _hooks_of(self, stored: StoredEntry) -> None:
        """Tell organizers' systems what happened to the entry, and where it stood then."""
        webhooks = self._context.notifications.webhooks
        if not await webhooks.listening(stored.season):
            return
        whole = await self._is_whole(stored)
        for number, note in enumerate(stored.history):
            standing = EntryStatus(note.get("standing", stored.standing))  # not kept before 0.2
            kind = hook_of(note, whole=whole)
            if kind:
                key = f"{stored.season}/{stored.entry.entry}/{number}"
                at = int(note.get("written_at", note["at"]))
                data = {"season": stored.season, "entry": stored.entry.entry, "standing": standing, "at": note["at"]}
                await webhooks.tell(stored.season, key, kind, data, at)

    async def round_closed(self, event: RoundClosedV1) -> None:
        """Tell organizers' systems."""
        data = {"season": event.season, "round": event.round, "at": event.closed_at}
        await self._context.notifications.webhooks.tell(
            event.season, f"{event.season}/closed/{event.round}", HookKind.ROUND_CLOSED, data, event.closed_at
        )

    async def results_told(self, event: ResultsAnnouncedV1 | ResultsFinalizedV1) -> None:
        """Tell organizers' systems of results once all of their lines are here."""
        if not await self._context.notifications.webhooks.listening(event.season):
            return
        final = isinstance(event, ResultsFinalizedV1)
        state = await self._context.read.results.stage(event.season, stage_of(event))
        if state is None or not state.complete or state.revision != event.revision:
            return
        kind = HookKind.RESULTS_FINAL if final else HookKind.RESULTS_ANNOUNCED
        data = {
            "season": event.season,
            "notice": "final" if isinstance(event, ResultsFinalizedV1) else event.notice,
            "revision": event.revision,
            "at": state.at,
        }
        key = f"{event.season}/{kind}/{data['notice']}/{event.revision}"
        await self._context.notifications.webhooks.tell(event.season, key, kind, data, state.at)

    async def certificate_told(self, event: CertificateEvent, kind: HookKind, at: int, **more: bool) -> None:
        """Tell organizers' systems of a certificate: what it is, never whose; `more` is what this kind says beside."""
        data = {
            "season": event.season,
            "serial": event.serial,
            "kind": event.kind,
            "award": event.award,
            "entry": event.entry,
            "version": event.version,
            "at": at,
            **more,
        }
        key = f"{event.certificate}/{kind}/{event.version}/{at}"
        await self._context.notifications.webhooks.tell(event.season, key, kind, data, at)

    async def certificate_ready(self, event: CertificateIssuedV1, at: int) -> None:
        """Tell whoever won that the certificate can be taken; of a unit those who administer it."""
        await self._of_certificate(event, event.certificate, "certificate-ready", at, "")

    async def certificate_changed(self, event: CertificateEvent, kind: str, at: int, reason: str) -> None:
        """Tell whoever has the certificate that it was corrected, withdrawn or given back, and why."""
        await self._of_certificate(event, f"{event.certificate}/{kind}/{event.version}/{at}", kind, at, reason)

    async def _of_certificate(self, event: CertificateEvent, key: str, kind: str, at: int, reason: str) -> None:
        context = self._context
        if event.kind == "unit":
            season = await context.read.seasons.find(event.season)
            of_series = [f"{season.rules.series.id}{OF_SERIES}"] if season else []
            seasons = (event.season, *of_series, ANYWHERE)
            accounts = await context.access.stored_accounts.of_unit(seasons, event.recipient)
        else:
            accounts = [*(await context.access.accounts.behind([event.recipient])).get(event.recipient, ())]
        stored = await context.read.entries.find(event.season, event.entry) if accounts and event.entry else None
        own = stored if stored and event.kind != "unit" else None
        values = {"title": own.entry.title if own else event.serial, "reason": reason}
        await context.notifications.messages.add(
            Message(f"{key}/{account}", account, kind, event.season, event.entry if own else "", at, values)
            for account in accounts
        )

    async def goes_on(self, event: AdvancementDecidedV1) -> None:
        """Tell those who have a seat in the next round; once, whatever later revisions say of others."""
        context = self._context
        season = await context.read.seasons.find(event.season)
        if season is None or season.mode != "live":
            return
        seated = [seat.entry for seat in event.seats if not seat.left]
        entries = await context.read.entries.named(event.season, seated)
        accounts = await context.access.accounts.behind(person for entry in entries for person in entry.members)
        await context.notifications.messages.add(
            Message(
                f"{event.season}/{stored.entry.entry}/goes-on-{event.to}/{reader}",
                reader,
                "goes-on",
                event.season,
                stored.entry.entry,
                event.given_at,
                {"title": stored.entry.title, "reason": ""},
            )
            for stored in entries
            for reader in _concerned(stored, accounts)
        )

    async def results_announced(self, event: ResultsAnnouncedV1) -> None:
        """Tell those on a public notice that it has begun."""
        context = self._context
        people = {member.person for line in event.entries for member in line.members}
        told = event.revision if event.notice == "results" else event.notice
        accounts = await context.access.accounts.behind(people)
        await context.notifications.messages.add(
            Message(
                f"{event.season}/{line.entry}/announced-{told}/{reader}",
                reader,
                "results-announced",
                event.season,
                line.entry,
                event.announced_at,
                {"title": line.title, "reason": ""},
            )
            for line in event.entries
            for reader in dict.fromkeys(item for member in line.members for item in accounts.get(member.person, ()))
        )

    async def remind(self) -> int:
        """Reminders of the deadline for entries that are not handed in."""
        context, sent, now = self._context, 0, await self._context.store.clock.now()
        for season in await context.read.seasons.all():
            closes = to_unix_micros(season.rules.window("registration").closes)
            if season.mode != "live" or not 0 < closes - now <= max(REMINDERS.values()) + DAY:
                continue
            async for stored in context.read.entries.standing_at(season.id, EDITABLE):
                kind = reminder_due(now, deadline(season.rules, stored.later, season.final_at))
                if kind is None:
                    continue
                key = f"{season.id}/{stored.entry.entry}/{kind}"
                values = {"title": stored.entry.title, "reason": ""}
                readers = _concerned(stored, await context.access.accounts.behind(stored.members))
                sent += await context.notifications.messages.add(
                    Message(f"{key}/{reader}", reader, kind, season.id, stored.entry.entry, now, values)
                    for reader in readers
                )
        return sent

    async def post_letters(self) -> int:
        """Mail what is waiting, to those who have an address."""
        sent = 0
        while self._context.notifications.post.open and (letter := await self._context.notifications.messages.claim()):
            message = letter.message
            account = await self._context.access.accounts.find(message.account)
            to = message.values.get("mail") or (account.mail if account else "")
            if account is None or not to:
                await self._context.notifications.messages.no_mail(message.key)
                continue
            season = await self._context.read.seasons.find(message.season)
            written = write_letter(self._context, message, season, account.language)
            try:
                await self._context.notifications.post.send(
                    message.key, to, written.subject, written.text, written.language
                )
            except (SMTPException, OSError, ValueError) as error:  # a header that may not be is a ValueError
                await self._context.notifications.messages.not_mailed(message.key, letter.tries, type(error).__name__)
            else:
                await self._context.notifications.messages.mailed(message.key)
                sent += 1
        return sent

    async def post_webhooks(self) -> int:
        """Send what is due to organizers' systems."""
        return await self._context.notifications.webhooks.send_due()


async def _every(seconds: float, step: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            log.warning("messenger_waits", step=step.__name__, error=type(error).__name__)
        await asyncio.sleep(seconds)


def _concerned(stored: StoredEntry, accounts: Mapping[str, Sequence[str]]) -> list[str]:
    """Whoever keeps the entry and those who take part in it, each once."""
    members = (account for person in stored.members for account in accounts.get(person, ()))
    return list(dict.fromkeys([*([stored.owner] if stored.owner else []), *members]))
