"""Small requests that would take all of a process: each is answered, nobody else waits, and no process ends.

What a test prints (`-s`) is the table of the security page: the attack, its answer, how long it took, and how long the
slowest hundredth of others waited meanwhile.
"""

import io
import socket
import time
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from laurel.client import Client
from shared.http.connections import HEAD_SECONDS
from tests.conftest import EXAMPLE
from tests.support.bystanders import Bystanders
from tests.support.installation import ThreeProcesses
from tests.support.seasons import YAML, new_season, open_season
from tests.support.waiting import eventually

ALIASES = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter + 1, letter + 1, b",".join([b"*%c" % letter] * 9)) for letter in b"abcdefg"
)
SEASON = (EXAMPLE / "season.yaml").read_bytes()
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
CHECKS = "/registration/v1/season-checks"
RULES = "/judging/v1/rule-checks"


@cache
def squeezed_pdf() -> bytes:
    """Four megabytes whose table of references unpacks to four gigabytes."""
    packer = zlib.compressobj(9)
    table = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(4096)) + packer.flush()
    head = b"%PDF-1.7\n1 0 obj\n<</Type/XRef/W[1 4 2]/Size 600000000/Root 2 0 R/Filter/FlateDecode/Length "
    return head + b"%d>>\nstream\n" % len(table) + table + b"\nendstream\nendobj\nstartxref\n9\n%%EOF"


def nested_pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n" + b"[" * 1_000_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"


def far_corners() -> bytes:
    """A sheet with two cells, at its first and its last place: seventeen thousand million empty ones between them."""
    return workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def squeezed_sheet() -> bytes:
    """A sheet of rows that repeat for gigabytes."""
    return workbook('<row><c t="inlineStr"><is><t>' + "A" * 30_000 + "</t></is></c></row>", 60_000)


def workbook(rows: str, times: int = 1) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kinds}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            for _ in range(times):
                sheet.write(rows.encode())
            sheet.write(b"</sheetData></worksheet>")
    return packed.getvalue()


def sent(service: str, path: str, content: bytes, headers: dict[str, str]) -> Callable[[ThreeProcesses], int]:
    def send(installation: ThreeProcesses) -> int:
        return httpx.post(
            f"{installation.service_url(service)}{path}", content=content, headers=headers, timeout=120
        ).status_code

    return send


def looked_at(document: Callable[[], bytes]) -> Callable[[ThreeProcesses], int]:
    def send(installation: ThreeProcesses) -> int:
        files = {"file": ("one.pdf", document(), "application/pdf")}
        address = f"{installation.service_url('certificates')}/certificates/file"
        return httpx.post(address, files=files, headers={"Accept": "text/html"}, timeout=120).status_code

    return send


BOMBS: dict[str, tuple[Callable[[ThreeProcesses], int], tuple[int, ...]]] = {
    "YAML, 340 bytes of aliases": (sent("registration", CHECKS, ALIASES, YAML), (422,)),
    "the same for judging": (sent("judging", RULES, ALIASES, YAML), (422,)),
    "YAML, 0.6 MB of dashes": (sent("registration", CHECKS, b"- " * 300_000, YAML), (413, 422)),
    "YAML, 0.1 MB of dashes": (sent("registration", CHECKS, b"- " * 50_000, YAML), (422,)),
    "YAML, 6 MB": (sent("judging", RULES, b"a: [" + b"x," * 3_000_000 + b"]", YAML), (413, 422)),
    "YAML, 0.1 MB of brackets": (sent("judging", RULES, b"[" * 100_000, YAML), (422,)),
    "a weight of 1e999999999": (
        sent("judging", RULES, SEASON.replace(b"weight: 40", b"weight: 1e999999999"), YAML),
        (422,),
    ),
    "a weight of 1e-999999999": (
        sent("judging", RULES, SEASON.replace(b"weight: 40", b"weight: 1e-999999999"), YAML),
        (422,),
    ),
    "JSON, 0.1 MB of brackets": (sent("certificates", "/certificates/v1/checks", b"[" * 100_000, JSON), (400, 422)),
    "JSON, 60 MB": (sent("certificates", "/certificates/v1/checks", b"[0" + b",0" * 30_000_000 + b"]", JSON), (413,)),
    "a number of 100,000 digits": (
        sent("certificates", "/certificates/v1/checks", b'[{"serial":' + b"9" * 100_000 + b"}]", JSON),
        (400, 422),
    ),
    "a form of two million fields": (sent("certificates", "/certificates/many", b"a&" * 2_000_000, FORM), (400, 413)),
    "PDF, 4 MB that unpack to 4 GB": (looked_at(squeezed_pdf), (422,)),
    "PDF, a million brackets": (looked_at(nested_pdf), (422,)),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_nobody_else_waits(installation: ThreeProcesses, name: str) -> None:
    """Requests of strangers whose cost has nothing to do with their size."""
    bomb, expected = BOMBS[name]
    squeezed_pdf()  # making it takes longer than refusing it
    with Bystanders(installation) as others:
        began = time.monotonic()
        try:
            status: Any = bomb(installation)
        except httpx.HTTPError as error:
            status = type(error).__name__
        seconds = time.monotonic() - began
        time.sleep(1)
    others.report(name, status, seconds)

    assert others.undisturbed(), others.unanswered[:3]
    assert status in expected
    assert seconds < 60


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, new_season())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sheet", [far_corners, squeezed_sheet], ids=lambda sheet: sheet.__name__)
def test_a_sheet_that_is_a_bomb_fails_and_is_not_taken_up_for_ever(
    installation: ThreeProcesses, operator: Client, season: str, sheet: Callable[[], bytes]
) -> None:
    """A small file that is a large sheet, in a job that is taken up again when its process ends."""
    content, base = sheet(), f"/registration/v1/seasons/{season}/imports"
    headers = {"Content-Type": "application/octet-stream", "File-Name": "bomb.xlsx"}
    with Bystanders(installation) as others:
        began = time.monotonic()
        job = operator.call("POST", base, content=content, headers=headers).json()["id"]

        def over() -> None:
            result = operator.get(f"{base}/{job}")
            assert (result["state"], result["problem"]) == ("failed", "file-unreadable")

        eventually(over, 120)
        seconds = time.monotonic() - began
        time.sleep(1)
    others.report(f"XLSX, {len(content) / 1000:.1f} kB, {sheet.__name__}", "failed", seconds)

    assert others.undisturbed(), others.unanswered[:3]


def connected(installation: ThreeProcesses) -> socket.socket:
    parts = urlsplit(installation.service_url("registration"))
    return socket.create_connection((parts.hostname or "", parts.port or 0), 5)


def trickled(connection: socket.socket, first: bytes, part: bytes, patience: float) -> float:
    """Send the first bytes, then a part every half second, until the other side ends it; how long that took."""
    began = time.monotonic()
    connection.sendall(first)
    connection.settimeout(0.5)
    while time.monotonic() - began < patience:
        try:
            if not connection.recv(4096):
                return time.monotonic() - began
        except TimeoutError:
            pass
        except OSError:
            return time.monotonic() - began
        try:
            connection.sendall(part)
        except OSError:
            return time.monotonic() - began
    return float("inf")


BODY = b"POST /registration/v1/season-checks HTTP/1.1\r\nHost: laurel\r\nContent-Type: application/yaml\r\n"
SLOW = {
    "headers byte by byte": (b"GET /healthz HTTP/1.1\r\nHost: laurel\r\nX-Slow: ", b"a", 2 * HEAD_SECONDS),
    "a header line every half second": (
        b"GET /healthz HTTP/1.1\r\nHost: laurel\r\n",
        b"X-Slow: a\r\n",
        2 * HEAD_SECONDS,
    ),
    "nothing but empty lines": (b"", b"\r\n", 2 * HEAD_SECONDS),
    "silence": (b"", b"", 2 * HEAD_SECONDS),
    "headers of a second request byte by byte": (
        b"GET /registration/healthz HTTP/1.1\r\nHost: laurel\r\n\r\nGET /healthz HTTP/1.1\r\nX-Slow: ",
        b"a",
        2 * HEAD_SECONDS,
    ),
    "a body byte by byte": (BODY + b"Content-Length: 100000\r\n\r\n", b"a", 60),
}
"""What is sent at first, what every half second after it, and the seconds after which it must have ended."""


@pytest.mark.timeout(600)
def test_what_comes_slowly_ends(installation: ThreeProcesses) -> None:
    """Connections that are held without a request, and a request whose body never comes to its end."""

    def send(name: str) -> float:
        first, part, allowed = SLOW[name]
        with closing(connected(installation)) as connection:
            return trickled(connection, first, part, allowed + 30)

    with Bystanders(installation) as others, ThreadPoolExecutor(len(SLOW)) as strangers:
        took = dict(zip(SLOW, strangers.map(send, SLOW), strict=True))
    for name, seconds in took.items():
        others.report(name, "cut off" if seconds < float("inf") else "held", seconds)

    assert {name: seconds for name, seconds in took.items() if seconds > SLOW[name][2] + 5} == {}
    assert others.undisturbed()


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"a" * 1_000_000,
        b"".join(b"X-%d: a\r\n" % number for number in range(10_000)),
        b"Content-Length: \xb2\r\n",
    ],
    ids=["long", "many", "no number"],
)
def test_a_head_that_is_too_large_is_refused(installation: ThreeProcesses, head: bytes) -> None:
    """Memory that is taken before anything is known of a request."""
    with Bystanders(installation) as others, closing(connected(installation)) as connection:
        connection.settimeout(20)
        answer = b""
        try:
            connection.sendall(b"GET /registration/healthz HTTP/1.1\r\nHost: laurel\r\n" + head + b"\r\n\r\n")
            answer = connection.recv(4096)
        except OSError:
            pass  # it was closed while we were sending

    assert not answer.startswith(b"HTTP/1.1 200")
    assert not answer.startswith(b"HTTP/1.1 5")
    assert others.undisturbed()


def test_strangers_check_a_season_file_only_so_often(installation: ThreeProcesses, operator: Client) -> None:
    """A check that is open to everybody is not a free computer."""
    address = f"{installation.service_url('registration')}{CHECKS}"
    statuses = [httpx.post(address, content=SEASON, headers=YAML).status_code for _ in range(40)]

    assert set(statuses) <= {200, 429}
    assert statuses[-1] == 429
    assert operator.call("POST", CHECKS, content=SEASON, headers=YAML).status_code == 200


@pytest.mark.timeout(600)
def test_many_bombs_at_once_leave_the_others_their_answers(installation: ThreeProcesses) -> None:
    """One owner's work cannot take all slots."""
    bomb = looked_at(squeezed_pdf)
    with Bystanders(installation) as others, ThreadPoolExecutor(8) as strangers:
        began = time.monotonic()
        statuses = sorted(strangers.map(lambda _: bomb(installation), range(8)))
        seconds = time.monotonic() - began
    others.report("eight of these at once", statuses, seconds)

    assert set(statuses) <= {422, 429}
    assert others.undisturbed(), others.unanswered[:3]
