"""Places in office documents, whose parts are written out here as programs write them."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tests.attacks.places.media import TAGS, recorded
from tests.attacks.places.pictures import exif, picture
from tests.attacks.places.place import MARK, MARK_ZH, Place

Parts = dict[str, bytes]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
MAIN = "application/vnd.openxmlformats-officedocument"


def packed(parts: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def relations(**targets: str) -> bytes:
    """Relationships with these ids, each of a kind and a target: `rId1="styles styles.xml"`."""
    listed = "".join(
        f'<Relationship Id="{id_}" Type="{R}/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if ":" in target else "/>")
        for id_, (kind, target) in ((id_, told.split(" ", 1)) for id_, told in targets.items())
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'.encode()


def types(overrides: Mapping[str, str]) -> bytes:
    listed = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    defaults = "".join(
        f'<Default Extension="{extension}" ContentType="{kind}"/>'
        for extension, kind in (
            ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
            ("xml", "application/xml"),
            ("jpg", "image/jpeg"),
            ("mp4", "video/mp4"),
            ("emf", "image/x-emf"),
            ("bin", "application/octet-stream"),
        )
    )
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{defaults}{listed}</Types>'.encode()


def word(body: str = "", **more: bytes) -> Parts:
    """A document of a paragraph and a picture; `more` are parts, named with `__` for `/` and `_` for a dot."""
    drawing = (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{WP}"><wp:extent cx="900" cy="600"/><wp:docPr id="1" name="Picture 1"/>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData uri="{PIC}"><pic:pic xmlns:pic="{PIC}"><pic:nvPicPr><pic:cNvPr id="1" '
        'name="Picture 1"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId1"/></pic:blipFill>'
        "<pic:spPr/></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    document = (
        f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body><w:p><w:r><w:t>Lighthouse</w:t></w:r>{drawing}</w:p>{body}'
        "<w:sectPr/></w:body></w:document>"
    )
    return {
        "[Content_Types].xml": types({
            "word/document.xml": f"{MAIN}.wordprocessingml.document.main+xml",
            "word/settings.xml": f"{MAIN}.wordprocessingml.settings+xml",
        }),
        "_rels/.rels": relations(rId1="officeDocument word/document.xml", rId2="metadata/core-properties docProps/core.xml",
                                 rId3="extended-properties docProps/app.xml", rId4="custom-properties docProps/custom.xml",
                                 rId5="metadata/thumbnail docProps/thumbnail.jpg"),
        "word/document.xml": document.encode(),
        "word/settings.xml": f'<w:settings xmlns:w="{W}"><w:zoom w:percent="100"/></w:settings>'.encode(),
        "word/media/image1.jpg": picture("JPEG"),
        "word/_rels/document.xml.rels": relations(
            rId1="image media/image1.jpg", rId2="settings settings.xml", rId3="comments comments.xml", rId4="people people.xml",
            rId5="customXml ../customXml/item1.xml", rId6=f"hyperlink file:///C:/Users/{'x'}/a.doc", rId7="oleObject embeddings/a.bin",
            rId8="package embeddings/b.xlsx", rId9="attachedTemplate file:///c:/t.dotx", rId10="image media/drawing.emf",
        ),
    } | {name.replace("__", "/").replace("_dot_", "."): content for name, content in more.items()}  # fmt: skip


def slides(slide: str = "", **more: bytes) -> Parts:
    """A presentation of one slide."""
    tree = '<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    return {
        "[Content_Types].xml": types({
            "ppt/presentation.xml": f"{MAIN}.presentationml.presentation.main+xml",
            "ppt/slides/slide1.xml": f"{MAIN}.presentationml.slide+xml",
        }),
        "_rels/.rels": relations(rId1="officeDocument ppt/presentation.xml"),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst>'
        '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="1" cy="1"/></p:presentation>'.encode(),
        "ppt/slides/slide1.xml": f'<p:sld xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}">{tree}{slide}</p:spTree></p:cSld></p:sld>'.encode(),
        "ppt/_rels/presentation.xml.rels": relations(
            rId1="slide slides/slide1.xml", rId2="commentAuthors commentAuthors.xml", rId3="presProps presProps.xml",
            rId4="customXml ../customXml/item1.xml", rId5="tags tags/tag1.xml",
        ),
        "ppt/slides/_rels/slide1.xml.rels": relations(rId1="comments ../comments/comment1.xml", rId2="video ../media/a.mp4",
                                                      rId3="image ../media/a.jpg"),
        "ppt/media/a.jpg": picture("JPEG"),
    } | {name.replace("__", "/").replace("_dot_", "."): content for name, content in more.items()}  # fmt: skip


def sheets(before: str = "", after: str = "", **more: bytes) -> Parts:
    """A workbook of one sheet; `before` and `after` stand around its list of sheets."""
    return {
        "[Content_Types].xml": types({
            "xl/workbook.xml": f"{MAIN}.spreadsheetml.sheet.main+xml",
            "xl/worksheets/sheet1.xml": f"{MAIN}.spreadsheetml.worksheet+xml",
        }),
        "_rels/.rels": relations(rId1="officeDocument xl/workbook.xml", rId2="metadata/core-properties docProps/core.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}">{before}<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets>{after}'
        "</workbook>".encode(),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{S}" xmlns:r="{R}"><sheetData><row r="1"><c r="A1"><v>3</v></c></row></sheetData>'
        '<pageSetup r:id="rId2"/><legacyDrawing r:id="rId1"/></worksheet>'.encode(),
        "xl/_rels/workbook.xml.rels": relations(rId1="worksheet worksheets/sheet1.xml", rId2="externalLink externalLinks/l1.xml",
                                                rId3="connections connections.xml", rId4="vbaProject vbaProject.bin"),
        "xl/worksheets/_rels/sheet1.xml.rels": relations(rId1="vmlDrawing ../drawings/vml1.vml", rId2="printerSettings ../p/p1.bin",
                                                         rId3="comments ../comments1.xml"),
    } | {name.replace("__", "/").replace("_dot_", "."): content for name, content in more.items()}  # fmt: skip


def run(attributes: str, text: str = "seen") -> str:
    return f"<w:p><w:r {attributes}><w:t>{text}</w:t></w:r></w:p>"


def core(quote: str) -> bytes:
    return (
        "<cp:coreProperties xmlns:cp='http://schemas.openxmlformats.org/package/2006/metadata/core-properties' "
        f"xmlns:dc='http://purl.org/dc/elements/1.1/' by={quote}{MARK}{quote}><dc:creator>{MARK}</dc:creator></cp:coreProperties>"
    ).encode()


def commented(parts: Parts, name: str) -> Parts:
    """An XML remark at the end of a part."""
    return parts | {name: parts[name] + f"<!-- {MARK} -->".encode()}


def instructed(parts: Parts, name: str) -> Parts:
    return parts | {name: f'<?by name="{MARK}"?>'.encode() + parts[name]}


def settings(content: str) -> Parts:
    return word(word__settings_dot_xml=f'<w:settings xmlns:w="{W}">{content}</w:settings>'.encode())


def shape(text: str = "", **attributes: str) -> str:
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2"{told}/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r>'
        f"<a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def movie() -> Parts:
    reference = '<p:pic><p:nvPicPr><p:cNvPr id="3" name="a"/><p:cNvPicPr/><p:nvPr><a:videoFile r:link="rId2"/></p:nvPr></p:nvPicPr>'
    return slides(
        reference + '<p:blipFill><a:blip r:embed="rId3"/></p:blipFill><p:spPr/></p:pic>',
        ppt__media__a_dot_mp4=recorded("mp4", tags=TAGS),
    )


def inner_workbook() -> bytes:
    return packed(sheets(docProps__core_dot_xml=core('"')))


def extended() -> str:
    return f'<extLst><ext uri="{{A}}"><by xmlns="http://x">{MARK}</by></ext></extLst>'


def described(attribute: str) -> Parts:
    parts = word()
    return parts | {
        "word/document.xml": parts["word/document.xml"].replace(
            b'<pic:cNvPr id="1"', f'<pic:cNvPr id="1" {attribute}'.encode()
        )
    }


def named(name: str) -> Parts:
    parts = word()
    return parts | {
        "word/document.xml": parts["word/document.xml"].replace(b'name="Picture 1"', f'name="{name}"'.encode())
    }


def renamed_part() -> Parts:
    """A picture whose part is called after its owner."""
    parts = {name.replace("image1", MARK): content for name, content in word().items()}
    path = "word/_rels/document.xml.rels"
    return parts | {path: parts[path].replace(b"image1", MARK.encode())}


def renamed_space() -> Parts:
    parts = word()
    return parts | {
        "word/document.xml": parts["word/document.xml"].replace(
            b"<w:document ", f'<w:document xmlns:m="http://{MARK}/" '.encode()
        )
    }


CHANGED = '<w:{0} w:id="1" w:author="' + MARK + '" w:date="2026-01-01T00:00:00Z">{1}</w:{0}>'
_WORD: Mapping[str, Callable[[], Parts]] = {
    "core properties": lambda: word(docProps__core_dot_xml=core('"')),
    "core properties in single quotes": lambda: word(docProps__core_dot_xml=core("'")),
    "app properties": lambda: word(
        docProps__app_dot_xml=f"<Properties><Company>{MARK}</Company></Properties>".encode()
    ),
    "custom properties": lambda: word(
        docProps__custom_dot_xml=f'<Properties><property name="{MARK}"/></Properties>'.encode()
    ),
    "thumbnail": lambda: word(docProps__thumbnail_dot_jpg=picture("JPEG", exif=exif())),
    "inserted text": lambda: word("<w:p>" + CHANGED.format("ins", "<w:r><w:t>seen</w:t></w:r>") + "</w:p>"),
    "inserted text in single quotes": lambda: word(
        "<w:p>" + CHANGED.format("ins", "<w:r><w:t>seen</w:t></w:r>").replace('"', "'") + "</w:p>"
    ),
    "deleted text": lambda: word(
        "<w:p>" + CHANGED.format("del", f"<w:r><w:delText>{MARK}</w:delText></w:r>") + "</w:p>"
    ),
    "changed format": lambda: word("<w:p><w:pPr>" + CHANGED.format("pPrChange", "<w:pPr/>") + "</w:pPr></w:p>"),
    "changed section": lambda: word(
        "<w:p><w:pPr><w:sectPr>" + CHANGED.format("sectPrChange", "<w:sectPr/>") + "</w:sectPr></w:pPr></w:p>"
    ),
    "comments": lambda: word(
        word__comments_dot_xml=f'<w:comments xmlns:w="{W}"><w:comment w:author="{MARK}"/></w:comments>'.encode()
    ),
    "people": lambda: word(
        word__people_dot_xml=f'<w:people xmlns:w="{W}"><w:person w:author="{MARK}"/></w:people>'.encode()
    ),
    "custom xml": lambda: word(customXml__item1_dot_xml=f"<by>{MARK}</by>".encode()),
    "picture exif": lambda: word(word__media__image1_dot_jpg=picture("JPEG", exif=exif())),
    "picture description": lambda: described('descr="C:\\Users\\' + MARK + '\\a.jpg"'),
    "picture name": lambda: named(MARK),
    "file path of a link": lambda: word(
        '<w:p><w:hyperlink r:id="rId6"><w:r><w:t>seen</w:t></w:r></w:hyperlink></w:p>',
        word___rels__document_dot_xml_dot_rels=relations(
            rId1="image media/image1.jpg", rId6=f"hyperlink file:///C:/Users/{MARK}/a.doc"
        ),
    ),
    "template path": lambda: word(
        word___rels__document_dot_xml_dot_rels=relations(
            rId1="image media/image1.jpg", rId2=f"attachedTemplate file:///C:/{MARK}/n.dotm"
        )
    ),
    "embedded object": lambda: word(
        '<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" r:id="rId7"/></w:object></w:r></w:p>',
        word__embeddings__a_dot_bin=MARK.encode("utf-16-le"),
    ),
    "embedded workbook": lambda: word(
        '<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" r:id="rId8"/></w:object></w:r></w:p>',
        word__embeddings__b_dot_xlsx=inner_workbook(),
    ),
    "document variables": lambda: settings(f'<w:docVars><w:docVar w:name="by" w:val="{MARK}"/></w:docVars>'),
    "edit ids": lambda: settings(f'<w:rsids><w:rsid w:val="{MARK}"/></w:rsids>'),
    "protection": lambda: settings(f'<w:documentProtection w:edit="none" w:hash="{MARK}"/>'),
    "mail merge": lambda: settings(f'<w:mailMerge><w:connectString w:val="{MARK}"/></w:mailMerge>'),
    "attribute of a run": lambda: word(run(f'w:rsidR="{MARK}"')),
    "content control": lambda: word(
        f'<w:sdt><w:sdtPr><w:alias w:val="{MARK}"/><w:tag w:val="{MARK}"/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>'
    ),
    "xml remark": lambda: commented(word(), "word/document.xml"),
    "xml instruction": lambda: instructed(word(), "word/document.xml"),
    "namespace": renamed_space,
    "unknown part": lambda: word(word__maker_dot_xml=f"<by>{MARK}</by>".encode()),
    "name of a part": renamed_part,
    "id of a relationship": lambda: {
        name: content.replace(b'"rId1"', f'"{MARK}"'.encode()) if name.startswith("word/") else content
        for name, content in word().items()
    },
    "macro": lambda: word(word__vbaProject_dot_bin=MARK.encode()),
}
_SLIDES: Mapping[str, Callable[[], Parts]] = {
    "comment authors": lambda: slides(
        ppt__commentAuthors_dot_xml=f"<p:cmAuthorLst xmlns:p=\"{P}\"><p:cmAuthor name='{MARK}'/></p:cmAuthorLst>".encode()
    ),
    "comments": lambda: slides(
        ppt__comments__comment1_dot_xml=f'<p:cmLst xmlns:p="{P}"><p:cm><p:text>{MARK}</p:text></p:cm></p:cmLst>'.encode()
    ),
    "show properties": lambda: slides(
        ppt__presProps_dot_xml=f'<p:presentationPr xmlns:p="{P}"><p:extLst><p:ext uri="{MARK}"/></p:extLst></p:presentationPr>'.encode()
    ),
    "tags": lambda: slides(
        ppt__tags__tag1_dot_xml=f'<p:tagLst xmlns:p="{P}"><p:tag name="BY" val="{MARK}"/></p:tagLst>'.encode()
    ),
    "shape name": lambda: slides(shape(name=MARK)),
    "shape description": lambda: slides(shape(name="a", descr=MARK, title=MARK)),
    "extension list": lambda: slides(
        f'<p:extLst><p:ext uri="{{A}}"><by xmlns="http://x">{MARK}</by></p:ext></p:extLst>'
    ),
    "film": movie,
    "picture": lambda: slides(
        '<p:pic><p:nvPicPr><p:cNvPr id="3" name="a"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed="rId3"/></p:blipFill><p:spPr/></p:pic>',
        ppt__media__a_dot_jpg=picture("JPEG", exif=exif()),
    ),
}
_SHEETS: Mapping[str, Callable[[], Parts]] = {
    "core properties": lambda: sheets(docProps__core_dot_xml=core('"')),
    "path of the workbook": lambda: sheets(
        f'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x15"><x15ac:absPath url="C:\\Users\\{MARK}\\" '
        'xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/></mc:Choice></mc:AlternateContent>'
    ),
    "file sharing": lambda: sheets(f'<fileSharing userName="{MARK}"/>'),
    "extension list": lambda: sheets("", extended()),
    "external link": lambda: sheets(
        "",
        '<externalReferences><externalReference r:id="rId2"/></externalReferences>',
        xl__externalLinks__l1_dot_xml=f'<externalLink xmlns="{S}"><externalBook by="{MARK}"/></externalLink>'.encode(),
    ),
    "comments": lambda: sheets(
        xl__comments1_dot_xml=f'<comments xmlns="{S}"><authors><author>{MARK}</author></authors></comments>'.encode()
    ),
    "legacy drawing": lambda: sheets(xl__drawings__vml1_dot_vml=f'<xml><shape alt="{MARK}"/></xml>'.encode()),
    "printer settings": lambda: sheets(xl__p__p1_dot_bin=MARK.encode("utf-16-le")),
    "connections": lambda: sheets(xl__connections_dot_xml=f'<connections xmlns="{S}" by="{MARK}"/>'.encode()),
    "macro": lambda: sheets(xl__vbaProject_dot_bin=MARK.encode()),
}


def _places() -> Iterator[Place]:
    for extension, places in ((".docx", _WORD), (".pptx", _SLIDES), (".xlsx", _SHEETS)):
        for name, make in places.items():
            yield Place(extension, name, partial(_made, make))
    yield Place(".docx", "remark of the archive", lambda: packed(word(), MARK.encode()))
    yield Place(".docx", "text", lambda: packed(word(run("", MARK_ZH))), "held")
    yield Place(".docx", "text in pieces", lambda: packed(word(_in_pieces(MARK))), "held")
    yield Place(".docx", "metafile", lambda: packed(_with_metafile()), "held")
    yield Place(".docx", "macro document", lambda: packed(_with_macros()), "held")
    yield Place(".docx", "entity", lambda: packed(_with_entity()), "held")
    yield Place(".pptx", "first slide", lambda: packed(slides(shape(MARK_ZH, name="a"))), "held")
    yield Place(".xlsx", "name of a sheet", lambda: packed(_sheet_called(MARK)), "held")


def _made(make: Callable[[], Parts]) -> bytes:
    return packed(make())


def _in_pieces(name: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{sign}</w:t></w:r>" for sign in name) + "</w:p>"


def _with_metafile() -> Parts:
    parts = word(word__media__drawing_dot_emf=b"\1\0\0\0" + MARK.encode("utf-16-le"))
    return parts | {"word/document.xml": parts["word/document.xml"].replace(b'r:embed="rId1"', b'r:embed="rId10"')}


def _with_macros() -> Parts:
    parts = word(word__vbaProject_dot_bin=MARK.encode())
    kind = b"application/vnd.ms-word.document.macroEnabled.main+xml"
    plain = f"{MAIN}.wordprocessingml.document.main+xml".encode()
    return parts | {"[Content_Types].xml": parts["[Content_Types].xml"].replace(plain, kind)}


def _with_entity() -> Parts:
    parts = word(run("", "&by;"))
    doctype = f'<!DOCTYPE w:document [<!ENTITY by "{MARK}">]>'.encode()
    return parts | {"word/document.xml": doctype + parts["word/document.xml"]}


def _sheet_called(name: str) -> Parts:
    parts = sheets()
    return parts | {"xl/workbook.xml": parts["xl/workbook.xml"].replace(b'name="a"', f'name="{name}"'.encode())}


OFFICE = tuple(_places())
