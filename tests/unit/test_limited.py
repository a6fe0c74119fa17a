"""A child takes only so much, reaches nobody, and nobody has all the slots."""

import asyncio
import socket
import time
from collections.abc import Callable

import pytest

from shared import limited
from shared.errors import Unavailable
from shared.fair_slots import FairSlots
from tests.unit import limited_work as work

pytestmark = pytest.mark.programs


async def test_a_child_answers_what_the_function_answers() -> None:
    assert await limited.run(work.add, 2, 3) == 5


async def test_an_error_of_the_function_is_raised_here() -> None:
    with pytest.raises(ValueError, match="as it says"):
        await limited.run(work.fail)


@pytest.mark.parametrize("function", [work.loop, work.sleep, work.eat, work.crash])
async def test_a_child_that_takes_too_much_is_gone_within_seconds(function: Callable[[], object]) -> None:
    began = time.monotonic()

    with pytest.raises(limited.Exceeded):
        await limited.run(function, seconds=1)

    assert time.monotonic() - began < 30
    assert await limited.run(work.add, 1, 1) == 2


async def test_a_child_that_is_kept_is_started_anew() -> None:
    worker = limited.Worker()
    assert await worker.run(work.add, 1, 1) == 2

    with pytest.raises(limited.Exceeded):
        await worker.run(work.loop, seconds=1)

    assert await worker.run(work.add, 1, 2) == 3
    await worker.end()


async def test_a_child_reaches_nobody_and_starts_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(PermissionError):
            await limited.run(work.connect, listening.getsockname()[1])
        with pytest.raises(PermissionError):
            await limited.run(work.start_program)

        listening.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listening.accept()


async def test_a_child_knows_no_secret_and_holds_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_REGISTRATION_OPERATOR_SECRET", "a secret")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)

        assert not [name for name in await limited.run(work.environment) if name.startswith("LAUREL")]
        assert not [name for name in await limited.run(work.open_files) if name.startswith("socket")]


async def test_an_owner_has_at_most_half_of_the_slots_and_waits_in_turn() -> None:
    slots, served, release = FairSlots(4), list[str](), asyncio.Event()

    async def work_for(owner: str) -> None:
        async with slots.of(owner):
            served.append(owner)
            await release.wait()

    async with asyncio.TaskGroup() as group:
        for owner in ("host-a",) * 6 + ("host-b", "host-c"):
            group.create_task(work_for(owner))
        await asyncio.sleep(0.01)
        assert sorted(served) == ["host-a", "host-a", "host-b", "host-c"]
        release.set()
    assert len(served) == 8


async def test_whoever_gives_up_waiting_leaves_no_slot_behind() -> None:
    slots = FairSlots(2)
    async with slots.of("host"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), slots.of("host"):
                pass
    async with slots.of("host"):
        pass


async def test_more_than_may_wait_are_told_to_come_again() -> None:
    slots = FairSlots(2, most_waiting=1)
    async with slots.of("host"):
        waiting = asyncio.create_task(slots.of("host").__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await slots.of("host").__aenter__()
        waiting.cancel()
