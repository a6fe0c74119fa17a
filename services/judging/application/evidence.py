"""Evidence 证据: files that come with an objection or an appeal. They are looked at by the committee alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import error_at
from shared.media_types import media_type_of

MOST_FILES = 3
MOST_BYTES = 5 * 1024 * 1024
"""Size of one file."""
LONGEST_NAME = 100
ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
"""What is taken, told by the content and not by the name."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a file without opening it; `size` in bytes."""

    name: str
    media_type: str
    size: int


def examine_files(attachments: Sequence[Attachment]) -> tuple[tuple[Evidence, ...], list[dict[str, str]]]:
    """What is noted of these files, and why they cannot be taken, as errors of the field `evidence`."""
    if len(attachments) > MOST_FILES:
        return (), [error_at("evidence", "evidence-many", most=str(MOST_FILES))]
    evidences: list[Evidence] = []
    for attachment in attachments:
        if len(attachment.content) > MOST_BYTES:
            return (), [
                error_at("evidence", "evidence-large", name=attachment.name, most=str(MOST_BYTES // 1024 // 1024))
            ]
        media_type = media_type_of(attachment.content)
        if media_type not in ENDINGS:
            return (), [error_at("evidence", "evidence-kind", name=attachment.name)]
        evidences.append(Evidence(attachment.name[:LONGEST_NAME], media_type, len(attachment.content)))
    return tuple(evidences), []
