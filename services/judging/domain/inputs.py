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
        "units": [_plain(unit) for unit in sorted(season.units.values(), key=lambda one: one.ordinal)],
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
    for unit in sorted(season.units.values(), key=lambda one: one.ordinal):
        add(asdict(unit))
    for _, one in sorted(season.entries.items()):
        members = [(member.person, member.grade) for member in one.members]
        instructors = [(reference.instructor, reference.person) for reference in one.instructors]
        add((one.entry, one.standing, one.track, one.division, one.unit, one.submitted_at, members, instructors))
    for key, columns in sorted(season.ballots.items()):
        add((key, list(columns.entries), list(columns.judges)))
        for numbers in (columns.entry, columns.judge, columns.scores):
            digest.update(np.ascontiguousarray(numbers, dtype="<i8").tobytes())
    for run in sorted(season.runs, key=lambda one: (one.round, one.component, one.entry, one.run)):
        add(asdict(run))
    for test in sorted(season.tests, key=lambda one: (one.round, one.component, one.entry)):
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
        units={one["unit"]: Unit(**one) for one in data["units"]},
        entries={
            one["entry"]: Entry(
                **{
                    **one,
                    "members": tuple(Member(**member) for member in one["members"]),
                    "instructors": tuple(InstructorRef(**reference) for reference in one["instructors"]),
                }
            )
            for one in data["entries"]
        },
        ballots={
            (one["round"], one["component"], one["track"]): Columns.of(
                np.array(one["entries"]), np.array(one["judges"]), np.array(one["scores"], dtype=np.int64)
            )
            for one in data["ballots"]
        },
        runs=tuple(
            Run(**{**one, **{name: Decimal(one[name]) for name in ("points", "time_s", "penalties", "mass_g")}})
            for one in data["runs"]
        ),
        tests=tuple(TestScore(**{**one, "score": Decimal(one["score"])}) for one in data["tests"]),
        summaries={
            one["unit"]: Summary(
                one["unit"], one["submitted_at"], {name: Decimal(score) for name, score in one["items"].items()}
            )
            for one in data["summaries"]
        },
        decisions=Decisions(
            tuple(Withdrawal(**one) for one in decisions["withdrawals"]),
            tuple(Objection(**one) for one in decisions["objections"]),
            tuple(_appeal(one) for one in decisions["appeals"]),
            tuple(Revocation(**{**one, "rounds": tuple(one["rounds"])}) for one in decisions["revocations"]),
            tuple(Preference(**{**one, "first": tuple(one["first"])}) for one in decisions["preferences"]),
        ),
    )


def _appeal(one: Mapping[str, Any]) -> Appeal:
    return Appeal(
        one["at"],
        one["entry"],
        one["round"],
        one["component"],
        {judge: tuple(Decimal(score) for score in scores) for judge, scores in one["ballots"].items()},
        None if one["score"] is None else Decimal(one["score"]),
    )
