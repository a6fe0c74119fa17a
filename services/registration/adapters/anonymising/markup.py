"""XML, SVG and notebooks within other files, read by a parser that follows nothing out of the file."""

import base64
import binascii
import json
import re
from typing import Any

from lxml import etree

from services.registration.adapters.anonymising.pictures import cleaned_picture
from services.registration.adapters.anonymising.refusal import NotAnonymised

MOST_XML = 64 * 1024 * 1024
SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
TELLING = frozenset({"metadata", "title", "desc", "script", "foreignObject"})
INLINE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,(.*)", re.DOTALL)


def parse_markup(content: bytes) -> etree._Element:
    """The root of a document without entities, comments and processing instructions.

    Raises:
        NotAnonymised: it is not XML, declares entities, or is larger than a part of a document is.
    """
    if len(content) > MOST_XML:
        raise NotAnonymised("large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotAnonymised("unreadable") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotAnonymised("unreadable")
    return root


def write_markup(root: etree._Element) -> bytes:
    """The document as UTF-8, without a document type and without namespaces that it does not use."""
    named = {
        prefix
        for element in root.iter(etree.Element)
        for attribute, value in element.attrib.items()
        if etree.QName(attribute).localname in ("Ignorable", "Requires", "ProcessContent", "MustUnderstand")
        for prefix in value.split()
    }
    etree.cleanup_namespaces(root, keep_ns_prefixes=list(named))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def clean_svg(content: bytes) -> bytes:
    """The drawing: elements and attributes of SVG alone, no titles, metadata, scripts or editor's notes.

    Raises:
        NotAnonymised: it is not SVG.
    """
    root = parse_markup(content)
    if root.tag != f"{{{SVG}}}svg":
        raise NotAnonymised("unreadable")
    for element in list(root.iter()):
        name = etree.QName(element)
        if name.namespace != SVG or name.localname in TELLING:
            parent = element.getparent()
            if parent is not None:
                _take_out(parent, element)
            continue
        for attribute in list(element.attrib):
            plain = not attribute.startswith("{") or attribute in (XLINK_HREF, XML_SPACE)
            if not plain or attribute.startswith(("on", "data-", "aria-")):
                del element.attrib[attribute]
        for attribute in ("href", XLINK_HREF):
            if attribute in element.attrib and not (link := _clean_link(element.attrib[attribute])):
                del element.attrib[attribute]
            elif attribute in element.attrib:
                element.attrib[attribute] = link
        if name.localname == "style" and element.text:
            element.text = re.sub(r"/\*.*?\*/", "", element.text, flags=re.DOTALL)
    return write_markup(root)


def _clean_link(link: str) -> str:
    if link.startswith("#"):
        return link
    inline = INLINE.fullmatch(link.strip())
    if inline is None:
        return ""
    return "data:image/png;base64," + _clean_inline(inline[1])


def _clean_inline(encoded: str) -> str:
    try:
        return base64.b64encode(cleaned_picture(base64.b64decode(encoded))).decode()
    except (binascii.Error, OSError) as error:
        raise NotAnonymised("unreadable") from error


def _take_out(parent: etree._Element, element: etree._Element) -> None:
    """Remove an element; the text that follows it stays."""
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def clean_notebook(content: bytes) -> bytes:
    """Cells and outputs of a Jupyter notebook, without what it says of the machine.

    Raises:
        NotAnonymised: it is not a notebook.
    """
    try:
        book: Any = json.loads(content)
        language = str(book.get("metadata", {}).get("kernelspec", {}).get("language", "python"))
        cells = [_clean_cell(cell) for cell in book["cells"]]
        whole = {
            "cells": cells,
            "metadata": {"kernelspec": {"display_name": language, "language": language, "name": language}},
            "nbformat": int(book["nbformat"]),
            "nbformat_minor": int(book["nbformat_minor"]),
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAnonymised("unreadable") from error
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _clean_cell(cell: dict[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {key: cell[key] for key in ("cell_type", "source", "execution_count") if key in cell} | {
        "metadata": {}
    }
    if "attachments" in cell:
        clean["attachments"] = {name: _clean_bundle(bundle) for name, bundle in cell["attachments"].items()}
    if "outputs" in cell:
        clean["outputs"] = [_clean_output(output) for output in cell["outputs"]]
    return clean


def _clean_output(output: dict[str, Any]) -> dict[str, Any]:
    kept = ("output_type", "name", "text", "ename", "evalue", "traceback", "execution_count")
    clean: dict[str, Any] = {key: output[key] for key in kept if key in output}
    if "data" in output:
        clean |= {"data": _clean_bundle(output["data"]), "metadata": {}}
    return clean


def _clean_bundle(bundle: dict[str, Any]) -> dict[str, Any]:
    """Text and pictures of an output; pages and scripts, which could hide anything, are left out."""
    clean: dict[str, Any] = {}
    for kind, value in bundle.items():
        if kind in ("image/png", "image/jpeg"):
            clean[kind] = _clean_inline("".join(value) if isinstance(value, list) else value)
        elif kind in ("text/plain", "text/latex", "text/markdown"):
            clean[kind] = value
    return clean
