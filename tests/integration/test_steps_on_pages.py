"""Steps that cannot be undone, and handing out, as an organizer takes them on pages: first what they are about."""

import re

import httpx

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.judged import judged_season
from tests.support.people import invited
from tests.support.waiting import becomes


def hidden(answer: httpx.Response, name: str) -> str:
    field = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert field, answer.text
    return field[1]


def test_an_organizer_sees_what_each_step_is_about_before_taking_it(
    installation: ThreeProcesses, operator: Client
) -> None:
    panels = {"common": {"ballots": "1", "method": "mean"}}
    season, _ = judged_season(operator, "J1", works=2, panels=panels)
    base = f"/judging/seasons/{season}"
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        preview = organizer.post(f"{base}/panels/preview", {"seed": "1"})
        assert preview.status_code == 200, preview.text
        stale = organizer.post(f"{base}/panels", {"preview": "x", "seed": "1"})
        assert (stale.status_code, hidden(stale, "preview")) == (409, hidden(preview, "preview"))
        handed = organizer.post(f"{base}/panels", {"preview": hidden(preview, "preview"), "seed": "1"})
        assert handed.status_code == 200, handed.text
        loads = " ".join(organizer.get(f"{base}/judges").text.split())
        assert 'class="loadbar"' in loads
        assert re.search(r'<td class="r" data-l="已分作品">2</td>.*? 2 </span>', loads), (
            "the number stands beside its bar"
        )
        assert "刚好，没有多余的评委" in loads
        for step, reason, word in (
            ("closing", "都已评完", "截止"),
            ("announcement", "", " Publish "),
            ("finalization", "没有异议", "确定"),
        ):
            shown = organizer.get(f"{base}/steps/{step}")
            assert shown.status_code == 200, shown.text
            unseen = organizer.post(f"{base}/{step}", {"reason": reason})
            assert unseen.status_code == 409, "nobody takes a step without having seen what it is about"
            seen = {"reason": reason, "about": hidden(shown, "about")}
            for typed in ("", "是的"):
                by_a_click = organizer.post(f"{base}/{step}", {**seen, "confirm": typed})
                assert by_a_click.status_code == 422, "no step is taken by a click alone"
                assert 'id="confirm-err"' in by_a_click.text
            taken = organizer.post(f"{base}/{step}", {**seen, "confirm": word})
            assert taken.status_code == 303, taken.text
        results = organizer.get(f"{base}/results").text
        assert "没有异议" in results, "why it came early stays on the page"
        called = f"/registration/seasons/{season}/ceremony"
        becomes(lambda: organizer.get(called).status_code, 200)
        assert organizer.get(f"{base}/steps/finalization").status_code == 409
