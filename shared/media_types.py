"""What a file is, told by its content and not by its name."""

import puremagic


def media_type_of(content: bytes) -> str:
    """The media type; empty for what is not known."""
    try:
        return puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return ""
