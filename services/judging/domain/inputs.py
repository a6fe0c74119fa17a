"""The inputs of results as plain data: for their hash, for exports, and for computing them again elsewhere."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from hashlib import sha256
from typing import Any

import numpy as np

from services.judging.domain.columns import Columns
from services.judging.domain.facts import (
    Appeal,
    Decisions,
    Entry,
    InstructorRef,
    Member,
    Objection,
    Preference,
    Revocation,
    Run,
    Season,
    Summary,
    TestScore,
    Unit,
    Withdrawal,
)
from shared.season.rules import SeasonRules


def plain(season: Season) -> dict[str, Any]:
    """Everything the results are computed from but the rules, in an order of its own, as JSON can hold it."""
    return {
        "units": [_plain(unit) for unit in sorted(season.units.values(), key=lambda unit: unit.ordinal)],
        "entries": [_plain(entry) for _, entry in sorted(season.entries.items())],
        "ballots": [
            {
                "round": key[0],
                "component": key[1],
                "track": key[2],
                "entries": [columns.entries[position] for position in columns.entry],
                "judges": [columns.judges[position] for position in columns.judge],
                "scores": columns.scores.tolist(),
            }
            for key, columns in sorted(season.ballots.items())
        ],
        "runs": sorted((_plain(run) for run in season.runs), key=_whole),
        "tests": sorted((_plain(test) for test in season.tests), key=_whole),
        "summaries": [_plain(summary) for _, summary in sorted((season.summaries or {}).items())],
        "decisions": _plain(season.decisions),
    }


def _plain(value: Any) -> Any:
    """Decimals as text, the rest as it is."""
    return json.loads(json.dumps(asdict(value), default=str))


def _whole(item: Mapping[str, Any]) -> str:
    return json.dumps(item, sort_keys=True)


def hash_of(*parts: Any) -> str:
    """SHA-256 of these parts as JSON with sorted keys."""
    return sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def rules_as_json(rules: SeasonRules) -> Any:
    """The rules as they stand in a hash and in an export: what they state, so that rules to come change nothing here."""
    return json.loads(rules.model_dump_json(by_alias=True, exclude_defaults=True))


def inputs_hash(season: Season) -> str:
    """The hash of the rules and of everything that results are computed from, without holding it twice."""
    digest = sha256()

    def add(part: Any) -> None:
        digest.update(json.dumps(part, ensure_ascii=False, sort_keys=True, default=str).encode())

    add(rules_as_json(season.rules))
    for unit in sorted(season.units.values(), key=lambda unit: unit.ordinal):
        add(asdict(unit))
    for _, entry in sorted(season.entries.items()):
        members = [(member.person, member.grade) for member in entry.members]
        instructors = [(reference.instructor, reference.person) for reference in entry.instructors]
        add(
            (
                entry.entry,
                entry.standing,
                entry.track,
                entry.division,
                entry.unit,
                entry.submitted_at,
                members,
                instructors,
            )
        )
    for key, columns in sorted(season.ballots.items()):
        add((key, list(columns.entries), list(columns.judges)))
        for numbers in (columns.entry, columns.judge, columns.scores):
            digest.update(np.ascontiguousarray(numbers, dtype="<i8").tobytes())
    for run in sorted(season.runs, key=lambda run: (run.round, run.component, run.entry, run.run)):
        add(asdict(run))
    for test in sorted(season.tests, key=lambda test: (test.round, test.component, test.entry)):
        add(asdict(test))
    for _, summary in sorted((season.summaries or {}).items()):
        add(_plain(summary))
    add(_plain(season.decisions))
    return digest.hexdigest()


def season_from(rules: SeasonRules, data: Mapping[str, Any]) -> Season:
    """The season that `plain` wrote. Raises KeyError, TypeError or ValueError where something is missing or malformed."""
    decisions = data["decisions"]
    return Season(
        rules=rules,
        units={item["unit"]: Unit(**item) for item in data["units"]},
        entries={
            item["entry"]: Entry(
                **{
                    **item,
                    "members": tuple(Member(**member) for member in item["members"]),
                    "instructors": tuple(InstructorRef(**reference) for reference in item["instructors"]),
                }
            )
            for item in data["entries"]
        },
        ballots={
            (item["round"], item["component"], item["track"]): Columns.of(
                np.array(item["entries"]), np.array(item["judges"]), np.array(item["scores"], dtype=np.int64)
            )
            for item in data["ballots"]
        },
        runs=tuple(
            Run(**{**item, **{name: Decimal(item[name]) for name in ("points", "time_s", "penalties", "mass_g")}})
            for item in data["runs"]
        ),
        tests=tuple(TestScore(**{**item, "score": Decimal(item["score"])}) for item in data["tests"]),
        summaries={
            item["unit"]: Summary(
                item["unit"], item["submitted_at"], {name: Decimal(score) for name, score in item["items"].items()}
            )
            for item in data["summaries"]
        },
        decisions=Decisions(
            tuple(Withdrawal(**decision) for decision in decisions["withdrawals"]),
            tuple(Objection(**decision) for decision in decisions["objections"]),
            tuple(_appeal(decision) for decision in decisions["appeals"]),
            tuple(
                Revocation(**{**decision, "rounds": tuple(decision["rounds"])}) for decision in decisions["revocations"]
            ),
            tuple(
                Preference(**{**decision, "first": tuple(decision["first"])}) for decision in decisions["preferences"]
            ),
        ),
    )


def _appeal(item: Mapping[str, Any]) -> Appeal:
    return Appeal(
        item["at"],
        item["entry"],
        item["round"],
        item["component"],
        {judge: tuple(Decimal(score) for score in scores) for judge, scores in item["ballots"].items()},
        None if item["score"] is None else Decimal(item["score"]),
    )
