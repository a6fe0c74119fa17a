"""Messages reach the page, the mailbox and organizers' systems, once each, whatever is delivered or run twice."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import uvloop
from standardwebhooks import Webhook

from laurel.client import Client
from services.registration.adapters.webhooks import Webhooks
from shared.http.outgoing import Outgoing
from shared.mongo import Document, Mongo
from tests.integration.test_lifecycle import UNITS, rules
from tests.integration.test_rights import awarded
from tests.support.doubling import Doubler
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.receivers import Mailbox, Receiver, Slammer
from tests.support.seasons import new_season, open_season
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
    with student(posting, live, "P01", birth="2010-01") as pupil:
        awarded(root, pupil, live)

        def told() -> None:
            page = pupil.get("/registration/messages").text
            assert page.count("证书可以下载了") == 1
            assert page.count("结果公示了") == 1

        eventually(told)
    doubler.stop()


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
        await hooks.add("s", url, [])
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
        aside, again = uvloop.run(sent(slammer.url))
    assert (aside["state"], aside["trouble"]) == ("failed", "set-aside")
    assert (again["state"], again["tries"], again["attempts"]) == ("waiting", 1, 0)


def test_a_receiver_that_resets_connections_is_a_failed_try(servers: Servers) -> None:
    async def slammed(url: str) -> list[Document]:
        mongo = Mongo(servers.mongo_url, f"webhooks{uuid4().hex[:8]}")
        hooks = Webhooks(mongo, Outgoing(inside=True))
        await hooks.add("s", url, [])
        for number in range(40):
            await hooks.tell("s", f"key{number}", "entry.submitted", {}, 0)
        await hooks.send_due()
        documents = await hooks.deliveries("s")
        await mongo.client.drop_database(mongo.database.name)
        mongo.close()
        return documents

    with Slammer() as slammer:
        deliveries = uvloop.run(slammed(slammer.url))
    assert len(deliveries) == 40
    assert all(
        delivery["state"] == "waiting" and delivery["tries"] == 1 and delivery["trouble"] for delivery in deliveries
    ), deliveries[0]
