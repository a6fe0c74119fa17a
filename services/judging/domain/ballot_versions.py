"""What is written is written over the version that its judge has seen, or not at all."""

from dataclasses import dataclass
from decimal import Decimal

from services.judging.domain.facts import HANDED_IN, BallotStatus
from shared.errors import InvalidState


@dataclass(frozen=True, slots=True)
class Written:
    """What a version of a ballot says."""

    status: BallotStatus
    scores: tuple[Decimal, ...]
    comment: str
    note: str

    def says_the_same(self, other: "Written") -> bool:
        return (self.scores, self.comment, self.note) == (other.scores, other.comment, other.note)


def is_there(new: Written, present: Written | None, version: int, seen: int | None) -> bool:
    """Whether what is to be written is stored already, so that the same request again changes nothing.

    `version` is that of the ballot, 0 while there is none; `seen` the one that the judge wrote on, None where that is not
    said: then the newest word counts, as it comes.

    Raises:
        InvalidState: somebody wrote on it meanwhile, or a draft would take the place of a submitted ballot.
    """
    if present is None:
        return False
    again = present.says_the_same(new) and (present.status == new.status or present.status in HANDED_IN)
    if seen is not None and again:
        return True
    if present.status in HANDED_IN and new.status == BallotStatus.DRAFT:
        raise InvalidState("ballot-submitted")
    if seen is not None and seen != version:
        raise InvalidState("ballot-changed")
    return False
