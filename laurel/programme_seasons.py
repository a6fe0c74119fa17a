"""A season folder and its results, as a programme reads them.

The results are those that `laurel season run` writes: `rejected.csv`, `provisional/` and `final/`, and `media.csv` where the season
asks for media.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from laurel.errors import UserError
from laurel.season_folder import read_actions, read_utf8
from shared.programme.outcomes import LaterAction, UnclearOutcomes, outcomes_by_actions
from shared.programme.seasons import (
    Award,
    CheckInWindow,
    Entry,
    Instructor,
    InstructorResult,
    Member,
    Outcome,
    Score,
    SeasonFacts,
)
from shared.season.csv_rows import whole_number
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment, to_unix_micros
from shared.states import AwardStatus

MOST_MEMBERS, MOST_INSTRUCTORS = 3, 2
CHANGING = ("appeal", "objection", "revocation")
"""Actions that may change results."""
KEPT = 10_000
Cells = Mapping[str, str]


def read_season(folder: Path, results: Path | None, rules: SeasonRules) -> SeasonFacts:
    """The season of a folder, with its results.

    Without `results` every entry of the folder is taken to be there, and nothing is awarded.

    Raises:
        UserError: a file is missing, or the two stages of the results do not tell what an action changed.
    """
    rejected = {(row["file"], row["row"]) for row in _rows(results / "rejected.csv")} if results else set()

    rows = [
        row
        for number, row in enumerate(_rows(folder / "entries.csv"), 2)
        if ("entries.csv", str(number)) not in rejected and (results or _is_readable(row, rules))
    ]
    entries = tuple(_entry(row, rules) for row in rows)
    notice = rules.window("results_notice")
    granted_at = to_unix_micros(notice.closes)
    provisional = _outcome(results / "provisional", rules, entries) if results else Outcome()
    try:
        outcomes = outcomes_by_actions(
            provisional,
            _outcome(results / "final", rules, entries) if results else Outcome(),
            _actions(folder / "actions.yaml", rules),
            granted_at,
            entries,
        )
    except UnclearOutcomes as unclear:
        raise UserError("outcomes-unclear", season=folder.name, place=str(unclear)) from unclear
    return SeasonFacts(
        folder=folder.name,
        series=rules.series.id,
        zone=rules.zone,
        notice_opens=to_unix_micros(notice.opens),
        notice_closes=granted_at,
        tracks=tuple(track.id for track in rules.tracks),
        divisions=tuple(division.id for division in rules.divisions),
        rounds=tuple(round_.id for round_ in rules.rounds),
        entries=entries,
        provisional=provisional,
        outcomes=outcomes,
        scores=tuple(_scores(results / "final" / "advancement.csv")) if results else (),
        check_in=CheckInWindow(rules.attendance.opens_minutes_before, rules.attendance.closes_minutes_after)
        if rules.attendance
        else None,
        names_by=(rules.designation.kind, rules.designation.tier) if rules.designation else None,
        public_media=_public_media(results / "media.csv") if results else {},
    )


def _rows(file: Path) -> list[Cells]:
    rows = csv.DictReader(io.StringIO(read_utf8(file).decode("utf-8-sig"), newline=""))
    return [{name: (cell or "").strip() for name, cell in row.items() if name} for row in rows]


def _moment(cell: str, rules: SeasonRules) -> int:
    moment = parse_moment(cell, rules.zone)
    if moment is None:
        raise ValueError(f"{cell} is no time, although its row was accepted")
    return moment


def _is_readable(row: Cells, rules: SeasonRules) -> bool:
    """Whether an entry that nobody has checked yet says when it was registered."""
    submitted = row.get("submitted_at", "")
    return parse_moment(row.get("registered_at", ""), rules.zone) is not None and (
        not submitted or parse_moment(submitted, rules.zone) is not None
    )


def _entry(row: Cells, rules: SeasonRules) -> Entry:
    members = [
        Member(
            number,
            row.get(f"m{number}_name_zh", ""),
            row.get(f"m{number}_name_en", ""),
            row.get(f"m{number}_birth", ""),
            whole_number(row.get(f"m{number}_grade", "")) or 0,
        )
        for number in range(1, MOST_MEMBERS + 1)
    ]
    instructors = [
        Instructor(row.get(f"i{number}_id", ""), row.get(f"i{number}_name", ""))
        for number in range(1, MOST_INSTRUCTORS + 1)
    ]
    submitted = row.get("submitted_at", "")
    return Entry(
        row["entry"],
        row["track"],
        row["unit"],
        _moment(row["registered_at"], rules),
        _moment(submitted, rules) if submitted else None,
        tuple(member for member in members if member.name_zh or member.name_en),
        tuple(each for each in instructors if each.instructor),
    )


def _outcome(folder: Path, rules: SeasonRules, entries: Iterable[Entry]) -> Outcome:
    """The results of a stage. What a round gives `otherwise` is recorded, but is not an award."""
    tracks = {entry.entry: entry.track for entry in entries}
    otherwise = {
        (round_.id, round_.awards.otherwise.id) for round_ in rules.rounds if round_.awards and round_.awards.otherwise
    }
    return Outcome(
        awards=tuple(
            Award(
                row["round"],
                row["entry"],
                row["tier"],
                row["group"].removeprefix(f"{tracks[row['entry']]}-"),
                stands=row["status"] == AwardStatus.AWARDED,
            )
            for row in _rows(folder / "awards.csv")
            if (row["round"], row["tier"]) not in otherwise
        ),
        instructors=tuple(
            InstructorResult(
                row["instructor"], row["name"], row["best_entry"], awarded=row["status"] == AwardStatus.AWARDED
            )
            for row in _rows(folder / "instructors.csv")
        ),
        named_units=tuple(row["unit"] for row in _rows(folder / "units.csv") if row["status"] == "named"),
        standings={row["entry"]: row["standing"] for row in _rows(folder / "eligibility.csv")},
    )


def _scores(file: Path) -> Iterable[Score]:
    for row in _rows(file):
        if row["score"]:
            yield Score(row["round"], row["group"], row["entry"], int(Decimal(row["score"]) * KEPT))


def _public_media(file: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in _rows(file) if file.is_file() else []:
        counts[row["entry"]] = counts.get(row["entry"], 0) + (row["public"] == "yes")
    return counts


def _actions(file: Path, rules: SeasonRules) -> list[LaterAction]:
    """The actions that may change results; an objection or appeal that was dismissed changes none."""
    results = []
    for action in read_actions(file):
        if action.get("type") not in CHANGING or action.get("outcome") == "dismissed":
            continue
        moment = parse_moment(str(action["at"]), rules.zone)
        if moment is None or not isinstance(action.get("entry"), str):
            raise UserError("actions-unreadable", file=str(file), reason="at, entry")
        results.append(LaterAction(moment, action["type"], action["entry"], str(action.get("round", ""))))
    return results
