"""A school and the city recommend on their page, by the forms that it shows, without a script."""

import html
import re

import httpx

from laurel.client import Client
from tests.support.classes import register
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually

WINDOW = {"opens": "2020-01-01T00:00:00", "closes": "2999-01-01T00:00:00"}
PASSED = {"opens": "2020-01-01T00:00:00", "closes": "2020-01-02T00:00:00"}
TAGS = re.compile(r"<[^>]+>|\s+")


def recommended_season(operator: Client, levels: list[str] | None = None, closed: str = "") -> str:
    """A live season whose schools recommend two entries of a track each, and whose city recommends then."""
    levels = levels or ["school", "city"]
    recommendation = {
        "levels": levels,
        "windows": {level: PASSED if level == closed else WINDOW for level in levels},
        "quota": {"school": {"A": "2"}} if "school" in levels else {},
    }
    return open_season(operator, new_season(acceptance="submission", recommendation=recommendation))


def words(answer: httpx.Response) -> str:
    """What a page says, without its tags and spaces."""
    return html.unescape(TAGS.sub("", answer.text))


def names(page: str) -> set[str]:
    """The fields that a page has."""
    return set(re.findall(r'name="([^"]+)"', page))


class Desk:
    """Somebody at the page of recommendation."""

    def __init__(self, browsing: Browsing, season: str) -> None:
        self.browsing, self.address = browsing, f"/registration/seasons/{season}/recommendations"

    def page(self) -> httpx.Response:
        answer = self.browsing.get(self.address)
        assert answer.status_code == 200, answer.text
        return answer

    def sends(self, entry: str, act: str, **fields: str) -> httpx.Response:
        """The form of the act, as the page shows it: with the rank that stands in it, and what is typed besides."""
        name, shown = f"{entry}-{act}", self.page().text
        form = {"entry": entry, "act": act, **{f"{field}-{name}": value for field, value in fields.items()}}
        if "confirm" in fields:
            form = {**form, "at": name, "confirm": fields["confirm"]}
            del form[f"confirm-{name}"]
        assert form.keys() <= names(shown) | {"at"}, "fields that the page has not"
        if act == "forward":
            (given,) = re.findall(rf'name="rank-{name}"\s+type="text"\s+value="(\d*)"', shown)
            form.setdefault(f"rank-{name}", given)
        return self.browsing.post(self.address, form)

    def does(self, entry: str, act: str, **fields: str) -> str:
        """The same; returns what the page then says."""
        answer = self.sends(entry, act, **fields)
        assert answer.status_code == 303, words(answer)
        assert answer.headers["location"] == f"{self.address}?done={entry}"
        return words(self.browsing.get(answer.headers["location"]))


def test_a_school_and_the_city_recommend_by_the_forms_of_their_page(
    installation: ThreeProcesses, operator: Client
) -> None:
    season = recommended_season(operator)
    first, second, third, other = register(operator, season, ["P01"] * 3 + ["P02"], standing="not_recommended")
    with (
        invited(installation, operator, role="school-admin", season=season, unit="P01") as at_school,
        invited(installation, operator, role="city-organizer", season=season) as at_city,
        invited(installation, operator, role="auditor", season=season) as at_audit,
    ):
        school, city, auditor = Desk(at_school, season), Desk(at_city, season), Desk(at_audit, season)
        shown = school.page()
        assert "推荐名额2" in words(shown)
        assert "等待推荐（3份）" in words(shown)
        assert school.address in at_school.get(f"/registration/seasons/{season}/desk").text, "a line of the menu"
        assert f"{other}-forward" not in shown.text
        assert f"{first}-return" not in shown.text, "nobody is below a school"

        said = school.does(first, "forward", opinion="推荐理由：A & B 都<做得>完整", by="测试经办人")
        assert "已推荐《作品01》，排序1。" in said
        assert "剩余1" in said

        taken = school.sends(second, "forward", rank="1", opinion="写了很久的意见")
        assert taken.status_code == 422
        assert f'href="#rank-{second}-forward"' in taken.text
        assert "这个排序已经用了" in words(taken)
        assert "写了很久的意见" in taken.text
        for rank in ("", "0", "一", "10000"):
            wrong = school.sends(second, "forward", rank=rank)
            assert (wrong.status_code, f'href="#rank-{second}-forward"' in wrong.text) == (422, True)
        long = school.sends(second, "forward", opinion="长" * 1001, by="名" * 81)
        assert (long.status_code, "最多1000字" in words(long)) == (422, True)
        long = school.sends(second, "forward", by="名" * 81)
        assert (f'href="#by-{second}-forward"' in long.text, "最多80字" in words(long)) == (True, True)
        assert "排序2" in school.does(second, "forward")

        full = school.page()
        assert "推荐名额已用完" in words(full)
        assert f"rank-{third}-forward" not in full.text
        beside = at_school.post(school.address, {"entry": third, "act": "forward", f"rank-{third}-forward": "3"})
        assert (beside.status_code, "推荐名额已满" in words(beside)) == (409, True)

        waits = city.page()
        assert "排序 1；意见：推荐理由：A &amp; B 都&lt;做得&gt;完整" in waits.text
        assert "推荐名额不限" in words(waits)
        unsaid = city.sends(first, "return", opinion=" ", by="经办人没有丢")
        assert unsaid.status_code == 422
        assert f'href="#opinion-{first}-return"' in unsaid.text
        assert "请填写意见" in words(unsaid)
        assert "经办人没有丢" in unsaid.text
        assert re.search(r"<details open>\s*<summary>退回下级", unsaid.text), "the form that was refused stands open"
        assert "已退回《作品01》" in city.does(first, "return", opinion="请补充照片")

        again = words(school.page())
        assert "上一级退回" in again
        assert "请补充照片" in again
        assert "剩余1" in again
        assert "排序1" in school.does(first, "forward"), "the rank that was given back"
        assert "排序1" in city.does(first, "forward", opinion="同意")
        assert "各级都已推荐" in words(school.page())

        for typed in ("", "是"):
            asked = city.sends(second, "reject", opinion="与主题无关", confirm=typed)
            assert (asked.status_code, 'href="#confirm"' in asked.text) == (422, True)
            assert "与主题无关" in asked.text
        unsaid = city.sends(second, "reject", confirm="否决")
        assert (unsaid.status_code, f'href="#opinion-{second}-reject"' in unsaid.text) == (422, True)
        assert "《作品02》不再推荐" in city.does(second, "reject", opinion="与主题无关", confirm="否决")
        assert "市不推荐" in words(school.page())

        gone = at_city.post(
            city.address,
            {"entry": second, "act": "forward", f"rank-{second}-forward": "2", f"opinion-{second}-forward": "晚了一步"},
        )
        assert (gone.status_code, "这份报名现在不在这一级" in words(gone), "晚了一步" in gone.text) == (409, True, True)
        none = at_city.post(city.address, {"entry": "nothing", "act": "forward", "rank-nothing-forward": "1"})
        assert none.status_code == 404
        assert at_city.post(city.address, {"entry": third, "act": "praise"}).status_code == 422

        looked = auditor.page().text
        assert 'name="act"' not in looked
        assert at_audit.post(auditor.address, {"entry": third, "act": "forward"}).status_code == 403
        road = words(at_school.get(f"/registration/entries/{season}/{second}"))
        assert "不予推荐" in road

    def told() -> None:
        assert operator.get(f"/judging/v1/seasons/{season}")["standings"] == {"not_recommended": 3, "valid": 1}

    eventually(told)


def test_the_page_says_in_words_that_there_is_nothing_to_do(installation: ThreeProcesses, operator: Client) -> None:
    """Its level does not recommend, nothing waits, or it is not the time; and no page where the season does not recommend."""
    season = recommended_season(operator, levels=["city"], closed="city")
    with (
        invited(installation, operator, role="school-admin", season=season, unit="P01") as school,
        invited(installation, operator, role="city-organizer", season=season) as city,
    ):
        assert "您的单位这一级不推荐" in words(Desk(school, season).page())
        assert "没有等待推荐的报名" in words(Desk(city, season).page())
        (entry,) = register(operator, season, ["P01"], standing="not_recommended")
        shown = Desk(city, season).page()
        assert "现在不是办理的时间" in words(shown)
        assert 'name="act"' not in shown.text
        sent = {"entry": entry, "act": "forward", f"rank-{entry}-forward": "1", f"opinion-{entry}-forward": "同意推荐"}
        late = city.post(Desk(city, season).address, sent)
        assert (late.status_code, "现在不是这一级推荐的时间" in words(late), "同意推荐" in late.text) == (
            409,
            True,
            True,
        )
        english = city.get(Desk(city, season).address, headers={"Accept-Language": "en"}).text
        assert "This cannot be decided at this time." in english

    plain = open_season(operator, new_season())
    with invited(installation, operator, role="city-organizer", season=plain) as city:
        answer = city.get(f"/registration/seasons/{plain}/recommendations")
        assert (answer.status_code, "这个赛季不需要逐级推荐" in words(answer)) == (404, True)
        desk = city.get(f"/registration/seasons/{plain}/desk").text
        assert "/recommendations" not in desk, "no line of the menu"
