"""What a role covers: parts of a name are compared, never its letters."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity import Grant, Principal, Role
from shared.identity.principal import ANYWHERE

WORDS = st.text("abx1-", min_size=1, max_size=6).filter(lambda word: not word.startswith("-"))
ROLES = st.sampled_from(list(Role))
SEASONS = WORDS | WORDS.map(lambda word: f"{word}-*") | st.just(ANYWHERE)
GRANTS = st.builds(Grant, ROLES, SEASONS, WORDS | st.just(ANYWHERE), st.sampled_from(["", "J1", "J2"]))


@given(GRANTS, ROLES, WORDS, WORDS | st.just(""))
def test_a_role_covers_its_season_or_all_of_its_series_or_everything(
    grant: Grant, role: Role, season: str, series: str
) -> None:
    named = grant.season in (ANYWHERE, season) or (series != "" and grant.season == f"{series}-*")

    assert grant.covers(role, season, series) == (grant.role is role and named)


@pytest.mark.parametrize("season", ["host-x-2031", "host-", "host", "host-x-*", "*"])
def test_a_series_whose_name_begins_alike_is_another(season: str) -> None:
    host = Grant(Role.CITY_ORGANIZER, "host-*")

    assert not host.covers(Role.CITY_ORGANIZER, season, "host-x")
    assert not host.covers(Role.CITY_ORGANIZER, season), "of a season whose rules are not known a series says nothing"
    assert host.covers(Role.CITY_ORGANIZER, "host-x-2031", "host"), "the rules of the season say whose it is"


@given(GRANTS, GRANTS, WORDS | st.just(""))
def test_nobody_holds_more_than_they_have(own: Grant, other: Grant, series: str) -> None:
    """What is handed on to a token is the same role, as the same judge, within the season and the unit."""
    for wanted in (own, other, replace(own, season=other.season), replace(own, unit=other.unit)):
        of = series if wanted.season != ANYWHERE and not wanted.series else ""
        named = own.season in (ANYWHERE, wanted.season) or (of != "" and own.series == of)
        within = named and own.unit in (ANYWHERE, wanted.unit)

        assert own.holds(wanted, of) == ((own.role, own.ref) == (wanted.role, wanted.ref) and within)


@given(GRANTS, GRANTS, GRANTS, WORDS | st.just(""))
def test_what_a_token_made_by_a_token_holds_the_first_maker_holds(
    first: Grant, second: Grant, third: Grant, series: str
) -> None:
    if first.holds(second, series) and second.holds(third, series):
        assert first.holds(third, series)


@given(GRANTS, WORDS)
def test_who_gave_it_and_when_changes_nothing_of_what_it_covers(grant: Grant, account: str) -> None:
    given_by = Grant(grant.role, grant.season, grant.unit, grant.ref, by=account, via=("a", "b"), at=5)

    assert given_by == grant
    assert Grant.from_claim(given_by.as_claim()).as_claim() == given_by.as_claim()


@given(st.lists(GRANTS, max_size=4), WORDS, WORDS)
def test_a_token_for_one_season_carries_roles_in_that_season_alone(
    grants: list[Grant], season: str, series: str
) -> None:
    principal = Principal("a", "s", "login", "", tuple(grants), 0, 0, series={season: series})

    carried = principal.within(season)

    assert {grant.season for grant in carried} <= {season}
    assert all(any(own.holds(grant, series) for own in grants) for grant in carried)
