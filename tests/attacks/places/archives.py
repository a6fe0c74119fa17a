"""Places in archives and in the kinds of files that come only within archives."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Mapping

from tests.attacks.places.office import core, packed, word
from tests.attacks.places.pictures import exif, picture
from tests.attacks.places.place import MARK, MARK_ZH, Place

PROGRAM = b"print(1)\n"


def packed_with(comment: bytes = b"", extra: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        item = zipfile.ZipInfo("main.py", date_time=(2026, 1, 2, 3, 4, 6))
        item.comment, item.extra = comment, extra
        archive.writestr(item, PROGRAM)
    return out.getvalue()


def svg(within: str = "", attributes: str = "", before: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="9" height="9" {attributes}>{within}'
        '<rect width="9" height="9"/></svg>'
    ).encode()


def notebook(**changes: object) -> bytes:
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": ["print(1)"], "outputs": []}
    plain: dict[str, object] = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps({**plain, **changes}).encode()


def output(**data: str) -> dict[str, object]:
    plain = {
        "output_type": "display_data",
        "metadata": {},
        "data": {kind.replace("__", "/"): item for kind, item in data.items()},
    }
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": [], "outputs": [plain]}


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


EXTRA = b"\x75\x70" + (5 + len(MARK)).to_bytes(2, "little") + b"\x01\0\0\0\0" + MARK.encode()
_CLEAN: Mapping[str, Callable[[], bytes]] = {
    "remark": lambda: packed({"main.py": PROGRAM}, MARK.encode()),
    "remark of a file": lambda: packed_with(comment=MARK.encode()),
    "extra field": lambda: packed_with(extra=EXTRA),
    "folder around everything": lambda: packed({f"{MARK_ZH}的作品/main.py": PROGRAM, f"{MARK_ZH}的作品/a/b.py": PROGRAM}),
    "git": lambda: packed({"main.py": PROGRAM, ".git/config": f"[user] name = {MARK}".encode()}),
    "mac os": lambda: packed({"main.py": PROGRAM, "__MACOSX/._main.py": MARK.encode(), ".DS_Store": MARK.encode()}),
    "windows": lambda: packed({"main.py": PROGRAM, "Thumbs.db": MARK.encode(), "desktop.ini": MARK.encode()}),
    "editor": lambda: packed({"main.py": PROGRAM, ".idea/workspace.xml": MARK.encode(), ".vscode/s.json": MARK.encode()}),
    "compiled program": lambda: packed({"main.py": PROGRAM, "__pycache__/main.cpython-311.pyc": MARK.encode()}),
    "link": lambda: packed({"main.py": PROGRAM, "a.lnk": MARK.encode()}),
    "picture": lambda: packed({"a.jpg": picture("JPEG", exif=exif())}),
    "document": lambda: packed({"a.docx": packed(word(docProps__core_dot_xml=core("'")))}),
    "archive in archive": lambda: packed({"b.zip": packed({"a.jpg": picture("JPEG", exif=exif()), "main.py": PROGRAM}, MARK.encode())}),
    "tiff": lambda: packed({"a.tif": picture("TIFF", tiffinfo=exif())}),
    "svg remark": lambda: packed({"a.svg": svg(f"<!-- {MARK} -->")}),
    "svg metadata": lambda: packed({"a.svg": svg(f"<metadata><by>{MARK}</by></metadata>")}),
    "svg title": lambda: packed({"a.svg": svg(f"<title>{MARK}</title><desc>{MARK}</desc>")}),
    "svg script": lambda: packed({"a.svg": svg(f"<script>by = '{MARK}'</script>")}),
    "svg attribute": lambda: packed({"a.svg": svg("", f'inkscape:export-filename="C:\\{MARK}.png" data-by="{MARK}" onload="{MARK}"')}),
    "svg editor element": lambda: packed({"a.svg": svg(f"<inkscape:page label='{MARK}'/>")}),
    "svg style remark": lambda: packed({"a.svg": svg(f"<style>/* {MARK} */ rect {{ fill: red }}</style>")}),
    "svg picture": lambda: packed({"a.svg": svg(f'<image xlink:href="data:image/jpeg;base64,{in_base64(picture("JPEG", exif=exif()))}"/>')}),
    "svg link": lambda: packed({"a.svg": svg(f'<image xlink:href="file:///C:/{MARK}/a.png"/>')}),
    "notebook metadata": lambda: packed({"a.ipynb": notebook(metadata={"authors": [{"name": MARK}], "kernelspec": {"display_name": MARK}})}),
    "notebook cell metadata": lambda: packed({"a.ipynb": notebook(cells=[output() | {"metadata": {"by": MARK}, "id": MARK}])}),
    "notebook picture": lambda: packed({"a.ipynb": notebook(cells=[output(image__png=in_base64(picture("PNG", exif=exif())))])}),
    "notebook page": lambda: packed({"a.ipynb": notebook(cells=[output(text__html=f"<!-- {MARK} -->")])}),
}  # fmt: skip
_HELD: Mapping[str, Callable[[], bytes]] = {
    "name of a file": lambda: packed({f"src/{MARK_ZH}.py": PROGRAM, "main.py": PROGRAM}),
    "text": lambda: packed({"readme.md": f"作者 {MARK_ZH}".encode()}),
    "text in GB 18030": lambda: packed({"readme.txt": MARK_ZH.encode("gb18030")}),
    "escaped text": lambda: packed({"a.json": json.dumps({"by": MARK_ZH}).encode()}),
    "page with entities": lambda: packed({"a.html": "".join(f"&#{ord(sign)};" for sign in MARK_ZH).encode()}),
    "text in archive in archive": lambda: packed({"b.zip": packed({"readme.md": MARK.encode()})}),
    "author of a program": lambda: packed({"main.py": b"__author__ = '" + MARK.encode() + b"'\n"}),
    "notebook text": lambda: packed({"a.ipynb": notebook(cells=[output(text__plain=MARK)])}),
    "svg text": lambda: packed({"a.svg": svg(f"<text>{MARK}</text>")}),
    "svg entity": lambda: packed({"a.svg": svg("<text>&by;</text>", before=f'<!DOCTYPE svg [<!ENTITY by "{MARK}">]>')}),
    "unknown kind": lambda: packed({"main.py": PROGRAM, "model.bin": MARK.encode()}),
    "solid model": lambda: packed({"a.stl": MARK.encode().ljust(80, b"\0") + bytes(4)}),
    "font": lambda: packed({"a.ttf": b"\0\1\0\0" + MARK.encode("utf-16-be")}),
    "open document": lambda: packed({"a.odt": packed({"meta.xml": MARK.encode()})}),
    "old document": lambda: packed({"a.doc": b"\xd0\xcf\x11\xe0" + MARK.encode("utf-16-le")}),
    "heic": lambda: packed({"a.heic": b"\0\0\0\x18ftypheic" + MARK.encode()}),
    "scratch project": lambda: packed({"a.sb3": packed({"project.json": MARK.encode()})}),
    "another archive": lambda: packed({"a.7z": b"7z\xbc\xaf\x27\x1c" + MARK.encode()}),
    "too deep": lambda: packed({"b.zip": packed({"c.zip": packed({"d.zip": packed({"readme.md": MARK.encode()})})})}),
}  # fmt: skip


ARCHIVES = (
    *(Place(".zip", name, make) for name, make in _CLEAN.items()),
    *(Place(".zip", name, make, "held") for name, make in _HELD.items()),
)
