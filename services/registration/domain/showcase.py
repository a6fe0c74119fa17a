"""The showcase 展示: which works, activities and cases everybody may see at a moment, and why others not.

It is asked at each reading, never kept: whoever takes a consent back, or whose award is revoked, is gone at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.registration.domain.programme_consents import ProgrammeConsents, known_entry
from shared.programme.facts import People
from shared.programme.rules import Showcase
from shared.programme.seasons import SeasonFacts
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet, whole_number
from shared.season.fields import NO, YES
from shared.season.row_checks import moment_in, moment_or_none, read_rows, require, require_cells, require_word
from shared.states import State

WORK, ACTIVITY, CASE = "work", "activity", "case"
MOST_PLACES = 9999


class HiddenReason(State):
    """Why an item is not shown."""

    TAKEN_DOWN = "taken_down"
    NOT_APPROVED = "not_approved"
    EMBARGO = "embargo"
    NO_AWARD = "no_award"
    ERASED = "erased"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Item:
    """A proposed item. Times are microseconds."""

    item: str
    kind: str
    season: str
    entry: str
    unit: str
    place: int | None
    proposed_at: int
    approved_at: int | None
    embargo_until: int | None
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True)
class Comment:
    """What an expert said of an item."""

    item: str
    public: bool
    at: int


@dataclass(frozen=True, slots=True)
class Shown:
    """An item at a moment: shown, or the first reason why not; what is shown with it."""

    item: str
    reason: HiddenReason | None
    names: int | None = None
    media: int | None = None
    comments: int | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """All that is shown, and all that decides about it."""

    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
    seasons: Mapping[str, SeasonFacts]
    consents: ProgrammeConsents
    people: People
    taken_down: Mapping[str, int]
    """Items that an action took down, and when."""

    def at(self, moment: int) -> list[Shown]:
        """The items proposed up to a moment: shown ones first, by place (those without one last), then id."""
        proposed = [item for item in self.items if item.proposed_at <= moment]
        seen = [(self._shown(item, moment), item) for item in proposed]
        seen.sort(key=lambda pair: (pair[0].reason is not None, *_place(pair[1])))
        return [shown for shown, _ in seen]

    def reason(self, item: Item, moment: int) -> HiddenReason | None:
        """The first reason why an item is not shown at a moment."""
        removed = [at for at in (item.withdrawn_at, self.taken_down.get(item.item)) if at is not None]
        if removed and min(removed) <= moment:
            return HiddenReason.TAKEN_DOWN
        if item.approved_at is None or moment < item.approved_at:
            return HiddenReason.NOT_APPROVED
        if item.embargo_until is not None and moment < item.embargo_until:
            return HiddenReason.EMBARGO
        if item.kind == CASE:
            return None
        outcome = self.seasons[item.season].at(moment)
        if outcome is None:
            return HiddenReason.EMBARGO
        if not outcome.has_award(item.entry):
            return HiddenReason.NO_AWARD
        if item.kind == WORK:
            members = self._members(item)
            if any(self.people.is_erased((item.season, item.entry, member), moment) for member in members):
                return HiddenReason.ERASED
            if not all(
                self.consents.holds(item.season, item.entry, member, "publish-work", moment) for member in members
            ):
                return HiddenReason.CONSENT
        return None

    def _shown(self, item: Item, moment: int) -> Shown:
        reason = self.reason(item, moment)
        if reason:
            return Shown(item.item, reason)
        named = [
            member
            for member in self._members(item)
            if self.consents.holds(item.season, item.entry, member, "publish-name", moment)
        ]
        said = [comment for comment in self.comments if comment.item == item.item and comment.public]
        return Shown(
            item.item,
            None,
            names=len(named) if item.kind == WORK else None,
            media=self.seasons[item.season].public_media.get(item.entry, 0) if item.kind == ACTIVITY else None,
            comments=len([comment for comment in said if comment.at <= moment]),
        )

    def _members(self, item: Item) -> list[int]:
        entry = self.seasons[item.season].entry(item.entry) if item.season else None
        return [member.number for member in entry.members] if entry else []


def _place(item: Item) -> tuple[bool, int, str]:
    return (item.place is None, item.place or 0, item.item)


def check_items(
    sheet: Sheet, rules: Showcase, seasons: Mapping[str, SeasonFacts], tree: UnitTree, zone: ZoneInfo
) -> tuple[list[Item], list[Rejection]]:
    """The items of `showcase.csv` in file order, and the rows that fall."""
    accepted: dict[str, Item] = {}
    tags = {tag.id for tag in rules.tags}

    def read(row: Row) -> Item:
        require_cells(row, ("item", "kind", "unit", "proposed_at"), named="title")
        require(row["item"] not in accepted, "item", "DUPLICATE_ID")
        require_word(row, "kind", (WORK, ACTIVITY, CASE))
        require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
        if row["kind"] != CASE:
            require_cells(row, ("season", "entry"))
            require(known_entry(row, seasons).unit == row["unit"], "unit", "OTHER_UNIT")
        proposed = moment_in(row, "proposed_at", zone)
        approved, embargo, withdrawn = (
            moment_or_none(row, column, zone) for column in ("approved_at", "embargo_until", "withdrawn_at")
        )
        require(approved is None or proposed <= approved, "approved_at", "TIME_ORDER")
        require(not row["tags"] or set(_parts(row["tags"])) <= tags, "tags", "UNKNOWN_TAG")
        place = whole_number(row["place"], digits=4) if row["place"] else None
        require(not row["place"] or (place and place <= MOST_PLACES), "place", "BAD_RANK")
        of_entry = ("", "") if row["kind"] == CASE else (row["season"], row["entry"])
        item = Item(row["item"], row["kind"], *of_entry, row["unit"], place, proposed, approved, embargo, withdrawn)
        accepted[item.item] = item
        return item

    rejected = read_rows(sheet, read)[1]
    return list(accepted.values()), rejected


def check_comments(sheet: Sheet, items: Iterable[Item], zone: ZoneInfo) -> tuple[list[Comment], list[Rejection]]:
    """The comments of `comments.csv` in file order, and the rows that fall."""
    known = {item.item for item in items}

    def read(row: Row) -> Comment:
        require_cells(row, ("item", "expert", "public", "at"), named="text")
        require(row["item"] in known, "item", "UNKNOWN_ITEM")
        require_word(row, "public", (YES, NO))
        return Comment(row["item"], row["public"] == YES, moment_in(row, "at", zone))

    accepted, rejected = read_rows(sheet, read)
    return [comment for _, comment in accepted], rejected


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]
