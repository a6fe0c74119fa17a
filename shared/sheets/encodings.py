"""Which text some bytes are. It is known, or it is asked for; it is never guessed."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from shared.sheets.grid import Unreadable

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
