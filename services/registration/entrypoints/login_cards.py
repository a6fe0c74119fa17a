"""Ways in for children without e-mail: a login name and a link that signs in once, to be printed or shown."""

from dataclasses import dataclass

from services.registration.application.identity import Account
from services.registration.entrypoints.context import Context
from shared.commands import Command
from shared.identity import Grant, Principal, Role
from shared.web.qr import qr_svg


@dataclass(frozen=True, slots=True)
class LoginCard:
    """What is handed to one student."""

    name: str
    login: str
    url: str
    qr: str


async def slip_for(
    context: Context, season: str, unit: str, person: str, name: str, hours: int, *, by: Principal | None
) -> LoginCard:
    """A new link for the account of this student, which is made if need be. Older links stay good."""
    login = (await context.access.logins.of_people([person])).get(person) or await context.access.logins.new_login(
        season, unit
    )
    secret = await context.access.accounts.sign_in_link(
        login, [Grant(Role.STUDENT, season, unit)], by=by, hours=hours, command=context.command(), person=person
    )
    return _card(context, name, login, secret)


async def account_with_card(
    context: Context, season: str, unit: str, person: str, name: str, hours: int, language: str, command: Command
) -> tuple[Account, LoginCard]:
    """A new account for a student who signs up and chooses no password yet, and the way back into it."""
    login = await context.access.logins.new_login(season, unit)
    grants = [Grant(Role.STUDENT, season, unit)]
    account, secret = await context.access.accounts.register_without_password(
        login, grants, person=person, language=language, hours=hours, command=command
    )
    return account, _card(context, name, account.login, secret)


def _card(context: Context, name: str, login: str, secret: str) -> LoginCard:
    url = f"{context.settings.public_url}/registration/links/{secret}"
    return LoginCard(name, login, url, qr_svg(url))
