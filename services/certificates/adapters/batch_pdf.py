"""One document of many pages taken apart into documents of one page, with their tags, fonts and room for a signature.

Laying out and writing many pages at once costs a seventh of doing it one by one, because art and fonts are prepared
once. What comes out looks like the pages by themselves: each has its own part of the tag tree, its own metadata, and
fonts cut down to its own characters, so that it tells nothing of its neighbours.

It reads what typst writes: plain objects, one content stream a page, composite fonts with a glyph a code.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from services.certificates.adapters.page_fonts import QUICKLY, PageFont, glyphs_by_font
from services.certificates.adapters.signing import BYTE_RANGE, FIELD, INVISIBLE_PRINTED_LOCKED, RESERVED
from shared.season.time import from_unix_micros

REFERENCE = re.compile(rb"(\d+) 0 R")
PROBE_TITLE, PROBE_SERIAL = "PROBETITLE", "PROBESERIAL"
"""What the book is called, so that the place of title and number in its metadata is known."""


@dataclass(frozen=True, slots=True)
class PageInfo:
    """What one page is called, and the time of what it shows, in microseconds."""

    title: str
    serial: str
    at: int


@dataclass(frozen=True, slots=True)
class _Font:
    """A font of the book, and the objects that differ from page to page."""

    to_unicode: int
    file: int
    look: PageFont


class BatchPdf:
    """A PDF as typst writes it, and perhaps another with what is drawn below each of its pages.

    Raises:
        ValueError: it is not written as expected.
    """

    def __init__(self, content: bytes, label: str, frame: bytes | None = None) -> None:
        self._objects, trailer = _read(content)
        self._label = label
        root = self._number(rb"/Root (\d+) 0 R", trailer)
        self._info = self._number(rb"/Info (\d+) 0 R", trailer)
        catalog = self._objects[root]
        self._root, self._catalog = root, catalog
        self._pages = self._number(rb"/Pages (\d+) 0 R", catalog)
        self._metadata = self._number(rb"/Metadata (\d+) 0 R", catalog)
        self._tree = self._number(rb"/StructTreeRoot (\d+) 0 R", catalog)
        self._kids = _references(_array(self._objects[self._pages], b"Kids"))
        tree = self._objects[self._tree]
        self._top = _references(_array(tree, b"K"))[0]
        pairs = re.findall(rb"(\d+) (\d+) 0 R", _array(tree, b"Nums"))
        self._parents = {int(key): int(value) for key, value in pairs}
        self._following = max(self._parents) + 1
        self._frame = self._take_in(frame) if frame else 0
        self._elements = self._by_page()
        self._resources = self._distinct_resources()
        self._fonts = self._read_fonts()
        self._shared = self._shared_objects()
        self._names = {number: position for position, number in enumerate(self._shared, 1)}
        self._prefix, self._offsets = self._written_once()

    def _take_in(self, frame: bytes) -> int:
        """Make the drawing of the frame an object of this document, with color spaces of its own. Returns its number."""
        objects, trailer = _read(frame)
        catalog = objects[self._number(rb"/Root (\d+) 0 R", trailer)]
        page = objects[_references(_array(objects[self._number(rb"/Pages (\d+) 0 R", catalog)], b"Kids"))[0]]
        resources = objects[self._number(rb"/Resources (\d+) 0 R", page)]
        if re.search(rb"/(XObject|ExtGState|Pattern|Shading|Font)<<", resources):
            raise ValueError("a frame that needs more than colors")
        shift = max(self._objects) + 1
        spaces = re.search(rb"/ColorSpace<<(.*?)>>", resources, re.DOTALL)
        named = re.findall(rb"/c(\d+) (\d+) 0 R", spaces[1] if spaces else b"")
        for _, number in named:
            space = objects[int(number)]
            self._objects[int(number) + shift] = REFERENCE.sub(lambda match: b"%d 0 R" % (int(match[1]) + shift), space)
            for profile in _references(space):
                self._objects[profile + shift] = objects[profile]
        added = b"".join(b"/b%s %d 0 R" % (name, int(number) + shift) for name, number in named)
        for kid in self._kids:
            each_number = self._number(rb"/Resources (\d+) 0 R", self._objects[kid])
            if b"/b0 " not in self._objects[each_number]:
                self._objects[each_number] = self._objects[each_number].replace(
                    b"/ColorSpace<<", b"/ColorSpace<<" + added, 1
                )
        drawn = re.sub(
            rb"/c(\d+) (cs|CS)\b", rb"/b\1 \2", _stream(objects[self._number(rb"/Contents (\d+) 0 R", page)])
        )
        packed = zlib.compress(b"q\n" + drawn + b"\nQ\n", 9)
        number = shift + max(objects) + 1
        self._objects[number] = b"<</Length %d/Filter/FlateDecode>>\nstream\n" % len(packed) + packed + b"\nendstream"
        for kid in self._kids:
            self._objects[kid] = re.sub(
                rb"/Contents (\d+) 0 R",
                lambda match: b"/Contents[%d 0 R %s 0 R]" % (number, match[1]),
                self._objects[kid],
            )
        return number

    def _contents(self, page: bytes) -> int:
        """The stream of a page's own."""
        return (
            _references(_array(page, b"Contents"))[-1] if self._frame else self._number(rb"/Contents (\d+) 0 R", page)
        )

    @staticmethod
    def _number(pattern: bytes, text: bytes) -> int:
        match = re.search(pattern, text)
        if match is None:
            raise ValueError(f"no {pattern!r}")
        return int(match[1])

    def _by_page(self) -> dict[int, list[int]]:
        """The top elements of the tag tree, by the page they are on."""
        document: dict[int, list[int]] = {page: [] for page in self._kids}
        for element in _references(_array(self._objects[self._top], b"K")):
            document[self._page_of(element)].append(element)
        return document

    def _page_of(self, element: int) -> int:
        text = self._objects[element]
        page = re.search(rb"/Pg (\d+) 0 R", text)
        return int(page[1]) if page else self._page_of(_kids_of(text)[0])

    def _below(self, elements: Sequence[int]) -> Iterator[int]:
        for element in elements:
            yield element
            yield from self._below(_kids_of(self._objects[element]))

    def _distinct_resources(self) -> dict[bytes, int]:
        """Pages with the same fonts have resources that are alike: of each kind the first stands for all."""
        distinct: dict[bytes, int] = {}
        for kid in self._kids:
            number = self._number(rb"/Resources (\d+) 0 R", self._objects[kid])
            distinct.setdefault(self._objects[number], number)
        return distinct

    def _fonts_of(self, resources: bytes) -> dict[bytes, int]:
        """The fonts of a page by what it calls them."""
        named = re.search(rb"/Font<<(.*?)>>", resources, re.DOTALL)
        pairs = re.findall(rb"/(f\d+) (\d+) 0 R", named[1] if named else b"")
        return {name: int(number) for name, number in pairs}

    def _read_fonts(self) -> dict[int, _Font]:
        """Every font of the book, by its object."""
        numbers = dict.fromkeys(font for kind in self._resources for font in self._fonts_of(kind).values())
        return {number: self._read_font(number) for number in numbers}

    def _read_font(self, number: int) -> _Font:
        whole = self._objects[number]
        to_unicode = self._number(rb"/ToUnicode (\d+) 0 R", whole)
        descendant = self._objects[_references(_array(whole, b"DescendantFonts"))[0]]
        descriptor = self._objects[self._number(rb"/FontDescriptor (\d+) 0 R", descendant)]
        file = self._number(rb"/FontFile[23] (\d+) 0 R", descriptor)
        program, unicode = _stream(self._objects[file]), _stream(self._objects[to_unicode])
        if b"/FontFile3" in descriptor:
            cids = _stream(self._objects[self._number(rb"/CIDSet (\d+) 0 R", descriptor)])
            return _Font(to_unicode, file, PageFont.bare(program, int.from_bytes(cids).bit_count(), unicode))
        return _Font(to_unicode, file, PageFont(program, unicode))

    def _shared_objects(self) -> list[int]:
        """Objects that every page needs as they are."""
        own = {self._root, self._info, self._pages, self._metadata, self._tree, self._top, *self._kids}
        own |= {number for font in self._fonts.values() for number in (font.to_unicode, font.file)}
        wanted, todo = set(self._resources.values()), [self._root, self._kids[0], *self._resources.values()]
        first = self._objects[self._kids[0]]
        own_page = {self._contents(first), *_references(_array(first, b"Annots"))}
        while todo:
            number = todo.pop()
            text = _dictionary(self._objects[number])
            for reference in _references(text):
                if (
                    reference not in wanted
                    and reference not in own
                    and reference not in own_page
                    and not _is_element(self._objects[reference])
                ):
                    wanted.add(reference)
                    todo.append(reference)
        return sorted(wanted)

    def _written_once(self) -> tuple[bytes, list[int]]:
        for font in self._fonts.values():
            for number in (font.to_unicode, font.file):
                self._names[number] = len(self._names) + 1
        out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number in self._shared:
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (self._names[number], self._renamed(self._objects[number], self._names))
        return bytes(out), offsets

    @staticmethod
    def _renamed(text: bytes, names: Mapping[int, int]) -> bytes:
        """The object with its references to where those objects are now."""
        head = _dictionary(text)
        rest = text[len(head) :]
        return REFERENCE.sub(lambda match: b"%d 0 R" % names[int(match[1])], head) + rest

    def leaf(self, position: int, leaf: PageInfo) -> bytearray:
        """The page at this position as a document of its own, with room for a signature."""
        page = self._kids[position]
        text = self._objects[page]
        contents = self._contents(text)
        notes = _references(_array(text, b"Annots"))
        elements = list(self._below(self._elements[page]))
        names = dict(self._names)
        singles = (self._root, self._info, self._pages, self._metadata, self._tree, self._top, page, contents)
        parents = self._number(rb"/StructParents (\d+)", text)
        for number in (*singles, self._parents[parents], *notes, *elements):
            names[number] = len(names) + 1
        signature, widget, form = (len(names) + extra for extra in (1, 2, 3))
        resources = self._number(rb"/Resources (\d+) 0 R", text)
        names[resources] = names[self._resources[self._objects[resources]]]
        writer = _Writer(self._prefix, self._offsets)
        fonts = self._fonts_of(self._objects[resources])
        shown = glyphs_by_font(_stream(self._objects[contents]))
        self._write_fonts(writer, names, {fonts[name]: glyphs for name, glyphs in shown.items()})
        self._write_tree(writer, names, page, notes, widget, form)
        writer.add(names[page], self._page(text, names, widget))
        for number in (contents, self._parents[parents], *elements, *notes):
            writer.add(names[number], self._renamed(self._objects[number], names))
        self._write_front(writer, names, page, leaf, widget)
        self._write_field(writer, names[page], signature, widget, leaf)
        return writer.closed(names[self._root], names[self._info], leaf.serial)

    def _page(self, text: bytes, names: Mapping[int, int], widget: int) -> bytes:
        with_field = re.sub(rb"/Annots\[([^\]]*)\]", lambda match: b"/Annots[%s %%d 0 W]" % match[1], text)
        return self._renamed(with_field, names).replace(b"%d 0 W", b"%d 0 R" % widget)

    def _write_tree(
        self, writer: "_Writer", names: Mapping[int, int], page: int, notes: Sequence[int], widget: int, form: int
    ) -> None:
        keys = [self._number(rb"/StructParents (\d+)", self._objects[page])]
        keys += [self._number(rb"/StructParent (\d+)", self._objects[note]) for note in notes]
        numbers = b" ".join(b"%d %d 0 R" % (key, names[self._parents[key]]) for key in sorted(keys))
        tree = re.sub(rb"/Nums\[[^\]]*\]", b"/Nums[]", self._objects[self._tree])
        tree = re.sub(rb"/ParentTreeNextKey \d+", b"/ParentTreeNextKey %d" % (self._following + 1), tree)
        tree = self._renamed(tree, names).replace(b"/Nums[]", b"/Nums[%s %d %d 0 R]" % (numbers, self._following, form))
        writer.add(names[self._tree], tree)
        kids = b" ".join(b"%d 0 R" % names[element] for element in self._elements[page])
        top = re.sub(rb"/K\[[^\]]*\]", b"/K[]", self._objects[self._top])
        top = self._renamed(top, names).replace(b"/K[]", b"/K[%s %d 0 R]" % (kids, form))
        writer.add(names[self._top], top)
        writer.add(
            form,
            b"<</Type/StructElem/S/Form/P %d 0 R/Pg %d 0 R/K[<</Type/OBJR/Pg %d 0 R/Obj %d 0 R>>]>>"
            % (names[self._top], names[page], names[page], widget),
        )

    def _write_front(self, writer: "_Writer", names: Mapping[int, int], page: int, leaf: PageInfo, widget: int) -> None:
        writer.add(names[self._pages], b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % names[page])
        catalog = self._renamed(self._catalog, names)
        fields = b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>>>" % widget
        writer.add(names[self._root], catalog[: catalog.rindex(b">>")] + fields)
        day, instant = (
            f"{from_unix_micros(leaf.at):%Y%m%d%H%M%S}Z",
            f"{from_unix_micros(leaf.at):%Y-%m-%dT%H:%M:%S}+00:00",
        )
        info = re.sub(
            rb"(ModDate|CreationDate)\(D:\d{14}Z\)", rb"\1(D:" + day.encode() + rb")", self._objects[self._info]
        )
        for probe, value in ((PROBE_TITLE, leaf.title), (PROBE_SERIAL, leaf.serial)):
            info = info.replace(_text(probe), _text(value)).replace(f"({probe})".encode(), _text(value))
        writer.add(names[self._info], info)
        xmp = _raw(self._objects[self._metadata]).decode()
        xmp = xmp.replace(PROBE_TITLE, escape(leaf.title)).replace(PROBE_SERIAL, escape(leaf.serial))
        xmp = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", instant, xmp)
        xmp = re.sub(r"<xmpTPg:NPages>\d+<", "<xmpTPg:NPages>1<", xmp)
        for result in set(re.findall(r"[A-Za-z0-9+/]{22}==", xmp)):
            xmp = xmp.replace(result, _identity(result, leaf.serial))
        data = xmp.encode()
        head = b"<</Length %d/Type/Metadata/Subtype/XML>>" % len(data)
        writer.add(names[self._metadata], head + b"\nstream\n" + data + b"\nendstream")

    def _write_field(self, writer: "_Writer", page: int, signature: int, widget: int, leaf: PageInfo) -> None:
        writer.add(
            widget,
            b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/TU%s/Rect[0 0 0 0]/F %d/P %d 0 R/V %d 0 R/StructParent %d>>"
            % (FIELD.encode(), _text(self._label), INVISIBLE_PRINTED_LOCKED, page, signature, self._following),
        )
        writer.add(
            signature,
            b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:%s)%s/Contents <%s>>>"
            % (f"{from_unix_micros(leaf.at):%Y%m%d%H%M%S}Z".encode(), BYTE_RANGE, b"00" * RESERVED),
        )

    def _write_fonts(self, writer: "_Writer", names: Mapping[int, int], used: Mapping[int, set[int]]) -> None:
        for number, font in self._fonts.items():
            glyphs = used.get(number, set())
            writer.packed(names[font.file], *font.look.cut(glyphs))
            writer.stream(names[font.to_unicode], b"/Type/CMap/WMode 0", font.look.to_unicode(glyphs))


class _Writer:
    """A file that begins with what every leaf has."""

    def __init__(self, prefix: bytes, offsets: Sequence[int]) -> None:
        self._out = bytearray(prefix)
        self._offsets = dict(enumerate(offsets, 1))

    def add(self, number: int, text: bytes) -> None:
        self._offsets[number] = len(self._out)
        self._out += b"%d 0 obj\n%s\nendobj\n" % (number, text)

    def stream(self, number: int, entries: bytes, data: bytes) -> None:
        self.packed(number, entries, zlib.compress(data, QUICKLY))

    def packed(self, number: int, entries: bytes, packed: bytes) -> None:
        head = b"<</Length %d/Filter/FlateDecode%s>>" % (len(packed), entries)
        self.add(number, head + b"\nstream\n" + packed + b"\nendstream")

    def closed(self, root: int, info: int, serial: str) -> bytearray:
        start, count = len(self._out), len(self._offsets) + 1
        rows = b"".join(b"%010d 00000 n\r\n" % self._offsets[number] for number in range(1, count))
        name = hashlib.sha256(bytes(self._out)).hexdigest()[:32].encode()
        first = hashlib.sha256(serial.encode()).hexdigest()[:32].encode()
        self._out += b"xref\n0 %d\n0000000000 65535 f\r\n%s" % (count, rows)
        self._out += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n" % (
            count,
            root,
            info,
            first,
            name,
            start,
        )
        return self._out


def _read(content: bytes) -> tuple[dict[int, bytes], bytes]:
    """Every object between `obj` and `endobj`, by number; and the trailer."""
    start = int(content[content.rindex(b"startxref") + 9 :].split()[0])
    trailer = content.index(b"trailer", start)
    rows = re.findall(rb"(\d{10}) \d{5} n", content[start:trailer])
    offsets = sorted(int(row) for row in rows)
    document: dict[int, bytes] = {}
    for begin, end in zip(offsets, [*offsets[1:], start], strict=True):
        head = content.index(b" obj\n", begin)
        document[int(content[begin:head].split()[0])] = content[head + 5 : content.rindex(b"\nendobj", begin, end)]
    return document, content[trailer:]


def _array(text: bytes, name: bytes) -> bytes:
    match = re.search(rb"/" + name + rb"\[([^\]]*)\]", text)
    return match[1] if match else b""


def _references(text: bytes) -> list[int]:
    return [int(number) for number in REFERENCE.findall(text)]


def _is_element(text: bytes) -> bool:
    return text.startswith(b"<</Type/StructElem")


def _kids_of(element: bytes) -> list[int]:
    kids = re.search(rb"/K\[(.*)\]", element, re.DOTALL)
    inner = re.sub(rb"<<.*?>>", b"", kids[1]) if kids else b""
    return _references(inner)


def _dictionary(text: bytes) -> bytes:
    """The object without its stream."""
    begin = text.find(b"stream\n")
    return text if begin < 0 else text[:begin]


def _raw(text: bytes) -> bytes:
    """The stream of the object as it lies there."""
    begin = text.index(b"stream\n") + len(b"stream\n")
    return text[begin : text.rindex(b"\nendstream")]


def _stream(text: bytes) -> bytes:
    return zlib.decompress(_raw(text))


def _text(value: str) -> bytes:
    return b"<FEFF" + value.encode("utf-16-be").hex().upper().encode() + b">"


def _identity(known: str, serial: str) -> str:
    """Another identifier of the same shape, for this page."""
    return base64.b64encode(hashlib.sha256(f"{known}{serial}".encode()).digest()[:16]).decode()


def apart(content: bytes, label: str, frame: bytes | None, leaves: Sequence[PageInfo]) -> list[bytearray]:
    """A document for each page. It runs in a child: what a template makes is not to be unpacked anywhere else.

    Raises:
        ValueError: it is not written as expected, or has another number of pages.
    """
    try:
        book = BatchPdf(content, label, frame)
        return [book.leaf(position, leaf) for position, leaf in enumerate(leaves)]
    except (LookupError, TypeError, zlib.error) as error:
        raise ValueError(repr(error)) from error
