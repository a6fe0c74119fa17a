"""Many documents as one file, made stretch by stretch: memory stays flat whatever the number, and it can go on where it stopped.

A ZIP is a row of members and a directory behind them. Each stretch holds members; what the directory must know of them
is kept beside, and the last stretch is the lists and the directory.
"""

import io
import unicodedata
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.certificates.domain.documents import Certificate, Kind
from shared.season.csv_rows import write_marked_csv
from shared.season.ids import LONGEST, as_file_name
from shared.season.text import Text
from shared.season.time import from_unix_micros
from shared.sheets.writing import workbook
from shared.states import CertificateState

COLUMNS = (
    "order",
    "serial",
    "kind",
    "state",
    "version",
    "name_zh",
    "name_en",
    "unit",
    "unit_name",
    "track",
    "division",
    "entry",
    "award",
    "address",
    "file",
    "problem",
)
"""Of `index.csv`: a certificate that cannot be drawn has no file, and its `problem`. `order` is the order of the ceremony: the order in which awards are called, and their members."""
AT_FILE = COLUMNS.index("file")
AT_ONCE = 50
REGULAR_FILE = 0o600 << 16


class _Pipe(io.RawIOBase):
    """Where the ZIP writer writes; what is written is taken out again at once."""

    def __init__(self, position: int = 0) -> None:
        self._parts: list[bytes] = []
        self._position = position

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


Entry = tuple[str, int, int, int, int]
"""A member as the directory lists it: name, time in microseconds, CRC, size, offset."""


class ZipChunk:
    """Members of a ZIP from `offset` on."""

    def __init__(self, offset: int = 0) -> None:
        self._pipe = _Pipe(offset)
        self._zip = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_STORED)
        self.entries: list[Entry] = []

    def add(self, name: str, at: int, content: bytes) -> None:
        """Append a file that bears the time of what it shows, so that the same certificates give the same archive."""
        info = _info(name, at)
        self._zip.writestr(info, content)
        self.entries.append((name, at, info.CRC, info.file_size, info.header_offset))

    def take(self) -> bytes:
        """What was written since the last time."""
        return self._pipe.take()

    def close(self, earlier: Iterable[Sequence[Any]]) -> bytes:
        """The rest of the file: its directory, with the members of the stretches before."""
        listed: list[zipfile.ZipInfo] = []
        for name, at, crc, size, offset in earlier:
            info = _info(name, at)
            info.CRC, info.file_size, info.compress_size, info.header_offset = crc, size, size, offset
            info.flag_bits |= 0x08  # its sizes stand behind it
            listed.append(info)
        self._zip.filelist[:0] = listed
        self._zip.close()
        return self._pipe.take()


def _info(name: str, at: int) -> zipfile.ZipInfo:
    stamp = from_unix_micros(at).timetuple()
    year = max(stamp.tm_year, 1980)  # a ZIP knows no earlier one
    info = zipfile.ZipInfo(name, (year, stamp.tm_mon, stamp.tm_mday, stamp.tm_hour, stamp.tm_min, stamp.tm_sec))
    info.external_attr = REGULAR_FILE
    return info


MOST_BYTES = 170
"""Of a name before its number: with it, every file system takes it."""


@dataclass(frozen=True, slots=True)
class Names:
    """What folders and files are called: by school and kind, then award, name and number, as people say them."""

    folders: Mapping[str, str]
    """By unit."""
    kinds: Mapping[str, str]
    """By kind."""
    without: str
    """The folder of those that belong to no unit."""
    language: str

    def file_of(self, certificate: Certificate) -> str:
        """Where the document lies in the archive. The number at its end keeps equal names apart."""
        unit = certificate.unit
        folder = self.folders.get(unit) or as_file_name(unit) if unit else self.without
        award, name = certificate.facts.award_title, certificate.current.name
        said = _short(f"{award.best(self.language)}_{name.best(self.language)}")
        return f"{folder}/{self.kinds[certificate.kind]}/{said}_{as_file_name(certificate.serial)}.pdf"


def names_of(units: Mapping[str, Text], kinds: Mapping[Kind, str], without: str, language: str) -> Names:
    """The names of an archive. Schools of one name are kept apart by their ids; upper and lower case count as one."""
    plain = {unit: _short(name.best(language)) for unit, name in units.items()}
    often = Counter(map(_folded, [*plain.values(), without]))
    taken = {_folded(name) for name in plain.values() if often[_folded(name)] == 1}
    folders: dict[str, str] = {}
    for unit, name in plain.items():
        folder = name
        if often[_folded(name)] > 1:
            folder = f"{name[: LONGEST - len(unit) - 1]} {as_file_name(unit)}".strip()
            while _folded(folder) in taken:
                folder += "_"
            taken.add(_folded(folder))
        folders[unit] = folder
    return Names(folders, {kind: as_file_name(said) for kind, said in kinds.items()}, as_file_name(without), language)


def _short(text: str) -> str:
    """The text as a part of a path that every file system takes, composed as most of them keep it."""
    name = as_file_name(unicodedata.normalize("NFC", text))
    while len(name.encode()) > MOST_BYTES:
        name = name[:-1]
    return name.strip(". ") or "_"


def _folded(name: str) -> str:
    """Names that some file system takes for one are one."""
    return unicodedata.normalize("NFC", name).casefold()


def row_of(certificate: Certificate, order: int, address: str, file: str, problem: str = "") -> list[str]:
    """The line of a certificate in the lists; without a file it says why."""
    name, unit = certificate.current.name, certificate.facts.unit_name
    return [
        str(order),
        certificate.serial,
        certificate.kind,
        certificate.state,
        str(certificate.current.number),
        name.zh,
        name.en,
        certificate.unit,
        unit.best("zh") if unit else "",
        certificate.track,
        certificate.division,
        certificate.entry,
        certificate.facts.award_title.best("zh"),
        address,
        file,
        problem,
    ]


def lists(stretch: ZipChunk, rows: Sequence[Sequence[str]], at: int) -> None:
    """Append `index.csv` and `index.xlsx`."""
    stretch.add("index.csv", at, write_marked_csv(COLUMNS, rows).encode())
    stretch.add("index.xlsx", at, workbook(COLUMNS, rows, at))


def printable(certificate: Certificate) -> bool:
    """Whether there is a document of it at all."""
    return not certificate.erased and certificate.state != CertificateState.REVOKED


async def archive(
    certificates: AsyncIterator[Certificate],
    documents: Callable[[Sequence[Certificate]], Awaitable[Sequence[bytes]]],
    address: Callable[[Certificate], str],
    problem: Callable[[Certificate], Awaitable[str]],
    names: Names,
) -> AsyncIterator[bytes]:
    """The ZIP while it is made: a PDF each, and the lists at the end; there a document that was set aside has its problem."""
    stretch = ZipChunk()
    rows: list[list[str]] = []
    newest = 0
    async for some in _some(certificates):
        for certificate, document in zip(some, await documents(some), strict=True):
            newest = max(newest, certificate.current.at)
            if document:
                stretch.add(names.file_of(certificate), certificate.current.at, document)
            place = (names.file_of(certificate), "") if document else ("", await problem(certificate))
            rows.append(row_of(certificate, len(rows) + 1, address(certificate), *place))
        yield stretch.take()
    lists(stretch, rows, newest)
    yield stretch.close(())


async def _some(certificates: AsyncIterator[Certificate]) -> AsyncIterator[list[Certificate]]:
    """Those that have a document, some at a time."""
    stored_certificates: list[Certificate] = []
    async for certificate in certificates:
        if printable(certificate):
            stored_certificates.append(certificate)
        if len(stored_certificates) == AT_ONCE:
            yield stored_certificates
            stored_certificates = []
    if stored_certificates:
        yield stored_certificates
