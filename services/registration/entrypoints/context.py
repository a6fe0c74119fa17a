"""What the entry points of registration work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.registration.adapters.accounts import MongoAccounts, SigningKey
from services.registration.adapters.anonymised_files import Copies
from services.registration.adapters.assessments import MongoAssessments
from services.registration.adapters.assigned import Assigned
from services.registration.adapters.drafts import MongoDrafts
from services.registration.adapters.entries import MongoEntries
from services.registration.adapters.erasures import MongoErasures, MongoRemains
from services.registration.adapters.jobs import Jobs
from services.registration.adapters.judges import MongoJudges
from services.registration.adapters.logins import Logins
from services.registration.adapters.mail import Post
from services.registration.adapters.messages import KEPT_DAYS as MESSAGES_KEPT
from services.registration.adapters.messages import Messages
from services.registration.adapters.page_pictures import PagePictures
from services.registration.adapters.rankings import MongoRankings
from services.registration.adapters.reads import KEPT as READS_KEPT
from services.registration.adapters.reads import ReadLog
from services.registration.adapters.results import PublishedResults
from services.registration.adapters.store import MongoPeople, MongoSeasons, MongoUnits
from services.registration.adapters.unit_figures import UnitFigures
from services.registration.adapters.uploads import Uploads
from services.registration.adapters.webhooks import Webhooks
from services.registration.adapters.works import MongoWorks
from services.registration.application.accounts import Accounts
from services.registration.application.ports import Store
from services.registration.application.reminding import Reminding
from services.registration.application.roles import Roles
from services.registration.domain.erasure import Terms
from services.registration.entrypoints.browser import Browser
from services.registration.settings import RegistrationSettings
from shared.audit import AuditLog
from shared.commands import Command
from shared.http.idempotency import read_command
from shared.identity import Principal
from shared.identity.authenticator import current_user, require_person, require_user
from shared.mongo import Database
from shared.throttle import Counters
from shared.web.forms import FormData, command_of_form
from shared.web.pages import Pages

SignedIn = Annotated[Principal, Depends(require_user)]
InPerson = Annotated[Principal, Depends(require_person)]
Visitor = Annotated[Principal | None, Depends(current_user)]


@dataclass(frozen=True, slots=True)
class Read:
    """What pages and answers read without a rule, straight from the database."""

    seasons: MongoSeasons
    units: MongoUnits
    people: MongoPeople
    entries: MongoEntries
    rankings: MongoRankings
    results: PublishedResults
    unit_figures: UnitFigures
    assessments: MongoAssessments


@dataclass(frozen=True, slots=True)
class Files:
    """Works: what arrives in pieces, what was handed in, and its anonymised copies for judges."""

    uploads: Uploads
    works: MongoWorks
    copies: Copies
    pages: PagePictures
    assigned: Assigned


@dataclass(frozen=True, slots=True)
class Access:
    """Who people are and what they may do."""

    accounts: Accounts
    stored_accounts: MongoAccounts
    roles: Roles
    logins: Logins
    counters: Counters
    key: SigningKey
    browser: Browser


@dataclass(frozen=True, slots=True)
class Notifications:
    """What goes out to people and to other programs."""

    messages: Messages
    post: Post
    webhooks: Webhooks


@dataclass(frozen=True, slots=True)
class Rights:
    """What people may ask about their data: who read it, and its erasure."""

    reads: ReadLog
    erasures: MongoErasures
    remains: MongoRemains


@dataclass(frozen=True, slots=True)
class Context:
    """What a route works with, by area. Use cases go through `store` and `access`; reads without a rule through `read`."""

    settings: RegistrationSettings
    database: Database
    store: Store
    read: Read
    files: Files
    access: Access
    notifications: Notifications
    rights: Rights
    audit: AuditLog
    terms: Terms
    jobs: Jobs
    drafts: MongoDrafts
    judges: MongoJudges
    reminding: Reminding
    pages: Pages

    @property
    def kept(self) -> dict[str, int]:
        """How many days what is kept of people."""
        return {
            "entries": self.terms.never_stood,
            "works": self.terms.works,
            "filers": self.settings.keep_filers_days,
            "messages": MESSAGES_KEPT,
            "reads": READS_KEPT.days,
        }

    def command(self) -> Command:
        """One that never comes again."""
        return Command.once(self.access.key.derive("commands"))

    def command_of(self, request: Request, sent: FormData) -> Command:
        """What a form asks for; sent twice it asks for one thing."""
        return command_of_form(request, sent, self.access.key.derive("commands"))


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


ContextOf = Annotated[Context, Depends(_context)]
"""What a route works with; `create_app` puts it beside its application."""


async def _command(request: Request, context: ContextOf) -> Command:
    return await read_command(request, context.access.key.derive("commands"))


CommandOf = Annotated[Command, Depends(_command)]
"""What a creating request asks for; the same key again is the same command."""
