"""What may be wrong with a season file."""

from typing import Literal

from pydantic import BaseModel


class Fault(BaseModel):
    """One thing that is wrong with a season file."""

    path: str
    code: Literal[
        "NOT_YAML",
        "UNKNOWN_KEY",
        "REQUIRED",
        "BAD_VALUE",
        "DUPLICATE_ID",
        "UNKNOWN_REFERENCE",
        "WRONG_ORDER",
        "NO_TIME",
        "TOO_EARLY",
        "OVERLAP",
        "SAME_DAYS",
    ]
    detail: str = ""
