"""Texts say one word for each thing: the tables of docs/words.md, kept in every catalog."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Message

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "words.md"
SECTIONS = {"zh": "中文", "en": "English"}
PRINTED = ("document.zh.ftl", "document.en.ftl")
"""What certificates print. Those that were issued keep their words, also where pages say another one today."""
EXCLAMATION = {"zh": "[!！]", "en": "!"}


@dataclass(frozen=True)
class Word:
    """A word that texts do not use, what they say instead, and the phrases in which it is right after all."""

    unwanted: str
    wanted: str
    phrases: tuple[str, ...]


def read_words(page: str, language: str) -> list[Word]:
    """The table of one language."""
    section = page.split(f"## {SECTIONS[language]}\n", maxsplit=1)[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    between = "、" if language == "zh" else ", "
    return [
        Word(unwanted, wanted, tuple(phrases.split(between)) if phrases else ())
        for wanted, several, phrases in rows
        for unwanted in several.split(between)
    ]


def texts(catalog: str) -> Iterator[tuple[str, str]]:
    """Key and text of each message, without its values."""
    for entry in FluentParser().parse(catalog).body:
        if isinstance(entry, Message) and entry.value and entry.value.span:
            written = catalog[entry.value.span.start : entry.value.span.end]
            yield entry.id.name, re.sub(r"\{ ?\$\w+(?: ->)?(?: \})?", " ", re.sub(r"\s+", " ", written))


def find_unwanted(catalog: str, language: str, words: list[Word]) -> list[str]:
    """What is to be changed in a catalog: key, the word, and what to say instead."""
    results = []
    for key, text in texts(catalog):
        for word in words:
            rest = text
            for phrase in word.phrases:
                rest = re.sub(re.escape(phrase), " ", rest, flags=re.IGNORECASE)
            pattern = re.escape(word.unwanted) if language == "zh" else rf"\b{re.escape(word.unwanted)}s?\b"
            if re.search(pattern, rest, re.IGNORECASE):
                results.append(f"{key}: not “{word.unwanted}”, but “{word.wanted}”")
        if re.search(EXCLAMATION[language], text):
            results.append(f"{key}: an exclamation mark")
    return results


@pytest.mark.parametrize("language", SECTIONS)
@pytest.mark.parametrize("folder", sorted({path.parent for path in ROOT.glob("[ls]*/**/*.ftl")}), ids=str)
def test_catalogs_use_one_word_for_each_thing(folder: Path, language: str) -> None:
    """Keeps away: a thing that has two names, and readers who look for the second thing."""
    words = read_words(PAGE.read_text(), language)
    assert len(words) > 40

    for file in sorted(folder.glob(f"*.{language}.ftl")):
        if file.name not in PRINTED:
            assert find_unwanted(file.read_text(), language, words) == [], file.name


@pytest.mark.parametrize(
    ("language", "planted", "named"),
    [
        ("zh", "a-key = 请用已有的账户登录。", "a-key: not “账户”, but “账号"),
        ("zh", "a-key = 祝贺你！", "a-key: an exclamation mark"),
        ("en", "a-key = Two ballots were handed in.", "a-key: not “ballot”, but “score sheet"),
        (
            "en",
            "a-key = { $count ->\n    [one] One entrant\n   *[other] { $count } entrants\n }",
            "a-key: not “entrant”",
        ),
        ("en", "a-key = Well done!", "a-key: an exclamation mark"),
    ],
)
def test_a_planted_word_is_named_with_its_key(language: str, planted: str, named: str) -> None:
    """Keeps away: a check that reads nothing and is always content."""
    results = find_unwanted(planted + "\n", language, read_words(PAGE.read_text(), language))
    assert any(result.startswith(named) for result in results), results


@pytest.mark.parametrize(
    ("language", "text"), [("zh", "a-key = 请评审组长打印后分发。"), ("en", "a-key = Ask a teacher about { $ballot }.")]
)
def test_a_word_is_right_in_its_phrases_and_in_names_of_values(language: str, text: str) -> None:
    assert find_unwanted(text + "\n", language, read_words(PAGE.read_text(), language)) == []
