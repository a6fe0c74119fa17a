"""A season folder run live: people do on pages what its rows say they did, each at its time.

Nothing of the folder is handed in but its rules and its units. The pupils sign up and register, their guardians agree,
schools confirm, judges score, somebody objects, and the clock goes from one to the next.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from laurel.client import Client, ProblemAnswer
from laurel.reconcile import nothing_on_the_way
from laurel.season_folder import SeasonFolder
from services.registration.domain.people import instructor_id
from shared.season.time import parse_moment, to_unix_micros
from tests.support.crawling import Form, Page, untouched
from tests.support.installation import ThreeProcesses
from tests.support.moved_clock import MovedClock
from tests.support.people import PASSWORD, Browsing, decides
from tests.support.seasons import YAML
from tests.support.waiting import eventually

CSV = {"Content-Type": "text/csv"}
PROGRAM = {"Accept": "application/json"}
Row = dict[str, str]
WORDS = "事实清楚，依据充分，经集体讨论一致同意。"


class Person(Browsing):
    """Somebody at a browser who presses the buttons that the pages show."""

    def press(self, address: str, action: str, *values: str, **fields: Any) -> httpx.Response:
        """Fill in the form of a page whose address ends so, and press its button, the one with this value.

        What is not filled in stays as the page shows it, and the word that a final act asks for is typed. With several values each page that comes asks once more, and
        the button with the next one is pressed.
        """
        answer = self.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status_code} {told(answer)}"
        for value in values or ("",):
            form = form_of(answer, action, value)
            words = {item.name: item.word for item in form.inputs if item.word}
            data: dict[str, Any] = {**untouched(form), **words, **fields}
            data |= {name: each for name, each in form.buttons if each == value and name}
            files = [(item.name, ("", b"")) for item in form.inputs if item.kind == "file"]
            answer = self.post(form.action, data, files=files or None)
        assert answer.status_code == 303, f"{address}: {answer.status_code} {told(answer)}"
        return answer


def form_of(answer: httpx.Response, action: str, value: str) -> Form:
    """The form of a page that is sent to an address with this end, and has a button with this value."""
    forms = [form for form in Page(answer.text, str(answer.url)).forms if form.method == "post"]
    for form in forms:
        if httpx.URL(form.action).path.endswith(action) and (not value or value in {each for _, each in form.buttons}):
            return form
    raise AssertionError(f"{answer.url} has no form for {action} {value}: {told(answer)}")


def told(answer: httpx.Response) -> str:
    """What a page says, in one line."""
    inner = re.sub(r"(?s).*<main[^>]*>|</main>.*|<(style|script).*?</\1>|<svg.*?</svg>", "", answer.text)
    return " ".join(re.sub(r"<[^>]+>", " ", inner).split())[:600]


def rows_of(folder: SeasonFolder, kind: str) -> list[Row]:
    """The rows of a file, each with its number."""
    lines = csv.DictReader(io.StringIO(folder.files[kind].decode()))
    return [{**line, "row": str(number)} for number, line in enumerate(lines, 2)]


class LiveRun:
    """One folder, live. The installation goes by `clock`.

    Each judge sends the first ballot by its pages, and the others too or, `quick`, by programs. Pupils register
    themselves, or their schools register them all.
    """

    def __init__(
        self,
        folder: SeasonFolder,
        installation: ThreeProcesses,
        operator: Client,
        clock: MovedClock,
        *,
        quick: bool = False,
        by_schools: bool = False,
        miswritten: Collection[tuple[str, str]] = (),
    ) -> None:
        self._quick, self._by_schools = quick, by_schools
        self.folder, self.season, self.rules = folder, folder.rules.id, folder.rules
        self.refused: dict[tuple[str, str], str] = {}
        """File and row of each row whose doing was refused, and what was said."""
        self._installation, self._operator, self._clock = installation, operator, clock
        self._open = ExitStack()
        self._pupils: dict[tuple[str, ...], Person] = {}
        self._schools: dict[str, Person] = {}
        self._judges: dict[str, Person] = {}
        self._miswritten = miswritten
        self._numbers: dict[str, str] = {}
        self._keepers: dict[str, Person] = {}
        self._guardians: dict[str, list[str]] = {}
        """The pages of the guardians of each work, by member."""
        self._sent: set[tuple[str, str]] = set()
        """Judges and the works that they have scored."""
        self._arrived: set[str] = set()
        """Rounds whose works judging knows."""
        self._tracks = {row["entry"]: row["track"] for row in self._rows("entries")}
        self._here = f"/registration/seasons/{self.season}"
        self._judging = f"/judging/seasons/{self.season}"

    def close(self) -> None:
        self._open.close()

    def run(self) -> None:
        """Everything that the folder says, each at its time."""
        self._prepare()
        for moment, _, act in sorted(self._timetable(), key=lambda item: item[:2]):
            self._clock.put(moment)
            act()

    def _person(self) -> Person:
        person = Person(self._installation.url)
        self._open.callback(person.close)
        return person

    def _joins(self, login: str, **grant: str) -> Person:
        url = self._operator.call("POST", "/registration/v1/invitations", json={"grants": [grant]}).json()["url"]
        person = self._person()
        person.press(url, "", login=login, password=PASSWORD, name="测试一位老师")
        return person

    def _school(self, unit: str) -> Person:
        """Whoever enters for a school, who joins when there is something to do for the first time."""
        assert unit in self._known_schools, "no such school"
        if unit not in self._schools:
            role = {"role": "school-admin", "season": self.season, "unit": unit}
            self._schools[unit] = self._joins(f"school-{unit}".lower(), **role)
        return self._schools[unit]

    def _moment(self, text: str) -> int:
        moment = parse_moment(text, self.rules.zone)
        assert moment is not None, text
        return moment

    def _prepare(self) -> None:
        """The organizer opens the season and brings in schools and judges, who accept their invitations."""
        self._clock.put(to_unix_micros(self.rules.window("registration").opens))
        address = f"/registration/v1/seasons/{self.season}"
        self._operator.call("PUT", address, params={"mode": "live"}, content=self.folder.season_yaml, headers=YAML)
        units = self._operator.call("PUT", f"{address}/records/units", content=self.folder.files["units"], headers=CSV)
        report = units.json()
        self.refused |= {("units.csv", str(item["row"])): item["code"] for item in report["rejected"]}
        self._await(lambda known: known["units"] == report["accepted"])
        self._organizer, self._second = (
            self._joins(login, role="city-organizer", season=self.season) for login in ("organizer", "second-organizer")
        )
        self._known_schools = {
            row["unit"]
            for row in rows_of(self.folder, "units")
            if row["level"] == self.rules.unit_levels[-1] and ("units.csv", row["row"]) not in self.refused
        }
        for row in self._rows("judges"):
            self._doing("judges", row, self._appoint)

    def _appoint(self, row: Row) -> None:
        """A judge, who accepts the invitation. Of those whom they work for only units of the season are stated."""
        assert row["judge"] not in self._judges, "the number is given to another judge"
        self._state_judge(row, "")
        role = {"role": "judge", "season": self.season, "ref": row["judge"]}
        self._judges[row["judge"]] = self._joins(f"judge-{row['judge']}".lower(), **role)

    def _state_judge(self, row: Mapping[str, str], employer: str) -> None:
        tracks, conflicts = row["tracks"].split(";"), row["conflicts"].split(";") if row["conflicts"] else []
        sent = {"tracks": tracks, "conflicts": conflicts, "role": row["role"], "employer": employer}
        address = f"/judging/v1/seasons/{self.season}/judges/{row['judge']}"
        try:
            self._operator.call("PUT", address, json=sent)
        except ProblemAnswer as refused:
            raise AssertionError(str(refused)) from refused

    def _timetable(self) -> Iterator[tuple[int, int, Callable[[], None]]]:
        """Everything that happens: when, its place among what happens at the same time, and what it is."""
        for row in self._rows("entries"):
            yield self._moment(row["registered_at"]), 0, partial(self._doing, "entries", row, self._register)
            if row["submitted_at"]:
                yield self._moment(row["submitted_at"]), 1, partial(self._doing, "entries", row, self._hand_in)
        for row in self._rows("ballots"):
            opens = [round_.judging.opens for round_ in self.rules.rounds if round_.id == row["round"]]
            written = self._moment(row["submitted_at"]) if row["submitted_at"] else to_unix_micros(opens[0])
            yield written, 2, partial(self._doing, "ballots", row, self._score)
        for row in self._rows("summaries"):
            yield self._moment(row["submitted_at"]), 3, partial(self._doing, "summaries", row, self._file_summary)
        for position, round_ in enumerate(self.rules.rounds):
            closes = to_unix_micros(round_.judging.closes)
            yield closes, 5, partial(self._enter_sheets, round_.id)
            yield closes, 10 + position, partial(self._step, "closing")
        notice = self.rules.window("results_notice")
        yield to_unix_micros(notice.opens), 20, partial(self._step, "announcement")
        yield self._final(), 30, partial(self._step, "finalization")
        for action in self.folder.actions:
            filed = {"objection": self._object, "appeal": self._appeal}.get(action["type"])
            if filed:
                received = action.get("received")
                yield self._moment(received) if received else to_unix_micros(notice.opens), 21, partial(filed, action)
            yield self._moment(action["at"]), 22, partial(self._act, action)
        yield max(self._final(), *(self._moment(action["at"]) for action in self.folder.actions)), 50, self._revise

    @property
    def summaries_precede_notice(self) -> bool:
        """Whether every unit filed its summary before the results were announced."""
        opens = to_unix_micros(self.rules.window("results_notice").opens)
        return all(self._moment(row["submitted_at"]) < opens for row in self._rows("summaries"))

    def _final(self) -> int:
        """The end of the day of the decision, or of the notice."""
        slot, closes = self.rules.timeline.get("decision"), self.rules.window("results_notice").closes
        if slot is None or slot.on is None:
            return to_unix_micros(closes)
        day = datetime.combine(slot.on, datetime.max.time(), self.rules.zone).replace(microsecond=0)
        return to_unix_micros(max(closes, day))

    def _rows(self, kind: str) -> list[Row]:
        """Those that somebody can do: what is wrong in the writing of a file alone happens to nobody."""
        return [row for row in rows_of(self.folder, kind) if (f"{kind}.csv", row["row"]) not in self._miswritten]

    def _doing(self, kind: str, row: Row, act: Callable[[Row], None]) -> None:
        try:
            act(row)
        except AssertionError as refused:
            self.refused[f"{kind}.csv", row["row"]] = str(refused)

    def _register(self, row: Row) -> None:
        """The first member signs up, unless they did for another work, and registers the work with the others."""
        if row["entry"] in self._numbers:
            raise AssertionError("the number is given to another work")
        fields = {"track": row["track"], "title": row["title"], "grade": row["m1_grade"]}
        for member in (1, 2, 3) if self._by_schools else (2, 3):
            if row[f"m{member}_name_zh"]:
                fields[f"m{member}_name"] = row[f"m{member}_name_zh"]
                fields |= {f"m{member}_{part}": row[f"m{member}_{part}"] for part in ("birth", "grade")}
        fields |= {f"i{number}_name": row[f"i{number}_name"] for number in (1, 2) if row[f"i{number}_name"]}
        who = (row["unit"], row["m1_name_zh"], row["m1_birth"])
        keeper = self._school(row["unit"]) if self._by_schools else self._pupils.get(who) or self._sign_up(row)
        answer = keeper.press(f"{self._here}/register?track={row['track']}", "/register", **fields)
        self._pupils[who] = keeper
        number = answer.headers["location"].rpartition("/")[2]
        self._numbers[row["entry"]], self._keepers[row["entry"]] = number, keeper
        if row["exhibition"]:
            self._organizer.press(f"/registration/entries/{self.season}/{number}", "/exhibition", reason=WORDS)
        if row["consent"] == "granted":
            links = self._slips(keeper, number) if self._by_schools else keeper.consent_links(self.season, number)
            answers = [decides(link) for link in links]
            assert {answer.status_code for answer in answers} == {303}
            self._guardians[row["entry"]] = [answer.headers["location"] for answer in answers]
            self._school(row["unit"]).confirms_consents(self.season)

    def _slips(self, school: Person, number: str) -> list[str]:
        """The links that a school prints and hands to the guardians of a team, by member."""
        form = form_of(school.get(f"/registration/entries/{self.season}/{number}"), "/guardian-slips", "")
        printed = school.post(form.action, untouched(form))
        return re.findall(r"http[^\"<\s]+/registration/consent/[\w./-]+", printed.text)

    def _sign_up(self, row: Row) -> Person:
        person = self._person()
        year, month = row["m1_birth"].split("-")
        login = f"pupil-{len(self._pupils)}-{row['entry']}".lower()
        name = {"name_zh": row["m1_name_zh"], "name_en": row["m1_name_en"]}
        born = {"year": year, "month": month}
        person.press(
            f"{self._here}/sign-up", "/sign-up", unit=row["unit"], **name, **born, login=login, password=PASSWORD
        )
        return person

    def _hand_in(self, row: Row) -> None:
        """Handed in, and approved or rejected at the desk."""
        if ("entries.csv", row["row"]) in self.refused:
            return
        number, keeper = self._numbers[row["entry"]], self._keepers[row["entry"]]
        keeper.press(f"/registration/entries/{self.season}/{number}", "/submit")
        desk = f"{self._here}/desk?standing=pending"
        self._organizer.press(desk, "/review", row["review"], entry=number, reason=WORDS)

    def _score(self, row: Row) -> None:
        """The judge opens the work and submits the ballot; one that a folder keeps as void was never written live."""
        if row["status"] == "void":
            return
        assert row["entry"] in self._numbers, "no such work is on any list"
        assert row["judge"] in self._judges, "no such judge"
        track = self._tracks[row["entry"]]
        components = [
            component
            for round_ in self.rules.rounds
            if round_.id == row["round"]
            for component in round_.scoring[track].components
            if component.id == row["component"]
        ]
        assert components, "no such round, or no such component in it"
        component = components[0]
        number, judge = self._numbers[row["entry"]], self._judges[row["judge"]]
        rubric = self.rules.rubrics[component.rubric or ""]
        scores = {criterion.id: row[f"c{position}"] for position, criterion in enumerate(rubric, 1)}
        address = f"{self._judging}/tasks/{number}/{row['component']}"
        self._open_task(judge, address, row["round"])
        first = row["judge"] not in {judge for judge, _ in self._sent}
        self._sent.add((row["judge"], address))
        if row["status"] != "submitted" or (self._quick and not first):
            submit = row["status"] == "submitted"
            sent = {"scores": scores, "comment": WORDS, "submit": submit, "round": row["round"]}
            program = f"/judging/v1/seasons/{self.season}/tasks/{number}/{row['component']}/ballot"
            answer = judge.put(program, json=sent, headers={"Accept": "application/json"})
            assert answer.status_code == 200, answer.text
            return
        judge.press(address, f"/{row['component']}", "check", "submit", **scores, comment=WORDS)

    def _open_task(self, judge: Person, address: str, round_id: str) -> None:
        """As soon as judging knows the work, whose acceptance is on its way to it."""
        if round_id not in self._arrived:
            self._operator.wait_for("quiet", lambda: nothing_on_the_way(self._operator))
            self._arrived.add(round_id)
        assert judge.get(address).status_code == 200, f"{address} is no task of theirs"

    def _file_summary(self, row: Row) -> None:
        """The school files it, and the organizer scores it at once."""
        address = f"{self._here}/summaries/{row['unit']}"
        self._school(row["unit"]).press(address, f"/{row['unit']}", "file", text="全校动员，班班参加，师生同题。")
        award = self.rules.unit_award
        assert award is not None
        scores = {f"item-{item.id}": row[item.id] for item in award.summary}
        self._organizer.press(address, "/scores", **scores)

    def _step(self, name: str) -> None:
        self._operator.wait_for("quiet", lambda: nothing_on_the_way(self._operator))
        self._organizer.press(f"{self._judging}/steps/{name}", f"/{name}", reason=WORDS)

    def _object(self, action: Mapping[str, Any]) -> None:
        """Somebody whom nobody knows objects, from the row of the notice."""
        outsider = self._person()
        asked = f"?entry={self._numbers[action['entry']]}&round={action['round']}"
        outsider.press(
            f"{self._judging}/objection{asked}",
            "/objection",
            entry=self._numbers[action["entry"]],
            ground="plagiarism",
            text=f"这件作品与网上公开的作品完全一样：{action['reason']}，请组委会核实。",
            name="测试家长",
            contact="13800000000",
        )

    def _appeal(self, action: Mapping[str, Any]) -> None:
        """The first member appeals, with the account that the school made."""
        number = self._numbers[action["entry"]]
        pupil = self._with_account(action["entry"])
        text = f"对评分有异议：{action['reason']}，请评审委员会复核。"
        part = f"{action['round']}/{action['component']}"
        pupil.press(f"{self._judging}/mine/{number}", f"/mine/{number}", part=part, text=text, ground="score")

    def _with_account(self, entry: str) -> Person:
        """The first member of a work, whom the school gives a slip with a way in."""
        if not self._by_schools:
            return self._keepers[entry]
        row = next(row for row in rows_of(self.folder, "entries") if row["entry"] == entry)
        school, address = self._school(row["unit"]), f"{self._here}/students"
        listed = school.get(address)
        ticked = re.findall(rf'value="(\w+)"><span class="vh">[^<]*{row["m1_name_zh"]}\s*<', listed.text)
        assert ticked, told(listed)
        printed = school.post(address, {"person": ticked[:1]})
        links = re.findall(r"http[^\"<\s]+/registration/links/[\w-]+", printed.text)
        assert links, told(printed)
        pupil = self._person()
        pupil.press(links[0], "", password=PASSWORD)
        return pupil

    def _act(self, action: Mapping[str, Any]) -> None:
        """What somebody does at its time."""
        kind, reason = action["type"], str(action.get("reason", "")) + WORDS
        if kind in ("objection", "appeal"):
            self._decide(action)
        elif kind == "name_correction":
            self._correct_name(action)
        elif kind == "judge_employer":
            row = next(item for item in rows_of(self.folder, "judges") if item["judge"] == action["judge"])
            self._state_judge(row, str(action["employer"]))
        elif kind == "revocation":
            number = self._numbers[action["entry"]]
            fields = {"kind": "revocation", "entry": number, "round": list(action["rounds"]), "reason": reason}
            self._organizer.press(f"{self._judging}/exclusions", "/exclusions", **fields)
        elif kind == "consent_withdrawal":
            page = self._guardians[action["entry"]][int(action["member"]) - 1]
            self._person().press(page, page.rpartition("/")[2], agree="no")
        else:
            self._at_the_desk(kind, action, reason)

    def _at_the_desk(self, kind: str, action: Mapping[str, Any], reason: str) -> None:
        """Extension, withdrawal and transfer, on the page of the work."""
        number = self._numbers[action["entry"]]
        page = f"/registration/entries/{self.season}/{number}"
        if kind == "extension":
            self._organizer.press(page, "/extension", until=str(action["until"])[:16], reason=reason)
            row = next(item for item in rows_of(self.folder, "entries") if item["entry"] == action["entry"])
            self.refused.pop(("entries.csv", row["row"]), None)
            self._hand_in(row)
        elif kind == "withdrawal":
            self._organizer.press(page, "/withdraw", reason=reason)
        else:
            self._organizer.press(page, "/transfer", unit=action["unit"], reason=reason)

    def _decide(self, action: Mapping[str, Any]) -> None:
        """Two people, where scores change."""
        listed = self._organizer.get(f"{self._judging}/objections")
        number = self._numbers[action["entry"]]
        here = next(part for part in listed.text.split("<section")[1:] if number in part and "/objections/" in part)
        filed = re.search(r"/objections/([\w-]+)", here)
        assert filed, told(listed)
        scores = {
            f"{ballot['judge']}|{criterion.id}": str(score)
            for ballot in action.get("ballots", ())
            for criterion, score in zip(self._rubric_of(action), ballot["scores"], strict=True)
        }
        address = f"{self._judging}/objections"
        answer = str(action["reason"]) + WORDS
        self._organizer.press(address, f"/objections/{filed[1]}", action["outcome"], answer=answer, **scores)
        if scores:
            self._second.press(address, f"/objections/{filed[1]}/confirmation")

    def _rubric_of(self, action: Mapping[str, Any]) -> tuple[Any, ...]:
        scoring = self.rules.round(action["round"]).scoring[self._tracks[action["entry"]]]
        component = next(item for item in scoring.components if item.id == action["component"])
        return tuple(self.rules.rubrics[component.rubric or ""])

    def _enter_sheets(self, round_id: str) -> None:
        """Runs and tests of a round, entered by one person and confirmed by another."""
        for kind in ("runs", "tests"):
            rows = [row for row in self._rows(kind) if row["round"] == round_id]
            if not rows:
                continue
            columns = [name for name in rows[0] if name != "row"]
            out = io.StringIO()
            writer = csv.writer(out)
            writer.writerow(columns)
            for row in rows:
                own = {**row, "entry": self._numbers.get(row["entry"], row["entry"])}
                writer.writerow([own[name] for name in columns])
            content = out.getvalue().encode()
            address = f"/judging/v1/seasons/{self.season}/rounds/{round_id}/sheets/{kind}"
            entered = self._organizer.request("POST", address, content=content, headers={**CSV, **PROGRAM})
            assert entered.status_code == 200, entered.text
            fell: list[dict[str, str]] = entered.json()["rejected"]
            self.refused |= {(f"{kind}.csv", rows[int(item["row"]) - 2]["row"]): item["code"] for item in fell}
            confirmation = f"/judging/v1/seasons/{self.season}/sheets/{entered.json()['id']}/confirmation"
            assert self._second.request("POST", confirmation, headers=PROGRAM).status_code == 204

    def _revise(self) -> None:
        """What was decided since the results were final, if anything, as one revision."""
        self._operator.wait_for("quiet", lambda: nothing_on_the_way(self._operator))
        page = self._organizer.get(f"{self._judging}/revision")
        if any("preview" in untouched(form) for form in Page(page.text, str(page.url)).forms):
            self._organizer.press(f"{self._judging}/revision", "/revision", reason=WORDS)

    def _correct_name(self, action: Mapping[str, Any]) -> None:
        """The organizer corrects it, and every certificate shows the new name."""
        entry, member = self._numbers[action["entry"]], action["member"]
        fields = {name: action.get(name, "") for name in ("name_zh", "name_en", "reason")}
        self._organizer.press(f"/registration/entries/{self.season}/{entry}", f"/members/{member}/name", **fields)

        def corrected() -> None:
            address = f"/certificates/v1/seasons/{self.season}/certificates"
            listed = self._operator.get(address, params={"limit": 1000})
            assert [item for item in listed if item["name_version"] > 1], "no certificate has the new name"

        eventually(corrected, 60)

    def _await(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        self._operator.wait_for("judging", lambda: holds(self._operator.get(f"/judging/v1/seasons/{self.season}")))

    def tables(self, stage: str, names: Iterable[str]) -> dict[str, list[str]]:
        """The lines of these tables with the ids of the folder in the place of those that live has given."""
        ids = {number: entry for entry, number in self._numbers.items()}
        for row in rows_of(self.folder, "entries"):
            for number in (1, 2):
                if row[f"i{number}_name"]:
                    ids[instructor_id(row["unit"], row[f"i{number}_name"])] = row[f"i{number}_id"]
        return {
            name: [",".join(ids.get(cell, cell) for cell in line) for line in self._table(stage, name)]
            for name in names
        }

    def _table(self, stage: str, name: str) -> list[list[str]]:
        owner = "registration" if name == "instructors" else "judging"
        address = f"/{owner}/v1/seasons/{self.season}/results/{stage}/{name}.csv"
        return list(csv.reader(io.StringIO(self._operator.call("GET", address).content.decode("utf-8-sig"))))
