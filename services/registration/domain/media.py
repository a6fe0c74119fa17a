"""Material of entries 活动素材: what is taken until when, what came late, and what everybody may see."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from shared.season.csv_rows import Rejection, Row, Sheet, whole_number
from shared.season.fields import LONGEST_FILE_NAME, NO, YES, has_file_type, is_public_address
from shared.season.ids import is_safe_id
from shared.season.rules import Media, MediaKind, SeasonRules
from shared.season.time import parse_moment, to_unix_micros
from shared.states import State

REQUIRED = ("media", "entry", "kind", "people", "uploaded_at")
OPTIONAL = ("file", "bytes", "url", "consent")
MIB = 1024 * 1024


Consent = Literal["", "granted", "missing"]
"""Whether those who can be recognised agreed to be shown; empty: nobody said."""
CONSENTS: Mapping[str, Consent] = {word: word for word in get_args(Consent)}


class MediaState(State):
    """Whether an item came in time. One that is late is kept, and counts nowhere."""

    ON_TIME = "on_time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One file or address that came with an entry; the time is microseconds UTC."""

    media: str
    entry: str
    kind: str
    people: bool
    """Whether somebody can be recognised."""
    consent: Consent
    uploaded_at: int
    file: str = ""
    size: int = 0
    """Of the file, in bytes."""
    url: str = ""


Fault = tuple[str, str]
"""A column and a code."""


def state_of(item: MediaItem, media: Media) -> MediaState:
    """Whether it came in time."""
    return MediaState.LATE if item.uploaded_at > to_unix_micros(media.closes) else MediaState.ON_TIME


def is_public(item: MediaItem) -> bool:
    """Whether everybody may see it: nobody can be recognised, or they agreed."""
    return not item.people or item.consent == "granted"


def is_taken(rules: SeasonRules, media: Media, at: int) -> bool:
    """Whether material is taken at this moment: from the opening of registration to the end of grace."""
    return to_unix_micros(rules.window("registration").opens) <= at <= to_unix_micros(media.until)


def find_file_fault(kind: MediaKind, name: str, size: int | None) -> Fault | None:
    """Why a file of this kind is not taken; None if it is."""
    if not name:
        return "file", "REQUIRED"
    if len(name) > LONGEST_FILE_NAME:
        return "file", "TOO_LONG"
    if not has_file_type(name, kind.types):
        return "file", "FILE_TYPE"
    if size is None:
        return "bytes", "BAD_NUMBER"
    if kind.max_mib is not None and size > kind.max_mib * MIB:
        return "bytes", "FILE_TOO_LARGE"
    return None


def find_address_fault(address: str) -> Fault | None:
    """Why an address is not taken; None if it is."""
    if not address:
        return "url", "REQUIRED"
    return None if is_public_address(address) else ("url", "BAD_URL")


def check_media(
    sheet: Sheet, rules: SeasonRules, media: Media, entries: Container[str], others: Iterable[MediaItem] = ()
) -> tuple[list[MediaItem], list[Rejection]]:
    """The items of `media.csv` in file order, and the rows that fall. `others` are items that stand in no row."""
    seen: set[str] = set()
    passed: list[tuple[Row, MediaItem]] = []
    rejections: list[Rejection] = []
    for row in sheet.rows:
        item = _read(row, sheet.header, rules, media, entries, seen)
        if isinstance(item, MediaItem):
            passed.append((row, item))
        else:
            rejections.append(sheet.reject(row, *item))
        if row.whole and all(row[column] for column in REQUIRED):
            seen.add(row["media"])
    used = Counter((item.entry, item.kind) for item in others)
    over = set()
    for row, item in sorted(passed, key=lambda pair: (pair[1].uploaded_at, pair[0].number)):
        most = media.kinds[item.kind].most
        if most is not None and used[item.entry, item.kind] >= most:
            over.add(row.number)
            rejections.append(sheet.reject(row, "kind", "TOO_MANY"))
        else:
            used[item.entry, item.kind] += 1
    kept = [item for row, item in passed if row.number not in over]
    return kept, sorted(rejections, key=lambda rejection: rejection.row)


def _read(
    row: Row, header: tuple[str, ...], rules: SeasonRules, media: Media, entries: Container[str], seen: Container[str]
) -> MediaItem | Fault:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    if missing := next((column for column in REQUIRED if not row[column]), ""):
        return missing, "REQUIRED"
    if not is_safe_id(row["media"]):
        return "media", "BAD_ID"
    if row["media"] in seen:
        return "media", "DUPLICATE_ID"
    if row["entry"] not in entries:
        return "entry", "UNKNOWN_ENTRY"
    for column, words in (("kind", media.kinds), ("people", (YES, NO)), ("consent", CONSENTS)):
        if row[column] not in words:
            return column, "BAD_VALUE"
    at = parse_moment(row["uploaded_at"], rules.zone)
    if at is None:
        return "uploaded_at", "BAD_TIME"
    kind = media.kinds[row["kind"]]
    size = whole_number(row["bytes"], digits=15)
    fault = find_file_fault(kind, row["file"], size) if kind.types else find_address_fault(row["url"])
    if fault:
        return fault
    if not is_taken(rules, media, at):
        return "uploaded_at", "OUTSIDE_WINDOW"
    people, consent = row["people"] == YES, CONSENTS[row["consent"]]
    if kind.types:
        return MediaItem(row["media"], row["entry"], row["kind"], people, consent, at, file=row["file"], size=size or 0)
    return MediaItem(row["media"], row["entry"], row["kind"], people, consent, at, url=row["url"])
