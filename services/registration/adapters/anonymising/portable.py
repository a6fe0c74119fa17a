"""PDF: its pages go into a new document, of which only known keys are kept and every content stream is written anew."""

import io
import zlib
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream
from PIL import Image

from services.registration.adapters.anonymising.pictures import MOST_PIXELS, jpeg_without_remarks
from services.registration.adapters.anonymising.refusal import NotAnonymised

PAGE = frozenset(
    "/Type /Parent /Resources /MediaBox /CropBox /BleedBox /TrimBox /ArtBox /Contents /Rotate /Group /UserUnit".split()
)
MAPS = frozenset("/ExtGState /ColorSpace /Pattern /Shading /XObject /Font /CharProcs /Colorants".split())
"""Dictionaries whose keys the maker of the file chose."""
KEYS = MAPS | frozenset(
    f"/{key}"
    for key in (
        "Type Subtype Length Filter DecodeParms Resources BBox Matrix FormType Group S CS I K Width Height ColorSpace "
        "BitsPerComponent Decode ImageMask Mask SMask SMaskInData Interpolate Intent Matte LW LC LJ ML D RI OP op OPM BG "
        "BG2 UCR UCR2 TR TR2 HT FL SM SA BM CA ca AIS TK G BC PatternType PaintType TilingType XStep YStep ShadingType "
        "Background AntiAlias Domain Coords Function Extend BitsPerCoordinate BitsPerFlag VerticesPerRow FunctionType "
        "Range C0 C1 N Functions Bounds Encode Size Order BaseFont FirstChar LastChar Widths FontDescriptor Encoding "
        "ToUnicode FontBBox FontMatrix DescendantFonts CIDSystemInfo DW W DW2 W2 CIDToGIDMap Registry Ordering Supplement "
        "FontName Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth MissingWidth "
        "FontFile FontFile2 FontFile3 CharSet CIDSet Length1 Length2 Length3 BaseEncoding Differences CMapName WMode "
        "UseCMap WhitePoint BlackPoint Gamma Process Components Predictor Colors Columns EarlyChange Rows BlackIs1 "
        "EndOfLine EncodedByteAlign EndOfBlock DamagedRowsBeforeError JBIG2Globals ColorTransform ProcSet"
    ).split()
)
DEVICE = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}
MARKS = frozenset(("BMC", "BDC", "EMC", "MP", "DP"))
"""Operators that say something of the content and draw nothing."""


def clean_pdf(source: Path, target: Path) -> None:
    """The pages as they look on a screen: notes, form fields and layers are part of the picture or gone.

    Raises:
        NotAnonymised: it needs a password, or hides layers, which cannot be told from what is shown.
    """
    try:
        with pikepdf.open(source) as original, pikepdf.new() as copy:
            if _hides_layers(original):
                raise NotAnonymised("layers")
            original.flatten_annotations("screen")
            for page in original.pages:
                _clean_page(page)
            for key in set(original.Root.keys()) - {"/Type", "/Pages"}:
                del original.Root[key]
            copy.pages.extend(original.pages)
            _Walk(copy).clean()
            copy.save(
                target,
                deterministic_id=True,
                recompress_flate=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
            )
    except pikepdf.PasswordError as error:
        raise NotAnonymised("locked") from error
    except (pikepdf.PdfError, pikepdf.DependencyError, zlib.error) as error:
        raise NotAnonymised("unreadable") from error


def _hides_layers(original: pikepdf.Pdf) -> bool:
    layers = original.Root.get("/OCProperties")
    default = layers.get("/D", Dictionary()) if layers is not None else Dictionary()
    return bool(len(default.get("/OFF", Array()))) or default.get("/BaseState", Name.ON) == Name.OFF


def _clean_page(page: pikepdf.Page) -> None:
    for key in set(page.obj.keys()) - PAGE:
        del page.obj[key]
    page.contents_coalesce()
    contents = page.obj.get("/Contents")
    if contents is not None:
        contents.write(_drawing(page.obj))


def _drawing(content: Object) -> bytes:
    """The operators that draw, without remarks between them."""
    drawn = [step for step in pikepdf.parse_content_stream(content) if str(step.operator) not in MARKS]
    return pikepdf.unparse_content_stream(drawn)


class _Walk:
    """Everything that the pages of a document reach, each object once."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._seen: set[tuple[int, int]] = set()
        self._ahead: list[tuple[Object, str]] = []
        self._pdf = pdf

    def clean(self) -> None:
        for page in self._pdf.pages:
            for key in ("/Resources", "/Group"):
                if key in page.obj:
                    self._ahead.append((page.obj[key], key))
            contents = page.obj.get("/Contents")
            if isinstance(contents, Stream):
                for key in set(contents.keys()) - {"/Length", "/Filter", "/DecodeParms"}:
                    del contents[key]
        while self._ahead:
            self._visit(*self._ahead.pop())

    def _visit(self, object_: Object, under: str) -> None:
        if not isinstance(object_, Dictionary | Stream | Array):
            return
        if object_.is_indirect:
            if object_.objgen in self._seen:
                return
            self._seen.add(object_.objgen)
        if isinstance(object_, Array):
            for number, value in enumerate(list(object_)):
                if device := _device(value):
                    object_[number] = device
                else:
                    self._ahead.append((value, under))
            return
        mapped = under in MAPS and "/Type" not in object_ and not isinstance(object_, Stream)
        for key in list(object_.keys()):
            value = object_[key]
            if not mapped and key not in KEYS:
                del object_[key]
            elif device := _device(value):
                object_[key] = device
            else:
                self._ahead.append((value, f"{under} entry" if mapped else key))
        if isinstance(object_, Stream):
            self._clean_stream(object_, under)

    def _clean_stream(self, stream: Stream, under: str) -> None:
        subtype = stream.get("/Subtype")
        if subtype == Name.Image:
            _clean_image(stream)
        elif subtype == Name.Form or stream.get("/PatternType") == 1 or under == "/CharProcs entry":
            stream.write(_drawing(stream))


def _device(value: Any) -> Name | None:
    """The plain colour space in the place of one with a profile, which tells of the machine that made it."""
    if not isinstance(value, Array) or not len(value) or value[0] != Name.ICCBased:
        return None
    device = DEVICE.get(int(value[1].get("/N", 0)))
    if device is None:
        raise NotAnonymised("part", "ICCBased")
    return device


def _clean_image(stream: Stream) -> None:
    filters = stream.get("/Filter", Array())
    names = [str(filters)] if isinstance(filters, Name) else [str(filter_) for filter_ in filters]
    if not names or names[-1] not in ("/DCTDecode", "/JPXDecode"):
        return
    raw = stream.read_raw_bytes()
    if names[:-1] == ["/FlateDecode"]:
        raw = zlib.decompress(raw)
    elif names[:-1]:
        raise NotAnonymised("part", names[0])
    if names[-1] == "/DCTDecode":
        parameters = stream.get("/DecodeParms")
        last = parameters[len(parameters) - 1] if isinstance(parameters, Array) else parameters
        stream.write(
            jpeg_without_remarks(raw),
            filter=Name.DCTDecode,
            decode_parms=last if isinstance(last, Dictionary) else None,
        )
        return
    with Image.open(io.BytesIO(raw), formats=("JPEG2000",)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise NotAnonymised("large")
        plain = image.convert("L" if image.mode in ("L", "LA", "1", "I;16") else "RGB")
    stream.write(plain.tobytes())
    stream["/BitsPerComponent"] = 8
    stream["/ColorSpace"] = Name.DeviceGray if plain.mode == "L" else Name.DeviceRGB
    for key in ("/Decode", "/SMaskInData"):
        if key in stream:
            del stream[key]
