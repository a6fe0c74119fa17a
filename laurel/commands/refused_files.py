"""Folders that commands are given, and what is said of files in them that cannot be taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from laurel.texts import t, translator
from shared.http.reports import fault_list
from shared.programme.reading import ProgrammeRefused
from shared.season.csv_rows import UnreadableSheet
from shared.season.reading import SeasonRefused

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@contextmanager
def refusals_said(folder: Path) -> Iterator[None]:
    """Every fault of a refused file of this folder becomes a line that people read."""
    try:
        yield
    except (SeasonRefused, ProgrammeRefused) as refused:
        lines = [t("check-refused", folder=str(folder), count=len(refused.faults))]
        lines += [f"  {fault['message'][translator().language]}" for fault in fault_list(refused)]
        raise click.ClickException("\n".join(lines)) from refused
    except UnreadableSheet as unreadable:
        raise click.ClickException(t(f"problem-{unreadable.code}", **unreadable.values)) from unreadable
