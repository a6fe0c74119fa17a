"""What a first visitor finds: the finished example season, and a live one to try by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from laurel.client import Client
from laurel.season_folder import read_folder
from laurel.season_run import Run
from shared.season.plain_yaml import write_yaml

INSTALLED, CHECKED_OUT = Path(__file__).parent / "examples" / "small", Path(__file__).parents[1] / "examples" / "small"
EXAMPLE = INSTALLED if INSTALLED.is_dir() else CHECKED_OUT
SERIES = "campus-ai-*"
LIVE_PREFIX = "campus-ai-live-"
LIVE_DAYS = 30
LINK_HOURS = 24
TRACKS = ("A", "B")
ROLES = ("city-organizer", "school", "judge-A", "judge-B", "student")


def run_example(client: Client, say: Callable[[str], None]) -> None:
    """Run the example season; a second time changes nothing."""
    run = Run(read_folder(EXAMPLE), client, say)
    run.open()
    run.hand_over()
    run.judge()


def live_season(now: datetime) -> dict[str, Any]:
    """The example's rules with windows around this moment."""
    rules: dict[str, Any] = yaml.load((EXAMPLE / "season.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    local = now.astimezone(ZoneInfo(rules["time_zone"]))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)

    def day(offset: int, hour: int = 0) -> str:
        return (midnight + timedelta(days=offset, hours=hour)).isoformat()

    rules["season"] = {
        "id": f"live-{local:%Y%m%d}",
        "title": {
            "zh": f"{local.year}年浪花杯AI创作赛（体验）",
            "en": f"Spray Cup AI Creation Contest {local.year} (live trial)",
        },
    }
    rules["timeline"] = {
        "registration": {"opens": day(-1, 9), "closes": day(LIVE_DAYS, 17)},
        "results_notice": {"opens": day(LIVE_DAYS + 2), "closes": day(LIVE_DAYS + 7)},
    }
    rules["rounds"][0]["judging"] = {"opens": day(-1, 12), "closes": day(LIVE_DAYS + 1)}
    rules["unit_award"]["eligible"]["summary_by"] = day(LIVE_DAYS, 17)
    rules["serials"]["prefix"] = f"LIVE{local:%y%m%d}"
    rules["works"] = {"A": {"files": [0, 3], "types": ["pdf", "image", "video", "archive"], "max_mib": 200}}
    rules["contacts"] = [
        {"title": {"zh": "竞赛办公室（测试）", "en": "Contest office (test)"}, "email": "contest@example.org"}
    ]
    return rules


def open_live(client: Client, now: datetime) -> str:
    """The id of a live season whose registration is open: a recent one, or a new one."""
    for season in client.get("/registration/v1/seasons"):
        stamp = season["id"].removeprefix(LIVE_PREFIX)
        if season["id"].startswith(LIVE_PREFIX) and stamp.isdigit():
            opened = datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC)
            if now - opened < timedelta(days=LIVE_DAYS):
                result: str = season["id"]
                return result
    rules = live_season(now)
    rules["panels"] = {"common": {"ballots": 1, "method": "mean"}}  # one judge a track, who is signed in by a link
    season_id = f"{rules['series']['id']}-{rules['season']['id']}"
    client.call(
        "PUT",
        f"/registration/v1/seasons/{season_id}",
        params={"mode": "live"},
        content=write_yaml(rules).encode(),
        headers={"Content-Type": "application/yaml"},
    )
    client.call(
        "PUT",
        f"/registration/v1/seasons/{season_id}/records/units",
        content=(EXAMPLE / "units.csv").read_bytes(),
        headers={"Content-Type": "text/csv"},
    )
    client.wait_for("judging", lambda: client.get(f"/judging/v1/seasons/{season_id}"))
    for track in TRACKS:
        client.call("PUT", f"/judging/v1/seasons/{season_id}/judges/J{track}", json={"tracks": [track]})
    return season_id


def sign_in_links(client: Client, season: str) -> dict[str, str]:
    """A one-time link for a demo person of each role."""
    student = client.call(
        "POST",
        f"/registration/v1/seasons/{season}/students",
        json={"unit": "P01", "name_zh": "测试林知逸", "name_en": "Test Lin Zhiyi", "birth": "2014-02"},
    ).json()["person"]
    grants: dict[str, list[dict[str, str]]] = {
        "city-organizer": [{"role": "city-organizer", "season": SERIES}],
        **{f"judge-{track}": [{"role": "judge", "season": season, "ref": f"J{track}"}] for track in TRACKS},
        "school": [{"role": "school-admin", "season": season, "unit": "P01"}],
        "student": [{"role": "student", "season": season, "unit": "P01"}],
    }
    return {
        role: client.call(
            "POST",
            "/registration/v1/sign-in-links",
            json={
                "login": f"{role.lower().removeprefix('city-')}-{season[-4:]}",
                "grants": grants[role],
                "hours": LINK_HOURS,
                "person": student if role == "student" else "",
            },
        ).json()["url"]
        for role in ROLES
    }
