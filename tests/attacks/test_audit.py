"""Somebody who may write the database covers up what was done; and somebody who may not see the log takes it out."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient

from laurel.cli import main
from laurel.client import Client
from shared.audit import AuditLog, verify
from shared.mongo import Mongo
from tests.support.installation import ThreeProcesses
from tests.support.judged import Staff, invite, judged_season, refusal, submit

SERVICES = ("registration", "judging", "certificates")


@pytest.fixture
def staff(installation: ThreeProcesses) -> Iterator[Staff]:
    with Staff(installation) as people:
        yield people


def audit(*arguments: str, client: Client | None = None) -> Result:
    address = ["--url", client.url, "--token", client.token] if client else []
    return CliRunner(env={"LAUREL_LANGUAGE": "en"}).invoke(main, ["audit", *arguments, *address])


def test_only_the_operator_takes_the_log_out(staff: Staff, operator: Client) -> None:
    """The log names who did what: an organizer of one season must not read of all the others."""
    season, _ = judged_season(operator, "J1")
    for role in ("city-organizer", "auditor"):
        client = staff.joins(invite(operator, role=role, season=season), season)
        for service in SERVICES:
            assert refusal(client, "GET", f"/{service}/v1/audit-log") == "role-needed"


def test_what_decides_is_in_the_log_with_who_did_it_and_the_chain_holds(
    staff: Staff, operator: Client, tmp_path: Path
) -> None:
    """Nothing that decides happens beside the log, whatever the way in."""
    season, (entry,) = judged_season(operator, "J1")
    organizer = staff.joins(invite(operator, role="city-organizer", season=season), season)
    judge = staff.joins(invite(organizer, role="judge", season=season, ref="J1"), season)
    submit(judge, season, entry)
    base, reason = f"/judging/v1/seasons/{season}", {"reason": "a slip of the pen"}
    organizer.call("POST", f"{base}/rounds/final/ballots/{entry}/work/J1/reopening", json=reason)
    submit(judge, season, entry)
    for step in ("rounds/final/closing", "announcement", "signature", "finalization"):
        organizer.call("POST", f"{base}/{step}", json={} if step == "signature" else {"reason": "all is done"})
    organizer.call("GET", f"{base}/results/final/export")
    organizer.call("GET", f"/certificates/v1/seasons/{season}/archive.zip", params={"reason": "ceremony"})
    seen = organizer.call("GET", f"/registration/v1/seasons/{season}/entries/{entry}")
    assert seen.status_code == 200

    listed = {}
    for service in SERVICES:
        assert audit("export", service, str(tmp_path / service), client=operator).exit_code == 0
        lines = [json.loads(line) for line in (tmp_path / service).read_text().splitlines()[1:]]
        listed[service] = [line["what"] for line in lines if line["season"] == season]
        done = [line for line in lines if line["season"] == season and line["what"] == "results-finalized"]
        assert all(line["private"]["reason"]["value"] == "all is done" for line in done)
    assert {"invitation-made", "invitation-accepted", "read"} <= set(listed["registration"])
    assert listed["judging"] == [
        "judge-recorded",
        "ballot-reopened",
        "round-closed",
        "results-announced",
        "results-signed",
        "results-finalized",
        "results-exported",
    ]
    assert listed["certificates"] == ["download"]
    verified = audit("verify", client=operator)
    assert (verified.exit_code, verified.output.count("complete")) == (0, 3), verified.output


def test_what_was_done_to_the_log_in_the_database_is_found(alone: ThreeProcesses, tmp_path: Path) -> None:
    """Changed, deleted or cut off: the command names the first record, by the database or by a file."""
    operator = Client(alone.url, "en")
    operator.sign_in_as_operator("an operator secret for tests alone")
    judged_season(operator, "J1", "J2", "J3", "J4")
    with MongoClient[dict[str, Any]](alone.servers.mongo_url) as mongo:
        records = mongo["judging"]["audit_log"]
        whole = audit("verify", client=operator)
        assert whole.exit_code == 0, whole.output
        head = next(line for line in whole.output.splitlines() if line.startswith("judging")).rsplit(" ", 1)[1]
        page = operator.call("GET", "/judging/operations").text
        assert head in page, "the operator can keep the head elsewhere"

        kept = records.find_one({"_id": 2})
        assert kept
        records.update_one({"_id": 2}, {"$set": {"facts.judge": "J9"}})
        answer = audit("verify", client=operator)
        assert (answer.exit_code, "judging: record 2 was changed" in answer.output) == (1, True), answer.output
        records.delete_one({"_id": 2})
        assert audit("export", "judging", str(tmp_path / "log"), client=operator).exit_code == 0
        answer = audit("verify", str(tmp_path / "log"))
        assert (answer.exit_code, "record 2 is missing" in answer.output) == (1, True), answer.output
        records.insert_one(kept)
        assert audit("verify", client=operator).exit_code == 0
        records.delete_one({"_id": 4})
        assert audit("verify", client=operator).exit_code == 0, "only a head from elsewhere tells"
        answer = audit("verify", "--head", head, client=operator)
        assert (answer.exit_code, "record 4 on, the log does not match" in answer.output) == (1, True), answer.output
    operator.close()


async def test_many_writers_in_many_processes_keep_one_chain(installation: ThreeProcesses) -> None:
    """A gap or a fork would let anybody say that a record was never there. Every line that was acknowledged is in it."""
    database, service = f"audit-{uuid4().hex[:8]}", "judging"
    writers = [Mongo(installation.servers.mongo_url, database) for _ in range(4)]
    logs = [AuditLog(mongo, service) for mongo in writers]

    await asyncio.gather(*(log.note("read", facts={"n": n}) for n in range(100) for log in logs))

    records = [record async for record in logs[0].records()]
    assert verify(service, records).fault is None
    assert sorted(record["facts"]["n"] for record in records) == sorted(list(range(100)) * 4)
    await writers[0].client.drop_database(database)
    for mongo in writers:
        mongo.close()


def test_a_process_that_dies_while_it_writes_leaves_a_whole_chain(alone: ThreeProcesses) -> None:
    """kill -9 between a decision and its record: nothing acknowledged is lost, nothing is half there."""
    operator = Client(alone.url, "en", patience=60)
    operator.sign_in_as_operator("an operator secret for tests alone")
    season, _ = judged_season(operator, "J1")
    address = f"/judging/v1/seasons/{season}/judges"

    def record(number: int) -> str:
        client = Client(alone.url, "en", patience=60)
        client.use_token(operator.token)
        client.call("PUT", f"{address}/R{number}", json={"tracks": ["A"]})
        client.close()
        return f"R{number}"

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(record, number) for number in range(120)]
        for _ in range(3):
            answers[len([answer for answer in answers if answer.done()]) + 5].result()
            alone.kill("judging")
            alone.start_service("judging")
            alone.wait_ready("judging")
        confirmed = {answer.result() for answer in answers}
    with operator.lines("/judging/v1/audit-log") as lines:
        records = [json.loads(line) for line in lines][1:]
    assert verify("judging", records).fault is None
    assert confirmed <= {record["facts"].get("judge") for record in records}
    operator.close()
