"""The composition root of the certificates service."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.certificates.adapters.aside import KeptAside
from services.certificates.adapters.audit import Audit
from services.certificates.adapters.credentials import Credentials
from services.certificates.adapters.downloads import Downloads
from services.certificates.adapters.engines import Engines
from services.certificates.adapters.keys import (
    DocumentKeys,
    PublishedKeys,
    credential_key,
    document_keys,
    printed_codes,
    token_key,
)
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.security_tokens import device_keys
from services.certificates.adapters.sign_pictures import SignPictures
from services.certificates.adapters.signing import DocumentSigner
from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.adapters.templates import Templates
from services.certificates.application.issuing import MissedCorrections
from services.certificates.application.ports import Store
from services.certificates.application.programme_records import settle_certificates
from services.certificates.domain.credentials import Addresses
from services.certificates.domain.documents import Kind
from services.certificates.entrypoints import events
from services.certificates.entrypoints.archiving import archive_names
from services.certificates.entrypoints.context import Context
from services.certificates.entrypoints.downloading import Downloading
from services.certificates.entrypoints.http import certificates, checks, credentials, decisions
from services.certificates.entrypoints.http import designs as design_routes
from services.certificates.entrypoints.http import downloads as bulk
from services.certificates.entrypoints.http import signs as given_signs
from services.certificates.entrypoints.http import templates as template_routes
from services.certificates.entrypoints.pages import checking, designing, listing, organizing, rehearsals
from services.certificates.entrypoints.pages import designs as design_pages
from services.certificates.entrypoints.pages import downloads as download_pages
from services.certificates.entrypoints.pages import own as owned
from services.certificates.entrypoints.pages import signs as sign_pages
from services.certificates.entrypoints.reconciliation import ledgers
from services.certificates.foundations import FOUNDATIONS
from services.certificates.settings import CertificatesSettings
from shared.http.service import assemble, serve
from shared.identity.key_files import Keep
from shared.mongo.counters import MongoCounters
from shared.mongo.sealed_keys import key_keeper
from shared.season.text import Text
from shared.throttle import Throttle

__all__ = ["CertificatesSettings", "create_app", "settle_certificates"]

GUESSES, GUESS_SECONDS = 30, 600.0


def _document_keys(settings: CertificatesSettings, keep: Keep) -> DocumentKeys:
    if settings.certificates_pkcs11_module:
        return device_keys(
            settings.certificates_pkcs11_module,
            settings.certificates_pkcs11_token,
            settings.certificates_pkcs11_pin.get_secret_value(),
            settings.certificates_pkcs11_key,
        )
    return document_keys(
        settings.certificates_keys_folder,
        f"Laurel {settings.public_url}",
        settings.certificates_pkcs12_file,
        settings.certificates_pkcs12_password.get_secret_value(),
        keep,
    )


PUBLIC = ("/v/{token}", "/certificates/keys", "/certificates/offline")
"""What is the same for all who are not signed in."""


def create_app(settings: CertificatesSettings) -> FastAPI:
    """Certificates, ready to serve."""
    parts = assemble(settings, FOUNDATIONS, package=Path(__file__).parent)
    mongo, catalog = parts.mongo, parts.pages.catalog
    folder, keep = settings.certificates_keys_folder, key_keeper(settings, FOUNDATIONS.service)
    documents = _document_keys(settings, keep)
    own, tokens, published = credential_key(folder, keep), token_key(folder, keep), PublishedKeys(mongo.database)
    known, store = MongoKnown(mongo.database), MongoCertificates(mongo)
    templates = Templates(mongo)
    use_cases = Store(
        known, store, mongo.clock, templates, printed_codes(folder, settings.keys_secret.get_secret_value())
    )
    engines = Engines(settings.certificates_engines_folder)
    aside, signs = KeptAside(mongo), SignPictures(mongo)
    renderer = Renderer(
        catalog,
        settings.public_url,
        DocumentSigner(documents, settings.certificates_timestamp_url),
        templates,
        own,
        engines,
        aside,
        signs,
    )
    audit = Audit(parts.audit)
    downloads = Downloads(mongo)
    downloading = Downloading(downloads, store, renderer, partial(archive_names, known, catalog))
    context = Context(
        database=mongo.database,
        certificates=store,
        known=known,
        renderer=renderer,
        aside=aside,
        signs=signs,
        credentials=Credentials(own, tokens, Addresses(settings.public_url)),
        keys=published,
        store=use_cases,
        audit=audit,
        downloads=downloads,
        downloading=downloading,
        templates=templates,
        engines=engines,
        clock=mongo.clock,
        throttle=Throttle(MongoCounters(mongo.database), "check", GUESSES, GUESS_SECONDS),
        pages=parts.pages,
    )
    titles: Mapping[Kind, Text] = {
        "instructor": Text(**catalog.both("instructor-award-title")),
        "unit": Text(**catalog.both("unit-award-title")),
    }
    events.subscribe(parts.delivery, known, store, titles, use_cases)
    parts.gate.subscribe(parts.delivery, FOUNDATIONS.service)
    app = serve(
        parts,
        title="Laurel certificates",
        summary="Documents, numbers and verification.",
        routers=[
            module.router
            for module in (
                certificates,
                checks,
                credentials,
                decisions,
                bulk,
                given_signs,
                template_routes,
                design_routes,
                design_pages,
                rehearsals,
                checking,
                owned,
                download_pages,
                organizing,
                listing,
                designing,
                sign_pages,
            )
        ],
        ledgers=ledgers(mongo),
        jobs={"downloads": context.downloads.attempts},
        on_start=[
            partial(published.publish, documents, own, tokens),
            templates.keep_built_in,
            partial(asyncio.to_thread, engines.keep),
        ],
        public=PUBLIC,
        sweeps=[MissedCorrections(use_cases).sweep],
        background=[downloading],
    )
    app.state.context = context
    return app
