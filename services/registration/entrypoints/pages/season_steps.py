"""A draft of a season step by step: each step is a form, the last one says what is left to change and opens the season."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.drafting import Draft, base_of, changes_of
from services.registration.application.season_steps import (
    Reading,
    lay_over,
    mark_of,
    parts_of,
    read_draft,
    save_step,
)
from services.registration.domain.message_plan import planned_messages
from services.registration.domain.season_form.counting import count_awards
from services.registration.domain.season_form.editing import zone_of
from services.registration.domain.season_form.parts import Field, Group, Option, Part, shown
from services.registration.domain.season_form.placing import Placed, place, steps_with_faults
from services.registration.domain.season_form.previewing import preview_tracks
from services.registration.domain.season_form.steps import STEPS
from services.registration.domain.season_form.tree import Tree, mapping_at, name_of, text_at, value_at
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.season.faults import Fault
from shared.web.forms import FormData
from shared.web.translation import Translator

CHECK = "check"
EVERY_STEP = (*STEPS, CHECK)
USUAL_COUNT, MOST_COUNT = 24, 100_000
MANY = 4
"""From so many alike on, those behind the first are folded."""
MOST_FIELDS = 5_000
"""Of one page: a season of many tracks and divisions has some hundreds."""
DETAIL = re.compile(r"[^a-z0-9]+")
DETAILS = {
    "Tuple should have at most": "too-many",
    "Tuple should have at least 2": "too-few-of-two",
    "Tuple should have at least": "too-few",
    "Dictionary should have at least": "too-few",
    "a number of more than": "long-number",
    "a year outside": "no-year",
    "at most": "long-term",
}
"""How the details of faults begin that say numbers, and what their sentences are called."""

router = APIRouter(prefix="/registration", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Words:
    """What the parts of a page are called, in the language of who looks."""

    t: Translator

    def title(self, title: Any) -> str:
        """The season's own word for something."""
        if isinstance(title, Mapping):
            first, second = ("en", "zh") if self.t.language == "en" else ("zh", "en")
            return str(title.get(first) or title.get(second) or "")
        return str(title or "")

    def label(self, part: Part) -> str:
        text = self.t.first(f"edit-{part.label}", part.label, title=self.title(part.title))
        language = part.language if isinstance(part, Field) else ""
        return self.t(f"edit-in-{language}", label=text) if language else text

    def option(self, option: Option) -> str:
        title = self.title(option.title)
        return self.t(option.key, title=title) if option.key else title

    def heading(self, group: Group) -> str:
        """What a group is called: one of several alike by its own name."""
        own = self.title(group.title) if group.layout == "item" and group.number else ""
        return own or self.label(group)

    def place(self, placed: Placed) -> str:
        """Where a fault is: the thing it belongs to, and the field."""
        around = next((group for group in reversed(placed.within) if group.title), None)
        part = placed.part
        named = self.heading(part) if isinstance(part, Group) else self.label(part)
        return " · ".join([self.heading(around), named] if around else [named])

    def fault(self, placed: Placed, other: str) -> str:
        """What is wrong, in words for its kind of field; `other` is the field that it speaks of."""
        fault, part = placed.fault, placed.part
        kind = part.kind if isinstance(part, Field) else "group"
        known = next((key for words, key in DETAILS.items() if fault.detail.startswith(words)), "")
        detail = known or DETAIL.sub("-", fault.detail.lower()).strip("-")
        keys = (f"edit-fault-{detail}", f"edit-fault-{fault.code}-{kind}", f"edit-fault-{fault.code}")
        return self.t.first(*keys, detail=fault.detail, path=fault.path, other=other)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault as a page says it: at which input of which step."""

    step: str
    name: str
    anchor: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class StepForm:
    """The form of one step as it is shown: its parts, what each field shows, and what is wrong with it."""

    parts: Sequence[Part]
    tree: Tree
    words: Words
    zone: ZoneInfo
    errors: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    """The thing that a button has just added or moved."""

    def values(self, part: Field) -> tuple[str, ...]:
        return shown(part, self.tree, self.zone)

    def inputs(self, part: Field) -> list[tuple[str, str]]:
        """The names under which it is sent, each with what it shows."""
        return list(zip(part.inputs, self.values(part), strict=True))

    def options(self, part: Field) -> list[tuple[str, str]]:
        """The values to choose from, with what the file says and the rules do not offer."""
        offered = [(option.value, self.words.option(option)) for option in part.options]
        known = {value for value, _ in offered}
        return [*offered, *((value, value) for value in self.values(part) if value and value not in known)]

    def error(self, part: Part) -> str:
        return self.errors.get(part.name or part.label, "")

    def folded(self, group: Group, around: Group) -> bool:
        """Whether it is one of many alike, behind the first, with nothing to change in it and nothing just done to it."""
        alike = [part for part in around.parts if isinstance(part, Group) and part.layout == "item"]
        inside = f"{group.name}."
        needed = any(f"{name}.".startswith(inside) for name in (*self.errors, self.at))
        return len(alike) >= MANY and group in alike[1:] and not needed

    def total(self, group: Group) -> str:
        """What the weights of the items of a rubric are together; empty where nothing is weighed or one is no number."""
        items = value_at(self.tree, group.path)
        weights = [text_at(item, ("weight",)) for item in items] if isinstance(items, list) and group.path else []
        try:
            total = sum((Decimal(weight) for weight in weights), Decimal(0))
        except InvalidOperation:
            return ""
        return f"{total.normalize():f}" if weights and all(weights) and total.is_finite() else ""


def problems_of(placed: Iterable[Placed], tree: Tree, words: Words) -> list[Problem]:
    """Every fault in words, each at the input that it is about."""
    result = []
    for item in placed:
        part = item.part
        name = part.name or part.label
        anchor = part.inputs[0] if isinstance(part, Field) and not part.many else name
        other = ""
        if item.fault.code == "TOO_EARLY":  # its detail is the path of what it must not come before
            (before,) = place([Fault(path=item.fault.detail, code="TOO_EARLY")], tree)
            other = words.place(before)
        result.append(Problem(item.step, name, anchor, words.place(item), words.fault(item, other)))
    return result


async def step_page(
    context: Context,
    request: Request,
    draft: Draft,
    step: str,
    *,
    tree: Tree | None = None,
    more: Mapping[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    """The form of a step. With `tree` it shows what was typed and is not kept yet, and with `more` what could not be."""
    reading = await asyncio.to_thread(read_draft, draft.text)
    words = Words(context.pages.translator(request))
    if reading.tree is None:
        page = {**frame(draft, reading, step, words), "form": FormData(message=words.t("edit-unreadable"))}
        return context.pages.render(request, "season-step-unreadable.html", page, status=422)
    current = reading.tree if tree is None else tree
    parts, zone = parts_of(step, current), zone_of(current)
    new = request.query_params.get("new", "")
    here = [
        problem
        for problem in problems_of((item for item in reading.placed if item.step == step), reading.tree, words)
        if not new or not f"{problem.name}.".startswith(f"{new}.")
    ]
    errors = {problem.name: problem.text for problem in reversed(here)} | {
        name: words.t(key) for name, key in (more or {}).items()
    }
    shown_form = StepForm(parts, current, words, zone, errors, request.query_params.get("at", ""))
    listed = [(problem.anchor, words.t("edit-at", where=problem.where, text=problem.text)) for problem in here]
    listed += [(name, words.t(key)) for name, key in (more or {}).items()]
    page = {
        **frame(draft, reading, step, words),
        "shown": shown_form,
        "seen": mark_of(draft.text),
        "form": FormData({}, dict(listed), message),
        "counted": _counted(request, reading) if step == "awards" else None,
        "n": _count_asked(request),
        "previewed": preview_tracks(current) if step == "form" else [],
        "blank": FormData(),
        "saved": words.t.when(draft.updated_at, zone),
    }
    return context.pages.render(request, "season-step.html", page, status=status)


def frame(draft: Draft, reading: Reading, step: str, words: Words) -> dict[str, Any]:
    """The steps beside the page, each with how much is to change in it."""
    faults = {name: len(placed) for name, placed in steps_with_faults(reading.placed).items()}
    tree = reading.tree or {}
    title = mapping_at(tree, ("season", "title"))
    number = EVERY_STEP.index(step) if step in EVERY_STEP else -1
    rules = reading.rules
    return {
        "draft": draft,
        "step": step,
        "steps": EVERY_STEP,
        "counts": faults,
        "draft_title": words.title(title),
        "size": {"divisions": len(rules.divisions), "tracks": len(rules.tracks)} if rules else {},
        "before": EVERY_STEP[number - 1] if number > 0 else "",
        "after": EVERY_STEP[number + 1] if 0 <= number < len(EVERY_STEP) - 1 else "",
        "draft_zone": zone_of(tree).key,
        "zone": words.t.first(
            f"edit-zone-{zone_of(tree).key.replace('/', '-')}", "edit-zone-other", zone=zone_of(tree).key
        ),
    }


def _count_asked(request: Request) -> int:
    asked = request.query_params.get("n", "")
    return min(int(asked), MOST_COUNT) if asked.isascii() and asked.isdigit() and len(asked) < 9 else USUAL_COUNT


def _counted(request: Request, reading: Reading) -> Any:
    return count_awards(reading.rules, _count_asked(request)) if reading.rules else None


@router.get("/season-drafts/{draft_id}/{step}")
async def show(context: ContextOf, request: Request, draft_id: str, step: str, principal: SignedIn) -> Response:
    draft = await context.drafts.find(draft_id, principal.account)
    if step == CHECK:
        return await check_page(context, request, draft)
    parts_of(step, {})
    return await step_page(context, request, draft, step)


async def check_page(context: Context, request: Request, draft: Draft) -> Response:
    """What is left to change, by step; and without a fault the button that opens the season."""
    reading = await asyncio.to_thread(read_draft, draft.text)
    words = Words(context.pages.translator(request))
    base = await base_of(draft, context.store)
    rules = reading.rules
    page = {
        **frame(draft, reading, CHECK, words),
        "readable": reading.tree is not None,
        "problems": sorted(
            problems_of(reading.placed, reading.tree or {}, words), key=lambda problem: EVERY_STEP.index(problem.step)
        ),
        "rules": rules,
        "groups": sum(len(track.divisions) for track in rules.tracks) if rules else 0,
        "planned": planned_messages(rules, _count_asked(request)) if rules else (),
        "asked": _count_asked(request),
        "base": base,
        "same": base is not None and rules is not None and rules.id == base.id,
        "changes": changes_of(base, rules),
        "faults": [],
        "form": FormData(),
    }
    return context.pages.render(request, "season-check.html", page)


@router.post("/season-drafts/{draft_id}/{step}")
async def save(context: ContextOf, request: Request, draft_id: str, step: str, principal: SignedIn) -> Response:
    """Keep what was typed, right or not, and do what the button says; the page then says what is wrong.

    A page that was shown for another state of the draft is not kept but shown again, over what the draft says now.
    """
    draft = await context.drafts.find(draft_id, principal.account)
    parts_of(step, {})
    sent = await request.form(max_fields=MOST_FIELDS)
    posted = {name: [str(value)[:8000] for value in sent.getlist(name)] for name in sent}
    button, seen = str(sent.get("do", "")), str(sent.get("seen", ""))
    t = context.pages.translator(request)
    if seen and seen != mark_of(draft.text):
        late = await asyncio.to_thread(lay_over, draft.text, step, posted)
        if not late.changed:  # the same page, sent twice: what it says is kept already
            return RedirectResponse(f"/registration/season-drafts/{draft.id}/{step}", status_code=303)
        message = t("edit-elsewhere-lost", typed="; ".join(late.lost)) if late.lost else t("edit-elsewhere")
        return await step_page(context, request, draft, step, tree=late.tree, message=message, status=409)
    chosen = {name.removeprefix("choose:"): values[0] for name, values in posted.items() if name.startswith("choose:")}
    saved = await asyncio.to_thread(save_step, draft.text, step, posted, button, chosen)
    if saved.text != draft.text:
        await context.drafts.write(draft.id, saved.text, await context.store.clock.now())
        draft = await context.drafts.find(draft_id, principal.account)
    if saved.taken or saved.missing:
        more = dict.fromkeys(saved.taken, "edit-taken")
        message = t("edit-no-button") if saved.missing else ""
        return await step_page(context, request, draft, step, more=more, message=message, status=422)
    return RedirectResponse(await _next(draft, step, button, posted, saved.at), status_code=303)


async def _next(draft: Draft, step: str, button: str, posted: Mapping[str, Sequence[str]], at: Any) -> str:
    """Where one goes from here: to what was added or moved, or to the next step once this one has no faults."""
    address = f"/registration/season-drafts/{draft.id}/{step}"
    if at is not None:
        name = name_of(at)
        asked = {"at": name, **({"new": name} if button.startswith("add:") else {})}
        return f"{address}?{urlencode(asked)}#{quote(name)}"
    if button == "count":
        return f"{address}?{urlencode({'n': posted.get('n', [''])[0]})}#count"
    if button == "next":
        reading = await asyncio.to_thread(read_draft, draft.text)
        if not any(item.step == step for item in reading.placed):
            following = EVERY_STEP[EVERY_STEP.index(step) + 1]
            return f"/registration/season-drafts/{draft.id}/{following}"
    return f"{address}?saved=1"
