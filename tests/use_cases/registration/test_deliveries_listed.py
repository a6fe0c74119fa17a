"""What was sent to webhooks: found by state, and sent again many at once."""

from types import SimpleNamespace
from typing import Any

import pytest

from services.registration.domain.messages import DeliveryState
from services.registration.entrypoints.pages import messages
from shared.errors import NotFound
from tests.support.registered import OPEN, registered
from tests.support.staff_pages import StaffPages, rows, tabs, ticked


class Hooks:
    """Three deliveries, of which two failed; one of these is gone when it is to be sent again."""

    def __init__(self) -> None:
        self.again_sent: list[str] = []

    async def of(self, _: str) -> list[Any]:
        return []

    async def deliveries(self, _season: str, _most: int) -> list[dict[str, Any]]:
        states = {"d1": DeliveryState.FAILED, "d2": DeliveryState.SENT, "d3": DeliveryState.FAILED}
        return [
            {"_id": key, "at": OPEN, "kind": "entry.accepted", "state": state, "tries": 3, "status": 500, "trouble": ""}
            for key, state in states.items()
        ]

    async def again(self, _season: str, delivery: str) -> None:
        if delivery == "d3":
            raise NotFound("no-such-delivery")
        self.again_sent.append(delivery)


@pytest.fixture
async def listed() -> StaffPages:
    pages = StaffPages(await registered(), (messages,))
    pages.app.state.context.notifications = SimpleNamespace(webhooks=Hooks())
    return pages


async def test_failed_deliveries_are_found_and_sent_again_at_once(listed: StaffPages) -> None:
    """Keeps away: fifty deliveries that failed in one night and are sent again one by one."""
    page = f"/registration/seasons/{listed.registered.id}/webhooks"
    async with listed.browsing() as host:
        whole = (await host.get(page)).text
        assert tabs(whole) == {"All": "3", "Delivered": "1", "Failed": "2"}
        failed = (await host.get(page, params={"state": "failed"})).text
        assert rows(failed) == ["d1", "d3"]
        done = await host.post(f"{page}/repetition", params={"state": "failed"}, data={"row": ["d1", "d3"]})
        assert listed.app.state.context.notifications.webhooks.again_sent == ["d1"]
        assert "1 delivery is sent once more" in done.text
        assert "1 could not be done" in done.text
        assert ticked(done.text) == ["d3"]
        assert (await host.post(f"{page}/repetition")).status_code == 422
