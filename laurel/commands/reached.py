"""The installation that a command works on: one that runs, or one of its own."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from laurel.client import Client
from laurel.errors import UserError
from laurel.installation import Installation
from laurel.servers import free_port
from laurel.texts import t, translator


def on_an_installation(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that needs a running installation."""
    token = click.option("--token", required=True, envvar="LAUREL_TOKEN", help=t("cli-token"))
    return click.option("--url", required=True, help=t("cli-url"))(token(command))


@contextmanager
def reached_installation(url: str | None, token: str | None) -> Iterator[Client]:
    """A client of a running installation, or of a private one that ends with the command.

    Raises:
        UserError: the running one is named without a token.
    """
    language = translator().html_language
    if url:
        if not token:
            raise UserError("token-needed", url=url)
        with closing(Client(url, language)) as client:
            client.use_token(token)
            yield client
        return
    with tempfile.TemporaryDirectory(prefix="laurel-") as folder:
        installation = Installation(Path(folder), free_port())
        try:
            installation.start()
            with closing(Client(installation.url, language)) as client:
                client.sign_in_as_operator(installation.operator_secret)
                yield client
        finally:
            installation.stop()
