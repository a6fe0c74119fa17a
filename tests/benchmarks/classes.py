"""`python -m tests.benchmarks.classes`: a sheet of 100,000 rows through the product, beside raw readers and raw inserts."""

import csv
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import xlsxwriter
from pymongo import MongoClient, WriteConcern
from python_calamine import CalamineWorkbook

from laurel.client import Client
from tests.support.installation import SECRET, ThreeProcesses, start_servers
from tests.support.seasons import new_season, open_season, person

ROWS, RAW_ROWS = 100_000, 20_000
HEADER = ("track", "title", "m1_name_zh", "m1_birth", "m1_grade", "i1_name", "consent")
CHUNK = 1000


def rows() -> list[tuple[str, ...]]:
    """A hundred thousand students, each with a work, and their teachers."""
    mark = uuid4().hex[:6]
    return [
        ("A", f"作品 {number}", f"测试{mark}{number}", "2014-05", "5", f"测试{number % 3000}老师", "yes")
        for number in range(ROWS)
    ]


def as_csv(listed: list[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([HEADER, *listed])
    return buffer.getvalue().encode()


def as_xlsx(listed: list[tuple[str, ...]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([HEADER, *listed]):
            sheet.write_row(number, 0, cells)
    return buffer.getvalue()


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def raw_inserts(url: str) -> float:
    """Documents of the product's size, a thousand at a time, majority and journal, a second."""
    with MongoClient[dict[str, Any]](url) as client:
        sample = client["registration"]["entries"].find_one({"outbox": {"$exists": True}}) or {}
        collection = client["bench"].get_collection("rows", write_concern=WriteConcern("majority", j=True))

        def insert() -> None:
            for _ in range(RAW_ROWS // CHUNK):
                collection.insert_many([{**sample, "_id": uuid4().hex} for _ in range(CHUNK)], ordered=False)

        seconds = timed(insert)
        collection.drop()
    return RAW_ROWS / seconds


def through(client: Client, season: str, content: bytes) -> tuple[float, float, dict[str, Any]]:
    """Rows a second checked, rows a second let in, and the last report."""
    base = f"/registration/v1/seasons/{season}/imports"
    headers = {"Content-Type": "application/octet-stream"}
    began = time.perf_counter()
    job = client.call("POST", base, content=content, headers=headers).json()

    def until(state: str) -> dict[str, Any]:
        while True:
            result: dict[str, Any] = client.get(f"{base}/{job['id']}")
            if result["state"] == state:
                return result
            assert result["state"] != "failed", result
            time.sleep(0.2)

    until("checked")
    checked = ROWS / (time.perf_counter() - began)
    began = time.perf_counter()
    client.call("POST", f"{base}/{job['id']}/application", json={"mode": "right-rows"})
    done = until("done")
    return checked, ROWS / (time.perf_counter() - began), done


def main() -> None:
    """Print figures and ratios."""
    listed = rows()
    text, book = as_csv(listed), as_xlsx(listed)
    raw_csv = ROWS / timed(lambda: list(csv.reader(io.StringIO(text.decode()))))
    raw_xlsx = ROWS / timed(lambda: CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python())
    with tempfile.TemporaryDirectory(prefix="laurel-bench-") as folder:
        servers = start_servers(Path(folder))
        running = ThreeProcesses(Path(folder), servers)
        try:
            running.start()
            operator = Client(running.url, "en", patience=60)
            operator.sign_in_as_operator(SECRET)
            season = open_season(operator, new_season(acceptance="submission", limits={"entries_per_student": "2"}))
            school = person(running, operator, role="school-admin", season=season, unit="P01")
            checked, entered, report = through(school, season, text)
            again, _, second = through(school, season, book)
            inserts = statistics.median(raw_inserts(servers.mongo_url) for _ in range(3))
            assert (report["entered"], second["entered"], second["already"]) == (ROWS, 0, ROWS)
        finally:
            running.stop()
            servers.stop()
    for name, value in (
        ("csv.reader, rows a second", raw_csv),
        ("calamine (xlsx), rows a second", raw_xlsx),
        ("insert_many, documents a second", inserts),
        ("checked from csv, rows a second", checked),
        ("checked from xlsx again, rows a second", again),
        ("let in, rows a second", entered),
    ):
        click.echo(f"{name:<42}{value:>12,.0f}")
    for name, ratio in (
        ("checked / csv.reader", checked / raw_csv),
        ("checked from xlsx / calamine", again / raw_xlsx),
        ("let in / insert_many", entered / inserts),
    ):
        click.echo(f"{name:<42}{ratio:>12.3f}")


if __name__ == "__main__":
    main()
