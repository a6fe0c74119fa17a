"""Ids that may stand in any address and any file's name."""

import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.season.ids import as_file_name, is_safe_id


@pytest.mark.parametrize("text", ["E001", "P-01", "幼儿园3", "第 二 小学", "J.A", "ⅹ", "icon", "com10", "a" * 64])
def test_ordinary_ids_are_safe(text: str) -> None:
    assert is_safe_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../evil",
        "E/026",
        "a\\b",
        "C:",
        "a*",
        "w?",
        'q"',
        "<b>",
        "a|b",
        "a\tb",
        "a\u200bb",
        "a\u2028b",
        ".git",
        "a.",
        "con",
        "CON",
        "nul.txt",
        "Lpt1",
        "com9.tar.gz",
        "a" * 65,
        "50%",
        "a#b",
        " a",
        "a ",
    ],
)
def test_what_splits_a_path_or_cannot_be_a_file_is_refused(text: str) -> None:
    """Keeps away: an archive that writes beside its folder, or a page that nobody can open."""
    assert not is_safe_id(text)


@given(st.text(max_size=80))
def test_a_safe_id_is_one_segment_everywhere(text: str) -> None:
    if not is_safe_id(text):
        return
    assert PurePosixPath(text).parts == (text,)
    assert PureWindowsPath(text).parts == (text,)
    assert not PureWindowsPath(text).drive
    assert urlsplit(f"https://host/{text}/x").path == f"/{text}/x"
    assert quote(text, safe="") == quote(text)
    assert not re.search(r"[\x00-\x1f\x7f]", text)


@given(st.text(max_size=80))
def test_any_text_becomes_a_name_that_every_system_takes(text: str) -> None:
    """Keeps away: an archive of earlier ids that unpacks beside its folder or not at all."""
    name = as_file_name(text)

    assert name == text if is_safe_id(text) else PureWindowsPath(name).parts == PurePosixPath(name).parts == (name,)
    assert as_file_name(name) == name
