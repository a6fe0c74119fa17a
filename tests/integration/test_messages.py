"""Messages reach the page, the mailbox and organizers' systems, once each, whatever is delivered or run twice."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from laurel.client import Client, ProblemAnswer
from services.registration.adapters.webhooks import Webhooks
from shared.commands import Command
from shared.http.outgoing import Outgoing
from shared.mongo import Document, Mongo
from tests.integration.test_classes import applied, checked, csv_of, row
from tests.integration.test_lifecycle import UNITS, rules
from tests.integration.test_rights import awarded
from tests.support.classes import register
from tests.support.doubling import Doubler
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.receivers import Mailbox, Receiver, Slammer, on_uvloop
from tests.support.seasons import new_season, open_season, person
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture(scope="module")
def posting(
    tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox, own_servers: Servers
) -> Iterator[ThreeProcesses]:
    """An installation with a post office, whose webhooks may stay inside."""
    running = ThreeProcesses(tmp_path_factory.mktemp("posting"), own_servers)
    running.environment = {
        "LAUREL_REGISTRATION_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "LAUREL_REGISTRATION_MAIL_FROM": "Laurel <laurel@example.org>",
        "LAUREL_REGISTRATION_WEBHOOKS_INSIDE": "true",
        "LAUREL_SWEEP_SECONDS": "1",
    }
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def root(posting: ThreeProcesses) -> Iterator[Client]:
    client = Client(posting.url, "en", patience=30)
    client.sign_in_as_operator(SECRET)
    yield client
    client.close()


@pytest.fixture(scope="module")
def season(root: Client) -> str:
    return open_season(root, rules(), units=UNITS)


def with_mail(browsing: Browsing, mailbox: Mailbox, address: str) -> None:
    """Confirm an address by the link that was sent there."""
    assert browsing.post("/registration/messages/address", {"mail": "no address"}).status_code == 422
    assert browsing.post("/registration/messages/address", {"mail": address}).status_code == 200
    text = mailbox.to(address)[0].get_payload(decode=True)
    link = re.search(r"(http\S+)", bytes(text).decode())
    assert link
    parts = urlsplit(link[1])
    with Browsing(str(browsing.base_url)) as nobody:
        assert nobody.get(f"{parts.path}?{parts.query}").status_code == 303, "only who is signed in confirms"
    forged = parts.path[:-4] + "0000"
    assert browsing.get(f"{forged}?{parts.query}").status_code == 404
    assert browsing.get(f"{parts.path}?{parts.query}").status_code == 303


def confirmations(mailbox: Mailbox) -> list[Message]:
    """What the pupil is told of the entry; that the address changed, and that the season closes soon, come when they come."""
    letters = mailbox.to("pupil@example.org")[1:]
    return [letter for letter in letters if str(letter["Subject"]).startswith(("已收到", "“"))]


def test_each_message_comes_once_in_the_persons_language(
    posting: ThreeProcesses, root: Client, season: str, mailbox: Mailbox
) -> None:
    doubler = Doubler(posting.servers.nats_url)
    doubler.start()
    with (
        student(posting, season, "P01", birth="2010-01") as pupil,
        invited(posting, root, role="city-organizer", season=season) as city,
    ):
        with_mail(pupil, mailbox, "pupil@example.org")
        entry = pupil.registers(season, grade=6)
        mailbox.refuse = 1
        pupil.acts(season, entry, "submit")
        city.reviews(season, [entry], "returned", reason="请补照片")

        def told() -> None:
            subjects = sorted(str(message["Subject"]) for message in confirmations(mailbox))
            assert [subject[:1] for subject in subjects] == ["“", "已"]

        eventually(told, 40)
        page = pupil.get("/registration/messages").text
        assert page.count("请补照片") == 1
        assert "已收到" in page
        posting.kill("registration")
        posting.start_service("registration")
        posting.wait_ready("registration")
        ids = [message["Message-ID"] for message in confirmations(mailbox)]
        assert len(ids) == len(set(ids)) == 2, [str(letter["Subject"]) for letter in confirmations(mailbox)]
    doubler.stop()


def test_a_certificate_and_a_notice_are_told_once(posting: ThreeProcesses, root: Client) -> None:
    made = new_season(acceptance="submission")
    made["panels"]["common"] |= {
        "ballots": "1",
        "method": "mean",
        "drop_high": "0",
        "drop_low": "0",
        "min_ballots": "1",
    }
    live = open_season(root, made)
    doubler = Doubler(posting.servers.nats_url)
    doubler.start()
    hooks = f"/registration/v1/seasons/{live}/webhooks"
    with Receiver() as receiver, student(posting, live, "P01", birth="2010-01") as pupil:
        key = {"Idempotency-Key": "hook"}
        made_hook = root.call("POST", hooks, json={"url": receiver.url}, headers=key).json()
        assert root.call("POST", hooks, json={"url": receiver.url}, headers=key).json() == made_hook
        listed = root.get(hooks)
        assert listed == [{"id": made_hook["id"], "url": receiver.url, "kinds": []}], "the secret is told once"
        entry = awarded(root, pupil, live)

        def told() -> None:
            page = pupil.get("/registration/messages").text
            assert page.count("证书可以下载了") == 1
            assert page.count("结果公示了") == 1

        eventually(told)
        listed = root.get(f"/certificates/v1/seasons/{live}/certificates")
        (issued,) = (item for item in listed if item["kind"] == "student")
        sheet = f"serial,action,name_zh,name_en,reason\n{issued['serial']},correct,测试更正,,一个错字\n".encode()
        changes = f"/certificates/v1/seasons/{live}/decisions?dry_run=false"
        assert root.call("POST", changes, content=sheet, headers={"Content-Type": "text/csv"}).json()["changed"] == 1
        decision = {"action": "revoke", "reason": "Test"}
        root.call("POST", f"/certificates/v1/seasons/{live}/certificates/{issued['serial']}/decisions", json=decision)

        def told_of_changes() -> None:
            page = pupil.get("/registration/messages").text
            assert page.count("证书已更正") == page.count("一个错字") == page.count("证书不再有效") == 1

        eventually(told_of_changes, 30)
        own = pupil.get("/certificates/me/data.json").json()["certificates"][0]["versions"]
        assert [version["name"]["zh"] for version in own][1:] == ["测试更正"], "and the copy says so"

        def outside() -> dict[str, Any]:
            events = [Webhook(made_hook["secret"]).verify(body, headers) for headers, body in receiver.requests]
            told = {(event["type"], event["data"].get("serial")): event["data"] for event in events}
            assert len(events) == len(told), "each once"
            return {kind: data for (kind, serial), data in told.items() if serial in (None, issued["serial"])}

        def heard() -> None:
            assert len(outside()) == 7, outside()

        eventually(heard, 30)
        told_outside = outside()
        assert told_outside["entry.submitted"]["standing"] == "valid"
        assert told_outside["round.closed"]["round"] == "final"
        assert told_outside["results.announced"]["revision"] < told_outside["results.final"]["revision"]
        for kind in ("certificate.issued", "certificate.revoked"):
            assert (told_outside[kind]["serial"], told_outside[kind]["entry"]) == (issued["serial"], entry)
        assert issued["recipient"] not in json.dumps(told_outside), "nor who it is"
        pieces = list(root.listed(f"/registration/v1/seasons/{live}/webhook-deliveries", limit=2))
        assert {item["kind"] for item in pieces} == set(told_outside)
        root.call("DELETE", f"{hooks}/{made_hook['id']}")
        assert root.get(hooks) == []
        with pytest.raises(ProblemAnswer) as gone:
            root.call("DELETE", f"{hooks}/{made_hook['id']}")
        assert (gone.value.status, gone.value.code) == (404, "no-such-webhook")
    doubler.stop()


def test_an_entry_of_a_sheet_is_told_outside_where_it_stood_then(posting: ThreeProcesses, root: Client) -> None:
    made = rules(acceptance="submission")
    del made["review_steps"], made["nominations"]
    live = open_season(root, made, units=UNITS)
    hooks = f"/registration/v1/seasons/{live}/webhooks"
    with Receiver() as receiver:
        hook = root.call(
            "POST", hooks, json={"url": receiver.url, "kinds": ["entry.submitted", "entry.withdrawn"]}
        ).json()
        with closing(person(posting, root, role="school-admin", season=live, unit="P01")) as school:
            sheet = csv_of([row(), row(consent="否")])
            job = checked(school, live, sheet)
            applied(school, live, job, "all-or-nothing")
            entries = {item["standing"]: item["entry"] for item in root.get(f"/registration/v1/seasons/{live}/entries")}
            address = f"/registration/entries/{live}/{entries['valid']}/withdraw"
            school.call("POST", address, data={"reason": "Test", "confirm": "withdraw"})

            def heard() -> None:
                events = [Webhook(hook["secret"]).verify(body, headers) for headers, body in receiver.requests]
                told = sorted((event["type"], event["data"]["entry"], event["data"]["standing"]) for event in events)
                assert told == [
                    ("entry.submitted", entries["valid"], "valid"),
                    ("entry.withdrawn", entries["valid"], "withdrawn"),
                ], "a draft is not handed in"

            eventually(heard, 30)


def test_whoever_has_not_handed_in_is_reminded_once(posting: ThreeProcesses, root: Client) -> None:
    made = rules(time_zone="UTC")
    closes = datetime.now(UTC) + timedelta(hours=20)
    made["timeline"]["registration"]["closes"] = closes.replace(tzinfo=None, microsecond=0).isoformat()
    live = open_season(root, made, units=UNITS)
    with (
        student(posting, live, "P01", birth="2010-01") as late,
        student(posting, live, "P01", birth="2010-01") as early,
    ):
        late.registers(live, grade=6)
        early.acts(live, early.registers(live, grade=6), "submit")
        for _ in range(2):  # a service looks for the due when it starts
            posting.kill("registration")
            posting.start_service("registration")
            posting.wait_ready("registration")

        def reminded() -> None:
            assert late.get("/registration/messages").text.count("还有一天截止") == 1

        eventually(reminded)
        assert "截止" not in early.get("/registration/messages").text


def test_webhooks_are_signed_tried_again_and_listed(posting: ThreeProcesses, root: Client, season: str) -> None:
    with (
        Receiver() as receiver,
        invited(posting, root, role="city-organizer", season=season) as city,
        student(posting, season, "P01", birth="2010-01") as pupil,
    ):
        address = f"/registration/seasons/{season}/webhooks"
        assert city.post(address, {"url": "ftp://example.org"}).status_code == 422
        page = city.post(address, {"url": receiver.url}).text
        secret = re.search(r"(whsec_[\w+/=]+)", page)
        assert secret
        assert secret[1] not in city.get(address).text, "shown once"
        receiver.answers = [500]
        entry = pupil.registers(season, grade=6)
        pupil.acts(season, entry, "submit")

        def received() -> None:
            assert len(receiver.requests) == 2

        eventually(received, 30)
        (first, body), (second, again) = receiver.requests
        assert (first["webhook-id"], body) == (second["webhook-id"], again), "the same message, tried again"
        content = Webhook(secret[1]).verify(again, second)
        assert content["type"] == "entry.submitted"
        assert content["data"]["entry"] == entry
        assert "测试" not in json.dumps(content, ensure_ascii=False), "no names leave"

        def listed() -> None:
            assert "已送达" in city.get(address).text

        eventually(listed)
        assert pupil.get(address).status_code == 403


def test_addresses_inside_are_refused_by_default(
    installation: ThreeProcesses, operator: Client, tmp_path: Path
) -> None:
    live = open_season(operator, new_season())
    with invited(installation, operator, role="city-organizer", season=live) as city:
        for url in ("http://127.0.0.1:8000/x", "http://localhost/x", "http://169.254.169.254/latest", "http://[::1]/"):
            assert "内部网络" in city.post(f"/registration/seasons/{live}/webhooks", {"url": url}).text, url


def test_a_delivery_that_ended_its_process_twice_is_set_aside_until_it_is_asked_for(servers: Servers) -> None:
    async def sent(url: str) -> list[Document]:
        mongo = Mongo(servers.mongo_url, f"webhooks{uuid4().hex[:8]}")
        hooks = Webhooks(mongo, Outgoing(inside=True))
        await hooks.add(Command.once(b""), "s", url, [])
        await hooks.tell("s", "key", "entry.submitted", {}, 0)
        await mongo.database["webhook_deliveries"].update_one({}, {"$set": {"attempts": 2}})
        await hooks.send_due()
        seen = await hooks.deliveries("s")
        await hooks.again("s", seen[0]["_id"])
        await hooks.send_due()
        seen += await hooks.deliveries("s")
        await mongo.client.drop_database(mongo.database.name)
        mongo.close()
        return seen

    with Slammer() as slammer:
        aside, again = on_uvloop(sent(slammer.url))
    assert (aside["state"], aside["trouble"]) == ("failed", "set-aside")
    assert (again["state"], again["tries"], again["attempts"]) == ("waiting", 1, 0)


def test_a_receiver_that_resets_connections_is_a_failed_try(servers: Servers) -> None:
    async def slammed(url: str) -> list[Document]:
        mongo = Mongo(servers.mongo_url, f"webhooks{uuid4().hex[:8]}")
        hooks = Webhooks(mongo, Outgoing(inside=True))
        await hooks.add(Command.once(b""), "s", url, [])
        for number in range(40):
            await hooks.tell("s", f"key{number}", "entry.submitted", {}, 0)
        await hooks.send_due()
        documents = await hooks.deliveries("s")
        await mongo.client.drop_database(mongo.database.name)
        mongo.close()
        return documents

    with Slammer() as slammer:
        deliveries = on_uvloop(slammed(slammer.url))
    assert len(deliveries) == 40
    assert all(
        delivery["state"] == "waiting" and delivery["tries"] == 1 and delivery["trouble"] for delivery in deliveries
    ), deliveries[0]


def test_judges_with_open_ballots_are_reminded_once_on_their_page_and_by_mail(
    posting: ThreeProcesses, root: Client, mailbox: Mailbox
) -> None:
    season = open_season(root, new_season(acceptance="submission"))
    root.call("PUT", f"/judging/v1/seasons/{season}/judges/J1", json={"tracks": ["A"]})
    register(root, season, ["P01", "P02"])
    page, api = f"/registration/seasons/{season}/reminders", f"/registration/v1/seasons/{season}/reminders"
    asked = {"kind": "ballots-open", "words": "请在周五以前评完。"}
    with (
        invited(posting, root, role="judge", season=season, ref="J1") as judge,
        invited(posting, root, role="city-organizer", season=season) as host,
        invited(posting, root, role="school-admin", season=season, unit="P01") as school,
    ):
        with_mail(judge, mailbox, "judge@example.org")
        assert school.get(page).status_code == 403

        def counted() -> None:
            assert "您还有 2 件作品没有评分（J1）" in host.post(f"{page}/preview", asked).text

        eventually(counted, 60)
        previewed = host.post(f"{page}/preview", asked).text
        assert "Works you have not scored yet: 2 (J1)" in previewed
        assert "您还有 2 件作品没有评分" not in judge.get("/registration/messages").text, "a preview sends nothing"
        preview = re.search(r'name="preview" value="([0-9a-f]{64})"', previewed)
        assert preview
        for _ in range(2):
            assert host.post(page, {**asked, "preview": preview[1], "reason": ""}).status_code == 303
        assert host.post(page, {**asked, "preview": "0" * 64}).status_code == 409
        fresh = root.call("POST", f"{api}/preview", json=asked).json()
        assert (fresh["receivers"], fresh["recent"]) == (1, 1)
        with pytest.raises(ProblemAnswer) as refused:
            root.call("POST", api, json={**asked, "preview": fresh["preview"]})
        assert (refused.value.status, refused.value.problem["code"]) == (409, "reason-needed")

        def mailed() -> None:
            letters = [letter for letter in mailbox.to("judge@example.org") if "没有评分" in str(letter["Subject"])]
            assert len(letters) == 1
            assert "请在周五以前评完。" in bytes(letters[0].get_payload(decode=True)).decode()

        eventually(mailed, 40)
        shown = judge.get("/registration/messages").text
        assert shown.count("您还有 2 件作品没有评分") == 1
        assert f'href="/judging/seasons/{season}/tasks"' in shown
        (sent,) = root.get(api)
        assert (sent["kind"], sent["receivers"], sent["words"]) == ("ballots-open", 1, asked["words"])
        assert "请在周五以前评完。" in host.get(page).text


def test_an_invitation_is_mailed_shown_as_failed_and_sent_again(
    posting: ThreeProcesses, root: Client, mailbox: Mailbox, season: str
) -> None:
    """Keeps away: an organizer who believes that somebody was invited who never got a letter."""
    address = f"judge-{uuid4().hex[:6]}@example.org"
    with invited(posting, root, role="city-organizer", season=season) as organizer:
        page = f"/registration/seasons/{season}/invite"
        form = {"role": "auditor", "mail": address, "form_key": uuid4().hex}
        assert "对方的邮箱" in organizer.get(page).text
        assert organizer.post(page, {**form, "mail": "nobody"}).status_code == 422
        mailbox.refuse = 1
        assert "邮件没有发出" in organizer.post(page, form).text
        assert mailbox.to(address) == []
        listed = f"/registration/seasons/{season}/invitations"
        text = organizer.get(listed).text
        assert address in text
        assert "邮件没有发出" in text

        row = re.findall(r'name="row" value="(\w+)"', text[: text.index(address)])[-1]
        again = organizer.post(listed, {"do": "renew", "row": row, "form_key": uuid4().hex})
        assert "已发出 1 封邀请邮件" in again.text
        (letter,) = mailbox.to(address)
        link = re.search(r"(http\S+/registration/invitations/\S+)", bytes(letter.get_payload(decode=True)).decode())
        assert link
        assert organizer.get(link[1]).status_code == 200
        assert "已发邮件" in organizer.get(listed).text

        same = {"role": "auditor", "mail": address, "form_key": uuid4().hex}
        for _ in range(2):
            assert organizer.post(page, same).status_code == 200
        assert len(mailbox.to(address)) == 2, "the form sent twice is one invitation"

        judge = {"json": {"name": "测试评委", "contact": f"j-{address}", "tracks": ["A"]}}
        root.call("PUT", f"/registration/v1/seasons/{season}/judges/J7", **judge)
        root.call("POST", f"/registration/v1/seasons/{season}/judges/invitations", json={"judges": ["J7"]})
        assert len(mailbox.to(f"j-{address}")) == 1
