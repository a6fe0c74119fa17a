"""`laurel dead-letters`: events that no consumer could take in."""

import json

import click

from laurel.commands.reached import on_an_installation, reached_installation
from laurel.reconcile import SERVICES
from laurel.texts import t


def letter_address(letter: str) -> str:
    """Where a dead letter is found: its consumer's name begins with the service."""
    service = letter.split("-", maxsplit=1)[0]
    return f"/{service}/v1/dead-letters/{letter}"


@click.group("dead-letters", help=t("cli-letters-help"))
def dead_letters() -> None: ...


@dead_letters.command("list", help=t("cli-letters-list-help"))
@on_an_installation
def list_letters(url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        kept = [letter for service in SERVICES for letter in client.get(f"/{service}/v1/dead-letters")]
    letters = [letter for letter in kept if not letter["dismissed"]]
    for letter in letters:
        click.echo(
            t("letter", **{name: str(letter[name]) for name in ("id", "subject", "reason", "attempts", "received_at")})
        )
    click.echo(t("letters", count=len(letters)))


@dead_letters.command("show", help=t("cli-letters-show-help"))
@click.argument("letter")
@on_an_installation
def show_letter(letter: str, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        result = client.get(letter_address(letter))
    click.echo(json.dumps(result, ensure_ascii=False, indent=1))


@dead_letters.command("replay", help=t("cli-letters-replay-help"))
@click.argument("letter")
@on_an_installation
def replay_letter(letter: str, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        client.call("POST", f"{letter_address(letter)}/replay")
    click.echo(t("letter-replayed", id=letter))


@dead_letters.command("dismiss", help=t("cli-letters-dismiss-help"))
@click.argument("letter")
@click.option("--reason", required=True, help=t("cli-letters-dismiss-reason"))
@on_an_installation
def dismiss_letter(letter: str, reason: str, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        client.call("POST", f"{letter_address(letter)}/dismissal", json={"reason": reason})
    click.echo(t("letter-dismissed", id=letter))
