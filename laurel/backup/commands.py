"""The commands `laurel backup` and `laurel restore`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from pymongo.errors import PyMongoError

from laurel.backup.checking import check_hash, verify
from laurel.backup.former import restore_file
from laurel.backup.repository import Repository
from laurel.backup.restoring import restore as restore_folder
from laurel.backup.sealing import identities_from, new_key, recipients_from
from laurel.backup.taking import Taken, keep_taking, take
from laurel.errors import UserError
from laurel.installation import Installation
from laurel.texts import t
from shared.errors import Unavailable

SECONDS = {"m": 60, "h": 3600, "d": 86_400}
FOLDER = click.Path(file_okay=False, path_type=Path)
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
data_folder = click.option("--data", type=FOLDER, default=Path("data"), help=t("cli-up-data"))
a_key = click.option("--key", type=A_FILE, envvar="LAUREL_BACKUP_KEY_FILE", help=t("cli-backup-key-option"))
a_generation = click.option("--generation", default="", help=t("cli-backup-generation"))
a_hash = click.option("--hash", "manifest_hash", default="", help=t("cli-backup-hash"))


class Span(click.ParamType[float]):
    """A span of time such as 30m, 24h or 7d, in seconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"([1-9]\d{0,5})([mhd])", str(value))
        if match is None:
            self.fail(t("span-unreadable", value=str(value)), param, ctx)
        return float(match[1]) * SECONDS[match[2]]


@contextmanager
def reached() -> Iterator[None]:
    """Whatever keeps the database from answering is one sentence."""
    try:
        yield
    except PyMongoError as error:
        raise UserError("server-unreachable", reason=str(error) or type(error).__name__) from error
    except Unavailable as error:
        raise UserError("bucket-unusable", reason=str(error.__cause__ or error)) from error


@click.group(help=t("cli-backup-help"))
def backup() -> None:
    pass


@backup.command("take", help=t("cli-backup-take-help"))
@click.argument("folder", type=FOLDER)
@click.option("--to", "recipient", envvar="LAUREL_BACKUP_RECIPIENT", default="", help=t("cli-backup-recipient"))
@click.option("--keep", type=click.IntRange(1), default=14, show_default=True, help=t("cli-backup-keep"))
@click.option("--every", type=Span(), default=None, help=t("cli-backup-every"))
@data_folder
def take_command(folder: Path, recipient: str, keep: int, every: float | None, data: Path) -> None:
    recipients = recipients_from(recipient)

    def take_one() -> None:
        with reached(), Installation(data.resolve(), 0).database() as settings:
            keys = data / "keys"
            taken = take(settings, folder, keys if keys.is_dir() else None, recipients, keep=keep, say=click.echo)
        _tell(taken, folder)

    def newest() -> datetime | None:
        return max((generation.made_at for generation in Repository(folder).generations()), default=None)

    if every is None:
        take_one()
    else:
        keep_taking(take_one, newest, every, click.echo)


def _tell(taken: Taken, folder: Path) -> None:
    values = {"folder": str(folder), "generation": taken.generation, "files": taken.files, "new": taken.new_files}
    click.echo(t("backed-up", mib=taken.new_bytes >> 20, removed=taken.removed, **values, **taken.documents))
    click.echo(t("backup-noted", hash=taken.manifest_hash))


@backup.command("verify", help=t("cli-backup-verify-help"))
@click.argument("folder", type=FOLDER)
@a_generation
@a_hash
@a_key
def verify_command(folder: Path, generation: str, manifest_hash: str, key: Path | None) -> None:
    repository = Repository(folder)
    repository.check()
    wanted = repository.generation(generation)
    check_hash(wanted, manifest_hash)
    generations = [wanted] if generation or manifest_hash else repository.generations()
    if verify(repository, generations, identities_from(key) if key else [], click.echo):
        raise SystemExit(1)


@backup.command("list", help=t("cli-backup-list-help"))
@click.argument("folder", type=FOLDER)
@click.option("--newer-than", type=Span(), default=None, help=t("cli-backup-newer"))
def list_command(folder: Path, newer_than: float | None) -> None:
    repository = Repository(folder)
    repository.check()
    newest = repository.generation("")
    for generation in repository.generations():
        manifest = generation.manifest()
        click.echo(t("backup-listed", generation=generation.name, files=manifest["files"], **manifest["documents"]))
    if newer_than and (datetime.now(UTC) - newest.made_at).total_seconds() > newer_than:
        click.echo(t("backup-old", generation=newest.name))
        raise SystemExit(1)


@backup.command("key", help=t("cli-backup-key-help"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key_command(file: Path) -> None:
    click.echo(t("backup-key-made", file=str(file), public=new_key(file)))


@click.command("restore", help=t("cli-restore-help"))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@a_generation
@a_hash
@a_key
@data_folder
def restore(source: Path, generation: str, manifest_hash: str, key: Path | None, data: Path) -> None:
    keys = data / "keys"
    with reached(), Installation(data.resolve(), 0).database() as settings:
        if source.is_file():
            click.echo(t("restored", source=str(source), files=0, erased=0, **restore_file(settings, source, keys)))
            return
        if key is None:
            raise UserError("backup-key-needed")
        restored = restore_folder(
            settings, source, keys, identities_from(key), click.echo,
            generation=generation, manifest_hash=manifest_hash,
        )  # fmt: skip
    values = {"source": restored.generation, "files": restored.files, "erased": restored.erased}
    click.echo(t("restored", **values, **restored.documents))
    if restored.damaged:
        click.echo(t("restored-damaged", count=len(restored.damaged)))
        raise SystemExit(1)
