"""Entries of a live season in one go: a class sheet, checked and let in."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from laurel.client import Client
from tests.support.waiting import eventually

HEADER = "学校编号,赛道,作品名称,作品语言,第一队员姓名,第一队员出生年月,第一队员年级,第一指导教师,纸质同意书"


def register(
    operator: Client,
    season: str,
    units: Sequence[str],
    track: str = "A",
    language: str = "",
    before: int = 0,
    standing: str = "valid",
) -> list[str]:
    """One accepted entry for each unit named, `before` so many are there already; all numbers as judging knows them, by title."""
    rows = [
        f"{unit},{track},作品 {number:02d},{language},测试{uuid4().hex},2014-03,5,测试{uuid4().hex[:6]}老师,是"
        for number, unit in enumerate(units, before + 1)
    ]
    content = "\n".join([HEADER, *rows]).encode()
    base = f"/registration/v1/seasons/{season}/imports"
    headers = {"Content-Type": "application/octet-stream", "File-Name": "sheet"}
    job = operator.call("POST", base, content=content, headers=headers).json()["id"]

    def over(state: str) -> dict[str, Any]:
        result: dict[str, Any] = {}

        def look() -> None:
            result.update(operator.get(f"{base}/{job}"))
            assert result["state"] == state

        eventually(look, 60)
        return result

    assert over("checked")["fallen"] == 0
    operator.call("POST", f"{base}/{job}/application", json={"mode": "right-rows"})
    over("done")
    wanted = before + len(units)
    operator.wait_for(
        "judging", lambda: operator.get(f"/judging/v1/seasons/{season}")["standings"].get(standing) == wanted
    )
    listed = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000})
    return [item["entry"] for item in sorted(listed, key=lambda value: str(value["title"]))]
