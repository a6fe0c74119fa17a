"""Pictures that designs and templates show: taken once they are what their name says, and on record with who gave them."""

from hashlib import sha256
from pathlib import PurePath

from services.certificates.entrypoints.context import Context
from shared.errors import InvalidState
from shared.identity import Principal
from shared.media_types import media_type_of

PICTURES = {".png": "image/png", ".jpg": "image/jpeg"}


async def add_picture(context: Context, season: str, name: str, data: bytes, principal: Principal) -> None:
    """Take in a seal, a signature or other art; whoever gives it answers for it, and is noted.

    Raises:
        InvalidState: its name or size is not allowed, or it is not what its name says.
    """
    if not _is_picture(name, data):
        raise InvalidState("picture-name")
    await context.templates.add_picture(season, name, data)
    await context.audit.note(season, principal, "template", "", picture=name, size=len(data))


def name_by_content(slot: str, file_name: str, data: bytes) -> str:
    """A name for what was uploaded in a slot, whatever its file was called: the same picture has the same one."""
    ending = PurePath(file_name.lower()).suffix.replace(".jpeg", ".jpg")
    return f"{slot}-{sha256(data).hexdigest()[:8]}{ending}"


def _is_picture(name: str, data: bytes) -> bool:
    """Whether the file is what its name says; a drawing is looked at by the engine alone."""
    if name.endswith(".svg"):
        return b"<svg" in data[:2000]
    wanted = next((kind for ending, kind in PICTURES.items() if name.endswith(ending)), "")
    return bool(wanted) and media_type_of(data) == wanted
