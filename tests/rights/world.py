"""The objects that rights are about: one season with everything in it, and a season of another host beside it."""

import asyncio
import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import nats
import yaml
from fastapi import FastAPI
from PIL import Image
from pydantic import SecretStr
from pymongo import MongoClient

from laurel.client import Client
from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration
from tests.rights.identities import IDENTITIES
from tests.support.handing_out import hand_out
from tests.support.installation import SECRET, ThreeProcesses
from tests.support.people import decides
from tests.support.seasons import CSV, new_season, open_season
from tests.support.tus import Tus
from tests.support.waiting import eventually

UNITS = """unit,parent,level,name_zh,name_en,gb2260
CITY,,city,滨城市,Bincheng,
D1,CITY,district,观澜区,Guanlan,
D2,CITY,district,望海区,Wanghai,
P01,D1,school,澜心小学,Lanxin Primary School,
P02,D1,school,朝汐小学,Chaoxi Primary School,
P03,D2,school,青桐小学,Qingtong Primary School,
"""
OF_AGE = "2010-01"
GRADE = 6
SLIP = re.compile(r'class="code small">(http[^<]+)<')
SCORES = {"theme": "30", "originality": "30"}
SAME_EVERYWHERE = {
    "round_id": "final",
    "stage": "final",
    "table": "awards",
    "component": "work",
    "judge": "J1",
    "member": "1",
    "instructor": "1",
    "number": "1",
    "unit": "P02",
    "track": "A",
    "division": "P",
    "action": "A1",
    "part": "final",
    "block": "0",
    "version": "1",
    "name": "rules",
    "achievement": "first",
}


@dataclass
class World:
    """Tokens by identity, and what stands in the addresses, for the one season and for the other."""

    tokens: dict[str, str] = field(default_factory=dict)
    here: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """A season that is being made, by the operator."""

    running: ThreeProcesses
    operator: Client
    season: str
    keeper: Client

    def hands_in(self, keeper: str, school: str, *members: str) -> str:
        """An entry of an instructor, for whose members the school hands slips to the guardians."""
        with by(self.running, keeper) as instructor, by(self.running, school) as administrator:
            answer = instructor.post(
                f"/registration/v1/seasons/{self.season}/entries",
                json={
                    "track": "A",
                    "title": f"作品 {uuid4().hex[:6]}",
                    "instructors": ["测试师甲"],
                    "members": [{"name_zh": member, "birth": OF_AGE, "grade": GRADE} for member in members],
                },
                headers={"Idempotency-Key": uuid4().hex},
            )
            assert answer.status_code == 201, answer.text
            entry = str(answer.json()["entry"])
            address = f"/registration/entries/{self.season}/{entry}"
            for slip in SLIP.findall(administrator.post(f"{address}/guardian-slips").text):
                assert decides(html.unescape(slip)).status_code == 303
            assert instructor.post(f"{address}/submit").status_code == 303
            return entry


def by(running: ThreeProcesses, token: str) -> httpx.Client:
    return httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def rules(series: str) -> dict[str, Any]:
    """A live season with three levels, teams, works, and one ballot for each entry; another track is recommended."""
    made = new_season(review_steps=["district"])
    made["series"]["id"] = series
    made["unit_levels"] = ["city", "district", "school"]
    made["panels"]["common"] = {"ballots": "1", "method": "mean"}
    made["works"] = {"A": {"files": ["0", "3"], "types": ["pdf", "image"], "max_mib": "5"}}
    made["nominations"] = {"level": "district", "places": {"A": {"P": 20}}}
    made["nominations"] = {"level": "district", "places": {"A": {"P": "20"}}}
    window = {"opens": "2025-03-29T00:00:00", "closes": "2025-04-05T17:00:00"}
    made["recommendation"] = {"levels": ["district"], "windows": {"district": window}, "tracks": ["B"]}
    for track in made["tracks"]:
        track["members"] = ["1", "3"]
    return made


def make(running: ThreeProcesses) -> World:
    """Both seasons, with people, works, ballots, results and certificates; and an event that could not be applied."""
    operator = Client(running.url, "en", patience=60)
    operator.sign_in_as_operator(SECRET)
    world = World()
    written = [rules(series) for series in ("campus-ai", "robot-league")]
    here, elsewhere = (open_season(operator, item, units=UNITS) for item in written)
    world.here["rules"], world.elsewhere["rules"] = (yaml.safe_dump(item, allow_unicode=True) for item in written)
    for season, at, judge in ((here, world.here, "judge"), (elsewhere, world.elsewhere, "judge-c")):
        at.update(_filled(running, operator, season, f"{judge}-rights"))
    people = {name: world.here[name] for name in ("student", "mate", "stranger")}
    for identity in IDENTITIES:
        world.tokens[identity.name] = _signed_in(
            running,
            operator,
            f"{identity.name}-rights",
            [identity.grant(here, elsewhere).as_claim()],
            people.get(identity.person, ""),
        )
    world.tokens["instructor"] = world.here["token-of-instructor"]
    for at in (world.here, world.elsewhere):
        del at["token-of-instructor"]
    asyncio.run(_poison(running.servers.nats_url))
    letters = operator.wait_for("judging", lambda: operator.get("/judging/v1/dead-letters"))
    for at in (world.here, world.elsewhere):
        at["letter"] = letters[0]["id"]
    grants = [{"r": "school-admin", "s": elsewhere, "u": "P01", "f": ""}]
    _own_things(running, world.here, world.tokens["host"], world.tokens["school"])
    _own_things(
        running, world.elsewhere, world.tokens["host-b"], _signed_in(running, operator, "school-elsewhere", grants)
    )
    operator.close()
    return world


def _signed_in(
    running: ThreeProcesses, operator: Client, login: str, claims: list[dict[str, str]], person: str = ""
) -> str:
    """The token of a browser session, for a new account with these roles."""
    grants = [{"role": c["r"], "season": c["s"], "unit": c["u"], "ref": c["f"]} for c in claims]
    sent = {"login": login, "grants": grants, "person": person}
    url = operator.call("POST", "/registration/v1/sign-in-links", json=sent).json()["url"]
    with httpx.Client(base_url=running.url, headers={"Origin": running.url}) as browser:
        assert browser.post(url).status_code == 303
        return str(browser.cookies["laurel_token"])


def _filled(running: ThreeProcesses, operator: Client, season: str, judge: str) -> dict[str, str]:
    """A season from its first entry to its certificates; what stands in addresses of it. `judge` is the login of J1."""
    place = _Place(running, operator, season, operator)
    judging, registration = f"/judging/v1/seasons/{season}", f"/registration/v1/seasons/{season}"
    names = {who: f"测试{who}{uuid4().hex[:4]}" for who in "甲乙丙丁"}
    tokens, schools = (
        {
            unit: _signed_in(
                running, operator, f"{role}-{unit}-{season}"[:60], [{"r": role, "s": season, "u": unit, "f": ""}]
            )
            for unit in ("P01", "P03")
        }
        for role in ("instructor", "school-admin")
    )
    entry = place.hands_in(tokens["P01"], schools["P01"], names["甲"], names["乙"], names["丁"])
    other = place.hands_in(tokens["P03"], schools["P03"], names["丙"])
    for item, role in (("J1", "scoring"), ("J2", "reserve"), ("JC", "chief")):
        operator.call("PUT", f"{judging}/judges/{item}", json={"tracks": ["A"], "role": role})
    tus = Tus(running.url, tokens["P01"])
    pdf = _picture()
    receipt = tus.whole(season, entry, "work.png", pdf).json()
    held = tus.whole(season, entry, "locked.pdf", b"%PDF-1.7\n" + b"x" * 100).json()
    begun = tus.begin(season, entry, "begun.png", 1000)
    tus.client.close()
    approval = {"entries": [entry, other], "verdict": "approved"}
    operator.call("POST", f"{registration}/reviews", json=approval)
    operator.wait_for("judging", lambda: operator.get(judging)["standings"].get("valid") == 2)
    hand_out(operator, season)
    judge_token = _signed_in(running, operator, judge, [{"r": "judge", "s": season, "u": "*", "f": "J1"}])
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {judge_token}"}) as scoring:
        assert scoring.get(f"{registration}/works/{entry}/copies/2").status_code == 409
        for task in scoring.get(f"{judging}/tasks").json():
            scores = {**SCORES, "process": "15" if task["entry"] == entry else "10"}
            sent = {"scores": scores, "comment": "看得出下了功夫", "submit": True}
            assert scoring.put(f"{judging}/tasks/{task['entry']}/work/ballot", json=sent).status_code == 200
    operator.call("POST", f"{judging}/rounds/final/sheets/tests", content=b"round,entry,component,score\n", headers=CSV)
    operator.call("POST", f"{judging}/rounds/final/closing", json={"reason": "matrix"})
    operator.call("POST", f"{judging}/announcement", json={"reason": "matrix"})
    with httpx.Client(base_url=running.url, headers={"Origin": running.url}) as browser:
        filed = browser.post(
            f"/judging/seasons/{season}/objection",
            data={
                "name": "测试家长",
                "contact": "a@example.org",
                "entry": entry,
                "ground": "other",
                "text": "请核对这件作品的评分，" * 3,
            },
            files={"evidence": ("proof.pdf", b"%PDF-1.7\n" + b"x" * 100, "application/pdf")},
        )
        assert filed.status_code == 303, filed.text
    operator.call("POST", f"{judging}/finalization", json={"reason": "matrix"})
    with _Database(running, "registration") as database:
        ours, theirs = (database["entries"].find_one(f"{season}/{value}")["members"] for value in (entry, other))
    (student, mate, _), (stranger,) = ours, theirs
    certificates = f"/certificates/v1/seasons/{season}"

    def granted() -> None:
        assert operator.get(f"{certificates}/certificates")

    eventually(granted, 60)
    listed = operator.get(f"{certificates}/certificates")
    serial = next(value["serial"] for value in listed if value["recipient"] == student)
    with _Database(running, "judging") as database:
        objection = database["objections"].find_one({"season": season})
        sheet = database["entered_sheets"].find_one({"season": season})
    with _Database(running, "certificates") as database:
        certificate = database["certificates"].find_one({"serial": serial})
        key = database["keys"].find_one({"use": "documents"})
    return {
        **SAME_EVERYWHERE,
        "season": season,
        "season_id": season,
        "entry": entry,
        "student": student,
        "mate": mate,
        "stranger": stranger,
        "token-of-instructor": tokens["P01"],
        "upload": receipt["upload"],
        "held": held["upload"],
        "login": f"instructor-P03-{season}"[:60].lower(),
        "upload_id": begun.rsplit("/", 1)[1],
        "serial": serial,
        "filed_id": objection["id"],
        "sheet": sheet["id"],
        "entered": sheet["id"],
        "letters": serial.split("-")[1],
        "code": certificate["code"],
        "kid": key["_id"],
        "token": next(value["url"] for value in listed if value["serial"] == serial).rsplit("/", 1)[1],
    }


def _own_things(running: ThreeProcesses, objects: dict[str, str], host: str, school: str) -> None:
    """What somebody began and nobody else sees: a draft of a season, a download and an invitation of
    the host, an import of the school.
    """
    season = objects["season"]

    with by(running, host) as organizer, by(running, school) as administrator:
        draft = organizer.post("/registration/season-drafts", data={"from": season})
        asked = {"form": "zip", "reason": "matrix"}
        download = organizer.post(f"/certificates/v1/seasons/{season}/downloads", json=asked).json()["id"]
        sheet = administrator.post(
            f"/registration/v1/seasons/{season}/imports",
            content=b"x",
            headers={"Content-Type": "application/octet-stream"},
        )

        def made() -> None:
            address = f"/certificates/v1/seasons/{season}/downloads/{download}"
            assert organizer.get(address).json()["state"] == "done"

        eventually(made, 60)
        grants = [{"role": "judge", "season": season, "ref": "J9"}]
        organizer.post("/registration/v1/invitations", json={"grants": grants}).raise_for_status()
        (invitation,) = organizer.get("/registration/v1/invitations", params={"season": season}).json()
        held = organizer.get(f"/registration/v1/seasons/{season}/roles").json()
    objects |= {
        "invitation": invitation["id"],
        "role": next(item["id"] for item in held if item["login"] == objects["login"]),
        "draft_id": draft.headers["location"].rsplit("/", 2)[1],
        "template": "blank",
        "step": "basics",
        "download": download,
        "job_id": sheet.json()["id"],
    }


class _Database:
    """The database of a service, looked into while the world is made."""

    def __init__(self, running: ThreeProcesses, service: str) -> None:
        self._client: MongoClient[Mapping[str, Any]] = MongoClient(running.servers.mongo_url)
        self._name = running.prefix + service

    def __enter__(self) -> Any:
        return self._client[self._name]

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG")
    return buffer.getvalue()


async def _poison(nats_url: str) -> None:
    client = await nats.connect(nats_url)
    await client.jetstream().publish("registration.unit.recorded.v1", b"{}")
    await client.close()


def applications(running: ThreeProcesses) -> dict[str, FastAPI]:
    """The three applications in this process, on the servers and with the keys of this installation. Nothing runs beside
    them: what a request changes goes no further.
    """
    shared: dict[str, Any] = {
        "mongo_url": running.servers.mongo_url,
        "nats_url": running.servers.nats_url,
        "public_url": running.url,
        "database_prefix": running.prefix,
    }
    return {
        "registration": registration.create_app(
            registration.RegistrationSettings(
                **shared,
                registration_signing_key_file=running.folder / "identity.pem",
                registration_operator_secret=SecretStr(SECRET),
            )
        ),
        "judging": judging.create_app(judging.JudgingSettings(**shared)),
        "certificates": certificates.create_app(
            certificates.CertificatesSettings(
                **shared,
                certificates_keys_folder=running.folder / "certificates",
                certificates_engines_folder=running.folder / "engines",
            )
        ),
    }
