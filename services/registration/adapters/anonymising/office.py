"""Office documents (ISO/IEC 29500): only parts of known kinds go into a new package, under new names.

The parts are found by following relationships from the root, as an office program does; what no kept part needs is not
there. Tracked changes are accepted; comments, authors, properties, macros and embedded objects are left out.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from services.registration.adapters.anonymising.markup import parse_markup, write_markup
from services.registration.adapters.anonymising.refusal import NotAnonymised

MOST_PARTS = 5000
MOST_UNPACKED = 1024 * 1024 * 1024
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
REFERENCES = (f"{{{OFFICE}}}", "{http://purl.oclc.org/ooxml/officeDocument/relationships}")
MAIN: Mapping[str, str] = MappingProxyType(
    {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "word/document.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml": "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xl/workbook.xml",
    }
)
XML_PARTS = frozenset(
    "styles settings fontTable numbering theme footnotes endnotes header footer slide slideLayout slideMaster notesSlide "
    "notesMaster tableStyles worksheet chartsheet sharedStrings chart chartUserShapes drawing diagramData diagramLayout "
    "diagramQuickStyle diagramColors diagramDrawing table".split()
)
UNREFERENCED = frozenset(
    "styles settings fontTable numbering theme footnotes endnotes slideLayout slideMaster slide notesMaster tableStyles "
    "sharedStrings chartUserShapes diagramDrawing notesSlide".split()
)
"""Kinds that a part has by its relationship alone, without naming it in its text."""
SINGLE = frozenset("styles settings fontTable numbering footnotes endnotes tableStyles sharedStrings".split())
"""Kinds of which there is one; some readers look for it under its usual name."""
BINARY_PARTS = frozenset("image video audio media".split())
CHANGES = re.compile(
    r"(rPr|pPr|sectPr|tblPr|tblPrEx|tblGrid|tcPr|trPr|numbering)Change|del|moveFrom|cell(Ins|Del|Merge)"
    r"|move(From|To)Range(Start|End)|customXml(Ins|Del|MoveFrom|MoveTo)Range(Start|End)"
    r"|comment(RangeStart|RangeEnd|Reference)|annotationRef|delText|delInstrText"
)
UNWRAPPED = frozenset({"ins", "moveTo", "customXml", "smartTag"})
LEFT_OUT = frozenset(
    "extLst custDataLst legacyDrawing legacyDrawingHF oleObj oleObject oleObjects controls control OLEObject object "
    "externalReferences externalData customSheetViews scenarios protectedRanges fileSharing userShapesRef rsids docVars "
    "attachedTemplate mailMerge dataBinding alias tag placeholder docId smartTagPr customXmlPr proofErr embedRegular embedBold "
    "embedItalic embedBoldItalic embeddedFontLst modifyVerifier photoAlbum webPublishItems phoneticPr commentPr".split()
)
KEPT_WITHIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "settings": frozenset(
            "evenAndOddHeaders mirrorMargins defaultTabStop footnotePr endnotePr compat themeFontLang clrSchemeMapping "
            "characterSpacingControl decimalSymbol listSeparator autoHyphenation gutterAtTop displayBackgroundShape mathPr "
            "drawingGridHorizontalSpacing drawingGridVerticalSpacing displayHorizontalDrawingGridEvery bordersDoNotSurroundHeader "
            "bordersDoNotSurroundFooter displayVerticalDrawingGridEvery hdrShapeDefaults shapeDefaults noLineBreaksAfter "
            "noLineBreaksBefore".split()
        ),
        "workbook": frozenset("workbookPr bookViews sheets definedNames calcPr".split()),
        "worksheet": frozenset(
            "sheetPr dimension sheetViews sheetFormatPr cols sheetData autoFilter mergeCells conditionalFormatting "
            "dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks drawing "
            "tableParts".split()
        ),
        "presentation": frozenset(
            "sldMasterIdLst notesMasterIdLst sldIdLst sldSz notesSz kinsoku defaultTextStyle".split()
        ),
    }
)
"""The children that the roots of these parts may have; those of other parts are taken one by one."""
TELLING = re.compile(
    r"author|initials|userId|providerId|userName|lastModifiedBy|date|dateUtc|rsid\w*|paraId|textId|uid|descr|title|o:title"
    r"|codeName|alt|editId|anchorId|personId|cryptProvider\w*"
)
SHAPES = frozenset({"cNvPr", "docPr"})


class _Package:
    """A package being read, and the new one being written."""

    def __init__(self, source: zipfile.ZipFile, target: zipfile.ZipFile, media: Callable[[str, bytes], bytes]) -> None:
        self._source, self._target, self._media = source, target, media
        self._names = {name.lower(): name for name in source.namelist()}
        self._made: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._types: dict[str, str] = {}
        self._defaults, self._overrides = self._content_types()

    def copy(self) -> None:
        root = self._relations("")
        main = next((target for kind, target, inside in root.values() if kind == "officeDocument" and inside), "")
        type_ = self._type_of(main)
        if type_ not in MAIN:
            raise NotAnonymised("part", type_.rpartition("/")[2] or "officeDocument")
        name = MAIN[type_]
        self._made[main.lower()] = name
        self._types[name] = type_
        self._part(main, name, posixpath.basename(name).partition(".")[0])
        self._write_relations("", {"rId1": ("officeDocument", "/" + name, True)})
        types = etree.Element(f"{{{TYPES}}}Types", nsmap={None: TYPES})
        etree.SubElement(
            types,
            f"{{{TYPES}}}Default",
            Extension="rels",
            ContentType="application/vnd.openxmlformats-package.relationships+xml",
        )
        for part, kind in sorted(self._types.items()):
            etree.SubElement(types, f"{{{TYPES}}}Override", PartName=f"/{part}", ContentType=kind)
        self._write("[Content_Types].xml", write_markup(types))

    def _content_types(self) -> tuple[dict[str, str], dict[str, str]]:
        root = parse_markup(self._read("[Content_Types].xml"))
        defaults = {
            item.get("Extension", "").lower(): item.get("ContentType", "")
            for item in root
            if "Extension" in item.attrib
        }
        overrides = {
            item.get("PartName", "").lower().lstrip("/"): item.get("ContentType", "")
            for item in root
            if "PartName" in item.attrib
        }
        return defaults, overrides

    def _type_of(self, name: str) -> str:
        return self._overrides.get(name.lower()) or self._defaults.get(name.rpartition(".")[2].lower(), "")

    def _read(self, name: str) -> bytes:
        try:
            return self._source.read(self._names[name.lower()])
        except KeyError as error:
            raise NotAnonymised("unreadable", name) from error

    def _write(self, name: str, content: bytes) -> None:
        plain = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        plain.compress_type = zipfile.ZIP_DEFLATED
        self._target.writestr(plain, content)

    def _relations(self, name: str) -> dict[str, tuple[str, str, bool]]:
        """Of a part: by id the kind, the target, and whether it is inside the package."""
        folder, base = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{base}.rels")
        if path.lower() not in self._names:
            return {}
        document = {}
        for item in parse_markup(self._read(path)):
            inside = item.get("TargetMode") != "External"
            target = item.get("Target", "")
            if inside:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            document[item.get("Id", "")] = (item.get("Type", "").rpartition("/")[2], target, inside)
        return document

    def _write_relations(self, name: str, relations: Mapping[str, tuple[str, str, bool]]) -> None:
        if not relations:
            return
        root = etree.Element(f"{{{RELATIONS}}}Relationships", nsmap={None: RELATIONS})
        for id_, (kind, target, inside) in relations.items():
            base = (
                "http://schemas.microsoft.com/office/2007/relationships"
                if kind in ("media", "diagramDrawing")
                else OFFICE
            )
            more = {} if inside else {"TargetMode": "External"}
            etree.SubElement(root, f"{{{RELATIONS}}}Relationship", Id=id_, Type=f"{base}/{kind}", Target=target, **more)
        folder, base = posixpath.split(name)
        self._write(posixpath.join(folder, "_rels", f"{base}.rels"), write_markup(root))

    def _part(self, source: str, name: str, kind: str) -> None:
        root = parse_markup(self._read(source))
        relations = self._relations(source)
        _clean_part(root, kind)
        kept: dict[str, tuple[str, str, bool]] = {}
        numbers = {id_: f"rId{number}" for number, id_ in enumerate(relations, 1)}
        used = _references(root)
        for id_, (what, target, inside) in relations.items():
            if id_ not in used and what not in UNREFERENCED:
                continue
            if not inside:
                if what == "hyperlink" and target.startswith(("http://", "https://")):
                    kept[id_] = (what, target, False)
                continue
            made = self._kept(what, target)
            if made:
                kept[id_] = (what, "/" + made, True)
        _drop_references(root, set(kept), numbers)
        self._write(name, write_markup(root))
        self._write_relations(name, {numbers[id_]: item for id_, item in kept.items()})

    def _kept(self, kind: str, source: str) -> str:
        """The name of the part in the new package, where it goes unless it is there; empty if it is left out."""
        if source.lower() in self._made:
            return self._made[source.lower()]
        if kind not in XML_PARTS and kind not in BINARY_PARTS:
            return ""
        if len(self._made) > MOST_PARTS:
            raise NotAnonymised("large")
        folder = next(name for name in self._made.values()).partition("/")[0]
        self._counts[kind] = number = self._counts.get(kind, 0) + 1
        label = "" if kind in SINGLE and number == 1 else str(number)
        extension = "xml" if kind in XML_PARTS else source.rpartition(".")[2].lower()
        name = self._made[source.lower()] = f"{folder}/{kind}{label}.{extension}"
        self._types[name] = self._type_of(source)
        if kind in XML_PARTS:
            self._part(source, name, kind)
        else:
            self._write(name, self._media(source, self._read(source)))
        return name


def _clean_part(root: etree._Element, kind: str) -> None:
    allowed = KEPT_WITHIN.get(kind)
    if allowed is not None:
        for child in list(root):
            if etree.QName(child).localname not in allowed:
                root.remove(child)
    for element in list(root.iter(etree.Element)):
        name = etree.QName(element).localname
        parent = element.getparent()
        if parent is not None and (CHANGES.fullmatch(name) or name in LEFT_OUT):
            _remove(parent, element)
            continue
        for attribute in list(element.attrib):
            local = etree.QName(attribute).localname
            if TELLING.fullmatch(local):
                del element.attrib[attribute]
        if name in SHAPES:
            element.attrib["name"] = element.get("id", "0")
    for element in list(root.iter(etree.Element)):
        name = etree.QName(element)
        if name.localname in UNWRAPPED and "wordprocessingml" in (name.namespace or ""):
            _unwrap(element)


def _remove(parent: etree._Element, element: etree._Element) -> None:
    element.tail = None  # lxml would move the text that follows; between such elements there is but white space
    parent.remove(element)


def _unwrap(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    for child in reversed(list(element)):
        parent.insert(at + 1, child)
    parent.remove(element)


def _references(root: etree._Element) -> set[str]:
    return {
        value
        for element in root.iter(etree.Element)
        for attribute, value in element.attrib.items()
        if attribute.startswith(REFERENCES)
    }


def _drop_references(root: etree._Element, kept: set[str], numbers: Mapping[str, str]) -> None:
    """Take out what refers to a part that is not there; the text of a link stays. The others get their new numbers."""
    for element in list(root.iter(etree.Element)):
        for attribute in [item for item in element.attrib if item.startswith(REFERENCES)]:
            id_ = element.attrib[attribute]
            parent = element.getparent()
            if id_ in kept:
                element.attrib[attribute] = numbers[id_]
            elif not id_ or etree.QName(element).localname in ("hyperlink", "pageSetup", "blip") or parent is None:
                del element.attrib[attribute]
            else:
                parent.remove(element)
                break


def clean_office(source: Path, target: Path, media: Callable[[str, bytes], bytes]) -> None:
    """A document, presentation or workbook as it looks; `media` cleans a picture, film or recording in it by its name.

    Raises:
        NotAnonymised: it cannot be read, is a document with macros, or holds something that cannot be cleaned.
    """
    try:
        with zipfile.ZipFile(source) as original, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
            if any(item.flag_bits & 1 for item in original.infolist()):
                raise NotAnonymised("locked")
            if sum(item.file_size for item in original.infolist()) > MOST_UNPACKED:
                raise NotAnonymised("large")
            _Package(original, copy, media).copy()
    except (zipfile.BadZipFile, NotImplementedError, RecursionError, EOFError) as error:
        raise NotAnonymised("unreadable") from error
