"""Many documents as one ZIP, made while it is sent: memory stays flat whatever the number."""

import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable

from services.certificates.domain.documents import Certificate
from shared.season.records import harmless, moment, write_csv

COLUMNS = (
    "serial",
    "kind",
    "state",
    "version",
    "name_zh",
    "name_en",
    "unit",
    "track",
    "division",
    "entry",
    "award",
    "address",
    "file",
)


class _Pipe(io.RawIOBase):
    """Where the ZIP writer writes; what is written is taken out again at once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def file_of(certificate: Certificate) -> str:
    """Where the document lies in the archive: a folder a unit."""
    return f"{certificate.unit}/{certificate.serial}.pdf"


def _dated(name: str, at: int) -> zipfile.ZipInfo:
    """A member that bears the time of what it shows, so that the same certificates give the same archive."""
    stamp = moment(at).timetuple()
    year = max(stamp.tm_year, 1980)  # a ZIP knows no earlier one
    return zipfile.ZipInfo(name, (year, stamp.tm_mon, stamp.tm_mday, stamp.tm_hour, stamp.tm_min, stamp.tm_sec))


async def archive(
    certificates: AsyncIterator[Certificate],
    pdf: Callable[[Certificate], Awaitable[bytes]],
    address: Callable[[Certificate], str],
) -> AsyncIterator[bytes]:
    """The ZIP in pieces: a PDF each, and `index.csv` at the end."""
    pipe = _Pipe()
    rows: list[list[str]] = []
    newest = 0
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as bundle:
        async for one in certificates:
            if one.erased or one.state == "revoked":
                continue
            newest = max(newest, one.current.at)
            bundle.writestr(_dated(file_of(one), one.current.at), await pdf(one))
            name = one.current.name
            rows.append(
                [
                    harmless(cell)
                    for cell in (
                        one.serial,
                        one.kind,
                        one.state,
                        str(one.current.number),
                        name.zh,
                        name.en,
                        one.unit,
                        one.track,
                        one.division,
                        one.entry,
                        one.facts.award_title.best("zh"),
                        address(one),
                        file_of(one),
                    )
                ]
            )
            yield pipe.take()
        bundle.writestr(_dated("index.csv", newest), "\ufeff" + write_csv(COLUMNS, rows))
    yield pipe.take()
