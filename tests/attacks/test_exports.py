"""What children and strangers write reaches the spreadsheets of schools and organizers: as text, never as a formula."""

import csv
import io
from zipfile import ZipFile

from laurel.client import Client
from shared.season.csv_rows import as_meant, is_formula
from tests.integration.test_lifecycle import UNITS, rules
from tests.integration.test_rights import awarded
from tests.support.installation import ThreeProcesses
from tests.support.people import invited, student
from tests.support.seasons import new_season, open_season

FORMULAS = (
    "=HYPERLINK(\"http://example.org/?\"&A1)", "\ufeff=1+1", "\u00a0+1+1", "\u200b@SUM(1)", "'=1+1", "＝1+1", "－1+1",
    "﹦cmd|' /C calc'!A0",
)  # fmt: skip


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_what_pupils_write_is_no_formula_in_an_export(installation: ThreeProcesses, operator: Client) -> None:
    """Formula injection: a title or a name that a teacher's spreadsheet computes when the export is opened."""
    live = open_season(operator, rules(), units=UNITS)
    with invited(installation, operator, role="school-admin", season=live, unit="P01") as school:
        titles = []
        for number, formula in enumerate(FORMULAS):
            with student(installation, live, "P01", birth="2010-01") as pupil:
                form = {"track": "A", "title": f"{formula} {number}", "grade": "6", "i1_name": f"老师{number}"}
                answer = pupil.post(f"/registration/seasons/{live}/register", form)
                assert answer.status_code in (303, 422), answer.text
                if answer.status_code == 303:  # signs that no certificate could show are refused before
                    titles.append(form["title"].strip())
        assert len(titles) >= 3

        exported = school.post(f"/registration/seasons/{live}/export", {"reason": "做胸牌"})

    rows = cells_of(exported.text)
    assert not any(is_formula(cell) for row in rows for cell in row if not cell.startswith("'"))
    written = {as_meant(cell) for row in rows for cell in row}
    assert [title for title in titles if title not in written] == [], "and nothing is lost of what they wrote"


def test_names_in_the_lists_of_certificates_are_no_formulas(installation: ThreeProcesses, operator: Client) -> None:
    """The lists beside the documents, as CSV and as a workbook, go to printers and schools."""
    made = new_season(acceptance="submission")
    made["panels"]["common"] |= {
        "ballots": "1",
        "method": "mean",
        "drop_high": "0",
        "drop_low": "0",
        "min_ballots": "1",
    }
    live = open_season(operator, made)
    with student(installation, live, "P01", birth="2010-01", name="@SUM(A)") as pupil:
        awarded(operator, pupil, live)
        headers = {"Authorization": f"Bearer {operator.token}"}
        answer = pupil.get(f"/certificates/v1/seasons/{live}/archive.zip?reason=test", headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    with ZipFile(io.BytesIO(answer.content)) as archive:
        rows = cells_of(archive.read("index.csv").decode())
        book = archive.read("index.xlsx")
    assert "'@SUM(A)" in rows[1]
    with ZipFile(io.BytesIO(book)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
