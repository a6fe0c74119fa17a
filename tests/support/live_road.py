"""The way of one hand-made entry through the pages, step by step, as people walk it."""

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, ViewportSize

from tests.support.stage import Stage
from tests.support.waiting import eventually

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}
PASSWORD = "seven quiet lanterns drift"


def types_the_word(where: Page | Locator) -> None:
    """Type the word that a page asks for before an act that cannot be undone."""
    field = where.locator("input[name=confirm]").first
    field.fill(field.get_attribute("data-word") or "")


@dataclass
class LiveRoad:
    """Everything happens on pages; `javascript` False proves that none is needed."""

    stage: Stage
    browser: Browser
    language: str = "zh-CN"
    javascript: bool = False
    track: str = "A"

    def context(self, *, phone: bool = False) -> BrowserContext:
        return self.browser.new_context(
            locale=self.language,
            viewport=PHONE if phone else DESK,
            java_script_enabled=self.javascript,
            accept_downloads=True,
        )

    def signed_in(self, role: str) -> Page:
        return self.by_link(self.stage.links()[role])

    def operator(self) -> Page:
        """The operator of the installation, in a browser."""
        sent = {"login": "operator-of-all", "grants": [{"role": "operator"}]}
        return self.by_link(self.stage.client.call("POST", "/registration/v1/sign-in-links", json=sent).json()["url"])

    def by_link(self, address: str) -> Page:
        page = self.context().new_page()
        page.goto(address)
        page.locator("main form button").click()
        page.wait_for_url("**/registration/me")
        return page

    def student_registers(self, login: str, title: str, name: str = "测试欧阳𠮷") -> tuple[Page, str]:
        """A twelve-year-old on a phone: account, entry. Returns the page and the guardian's address."""
        page = self.context(phone=True).new_page()
        page.goto(f"{self.stage.url}/registration/seasons/{self.stage.live}/sign-up")
        page.select_option("#unit", "P01")
        page.fill("#name_zh", name)
        page.fill("#name_en", "Test Ouyang Ji")
        page.fill("#year", "2015")
        page.fill("#month", "3")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.locator("main form button.btn").click()
        page.wait_for_url("**/register")
        page.locator(f"button[name=track][value={self.track}]").click()
        page.fill("#title", title)
        page.select_option("#grade", "5")
        page.fill("#i1_name", f"测试{login}老师")
        page.locator("main form button.btn").click()
        page.wait_for_url("**/registration/entries/**")
        return page, page.locator("#consents ~ .field a").first.get_attribute("href") or ""

    def guardian_agrees(self, address: str, *, named: bool = True) -> Page:
        """To taking part, and where `named` also to being named in lists and where certificates are checked.

        Returns the guardian's own page.
        """
        page = self.context(phone=True).new_page()
        page.goto(address)
        page.check("input[name=agree][value=yes]")
        for purpose in ("publish-name", "check-page") if named else ():
            page.check(f"input[name='{purpose}']")
        page.fill("#guardian", "测试欧阳先生")
        page.fill("#relation", "父亲")
        page.locator("form[aria-labelledby=decide] button").click()
        page.wait_for_url("**/registration/guardians/**")
        return page

    def school_confirms(self, school: Page, title: str) -> None:
        """The school has asked the guardian of the child with this work."""
        school.goto(f"{self.stage.url}/registration/seasons/{self.stage.live}/consents")
        school.locator("tr", has_text=title).locator("input[name=consent]").check()
        school.locator("button[value=confirm]").click()
        school.wait_for_url("**/consents")

    def student_hands_in(self, page: Page) -> str:
        """Returns the entry's number."""
        page.reload()
        page.locator("form[action$='/submit'] button").click()
        page.wait_for_selector(".receipt")
        return re.sub(r".*/", "", page.url)

    def student_sends_a_file(self, page: Page, entry: str, name: str, content: bytes) -> None:
        page.goto(f"{self.stage.url}/registration/entries/{self.stage.live}/{entry}/files")
        page.set_input_files("#file", FilePayload(name=name, mimeType="application/pdf", buffer=content))
        page.locator("form.sheet button").click()
        page.wait_for_selector(".receipt")

    def organizer_approves(self, organizer: Page, title: str) -> None:
        organizer.goto(f"{self.stage.url}/registration/seasons/{self.stage.live}/desk?standing=pending")
        organizer.locator("tr", has_text=title).locator("input[name=entry]").check()
        organizer.locator(".bulk button[value=approved]").click()
        organizer.wait_for_url("**/desk**")

    def school_sends_a_class(self, school: Page) -> str:
        """A sheet with a right row and a wrong one; returns the address of its report."""
        school.goto(f"{self.stage.url}/registration/seasons/{self.stage.live}/import")
        header = "track,title,m1_name_zh,m1_birth,m1_grade,i1_name,consent"
        rows = ["A,纸风车,测试班里一,2014-05,5,测试王老师,yes", "Z,走马灯,测试班里二,2014-13,5,测试王老师,yes"]
        content = "\n".join([header, *rows]).encode()
        school.set_input_files("#file", FilePayload(name="五年级.csv", mimeType="text/csv", buffer=content))
        school.locator("main form button").click()
        school.wait_for_url("**/import/*")
        while school.locator("form[action$='/apply']").count() == 0:
            school.wait_for_timeout(200)
            school.reload()
        return school.url

    def organizer_copies_a_season(self, organizer: Page, year: str) -> str:
        """Returns the address of the draft."""
        organizer.goto(f"{self.stage.url}/registration/season-drafts")
        organizer.check(f"input[name=from][value='{self.stage.live}']")
        organizer.fill("#year", year)
        organizer.click("form[action='/registration/season-drafts'] button")
        organizer.wait_for_url("**/season-drafts/*/basics")
        return organizer.url.removesuffix("/basics")

    def organizer_downloads(self, organizer: Page) -> str:
        """Documents of a track for the printer. Returns the address of the download."""
        organizer.goto(f"{self.stage.url}/certificates/seasons/{self.stage.example}")
        organizer.select_option("#form", "print")
        organizer.select_option("#d-track", "A")
        organizer.fill("#reason", "颁奖典礼印刷")
        organizer.locator("main form button").first.click()
        organizer.wait_for_url("**/downloads/*")
        return organizer.url

    def judge_opens(self, judge: Page, entry: str) -> None:
        """The ballot, as soon as judging knows the entry."""
        address = f"{self.stage.url}/judging/seasons/{self.stage.live}/tasks/{entry}/work"

        def known() -> None:
            answer = judge.goto(address)
            assert answer
            assert answer.status == 200

        eventually(known, 60)

    def judge_scores(self, judge: Page, entry: str) -> None:
        self.judge_opens(judge, entry)
        for criterion, score in (("theme", "37.5"), ("originality", "36"), ("process", "18")):
            judge.fill(f"#{criterion}", score)
        judge.fill("#comment", "路线经过实地测量，很可信。")
        judge.locator("button[value=check]").click()
        judge.locator("button[value=submit]").click()
        judge.wait_for_url(re.compile(r"/tasks$|[?]submitted="))

    def organizer_publishes(self, organizer: Page) -> None:
        """Close, announce, finalize: each a step of its own, with a reason where it comes before its time."""
        address = f"{self.stage.url}/judging/seasons/{self.stage.live}/results"
        for step in ("closing", "announcement", "finalization"):
            organizer.goto(address)
            organizer.locator(f"a[href$='/steps/{step}']").click()
            organizer.wait_for_url(f"**/steps/{step}")
            form = organizer.locator(f"form[action$='/{step}']")
            if step != "announcement":
                form.locator("#reason").fill("体验赛季，提前办理")
            types_the_word(form)
            form.locator("button").click()
            organizer.wait_for_url("**/results")
        self.stage.client.wait_for(
            "certificates", lambda: self.stage.client.get(f"/certificates/v1/seasons/{self.stage.live}")["student"]
        )
