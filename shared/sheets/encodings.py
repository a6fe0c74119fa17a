"""Which text some bytes are. It is known, or it is asked for; it is never guessed."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.sheets.grid import COMPOUND, PACKED, Unreadable

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
LEAST_KNOWN, LEAST_COMMON, MOST_BESIDE_LETTERS = 0.9, 0.5, 0.3
ENOUGH = 200_000
"""Signs of a text that tell what the rest is."""
WORD = re.compile(r"[^\x00-\x7f]+")
BESIDE_LETTER = re.compile(r"(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])")
RIVALS: Mapping[str, Callable[[int, int], bool]] = {
    "big5": lambda lead, trail: 0xA1 <= lead <= 0xC6 and (0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE),
    "euc-kr": lambda lead, trail: 0xA1 <= lead <= 0xC8 and trail >= 0xA1,
}
"""Pairs of bytes that are frequent signs in other encodings too."""

Encoding = Literal[
    "gb18030",
    "big5",
    "shift_jis",
    "euc-kr",
    "windows-1252",
    "windows-1250",
    "windows-1251",
    "windows-1254",
    "utf-16le",
    "utf-16be",
]
"""What may be stated of a text that does not say itself in which encoding it is."""
STATED: Mapping[str, tuple[str, ...]] = {
    "gb18030": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "shift_jis": ("cp932",),
    "euc-kr": ("cp949",),
    "windows-1252": ("cp1252",),
    "windows-1250": ("cp1250",),
    "windows-1251": ("cp1251",),
    "windows-1254": ("cp1254",),
    "utf-16le": ("utf-16-le",),
    "utf-16be": ("utf-16-be",),
}
"""Each with its forms as spreadsheets write it; the first that fits is meant."""
TELLING = re.compile(r"""[^\s,;"]*[^\x00-\x7f][^\s,;"]*""")
UNWRITTEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")
"""What no table holds."""
SEPARATED = re.compile(r"[,;\t\r\n:]")
"""What every table, and every season file, has."""
MOST_WORDS, LONGEST_WORD = 4, 16


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text would be in one encoding, by the first of its words that tell."""

    encoding: str
    words: tuple[str, ...]


def readings(content: bytes) -> tuple[Reading, ...]:
    """In which encodings a text may be that is uncertain, each with words by which people see which is right.

    None where the bytes themselves say what they are.
    """
    if _is_certain(content):
        return ()
    texts: dict[str, str] = {}
    for encoding in STATED:
        text = next(_texts(content, encoding), "")
        if SEPARATED.search(text) and not UNWRITTEN.search(text) and text not in texts.values():
            texts[encoding] = text
    return tuple(Reading(encoding, _telling(text)) for encoding, text in texts.items())


def in_utf8(content: bytes, encoding: str) -> bytes:
    """The text in UTF-8, of one whose encoding somebody states. What is certain without them stays as it is.

    Raises:
        Unreadable: WRONG_ENCODING, it is in another.
    """
    if not encoding or _is_certain(content):
        return content
    text = next(_texts(content, encoding), None)
    if text is None:
        raise Unreadable("WRONG_ENCODING")
    return text.encode()


def _is_certain(content: bytes) -> bool:
    """Whether it is no text, has a mark, or is UTF-8."""
    if content.startswith((PACKED, COMPOUND, *(mark for mark, _ in MARKS))):
        return True
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _texts(content: bytes, encoding: str) -> Iterator[str]:
    for codec in STATED.get(encoding, ()):
        try:
            yield content.decode(codec)
        except UnicodeDecodeError:
            continue


def _telling(text: str) -> tuple[str, ...]:
    words = dict.fromkeys(match[0] for match in TELLING.finditer(text[:ENOUGH])) or text[:ENOUGH].split()
    return tuple(word[:LONGEST_WORD] for word in list(words)[:MOST_WORDS])


def decoded(content: bytes, words: Collection[str] = ()) -> str:
    """The text: UTF-8, what a byte-order mark says, or GB18030 where nothing else is likely.

    `words` are headings that make sure of it.

    Raises:
        Unreadable: NOT_UTF8, it may be one encoding or another.
    """
    marked = next((encoding for mark, encoding in MARKS if content.startswith(mark)), "")
    text = _strictly(content, marked) if marked else _unmarked(content, words)
    if "\0" in text:  # two bytes a sign, and no mark that says in which order
        raise Unreadable("NOT_UTF8")
    return text


def _unmarked(content: bytes, words: Collection[str]) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        text = _strictly(content, "gb18030")
    if not _is_chinese(text, words):
        raise Unreadable("NOT_UTF8")
    return text


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("NOT_UTF8") from error


def _is_chinese(text: str, words: Collection[str]) -> bool:
    """Whether this text, read as GB18030, can hardly be anything else."""
    if any(word in words for word in WORD.findall(text[:ENOUGH])):
        return True
    text = text[:ENOUGH]
    signs = {sign: times for sign, times in Counter(text).items() if not sign.isascii()}
    every = sum(signs.values())
    known = common = 0
    rivals: Counter[str] = Counter()
    for sign, times in signs.items():
        code = sign.encode("gb18030")
        if len(code) != 2:
            continue
        lead, trail = code
        in_gb2312 = 0xA1 <= lead <= 0xF7 and trail >= 0xA1 and not 0xA4 <= lead <= 0xAF
        known += times * in_gb2312
        common += times * (in_gb2312 and lead <= 0xD7)
        rivals.update({name: times for name, fits in RIVALS.items() if fits(lead, trail)})
    beside = len(BESIDE_LETTER.findall(text))
    return (
        known >= LEAST_KNOWN * every
        and common >= LEAST_COMMON * every
        and common > max((rivals[name] for name in RIVALS), default=0)
        and beside <= MOST_BESIDE_LETTERS * every
    )
