"""Signs that no font has: what is missing in a season, and the pictures that were given."""

import re
import sys

from services.certificates.adapters.sign_pictures import read_picture
from services.certificates.entrypoints.context import Context
from shared.errors import InvalidState
from shared.identity import Principal
from shared.season.printing import NAME, find_fault

POINT = re.compile(r"U\+([0-9A-F]{4,6})", re.IGNORECASE)


def sign_of(text: str) -> str:
    """The sign itself, or that of a code point written `U+2EE5D`.

    Raises:
        InvalidState: it is not one sign that may be printed.
    """
    plain = text.strip()
    if (point := POINT.fullmatch(plain)) and int(point[1], 16) <= sys.maxunicode:
        plain = chr(int(point[1], 16))
    if len(plain) != 1 or find_fault(plain, NAME) or plain.isspace():
        raise InvalidState("sign-one")
    return plain


async def give_picture(context: Context, season: str, sign: str, data: bytes, principal: Principal) -> None:
    """Keep a picture of a sign, and let the documents that wait for it be drawn.

    Raises:
        InvalidState: it cannot be read or drawn.
    """
    svg = await read_picture(context.renderer.drawers, season, sign, data)
    await context.signs.add(season, sign, svg, principal.login)
    await context.aside.forget_sign(season, sign)
    await context.audit.note(season, principal, "template", "", sign=f"U+{ord(sign):04X}", size=len(data))
