"""The golden season's units, entries and summaries: by import and one by one, against the expected results.

A standing of `disqualified` comes from an objection, which judging decides; it is left out here.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from laurel.client import Client, ProblemAnswer
from shared.season.reading import load_season
from shared.season.time import parse_moment
from tests.conftest import GOLDEN
from tests.support.installation import ThreeProcesses
from tests.support.seasons import CSV, YAML

FILES = ("units", "entries", "summaries")
ACTIONS = {"extension", "withdrawal", "consent_withdrawal", "name_correction", "transfer"}
RULES = load_season((GOLDEN / "season.yaml").read_text())


def rows(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def golden(operator: Client, name: str) -> str:
    """The golden season under another name, opened in records mode with its units."""
    written = (GOLDEN / "season.yaml").read_text()
    content = (
        written.replace('season: {id: "2024"', f"season: {{id: {name}").replace("DLAI24", f"G{name.upper()}").encode()
    )
    season = f"bincheng-ai-{name}"
    operator.call(
        "PUT", f"/registration/v1/seasons/{season}", params={"mode": "records"}, content=content, headers=YAML
    )
    return season


def hand_in(operator: Client, season: str, kind: str) -> dict[str, Any]:
    address = f"/registration/v1/seasons/{season}/records/{kind}"
    answer: dict[str, Any] = operator.call(
        "PUT", address, content=(GOLDEN / f"{kind}.csv").read_bytes(), headers=CSV
    ).json()
    return answer


def expected_rejections(file: str) -> list[tuple[int, str, str]]:
    listed = rows(GOLDEN / "expected" / "rejected.csv")[1:]
    return [(int(row), column, code) for name, row, column, code in listed if name == f"{file}.csv"]


def standings(operator: Client, season: str) -> dict[str, str]:
    result: dict[str, str] = {}
    after = ""
    while True:
        page = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000, "after": after})
        result |= {item["entry"]: item["standing"] for item in page}
        if not page:
            return {entry: standing for entry, standing in result.items() if standing != "valid"}
        after = page[-1]["entry"]


def expected_standings(stage: str) -> dict[str, str]:
    listed = rows(GOLDEN / "expected" / stage / "eligibility.csv")[1:]
    return {entry: standing for entry, standing in listed if standing != "disqualified"}


def act(operator: Client, season: str, wanted: Callable[[int], bool]) -> None:
    for action in yaml.safe_load((GOLDEN / "actions.yaml").read_text()):
        at = parse_moment(action["at"], RULES.zone)
        assert at is not None
        if action["type"] in ACTIONS and wanted(at):
            operator.call("PUT", f"/registration/v1/seasons/{season}/records/actions/{action['id']}", json=action)


@pytest.fixture(scope="module")
def imported(operator: Client) -> tuple[str, dict[str, dict[str, Any]]]:
    season = golden(operator, "imported")
    return season, {kind: hand_in(operator, season, kind) for kind in FILES}


@pytest.mark.parametrize("kind", FILES)
def test_the_rows_that_fall_are_the_expected_ones(imported: tuple[str, dict[str, dict[str, Any]]], kind: str) -> None:
    report = imported[1][kind]

    assert [(item["row"], item["column"], item["code"]) for item in report["rejected"]] == expected_rejections(kind)
    assert all(item["message"]["zh"] and item["message"]["en"] for item in report["rejected"])


def test_a_second_import_changes_nothing(operator: Client, imported: tuple[str, dict[str, dict[str, Any]]]) -> None:
    season, first = imported

    for kind in FILES:
        again = hand_in(operator, season, kind)
        assert again["changed"] == 0
        assert again | {"changed": first[kind]["changed"]} == first[kind]


def test_standings_after_each_stage_of_actions(
    operator: Client, imported: tuple[str, dict[str, dict[str, Any]]]
) -> None:
    season, notice = imported[0], RULES.window("results_notice").opens.timestamp() * 1e6

    act(operator, season, lambda at: at < notice)
    assert standings(operator, season) == expected_standings("provisional")
    act(operator, season, lambda at: at >= notice)
    assert standings(operator, season) == expected_standings("final")


def test_one_by_one_over_the_api_gives_the_same(operator: Client, installation: ThreeProcesses) -> None:
    season = golden(operator, "onebyone")
    hand_in(operator, season, "units")
    header, *listed = rows(GOLDEN / "entries.csv")
    when = header.index("registered_at")
    fallen: list[tuple[int, str, str]] = []
    address = f"/registration/v1/seasons/{season}/records/entries"

    def enter(cells: list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = operator.call("POST", address, json={"columns": header, "cells": cells}).json()
        return answer

    def moment(item: tuple[int, list[str]]) -> tuple[int, int]:
        written = item[1][when] if len(item[1]) > when else ""
        return parse_moment(written, RULES.zone) or 0, item[0]

    taken = {}
    for number, cells in sorted(enumerate(listed, 2), key=moment):
        try:
            taken[number] = (cells, enter(cells))
        except ProblemAnswer as problem:
            fault = problem.problem["errors"][0]
            fallen.append((number, fault["pointer"].removeprefix("/cells/"), fault["code"]))

    doubled = {668}  # the row whose id an earlier row has; it was registered later as well
    assert sorted(fallen) == expected_rejections("entries")
    assert {number for number, _, code in fallen if code == "DUPLICATE_ID"} == doubled
    cells, first = next(iter(taken.values()))
    assert enter(cells) == first, "the same row again changes nothing"
    act(operator, season, lambda _: True)
    assert standings(operator, season) == expected_standings("final")
