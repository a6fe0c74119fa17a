"""The three services in memory, joined by a bus: a season folder from its rules to its certificates in one process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import yaml

from laurel.season_folder import files_of
from services.certificates.application.issuing import change, issue, name_corrected, revoke
from services.certificates.domain.documents import Kind
from services.judging.application import sheets as judging_sheets
from services.judging.application.finalizing import announce, finalize, propose_revision, revise
from services.judging.application.ports import JudgedSeason
from services.judging.application.rounds import close_round, entry_left
from services.judging.application.sheets import ScoreFile, import_judges, import_scores
from services.judging.domain.signatures import Signatory
from services.registration.application import actions as registration_actions
from services.registration.application.imports import IMPORTS
from services.registration.application.seasons import open_season, season_of
from shared.events.base import IntegrationEvent
from shared.events.judging import AwardChangedV1, AwardGrantedV1, AwardRevokedV1
from shared.events.registration import (
    EntryAcceptedV1,
    EntryAmendedV1,
    EntryWithdrawnV1,
    PersonCorrectedV1,
    PersonNamedV1,
    SeasonOpenedV1,
    SummaryFiledV1,
    UnitRecordedV1,
)
from shared.season.csv_rows import Rejection, Report
from shared.season.reading import load_season
from shared.season.text import Text
from shared.season.time import parse_moment, to_unix_micros
from tests.support.fakes.certificates import Issuing
from tests.support.fakes.judging import Judging
from tests.support.fakes.registration import Registration

TITLES: dict[Kind, Text] = {"instructor": Text(zh="优秀指导教师"), "unit": Text(zh="优秀组织单位")}
Handler = Callable[[Any], Awaitable[Any]]

HOST = Signatory("host", "host")


@dataclass
class Road:
    """A season kept in records; `times` is how often each event arrives."""

    folder: Path
    times: int = 1
    registration: Registration = field(default_factory=Registration)
    judging: Judging = field(default_factory=Judging)
    certificates: Issuing = field(default_factory=Issuing)
    rejected: dict[str, list[Rejection]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = load_season((self.folder / "season.yaml").read_text(encoding="utf-8"))
        self.actions: list[dict[str, Any]] = yaml.safe_load((self.folder / "actions.yaml").read_text()) or []
        self._carried = [0, 0]
        certified, judged = self.certificates, self.judging.projections
        self._handlers: dict[type[IntegrationEvent], list[Handler]] = {
            SeasonOpenedV1: [judged.season, certified.known.season_told],
            UnitRecordedV1: [judged.unit, certified.known.unit_recorded],
            EntryAcceptedV1: [judged.entry],
            EntryAmendedV1: [judged.entry],
            EntryWithdrawnV1: [self._left],
            SummaryFiledV1: [judged.summary],
            PersonNamedV1: [certified.known.person_named],
            PersonCorrectedV1: [lambda event: name_corrected(event, certified.store)],
            AwardGrantedV1: [lambda event: issue(event, TITLES, certified.store)],
            AwardChangedV1: [lambda event: change(event, TITLES, certified.store)],
            AwardRevokedV1: [lambda event: revoke(event, certified.store)],
        }

    async def _left(self, event: EntryWithdrawnV1) -> None:
        await self.judging.projections.withdrawn(event)
        await entry_left(await self.judged(), event.round, self.judging.store)

    async def judged(self) -> JudgedSeason:
        season = await self.judging.seasons.find(self.rules.id)
        assert season
        return season

    async def carry(self) -> None:
        """What was told since the last time, to whoever reads it."""
        for number, told in enumerate((self.registration.told, self.judging.told)):
            news, self._carried[number] = told.events[self._carried[number] :], len(told.events)
            for event in news:
                for handler in self._handlers.get(type(event), ()):
                    for _ in range(self.times):
                        await handler(event)

    def _content(self, kind: str) -> bytes:
        return (self.folder / f"{kind}.csv").read_bytes()

    def _at(self, value: Any) -> int:
        moment = parse_moment(str(value), self.rules.zone)
        assert moment is not None
        return moment

    def _note(self, kind: str, report: Report) -> None:
        listed = [*self.rejected.get(kind, ()), *report.rejected]
        self.rejected[kind] = sorted(listed, key=lambda rejection: rejection.row)

    async def act(self, before: int | None) -> None:
        """The later actions dated before a time, or all, that are left."""
        due = [action for action in self.actions if before is None or self._at(action["at"]) < before]
        self.actions = [action for action in self.actions if action not in due]
        for action in due:
            if action["type"] in registration_actions.TYPES:
                season = await season_of(self.rules.id, self.registration.store)
                await registration_actions.apply_action(season, action["id"], action, self.registration.store)
            else:
                await judging_sheets.apply_action(await self.judged(), action["id"], action, self.judging.store)
            await self.carry()

    async def run(self) -> None:
        """From the rules to the certificates."""
        await self._register()
        last: str | None = None
        for round_ in self.rules.rounds:
            await self.act(to_unix_micros(round_.judging.closes))
            if last:
                await self._close(last)
            for kind in get_args(ScoreFile):
                season = await self.judged()
                report = await import_scores(season, kind, round_.id, self._content(kind), self.judging.store)
                self._note(kind, report)
            await self._close(round_.id)
            last = round_.id
        notice = self.rules.window("results_notice")
        await self.act(to_unix_micros(notice.opens))
        await announce(await self.judged(), to_unix_micros(notice.opens), HOST, self.judging.store)
        slot = self.rules.timeline.get("decision")
        final = to_unix_micros(notice.closes)
        if slot and slot.on:
            final = max(final, to_unix_micros(datetime.combine(slot.on, datetime.max.time(), self.rules.zone)))
        await self.act(final)
        await finalize(await self.judged(), final, "", HOST, self.judging.store)
        await self.carry()
        late = [action for action in self.actions if action["type"] not in registration_actions.TYPES]
        await self.act(None)
        if late:
            season, at = await self.judged(), self._at(late[-1]["at"])
            preview = (await propose_revision(season, self.judging.store)).hash
            await revise(season, at, "what was decided since", preview, HOST, self.judging.store)
            await self.carry()

    async def _register(self) -> None:
        await open_season(self.rules, "records", 1, self.registration.store)
        season = await season_of(self.rules.id, self.registration.store)
        for kind in (kind for kind in IMPORTS if kind in files_of(self.rules)):
            self._note(kind, await IMPORTS[kind](season, self._content(kind), self.registration.store))
            await self.carry()
        self._note("judges", await import_judges(await self.judged(), self._content("judges"), self.judging.store))

    async def _close(self, round_id: str) -> None:
        closes = to_unix_micros(self.rules.round(round_id).judging.closes)
        await close_round(await self.judged(), round_id, closes, "", HOST, self.judging.store)
        await self.carry()
