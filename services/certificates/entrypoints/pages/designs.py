"""The pages on which an organizer designs each kind of certificate by a form, beside a preview."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.certificates.adapters.slot_marks import mark_slots
from services.certificates.adapters.templates import Template
from services.certificates.application.designing import CASES, case_of
from services.certificates.domain.designs import MOST_SEALS, MOST_SIGNATURES, SEAL_MM, SIZES, WORDS, WORDS_OF, Design
from services.certificates.domain.documents import KINDS, Kind, kind_of
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.design_form import CHOICES, UPLOADS, design_of, form_of
from services.certificates.entrypoints.designs import (
    REAL,
    SlotPreview,
    copyable,
    draw_sample,
    preview_design,
    preview_slots,
    save_design,
    take_over,
    versions_of,
)
from services.certificates.entrypoints.pictures import add_picture, name_by_content
from services.certificates.entrypoints.proving import choose_templates
from services.certificates.entrypoints.scope import rules_for_deciding
from shared.errors import OF_ERROR, Invalid, InvalidState, LaurelError, NotFound, Unavailable
from shared.identity import Principal
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame
from shared.web.translation import Translator

router = APIRouter(prefix="/certificates/seasons/{season_id}/designs", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of the designer shows: the form as typed, whose content to preview, and what just happened."""

    form: FormData
    design: Design
    case: str = CASES[0]
    note: str = ""
    checked: bool = False
    status: int = 200
    numbered: bool = True
    """Whether the preview shows the numbers of the slots."""


SLOTS = (
    ("logo",), ("heading",), ("recipient",), ("body", "award", "second"), ("instructors",), ("seals",), ("signatures",),
    ("issuer",), ("code",), ("statement",),
)  # fmt: skip
"""What is drawn, in the order of the form; what stands together there has one number."""


def numbers_of(kind: Kind) -> dict[str, int]:
    """The numbers of the slots that a certificate of this kind may have."""
    shown = [slots for slots in SLOTS if slots != ("instructors",) or "instructors" in WORDS_OF[kind]]
    return {slot: number for number, slots in enumerate(shown, 1) for slot in slots}


async def _picture(preview: SlotPreview, kind: Kind, *, numbered: bool) -> bytes:
    if not numbered:
        return preview.picture
    return await asyncio.to_thread(mark_slots, preview.picture, preview.layout, numbers_of(kind))


def _kind(text: str) -> Kind:
    """Raises NotFound."""
    kind = kind_of(text)
    if not kind:
        raise NotFound("no-such-design")
    return kind


def _case(text: str) -> str:
    """Whose content to preview, as an address or a form names it."""
    return REAL if text == REAL else case_of(text)


async def editor(
    context: Context, request: Request, rules: SeasonRules, kind: Kind, principal: Principal, asked: Asked
) -> Response:
    t = context.pages.translator(request)
    form, status = asked.form, asked.status
    picture, layout, numbers = b"", None, numbers_of(kind)
    try:
        preview = await preview_slots(context, rules, kind, asked.design, asked.case)
        layout, picture = preview.layout, await _picture(preview, kind, numbered=asked.numbered)
    except LaurelError as error:
        if isinstance(error, Unavailable):
            raise
        form = form if form.errors or form.message else with_faults(form, error, t)
    versions = await versions_of(context, rules.id, kind)
    chosen = (await context.templates.chosen(rules.id, KINDS))[kind]
    page: dict[str, Any] = {
        **season_frame(rules),
        "kinds": KINDS,
        "kind": kind,
        "form": form,
        "note": asked.note,
        "checked": asked.checked,
        "numbered": asked.numbered,
        "numbers": numbers,
        "places": {name: layout.third_of(name) for name in numbers} if layout else {},
        "preview": base64.b64encode(picture).decode(),
        "case": asked.case,
        "cases": (REAL, *CASES) if await _is_issued(context, rules, kind) else CASES,
        "versions": versions,
        "newest": versions[0] if versions else None,
        "used": chosen,
        "usual": (await context.templates.newest(rules.id, "landscape")).id,
        "pictures": sorted(set(await context.templates.pictures(rules.id)) - {"border.svg"}),
        "words": WORDS_OF[kind],
        "usual_body": {
            language: _usual_body(context.pages.catalog.translator(language), kind, t) for language in LANGUAGES
        },
        "choices": CHOICES,
        "sizes": SIZES,
        "millimetres": SEAL_MM,
        "seals": range(MOST_SEALS),
        "signatures": range(MOST_SIGNATURES),
        "copies": [
            (item.template.id, item.kind, await _title(context, rules, item.template.season, t))
            for item in await copyable(context, rules, kind, principal)
        ],
    }
    return context.pages.render(request, "design.html", page, status=status)


def _usual_body(of: Translator, kind: Kind, t: Translator) -> str:
    """What is printed where a design states no body, with its words as the page calls them."""
    return of(f"certificate-body-{kind}", **{word: f"{{{t(f'word-{word}')}}}" for word in WORDS}).strip()


async def _is_issued(context: Context, rules: SeasonRules, kind: Kind) -> bool:
    async for _ in context.certificates.of_season(rules.id, {"kind": kind}):
        return True
    return False


async def _title(context: Context, rules: SeasonRules, season: str, t: Translator) -> str:
    """The title of another season; empty for this one."""
    if season == rules.id:
        return ""
    other = await context.known.rules(season)
    return other.season.title.best(t.language) if other else season


def with_faults(form: FormData, error: LaurelError, t: Translator) -> FormData:
    """The form with everything that is wrong, each at its field or slot; several of one place stand there together."""
    if not error.errors:
        return form.with_errors(error, t)
    said: dict[str, list[str]] = {}
    for item in error.errors:
        words = t(item["code"], **{name: value for name, value in item.items() if name not in OF_ERROR})
        if item.get("case"):
            words = t("designs-in-case", words=words, case=t(f"designs-case-{item['case']}"))
        if slot := _slot_of(item["field"]):
            words = t("designs-where", slot=t(f"designs-slot-{slot}"), words=words)
        said.setdefault(item["field"], []).append(words)
    return FormData(form.values, {name: " ".join(words) for name, words in said.items()})


def _slot_of(field: str) -> str:
    """The slot in which a field stands; empty for what is no field of a design."""
    first_part = field.removeprefix("slot-").partition(".")[0]
    slots = {"border": "paper", **dict.fromkeys(("from", "template"), "")}
    return slots.get(first_part, first_part)


@router.get("")
async def first(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await show(context, request, season_id, "student", principal)


@router.get("/{kind}")
async def show(context: ContextOf, request: Request, season_id: str, kind: str, principal: SignedIn) -> Response:
    """The newest design of the kind, an earlier one, or where there is none what is usual."""
    rules, asked_for = await rules_for_deciding(context, principal, season_id), _kind(kind)
    t = context.pages.translator(request)
    versions = await versions_of(context, rules.id, asked_for)
    wanted = request.query_params.get("version", "")
    design = _design_shown(versions)
    note = ""
    if wanted:
        opened = next((item for item in versions if str(item.number) == wanted and item.design), None)
        if opened is None or opened.design is None:
            raise NotFound("no-such-design")
        design, note = opened.design, t("designs-opened", number=opened.number)
    saved = next((item for item in versions if str(item.number) == request.query_params.get("saved", "")), None)
    if saved:
        note = t("designs-saved", number=saved.number)
    case = _case(request.query_params.get("case", ""))
    asked = Asked(FormData(form_of(design, t)), design, case, note, checked=saved is not None)
    return await editor(context, request, rules, asked_for, principal, asked)


@router.get("/{kind}/sample.pdf")
async def sample_sheet(
    context: ContextOf, request: Request, season_id: str, kind: str, principal: SignedIn
) -> Response:
    """A sheet to print and look at, of an invented recipient and marked as a sample: by the newest version, or what is used."""
    rules, asked_for = await rules_for_deciding(context, principal, season_id), _kind(kind)
    versions = await versions_of(context, rules.id, asked_for)
    template = versions[0].id if versions else (await context.templates.chosen(rules.id, KINDS))[asked_for]
    case = case_of(request.query_params.get("case", ""))
    document = await draw_sample(context, rules, asked_for, template, case, "pdf")
    name = f"{rules.id}-{asked_for}-sample.pdf"
    return Response(
        document, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@router.post("/{kind}")
async def send(context: ContextOf, request: Request, season_id: str, kind: str, principal: SignedIn) -> Response:
    """Show what the form makes, or keep it as a new version once every case fits. Pictures sent with it stay, whatever else."""
    rules, asked_for = await rules_for_deciding(context, principal, season_id), _kind(kind)
    t = context.pages.translator(request)
    sent = await _sent(request)
    refused: LaurelError | None = None
    try:
        sent = await _with_uploads(context, request, rules, sent, principal)
    except InvalidState as error:
        refused = error
    design = design_of(sent, context.pages.catalog)
    form = FormData(form_of(design, t))
    case = _case(sent["case"])
    if refused is None and sent["act"] == "save":
        try:
            made = await save_design(context, rules, asked_for, design, principal, sent["after"])
        except LaurelError as error:
            refused = error
        else:
            here = f"/certificates/seasons/{rules.id}/designs/{asked_for}"
            return RedirectResponse(f"{here}?saved={made.number}&case={case}", status_code=303)
    numbered = sent["numbered"] == "1"
    if refused:
        asked = Asked(with_faults(form, refused, t), design, case, status=422, numbered=numbered)
    else:
        asked = Asked(form, design, case, numbered=numbered)
    return await editor(context, request, rules, asked_for, principal, asked)


@router.post("/{kind}/preview")
async def preview(context: ContextOf, request: Request, season_id: str, kind: str, principal: SignedIn) -> Response:
    """A picture of what is typed, for the script of the page."""
    rules, asked_for = await rules_for_deciding(context, principal, season_id), _kind(kind)
    sent = await _sent(request)
    design = design_of(sent, context.pages.catalog)
    case = _case(sent["case"])
    if sent["numbered"] == "1":
        picture = await _picture(await preview_slots(context, rules, asked_for, design, case), asked_for, numbered=True)
    else:  # nobody asks where the slots are
        picture = await preview_design(context, rules, asked_for, design, case)
    return Response(picture, media_type="image/png")


@router.post("/{kind}/copy")
async def copy(context: ContextOf, request: Request, season_id: str, kind: str, principal: SignedIn) -> Response:
    """The design of another kind or season in the form, with its pictures; it is kept once it is saved."""
    rules, asked_for = await rules_for_deciding(context, principal, season_id), _kind(kind)
    t = context.pages.translator(request)
    try:
        design, source = await take_over(context, rules, asked_for, (await read_form(request))["from"], principal)
    except Invalid as error:
        return await _refused(context, request, rules, asked_for, principal, error)
    season = await _title(context, rules, source.template.season, t)
    name = t(f"kind-{source.kind}")
    whose = t("designs-copy-other", season=season, kind=name) if season else t("designs-copy-here", kind=name)
    asked = Asked(FormData(form_of(design, t)), design, note=t("designs-copied", **{"from": whose}))
    return await editor(context, request, rules, asked_for, principal, asked)


@router.post("/{kind}/use")
async def use(context: ContextOf, request: Request, season_id: str, kind: str, principal: SignedIn) -> Response:
    """Print the kind by a version from now on; what was issued keeps its own."""
    rules, asked_for = await rules_for_deciding(context, principal, season_id), _kind(kind)
    try:
        await choose_templates(context, rules, {asked_for: (await read_form(request))["template"]}, principal)
    except (Invalid, InvalidState) as error:
        return await _refused(context, request, rules, asked_for, principal, error)
    return RedirectResponse(f"/certificates/seasons/{rules.id}/designs/{asked_for}", status_code=303)


async def _refused(
    context: Context, request: Request, rules: SeasonRules, kind: Kind, principal: Principal, error: LaurelError
) -> Response:
    """The page as it was, with what was refused."""
    t = context.pages.translator(request)
    design = _design_shown(await versions_of(context, rules.id, kind))
    asked = Asked(with_faults(FormData(form_of(design, t)), error, t), design, status=422)
    return await editor(context, request, rules, kind, principal, asked)


def _design_shown(versions: Sequence[Template]) -> Design:
    """The newest design, or where there is none what is usual."""
    return next((item.design for item in versions if item.design), Design())


async def _sent(request: Request) -> FormData:
    """The form with its texts as they were typed; what is left of longer ones is too long for any slot."""
    form = await request.form()
    return FormData({name: value.strip()[:2000] for name, value in form.items() if isinstance(value, str)})


async def _with_uploads(
    context: Context, request: Request, rules: SeasonRules, sent: FormData, principal: Principal
) -> FormData:
    """The form with what was uploaded chosen where it was uploaded.

    Raises:
        InvalidState: a file is no picture, or too large.
    """
    values = dict(sent.values)
    async with request.form() as form:
        for place in UPLOADS:
            file = form.get(f"{place}.file")
            if isinstance(file, UploadFile) and file.filename:
                data = await file.read()
                name = name_by_content(place.partition(".")[0].removesuffix("s"), file.filename, data)
                await add_picture(context, rules.id, name, data, principal)
                values["logo" if place == "logo" else f"{place}.picture"] = name
    return FormData(values)
