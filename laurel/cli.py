"""The command line. Each command is loaded when it is called, so that none waits for what another needs."""

from importlib import import_module

import click

from laurel.client import ProblemAnswer
from laurel.errors import UserError
from laurel.texts import t

COMMANDS = {
    "up": "laurel.commands.machine:up",
    "provision": "laurel.commands.machine:provision",
    "season": "laurel.commands.seasons:season",
    "programme": "laurel.commands.programmes:programme",
    "dead-letters": "laurel.commands.letters:dead_letters",
    "replay": "laurel.commands.ledgers:replay",
    "reconcile": "laurel.commands.ledgers:reconcile",
    "autojudge": "laurel.commands.judges:autojudge",
    "confirm-person": "laurel.commands.judges:confirm_person",
    "results": "laurel.commands.results:results",
    "certificates": "laurel.commands.certificates:certificates",
    "audit": "laurel.commands.audit:audit",
    "backup": "laurel.backup.commands:backup",
    "restore": "laurel.backup.commands:restore",
}
FORMER = {
    "judge-automatically": "laurel.commands.judges:autojudge",
    "check-code": "laurel.commands.certificates:verify",
}
"""Names of commands in the release before, which go on for this one and are not listed."""


class Commands(click.Group):
    """Every expected trouble is one clear sentence, not a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the signature is click's
        place = COMMANDS.get(cmd_name) or FORMER.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except UserError as trouble:
            raise click.ClickException(t(f"trouble-{trouble.code}", **trouble.values)) from trouble
        except ProblemAnswer as answer:
            lines = [str(answer.problem.get("detail", answer))]
            lines += [f"  {error.get('detail', '')}" for error in answer.problem.get("errors", [])]
            raise click.ClickException("\n".join(lines)) from answer


@click.group(cls=Commands, help=t("cli-help"))
def main() -> None: ...


if __name__ == "__main__":
    main()
