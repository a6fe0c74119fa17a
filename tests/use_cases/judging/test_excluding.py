"""Disqualifying an entry and revoking awards without an objection: at any time, on record, as a folder would state it."""

from typing import Any

import pytest

from services.judging.application.excluding import confirm_exclusion, exclude, take_back_exclusion, waiting_exclusions
from services.judging.application.finalizing import propose_revision, revise
from services.judging.domain.facts import Objection, Revocation
from services.judging.domain.signatures import Signatory
from shared.errors import Invalid, InvalidState, LaurelError, NotFound
from shared.events.judging import AdvancementDecidedV1, AwardRevokedV1
from tests.support.fakes.judged_season import AFTER_HEATS, CHIEF, DURING, Judged, judged
from tests.support.refusals import refused
from tests.support.rules import two_rounds
from tests.use_cases.judging.test_rounds import seated

HOST = CHIEF


SECOND = Signatory("second", "second")


async def excluded(there: Judged, kind: Any, entry: str, *rounds: str, reason: str = "查实代做") -> None:
    """Decided by one person, and confirmed by another where that is needed."""
    season = await there.season()
    if not await exclude(season, kind, entry, rounds, reason, HOST, there.store):
        ((waits, _),) = await waiting_exclusions(season, there.store)
        await confirm_exclusion(season, waits, SECOND, there.store)


async def test_a_disqualification_waits_for_a_second_person() -> None:
    there = await judged()
    await there.heats()
    await there.close()
    season = await there.season()
    for reason in ("查实代做", "别的理由"):
        assert not await exclude(season, "disqualification", "E1", ["heats"], reason, HOST, there.store)
    assert [entry for entry, _, _ in seated(there)] == ["E1", "E2"], "nothing counts yet"
    assert (await there.store.facts.decisions(there.id)).objections == ()
    ((waits, item),) = await waiting_exclusions(season, there.store)
    assert (item["entry"], item["reason"]) == ("E1", "查实代做")
    with refused("second-person"):
        await confirm_exclusion(season, waits, HOST, there.store)
    with refused("no-such-exclusion"):
        await confirm_exclusion(season, "disqualification-heats-E2", SECOND, there.store)
    await confirm_exclusion(season, waits, SECOND, there.store)
    await confirm_exclusion(season, waits, SECOND, there.store)
    assert [entry for entry, _, left in seated(there) if not left] == ["E2", "E3"]
    assert await waiting_exclusions(season, there.store) == []
    assert there.audit.whats().count("exclusion-proposed") == 1
    assert there.audit.whats().count("disqualification-decided") == 1
    assert await exclude(season, "disqualification", "E1", ["heats"], "又一次作出决定", HOST, there.store), (
        "it counts already"
    )


async def test_a_proposal_is_taken_back_and_may_be_made_anew() -> None:
    """Keeps away: a mistaken proposal that stays on the page for ever, and one that is dropped and counts all the same."""
    there = await judged()
    await there.heats()
    await there.close()
    season = await there.season()
    assert not await exclude(season, "disqualification", "E1", ["heats"], "查实代做", HOST, there.store)
    ((first, _),) = await waiting_exclusions(season, there.store)
    with refused("reason-needed"):
        await take_back_exclusion(season, first, " ", HOST, there.store)

    for by in (HOST, SECOND):
        await take_back_exclusion(season, first, "弄错了作品", by, there.store)

    assert await waiting_exclusions(season, there.store) == []
    assert there.audit.whats().count("exclusion-taken-back") == 1
    with refused("no-such-exclusion"):
        await confirm_exclusion(season, first, SECOND, there.store)
    for _ in range(2):
        assert not await exclude(season, "disqualification", "E1", ["heats"], "另有证据", HOST, there.store)
    ((second, item),) = await waiting_exclusions(season, there.store)
    assert (second != first, item["reason"]) == (True, "另有证据")
    await confirm_exclusion(season, second, SECOND, there.store)
    with refused("no-such-exclusion"):
        await take_back_exclusion(season, second, "已经太晚了，无法撤回", HOST, there.store)
    with refused("no-such-exclusion"):
        await take_back_exclusion(season, "disqualification-heats-E2", "没有这一项提议", HOST, there.store)
    assert [entry for entry, _, left in seated(there) if not left] == ["E2", "E3"]
    assert await waiting_exclusions(season, there.store) == []


async def test_the_rules_may_leave_it_to_one() -> None:
    there = await judged(two_rounds(exclusions_by_one="true"))
    await there.heats()
    assert await exclude(await there.season(), "disqualification", "E1", ["heats"], "查实代做", HOST, there.store)
    await there.close()
    assert [entry for entry, _, _ in seated(there)] == ["E2", "E3"]


async def test_a_disqualification_between_rounds_gives_the_seat_to_the_next_in_line() -> None:
    there = await judged()
    await there.heats()
    await there.close()
    assert [entry for entry, _, _ in seated(there)] == ["E1", "E2"]
    await excluded(there, "disqualification", "E1", "heats")
    assert [entry for entry, _, left in seated(there) if not left] == ["E2", "E3"]
    decisions = await there.store.facts.decisions(there.id)
    assert decisions.objections == (Objection(AFTER_HEATS, "E1", "heats", True),)
    told = len(there.told.of(AdvancementDecidedV1))
    await excluded(there, "disqualification", "E1", "heats")
    assert len(there.told.of(AdvancementDecidedV1)) == told, "the same again changes nothing"
    assert there.audit.whats().count("disqualification-decided") == 1


async def test_before_a_round_is_closed_it_counts_when_seats_are_given() -> None:
    there = await judged()
    await there.heats()
    await excluded(there, "disqualification", "E1", "heats")
    await there.close()
    assert [entry for entry, _, _ in seated(there)] == ["E2", "E3"]


async def test_after_the_awards_a_revision_is_proposed_that_revokes() -> None:
    for kind in ("disqualification", "revocation"):
        there = await judged()
        await there.finished()
        proposal = await propose_revision(await there.season(), there.store)
        assert not proposal.difference.revoked
        await excluded(there, kind, "E1", "heats")
        proposal = await propose_revision(await there.season(), there.store)
        there.told.forget()
        await revise(await there.season(), None, "查实代做", proposal.hash, HOST, there.store)
        assert there.told.of(AwardRevokedV1)
    assert (await there.store.facts.decisions(there.id)).revocations == (Revocation(there.clock.at, "E1", ("heats",)),)


@pytest.mark.parametrize(
    ("kind", "entry", "rounds", "reason", "error", "code"),
    [
        ("disqualification", "E9", ("heats",), "查实代做", NotFound, "no-such-entry"),
        ("disqualification", "E1", ("semi",), "查实代做", NotFound, "no-such-round"),
        ("disqualification", "E1", (), "查实代做", Invalid, "fields-invalid"),
        ("disqualification", "E1", ("heats", "final"), "查实代做", Invalid, "fields-invalid"),
        ("disqualification", "E1", ("heats",), " x ", InvalidState, "reason-needed"),
        ("revocation", "E1", ("heats",), "查实代做", InvalidState, "revocation-before-results"),
    ],
)
async def test_what_will_not_do_decides_nothing(
    kind: str, entry: str, rounds: tuple[str, ...], reason: str, error: type[LaurelError], code: str
) -> None:
    there = await judged(now=DURING)
    with refused(code, error):
        await excluded(there, kind, entry, *rounds, reason=reason)
    assert (await there.store.facts.decisions(there.id)).objections == ()
    assert there.audit.lines == []


async def test_a_season_kept_in_records_hands_in_its_actions_instead() -> None:
    there = await judged(mode="records")
    with refused("records-season"):
        await excluded(there, "disqualification", "E1", "heats")
