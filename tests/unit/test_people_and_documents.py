"""People, names, certificate numbers, accounts, tokens."""

import base64
import time
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.documents import MissingStatement, facts_of
from services.certificates.domain.serials import check_digits, serial, well_formed
from services.registration.domain.accounts import check_password, checked_login
from services.registration.domain.consent import guardian_needed
from services.registration.domain.people import Name, student_key
from services.registration.entrypoints.browser import own_path
from shared.errors import Invalid, NotAllowed
from shared.identity import Grant, Keys, Principal, Role, TokenInvalid, sign, verify
from shared.season.reading import load_season
from shared.season.text import Text
from tests.conftest import EXAMPLE


@pytest.mark.parametrize(
    "number", ["DLAI24-CS-000001-86", "DLAI24-DS-000420-41", "DLAI24-CT-000017-54", "DLAI24-CU-000012-85"]
)
def test_published_certificate_numbers_check(number: str) -> None:
    assert well_formed(number)
    assert check_digits(number[:-3]) == number[-2:]


@given(st.integers(1, 999_999), st.integers(0, 18), st.characters(whitelist_categories=("Lu", "Nd"), max_codepoint=127))
def test_a_single_mistyped_character_is_noticed(ordinal: int, place: int, other: str) -> None:
    rules = load_season((EXAMPLE / "season.yaml").read_text())
    number = serial(rules, "final", "student", ordinal)
    mistyped = number[:place] + other + number[place + 1 :]

    assert mistyped == number or not well_formed(mistyped)


def test_a_certificate_without_the_statement_is_refused() -> None:
    rules = load_season((EXAMPLE / "season.yaml").read_text())
    silent = rules.model_copy(update={"approval": rules.approval.model_copy(update={"number": " "})})

    with pytest.raises(MissingStatement):
        facts_of(silent, "unit", {"round": "final"}, Text(zh="校"), {"unit": Text(zh="奖")})


def test_same_name_and_school_but_another_birth_month_is_another_student() -> None:
    name = Name("测试林若若", "")

    assert student_key("P01", name, "2014-01") != student_key("P01", name, "2014-02")
    assert student_key("P01", Name("", "Lin  Ruo"), "2014-01") == student_key("P01", Name("", "LIN RUO"), "2014-01")


@pytest.mark.parametrize(
    ("birth", "month", "needed"),
    [
        ("2011-05", "2025-04", True),
        ("2011-05", "2025-05", True),
        ("2011-05", "2025-06", False),
        ("2008-01", "2025-01", False),
    ],
)
def test_under_fourteen_a_guardian_decides(birth: str, month: str, needed: bool) -> None:
    assert guardian_needed(birth, month) is needed


@pytest.mark.parametrize("password", ["short", "123456789012", "aaaaaaaaaaaa", "my-login-name", "x" * 300])
def test_passwords_that_will_not_do(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, "my-login")


@pytest.mark.parametrize("login", ["ab", "With Space", "名字", "-dash", "x" * 80, "<script>"])
def test_login_names_that_will_not_do(login: str) -> None:
    with pytest.raises(Invalid):
        checked_login(login)


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "x"]
)
def test_nobody_is_sent_to_another_site(address: str) -> None:
    assert own_path(address) == "/"


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def keys(key: Ed25519PrivateKey) -> Keys:

    trusted = Keys()
    trusted.add("k1", base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode())
    return trusted


def principal(seconds: int = 60) -> Principal:
    now = int(time.time())
    return Principal("a1", "s1", "judge", "p1", (Grant(Role.JUDGE, "season", "*", "JA1"),), now, now + seconds)


def test_a_token_gives_back_its_principal(key: Ed25519PrivateKey, keys: Keys) -> None:
    judge = principal()

    assert verify(sign(key, "k1", judge, "session"), keys) == judge


def test_a_token_tells_who_gave_a_role_and_since_when(key: Ed25519PrivateKey, keys: Keys) -> None:
    now = int(time.time())
    first = Principal("a1", "s1", "first", "", (Grant(Role.CITY_ORGANIZER, "season", by="a0", at=1),), now, now + 60)
    (passed_on,) = first.gives(Grant(Role.JUDGE, "season", "*", "JA1"))
    judge = Principal("a2", "s2", "judge", "", (replace(passed_on, at=7),), now, now + 60)

    (grant,) = verify(sign(key, "k1", judge, "session"), keys).grants

    assert (grant.by, grant.via, grant.at) == ("a1", ("a0",), 7)
    assert grant == Grant(Role.JUDGE, "season", "*", "JA1"), "who gave a role does not make it another one"


def test_a_token_from_before_givers_were_kept_stays_good() -> None:
    grant = Grant.from_claim({"r": "judge", "s": "season", "u": "*", "f": "JA1"})

    assert (grant.by, grant.via, grant.at) == ("", (), 0)
    assert grant.as_claim() == {"r": "judge", "s": "season", "u": "*", "f": "JA1"}


def test_tokens_that_are_not_believed(key: Ed25519PrivateKey, keys: Keys) -> None:
    stranger = Ed25519PrivateKey.generate()
    claims = jwt.decode(sign(key, "k1", principal(), "session"), options={"verify_signature": False})
    wrong = [
        sign(stranger, "k1", principal(), "session"),
        sign(key, "k2", principal(), "session"),
        sign(key, "k1", principal(seconds=-120), "session"),
        jwt.encode(claims, "", algorithm="none", headers={"kid": "k1", "typ": "session+jwt"}),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "k1", "typ": "session+jwt"}),
        jwt.encode({**claims, "aud": "other"}, key, algorithm="EdDSA", headers={"kid": "k1", "typ": "session+jwt"}),
        jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "k1", "typ": "JWT"}),
        jwt.encode(
            {**claims, "grants": [{"r": "king"}]}, key, algorithm="EdDSA", headers={"kid": "k1", "typ": "session+jwt"}
        ),
        "not a token",
        "",
    ]

    for token in wrong:
        with pytest.raises(TokenInvalid):
            verify(token, keys)


def test_a_role_holds_in_its_own_season_alone() -> None:
    judge = principal()

    judge.require("season", Role.JUDGE)
    with pytest.raises(NotAllowed):
        judge.require("other", Role.JUDGE)
    with pytest.raises(NotAllowed):
        judge.require("season", Role.CITY_ORGANIZER)
