"""The list for whoever calls the awards: final awards by name, in the order of the ceremony, which is that of certificates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.registration.application.ports import Season
from services.registration.domain.people import Name
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.pages.public import HIDDEN, not_to_be_named
from shared.errors import NotFound, Unavailable
from shared.identity import Principal
from shared.season.text import Text
from shared.states import AwardStatus, ResultStage

COLUMNS = ("order", "kind", "award", "group", "names", "title", "school", "instructors", "entry")
Kind = Literal["entry", "instructor", "unit"]


@dataclass(frozen=True, slots=True)
class Called:
    """An award as it is called; names are in full, for those who agreed to be named."""

    order: int
    kind: Kind
    award: Text | None
    """What it is called; none for instructors and units, whose awards have one title each."""
    group: tuple[str, str, str]
    """Round, track and division; empty ids where it has none."""
    names: tuple[str, ...]
    title: str
    school: Text | None
    instructors: tuple[str, ...]
    entry: str


async def ceremony_of(context: Context, season: Season, principal: Principal) -> list[Called]:
    """The final awards that stand, in the order in which they are called. The look is on record.

    Raises:
        NotFound: results are not final.
        Unavailable: they have not arrived as a whole.
    """
    state = await context.read.results.stage(season.id, ResultStage.FINAL)
    if state is None:
        raise NotFound("no-such-stage")
    if not state.complete:
        raise Unavailable("try-again")
    read, stage = context.read, ResultStage.FINAL
    entries = [a for a in await read.results.entry_awards(season.id, stage) if a.status == AwardStatus.AWARDED]
    instructors = [a for a in await read.results.instructor_awards(season.id, stage) if a.status == AwardStatus.AWARDED]
    awarded = [a for a in await read.results.unit_awards(season.id, stage) if a.status == AwardStatus.AWARDED]
    units = await read.units.of(season.id)
    people = [member.person for line in entries for member in line.members]
    people += [person for line in entries for person in line.instructors] + [line.person for line in instructors]
    names = await read.people.names(people)
    hidden = not_to_be_named(await read.entries.chosen(season.id, (line.entry for line in entries)))
    await context.rights.reads.note(season.id, principal.account, principal.login, "export", sorted(set(people)))

    def school(unit: str) -> Text | None:
        return units[unit].name if unit in units else None

    called = [
        Called(
            0,
            "entry",
            line.tier_title,
            (line.round, line.track, line.division),
            tuple(
                HIDDEN if (line.entry, member.person) in hidden else _name(names.get(member.person))
                for member in line.members
            ),
            line.title,
            school(line.unit),
            tuple(_name(names.get(person)) for person in line.instructors),
            line.entry,
        )
        for line in entries
    ]
    called += [
        Called(0, "instructor", None, ("", "", ""), (_name(names.get(i.person)),), "", school(i.unit), (), i.entry)
        for i in instructors
    ]
    called += [Called(0, "unit", None, ("", "", ""), (), "", school(unit.unit), (), "") for unit in awarded]
    return [replace(award, order=number) for number, award in enumerate(called, 1)]


def _name(name: Name | None) -> str:
    return name.best if name else ""


def rows_of(called: Sequence[Called]) -> list[list[str]]:
    """The same as a table, in the language that comes first."""
    return [
        [
            str(award.order),
            award.kind,
            award.award.best("zh") if award.award else "",
            "/".join(part for part in award.group if part),
            "; ".join(award.names),
            award.title,
            award.school.best("zh") if award.school else "",
            "; ".join(award.instructors),
            award.entry,
        ]
        for award in called
    ]
