"""Requests that Laurel makes because somebody named an address: where they must not go, and whom they must not delay."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import httpcore
import pytest

from laurel.client import Client
from services.registration.adapters.webhooks import AT_ONCE_A_SEASON, Webhooks
from shared.commands import Command
from shared.errors import Invalid
from shared.http.outgoing import HEAD_BYTES, Outgoing, Undelivered
from shared.mongo import Mongo
from tests.integration.test_lifecycle import UNITS, rules
from tests.integration.test_messages import with_mail
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.people import invited, student
from tests.support.receivers import Mailbox, Receiver, Slammer, on_uvloop
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually

OPEN = "93.184.216.34"
INSIDE = (
    "127.0.0.1", "localhost", "localhost.", "10.1.2.3", "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001:0:1:2:3:4:80ff:fffe]", "[fd00::1]",
    "169.254.169.254", "[fe80::1]", "224.0.0.1", "[ff02::1]", "0.1.2.3", "[::]", "240.0.0.1", "255.255.255.255",
    "127。0。0。1",
)  # fmt: skip
ODD = (
    "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "127.0.0.1:22", "example.org:25",
    "user:word@example.org", "user@127.0.0.1", "[fe80::1%25lo]", "127.0.0.1:99999", "①②⑦.⓪.⓪.①",
)  # fmt: skip


def test_no_way_of_writing_an_inside_address_is_taken(installation: ThreeProcesses, operator: Client) -> None:
    """Server-side request forgery by spelling: a filter that reads an address otherwise than the connection does."""
    live = open_season(operator, new_season())
    with invited(installation, operator, role="city-organizer", season=live) as city:
        address = f"/registration/seasons/{live}/webhooks"
        for host in INSIDE:
            answer = city.post(address, {"url": f"http://{host}/"})
            assert (answer.status_code, "内部网络" in answer.text) == (422, True), host
        for host in ODD:
            answer = city.post(address, {"url": f"http://{host}/"})
            assert (answer.status_code, "http 或 https" in answer.text) == (422, True), host


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    made = Mongo(servers.mongo_url, f"goingout{uuid4().hex[:8]}")
    yield made
    await made.client.drop_database(made.database.name)
    made.close()


class Names:
    """A resolver that answers each time something else; the last answer stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Wires(httpcore.AnyIOBackend):
    """Notes whereto it is asked to connect; the open addresses of these tests are behind no wire."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    async def connect_tcp(self, host: str, port: int, *more: Any, **named: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        if host == OPEN:
            raise httpcore.ConnectError
        return await super().connect_tcp(host, port, *more, **named)


async def test_a_name_that_changes_its_meaning_after_the_check_leads_nowhere(mongo: Mongo) -> None:
    """DNS rebinding: open when it is looked at, 127.0.0.1 when it is connected to."""
    with Receiver() as receiver:
        port = receiver.url.rsplit(":", 1)[1].split("/")[0]
        names, wires = Names([OPEN], [OPEN], ["127.0.0.1"]), Wires()
        hooks = Webhooks(mongo, Outgoing(inside=False, resolve=names, backend=wires))
        hook = await hooks.add(Command.once(b""), "s", f"http://rebind.example:{port}/hook", [])
        for number in range(3):
            await hooks.tell("s", f"key{number}", "entry.submitted", {}, 0)
        await hooks.send_due()

        assert receiver.requests == []
        assert wires.connected == [OPEN], "what was checked, once a request; never the second meaning"
        assert names.asked == ["rebind.example"] * 4, "one look-up for each check, and for each request one"
        assert sorted(delivery["trouble"] for delivery in await hooks.deliveries("s")) == [
            "inside",
            "inside",
            "unreached",
        ]
        assert hook.url.startswith("http://rebind.example")
        with pytest.raises(Invalid, match="webhook-inside"):
            await Webhooks(mongo, Outgoing(inside=False, resolve=Names([OPEN, "::1"]))).add(
                Command.once(b""), "s", "http://both.example", []
            )


async def test_the_host_of_the_request_stays_the_name(mongo: Mongo) -> None:
    """A connection to a literal must not tell the receiver, or its certificate, another name."""
    with Receiver() as receiver:
        port = receiver.url.rsplit(":", 1)[1].split("/")[0]
        outgoing = Outgoing(inside=True, resolve=Names(["127.0.0.1"]))
        answer = await outgoing.post(f"http://名字.example:{port}/a?b=c", b"{}", {}, most=0)
    assert answer.status == 204
    assert receiver.requests[0][0]["host"] == f"{'名字'.encode('idna').decode()}.example:{port}"


@contextmanager
def listening(answer: Any) -> Iterator[str]:
    """A raw server on this machine; `answer` gets each connection."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    stop = threading.Event()

    def one(connection: socket.socket) -> None:
        try:
            with connection:
                connection.recv(65536)
                answer(connection, stop)
        except OSError:
            pass

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def dripping(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
    while not stop.wait(0.05):
        connection.sendall(b"a")


def flooding(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
    while not stop.is_set():
        connection.sendall(b"a" * 65536)


def long_body(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n")
    while not stop.is_set():
        connection.sendall(b"a" * 65536)


def redirecting(to: str) -> Any:
    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(f"HTTP/1.1 307 Go\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n".encode())

    return answer


async def test_an_answer_takes_a_few_seconds_and_kilobytes_at_most() -> None:
    """A receiver that drips, or never ends, holds a task and memory for as long as it likes."""
    outgoing = Outgoing(inside=True, seconds=1.0)
    for server, most, reason in ((dripping, 0, "slow"), (flooding, 0, "long"), (long_body, 4096, "long")):
        began = time.monotonic()
        with listening(server) as url, pytest.raises(Undelivered) as trouble:
            await outgoing.post(url, b"{}", {}, most=most)
        assert trouble.value.reason == reason, server
        assert time.monotonic() - began < 3, server
    with listening(long_body) as url:
        assert (await outgoing.post(url, b"{}", {}, most=0)).status == 200, "what is not asked for is not read"
    assert HEAD_BYTES <= 64 * 1024


async def test_a_redirection_is_not_followed(mongo: Mongo) -> None:
    """An open address that sends on to an inside one."""
    with Receiver() as inner, listening(redirecting(inner.url)) as url:
        hooks = Webhooks(mongo, Outgoing(inside=True))
        await hooks.add(Command.once(b""), "s", url, [])
        await hooks.tell("s", "key", "entry.submitted", {}, 0)
        await hooks.send_due()
        documents = await hooks.deliveries("s")
    assert inner.requests == []
    assert [item["status"] for item in documents] == [307]


async def test_slow_receivers_delay_nobody_elses_hooks(mongo: Mongo) -> None:
    """One organizer with many slow receivers takes all that sends; the others wait."""
    seconds = 4.0
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        slow = [stack.enter_context(listening(dripping)) for _ in range(12)]
        hooks = Webhooks(mongo, Outgoing(inside=True, seconds=seconds))
        for url in slow:
            await hooks.add(Command.once(b""), "slow", url, [])
        await hooks.add(Command.once(b""), "quick", receiver.url, [])
        for number in range(20):
            await hooks.tell("slow", f"key{number}", "entry.submitted", {}, 0)
        for number in range(20):
            await hooks.tell("quick", f"key{number}", "entry.submitted", {}, 1)
        began = time.monotonic()
        sending = asyncio.create_task(hooks.send_due())
        while len(receiver.requests) < 20:
            await asyncio.sleep(0.05)
            assert time.monotonic() - began < seconds, len(receiver.requests)
        under_way = await mongo.database["webhook_deliveries"].count_documents({"season": "slow", "tries": 1})
        sending.cancel()
    assert under_way == AT_ONCE_A_SEASON, "and the slow ones are tried, as many as one season may"


def test_a_dripping_receiver_delays_no_letter_and_no_message(
    tmp_path_factory: pytest.TempPathFactory, own_servers: Servers
) -> None:
    """One organizer's receiver that drips for ever stops the messenger: no child of any host hears anything any more."""
    with Mailbox() as mailbox, Receiver() as receiver, listening(dripping) as slow:
        running = ThreeProcesses(tmp_path_factory.mktemp("dripped"), own_servers, prefix=f"d{uuid4().hex[:6]}")
        running.environment = {
            "LAUREL_REGISTRATION_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
            "LAUREL_REGISTRATION_WEBHOOKS_INSIDE": "true",
        }
        try:
            running.start()
            root = Client(running.url, "en", patience=30)
            root.sign_in_as_operator(SECRET)
            slowed, quick = open_season(root, rules(), units=UNITS), open_season(root, rules(), units=UNITS)
            for live, url in ((slowed, slow), (quick, receiver.url)):
                with invited(running, root, role="city-organizer", season=live) as city:
                    assert city.post(f"/registration/seasons/{live}/webhooks", {"url": url}).status_code == 200
            with student(running, slowed, "P01", birth="2010-01") as first:
                first.acts(slowed, first.registers(slowed, grade=6), "submit")
            with student(running, quick, "P01", birth="2010-01") as pupil:
                with_mail(pupil, mailbox, "pupil@example.org")
                time.sleep(2)  # by now the slow one is being called
                began = time.monotonic()
                pupil.acts(quick, pupil.registers(quick, grade=6), "submit")

                def told() -> None:
                    assert receiver.requests
                    assert len(mailbox.to("pupil@example.org")) == 3, (
                        "address asked for, address changed, entry received"
                    )
                    assert "已收到" in pupil.get("/registration/messages").text

                eventually(told, 8)
                assert time.monotonic() - began < 8
            root.close()
        finally:
            running.stop()


def test_a_receiver_that_resets_connections_is_a_failed_try_on_uvloop() -> None:
    """What a peer does to its connection must never end the work of sending."""

    async def slammed(url: str) -> set[str]:
        reasons = set()
        for _ in range(40):
            try:
                await Outgoing(inside=True).post(url, b"{}" * 4000, {}, most=0)
            except Undelivered as trouble:
                reasons.add(trouble.reason)
        return reasons

    with Slammer() as slammer:
        assert on_uvloop(slammed(slammer.url)) == {"unreached"}
