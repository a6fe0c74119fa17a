"""Which signs a name or a title may hold: every letter there is, whether or not a font has it."""

import pytest

from services.registration.application.forms import name_errors, text_errors
from services.registration.domain.people import Name
from shared.names import clean_name
from shared.season.glyphs import SYSTEM, system_folders, unprintable
from shared.season.printing import NAME, TITLE, PrintFault, find_fault
from tests.support.scripts import HAN, LANGUAGES


@pytest.mark.parametrize("name", LANGUAGES.values(), ids=LANGUAGES)
def test_a_name_of_every_language_is_taken(name: str) -> None:
    """Keeps away: a child who cannot take part because of how its name is written."""
    assert name_errors(Name(name, ""), "name_zh", "name_en") == []
    assert find_fault(name, TITLE) is None


@pytest.mark.parametrize("signs", HAN.values(), ids=HAN)
def test_a_sign_of_every_block_of_han_is_taken(signs: tuple[str, str]) -> None:
    """Keeps away: the same for a rare sign, also one that the Unicode of this Python does not know yet."""
    for sign in signs:
        assert name_errors(Name(f"王{sign}", ""), "name_zh", "name_en") == []
        assert find_fault(f"{sign}之歌", TITLE) is None


@pytest.mark.parametrize(
    "name", ["D'Arcy", "O’Neill", "O`Neill", "O´Neill", "Mary-Jane", "阿卜杜拉·买买提", "李 二 2", "J. R."]
)
def test_what_stands_between_letters_is_taken(name: str) -> None:
    assert name_errors(Name(name, ""), "name_zh", "name_en") == []


@pytest.mark.parametrize("sign", ["\U0001f600", "\x00", "\x1b", "\x1f", "\x7f", "\ue000", "\ud800", "★", "€", "☺"])
def test_what_no_name_holds_is_refused_in_names(sign: str) -> None:
    """Keeps away: emoji, symbols, control characters and signs of somebody's own font on certificates."""
    assert find_fault(f"王{sign}", NAME) == PrintFault("BAD_SIGN", sign)


def test_marks_are_not_heaped_on_a_letter() -> None:
    """Keeps away: a name that runs over the lines above and below it."""
    assert find_fault("Z" + "\u0335" * 6, NAME) is None
    assert find_fault("Z" + "\u0335" * 7, NAME) == PrintFault("BAD_SIGN", "\u0335")


def test_a_title_may_hold_symbols_but_no_emoji() -> None:
    assert find_fault("AI＋音乐 ★ 37℃", TITLE) is None
    assert find_fault("海\U0001f30a", TITLE) == PrintFault("BAD_SIGN", "\U0001f30a")
    assert find_fault("海\ufffd", TITLE) == PrintFault("BAD_SIGN", "\ufffd")
    assert find_fault("海\x07", TITLE) == PrintFault("BAD_SIGN", "\x07")


def test_a_name_says_something() -> None:
    """Keeps away: a certificate for nobody, whose name is blank or a dot."""
    for name in ("\u200d", "·", "--", "’"):
        (error,) = name_errors(Name(name, ""), "name_zh", "name_en")
        assert error["code"] == "field-name"
    assert text_errors("title", "……", TITLE, "field-title") == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u200dعلی\u200c", "علی"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ"),
        ("李\u200d 明", "李 明"),
    ],
)
def test_a_joiner_stays_where_it_joins(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


PRINTED = {
    "Unified": (0x4E00, 0x9FFF, 20_992),
    "A": (0x3400, 0x4DBF, 6_592),
    "B": (0x20000, 0x2A6DF, 42_711),
    "C": (0x2A700, 0x2B73F, 4_149),
    "D": (0x2B740, 0x2B81F, 222),
    "E": (0x2B820, 0x2CEAF, 5_762),
    "F": (0x2CEB0, 0x2EBEF, 7_473),
    "G": (0x30000, 0x3134F, 3_000),
    "H": (0x31350, 0x323AF, 2_200),
    "I": (0x2EBF0, 0x2EE5D, 0),
}
"""Each block of Han with the signs that must at least have a glyph; A to F whole, as first published."""


@pytest.mark.skipif(len(system_folders()) < len(SYSTEM), reason="not every font of Debian is installed")
@pytest.mark.parametrize(("first", "last", "least"), PRINTED.values(), ids=PRINTED)
def test_so_many_signs_of_each_block_of_han_have_a_glyph(first: int, last: int, least: int) -> None:
    """Keeps away: an update of fonts that takes children's names off their certificates."""
    block = {chr(point) for point in range(first, last + 1)}

    assert len(block - set(unprintable("".join(block)))) >= least


@pytest.mark.skipif(len(system_folders()) < len(SYSTEM), reason="not every font of Debian is installed")
@pytest.mark.parametrize("name", LANGUAGES.values(), ids=LANGUAGES)
def test_a_name_of_every_language_has_its_glyphs(name: str) -> None:
    assert unprintable(name) == ""


@pytest.mark.parametrize(
    "language", ["Polish", "Czech", "Turkish", "Romanian", "Vietnamese", "Greek", "Serbian", "Uyghur", "Zhuang (1957)"]
)
def test_letters_of_passports_need_no_font_of_the_system(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: a laptop on which half of Europe cannot be printed."""
    monkeypatch.setattr("shared.season.glyphs.SYSTEM", ())

    assert unprintable(LANGUAGES[language]) == ""
