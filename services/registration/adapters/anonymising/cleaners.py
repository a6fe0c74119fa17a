"""The one way from a file to its copy: by its kind, from path to path.

What it writes in between it writes beside the copy, where it goes with it when the process is ended.
"""

import errno
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from PIL import Image

from services.registration.adapters.anonymising.archives import clean_archive
from services.registration.adapters.anonymising.markup import MOST_XML, clean_notebook, clean_svg
from services.registration.adapters.anonymising.media import CONTAINERS, clean_media
from services.registration.adapters.anonymising.office import clean_office
from services.registration.adapters.anonymising.pictures import clean_picture
from services.registration.adapters.anonymising.portable import clean_pdf
from services.registration.adapters.anonymising.refusal import NotAnonymised

DEEPEST = 3
"""Archives within archives."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
TEXTS = frozenset(
    ".txt .md .csv .tsv .json .yaml .yml .toml .ini .cfg .py .js .ts .css .html .htm .c .h .cpp .hpp .cc .ino .java .kt .go "
    ".rs .lua .sh .bat .sql .r .m .scratch .tex .xml".split()
)
"""Plain text: the names that registration knows are looked for in it, and nothing is taken out."""


def clean(source: Path, target: Path, extension: str, depth: int = 0) -> None:
    """Write the copy of a file, whose kind is told by this extension.

    Raises:
        NotAnonymised: there can be none.
    """
    try:
        if extension in PICTURES:
            clean_picture(source, target)
        elif extension in CONTAINERS:
            clean_media(source, target, extension)
        elif extension == ".pdf":
            clean_pdf(source, target)
        elif extension in (".docx", ".pptx", ".xlsx"):
            clean_office(source, target, partial(_clean_within, target.parent))
        elif extension == ".zip":
            if depth >= DEEPEST:
                raise NotAnonymised("deep")
            clean_archive(source, target, partial(clean, depth=depth + 1), DEEPEST - depth - 1)
        elif extension in MARKUP:
            if source.stat().st_size > MOST_XML:
                raise NotAnonymised("large")
            target.write_bytes(MARKUP[extension](source.read_bytes()))
        elif extension in TEXTS:
            _check_text(source)
            shutil.copyfile(source, target)
        else:
            raise NotAnonymised("kind")
    except Image.DecompressionBombError as error:
        raise NotAnonymised("large") from error
    except (OSError, SyntaxError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise NotAnonymised("large") from error
        raise NotAnonymised("unreadable") from error


MARKUP: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType({".svg": clean_svg, ".ipynb": clean_notebook})


def _clean_within(beside: Path, name: str, content: bytes) -> bytes:
    """A picture, film or recording within a document."""
    extension = "." + name.rpartition(".")[2].lower()
    if extension not in PICTURES and extension not in CONTAINERS:
        raise NotAnonymised("kind", name)
    with TemporaryDirectory(dir=beside) as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        source.write_bytes(content)
        try:
            clean(source, target, extension)
        except NotAnonymised as refused:
            raise NotAnonymised(refused.reason, f"{name} {refused.part}".strip()) from refused
        return target.read_bytes()


def _check_text(source: Path) -> None:
    """Raises NotAnonymised for what is no text, in UTF-8 or in GB 18030."""
    content = source.read_bytes()
    if b"\0" in content:
        raise NotAnonymised("kind")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return
    raise NotAnonymised("kind")
