"""Designs are taken once every case of them was looked at: for pages and for programs alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.certificates.adapters.preview import PAPER, Output, look_at, render_preview
from services.certificates.adapters.templates import PACKAGED, Files, Template
from services.certificates.adapters.typst_workers import Drawers
from services.certificates.application.designing import CASES, check_document, sample
from services.certificates.domain.designs import (
    Design,
    DesignFault,
    Layout,
    find_faults,
    find_layout_faults,
    source_of,
    template_name,
)
from services.certificates.domain.documents import KINDS, Certificate, Kind
from services.certificates.entrypoints.context import Context
from services.certificates.entrypoints.proving import data_for, files_of
from services.certificates.entrypoints.scope import scope_of
from shared import limited
from shared.errors import Invalid, InvalidState, NotAllowed, error_at, pointer_of
from shared.identity import Principal
from shared.season.rules import SeasonRules

REAL = "real"
"""The case that is no invented one: the first certificate of its kind."""
READ = "longest"
"""The case whose document is read again as others read it; in all of them its slots are measured."""
PICTURE = 96.0
"""Pixels an inch of a sample that is looked at on a screen."""
LACKS = {"template-without-statement": ("statement", "design-lacks"), "template-without": ("code", "design-lacks")}


@dataclass(frozen=True, slots=True)
class FaultIn:
    """A fault of a design, and in which case it shows; empty where in all of them."""

    fault: DesignFault
    case: str = ""


def designed_source(design: Design, kind: Kind) -> str:
    """The design as typst, with the layout of this release."""
    return source_of(design, kind, (PACKAGED / "designed.typ").read_text(encoding="utf-8"))


async def shown_in(context: Context, rules: SeasonRules, kind: Kind, case: str) -> tuple[Certificate, dict[str, Any]]:
    """Whose content a design is tried with."""
    if case == REAL:
        return await data_for(context, rules, kind)
    shown = sample(rules, kind, context.pages.catalog, await context.clock.now(), case)
    return shown, context.renderer.words(shown)


async def value_faults(context: Context, rules: SeasonRules, kind: Kind, design: Design) -> list[DesignFault]:
    """What is wrong with it before it is drawn."""
    return find_faults(design, kind, frozenset(await context.templates.pictures(rules.id)))


async def preview_design(
    context: Context, rules: SeasonRules, kind: Kind, design: Design, case: str, output: Output = "png"
) -> bytes:
    """What the design makes of this case.

    Raises:
        Invalid: a value will not do.
        InvalidState: it cannot be drawn.
    """
    return await (await _drawing(context, rules, kind, design, case)).render(output)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A design with the content that it is tried with."""

    drawers: Drawers
    season: str
    files: Files
    words: dict[str, Any]
    at: int

    async def render(self, output: Output) -> bytes:
        return await render_preview(self.drawers, self.season, self.files, self.words, output, self.at)

    async def layout(self) -> Layout:
        return await look_at(self.drawers, self.season, self.files, self.words)


async def _drawing(context: Context, rules: SeasonRules, kind: Kind, design: Design, case: str) -> _Drawing:
    """Raises Invalid: a value will not do."""
    if faults := await value_faults(context, rules, kind, design):
        raise refusal([FaultIn(fault) for fault in faults])
    shown, words = await shown_in(context, rules, kind, case)
    files = await files_of(context, rules.id, designed_source(design, kind))
    return _Drawing(context.renderer.drawers, rules.id, files, words, shown.current.at)


@dataclass(frozen=True, slots=True)
class SlotPreview:
    """What a design makes, and where its slots are in it."""

    picture: bytes
    layout: Layout


async def preview_slots(context: Context, rules: SeasonRules, kind: Kind, design: Design, case: str) -> SlotPreview:
    """The preview, for whoever looks for a slot of the form in it.

    Raises:
        Invalid: a value will not do.
        InvalidState: it cannot be drawn.
    """
    drawing = await _drawing(context, rules, kind, design, case)
    return SlotPreview(await drawing.render("png"), await drawing.layout())


async def all_faults(context: Context, rules: SeasonRules, kind: Kind, design: Design) -> list[FaultIn]:
    """Everything that is wrong with a design, in every case; what shows in several is said once."""
    if faults := await value_faults(context, rules, kind, design):
        return [FaultIn(fault) for fault in faults]
    files = await files_of(context, rules.id, designed_source(design, kind))
    seen: dict[tuple[str, str], FaultIn] = {}
    for case in CASES:
        for fault in await _case_faults(context, rules, kind, files, case):
            seen.setdefault((fault.slot, fault.code), FaultIn(fault, case))
    return list(seen.values())


async def _case_faults(
    context: Context, rules: SeasonRules, kind: Kind, files: Files, case: str
) -> Sequence[DesignFault]:
    shown, words = await shown_in(context, rules, kind, case)
    drawers, at = context.renderer.drawers, shown.current.at
    try:
        faults = find_layout_faults(await look_at(drawers, rules.id, files, words))
        document = await render_preview(drawers, rules.id, files, words, "pdf", at)
        if case != READ:
            return faults
        picture = await render_preview(drawers, rules.id, files, words, "png", at, ppi=PAPER)
        await limited.run(check_document, document, picture, shown, str(words["url"]), owner=rules.id)
    except limited.Exceeded:
        return [DesignFault("paper", (), "design-not-drawn", {"words": ""})]
    except InvalidState as error:
        return [*faults_of_refusal(error)]
    return faults


def faults_of_refusal(error: InvalidState) -> list[DesignFault]:
    """What a document lacks, as a fault of its slot."""
    words = {"words": str(error.values.get("words", error.values.get("count", "")))}
    if error.code in LACKS:
        slot, code = LACKS[error.code]
        return [DesignFault(slot, (), code, words)]
    if error.code == "template-without-code":
        return [DesignFault("code", (), "design-without-code")]
    return [DesignFault("paper", (), "design-not-drawn", words)]


def refusal(faults: Sequence[FaultIn]) -> Invalid:
    """All of them at once, each at its value or, where it shows only in the drawing, at its slot."""
    return Invalid(
        "fields-invalid",
        errors=[
            {
                "pointer": pointer_of(item.fault.path or (item.fault.slot,)),
                "field": ".".join(str(part) for part in item.fault.path) or f"slot-{item.fault.slot}",
                "code": item.fault.code,
                **item.fault.values,
                **({"case": item.case} if item.case else {}),
            }
            for item in faults
        ],
    )


async def draw_sample(
    context: Context, rules: SeasonRules, kind: Kind, template: str, case: str, output: Output
) -> bytes:
    """A certificate of nobody by this template, marked across its sheet as a sample.

    Raises:
        NotFound: there is no such template.
        InvalidState: it cannot be drawn.
    """
    shown, words = await shown_in(context, rules, kind, case)
    files = {**await context.templates.files(template), "sample.typ": (PACKAGED / "sample.typ").read_bytes()}
    engine = context.engines.kept(await context.templates.engine(template))
    marked = {**words, "sample": context.pages.catalog.translator(words["lang"])("designs-sample-mark")}
    drawers, at = context.renderer.drawers, shown.current.at
    return await render_preview(
        drawers, rules.id, files, marked, output, at, engine=engine, ppi=PICTURE, main="sample.typ"
    )


async def versions_of(context: Context, season: str, kind: Kind) -> list[Template]:
    """Every version of the design of a kind, the newest first; also those that were made by their source."""
    return [item for item in await context.templates.of(season) if item.season and item.name == template_name(kind)]


async def save_design(
    context: Context, rules: SeasonRules, kind: Kind, design: Design, principal: Principal, after: str | None = None
) -> Template:
    """A new version, once every case fits. `after` is the version that was the newest when this one was begun.

    Raises:
        Invalid: naming everything that is wrong.
        InvalidState: another version came meanwhile.
    """
    versions = await versions_of(context, rules.id, kind)
    if after is not None and after != (versions[0].id if versions else ""):
        raise InvalidState("design-changed")
    if faults := await all_faults(context, rules, kind, design):
        raise refusal(faults)
    source = designed_source(design, kind)
    made = await context.templates.save(rules.id, template_name(kind), source, principal.login, design)
    await context.audit.note(rules.id, principal, "template", "", template=made.id)
    return made


@dataclass(frozen=True, slots=True)
class Copyable:
    """A design that may be taken over, and whose it is."""

    template: Template
    kind: Kind


async def copyable(context: Context, rules: SeasonRules, kind: Kind, principal: Principal) -> list[Copyable]:
    """The newest designs of other kinds and of other seasons that this principal organizes."""
    known = {template_name(item): item for item in KINDS}
    designs = [item for item in await context.templates.designs() if item.name in known]
    others = [item for item in designs if (item.season, item.name) != (rules.id, template_name(kind))]
    seasons = {item.season for item in others}
    allowed = {season for season in seasons if await decides(context, principal, season)}
    mine = [Copyable(item, known[item.name]) for item in others if item.season in allowed]
    return sorted(mine, key=lambda item: (item.template.season != rules.id, item.template.season, item.template.name))


async def decides(context: Context, principal: Principal, season: str) -> bool:
    """Whether somebody decides about the certificates of this season."""
    try:
        return (await scope_of(context, principal, season)).decides
    except NotAllowed:
        return False


async def take_over(
    context: Context, rules: SeasonRules, kind: Kind, template: str, principal: Principal
) -> tuple[Design, Copyable]:
    """Another design with its pictures, to look at; it is not kept before it is saved.

    Raises:
        Invalid: there is no such design, or it is not for this principal.
    """
    source = next(
        (item for item in await copyable(context, rules, kind, principal) if item.template.id == template), None
    )
    if source is None or source.template.design is None:
        raise Invalid("fields-invalid", errors=[error_at("from", "problem-no-such-design")])
    names = {"": "", "mark.svg": "mark.svg"}
    for name in sorted(source.template.design.pictures - set(names)):
        names[name] = await context.templates.take_over_picture(rules.id, name, source.template.files[name])
    if len(names) > 2:
        await context.audit.note(rules.id, principal, "template", "", pictures=len(names) - 2, taken_from=template)
    return renamed(source.template.design, names), source


def renamed(design: Design, names: Mapping[str, str]) -> Design:
    """The same design with its pictures by their new names."""
    return design.model_copy(
        update={
            "logo": names[design.logo],
            "seals": tuple(seal.model_copy(update={"picture": names[seal.picture]}) for seal in design.seals),
            "signatures": tuple(item.model_copy(update={"picture": names[item.picture]}) for item in design.signatures),
        }
    )
