"""The workspace of a season: which pages its staff have, in which menu they stand, and who gets which of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from shared.identity import ANYWHERE, Principal, Role
from shared.season.rules import SeasonRules

Mode = Literal["records", "live"]

HOME = "/registration/me"
HOST, AUDITOR = Role.CITY_ORGANIZER, Role.AUDITOR
DISTRICT, SCHOOL, CHIEF, JUDGE = Role.DISTRICT_ORGANIZER, Role.SCHOOL_ADMIN, Role.CHIEF_JUDGE, Role.JUDGE
STAFF = (HOST, AUDITOR, DISTRICT, SCHOOL, CHIEF, JUDGE)
OF_UNITS = (DISTRICT, SCHOOL)
"""Roles that are held in a unit of the season, and give nothing without one."""
WHOLE = frozenset({HOST, AUDITOR})
"""Roles that see the whole season: their menu has sections; the others have few pages, side by side."""


def _always(_: SeasonRules) -> bool:
    return True


def _has_works(rules: SeasonRules) -> bool:
    return bool(rules.works)


def _asks_summaries(rules: SeasonRules) -> bool:
    return rules.asks_summaries


def _recommends(rules: SeasonRules) -> bool:
    return rules.recommendation is not None


def _has_self_assessment(rules: SeasonRules) -> bool:
    return rules.self_assessment is not None


@dataclass(frozen=True, slots=True)
class StaffPage:
    """A page that stands in a menu: its name in texts and templates, its address, and whom its service lets in."""

    key: str
    address: str
    who: Collection[Role]
    live_only: bool = False
    """There is nothing to do on it in a season kept in records."""
    applies: Callable[[SeasonRules], bool] = _always
    """Whether the season has what it is about."""

    def path(self, season: str) -> str:
        return self.address.format(season=season)


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    pages: tuple[StaffPage, ...]


REGISTRATION, JUDGING = "/registration/seasons/{season}", "/judging/seasons/{season}"
CERTIFICATES = "/certificates/seasons/{season}"

MENU = (
    Section("overview", (StaffPage("overview", f"{REGISTRATION}/overview", (HOST, AUDITOR)),)),
    Section(
        "entries",
        (
            StaffPage("desk", f"{REGISTRATION}/desk", (HOST, AUDITOR, DISTRICT, SCHOOL)),
            StaffPage("board", f"{REGISTRATION}/board", (HOST, AUDITOR, DISTRICT, SCHOOL)),
            StaffPage(
                "recommendations",
                f"{REGISTRATION}/recommendations",
                (HOST, AUDITOR, DISTRICT, SCHOOL),
                applies=_recommends,
            ),
            StaffPage("import", f"{REGISTRATION}/import", (HOST, DISTRICT, SCHOOL), live_only=True),
            StaffPage("drafts", f"{REGISTRATION}/drafts", (HOST, DISTRICT, SCHOOL), live_only=True),
            StaffPage("students", f"{REGISTRATION}/students", (SCHOOL,)),
            StaffPage("consents", f"{REGISTRATION}/consents", (HOST, DISTRICT, SCHOOL), live_only=True),
        ),
    ),
    Section(
        "units",
        (
            StaffPage("units", f"{REGISTRATION}/units", (HOST, AUDITOR, DISTRICT, SCHOOL)),
            StaffPage("jury", f"{REGISTRATION}/judges", (HOST,)),
            StaffPage("staff", f"{REGISTRATION}/invite", (HOST,)),
            StaffPage("invitations", f"{REGISTRATION}/invitations", (HOST, DISTRICT, SCHOOL)),
            StaffPage(
                "summaries", f"{REGISTRATION}/summaries", (HOST, AUDITOR, DISTRICT, SCHOOL), applies=_asks_summaries
            ),
        ),
    ),
    Section(
        "judging",
        (
            StaffPage("tasks", f"{JUDGING}/tasks", (CHIEF, JUDGE)),
            StaffPage("rubric", f"{JUDGING}/rubric", (CHIEF, JUDGE)),
            StaffPage("panels", f"{JUDGING}/judges", (HOST,)),
            StaffPage("chief", f"{JUDGING}/chief", (HOST, AUDITOR, CHIEF)),
            StaffPage("schedule", f"{JUDGING}/schedule", (HOST, CHIEF)),
            StaffPage("sheets", f"{JUDGING}/sheets", (HOST, CHIEF)),
            StaffPage("held-copies", f"{REGISTRATION}/held-copies", (HOST,), applies=_has_works),
        ),
    ),
    Section(
        "results",
        (
            StaffPage("results", f"{JUDGING}/results", (HOST, AUDITOR, CHIEF)),
            StaffPage("assessment", f"{JUDGING}/assessment", (HOST, AUDITOR, CHIEF), applies=_has_self_assessment),
            StaffPage("objections", f"{JUDGING}/objections", (HOST, AUDITOR)),
            StaffPage("exclusions", f"{JUDGING}/exclusions", (HOST, AUDITOR)),
            StaffPage("revision", f"{JUDGING}/revision", (HOST, AUDITOR)),
            StaffPage("ceremony", f"{REGISTRATION}/ceremony", (HOST,)),
        ),
    ),
    Section(
        "certificates",
        (
            StaffPage("certificates", CERTIFICATES, (HOST, AUDITOR, DISTRICT, SCHOOL)),
            StaffPage("downloads", f"{CERTIFICATES}/downloads", (HOST, AUDITOR, DISTRICT, SCHOOL)),
            StaffPage("designs", f"{CERTIFICATES}/designs", (HOST,)),
            StaffPage("templates", f"{CERTIFICATES}/templates", (HOST,)),
            StaffPage("grants", f"{CERTIFICATES}/grants", (HOST,)),
            StaffPage("changes", f"{CERTIFICATES}/changes", (HOST,)),
            StaffPage("handout", f"{CERTIFICATES}/handout", (HOST, AUDITOR, DISTRICT, SCHOOL)),
            StaffPage("rare-signs", f"{REGISTRATION}/signs", (HOST, AUDITOR)),
            StaffPage("sign-pictures", f"{CERTIFICATES}/signs", (HOST,)),
        ),
    ),
    Section("messages", (StaffPage("reminders", f"{REGISTRATION}/reminders", (HOST, DISTRICT)),)),
    Section(
        "settings",
        (
            StaffPage("rules", f"{REGISTRATION}/rules", (HOST,)),
            StaffPage("reads", f"{REGISTRATION}/reads", (HOST, AUDITOR)),
            StaffPage("audit", f"{CERTIFICATES}/audit", (HOST, AUDITOR)),
            StaffPage("webhooks", f"{REGISTRATION}/webhooks", (HOST,)),
        ),
    ),
)
"""Every page that the staff of a season reach by a menu, each once. Texts: `section-<key>` and `page-<key>`."""


@dataclass(frozen=True, slots=True)
class Link:
    """A line of a menu or of a breadcrumb; without an address it is where one is."""

    text: str
    address: str
    here: bool = False
    below: tuple["Link", ...] = ()


@dataclass(frozen=True, slots=True)
class Workspace:
    """What frames a page of a season for somebody of its staff."""

    menu: tuple[Link, ...]
    trail: tuple[Link, ...]
    """From one's seasons down to the page; texts are keys, but for the season's own title, which is empty here."""


def staff_roles(principal: Principal | None, season: str) -> frozenset[Role]:
    """The roles by which somebody belongs to the season's staff; who runs the installation organizes all of it."""
    if principal is None:
        return frozenset()
    held = {role for role in STAFF if (grant := principal.grant(role, season)) and _counts(role, grant.unit)}
    return frozenset(held | ({HOST} if principal.may(season, HOST) else set()))


def _counts(role: Role, unit: str) -> bool:
    return role not in OF_UNITS or unit != ANYWHERE


def workspace(principal: Principal | None, rules: SeasonRules, mode: Mode | None, key: str) -> Workspace | None:
    """The menu and the way to the page of this key, for somebody of the staff; None for everybody else.

    `mode` is None where the service does not keep it; then nothing is left out because of it.
    """
    roles = staff_roles(principal, rules.id)
    sections = [(section, _open_pages(section, roles, rules, mode)) for section in MENU]
    sections = [(section, pages) for section, pages in sections if pages]
    if not sections:
        return None
    links = (
        [_section_link(section, pages, rules.id, key) for section, pages in sections]
        if roles & WHOLE
        else [_page_link(page, rules.id, key) for _, pages in sections for page in pages]
    )
    first = links[0].address
    return Workspace(
        tuple(links) if len(links) > 1 else (), (Link("nav-mine", HOME), Link("", first), *_trail(links, key))
    )


def paths_for(principal: Principal, rules: SeasonRules, mode: Mode | None) -> dict[str, str]:
    """The address of every page of the season that somebody of its staff may use, by its key."""
    roles = staff_roles(principal, rules.id)
    return {page.key: page.path(rules.id) for section in MENU for page in _open_pages(section, roles, rules, mode)}


def _open_pages(
    section: Section, roles: frozenset[Role], rules: SeasonRules, mode: Mode | None
) -> tuple[StaffPage, ...]:
    return tuple(
        page
        for page in section.pages
        if roles & set(page.who) and page.applies(rules) and not (page.live_only and mode == "records")
    )


def _page_link(page: StaffPage, season: str, key: str) -> Link:
    return Link(f"page-{page.key}", page.path(season), page.key == key)


def _section_link(section: Section, pages: tuple[StaffPage, ...], season: str, key: str) -> Link:
    """A section leads to its first page; its further pages show only where it is open."""
    links = tuple(_page_link(page, season, key) for page in pages)
    here = any(link.here for link in links)
    below = links if here and len(section.pages) > 1 else ()
    return Link(f"section-{section.key}", links[0].address, here, below)


def _trail(links: list[Link], key: str) -> list[Link]:
    """The section, where it has further pages, and the page."""
    section = next((link for link in links if link.here), None)
    if section is None:
        return [Link(f"page-{key}", "")]
    return [section, *(link for link in section.below if link.here)]
