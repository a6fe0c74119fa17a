"""Every kind of page, by who sees it, with an address that shows it filled, and how it is looked at."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import nats
from playwright.sync_api import Browser, ViewportSize
from pymongo import MongoClient

from services.registration.entrypoints.pages.season_steps import EVERY_STEP
from tests.support.live_road import DESK, PHONE, LiveRoad
from tests.support.stage import Stage


@dataclass(frozen=True)
class Shown:
    """One page: a name for its picture, who looks, and where."""

    name: str
    role: str
    address: str


@dataclass(frozen=True)
class Look:
    """On what somebody looks at a page."""

    size: ViewportSize
    other_size: ViewportSize
    scheme: Literal["light", "dark"]


def look_at(name: str, language: str) -> Look:
    """How the page of this name is looked at in a language. In the two languages it is seen on both sizes and in both
    schemes; which of them go together changes from page to page.
    """
    number = crc32(name.encode())
    chinese = language.startswith("zh")
    small, dark = bool(number & 1) == chinese, bool(number & 2) == chinese
    sizes = (PHONE, DESK) if small else (DESK, PHONE)
    return Look(*sizes, "dark" if dark else "light")


@dataclass(frozen=True)
class Prepared:
    """Pages to show, and the cookies of those who may see them."""

    pages: list[Shown]
    cookies: dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What people have made: numbers of entries, and addresses. `entry` is accepted, `draft` not handed in."""

    entry: str
    draft: str
    waiting: str
    consent: str
    agreed: str
    invitation: str
    link: str
    token: str
    imported: str
    season_draft: str
    team: str
    serial: str
    aside: str
    download: str


def prepare(stage: Stage, browser: Browser) -> Prepared:
    """People have been at work: a draft waiting for consent, an entry waiting for review, one accepted and scored."""
    road = LiveRoad(stage, browser)
    strip = len(stage.url)
    _, consent = road.student_registers("student-draft", "还在等家长的作品", name="测试何景诺")
    waiting, address = road.student_registers("student-waiting", "海岛垃圾分拣", name="测试顾航一")
    road.guardian_agrees(address)
    road.student_hands_in(waiting)
    student, address = road.student_registers("student-accepted", "会说话的路线图", name="测试林若涵")
    agreed = road.guardian_agrees(address).url
    entry = road.student_hands_in(student)
    draft, _ = road.student_registers("student-editing", "正在修改的作品", name="测试方远然")
    captain, _ = LiveRoad(stage, browser, track="B").student_registers("student-captain", "还书提醒", name="测试林小雨")
    organizer, judge = road.signed_in("city-organizer"), road.signed_in("judge-A")
    road.student_sends_a_file(student, entry, "locked.pdf", b"%PDF-1.7\n" + b"nothing that can be read\n" * 9)
    road.organizer_approves(organizer, "会说话的路线图")
    road.judge_scores(judge, entry)
    judge.context.request.get(f"{stage.url}/registration/v1/seasons/{stage.live}/works/{entry}/copies/1")
    proposed = {"kind": "disqualification", "entry": entry, "rounds": ["final"], "reason": "作品并非本人完成"}
    stage.client.call("POST", f"/judging/v1/seasons/{stage.live}/exclusions", json=proposed)
    recorded = {"name": "测试周评委", "tracks": ["B"], "employer": "P02", "contact": "13800000000"}
    stage.client.call("PUT", f"/registration/v1/seasons/{stage.live}/judges/JN", json=recorded)
    grants = [{"role": "judge", "season": stage.live, "ref": "JC"}]
    invitation = stage.client.call("POST", "/registration/v1/invitations", json={"grants": grants}).json()["url"]
    with ThreadPoolExecutor(1) as pool:  # the browser has an event loop running in this thread
        pool.submit(lambda: asyncio.run(_poison(stage.nats_url))).result()
    stage.client.wait_for("judging", lambda: stage.client.get("/judging/v1/dead-letters"))
    listed = stage.client.get(f"/certificates/v1/seasons/{stage.example}/certificates", params={"limit": 1000})
    corrected = next(item for item in listed if item["version"] == 2)
    aside = next(item for item in listed if item["version"] == 1)
    _set_aside(stage, aside["serial"])
    school = road.signed_in("school")
    road.school_confirms(school, "会说话的路线图")
    alike = {"unit": "P01", "name_zh": "测试方远然", "birth": "2015-03"}
    stage.client.call("POST", f"/registration/v1/seasons/{stage.live}/students", json=alike)
    made = Made(
        entry=entry,
        draft=draft.url.rsplit("/", 1)[1],
        waiting=waiting.url.rsplit("/", 1)[1],
        consent=consent[strip:],
        agreed=agreed[strip:],
        invitation=invitation[strip:],
        link=stage.links()["judge-A"][strip:],
        team=captain.locator(".receipt.code").inner_text().strip(),
        token=corrected["url"].rsplit("/", 1)[1],
        serial=corrected["serial"],
        aside=aside["serial"],
        download=road.organizer_downloads(organizer)[strip:],
        imported=road.school_sends_a_class(school)[strip:],
        season_draft=road.organizer_copies_a_season(organizer, "2031")[strip:],
    )
    shown = all_pages(stage, made)
    people = {
        "operator": road.operator(),
        "city-organizer": organizer,
        "judge-A": judge,
        "school": school,
        "student": student,
        "editing": draft,
        "awarded": road.by_link(_link_of_awarded(stage)),
    }
    return Prepared(shown, {"": [], **{role: page.context.cookies() for role, page in people.items()}})


def _link_of_awarded(stage: Stage) -> str:
    """For the student of the first entry of the example, whose results are final."""
    client: MongoClient[dict[str, Any]] = MongoClient(stage.mongo_url)
    with client:
        entry = client["registration"]["entries"].find_one({"_id": f"{stage.example}/E001"}) or {}
    grants = [{"role": "student", "season": stage.example, "unit": "P01"}]
    sent = {"login": "student-awarded", "grants": grants, "person": entry["members"][0]}
    return str(stage.client.call("POST", "/registration/v1/sign-in-links", json=sent).json()["url"])


def _set_aside(stage: Stage, serial: str) -> None:
    """A document that took too much to draw, for the organizer to see."""
    client: MongoClient[dict[str, Any]] = MongoClient(stage.mongo_url)
    with client:
        database = client["certificates"]
        result = database["certificates"].find_one({"serial": serial}) or {}
        told = {"season": stage.example, "serial": serial, "version": 1, "reason": "", "at": 0}
        database["undrawn"].insert_one({"_id": f"{result['_id']}@1", **told})


async def _poison(nats_url: str) -> None:
    """An event that nobody can read, for the operator to see."""
    client = await nats.connect(nats_url)
    await client.jetstream().publish("registration.unit.recorded.v1", b"{}")
    await client.close()


def all_pages(stage: Stage, made: Made) -> list[Shown]:
    """The pages of all three services."""
    live, example, entry, draft = stage.live, stage.example, made.entry, made.draft
    return [
        Shown("home", "", "/"),
        Shown("season", "", f"/registration/seasons/{example}"),
        Shown("notices", "", "/registration/notices"),
        Shown("notice", "", f"/registration/seasons/{example}/notice"),
        Shown("children", "", "/registration/children"),
        Shown("design", "", "/design"),
        Shown("sign-in", "", "/registration/sign-in"),
        Shown("sign-up", "", f"/registration/seasons/{live}/sign-up"),
        Shown("sign-up-team", "", f"/registration/seasons/{live}/sign-up?code={made.team}"),
        Shown("invitation", "", made.invitation),
        Shown("consent", "", made.consent),
        Shown("consent-given", "", made.agreed),
        Shown("not-found", "", "/registration/seasons/nowhere"),
        Shown("register-track", "student", f"/registration/seasons/{live}/register"),
        Shown("register", "student", f"/registration/seasons/{live}/register?track=B"),
        Shown("entry", "student", f"/registration/entries/{live}/{entry}"),
        Shown("entry-draft", "editing", f"/registration/entries/{live}/{draft}"),
        Shown("entry-edit", "editing", f"/registration/entries/{live}/{draft}/edit"),
        Shown("mine", "student", "/registration/me"),
        Shown("join", "student", f"/registration/seasons/{live}/join"),
        Shown("files", "editing", f"/registration/entries/{live}/{draft}/files"),
        Shown("messages", "student", "/registration/messages"),
        Shown("data", "student", "/registration/me/data"),
        Shown("password", "student", "/registration/me/password"),
        Shown("school-desk", "school", f"/registration/seasons/{live}/desk"),
        Shown("school-import", "school", f"/registration/seasons/{live}/import"),
        Shown("school-import-checked", "school", made.imported),
        Shown("school-students", "school", f"/registration/seasons/{live}/students"),
        Shown("school-drafts", "school", f"/registration/seasons/{live}/drafts"),
        Shown("school-consents", "school", f"/registration/seasons/{live}/consents"),
        Shown("school-alike", "school", f"/registration/seasons/{live}/students/alike"),
        Shown("school-mine", "school", "/registration/me"),
        Shown("judge-mine", "judge-A", "/registration/me"),
        Shown("tokens", "judge-A", "/registration/tokens"),
        Shown("tasks", "judge-A", f"/judging/seasons/{live}/tasks"),
        Shown("rubric", "judge-A", f"/judging/seasons/{live}/rubric"),
        Shown("ballot", "judge-A", f"/judging/seasons/{live}/tasks/{entry}/work"),
        Shown("organizer-mine", "city-organizer", "/registration/me"),
        Shown("overview", "city-organizer", f"/registration/seasons/{live}/overview"),
        Shown("overview-final", "city-organizer", f"/registration/seasons/{example}/overview"),
        Shown("desk", "city-organizer", f"/registration/seasons/{live}/desk"),
        Shown("desk-entry", "city-organizer", f"/registration/entries/{live}/{made.waiting}"),
        Shown("board", "city-organizer", f"/registration/seasons/{live}/board"),
        Shown("units", "city-organizer", f"/registration/seasons/{live}/units"),
        Shown("signs", "city-organizer", f"/registration/seasons/{live}/signs"),
        Shown("reminders", "city-organizer", f"/registration/seasons/{live}/reminders"),
        Shown("reads", "city-organizer", f"/registration/seasons/{live}/reads"),
        Shown("webhooks", "city-organizer", f"/registration/seasons/{live}/webhooks"),
        Shown("season-rules", "city-organizer", f"/registration/seasons/{live}/rules"),
        Shown("season-drafts", "city-organizer", "/registration/season-drafts"),
        Shown("season-draft", "city-organizer", made.season_draft),
        Shown("amendment", "city-organizer", f"{made.season_draft}/amendment"),
        *(Shown(f"season-{step}", "city-organizer", f"{made.season_draft}/{step}") for step in EVERY_STEP),
        Shown("held-copies", "city-organizer", f"/registration/seasons/{live}/held-copies"),
        Shown("invite", "city-organizer", f"/registration/seasons/{live}/invite"),
        Shown("invitations", "city-organizer", f"/registration/seasons/{live}/invitations"),
        Shown("invitation-as", "city-organizer", made.invitation),
        Shown("judges", "city-organizer", f"/judging/seasons/{live}/judges"),
        Shown("results", "city-organizer", f"/judging/seasons/{example}/results"),
        Shown("results-round", "city-organizer", f"/judging/seasons/{example}/results?round=final&group=A-P"),
        Shown("chief", "city-organizer", f"/judging/seasons/{example}/chief"),
        Shown("chief-live", "city-organizer", f"/judging/seasons/{live}/chief"),
        Shown("summaries", "city-organizer", f"/registration/seasons/{example}/summaries"),
        Shown("summary", "city-organizer", f"/registration/seasons/{example}/summaries/P01"),
        Shown("jury", "city-organizer", f"/registration/seasons/{live}/judges"),
        Shown("judge", "city-organizer", f"/registration/seasons/{live}/judges/record"),
        Shown("ceremony", "city-organizer", f"/registration/seasons/{example}/ceremony"),
        Shown("judging-seasons", "operator", "/judging/"),
        Shown("step", "city-organizer", f"/judging/seasons/{live}/steps/closing"),
        Shown("exclusions", "city-organizer", f"/judging/seasons/{live}/exclusions"),
        Shown("link", "", made.link),
        Shown("schedule", "city-organizer", f"/judging/seasons/{live}/schedule"),
        Shown("sheets", "city-organizer", f"/judging/seasons/{live}/sheets"),
        Shown("objections", "city-organizer", f"/judging/seasons/{example}/objections"),
        Shown("objection", "", f"/judging/seasons/{live}/objection"),
        Shown("revision", "city-organizer", f"/judging/seasons/{example}/revision"),
        Shown("my-scores", "student", "/judging/mine"),
        Shown("my-score", "awarded", f"/judging/seasons/{example}/mine/E001"),
        Shown("entry-awarded", "awarded", f"/registration/entries/{example}/E001"),
        Shown("results-live", "city-organizer", f"/judging/seasons/{live}/results"),
        Shown("certificates", "city-organizer", f"/certificates/seasons/{example}"),
        Shown("certificate-downloads", "city-organizer", f"/certificates/seasons/{example}/downloads"),
        Shown("certificate", "city-organizer", f"/certificates/seasons/{example}/one/{made.serial}"),
        Shown("certificate-aside", "city-organizer", f"/certificates/seasons/{example}/one/{made.aside}"),
        Shown("certificate-changes", "city-organizer", f"/certificates/seasons/{example}/changes"),
        Shown("certificate-grants", "city-organizer", f"/certificates/seasons/{example}/grants"),
        Shown("certificate-signs", "city-organizer", f"/certificates/seasons/{example}/signs"),
        Shown("certificate-designs", "city-organizer", f"/certificates/seasons/{example}/designs"),
        Shown("certificate-design", "city-organizer", f"/certificates/seasons/{example}/designs/unit?case=longest"),
        Shown("templates", "city-organizer", f"/certificates/seasons/{example}/templates"),
        Shown("template", "city-organizer", f"/certificates/seasons/{example}/templates/ours"),
        Shown("certificate-handout", "city-organizer", f"/certificates/seasons/{example}/handout?track=A"),
        Shown("certificate-audit", "city-organizer", f"/certificates/seasons/{example}/audit"),
        Shown("certificate-download", "city-organizer", made.download),
        Shown("check-many", "", "/certificates/many"),
        Shown("keys", "", "/certificates/keys"),
        Shown("offline", "", "/certificates/offline"),
        Shown("my-certificates", "student", "/certificates/mine"),
        Shown("check", "", "/certificates/?serial=LHAI25-CS-000001-10"),
        Shown("verified", "", f"/v/{made.token}"),
        Shown("operations", "operator", "/judging/operations"),
        Shown("events", "", "/registration/docs/events"),
    ]
