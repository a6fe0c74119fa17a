"""The templates that come with Laurel, without any of an organizer."""

from services.certificates.adapters.engines import current
from services.certificates.adapters.templates import Files, packaged_files
from services.certificates.domain.documents import STANDARD


class BuiltIn:
    """A source of templates for a renderer without a database."""

    async def files(self, template: str) -> Files:
        name = "landscape" if template == STANDARD else template.rpartition("-")[0]
        return packaged_files(name)

    async def engine(self, template: str) -> str:
        return current()
