"""The credit ledger: never above a cap, the same in whatever order claims arrive, and back where it was when a claim returns."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.credit_claims import Claim, CreditEvent, Worth
from services.certificates.domain.credit_ledger import LineReason, allocate, ledger
from shared.programme.facts import People
from shared.programme.rules import Category, CreditLine, CreditYear
from shared.season.text import Text

YEAR = CreditYear.model_validate(
    {
        "id": "2023",
        "version": 1,
        "from": date(2022, 9, 1),
        "until": date(2023, 8, 31),
        "categories": {
            "contest": Category(title=Text(en="Contests"), cap=Decimal(6)),
            "practice": Category(title=Text(en="Practice"), cap=Decimal(2)),
        },
        "cap": "7",
        "lines": [CreditLine(event="participation", category="contest", points=Decimal("0.5"))],
    }
)
STUDENTS = ("A", "B")
EVENTS = (CreditEvent.PARTICIPATION, CreditEvent.AWARD, CreditEvent.ATTENDANCE)


@st.composite
def worths(draw: st.DrawFn, category: str) -> tuple[Worth, ...]:
    moments = sorted(draw(st.sets(st.integers(1, 30), min_size=1, max_size=4)))
    return tuple(
        Worth(moment, category, draw(st.integers(0, 500)), stands=number == 0 or draw(st.booleans()))
        for number, moment in enumerate(moments)
    )


@st.composite
def claim_lists(draw: st.DrawFn) -> list[Claim]:
    claims = []
    for number in range(draw(st.integers(0, 9))):
        event = draw(st.sampled_from(EVENTS))
        category = "practice" if event is CreditEvent.ATTENDANCE else "contest"
        claims.append(
            Claim(
                f"c{number}",
                draw(st.sampled_from(STUDENTS)),
                YEAR.id,
                draw(st.sampled_from(("s1", "s2"))),
                event,
                "P1",
                draw(worths(category)),
            )
        )
    return claims


def balance(claims: list[Claim], student: str, moment: int) -> int:
    return sum(share.counted for share in allocate([c for c in claims if c.student == student], YEAR, moment).values())


@given(claim_lists(), st.integers(0, 35))
def test_what_counts_stays_within_every_cap(claims: list[Claim], moment: int) -> None:
    for student in STUDENTS:
        shares = allocate([claim for claim in claims if claim.student == student], YEAR, moment)
        amounts = {"contest": 0, "practice": 0}
        for share in shares.values():
            assert 0 <= share.counted <= share.worth.points
            amounts[share.worth.category] += share.counted
        assert amounts["contest"] <= 600
        assert amounts["practice"] <= 200
        assert sum(amounts.values()) <= 700


@given(claim_lists(), st.integers(0, 35))
def test_of_one_season_only_the_highest_claim_counts(claims: list[Claim], moment: int) -> None:
    shares = allocate([claim for claim in claims if claim.student == "A"], YEAR, moment)
    for season in ("s1", "s2"):
        own = [
            (claim, shares[claim.claim])
            for claim in claims
            if claim.claim in shares and claim.season == season and claim.event is not CreditEvent.ATTENDANCE
        ]
        highest = [share for _, share in own if share.is_highest]
        assert len(highest) == (1 if own else 0)
        assert all(share.worth.points <= highest[0].worth.points for _, share in own)


@given(claim_lists(), st.randoms(use_true_random=False))
def test_the_order_in_which_claims_arrive_does_not_matter(claims: list[Claim], shuffler: random.Random) -> None:
    shuffled = list(claims)
    shuffler.shuffle(shuffled)

    assert ledger(shuffled, [YEAR], People(STUDENTS)) == ledger(claims, [YEAR], People(STUDENTS))


@given(claim_lists(), st.integers(0, 35))
def test_the_lines_up_to_a_moment_sum_to_what_counts_then(claims: list[Claim], moment: int) -> None:
    lines = [line for line in ledger(claims, [YEAR], People(STUDENTS)) if line.at <= moment]

    for student in STUDENTS:
        own = [line for line in lines if line.student == student]
        assert sum(line.amount for line in own) == balance(claims, student, moment)
        assert all(line.balance == sum(each.amount for each in own[: place + 1]) for place, line in enumerate(own))


@given(claim_lists())
def test_a_claim_that_is_revoked_and_restored_leaves_everything_as_it_was(claims: list[Claim]) -> None:
    steady = [replace(claim, worths=claim.worths[:1]) for claim in claims]
    before = {student: allocate([c for c in steady if c.student == student], YEAR, 40) for student in STUDENTS}
    for place, claim in enumerate(steady):
        first = claim.worths[0]
        taken = replace(claim, worths=(first, replace(first, at=50, stands=False), replace(first, at=60)))
        changed = [*steady[:place], taken, *steady[place + 1 :]]
        after = {student: allocate([c for c in changed if c.student == student], YEAR, 60) for student in STUDENTS}

        assert {name: share.counted for s in after.values() for name, share in s.items()} == {
            name: share.counted for s in before.values() for name, share in s.items()
        }
        assert claim.claim not in allocate([c for c in changed if c.student == claim.student], YEAR, 50)


@given(claim_lists(), st.integers(1, 35))
def test_an_erased_student_has_nothing_from_then_on(claims: list[Claim], moment: int) -> None:
    lines = ledger(claims, [YEAR], People(STUDENTS, erased_at={"A": moment}))

    own = [line for line in lines if line.student == "A"]
    assert all(line.at <= moment for line in own)
    assert sum(line.amount for line in own) == 0
    assert all(line.reason is LineReason.ERASED for line in own if line.at == moment)


def test_taking_the_best_claim_back_restores_the_next_and_fills_the_room() -> None:
    """The revocation that docs and design follow: −4.00 revoked, +2.00 restored, +0.50 cap."""
    city = Claim(
        "E1#1/final",
        "A",
        YEAR.id,
        "s1",
        CreditEvent.AWARD,
        "P1",
        (Worth(1, "contest", 400), Worth(5, "contest", 400, stands=False)),
    )
    district = Claim("E1#1/district", "A", YEAR.id, "s1", CreditEvent.AWARD, "P1", (Worth(1, "contest", 200),))
    other = Claim("F1#1/final", "A", YEAR.id, "s2", CreditEvent.AWARD, "P1", (Worth(2, "contest", 200),))
    visit = Claim("K1/1#A", "A", YEAR.id, "k", CreditEvent.ATTENDANCE, "P1", (Worth(3, "practice", 150),))

    lines = [line for line in ledger([city, district, other, visit], [YEAR], People(STUDENTS)) if line.at == 5]

    assert [(line.claim.claim, line.reason, line.amount) for line in lines] == [
        ("E1#1/final", LineReason.REVOKED, -400),
        ("E1#1/district", LineReason.RESTORED, 200),
        ("K1/1#A", LineReason.CAP, 50),
    ]
