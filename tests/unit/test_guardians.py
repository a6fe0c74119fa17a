"""Who decides for a child: what holds, what may follow what, and what a link is good for."""

from dataclasses import replace
from typing import get_args

import pytest

from services.registration.application.guardians import DAY, GuardianLinks, on_keepers_word, slip_until
from services.registration.application.ports import Person, StoredEntry
from services.registration.domain.consent import (
    PURPOSES,
    Channel,
    Consent,
    Method,
    has_agreed,
    may_follow,
    not_agreed,
    state_of,
    to_confirm,
)
from services.registration.domain.entries import Entry, Member, ReviewState
from services.registration.domain.people import Name, alike, birth_of, joined_into, joined_key, stated_by, student_key
from shared.states import EntryStatus

YES = Consent(1, "测试家长", "母亲", 1, "v", Method.LINK, channel="child", by="g1")
NO = replace(YES, purposes=())
CERTAIN_YES, CERTAIN_NO = replace(YES, confirmed="somebody"), replace(NO, confirmed="somebody")
NOW = 1_800_000_000_000_000
LINKS = GuardianLinks(b"key")


def stored(*consents: Consent, members: tuple[str, ...] = ("p1", "p2"), owner: str = "keeper") -> StoredEntry:
    child = Member(Name("测试", ""), "2014-03", 5)
    entry = Entry("E1", "A", "P", "P01", "作品", False, 0, None, ReviewState.WAITING, (child,) * len(members), ())
    return StoredEntry("s", entry, 1, EntryStatus.DRAFT, members, (), owner=owner, consents=consents)


def test_until_it_is_certain_who_agreed_the_child_takes_part_and_is_shown_to_nobody() -> None:
    assert has_agreed([YES], 1, "take-part")
    assert not_agreed([YES], 1) == PURPOSES[1:]
    assert not_agreed([YES, CERTAIN_YES], 1) == ()
    assert not_agreed([replace(YES, method=Method.PAPER)], 1) == ()
    assert not_agreed([replace(YES, channel="")], 1) == (), "what was decided before channels were kept stays"


def test_only_agreement_waits_for_confirmation() -> None:
    assert to_confirm([YES], 2) == (1,)
    assert to_confirm([YES, NO], 2) == ()
    assert to_confirm([YES, CERTAIN_YES], 2) == ()


@pytest.mark.parametrize(
    ("before", "decided", "may"),
    [
        ((), YES, True),
        ((NO,), YES, True),
        ((CERTAIN_NO,), YES, False),
        ((CERTAIN_NO, NO), YES, False),
        ((CERTAIN_NO,), CERTAIN_YES, True),
        ((CERTAIN_NO, CERTAIN_YES, NO), YES, True),
        ((CERTAIN_YES,), NO, True),
    ],
)
def test_a_certain_refusal_is_only_undone_as_certainly(
    before: tuple[Consent, ...], decided: Consent, may: bool
) -> None:
    assert may_follow(before, decided) is may


@pytest.mark.parametrize(
    ("consents", "state"),
    [
        ((), "missing"),
        ((NO,), "refused"),
        ((YES,), "unconfirmed"),
        ((CERTAIN_YES,), "confirmed"),
        ((replace(YES, method=Method.PAPER),), "paper"),
        ((replace(YES, method=Method.OWN),), "own"),
    ],
)
def test_a_word_for_how_it_stands(consents: tuple[Consent, ...], state: str) -> None:
    assert state_of(consents, 1) == state


@pytest.mark.parametrize("channel", get_args(Channel))
def test_a_link_is_good_for_one_child_one_decision_and_its_term(channel: Channel) -> None:
    until = slip_until(NOW)
    token = LINKS.ask(stored(), 1, channel, until)

    assert LINKS.channel_of(stored(), 1, token, NOW) == channel
    assert LINKS.channel_of(stored(), 2, token, NOW) is None
    assert LINKS.channel_of(stored(), 3, token, NOW) is None
    assert LINKS.channel_of(stored(members=("p9", "p2")), 1, token, NOW) is None, "somebody else stands there now"
    assert LINKS.channel_of(stored(YES), 1, token, NOW) is None, "it was used"
    assert LINKS.channel_of(stored(replace(YES, member=2)), 1, token, NOW) == channel, "not by another's guardian"
    assert LINKS.channel_of(stored(), 1, token, until + 1) is None
    assert GuardianLinks(b"other").channel_of(stored(), 1, token, NOW) is None


@pytest.mark.parametrize("token", ["", "c", "c--", "c-zz-x", "x-1-y", "c-" + "f" * 40 + "-x", "c-６b-x", "ć-1-é"])
def test_nonsense_is_no_link(token: str) -> None:
    assert LINKS.channel_of(stored(), 1, token, NOW) is None


def test_a_link_is_the_same_all_day_and_good_for_some_weeks() -> None:
    assert slip_until(NOW) == slip_until(NOW + 60_000_000)
    assert 30 * DAY < slip_until(NOW) - NOW <= 31 * DAY


def test_what_others_state_of_a_child_stays_apart_and_looks_alike() -> None:
    name = Name("测试林", "")
    schools, keepers = student_key("P01", name, "2014-03"), student_key("P01", name, "2014-03", "keeper")

    assert schools != keepers
    assert alike(keepers) == alike(schools) == schools
    assert (stated_by(keepers), stated_by(schools)) == ("keeper", "")
    assert birth_of(keepers) == "2014-03"
    assert joined_into(joined_key("p1", "p2")) == "p2"
    assert joined_into(schools) == ""


def test_a_keeper_hands_on_what_is_for_children_known_by_their_word_alone() -> None:
    key = student_key("P01", Name("测试林", ""), "2014-03", "keeper")
    child = Person("p1", "s", "student", key, Name("测试林", ""))

    assert on_keepers_word(stored(), child, [])
    assert not on_keepers_word(stored(), child, ["p1"]), "who has an account is asked there"
    assert not on_keepers_word(stored(owner="another"), child, [])
    assert not on_keepers_word(stored(), replace(child, key=alike(key)), []), (
        "who is known to the school is asked there"
    )
    assert not on_keepers_word(stored(owner=""), replace(child, key=alike(key)), [])
    assert not on_keepers_word(stored(), None, [])
