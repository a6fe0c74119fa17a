"""Templates are taken, and chosen, once what they make was looked at: for pages and for programs alike."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from services.certificates.adapters.preview import PAPER, render_preview
from services.certificates.adapters.templates import BUILT_IN, MOST_SOURCE, NAME, Files, Template
from services.certificates.application.designing import check_document, sample
from services.certificates.domain.documents import AWARDED, KINDS, Certificate, Kind
from services.certificates.entrypoints.context import Context
from shared import limited
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.identity import Principal
from shared.season.rules import SeasonRules


async def data_for(context: Context, rules: SeasonRules, kind: Kind) -> tuple[Certificate, dict[str, Any]]:
    """A certificate of this kind to try a template on: a real one, or one that is made up."""
    certificate: Certificate | None = None
    async for each_certificate in context.certificates.of_season(rules.id, {"kind": kind}):
        certificate = each_certificate
        break
    shown = certificate or sample(rules, kind, context.pages.catalog, await context.clock.now())
    return shown, context.renderer.words(shown)


async def files_of(context: Context, season: str, source: str) -> dict[str, bytes]:
    """What a version of this source would hold."""
    pictures = await context.templates.pictures(season)
    return {
        "template.typ": source.encode(),
        **{name: await context.templates.picture(key) for name, key in pictures.items()},
    }


async def _prove(context: Context, rules: SeasonRules, kind: Kind, files: Files, engine: str = "") -> None:
    """What a template makes is read in a child process too.

    Raises:
        InvalidState: it cannot be drawn, or the document lacks what every certificate has.
    """
    shown, words = await data_for(context, rules, kind)
    drawers, at = context.renderer.drawers, shown.current.at
    document = await render_preview(drawers, rules.id, files, words, "pdf", at, engine=engine)
    picture = await render_preview(drawers, rules.id, files, words, "png", at, engine=engine, ppi=PAPER)
    try:
        await limited.run(check_document, document, picture, shown, str(words["url"]), owner=rules.id)
    except limited.Exceeded as error:
        raise InvalidState("template-too-slow") from error


async def save_template(context: Context, rules: SeasonRules, name: str, source: str, principal: Principal) -> Template:
    """A new version, once every kind comes out whole: one page, with number, code, QR code and statement.

    Raises:
        NotFound: no template can have this name.
        InvalidState: it is the name of one that comes with Laurel, or a document lacks something.
    """
    if not NAME.fullmatch(name):
        raise NotFound("no-such-template")
    if name in BUILT_IN:
        raise InvalidState("template-built-in")
    if len(source) > MOST_SOURCE:
        raise InvalidState("file-too-large", most=MOST_SOURCE // 1000)
    files = await files_of(context, rules.id, source)
    for kind in AWARDED:
        await _prove(context, rules, kind, files)
    made = await context.templates.save(rules.id, name, source, principal.login)
    await context.audit.note(rules.id, principal, "template", "", template=made.id)
    return made


async def _version_for(context: Context, rules: SeasonRules, template: str) -> Template:
    """A version of this season or of everybody; Invalid where there is none."""
    with suppress(NotFound):
        stored = await context.templates.find(template)
        if stored.season in ("", rules.id):
            return stored
    raise Invalid("fields-invalid", errors=[error_at("template", "problem-no-such-template")])


async def choose_templates(
    context: Context, rules: SeasonRules, wanted: Mapping[Kind, str], principal: Principal
) -> None:
    """Print these kinds by these versions from now on; what was issued keeps its template.

    Raises:
        Invalid: there is no such version for this season.
        InvalidState: a document of this kind would lack something.
    """
    chosen = await context.templates.chosen(rules.id, KINDS)
    changed = {kind: template for kind, template in wanted.items() if template != chosen[kind]}
    for kind, template in changed.items():
        stored = await _version_for(context, rules, template)
        if stored.season:
            await _prove(context, rules, kind, await context.templates.files(template), stored.engine)
    for kind, template in changed.items():
        await context.templates.choose(rules.id, kind, template)
    await context.audit.note(
        rules.id, principal, "template", "", **{str(kind): template for kind, template in wanted.items()}
    )
