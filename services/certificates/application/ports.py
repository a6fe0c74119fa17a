"""What the use cases need of the outside."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.certificates.domain.codes import PrintedCodes
from services.certificates.domain.documents import Certificate, Change, Kind, Version
from shared.events.base import IntegrationEvent
from shared.season.rules import SeasonRules
from shared.season.text import Text


@dataclass(frozen=True, slots=True)
class Named:
    """A person's name and its version."""

    name: Text
    version: int


class Known(Protocol):
    """What other services have told."""

    async def rules(self, season: str) -> SeasonRules | None: ...
    async def unit_names(self, season: str, units: Iterable[str]) -> dict[str, Text]: ...
    async def names(self, people: Iterable[str]) -> dict[str, Named]: ...


class Certificates(Protocol):
    async def issue(self, certificates: Iterable[Certificate]) -> int: ...
    async def numbers(self, season: str, batch: str, wanted: Mapping[Kind, int]) -> dict[Kind, int]: ...
    async def outdated(self) -> dict[str, Named]: ...
    async def of_recipient(self, recipient: str) -> list[Certificate]: ...
    async def of_ids(self, certificates: Iterable[str]) -> dict[str, Certificate]: ...
    def by_lists(self, season: str) -> AsyncIterator[Certificate]: ...
    async def by_serial(self, serial: str) -> Certificate | None: ...
    async def by_serials(self, season: str, serials: Iterable[str]) -> dict[str, Certificate]: ...
    async def renew(
        self,
        certificate: Certificate,
        events: Sequence[IntegrationEvent],
        *,
        version: Version | None = None,
        change: Change | None = None,
        results: int | None = None,
    ) -> None: ...


class Templates(Protocol):
    async def chosen(self, season: str, kinds: Sequence[Kind]) -> Mapping[Kind, str]: ...


class Clock(Protocol):
    async def now(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Store:
    known: Known
    certificates: Certificates
    clock: Clock
    templates: Templates
    codes: PrintedCodes
