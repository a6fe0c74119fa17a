"""Acts that cannot be undone: none is done by a click alone, but by its word, typed where its consequences are said."""

import unicodedata
from enum import StrEnum

from fastapi import Request

from shared.errors import Invalid, error_at
from shared.web.forms import FormData
from shared.web.pages import Pages

FIELD = "confirm"


class FinalAct(StrEnum):
    """An act that cannot be undone. Its word is the text `confirm-word-<act>`."""

    OPEN_SEASON = "open-season"
    AMEND = "amend"
    RELEASE = "release"
    ERASE = "erase"
    JOIN = "join"
    CLOSE = "close"
    PUBLISH = "publish"
    FINALIZE = "finalize"
    REVISE = "revise"
    EXCLUDE = "exclude"
    DECIDE = "decide"
    CONFIRM_SCORES = "confirm-scores"
    RECUSE = "recuse"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CHANGE_CERTIFICATE = "change-certificate"
    REVOKE = "revoke"
    ISSUE = "issue"


def require_word(pages: Pages, request: Request, sent: FormData, act: FinalAct) -> None:
    """The word of the act was typed, in whichever language the page had been.

    Raises:
        Invalid: it was not; nothing is to be done.
    """
    typed, words = _plain(sent[FIELD]), pages.catalog.both(f"confirm-word-{act}")
    if typed not in map(_plain, words.values()):
        word = words[pages.translator(request).language]
        raise Invalid("fields-invalid", errors=[error_at(FIELD, "field-confirm-word", word=word)])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
