"""What the entry points of the certificates service work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.certificates.adapters.aside import KeptAside
from services.certificates.adapters.audit import Audit
from services.certificates.adapters.credentials import Credentials
from services.certificates.adapters.downloads import Downloads
from services.certificates.adapters.engines import Engines
from services.certificates.adapters.keys import PublishedKeys
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.sign_pictures import SignPictures
from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.adapters.templates import Templates
from services.certificates.application.ports import Clock, Store
from services.certificates.entrypoints.downloading import Downloading
from shared.identity import Principal
from shared.identity.authenticator import current_user, require_person, require_user
from shared.mongo import Database
from shared.throttle import Throttle
from shared.web.pages import Pages

SignedIn = Annotated[Principal, Depends(require_user)]
InPerson = Annotated[Principal, Depends(require_person)]
Visitor = Annotated[Principal | None, Depends(current_user)]


@dataclass(frozen=True, slots=True)
class Context:
    database: Database
    certificates: MongoCertificates
    known: MongoKnown
    renderer: Renderer
    aside: KeptAside
    signs: SignPictures
    credentials: Credentials
    keys: PublishedKeys
    store: Store
    audit: Audit
    downloads: Downloads
    downloading: Downloading
    templates: Templates
    engines: Engines
    clock: Clock
    throttle: Throttle
    pages: Pages


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


ContextOf = Annotated[Context, Depends(_context)]
"""What a route works with; `create_app` puts it beside its application."""
