"""The command line."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from copy import copy
from decimal import Decimal
from pathlib import Path

import click

from laurel.audit import noted_heads, take_out, verify_file, verify_installation
from laurel.automatic_judge import AutomaticJudge, Metric, labels_from
from laurel.backup.commands import backup, restore
from laurel.client import Client, ProblemAnswer
from laurel.database_users import prepare_database
from laurel.errors import UserError
from laurel.installation import Installation
from laurel.programme_commands import programme, refusals_said
from laurel.provision import SERVICES as PROVISIONED
from laurel.provision import keep_provisioned
from laurel.provision import provision as provision_all
from laurel.reconcile import SERVICES, Comparison, Step, carry_out, compare, nothing_on_the_way, on_the_way, plan
from laurel.season_folder import SeasonFolder, read_folder
from laurel.season_run import Run
from laurel.servers import free_port
from laurel.settings import ProvisionSettings
from laurel.texts import t, translator
from laurel.up import stay_up
from services.judging.main import verify
from shared.season.codes import checked_record
from shared.states import ResultStage

LOOK_EVERY = 10
"""Seconds between two looks of the automatic judge."""
FINDINGS_SAID = 20
"""Things named of each ledger that does not agree."""
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class Plain(click.Group):
    """Every expected trouble is one clear sentence, not a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except UserError as trouble:
            raise click.ClickException(t(f"trouble-{trouble.code}", **trouble.values)) from trouble
        except ProblemAnswer as answer:
            lines = [str(answer.problem.get("detail", answer))]
            lines += [f"  {error.get('detail', '')}" for error in answer.problem.get("errors", [])]
            raise click.ClickException("\n".join(lines)) from answer


@click.group(cls=Plain, help=t("cli-help"))
def main() -> None: ...


@main.command(help=t("cli-up-help"))
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("data"), help=t("cli-up-data"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help=t("cli-up-port"))
@click.option("--demo", is_flag=True, help=t("cli-up-demo"))
@click.option("--seconds", type=float, default=0, help=t("cli-up-seconds"))
def up(data: Path, port: int, demo: bool, seconds: float) -> None:
    stay_up(data.resolve(), port, demo=demo, seconds=seconds, say=click.echo)


@main.group(help=t("cli-season-help"))
def season() -> None: ...


@season.command(help=t("cli-check-help"))
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    content = _read(folder)
    with _installation(None, None) as client:
        run = Run(content, client, lambda _: None)
        run.check()
        for row in [*run.rejected(), *run.flagged()]:
            message = row["message"][translator().language]
            click.echo(t("run-rejected", **{**row, "message": message}))
        accepted = sum(report["accepted"] for report in run.reports.values())
        click.echo(t("check-fine", folder=str(folder), accepted=accepted, rejected=len(run.rejected())))


@season.command(help=t("cli-run-help"))
@click.argument("folder", type=FOLDER)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help=t("cli-out"))
@click.option("--url", default=None, help=t("cli-url"))
@click.option("--token", default=None, envvar="LAUREL_TOKEN", help=t("cli-token"))
def run(folder: Path, out: Path, url: str | None, token: str | None) -> None:
    content = _read(folder)
    with _installation(url, token) as client:
        Run(content, client, click.echo).whole(out)


def on_an_installation(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that needs a running installation."""
    token = click.option("--token", required=True, envvar="LAUREL_TOKEN", help=t("cli-token"))
    return click.option("--url", required=True, help=t("cli-url"))(token(command))


def letter_address(letter: str) -> str:
    """Where a dead letter is found: its consumer's name begins with the service."""
    service = letter.split("-", maxsplit=1)[0]
    return f"/{service}/v1/dead-letters/{letter}"


@main.group("dead-letters", help=t("cli-letters-help"))
def dead_letters() -> None: ...


@dead_letters.command("list", help=t("cli-letters-list-help"))
@on_an_installation
def list_letters(url: str, token: str) -> None:
    with _installation(url, token) as client:
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
    with _installation(url, token) as client:
        result = client.get(letter_address(letter))
    click.echo(json.dumps(result, ensure_ascii=False, indent=1))


@dead_letters.command("replay", help=t("cli-letters-replay-help"))
@click.argument("letter")
@on_an_installation
def replay_letter(letter: str, url: str, token: str) -> None:
    with _installation(url, token) as client:
        client.call("POST", f"{letter_address(letter)}/replay")
    click.echo(t("letter-replayed", id=letter))


@dead_letters.command("dismiss", help=t("cli-letters-dismiss-help"))
@click.argument("letter")
@click.option("--reason", required=True, help=t("cli-letters-dismiss-reason"))
@on_an_installation
def dismiss_letter(letter: str, reason: str, url: str, token: str) -> None:
    with _installation(url, token) as client:
        client.call("POST", f"{letter_address(letter)}/dismissal", json={"reason": reason})
    click.echo(t("letter-dismissed", id=letter))


@main.command(help=t("cli-replay-help"))
@on_an_installation
def replay(url: str, token: str) -> None:
    with _installation(url, token) as client:
        told = {service: client.call("POST", f"/{service}/v1/replay").json()["documents"] for service in SERVICES}
        client.wait_for("replay", lambda: nothing_on_the_way(client))
    click.echo(t("replayed", **told))


@main.command(help=t("cli-reconcile-help"))
@click.argument("seasons", nargs=-1)
@click.option("--repair", is_flag=True, help=t("cli-reconcile-repair"))
@click.option("--invented", is_flag=True, help=t("cli-reconcile-invented"))
@click.option("--yes", is_flag=True, help=t("cli-reconcile-yes"))
@on_an_installation
def reconcile(seasons: tuple[str, ...], repair: bool, invented: bool, yes: bool, url: str, token: str) -> None:
    with _installation(url, token) as client:
        named = seasons or tuple(item["id"] for item in client.get("/registration/v1/seasons"))
        agreed, steps = _compared(client, named, invented=invented)
        if repair and steps:
            for step in steps:
                click.echo(t(f"repair-{step.act}", count=len(step.lines), service=step.service, ledger=step.ledger))
            if not yes:
                click.confirm(t("repair-sure"), abort=True)
            carry_out(client, steps)
            client.wait_for("repair", lambda: nothing_on_the_way(client))
            agreed, _ = _compared(client, named, invented=invented)
    if not agreed:
        raise SystemExit(1)


def _compared(client: Client, seasons: Sequence[str], *, invented: bool) -> tuple[bool, list[Step]]:
    """Say how these seasons compare: whether everything agrees, and what a repair would do."""
    agreed, steps = True, list[Step]()
    for name, waiting in on_the_way(client).items():
        if any(waiting.values()):
            agreed = False
            click.echo(t("reconcile-on-the-way", service=name, **{k: str(v) for k, v in waiting.items()}))
    for season_id in seasons:
        comparisons = compare(client, season_id)
        for comparison in comparisons:
            agreed = agreed and comparison.agreed
            click.echo("\n".join(_said(season_id, comparison)))
        steps += plan(season_id, comparisons, invented=invented)
    return agreed, steps


def _said(season_id: str, comparison: Comparison) -> Iterator[str]:
    """A comparison as lines, one for each thing that is not as it must be."""
    pair = comparison.pair
    values = {"season": season_id, "ledger": pair.ledger, "owner": pair.owner, "holder": pair.holder}
    if comparison.agreed:
        yield t("reconcile-agreed", count=comparison.count, **values)
        return
    yield t("reconcile-differs", count=comparison.count, differing=len(comparison.findings), **values)
    for finding in comparison.findings[:FINDINGS_SAID]:
        said = t(
            f"finding-{finding.kind}",
            service=finding.service,
            owner=pair.owner,
            ledger=finding.ledger,
            id=finding.key,
            fields=", ".join(finding.fields),
        )
        yield f"  {said} {t(f'remedy-{finding.remedy}', owner=pair.owner)}"
    left = len(comparison.findings) - FINDINGS_SAID
    if left > 0:
        yield f"  {t('reconcile-more', count=left)}"


@main.command("autojudge", help=t("cli-automatic-help"))
@click.argument("season")
@click.argument("labels", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--component", required=True, help=t("cli-automatic-component"))
@click.option(
    "--metric", type=click.Choice(["accuracy", "f1", "rmse"]), default="accuracy", help=t("cli-automatic-metric")
)
@click.option("--scale", type=click.FloatRange(min=0, min_open=True), default=1.0, help=t("cli-automatic-scale"))
@click.option("--full", type=click.IntRange(1), default=100, show_default=True, help=t("cli-automatic-full"))
@click.option("--once", is_flag=True, help=t("cli-automatic-once"))
@on_an_installation
def autojudge(
    season: str,
    labels: Path,
    component: str,
    metric: Metric,
    scale: float,
    full: int,
    once: bool,
    url: str,
    token: str,
) -> None:
    hidden = labels_from(labels.read_bytes(), str(labels))
    with _installation(url, token) as client:

        def say(entry: str, points: str) -> None:
            click.echo(t("automatic-scored", entry=entry, points=points))

        judge = AutomaticJudge(client, season, component, hidden, metric, Decimal(full), scale, say)
        while True:
            judge.look()
            if once:
                return
            time.sleep(LOOK_EVERY)


@main.group(help=t("cli-audit-help"))
def audit() -> None: ...


@audit.command("verify", help=t("cli-audit-verify-help"))
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--head", "heads", multiple=True, help=t("cli-audit-head"))
@click.option("--url", default=None, help=t("cli-url"))
@click.option("--token", default=None, envvar="LAUREL_TOKEN", help=t("cli-token"))
def verify_audit(files: tuple[Path, ...], heads: tuple[str, ...], url: str | None, token: str | None) -> None:
    noted = noted_heads(heads)
    results = [verify_file(file, noted) for file in files]
    if not files:
        if not url:
            raise click.UsageError(t("audit-nothing"))
        with _installation(url, token) as client:
            results = [(service, verify_installation(client, service, noted)) for service in SERVICES]
    for service, verdict in results:
        values = {"service": service, "head": str(verdict.head), "erased": verdict.erased}
        if verdict.fault is None:
            click.echo(t("audit-whole", count=verdict.head.number, **values))
        else:
            click.echo(t(f"audit-{verdict.fault.kind}", number=verdict.fault.number, **values))
    if any(verdict.fault for _, verdict in results):
        raise SystemExit(1)


@audit.command("export", help=t("cli-audit-export-help"))
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_an_installation
def export_audit(service: str, file: Path, url: str, token: str) -> None:
    with _installation(url, token) as client:
        take_out(client, service, file)
    click.echo(t("audit-exported", service=service, file=str(file)))


@main.command("confirm-person", help=t("cli-confirm-help"))
@click.argument("season")
@click.argument("login")
@click.option("--reason", required=True, help=t("cli-confirm-reason"))
@on_an_installation
def confirm_person(season: str, login: str, reason: str, url: str, token: str) -> None:
    with _installation(url, token) as client:
        client.call("PUT", f"/judging/v1/seasons/{season}/confirmed-people/{login}", json={"reason": reason})
    click.echo(t("person-confirmed", login=login, season=season))


@main.group(help=t("cli-results-help"))
def results() -> None: ...


@results.command("export", help=t("cli-results-export-help"))
@click.argument("season")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--stage",
    type=click.Choice([stage.value for stage in ResultStage]),
    default=ResultStage.FINAL.value,
    help=t("cli-stage"),
)
@on_an_installation
def export_results(season: str, file: Path, stage: str, url: str, token: str) -> None:
    with _installation(url, token) as client:
        file.write_bytes(client.call("GET", f"/judging/v1/seasons/{season}/results/{stage}/export").content)
    click.echo(t("results-exported", file=str(file)))


@results.command("verify", help=t("cli-results-verify-help"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify_results(file: Path) -> None:
    try:
        exported = json.loads(file.read_bytes())
        matches = verify(exported)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("not-an-export", file=str(file)) from error
    if matches:
        click.echo(t("results-differ", where=", ".join(matches)))
        raise SystemExit(1)
    click.echo(t("results-identical", result_hash=exported["result_hash"]))


@main.group(help=t("cli-certificates-help"))
def certificates() -> None:
    pass


@certificates.command("verify", help=t("cli-certificates-verify-help"))
@click.argument("code")
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help=t("cli-certificates-verify-keys"),
)
def certificates_verify(code: str, keys: Path) -> None:
    known = [item["x"] for item in json.loads(keys.read_bytes())["keys"] if item.get("crv") == "Ed25519"]
    record = checked_record(code, known)
    if record is None:
        click.echo(t("code-wrong"))
        raise SystemExit(1)
    click.echo(t("code-right"))
    for value in (record.serial, record.version, record.name, record.award, record.day):
        click.echo(f"  {value}")


main.add_command(backup)
main.add_command(restore)


@main.command(help=t("cli-provision-help"))
@click.option("--watch", "--keep", is_flag=True, help=t("cli-provision-watch"))
@click.option("--service", "name", type=click.Choice(SERVICES), default=None, help=t("cli-provision-service"))
def provision(watch: bool, name: str | None) -> None:
    settings = ProvisionSettings()
    services = [service for service in PROVISIONED if name in (None, service.TOPOLOGY.service)]
    if watch:
        asyncio.run(keep_provisioned(settings, services))
    if settings.mongo_member:
        prepare_database(settings.mongo_url, settings.mongo_member, settings.passwords)
    asyncio.run(provision_all(settings, services))


FORMER = {"judge-automatically": autojudge, "check-code": certificates_verify}
"""Names of commands in the release before, which go on for this one."""
for name, command in FORMER.items():
    former = copy(command)
    former.hidden = True
    main.add_command(former, name)


def _read(folder: Path) -> SeasonFolder:
    with refusals_said(folder):
        return read_folder(folder)


@contextmanager
def _installation(url: str | None, token: str | None) -> Iterator[Client]:
    """A client of a running installation, or of a private one that ends with the command."""
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


main.add_command(programme)


if __name__ == "__main__":
    main()
