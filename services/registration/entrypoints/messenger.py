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

from services.registration.application.ports import StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.entries import EDITABLE, deadline
from services.registration.domain.messages import DAY, REMINDERS, Message, reminder_due, told_of
from services.registration.domain.reviewing import next_step
from services.registration.entrypoints.context import Context
from shared.events.certificates import CertificateIssuedV1
from shared.events.judging import AdvancementDecidedV1, ResultsAnnouncedV1
from shared.messaging.background import Background
from shared.season.time import to_unix_micros

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
        entries = await self._context.read.entries.notification_pending(BATCH)
        if entries:
            accounts = await self._context.access.accounts.behind(
                person for each_entry in entries for person in each_entry.members
            )
            messages = [message for each_entry in entries for message in await self._messages_of(each_entry, accounts)]
            await self._context.notifications.messages.add(messages)
            for entry in entries:
                await self._hooks_of(entry)
            await self._context.read.entries.mark_notified(entries)
        return len(entries)

    async def _messages_of(self, stored: StoredEntry, accounts: Mapping[str, Sequence[str]]) -> list[Message]:
        readers = _concerned(stored, accounts)
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
            for number, kind, note in await self._happenings(stored)
            for reader in readers
        ]

    async def _happenings(self, stored: StoredEntry) -> list[tuple[int, str, Mapping[str, Any]]]:
        season = await season_of(stored.season, self._context.store)
        whole = next_step(season.rules, stored.approvals) is None
        told = ((number, told_of(note, whole=whole), note) for number, note in enumerate(stored.history))
        return [(number, kind, note) for number, kind, note in told if kind]

    async def _hooks_of(self, stored: StoredEntry) -> None:
        if not await self._context.notifications.webhooks.of(stored.season):
            return
        for number, kind, note in await self._happenings(stored):
            key = f"{stored.season}/{stored.entry.entry}/{number}"
            at = int(note.get("written_at", note["at"]))
            data = {"season": stored.season, "entry": stored.entry.entry, "standing": stored.standing, "at": note["at"]}
            await self._context.notifications.webhooks.tell(stored.season, key, kind.replace("-", "."), data, at)

    async def certificate_ready(self, event: CertificateIssuedV1, at: int) -> None:
        """Tell whoever won that the certificate can be taken."""
        context = self._context
        accounts = (await context.access.accounts.behind([event.recipient])).get(event.recipient, ())
        stored = await context.read.entries.find(event.season, event.entry) if accounts and event.entry else None
        values = {"title": stored.entry.title if stored else event.serial, "reason": ""}
        await context.notifications.messages.add(
            Message(
                f"{event.certificate}/{account}", account, "certificate-ready", event.season, event.entry, at, values
            )
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
                kind = reminder_due(now, deadline(season.rules, stored.later))
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
            t = self._context.pages.catalog.translator(account.language)
            season = await self._context.read.seasons.find(message.season)
            title = season.rules.season.title.best(account.language) if season else ""
            place = f"entries/{message.season}/{message.entry}" if message.entry else "messages"
            url = f"{self._context.settings.public_url}/registration/{place}"
            subject = t(f"message-{message.kind}", **message.values)
            text = t("letter", subject=subject, season=title, url=url)
            try:
                await self._context.notifications.post.send(message.key, to, subject, text, t.html_language)
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
