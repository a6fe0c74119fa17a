"""Which printed names are compared with the names that are known."""

from typing import Any

import pytest

from services.certificates.entrypoints.reconciliation import printed_name

KNOWN = {"told_version": 2, "name": {"zh": "林知意", "en": ""}}


def version(name: str, name_version: int = 2, by: str = "") -> dict[str, Any]:
    return {"name": {"zh": name, "en": ""}, "name_version": name_version, "by": by}


def certificate(*versions: dict[str, Any], kind: str = "student", known: tuple[Any, ...] = (KNOWN,)) -> dict[str, Any]:
    return {"_id": "S/a/p", "kind": kind, "versions": list(versions), "known": list(known)}


def agrees(document: dict[str, Any]) -> list[bool]:
    return [line.says == line.told for line in printed_name(document)]


def test_a_printed_name_is_the_one_that_is_known() -> None:
    assert agrees(certificate(version("林知"), version("林知意"))) == [True]
    assert agrees(certificate(version("林知意"), version("别人"))) == [False]


@pytest.mark.parametrize(
    "document",
    [
        certificate(version("林知", name_version=1)),
        certificate(version("林知意"), version("林知一", by="city")),
        certificate(version("林知意"), version("林知一", by="city"), version("林知一")),
        certificate(version("学校", name_version=0), kind="unit"),
        certificate(version("林知意"), known=()),
    ],
    ids=["waits to be printed", "decided", "decided, then another award", "a unit", "not known"],
)
def test_what_was_decided_or_waits_is_no_fault(document: dict[str, Any]) -> None:
    """Keeps away: a correction by the organizer that is reported as tampering ever after."""
    assert agrees(document) == []
