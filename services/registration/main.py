"""The composition root of registration."""

from pathlib import Path

from fastapi import FastAPI

from services.registration.adapters.accounts import Argon2Passwords, MongoAccounts, SigningKey
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
from services.registration.adapters.media import MongoMedia
from services.registration.adapters.messages import Messages
from services.registration.adapters.page_pictures import PagePictures
from services.registration.adapters.pieces import MongoPieces, ObjectPieces, Pieces
from services.registration.adapters.rankings import MongoRankings
from services.registration.adapters.reads import ReadLog
from services.registration.adapters.reminders import MongoReminders
from services.registration.adapters.results import PublishedResults
from services.registration.adapters.roles import MongoRoles
from services.registration.adapters.store import (
    MongoPeople,
    MongoReports,
    MongoSeasons,
    MongoSummaries,
    MongoUnits,
)
from services.registration.adapters.tasks_left import MongoTasksLeft
from services.registration.adapters.unit_figures import UnitFigures
from services.registration.adapters.uploads import Uploads
from services.registration.adapters.webhooks import Webhooks
from services.registration.adapters.works import MongoWorks
from services.registration.application.accounts import Accounts
from services.registration.application.anonymising import prepare_locked
from services.registration.application.judges import forget_judges
from services.registration.application.ports import Store
from services.registration.application.programme_records import settle_registration
from services.registration.application.reminding import Reminding, deliver_reminders
from services.registration.application.rights import finish_erasures, retain
from services.registration.application.roles import Roles
from services.registration.application.works import lock_due
from services.registration.domain.erasure import Terms
from services.registration.entrypoints import anonymised_files, events
from services.registration.entrypoints.browser import Browser
from services.registration.entrypoints.context import Access, Context, Files, Notifications, Read, Rights
from services.registration.entrypoints.http import (
    accounts,
    entries,
    entry_steps,
    imports,
    keys,
    recommendations,
    records,
    results,
    reviews,
    season_drafts,
    seasons,
    tables,
    webhooks,
)
from services.registration.entrypoints.http import guardians as guardian_routes
from services.registration.entrypoints.http import judges as judge_routes
from services.registration.entrypoints.http import overview as overview_routes
from services.registration.entrypoints.http import reminders as reminder_routes
from services.registration.entrypoints.http import summaries as summary_routes
from services.registration.entrypoints.http import uploads as upload_routes
from services.registration.entrypoints.importing import Importing
from services.registration.entrypoints.messenger import Messenger
from services.registration.entrypoints.pages import accounts as account_pages
from services.registration.entrypoints.pages import (
    amending,
    ceremony,
    classes,
    confirming,
    consent,
    design,
    entry_admin,
    guardians,
    handing_in,
    held_copies,
    invitations,
    judges,
    messages,
    mine,
    nominations,
    overview,
    public,
    recommending,
    reminders,
    rights,
    season_steps,
    signing_up,
    students,
    summaries,
    teams,
    units,
)
from services.registration.entrypoints.pages import entries as entry_pages
from services.registration.entrypoints.pages import seasons as season_pages
from services.registration.entrypoints.pages import works as work_pages
from services.registration.entrypoints.reconciliation import ledgers
from services.registration.foundations import FOUNDATIONS
from services.registration.settings import RegistrationSettings
from shared.http.outgoing import Outgoing
from shared.http.service import assemble, serve
from shared.messaging.sweeper import Sweeper
from shared.mongo.counters import MongoCounters
from shared.mongo.sealed_keys import key_keeper
from shared.objects import bucket_of

__all__ = ["RegistrationSettings", "create_app", "settle_registration"]

PUBLIC = (
    "/",
    "/registration/notices",
    "/registration/children",
    "/registration/seasons/{season_id}",
    "/registration/seasons/{season_id}/calendar.ics",
    "/registration/seasons/{season_id}/feed.atom",
    "/registration/seasons/{season_id}/notice",
    "/registration/v1/seasons",
    "/registration/v1/seasons/{season}",
)
"""What is the same for all who are not signed in."""


def create_app(settings: RegistrationSettings) -> FastAPI:
    """Registration, ready to serve."""
    parts = assemble(settings, FOUNDATIONS, package=Path(__file__).parent)
    mongo = parts.mongo
    key = SigningKey(settings.registration_signing_key_file, key_keeper(settings, FOUNDATIONS.service))
    stored_accounts, counters = MongoAccounts(mongo, parts.gate), MongoCounters(mongo.database)
    user_accounts = Accounts(stored_accounts, Argon2Passwords(), key, counters, parts.audit)
    stored_seasons, stored_units = MongoSeasons(mongo), MongoUnits(mongo)
    stored_people, stored_entries = MongoPeople(mongo), MongoEntries(mongo)
    assessments = MongoAssessments(mongo)
    store = Store(
        seasons=stored_seasons,
        units=stored_units,
        people=stored_people,
        entries=stored_entries,
        summaries=MongoSummaries(mongo),
        assessments=assessments,
        reports=MongoReports(mongo),
        clock=mongo.clock,
        media=MongoMedia(mongo),
    )
    pieces: Pieces = MongoPieces(mongo)
    if bucket := bucket_of(settings):
        pieces = ObjectPieces(bucket, pieces)
    uploads, works = Uploads(mongo, pieces), MongoWorks(mongo)
    reads = ReadLog(parts.audit)
    made_copies = Copies(mongo, uploads)
    erasures, remains = MongoErasures(mongo), MongoRemains(mongo, user_accounts, uploads, parts.audit)
    stored_judges, stored_messages, tasks_left = MongoJudges(mongo), Messages(mongo), MongoTasksLeft(mongo.database)
    reminding = Reminding(
        store, MongoReminders(mongo), stored_messages, tasks_left, stored_judges, stored_accounts, parts.audit
    )
    context = Context(
        settings=settings,
        database=mongo.database,
        store=store,
        read=Read(
            seasons=stored_seasons,
            units=stored_units,
            people=stored_people,
            entries=stored_entries,
            rankings=MongoRankings(mongo),
            results=PublishedResults(mongo),
            unit_figures=UnitFigures(mongo),
            assessments=assessments,
        ),
        files=Files(
            uploads=uploads,
            works=works,
            copies=made_copies,
            pages=PagePictures(made_copies),
            assigned=Assigned(mongo.database),
        ),
        access=Access(
            accounts=user_accounts,
            stored_accounts=stored_accounts,
            roles=Roles(MongoRoles(mongo.database), user_accounts, stored_accounts),
            logins=Logins(mongo),
            counters=counters,
            key=key,
            browser=Browser(user_accounts, secure=settings.public_url.startswith("https://")),
        ),
        notifications=Notifications(
            messages=stored_messages,
            post=Post(settings.registration_smtp_url.get_secret_value(), settings.registration_mail_from),
            webhooks=Webhooks(mongo, Outgoing(inside=settings.registration_webhooks_inside)),
        ),
        rights=Rights(
            reads=reads,
            erasures=erasures,
            remains=remains,
        ),
        audit=parts.audit,
        terms=Terms(never_stood=settings.keep_entries_days, works=settings.keep_works_days),
        jobs=Jobs(mongo),
        drafts=MongoDrafts(mongo.database),
        judges=stored_judges,
        reminding=reminding,
        pages=parts.pages,
    )
    importing, messenger = Importing(context), Messenger(context)
    preparing = Sweeper(
        "copies",
        [made_copies.forget_folders, lambda: prepare_locked(works, made_copies, store, stored_accounts)],
        settings.sweep_seconds,
    )
    events.subscribe(parts.delivery, context.read.results, context.files.assigned, tasks_left, messenger, mongo.clock)

    async def publish_key() -> None:
        await key.publish(mongo)
        await parts.gate.publish(key.kid, key.x)

    app = serve(
        parts,
        title="Laurel registration",
        summary="Seasons, units, people, accounts and entries.",
        routers=[
            module.router
            for module in (
                entries,  # first: the deadline hour asks for nothing else, and routes are tried in this order
                entry_steps,
                seasons,
                season_drafts,
                reviews,
                summary_routes,
                reminder_routes,
                overview_routes,
                records,
                recommendations,
                results,
                tables,
                accounts,
                webhooks,
                judge_routes,
                keys,
                public,
                design,
                account_pages,
                invitations,
                mine,
                signing_up,
                entry_pages,
                teams,
                consent,
                guardians,
                guardian_routes,
                handing_in,
                confirming,
                upload_routes,
                anonymised_files,
                work_pages,
                overview,
                entry_admin,
                held_copies,
                season_pages,
                amending,
                season_steps,
                units,
                summaries,
                judges,
                reminders,
                students,
                rights,
                messages,
                nominations,
                recommending,
                imports,
                classes,
                ceremony,
            )
        ]
        + [results.ceremony],
        ledgers=ledgers(mongo),
        jobs={"imports": context.jobs.attempts},
        streamed=(upload_routes.PREFIX,),
        public=PUBLIC,
        sweeps=[
            lambda: lock_due(works, store),
            uploads.sweep,
            reads.forget,
            user_accounts.finish_settling,
            importing.take_up,
            lambda: deliver_reminders(reminding),
            lambda: finish_erasures(erasures, works, remains, store),
            lambda: forget_judges(context.terms, context.judges, store),
            lambda: retain(context.terms, erasures, works, remains, store),
        ],
        on_start=[publish_key, pieces.check],
        background=[messenger, preparing],
    )
    app.state.context = context
    app.state.importing = importing
    return app
