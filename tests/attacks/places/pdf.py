"""Places in PDF documents."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from tests.attacks.places.pictures import XMP, exif, picture, profile
from tests.attacks.places.place import MARK, MARK_ZH, Place


def document(change: Callable[[Pdf], None] = lambda _: None) -> bytes:
    """Two pages with a drawing, a word and a photograph, after this change."""
    pdf, out = pikepdf.new(), io.BytesIO()
    for _ in range(2):
        page = pdf.add_blank_page(page_size=(200, 200))
        photograph = Stream(pdf, picture("JPEG"))
        photograph.stream_dict = Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=48, Height=32, BitsPerComponent=8, ColorSpace=Name.DeviceRGB,
            Filter=Name.DCTDecode,
        )  # fmt: skip
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font), XObject=Dictionary(Im1=pdf.make_indirect(photograph)))
        page.obj.Contents = Stream(
            pdf,
            b"q 0.2 0.6 0.4 rg 20 20 60 40 re f Q BT /F1 14 Tf 20 150 Td (Lighthouse) Tj ET q 96 0 0 64 90 60 cm /Im1 Do Q",
        )
    change(pdf)
    pdf.save(out)
    return out.getvalue()


def first(pdf: Pdf) -> pikepdf.Object:
    return pdf.pages[0].obj


def image(pdf: Pdf) -> pikepdf.Object:
    return first(pdf).Resources.XObject.Im1


def annotate(pdf: Pdf, subtype: Name, **more: Any) -> pikepdf.Object:
    dictionary = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=subtype, Rect=Array([20, 20, 60, 60]), F=4, **more)
    )
    first(pdf).Annots = Array([dictionary])
    return dictionary


def set_info(pdf: Pdf) -> None:
    pdf.docinfo["/Author"] = MARK


def set_info_key(pdf: Pdf) -> None:
    pdf.docinfo["/Pupil"] = MARK


def set_xmp(pdf: Pdf) -> None:
    pdf.Root.Metadata = Stream(pdf, XMP, Type=Name.Metadata, Subtype=Name.XML)


def set_page_xmp(pdf: Pdf) -> None:
    first(pdf).Metadata = Stream(pdf, XMP, Type=Name.Metadata, Subtype=Name.XML)


def set_image_xmp(pdf: Pdf) -> None:
    image(pdf).Metadata = Stream(pdf, XMP, Type=Name.Metadata, Subtype=Name.XML)


def set_piece_info(pdf: Pdf) -> None:
    first(pdf).PieceInfo = Dictionary(Illustrator=Dictionary(Private=Dictionary(Owner=pikepdf.String(MARK))))


def attach(pdf: Pdf) -> None:
    pdf.attachments[f"{MARK}.txt"] = MARK.encode()


def set_image_exif(pdf: Pdf) -> None:
    image(pdf).write(picture("JPEG", exif=exif()), filter=Name.DCTDecode)


def set_jpeg2000(pdf: Pdf) -> None:
    plain = picture("JPEG2000")
    box = len(MARK.encode()) + 8
    image(pdf).write(plain + box.to_bytes(4, "big") + b"xml " + MARK.encode(), filter=Name.JPXDecode)


def set_image_profile(pdf: Pdf) -> None:
    image(pdf).ColorSpace = Array([Name.ICCBased, Stream(pdf, profile(), N=3)])


def set_note(key: str, pdf: Pdf) -> None:
    annotate(pdf, Name.Text, **{key: pikepdf.String(MARK), "Contents": pikepdf.String("good")})
    annotate(pdf, Name.Text, **{key: pikepdf.String(MARK)})


def set_popup(pdf: Pdf) -> None:
    note = annotate(pdf, Name.Text, Contents=pikepdf.String("good"))
    note.Popup = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Popup, Rect=Array([0, 0, 9, 9]), Contents=pikepdf.String(MARK))
    )


def set_file_annotation(pdf: Pdf) -> None:
    file = Stream(pdf, MARK.encode(), Type=Name.EmbeddedFile)
    annotate(pdf, Name.FileAttachment, FS=Dictionary(Type=Name.Filespec, F=MARK, EF=Dictionary(F=file)))


def set_form(pdf: Pdf) -> None:
    field = annotate(pdf, Name.Widget, FT=Name.Tx, T=pikepdf.String(MARK), TU=pikepdf.String(MARK))
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))


def set_signature(pdf: Pdf) -> None:
    value = pdf.make_indirect(
        Dictionary(
            Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Name=pikepdf.String(MARK), Contents=pikepdf.String(MARK)
        )
    )
    field = annotate(pdf, Name.Widget, FT=Name.Sig, T=pikepdf.String("s"), V=value)
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)


def set_xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=Stream(pdf, MARK.encode()))


def set_script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String(f"var by = '{MARK}'"))


def set_name_tree(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([pikepdf.String(MARK), Array([first(pdf), Name.Fit])])))


def set_outline(pdf: Pdf) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(MARK, 0))


def set_action(pdf: Pdf) -> None:
    annotate(pdf, Name.Link, A=Dictionary(S=Name.Launch, F=pikepdf.String(f"C:\\Users\\{MARK}\\a.doc")))


def set_layer(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=pikepdf.String(MARK)))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(Order=Array([layer])))
    first(pdf).Resources.Properties = Dictionary(L1=layer)


def set_hidden_layer(pdf: Pdf) -> None:
    set_layer(pdf)
    pdf.Root.OCProperties.D.OFF = Array([pdf.Root.OCProperties.OCGs[0]])


def set_page_labels(pdf: Pdf) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=pikepdf.String(MARK))]))


def set_structure(pdf: Pdf) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.Figure, Alt=pikepdf.String(MARK), P=pdf.Root)
    pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=pdf.make_indirect(element)))


def set_output_intent(pdf: Pdf) -> None:
    pdf.Root.OutputIntents = Array([Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFX, Info=pikepdf.String(MARK))])


def set_article(pdf: Pdf) -> None:
    thread = pdf.make_indirect(Dictionary(Type=Name.Thread, I=Dictionary(Author=pikepdf.String(MARK))))
    pdf.Root.Threads = Array([thread])


def set_url_base(pdf: Pdf) -> None:
    pdf.Root.URI = Dictionary(Base=pikepdf.String(f"http://{MARK}.example/"))


def set_id(pdf: Pdf) -> None:
    pdf.trailer.ID = Array([pikepdf.String(MARK), pikepdf.String(MARK)])
    pdf.trailer.Maker = pikepdf.String(MARK)


def set_unused_key(pdf: Pdf) -> None:
    image(pdf).Maker = pikepdf.String(MARK)


def set_own_key(pdf: Pdf) -> None:
    first(pdf).Resources.Maker = Dictionary(By=pikepdf.String(MARK))


def set_remark(pdf: Pdf) -> None:
    first(pdf).Contents.write(f"% {MARK}\nq 0 0 9 9 re f Q".encode())


def set_marked_content(pdf: Pdf) -> None:
    first(pdf).Contents.write(f"/Span <</ActualText ({MARK})>> BDC q 0 0 9 9 re f Q EMC".encode())


def set_form_object(pdf: Pdf) -> None:
    form = Stream(
        pdf, f"% {MARK}\n0 0 9 9 re f".encode(), Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]),
        PieceInfo=Dictionary(By=pikepdf.String(MARK)),
    )  # fmt: skip
    first(pdf).Resources.XObject.Fm1 = form
    first(pdf).Contents.write(b"/Fm1 Do")


def set_font(pdf: Pdf) -> None:
    first(pdf).Resources.Font.F1.ToUnicode = Stream(pdf, f"% {MARK}\nbegincmap endcmap".encode())


def set_text(pdf: Pdf) -> None:
    first(pdf).Contents.write(f"BT /F1 14 Tf 20 150 Td ({MARK}) Tj ET".encode())


def set_spread_text(pdf: Pdf) -> None:
    half = len(MARK) // 2
    first(pdf).Contents.write(f"BT /F1 14 Tf 20 150 Td [({MARK[:half]}) -10 ({MARK[half:]})] TJ ET".encode())


def earlier_version() -> bytes:
    """A document that was saved anew behind its first version, whose author is still in the file."""
    return document(set_info) + f"\n5 0 obj\n({MARK_ZH})\nendobj\n".encode() + document()[9:]


def after_the_end() -> bytes:
    return document() + f"\n% {MARK}".encode()


_CHANGES: dict[str, Callable[[Pdf], None]] = {
    "info author": set_info,
    "info own key": set_info_key,
    "xmp": set_xmp,
    "xmp of a page": set_page_xmp,
    "xmp of an image": set_image_xmp,
    "piece info": set_piece_info,
    "attachment": attach,
    "exif in an image": set_image_exif,
    "jpeg 2000 box": set_jpeg2000,
    "colour profile": set_image_profile,
    "note author": partial(set_note, "T"),
    "note subject": partial(set_note, "Subj"),
    "note text": partial(set_note, "Contents"),
    "note rich text": partial(set_note, "RC"),
    "note name": partial(set_note, "NM"),
    "popup": set_popup,
    "file annotation": set_file_annotation,
    "form field": set_form,
    "signature": set_signature,
    "xfa": set_xfa,
    "javascript": set_script,
    "name tree": set_name_tree,
    "outline": set_outline,
    "action": set_action,
    "layer name": set_layer,
    "page labels": set_page_labels,
    "structure": set_structure,
    "output intent": set_output_intent,
    "article": set_article,
    "base address": set_url_base,
    "id and trailer": set_id,
    "unknown key of an image": set_unused_key,
    "unknown key of resources": set_own_key,
    "remark between operators": set_remark,
    "marked content": set_marked_content,
    "form object": set_form_object,
}
_HELD: dict[str, Callable[[Pdf], None]] = {
    "hidden layer": set_hidden_layer,
    "font table": set_font,
    "text": set_text,
    "spread text": set_spread_text,
}
PDF = (
    *(Place(".pdf", name, partial(document, change)) for name, change in _CHANGES.items()),
    Place(".pdf", "earlier version", earlier_version),
    Place(".pdf", "after the end", after_the_end),
    *(Place(".pdf", name, partial(document, change), "held") for name, change in _HELD.items()),
)
