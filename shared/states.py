"""The states that several services speak of. Each is stored and sent as its own word."""

from enum import StrEnum
from typing import Any

from pydantic_core import CoreSchema, core_schema


class State(StrEnum):
    """Where a thing stands: one of a fixed number of words that no other code spells out."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        """In contracts a state is a text with listed values."""
        words = core_schema.literal_schema([state.value for state in cls])
        return core_schema.no_info_after_validator_function(cls, words)


class EntryStatus(State):
    """Where an entry stands in its season."""

    DRAFT = "draft"
    LATE = "late"
    RETURNED = "returned"
    REJECTED = "rejected"
    PENDING = "pending"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    WITHDRAWN = "withdrawn"
    EXHIBITION = "exhibition"
    NOT_RECOMMENDED = "not_recommended"
    VALID = "valid"


JUDGED = frozenset({EntryStatus.VALID, EntryStatus.EXHIBITION})
"""Entries that are judged; of these the valid ones compete."""
STANDS = JUDGED | {EntryStatus.NOT_RECOMMENDED}
"""Entries that were accepted; one that is not recommended yet, or never was, is not judged."""


class ItemState(State):
    """Where an item of a self-assessment stands."""

    NOT_SAMPLED = "not_sampled"
    TO_VERIFY = "to_verify"
    RETURNED = "returned"
    REVISED = "revised"
    CONFIRMED = "confirmed"
    SET = "set"
    NOT_PURSUED = "not_pursued"
    UNCHECKED = "unchecked"


class WithdrawalCause(State):
    """Why an entry leaves the season or one of its rounds."""

    WITHDRAWAL = "withdrawal"
    CONSENT_WITHDRAWAL = "consent_withdrawal"


class ResultStage(State):
    """Which results of a season are meant."""

    PROVISIONAL = "provisional"
    FINAL = "final"


class AwardStatus(State):
    """Whether an award stands."""

    AWARDED = "awarded"
    NOT_AWARDED = "not_awarded"
    REVOKED = "revoked"


class CertificateState(State):
    """Whether a certificate stands."""

    VALID = "valid"
    CORRECTED = "corrected"
    REVOKED = "revoked"


class StepState(State):
    """How far a step of a schedule is."""

    DONE = "done"
    NOW = "now"
    TODO = "todo"
