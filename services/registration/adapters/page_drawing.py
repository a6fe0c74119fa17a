"""Pages of a PDF as pictures, drawn in a process of its own (`shared.limited`): what a judge's browser gets is pixels."""

import io
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream
from PIL import Image

WIDEST, HIGHEST = 1600, 2400
"""Points of a picture: a page of A4 is 1600 wide, a strip of any length ends there."""
QUALITY = 88
SHEET = """#set page(width: auto, height: auto, margin: 0pt, fill: white)
#context {
  let file = "source.pdf"
  let number = int(sys.inputs.page)
  let size = measure(image(file, page: number))
  let factor = calc.min(%dpt / size.width, %dpt / size.height)
  image(file, page: number, width: calc.max(1pt, size.width * factor), height: calc.max(1pt, size.height * factor))
}
"""
COMPOSITE = (Name.CIDFontType0, Name.CIDFontType2)
EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")


class NotDrawn(Exception):
    """The file cannot be shown page by page; the message is a code of why."""


@dataclass(frozen=True, slots=True)
class DrawnPages:
    """Some pages one after another, and how many the file has."""

    pictures: tuple[bytes, ...]
    count: int


def draw_pages(folder: Path, first: int, most: int) -> DrawnPages:
    """The pages of `source.pdf` in this folder from `first` on, at most so many.

    Raises:
        NotDrawn: it cannot be read, or its Chinese has no font within the file, so that a page would lack words.
    """
    import typst  # noqa: PLC0415 - only the child draws

    count = _count(folder / "source.pdf")
    main = folder / "page.typ"
    main.write_text(SHEET % (WIDEST, HIGHEST))
    fonts, pictures = typst.Fonts(include_system_fonts=False), []
    for number in range(first, min(first + most, count + 1)):
        try:
            drawn = typst.compile(
                str(main), format="png", ppi=72, font_paths=fonts, sys_inputs={"page": str(number)}, root=str(folder)
            )
        except (typst.TypstError, RuntimeError, ValueError) as error:
            raise NotDrawn("page-unreadable") from error
        if not isinstance(drawn, bytes):
            raise NotDrawn("page-unreadable")
        pictures.append(_smaller(drawn))
    return DrawnPages(tuple(pictures), count)


def _count(source: Path) -> int:
    try:
        with pikepdf.open(source) as document:
            if any(_lacks_its_font(item) for item in document.objects):
                raise NotDrawn("page-fonts")
            return len(document.pages)
    except (pikepdf.PdfError, pikepdf.PasswordError) as error:
        raise NotDrawn("page-unreadable") from error


def _lacks_its_font(item: object) -> bool:
    """Whether in this object is a font of many signs that the file names and does not hold."""
    if isinstance(item, Array):
        return any(_lacks_its_font(value) for value in item if isinstance(value, Object) and not value.is_indirect)
    if not isinstance(item, Dictionary | Stream):
        return False
    if item.get("/Subtype") in COMPOSITE:
        descriptor = item.get("/FontDescriptor")
        return not isinstance(descriptor, Dictionary) or not any(key in descriptor for key in EMBEDDED)
    return any(_lacks_its_font(value) for value in item.values() if isinstance(value, Object) and not value.is_indirect)


def _smaller(drawn: bytes) -> bytes:
    """The picture as PNG or as JPEG: letters take less as the one, photographs as the other."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(drawn), formats=("PNG",)) as image:
        image.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return min(drawn, out.getvalue(), key=len)
