"""Names of people: as they are kept, compared, and shown in public. The one home of these three rules."""

import re
import unicodedata
from itertools import takewhile

SYLLABIC = ((0x3040, 0x30FF), (0x3100, 0x312F), (0x3400, 0x9FFF), (0xA000, 0xA4CF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF))
"""Kana, Bopomofo, Han, Yi, Hangul and compatibility Han; every sign of planes 2 and 3 is Han too."""
JOINERS = "\u200c\u200d\u180e"
"""Zero width, but part of how names are written in Arabic and Mongolian script and in scripts of India: kept behind letters."""
UNSEEN = re.compile(rf"(?<![^\s{JOINERS}])[{JOINERS}]+|[{JOINERS}]+(?![^\s{JOINERS}])")
"""Joiners that join nothing."""


def clean_name(name: str) -> str:
    """The name as it is kept: NFC, without signs that nobody sees (category Cf), blanks as single spaces."""
    if name.isascii():
        return " ".join(name.split())
    composed = unicodedata.normalize("NFC", name)
    seen = "".join(sign for sign in composed if sign in JOINERS or unicodedata.category(sign) != "Cf")
    return " ".join(UNSEEN.sub("", seen).split())


def comparable(name: str) -> str:
    """The name as it is compared: NFKC, without blanks and unseen signs, case ignored."""
    whole = unicodedata.normalize("NFKC", name)
    return "".join(sign for sign in whole if not sign.isspace() and unicodedata.category(sign) != "Cf").casefold()


def mask_name(name: str) -> str:
    """The name as public pages show it.

    Of a name in Han signs (or Kana, Hangul, Yi) the first sign, and of three or more the last; of any other name the
    first letter of each word. Every other letter, of whatever script and with whatever accents, is a `*`.
    """
    signs = _signs(clean_name(name))
    if any(_is_syllabic(sign) for sign in signs):
        letters = [position for position, sign in enumerate(signs) if _is_letter(sign)]
        shown = {letters[0]} if len(letters) > 1 else set()
        if len(letters) > 2:
            shown.add(letters[-1])
        return "".join("*" if _is_letter(sign) and at not in shown else sign for at, sign in enumerate(signs))
    return " ".join(word[0] + "*" * max(1, len(word) - 1) for word in _words(signs)) or "*"


def mask_second_sign(name: str) -> str:
    """The name as the files of a programme show it: of a name in Han signs the second sign is a `*`, of any other name all
    but the first letter of each word. Up to three signs it is what `mask_name` gives.
    """
    signs = _signs(clean_name(name))
    if any(_is_syllabic(sign) for sign in signs):
        letters = [position for position, sign in enumerate(signs) if _is_letter(sign)]
        hidden = set(letters[1:2] or letters)
        return "".join("*" if at in hidden else sign for at, sign in enumerate(signs))
    return mask_name(name)


def _signs(text: str) -> list[str]:
    """What a reader counts as one: a character with the marks on it."""
    results: list[str] = []
    for sign in text:
        if results and (unicodedata.category(sign).startswith("M") or sign in JOINERS):
            results[-1] += sign
        else:
            results.append(sign)
    return results


def _words(signs: list[str]) -> list[list[str]]:
    words, rest = [], signs
    while rest:
        word = list(takewhile(lambda sign: sign != " ", rest))
        words.append(word)
        rest = rest[len(word) + 1 :]
    return [word for word in words if word]


def is_han(sign: str) -> bool:
    """Whether it is a sign of planes 2 and 3, which hold Han alone; also one that this Unicode does not know yet."""
    return 0x20000 <= ord(sign[0]) <= 0x3FFFD


def _is_syllabic(sign: str) -> bool:
    point = ord(sign[0])
    return is_han(sign) or any(first <= point <= last for first, last in SYLLABIC)


def _is_letter(sign: str) -> bool:
    return _is_syllabic(sign) or unicodedata.category(sign[0])[0] in "LN"


def has_letter(text: str) -> bool:
    """Whether it says anything: a letter or a digit of any script."""
    return any(_is_letter(sign) for sign in text)
