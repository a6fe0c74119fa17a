"""Decisions that take two people, of whom neither brought in the other while there were scores to decide about."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from shared.errors import InvalidState
from shared.season.rules import SeasonRules
from shared.season.time import from_unix_micros, to_unix_micros

Mode = Literal["records", "live"]


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who decides, and how they came by their role. It is kept with the decision, so that anybody can judge it."""

    account: str
    login: str
    person: str = ""
    by: str = ""
    """The account that invited them; empty: the installation."""
    via: tuple[str, ...] = ()
    """The accounts that invited that one, and those before it."""
    since: int = 0
    """Microseconds UTC; 0: from before this was kept."""
    confirmed: bool = False
    """Whether the operator of the installation vouches for them."""

    def stored(self) -> dict[str, object]:
        return {**asdict(self), "via": list(self.via)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Signatory":
        return cls(**{**stored, "via": tuple(stored["via"])})


def began(rules: SeasonRules) -> int:
    """Since when there are scores to decide about: who had a role before cannot have been invited because of them."""
    return to_unix_micros(rules.rounds[0].judging.opens)


def scores_take_two(rules: SeasonRules, mode: Mode, *, automatic: bool = False) -> bool:
    """Whether scores that somebody enters count only once a second person has confirmed them.

    So it is in every live season whose rules do not say otherwise; records were confirmed on paper. What an automatic
    judge hands in is no work of a hand, and waits only where the rules ask for it.
    """
    if mode == "records":
        return False
    return rules.second_person or not (automatic or rules.scores_by_one)


def exclusions_take_two(rules: SeasonRules, mode: Mode) -> bool:
    """Whether a disqualification counts only once a second person has confirmed it: in live seasons, unless the rules say
    otherwise. A revoked award comes about by a revision, which asks for its own signatures.
    """
    return mode == "live" and not rules.exclusions_by_one


def require_two(first: Signatory, second: Signatory, rules: SeasonRules) -> None:
    """Whether these are two people who decide independently of each other.

    Raises:
        InvalidState: they are one person, or one of them got the role, since judging began, from the other or from
            somebody who also stands behind the other.
    """
    if _own(first) & _own(second):
        raise InvalidState("second-person")
    if _behind(first, rules) & _behind(second, rules):
        late = second if _came_late(second, rules) else first
        since = from_unix_micros(late.since).astimezone(rules.zone).strftime("%Y-%m-%d %H:%M")
        raise InvalidState("second-unknown", login=late.login, since=since)


def _own(who: Signatory) -> frozenset[str]:
    names = {"account": who.account, "login": who.login, "person": who.person}
    return frozenset(f"{kind} {name}" for kind, name in names.items() if name)


def _behind(who: Signatory, rules: SeasonRules) -> frozenset[str]:
    """The accounts that may decide through this one."""
    others = (who.by, *who.via) if _came_late(who, rules) else ()
    return frozenset(account for account in (who.account, *others) if account)


def _came_late(who: Signatory, rules: SeasonRules) -> bool:
    return bool(who.by) and not who.confirmed and who.since >= began(rules)
