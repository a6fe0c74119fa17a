"""The ZIP of many documents: what is in it, its lists, and that the same certificates give the same bytes."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.certificates.application import archive as module
from services.certificates.application.archive import COLUMNS, ZipChunk, archive, lists, names_of, row_of
from services.certificates.domain.documents import KINDS, Certificate, Change, ChangeKind
from shared.season.ids import as_file_name
from shared.season.text import Text
from tests.conformance.test_certificate_ports import certificate

AT = 1_744_000_000_000_000
KINDS_SAID = {kind: f"种类{number}" for number, kind in enumerate(KINDS)}
NAMES = names_of({"P01": Text(zh="澜心小学"), "P02": Text(zh="二校")}, KINDS_SAID, "其他", "zh")
ONE, TWO = "澜心小学/种类0/一等奖_人1_X-1.pdf", "澜心小学/种类0/一等奖_人2_X-2.pdf"
THREE = "二校/种类0/一等奖_人3_X-3.pdf"


def made(number: int, name: str = "", **changes: object) -> Certificate:
    each_certificate = certificate(number, **changes)
    version = replace(each_certificate.current, at=AT + number * 2_000_000, name=Text(zh=name or f"人{number}"))
    return replace(each_certificate, versions=(version,))


async def zipped(*listed: Certificate) -> tuple[bytes, list[int]]:
    """The archive, and how many documents were asked for at a time."""
    asked: list[int] = []

    async def all_() -> AsyncIterator[Certificate]:
        for each in listed:
            yield each

    async def documents(some: Sequence[Certificate]) -> Sequence[bytes]:
        asked.append(len(some))
        return [b"" if each.serial == "X-9" else each.serial.encode() for each in some]

    async def problem(certificate: Certificate) -> str:
        return f"no font for {certificate.serial}"

    parts = [
        part
        async for part in archive(
            all_(), documents, lambda each_certificate: f"http://x/{each_certificate.token}", problem, NAMES
        )
    ]
    return b"".join(parts), asked


async def test_every_document_that_stands_lies_in_the_folder_of_its_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    back = replace(made(4), changes=(Change(ChangeKind.REVOKED, 5, "copied"),))
    content, asked = await zipped(made(1), made(2), made(3, unit="P02"), back, made(5, name="*"))

    assert asked == [2, 1]
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        assert file.namelist() == [ONE, TWO, THREE, "index.csv", "index.xlsx"]
        assert file.read(THREE) == b"X-3"
        assert file.getinfo(ONE).date_time == (2025, 4, 7, 4, 26, 42)
        assert file.getinfo("index.csv").date_time == (2025, 4, 7, 4, 26, 46), "that of the newest"
        assert file.getinfo(ONE).external_attr == module.REGULAR_FILE
        text = file.read("index.csv").decode("utf-8-sig").splitlines()
        rows = CalamineWorkbook.from_filelike(io.BytesIO(file.read("index.xlsx"))).get_sheet_by_index(0).to_python()
    assert text[0] == ",".join(COLUMNS)
    assert text[3] == f"3,X-3,student,valid,1,人3,,P02,一校,A,P,E1,一等奖,http://x/t3,{THREE},"
    assert [row[1] for row in rows] == ["serial", "X-1", "X-2", "X-3"]
    assert rows[3] == text[3].split(",")
    assert (await zipped(made(1), made(2), made(3, unit="P02"), back, made(5, name="*")))[0] == content


async def test_nothing_to_print_is_an_archive_of_empty_lists() -> None:
    content, asked = await zipped()
    assert asked == []
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.namelist() == ["index.csv", "index.xlsx"]
        assert file.getinfo("index.csv").date_time == (1980, 1, 1, 0, 0, 0), "a ZIP knows no earlier year"


async def test_no_cell_of_a_list_is_computed() -> None:
    odd = made(1, name="=1+1")
    content, _ = await zipped(odd)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        text = file.read("index.csv").decode("utf-8-sig").splitlines()
        rows = CalamineWorkbook.from_filelike(io.BytesIO(file.read("index.xlsx"))).get_sheet_by_index(0).to_python()
    assert text[1].split(",")[5] == "'=1+1"
    assert rows[1][5] == "=1+1", "a text, and no formula"
    bare = replace(odd, versions=(replace(odd.current, facts=replace(odd.facts, unit_name=None)),))
    assert row_of(bare, 1, "", "")[8] == ""


def test_an_archive_goes_on_where_it_stopped() -> None:
    whole, first = ZipChunk(), ZipChunk()
    for stretch in (whole, first):
        stretch.add("a", AT, b"abc")
    head = first.take()
    second = ZipChunk(len(head))
    second.add("b", AT, b"de")
    lists(second, [["1"]], AT)
    rest = second.take() + second.close(first.entries)
    whole.add("b", AT, b"de")
    lists(whole, [["1"]], AT)
    with zipfile.ZipFile(io.BytesIO(head + rest)) as file, zipfile.ZipFile(io.BytesIO(whole.close(()))) as other:
        assert file.testzip() is None
        assert file.namelist() == other.namelist() == ["a", "b", "index.csv", "index.xlsx"]
        assert [file.read(name) for name in ("a", "b")] == [b"abc", b"de"]


async def test_a_document_that_cannot_be_drawn_is_listed_with_its_problem_among_the_others() -> None:
    """Keeps away: an archive that is empty, or silent, because of one document."""
    content, _ = await zipped(made(1), made(9), made(2))

    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.namelist() == [ONE, TWO, "index.csv", "index.xlsx"]
        rows = list(csv.DictReader(file.read("index.csv").decode("utf-8-sig").splitlines()))
    assert [(row["serial"], row["file"], row["problem"]) for row in rows] == [
        ("X-1", ONE, ""),
        ("X-9", "", "no font for X-9"),
        ("X-2", TWO, ""),
    ]


def test_people_of_one_name_and_schools_of_one_name_are_kept_apart() -> None:
    units = {
        "P01": Text(zh="实验小学"),
        "P02": Text(zh="实验小学"),
        "P03": Text(zh="三校"),
        "p4": Text(zh="Abc"),
        "p5": Text(zh="ABC"),
    }
    names = names_of(units, KINDS_SAID, "其他", "zh")

    assert names.folders == {
        "P01": "实验小学 P01",
        "P02": "实验小学 P02",
        "P03": "三校",
        "p4": "Abc p4",
        "p5": "ABC p5",
    }
    files = [names.file_of(made(number, name="测试王伟", unit="P03")) for number in (1, 2)]
    assert files == ["三校/种类0/一等奖_测试王伟_X-1.pdf", "三校/种类0/一等奖_测试王伟_X-2.pdf"]
    assert names.file_of(made(3, unit="")) == "其他/种类0/一等奖_人3_X-3.pdf"
    assert names.file_of(made(3, unit="P09")) == "P09/种类0/一等奖_人3_X-3.pdf", "a unit that was not told yet"
    english = names_of({"P01": Text(zh="一校", en="First School")}, KINDS_SAID, "Others", "en")
    assert english.file_of(made(1)).startswith("First School/")


def test_a_school_called_like_the_folder_of_those_without_one_is_kept_apart_from_it() -> None:
    assert names_of({"P01": Text(zh="其他")}, KINDS_SAID, "其他", "zh").folders == {"P01": "其他 P01"}
    odd = {"x": Text(zh="A"), "y": Text(zh="A"), "z": Text(zh="A x")}
    assert sorted(names_of(odd, KINDS_SAID, "其他", "zh").folders.values()) == ["A x", "A x_", "A y"]


@given(
    st.dictionaries(st.text("abAB1", min_size=1, max_size=3), st.text(min_size=1, max_size=90), max_size=6),
    st.text(min_size=1, max_size=90),
)
def test_every_file_can_be_written_on_every_system_and_no_two_are_one(schools: dict[str, str], name: str) -> None:
    """Keeps away: an archive that Windows does not unpack, or in which one school's papers lie on another's."""
    names = names_of({unit: Text(zh=school) for unit, school in schools.items()}, KINDS_SAID, "其他", "zh")

    assert len({folder.casefold() for folder in names.folders.values()}) == len(schools)
    for unit in [*schools, ""]:
        parts = names.file_of(made(1, name=name, unit=unit)).split("/")
        assert len(parts) == 3
        for part in parts[:2]:
            assert as_file_name(part) == part or part.rstrip("_") != part
            assert len(part.encode()) < 250
        assert parts[2].endswith("_X-1.pdf")
        assert as_file_name(parts[2][:60]) in (parts[2][:60], parts[2][:60].strip(". "))
        assert len(parts[2].encode()) < 255
