"""Accounts: what a login name and a password must be, and the seats of judges, which one account holds each."""

import re
from collections.abc import Iterable, Sequence

from shared.errors import Invalid, InvalidState, error_at
from shared.identity import ANYWHERE, AS_PERSON, Grant, Role

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_ADDRESS = 200
"""Characters of an address of mail."""
JUDGES = (Role.JUDGE, Role.CHIEF_JUDGE)
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,63}")
COMMON = frozenset(
    {
        "123456789012",
        "1234567890123",
        "password1234",
        "passwordpassword",
        "qwertyuiop12",
        "qwertyuiop123",
        "111111111111",
        "000000000000",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "woaini520520",
        "woaini1314520",
        "iloveyou1234",
        "administrator",
        "laurel123456",
        "changeme1234",
        "letmein12345",
        "zxcvbnm12345",
        "112233445566",
        "123123123123",
        "147258369147",
    }
)


def checked_login(login: str) -> str:
    """The login name as it is kept: lower case.

    Raises:
        Invalid: it is not 3 to 64 letters, digits or . _ @ + -
    """
    plain = login.strip().lower()
    if not LOGIN.fullmatch(plain):
        raise Invalid("login-form")
    return plain


def is_mail(text: str) -> bool:
    """Whether this may be an address of mail."""
    return len(text) <= LONGEST_ADDRESS and text.count("@") == 1 and not any(sign.isspace() for sign in text)


def check_mail(mail: str) -> None:
    """Whether this may be an address of mail; an empty one is none, and may be left empty.

    Raises:
        Invalid: it is no address.
    """
    if mail and not is_mail(mail):
        raise Invalid("fields-invalid", errors=[error_at("mail", "field-mail")])


def check_password(password: str, login: str) -> None:
    """Length is what counts; there are no rules on which characters (OWASP ASVS 5.0, 6.2.1 and 6.2.4).

    Raises:
        Invalid: it is too short, too long, or easily guessed.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid("password-length", shortest=SHORTEST_PASSWORD)
    plain = password.lower()
    if plain in COMMON or len(set(plain)) < 4 or (len(login) > 4 and login in plain):
        raise Invalid("password-easy")


def check_judges(grants: Iterable[Grant]) -> None:
    """Whether each role of a judge says which judge of the season it is.

    Raises:
        Invalid: one does not.
    """
    if any(grant.role in JUDGES and not grant.ref for grant in grants):
        raise Invalid("fields-invalid", errors=[error_at("ref", "field-judge-id")])


def check_people(grants: Iterable[Grant]) -> None:
    """Whether nobody is made a person of a season by being given a role: who that is, is never for others to state.

    Raises:
        Invalid: a role of a student or an instructor names a person.
    """
    if any(grant.role in AS_PERSON and grant.ref for grant in grants):
        raise Invalid("fields-invalid", errors=[error_at("ref", "field-ref-person")])


def check_further(held: Sequence[Grant], further: Sequence[Grant]) -> None:
    """Whether an account with these roles may take further ones.

    Raises:
        InvalidState: it has them all already, or is another judge of the same season.
    """
    if all(grant in held for grant in further):
        raise InvalidState("role-held")
    seats = {grant.season: grant.ref for grant in held if grant.role in JUDGES and grant.ref}
    for grant in further:
        if grant.role in JUDGES and seats.get(grant.season, grant.ref) != grant.ref:
            raise InvalidState("judge-already", judge=seats[grant.season])


def judge_seats(grants: Iterable[Grant]) -> tuple[str, ...]:
    """`season/judge` for each judge that these grants make somebody. No two accounts hold the same one.

    Raises:
        Invalid: one names a judge of many seasons at once; a judge's id is that of one season.
    """
    named = [grant for grant in grants if grant.role in JUDGES and grant.ref]
    if any(grant.season == ANYWHERE or grant.season.endswith("-*") for grant in named):
        raise Invalid("judge-season")
    return tuple(dict.fromkeys(f"{grant.season}/{grant.ref}" for grant in named))
