"""The same certificate by two other libraries, as a yardstick: a page of HTML by WeasyPrint, and drawing by ReportLab.

Both show the words, the frame and the code of the standard template. ReportLab draws the frame as a rectangle, since it
reads no SVG, and gives no tags: no PDF/A-2a, no PDF/UA-1.
"""

import base64
import io
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as EmbeddedFont
from reportlab.pdfgen.canvas import Canvas
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from services.certificates.adapters.templates import PACKAGED
from shared.season.glyphs import font_folders

WIDTH, HEIGHT = 841.89, 595.28
Words = Mapping[str, Any]

SHEET = """<!doctype html><html lang="{lang}"><head><title>{title}</title><style>
@font-face {{ font-family: Serif; src: url({font}); }}
@page {{ size: 841.89pt 595.28pt; margin: 0; background: url({border}) no-repeat 0 0 / 841.89pt 595.28pt; }}
body {{ font: 12pt Serif; text-align: center; color: #1a2333; margin: 60pt 78pt 0; }} p {{ margin: 6pt 0; }}
h1 {{ font-size: 44pt; font-weight: 400; color: #8d6714; letter-spacing: 14pt; margin: 4pt 0; }}
.name {{ font-size: 34pt; }} .award {{ font-size: 26pt; color: #a3201b; }} .foot {{ font-size: 8pt; color: #4d5665; }}
</style></head><body>{body}</body></html>"""


def lines_of(words: Words) -> list[tuple[str, str, float]]:
    """What stands on the sheet, from top to bottom: a class, the text, its size in points."""
    results = [
        ("season", words["season"], 14),
        ("heading", words["heading"], 44),
        ("", words["heading_other"], 12.5),
        ("name", words["name"], 34),
        ("", words["unit"], 14),
        ("", words["body"], 12),
        ("award", words["award"], 26),
        ("", words["award_other"], 12),
        *(("", sponsor, 12) for sponsor in words["sponsors"]),
        ("", words["day"], 11),
        ("foot", f"{words['serial_label']} {words['serial']} {words['code_label']} {words['code']}", 8),
        ("foot", f"{words['approval']} {words['statement']} {words['url']}", 8),
    ]
    return [(name, text, size) for name, text, size in results if text]


@cache
def _font_file() -> Path:
    return next(file for folder in font_folders() for file in folder.glob("NotoSerifSC-Regular.otf"))


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


def by_weasyprint(words: Words) -> bytes:
    """The sheet as HTML, PDF/UA-1."""
    body = "".join(
        f"<h1>{escape(text)}</h1>" if name == "heading" else f'<p class="{name}">{escape(text)}</p>'
        for name, text, _ in lines_of(words)
    )
    qr = base64.b64encode(words["qr"].encode()).decode()
    code = f'<img alt="{escape(words["qr_alt"])}" style="width:64pt" src="data:image/svg+xml;base64,{qr}">'
    border = (PACKAGED / "border.svg").as_uri()
    sheet = SHEET.format(
        lang=words["lang"], title=escape(words["title"]), font=_font_file().as_uri(), border=border, body=body + code
    )
    made: bytes = HTML(string=sheet).write_pdf(font_config=_fonts(), pdf_variant="pdf/ua-1")
    return made


def prepare_reportlab(texts: str) -> None:
    """A TrueType font with the characters of these texts: ReportLab embeds no other kind."""
    cut = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
    font = TTFont(_font_file())
    cut.populate(text=texts)
    cut.subset(font)
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    outlines = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
        outlines[name] = pen.glyph()
    made = FontBuilder(font["head"].unitsPerEm, isTTF=True)
    made.setupGlyphOrder(order)
    made.setupCharacterMap(font.getBestCmap())
    made.setupGlyf(outlines)
    made.setupHorizontalMetrics({name: (font["hmtx"][name][0], outlines[name].xMin or 0) for name in order})
    made.setupHorizontalHeader(ascent=font["hhea"].ascent, descent=font["hhea"].descent)
    made.setupNameTable({"familyName": "Yardstick", "styleName": "Regular", "psName": "Yardstick"})
    made.setupOS2()
    made.setupPost()
    file = io.BytesIO()
    made.save(file)
    file.seek(0)
    pdfmetrics.registerFont(EmbeddedFont("Yardstick", file))


def by_reportlab(words: Words) -> bytes:
    """The sheet drawn, with an embedded subset of the prepared font."""
    file = io.BytesIO()
    canvas = Canvas(file, (WIDTH, HEIGHT), initialFontName="Yardstick")
    canvas.setTitle(words["title"])
    canvas.roundRect(24, 24, WIDTH - 48, HEIGHT - 48, 8)
    top = HEIGHT - 66
    for _, text, size in lines_of(words):
        top -= size * 1.25
        canvas.setFont("Yardstick", size)
        canvas.drawCentredString(WIDTH / 2, top, text)
    code = Drawing(64, 64)
    code.add(QrCodeWidget(words["url"], barWidth=64, barHeight=64))
    renderPDF.draw(code, canvas, 78, 40)
    canvas.showPage()
    canvas.save()
    return file.getvalue()
