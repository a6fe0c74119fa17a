"""`python -m tests.benchmarks.certificates`: documents, credentials and a season of any size from its award events.

Everything in one run on one core: documents laid out together, signed and not, beside typst alone, ReportLab and
WeasyPrint;
credentials beside canonicalising each anew; and `--season N` from award events in NATS to a finished ZIP, with the
memory of the service at its peak, and pages that check certificates.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
import nats
import typst

from laurel.client import Client
from services.certificates.adapters.credentials import Credentials, canonical
from services.certificates.adapters.engines import Engines
from services.certificates.adapters.keys import credential_key, document_keys, token_key
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.signing import DocumentSigner
from services.certificates.adapters.templates import packaged_files, write_folder
from services.certificates.domain.credentials import Addresses, credential, values_of
from services.certificates.domain.documents import Certificate
from shared.events.judging import AwardGrantedV1, EntryAward, Recipient
from shared.events.registration import PersonNamedV1
from shared.season.glyphs import font_folders
from shared.season.text import Text
from shared.web.translation import Catalog
from tests.benchmarks.load import percentile
from tests.benchmarks.peers import by_reportlab, by_weasyprint, lines_of, prepare_reportlab
from tests.support.installation import SECRET, ThreeProcesses, start_servers
from tests.support.raw_http import RawClient
from tests.support.seasons import new_season, open_season
from tests.support.templates import BuiltIn
from tests.unit.test_certificate_documents import ROOT, certificate

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "若涵子墨宇轩梓萱欣怡浩然思源雨桐俊杰诗涵嘉懿煜城懿轩烨伟苑博伟泽熠彤"
CHUNK = 200
CHECKS = 2000
PAGE = {"limit": 1000}


def person(number: int) -> str:
    chance = random.Random(number)
    return chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)


def made(number: int) -> Certificate:
    each_certificate = certificate(name=Text(zh=f"测试{person(number)}"), title=person(number + 1) + "的作品")
    return replace(each_certificate, id=f"c{number}", serial=f"LHAI25-CS-{number:06d}-02", token=f"token{number:017d}")


def rate(count: int, work: Callable[[], Any]) -> float:
    """How many a second of one core's time, that of ended child processes included."""
    began = sum(os.times()[:4])
    work()
    return count / (sum(os.times()[:4]) - began)


def documents(count: int, folder: Path) -> dict[str, float]:
    catalog = Catalog([ROOT / "shared/web/locales", ROOT / "services/certificates/entrypoints/locales"])
    renderer = Renderer(
        catalog,
        "https://laurel.example",
        DocumentSigner(document_keys(folder, "Laurel")),
        BuiltIn(),
        credential_key(folder),
        Engines(folder / "engines"),
    )
    people = [made(number) for number in range(1, count + 1)]
    pages = write_folder(folder, packaged_files("landscape"))
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in font_folders()])
    words = [json.dumps(renderer.words(person), ensure_ascii=False) for person in people[: count // 10]]

    def alone() -> None:
        for word in words:
            typst.compile(
                str(pages / "certificate.typ"),
                font_paths=fonts,
                format="pdf",
                pdf_standards=["a-2a", "ua-1"],
                sys_inputs={"data": word},
            )

    async def leaves() -> None:
        for start in range(0, count, 25):
            await renderer._leaves(people[start : start + 25], people[0].current.template)
        await renderer.drawers.end()

    few = [json.loads(each_word) for each_word in words[: max(2, len(words) // 5)]]
    prepare_reportlab("".join(text for item in few for _, text, _ in lines_of(item)))
    by_weasyprint(few[0])
    return {
        "ReportLab, no tags": rate(len(few), lambda: [by_reportlab(item) for item in few]),
        "WeasyPrint": rate(len(few), lambda: [by_weasyprint(item) for item in few]),
        "typst alone": rate(len(words), alone),
        "together, not signed": rate(count, lambda: asyncio.run(leaves())),
        "together, signed": rate(count, lambda: asyncio.run(_together(renderer, people))),
        "one by one, signed": rate(count // 10, lambda: asyncio.run(_singly(renderer, people[: count // 10]))),
    }


async def _together(renderer: Renderer, people: list[Certificate]) -> None:
    await renderer.many(people)
    await renderer.drawers.end()


async def _singly(renderer: Renderer, people: list[Certificate]) -> None:
    for person in people:
        await renderer.pdf(person)
    await renderer.drawers.end()


def credentials(count: int, folder: Path) -> dict[str, float]:
    own = Credentials(credential_key(folder), token_key(folder), Addresses("https://laurel.example"))
    people = [made(number) for number in range(1, count + 1)]
    own.signed(people[0], named=True)

    def anew() -> None:
        for person in people[: count // 10]:
            canonical(credential(person, person.current, values_of(person, person.current, named=True), own.addresses))

    return {
        "credentials, embedded proof": rate(
            count, lambda: [own.signed(certificate, named=True) for certificate in people]
        ),
        "canonicalised anew (pyld)": rate(count // 10, anew),
        "credentials, JWT": rate(count, lambda: [own.token(certificate, named=True) for certificate in people]),
    }


def a_season(count: int) -> dict[str, float]:
    """Award events of so many entries, published to NATS, until each has its certificate and all lie in one ZIP."""
    with tempfile.TemporaryDirectory() as name:
        servers = start_servers(Path(name))
        running = ThreeProcesses(Path(name), servers)
        try:
            running.start()
            operator = Client(running.url, "en", patience=600)
            operator.sign_in_as_operator(SECRET)
            season = open_season(operator, new_season())
            operator.wait_for("certificates", lambda: operator.get("/certificates/readyz"))
            began = time.perf_counter()
            asyncio.run(_publish(servers.nats_url, season, count))
            address = f"/certificates/v1/seasons/{season}"
            while operator.get(address)["student"] < count:
                time.sleep(0.5)
            issued = time.perf_counter()
            job = operator.call("POST", f"{address}/downloads", json={"reason": "benchmark"}).json()
            while (job := operator.get(f"{address}/downloads/{job['id']}"))["state"] == "working":
                time.sleep(0.5)
            done = time.perf_counter()
            tokens = [item["url"].rsplit("/", 1)[1] for item in operator.get(f"{address}/certificates", params=PAGE)]
            cold = asyncio.run(_checked(running.service_url("certificates"), tokens, 1))
            warm = asyncio.run(_checked(running.service_url("certificates"), tokens[:50], CHECKS // 50))
            return {
                "checked a second, each once": cold[0],
                "  p99 ms": cold[1],
                "checked a second, the same again": warm[0],
                "  p99 ms again": warm[1],
                "issued a second": count / (issued - began),
                "documents in the ZIP a second": count / (done - issued),
                "seconds from events to ZIP": done - began,
                "MiB of the ZIP": job["size"] / 2**20,
                "MiB of the service at its peak": _peak(running) / 1024,
            }
        finally:
            running.stop()
            servers.stop()


async def _checked(url: str, tokens: list[str], times: int) -> tuple[float, float]:
    """Pages that check a certificate: how many a second from sixteen connections, and the slowest hundredth in ms."""
    waiting = iter(tokens * times)
    latencies: list[float] = []

    async def one() -> None:
        client = RawClient(url, {"Accept": "text/html"}, timeout=60)
        for token in waiting:
            began = time.perf_counter()
            status, _ = await client.send("GET", f"/v/{token}")
            assert status == HTTPStatus.OK
            latencies.append(time.perf_counter() - began)
        client.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(16)))
    return len(latencies) / (time.perf_counter() - began), percentile(latencies, 0.99)


async def _publish(url: str, season: str, count: int) -> None:
    client = await nats.connect(url)
    stream = client.jetstream()
    for number in range(1, count + 1):
        named = PersonNamedV1(person=f"p{number}", version=1, name=Text(zh=f"测试{person(number)}"))
        await client.publish(f"{named.SUBJECT}.{named.person}", named.model_dump_json().encode())
    await client.flush()
    chunks = -(-count // CHUNK)
    for chunk in range(chunks):
        numbers = range(chunk * CHUNK + 1, min(count, (chunk + 1) * CHUNK) + 1)
        event = AwardGrantedV1(
            season=season,
            revision=2,
            chunk=chunk + 1,
            chunks=chunks,
            granted_at=time.time_ns() // 1000,
            entries=tuple(_line(number) for number in numbers),
        )
        await stream.publish(event.SUBJECT, event.model_dump_json().encode())
    await client.close()


def _line(number: int) -> EntryAward:
    return EntryAward(
        award=f"final/entry/E{number}",
        round="final",
        track="A",
        division="P",
        entry=f"E{number}",
        title=f"{person(number + 1)}的作品",
        unit="P01",
        tier="first",
        tier_title=Text(zh="一等奖", en="First prize"),
        rank=number,
        score="90.0000",
        members=(Recipient(person=f"p{number}", ordinal=number),),
    )


def _peak(running: ThreeProcesses) -> int:
    """KiB that the certificates service held at most."""
    status = Path(f"/proc/{running.processes['certificates'].pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=500)
    arguments.add_argument("--season", type=int, default=2000)
    asked = arguments.parse_args()
    click.echo(f"{os.cpu_count()} cores; a second and a core:")
    with tempfile.TemporaryDirectory() as name:
        figures = documents(asked.documents, Path(name)) | credentials(asked.documents, Path(name))
    for title, value in figures.items():
        click.echo(f"  {title:<34}{value:>10,.1f}")
    click.echo(f"  together / typst alone            {figures['together, signed'] / figures['typst alone']:>10.2f}")
    click.echo(f"{asked.season:,} entries, from award events to a ZIP:")
    for title, value in a_season(asked.season).items():
        click.echo(f"  {title:<34}{value:>10,.1f}")


if __name__ == "__main__":
    main()
