"""A season folder computed by the rules alone, without servers: what the services must state as well."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from services.judging.domain import sheets
from services.judging.domain.columns import columns_of
from services.judging.domain.facts import (
    Appeal,
    Ballot,
    Decisions,
    Entry,
    InstructorRef,
    Judge,
    Member,
    Objection,
    Revocation,
    Run,
    Season,
    Summary,
    TestScore,
    Unit,
    Withdrawal,
)
from services.judging.domain.results import Results, compute, compute_rounds
from services.judging.domain.tables import HEADERS, tables, totals
from services.registration.domain import entry_sheet, media, recommending, reviewing, statistics, summaries, units
from services.registration.domain.entries import Entry as RegisteredEntry
from services.registration.domain.entries import Exit, Later, next_round, status_of
from services.registration.domain.people import student_key
from shared.season.csv_rows import Rejection, Sheet, write_csv
from shared.season.reading import load_season
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment, to_unix_micros
from shared.sheets.reading import asked, read_text_sheet, with_fields
from shared.states import EntryStatus, ResultStage

Action = dict[str, Any]


@dataclass(frozen=True)
class Folder:
    """A season from its folder, with the rows that fell and the names that its instructors' list prints."""

    season: Season
    rejections: list[Rejection]
    names: dict[tuple[str, str], str]
    counted: dict[str, int]
    before_judging: dict[str, str]
    """The tables that registration works out, by their names."""


def read(path: Path) -> Folder:
    """Read a folder as the services do: registration's files first, then round by round."""
    rules = load_season((path / "season.yaml").read_text(encoding="utf-8"))
    actions: list[Action] = yaml.safe_load((path / "actions.yaml").read_text(encoding="utf-8")) or []

    def at(action: Action, field: str = "at") -> int:
        moment = parse_moment(str(action[field]), rules.zone)
        assert moment is not None
        return moment

    def sheet(name: str, columns: tuple[str, ...]) -> Sheet:
        return read_text_sheet(f"{name}.csv", (path / f"{name}.csv").read_bytes(), columns)

    found_units, fell_units = units.check_units(sheet("units", ("unit", "parent", "level")), rules)
    known_units = {unit.unit: unit for unit in found_units}
    columns = with_fields(asked(entry_sheet.COLUMNS), rules)
    entry_rows = read_text_sheet("entries.csv", (path / "entries.csv").read_bytes(), columns)
    found_entries, fell_entries = entry_sheet.check_entries(entry_rows, rules, known_units)
    found_summaries, fell_summaries = summaries.check_summaries(
        sheet("summaries", ("unit", "submitted_at")), rules, known_units
    )
    later = _later(rules, actions, at)
    known_entries = {entry.entry: entry for entry in found_entries}
    found_media, fell_media = _media(path, rules, known_entries)
    found_acts, fell_acts = _acts(path, rules, known_units, known_entries, later)
    later |= {entry: replace(later.get(entry, Later()), acts=acts) for entry, acts in found_acts.items()}
    entries = {
        entry.entry: Entry(
            entry.entry,
            status_of(entry, rules, later.get(entry.entry, Later())),
            entry.track,
            entry.division,
            entry.unit,
            entry.title,
            entry.submitted_at,
            tuple(Member(student_key(entry.unit, m.name, m.birth), m.grade) for m in entry.members),
            tuple(InstructorRef(i.id, i.id) for i in entry.instructors),
        )
        for entry in found_entries
    }
    judging_units = {unit.unit: Unit(unit.unit, unit.parent, unit.level, unit.ordinal) for unit in found_units}
    found_judges, fell_judges = sheets.check_judges(sheet("judges", sheets.JUDGE_COLUMNS), rules)
    judges = {judge.judge: judge for judge in _moved(found_judges, actions, at)}
    season = Season(
        rules,
        judging_units,
        entries,
        {},
        summaries={
            summary.unit: Summary(summary.unit, summary.submitted_at, summary.items) for summary in found_summaries
        },
        decisions=_decisions(rules, actions, at),
    )
    fell: dict[str, list[Rejection]] = defaultdict(list)
    ballots: list[Ballot] = []
    runs: list[Run] = []
    tests: list[TestScore] = []
    present = frozenset(entry.entry for entry in entries.values() if entry.in_first_round)
    for round_ in rules.rounds:
        known = sheets.Known(rules, round_, judging_units, entries, judges, present)
        new_ballots, no_ballots = sheets.check_ballots(sheet("ballots", sheets.COLUMNS["ballots"]), known)
        new_runs, no_runs = sheets.check_runs(sheet("runs", sheets.COLUMNS["runs"]), known)
        new_tests, no_tests = sheets.check_tests(sheet("tests", sheets.COLUMNS["tests"]), known)
        ballots += [ballot for ballot in new_ballots if ballot.status == "submitted"]
        runs, tests = runs + new_runs, tests + new_tests
        for name, more in (("ballots", no_ballots), ("runs", no_runs), ("tests", no_tests)):
            fell[name] += more
        tracks = {entry.entry: entry.track for entry in entries.values()}
        season = Season(
            rules,
            judging_units,
            entries,
            columns_of(ballots, tracks),
            tuple(runs),
            tuple(tests),
            season.summaries,
            season.decisions,
        )
        seating = compute_rounds(season, season.decisions, round_.id)[-1].seating
        exhibited = {entry.entry for entry in entries.values() if entry.standing == "exhibition"}
        present = (seating.present if seating else frozenset()) | exhibited
    for name in ("ballots", "runs", "tests"):
        fell[name].sort(key=lambda rejection: rejection.row)
    rejections = [
        *fell_units,
        *fell_judges,
        *fell_entries,
        *fell["ballots"],
        *fell["runs"],
        *fell["tests"],
        *fell_summaries,
        *fell_media,
        *fell_acts,
    ]
    standings = {entry: status_of(stored, rules, later.get(entry, Later())) for entry, stored in known_entries.items()}
    before_judging = {
        **_answers(rules, known_entries),
        **_media_table(rules, found_media),
        **_statistics(rules, known_units, known_entries, standings, found_media),
        **_recommended(rules, known_units, known_entries, standings, found_acts),
    }
    names = {(entry.entry, i.id): i.name for entry in found_entries for i in entry.instructors}
    counted = {"ballots": len(ballots), "runs": len(runs), "tests": len(tests)}
    return Folder(season, rejections, names, counted, before_judging)


def _media(
    path: Path, rules: SeasonRules, entries: Mapping[str, RegisteredEntry]
) -> tuple[list[media.MediaItem], list[Rejection]]:
    if rules.media is None:
        return [], []
    columns = asked(media.REQUIRED, media.OPTIONAL)
    sheet = read_text_sheet("media.csv", (path / "media.csv").read_bytes(), columns)
    return media.check_media(sheet, rules, rules.media, entries)


def _acts(
    path: Path,
    rules: SeasonRules,
    known_units: Mapping[str, units.Unit],
    entries: Mapping[str, RegisteredEntry],
    later: Mapping[str, Later],
) -> tuple[dict[str, recommending.Acts], list[Rejection]]:
    if rules.recommendation is None:
        return {}, []
    columns = asked(recommending.REQUIRED, recommending.OPTIONAL)
    sheet = read_text_sheet("recommendations.csv", (path / "recommendations.csv").read_bytes(), columns)
    candidates = {
        entry: recommending.Candidate(
            entry,
            stored.track,
            stored.unit,
            rules.recommendation.concerns(stored.track)
            and status_of(stored, rules, later.get(entry, Later())) in ("not_recommended", "valid"),
        )
        for entry, stored in entries.items()
    }
    return recommending.check_recommendations(sheet, rules, rules.recommendation, known_units, candidates)


def _answers(rules: SeasonRules, entries: Mapping[str, RegisteredEntry]) -> dict[str, str]:
    if not any(track.fields for track in rules.tracks):
        return {}
    rows = [
        (entry, answer.field, answer.value, *("yes" if shown else "no" for shown in (answer.judges, answer.public)))
        for entry, stored in sorted(entries.items())
        for answer in stored.answers
    ]
    return {"answers.csv": write_csv(("entry", "field", "value", "judges", "public"), rows)}


def _media_table(rules: SeasonRules, items: list[media.MediaItem]) -> dict[str, str]:
    if rules.media is None:
        return {}
    rows = [
        (item.media, item.entry, item.kind, media.state_of(item, rules.media), "yes" if media.is_public(item) else "no")
        for item in sorted(items, key=lambda item: item.media)
    ]
    return {"media.csv": write_csv(("media", "entry", "kind", "state", "public"), rows)}


def _statistics(
    rules: SeasonRules,
    known_units: Mapping[str, units.Unit],
    entries: Mapping[str, RegisteredEntry],
    standings: Mapping[str, EntryStatus],
    items: list[media.MediaItem],
) -> dict[str, str]:
    if not rules.statistics:
        return {}
    counted = [
        statistics.CountedEntry(
            stored.track,
            stored.unit,
            {answer.field: answer.value for answer in stored.answers},
            [
                item.kind
                for item in items
                if item.entry == entry and rules.media and media.state_of(item, rules.media) == "on_time"
            ],
        )
        for entry, stored in entries.items()
        if standings[entry] in ("valid", "not_recommended", "exhibition")
    ]
    by_unit = statistics.figures(rules.statistics, known_units, counted)
    rows = [(unit, name, f"{value:.2f}") for unit, values in by_unit.items() for name, value in values.items()]
    return {"statistics.csv": write_csv(("unit", "statistic", "value"), rows)}


def _recommended(
    rules: SeasonRules,
    known_units: Mapping[str, units.Unit],
    entries: Mapping[str, RegisteredEntry],
    standings: Mapping[str, EntryStatus],
    acts: Mapping[str, recommending.Acts],
) -> dict[str, str]:
    recommendation = rules.recommendation
    if recommendation is None:
        return {}
    positions = {
        entry: recommending.position_of(
            recommendation, reviewing.units_above(known_units, stored.unit), acts.get(entry, ())
        )
        for entry, stored in entries.items()
        if recommendation.concerns(stored.track) and standings[entry] in ("valid", "not_recommended")
    }
    lists: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for entry, done in acts.items():
        for acted in recommending.standing_forwards(done):
            lists[acted.level, acted.unit, entries[entry].track].append((acted.rank, entry))
    rows = [
        (level, unit, track.id, str(place), str(rank), entry, positions[entry].state)
        for level in recommendation.levels
        for unit in known_units
        for track in rules.tracks
        for place, (rank, entry) in enumerate(sorted(lists[level, unit, track.id]), 1)
    ]
    outcome = [
        (entry, position.state, str(position.forwarded), str(position.returned))
        for entry, position in sorted(positions.items())
    ]
    return {
        "recommendations.csv": write_csv(("level", "unit", "track", "place", "rank", "entry", "state"), rows),
        "outcome.csv": write_csv(("entry", "state", "forwarded", "returned"), outcome),
    }


def _later(rules: SeasonRules, actions: list[Action], at: Callable[..., int]) -> dict[str, Later]:
    later: dict[str, Later] = {}
    for action in actions:
        if action["type"] == "extension":
            later[action["entry"]] = Later(extended_until=at(action, "until"))
        if action["type"] in ("withdrawal", "consent_withdrawal") and at(action) < to_unix_micros(
            rules.rounds[0].judging.opens
        ):
            word = EntryStatus.WITHDRAWN if action["type"] == "withdrawal" else EntryStatus.CONSENT_WITHDRAWN
            later[action["entry"]] = Later(exit=Exit(word, at(action)))
    return later


def _moved(judges: list[Judge], actions: list[Action], at: Callable[..., int]) -> list[Judge]:
    moves: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for action in actions:
        if action["type"] == "judge_employer":
            moves[action["judge"]].append((at(action), action["employer"]))
    return [
        Judge(judge.judge, judge.employer, judge.tracks, judge.conflicts, judge.role, tuple(sorted(moves[judge.judge])))
        for judge in judges
    ]


def _decisions(rules: SeasonRules, actions: list[Action], at: Callable[..., int]) -> Decisions:
    def of(*kinds: str) -> list[Action]:
        return sorted((action for action in actions if action["type"] in kinds), key=at)

    leaving = [
        (at(item), item["entry"], item["round"] if item["type"] == "withdrawal" else next_round(rules, at(item)))
        for item in of("withdrawal", "consent_withdrawal")
        if at(item) >= to_unix_micros(rules.rounds[0].judging.opens)
    ]
    return Decisions(
        tuple(Withdrawal(*item) for item in leaving if item[2]),
        tuple(Objection(at(o), o["entry"], o["round"], o["outcome"] == "upheld") for o in of("objection")),
        tuple(
            Appeal(
                at(a),
                a["entry"],
                a["round"],
                a["component"],
                {b["judge"]: tuple(Decimal(str(score)) for score in b["scores"]) for b in a.get("ballots", ())},
                Decimal(str(a["score"])) if "score" in a else None,
            )
            for a in of("appeal")
            if a["outcome"] == "upheld"
        ),
        tuple(Revocation(at(r), r["entry"], tuple(r["rounds"])) for r in of("revocation")),
    )


def stated(folder: Folder) -> dict[str, str]:
    """Every CSV of `expected/` by its path, as the rules alone give it."""
    columns = ("file", "row", "column", "code")
    result = dict(folder.before_judging)
    result |= {"rejected.csv": write_csv(columns, [(r.file, str(r.row), r.column, r.code) for r in folder.rejections])}
    for stage in ResultStage:
        results = compute(folder.season, stage)
        for name, rows in tables(folder.season, results).items():
            result[f"{stage}/{name}.csv"] = write_csv(HEADERS[name], rows)
        result[f"{stage}/instructors.csv"] = _instructors(folder, results)
    return result


def _instructors(folder: Folder, results: Results) -> str:
    header = ("rank", "instructor", "name", "points", "basis", "best_tier", "best_entry", "position", "status")
    return write_csv(
        header,
        [
            (
                str(line.rank),
                line.instructor,
                folder.names[line.named_by, line.instructor],
                f"{float(line.points):.2f}",
                line.basis,
                line.best.tier if line.best else "",
                line.best.entry.entry if line.best else "",
                str(line.position or ""),
                line.status,
            )
            for line in results.instructors
        ],
    )


def stated_totals(folder: Folder) -> dict[str, Any]:
    """`totals.json` as the rules alone give it."""
    rejected: dict[str, int] = defaultdict(int)
    for rejection in folder.rejections:
        rejected[rejection.file] += 1
    return {
        "rejected": dict(rejected),
        "counted": folder.counted,
        "provisional": totals(folder.season, compute(folder.season, ResultStage.PROVISIONAL)),
        "final": totals(folder.season, compute(folder.season, ResultStage.FINAL)),
    }
