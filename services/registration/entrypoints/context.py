"""What the entry points of registration work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from services.registration.adapters.accounts import MongoAccounts, SigningKey
from services.registration.adapters.assigned import Assigned
from services.registration.adapters.copies import Copies
from services.registration.adapters.drafts import Drafts
from services.registration.adapters.entries import MongoEntries
from services.registration.adapters.erasures import MongoErasures, MongoRemains
from services.registration.adapters.jobs import Jobs
from services.registration.adapters.logins import Logins
from services.registration.adapters.mail import Post
from services.registration.adapters.messages import Messages
from services.registration.adapters.rankings import MongoRankings
from services.registration.adapters.reads import ReadLog
from services.registration.adapters.results import PublishedResults
from services.registration.adapters.store import MongoPeople, MongoSeasons, MongoUnits
from services.registration.adapters.uploads import Uploads
from services.registration.adapters.webhooks import Webhooks
from services.registration.adapters.works import MongoWorks
from services.registration.application.accounts import Accounts
from services.registration.application.ports import Store
from services.registration.application.roles import Roles
from services.registration.entrypoints.browser import Browser
from services.registration.settings import RegistrationSettings
from shared.commands import Command
from shared.identity import Principal
from shared.identity.gate import current, in_person, signed_in
from shared.mongo import Database
from shared.throttle import Counters
from shared.web.pages import Pages

SignedIn = Annotated[Principal, Depends(signed_in)]
InPerson = Annotated[Principal, Depends(in_person)]
Visitor = Annotated[Principal | None, Depends(current)]


@dataclass(frozen=True, slots=True)
class Context:
    """Use cases go through `store` and `accounts`; reads without a rule go straight to the adapters."""

    settings: RegistrationSettings
    database: Database
    store: Store
    seasons: MongoSeasons
    units: MongoUnits
    people: MongoPeople
    entries: MongoEntries
    reads: ReadLog
    uploads: Uploads
    works: MongoWorks
    copies: Copies
    logins_of: MongoAccounts
    assigned: Assigned
    jobs: Jobs
    drafts: Drafts
    logins: Logins
    messages: Messages
    post: Post
    webhooks: Webhooks
    rankings: MongoRankings
    erasures: MongoErasures
    remains: MongoRemains
    accounts: Accounts
    roles: Roles
    counters: Counters
    results: PublishedResults
    key: SigningKey
    pages: Pages
    browser: Browser

    def command(self) -> Command:
        """What a form sends: a command of its own each time."""
        return Command.once(self.key.derive("commands"))
