"""Audit logs of a running installation or in files, followed from their beginning."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from laurel.client import Client
from laurel.errors import UserError
from shared.audit import Head, Verdict, verify
from shared.audit.chain import FORMAT

Noted = dict[str, list[Head]]
"""Heads that were kept elsewhere, by service."""


def noted_heads(texts: Sequence[str]) -> Noted:
    """From `service:number:hash`, as the operator's page shows it. Raises Trouble."""
    result: Noted = {}
    for text in texts:
        service, _, head = text.strip().partition(":")
        try:
            result.setdefault(service, []).append(Head.read(head))
        except ValueError as error:
            raise UserError("not-a-head", text=text) from error
    return result


def verify_installation(client: Client, service: str, noted: Noted) -> Verdict:
    """Follow the log of a service while it comes."""
    with client.lines(f"/{service}/v1/audit-log") as lines:
        return _followed(lines, service, noted)[1]


def verify_file(file: Path, noted: Noted) -> tuple[str, Verdict]:
    """Follow a log that was taken out; the service it is of, and the verdict. Raises Trouble where it is none."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        return _followed(lines, str(file), noted)


def take_out(client: Client, service: str, file: Path) -> None:
    """Write the log of a service into a file."""
    with client.lines(f"/{service}/v1/audit-log") as lines, file.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)


def _followed(lines: Iterable[str], where: str, noted: Noted) -> tuple[str, Verdict]:
    records = _records(lines)
    first = next(records, {})
    if first.get("format") != FORMAT:
        raise UserError("not-an-audit-log", where=where)
    service = str(first["service"])
    return service, verify(service, records, noted.get(service, ()))


def _records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        yield record if isinstance(record, dict) else {}
