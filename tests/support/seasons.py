"""A live season of a test's own, and people in it with tokens for programs."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from laurel.client import Client
from laurel.demo import EXAMPLE, live_season
from shared.season.plain_yaml import write_yaml
from tests.support.installation import ThreeProcesses
from tests.support.people import TLS

YAML = {"Content-Type": "application/yaml"}
CSV = {"Content-Type": "text/csv"}


def new_season(**changes: Any) -> dict[str, Any]:
    """A live season of its own for one test."""
    rules = live_season(datetime.now(UTC))
    rules["season"]["id"] = f"test-{uuid4().hex[:8]}"
    rules["serials"]["prefix"] = f"T{uuid4().hex[:7].upper()}"
    return {**rules, **changes}


def open_season(operator: Client, rules: dict[str, Any], mode: str = "live", units: str = "") -> str:
    """Open it with these units, or those of the example."""
    season = f"{rules['series']['id']}-{rules['season']['id']}"
    content = write_yaml(rules).encode()
    operator.call("PUT", f"/registration/v1/seasons/{season}", params={"mode": mode}, content=content, headers=YAML)
    listed = units.encode() or (EXAMPLE / "units.csv").read_bytes()
    report = operator.call(
        "PUT", f"/registration/v1/seasons/{season}/records/units", content=listed, headers=CSV
    ).json()
    wanted = report["accepted"]
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{season}")["units"] == wanted)
    return season


def close_registration(operator: Client, season: str, rules: dict[str, Any]) -> None:
    """Let the registration of this open season end at this moment: an amendment moves its close."""
    now = datetime.now(ZoneInfo(rules["time_zone"])).replace(tzinfo=None)
    registration = {**rules["timeline"]["registration"], "closes": now.isoformat()}
    amended = {**rules, "timeline": {**rules["timeline"], "registration": registration}}
    address = f"/registration/v1/seasons/{season}/amendments"
    content = write_yaml(amended).encode()
    operator.call("POST", address, params={"reason": "closed"}, content=content, headers=YAML)


def person(installation: ThreeProcesses, operator: Client, **grant: str) -> Client:
    """Somebody who accepted an invitation and made a token for programs."""
    url = operator.call("POST", "/registration/v1/invitations", json={"grants": [grant]}).json()["url"]
    login = f"person-{uuid4().hex[:10]}"
    with httpx.Client(base_url=installation.url, headers={"Origin": installation.url}, verify=TLS) as browser:
        answer = browser.post(url, data={"login": login, "password": "four calm herons sleep"})
        assert answer.status_code == 303, answer.text
        token = browser.post("/registration/v1/tokens", json={"label": "test", "season": grant.get("season", "*")})
        assert token.status_code == 201, token.text
    client = Client(installation.url, "en", patience=20)
    client.use_token(token.json()["token"])
    return client
