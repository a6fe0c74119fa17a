"""Evidence 证据: files that come with an objection or an appeal. They are looked at by the committee alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import puremagic

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

    @property
    def media_type(self) -> str:
        """What the content is; empty for what is not taken."""
        try:
            found = puremagic.from_string(self.content, mime=True)
        except (puremagic.PureError, ValueError):
            return ""
        return found if found in ENDINGS else ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a file without opening it; `size` in bytes."""

    name: str
    media_type: str
    size: int


def evidence_errors(attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    """Why these files cannot be taken, as errors of the field `evidence`."""

    def error(code: str, **values: str) -> dict[str, str]:
        return {"pointer": "/evidence", "field": "evidence", "code": code, **values}

    if len(attachments) > MOST_FILES:
        return [error("evidence-many", most=str(MOST_FILES))]
    for one in attachments:
        if len(one.content) > MOST_BYTES:
            return [error("evidence-large", name=one.name, most=str(MOST_BYTES // 1024 // 1024))]
        if not one.media_type:
            return [error("evidence-kind", name=one.name)]
    return []


def evidence_of(attachments: Sequence[Attachment]) -> tuple[Evidence, ...]:
    """What is noted of files that can be taken."""
    return tuple(Evidence(one.name[:LONGEST_NAME], one.media_type, len(one.content)) for one in attachments)
