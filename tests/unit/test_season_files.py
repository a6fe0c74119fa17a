"""Season files: what is refused, with every fault named, and what falls row by row."""

import shutil
from pathlib import Path

import pytest

from laurel.errors import UserError
from laurel.season_folder import read_folder
from services.judging.domain.support import unsupported_rules
from services.registration.domain import entry_sheet, summaries, units
from services.registration.domain.entries import Later, status_of
from shared.errors import Invalid
from shared.season.csv_rows import parse_score
from shared.season.reading import SeasonRefused, load_season
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment
from shared.sheets.reading import read_text_sheet
from tests.conftest import EXAMPLE, GOLDEN

SMALL = (EXAMPLE / "season.yaml").read_text()
NOTICE = "timeline.results_notice.opens"
HEADER = ",".join(entry_sheet.COLUMNS)


@pytest.fixture(scope="module")
def rules() -> SeasonRules:
    return load_season(SMALL)


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [
        ("hosts:", "hostz:", "hostz", "UNKNOWN_KEY"),
        ("format: season/1\n", "", "format", "REQUIRED"),
        ("cumulative: 30", "cumulative: 5", "rounds.0.awards", "BAD_VALUE"),
        ("panel: common", "panel: komm", "rounds.final.scoring.A.work.panel", "UNKNOWN_REFERENCE"),
        ("Asia/Shanghai", "Asia/Atlantis", "time_zone", "BAD_VALUE"),
        ("results_notice: {opens", "results_notices: {opens", "timeline.results_notice", "REQUIRED"),
        ("level: school", "level: village", "unit_award", "UNKNOWN_REFERENCE"),
        ("- {id: J, title", "- {id: P, title", "divisions", "DUPLICATE_ID"),
        ("closes: 2025-03-28T17:00:00", "closes: 2025-03-28", "timeline.registration.closes", "NO_TIME"),
        ("closes: 2025-03-28T17:00:00", "closes: '2025-03-28'", "timeline.registration.closes", "NO_TIME"),
        ("closes: 2025-03-28T17:00:00", "closes: 2025-05-28T17:00:00", "rounds.final.judging.closes", "TOO_EARLY"),
        ("results_notice: {opens: 2025-04-21", "results_notice: {opens: 2025-04-01", NOTICE, "TOO_EARLY"),
        ("grades: [7, 9]", "grades: [6, 9]", "tracks.A.divisions", "OVERLAP"),
        ("members: [1, 3]", "members: [0, 0]", "tracks.B.members", "BAD_VALUE"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, path: str, code: str) -> None:
    assert old in SMALL

    with pytest.raises(SeasonRefused) as refused:
        load_season(SMALL.replace(old, new))

    assert (path, code) in {(fault.path, fault.code) for fault in refused.value.faults}


def test_the_end_of_a_day_is_midnight_of_the_next() -> None:
    """Keeps away: a deadline that means another moment than its author read."""
    for written in ("2025-03-28T24:00", "2025-03-28T24:00:00", "'2025-03-28 24:00:00'", "2025-03-28T24:00:00+08:00"):
        season = load_season(SMALL.replace("closes: 2025-03-28T17:00:00", f"closes: {written}"))

        assert season.window("registration").closes.isoformat() == "2025-03-28T16:00:00+00:00", written


def test_every_fault_is_named_at_once() -> None:
    broken = SMALL.replace("hosts:", "hostz:").replace("time_zone: Asia/Shanghai", "time_zone: nowhere")

    with pytest.raises(SeasonRefused) as refused:
        load_season(broken)

    assert {fault.path for fault in refused.value.faults} == {"hostz", "time_zone"}


def test_a_round_must_lead_to_the_next_one() -> None:
    golden = (GOLDEN / "season.yaml").read_text()

    with pytest.raises(SeasonRefused) as refused:
        load_season(golden.replace("to: city", "to: district"))

    assert [(fault.path, fault.code) for fault in refused.value.faults] == [
        ("rounds.district.advance.to", "WRONG_ORDER")
    ]


def test_text_that_is_no_mapping_is_refused() -> None:
    for text in ("- a list", "a: [unclosed", ""):
        with pytest.raises(SeasonRefused):
            load_season(text)


def test_rules_survive_the_journey_as_json(rules: SeasonRules) -> None:
    for original in (rules, load_season((GOLDEN / "season.yaml").read_text())):
        assert SeasonRules.model_validate_json(original.model_dump_json(by_alias=True)) == original


def test_a_rubric_without_a_common_measure_is_not_computed(rules: SeasonRules) -> None:
    odd = [{"id": f"c{n}", "title": {"zh": "项"}, "weight": 7, "max": n} for n in (9973, 9967, 9949)]
    changed = rules.model_dump(by_alias=True) | {"rubrics": {**rules.rubrics, "odd": odd}}

    assert unsupported_rules(rules) == []
    assert unsupported_rules(SeasonRules.model_validate(changed)) == ["rubrics.odd: weights and maxima"]


@pytest.mark.parametrize("folder", [EXAMPLE, GOLDEN], ids=["small", "golden"])
def test_rejected_rows_equal_the_expected_ones(folder: Path) -> None:
    season = load_season((folder / "season.yaml").read_text())
    expected = (GOLDEN if folder is GOLDEN else Path(__file__).parents[1] / "data" / "small-expected") / "x"
    file = (folder / "expected" if folder is GOLDEN else expected.parent) / "rejected.csv"

    def sheet(name: str, columns: tuple[str, ...]):  # type: ignore[no-untyped-def]
        return read_text_sheet(name, (folder / name).read_bytes(), columns)

    stored_units, rejected = units.check_units(sheet("units.csv", units.COLUMNS), season)
    known = {unit.unit: unit for unit in stored_units}
    _, more = entry_sheet.check_entries(sheet("entries.csv", entry_sheet.COLUMNS), season, known)
    rejected += more
    rejected += summaries.check_summaries(sheet("summaries.csv", summaries.columns(season)), season, known)[1]

    names = {"units.csv", "entries.csv", "summaries.csv"}
    wanted = [line for line in file.read_text().splitlines()[1:] if line.split(",")[0] in names]
    assert [f"{rejection.file},{rejection.row},{rejection.column},{rejection.code}" for rejection in rejected] == wanted


def test_standings_of_the_golden_season_before_its_later_actions() -> None:
    season = load_season((GOLDEN / "season.yaml").read_text())
    stored_units, _ = units.check_units(
        read_text_sheet("units.csv", (GOLDEN / "units.csv").read_bytes(), units.COLUMNS), season
    )
    sheet = read_text_sheet("entries.csv", (GOLDEN / "entries.csv").read_bytes(), entry_sheet.COLUMNS)
    entries, _ = entry_sheet.check_entries(sheet, season, {unit.unit: unit for unit in stored_units})
    expected = dict(
        line.split(",")
        for line in (GOLDEN / "expected" / "provisional" / "eligibility.csv").read_text().splitlines()[1:]
    )
    by_action = {"consent_withdrawn"}

    actual = {entry.entry: status_of(entry, season, Later()) for entry in entries}
    extended = next(entry for entry in entries if entry.entry == "E0512")

    for entry, wanted in expected.items():
        if wanted not in by_action:
            assert actual[entry] == wanted
    assert actual["E0512"] == "late"
    assert status_of(extended, season, Later(extended_until=extended.submitted_at)) == "valid"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff", "NOT_UTF8"),
        (b"", "NO_HEADER"),
        (b"unit,parent\nA,B\n", "COLUMN_MISSING"),
        (b"unit,unit,parent,level,name_zh,name_en\n", "COLUMN_REPEATED"),
        (b'unit,parent,level,name_zh,name_en\n"A', "NOT_CSV"),
    ],
)
def test_an_unreadable_file_is_refused_with_a_reason(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_text_sheet("units.csv", content, units.COLUMNS)

    assert refused.value.values["reason"] == code


def test_times_are_exact_and_in_the_seasons_zone(rules: SeasonRules) -> None:
    assert parse_moment("2025-03-28T17:00:00", rules.zone) == parse_moment("2025-03-28T09:00:00Z", rules.zone)
    assert parse_moment("2025-03-28T17:00:00.001", rules.zone) == 1743152400001000
    for wrong in ("2025-03-28", "2025-02-30T00:00:00", "17:00", "2025-03-28 17:00:00", ""):
        assert parse_moment(wrong, rules.zone) is None


@pytest.mark.parametrize("cell", ["-1", "1.234", "NaN", "1e3", "", " ", "+5", "１"])
def test_what_is_no_score(cell: str) -> None:
    assert parse_score(cell) is None


def test_a_folder_whose_files_are_not_utf8_is_refused_although_an_upload_would_be_read(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "season")
    file = tmp_path / "season" / "units.csv"
    file.write_bytes(file.read_text(encoding="utf-8-sig").encode("gb18030"))

    with pytest.raises(UserError, match="not-utf8"):
        read_folder(tmp_path / "season")
