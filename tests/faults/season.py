"""The commands of a run: a live season, entries that stand at once, two ballots each; all follow from the seed."""

import csv
import io
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season, person

SCHOOLS = ("P01", "P02", "P03", "P04", "J01", "J02", "J03", "J04")
JUDGES = ("JA1", "JA2")
TEACHERS = 12
FULL = {"theme": 40, "originality": 40, "process": 20}
REASON = {"reason": "the end of a test run"}


def rules() -> dict[str, Any]:
    """One track, two judges an entry, tiers by share, instructors by points, units by entries and points."""
    base = new_season(acceptance="submission")
    base["limits"] = {}
    base["tracks"] = base["tracks"][:1]
    base["panels"] = {"common": {"ballots": 2, "method": "mean", "min_ballots": 2}}
    scoring = base["rounds"][0]["scoring"]
    base["rounds"][0]["scoring"] = {"A": scoring["A"]}
    base["unit_award"] = {
        "round": "final",
        "level": "school",
        "points": {"first": 5, "second": 3, "third": 1},
        "value": [
            {"of": "entries", "full_at": 1000, "weight": 50},
            {"of": "points", "full_at": 2000, "weight": 50},
        ],
        "places": 3,
    }
    return base


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry and its ballots, the same in every run with the seed."""

    title: str
    unit: str
    body: bytes
    ballots: tuple[bytes, ...]
    """What each judge sends."""
    scores: tuple[dict[str, str], ...]


def plan(seed: int, entries: int) -> list[Planned]:
    """The entries of a run."""
    return [_planned(f"{seed}-{number:06}", number) for number in range(entries)]


def _planned(title: str, number: int) -> Planned:
    dice = sha256(title.encode()).digest()
    unit = SCHOOLS[dice[0] % len(SCHOOLS)]
    grade = 4 + dice[1] % 3 if unit.startswith("P") else 7 + dice[1] % 3
    content = {
        "unit": unit,
        "track": "A",
        "title": title,
        "members": [{"name_zh": f"测试生{number}", "birth": f"{2016 - grade}-05", "grade": grade}],
        "instructors": [f"测试{unit}师{dice[2] % TEACHERS}"],
        "consents": "on-paper",
    }
    scores = []
    for judge in range(len(JUDGES)):
        parts = sha256(f"{title} {judge}".encode()).digest()
        scores.append(
            {
                name: f"{int.from_bytes(parts[2 * i : 2 * i + 2]) % (full * 100) / 100:.2f}"
                for i, (name, full) in enumerate(FULL.items())
            }
        )
    ballots = tuple(json.dumps({"scores": score, "submit": True}).encode() for score in scores)
    return Planned(title, unit, json.dumps(content).encode(), ballots, tuple(scores))


@dataclass(frozen=True, slots=True)
class Cast:
    """The opened season and the tokens of those who act in it."""

    season: str
    operator: str
    judges: tuple[str, ...]


def open_cast(running: ThreeProcesses, operator: Client) -> Cast:
    """Open the season, invite the judges."""
    season = open_season(operator, rules())
    tokens = []
    for judge in JUDGES:
        operator.call("PUT", f"/judging/v1/seasons/{season}/judges/{judge}", json={"tracks": ["A"]})
        client = person(running, operator, role="judge", season=season, ref=judge)
        tokens.append(client.token)
        client.close()
    return Cast(season, operator.token, tuple(tokens))


def publish(operator: Client, season: str) -> None:
    """Close, announce, finalize; wait until every certificate is issued."""
    base = f"/judging/v1/seasons/{season}"
    operator.call("POST", f"{base}/rounds/final/closing", json=REASON)
    operator.call("POST", f"{base}/announcement", json={})
    operator.call("POST", f"{base}/finalization", json=REASON)
    wanted = operator.get(f"{base}/results/final")["recipients"]

    def issued() -> bool:
        result = operator.get(f"/certificates/v1/seasons/{season}")
        return bool({kind: result[kind] for kind in wanted} == wanted)

    operator.wait_for("certificates", issued)


def entries_of(operator: Client, season: str) -> list[dict[str, Any]]:
    """Every entry of the season, as registration lists them."""
    return _paged(operator, f"/registration/v1/seasons/{season}/entries", "entry")


def certificates_of(operator: Client, season: str) -> list[dict[str, Any]]:
    return _paged(operator, f"/certificates/v1/seasons/{season}/certificates", "serial")


def _paged(operator: Client, address: str, key: str) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    while True:
        page = operator.get(address, params={"after": documents[-1][key] if documents else "", "limit": 1000})
        documents += page
        if not page:
            return documents


def results(operator: Client, season: str) -> dict[str, list[tuple[str, ...]]]:
    """The final results without the numbers that another run gives otherwise: by title, instructor and school."""
    titles = {item["entry"]: item["title"] for item in entries_of(operator, season)}
    base = f"/judging/v1/seasons/{season}/results/final"

    def table(address: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(operator.call("GET", address).content.decode("utf-8-sig"))))

    certificates = [
        (item["kind"], titles.get(item["entry"], item["unit"]), item["name"]["zh"])
        for item in certificates_of(operator, season)
        if item["kind"] != "instructor"
    ]
    return {
        "entries": sorted(
            (titles[item["entry"]], item["group"], item["tier"], item["rank"], item["score"], item["status"])
            for item in table(f"{base}/awards.csv")
        ),
        "instructors": sorted(
            (item["instructor"], item["rank"], item["name"], item["points"], item["best_tier"], item["status"])
            for item in table(f"/registration/v1/seasons/{season}/results/final/instructors.csv")
        ),
        "units": sorted(tuple(item.values()) for item in table(f"{base}/units.csv")),
        "certificates": sorted(certificates),
    }
