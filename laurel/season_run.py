"""Runs a season folder through the services, as any organizer's program could: by the public HTTP interface alone."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from laurel.client import Client, ProblemAnswer
from laurel.errors import UserError
from laurel.season_folder import REGISTRATION_ACTIONS, REGISTRATION_FILES, SeasonFolder, tables_of
from laurel.texts import t
from shared.season.csv_rows import write_csv
from shared.season.fields import NO, YES, read_by
from shared.season.rules import Round
from shared.season.time import from_unix_micros, parse_moment, to_unix_micros
from shared.states import ResultStage, WithdrawalCause

STAGES = tuple(ResultStage)
UNDRAWN = ("sign-without-glyph", "document-set-aside", "document-too-much")
"""Why a certificate has no document; the others have theirs."""
TABLES = ("advancement", "awards", "units", "credits", "eligibility")
Say = Callable[[str], None]


@dataclass
class Run:
    """One folder on its way through one installation. Every step may be repeated; the second time changes nothing."""

    folder: SeasonFolder
    client: Client
    say: Say
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)
    _acted: set[str] = field(default_factory=set)
    _left: int = 0
    """How many entries left a later round."""

    @property
    def season(self) -> str:
        return self.folder.rules.id

    def _step(self, name: str, **values: Any) -> None:
        now = time.monotonic()
        self.seconds[name] = round(self.seconds.get(name, 0.0) + now - self._since, 3)
        self._since = now
        self.say(t(f"run-{name}", **values))

    def whole(self, out: Path) -> None:
        """From the rules to the certificates, and everything written under `out`."""
        self.open()
        self.hand_over()
        self.judge()
        self.write_results(out / "results")
        count = self.write_certificates(out / "certificates")
        self.write_summary(out / "summary.json", count)

    def check(self) -> None:
        """Only the files: open the season, hand over everything, and close the rounds that others follow."""
        self.open()
        self.hand_over()
        self._rounds()

    def open(self) -> None:
        """Open the season, if judging can compute its rules."""
        body = {"content": self.folder.season_yaml, "headers": {"Content-Type": "application/yaml"}}
        missing = self.client.call("POST", "/judging/v1/rule-checks", **body).json()["unsupported"]
        if missing:
            raise UserError("rules-unsupported", features=", ".join(missing))
        self.client.call("PUT", f"/registration/v1/seasons/{self.season}", params={"mode": "records"}, **body)
        self._step("opened", season=self.season)

    def hand_over(self) -> None:
        """Registration's files to registration, judges to judging once it knows the entries."""
        for kind in (kind for kind in REGISTRATION_FILES if kind in self.folder.files):
            self._take(kind, f"/registration/v1/seasons/{self.season}/records/{kind}")
        self.client.wait_for("judging", self._arrived)
        self._take("judges", f"/judging/v1/seasons/{self.season}/records/judges")
        if "recommendations" in self.folder.files:  # of entries that stand once what came before judging is decided
            self._act(to_unix_micros(self.folder.rules.rounds[0].judging.opens))
            self._take("recommendations", f"/registration/v1/seasons/{self.season}/records/recommendations")

    def _arrived(self) -> bool:
        """Whether judging knows what registration told so far."""
        sent = self.client.get(f"/registration/v1/seasons/{self.season}")
        known = self.client.get(f"/judging/v1/seasons/{self.season}")
        same = all(known[name] == sent[name] for name in ("units", "entries", "summaries", "standings"))
        same = same and known.get("assessed", 0) == sent.get("assessed", 0)  # a former release knows of none
        return same and known["withdrawals"] >= self._left

    def _take(self, kind: str, address: str, *, once_more: bool = False) -> None:
        """Hand in a file, or what a further round says in it, and keep the rows that fell."""
        report = self.client.call(
            "PUT", address, content=self.folder.files[kind], headers={"Content-Type": "text/csv"}
        ).json()
        fell, known = report["rejected"], self.reports.get(kind)
        if once_more and known:
            report["rejected"] = sorted([*known["rejected"], *fell], key=lambda row: int(row["row"]))
        self.reports[kind] = report
        self._step("file", file=f"{kind}.csv", accepted=report["accepted"], rejected=len(fell))
        language = "zh" if t("language-switch") == "English" else "en"
        for row in [*fell, *report.get("flagged", ())]:
            self.say(
                t(
                    "run-rejected",
                    file=row["file"],
                    row=row["row"],
                    column=row["column"],
                    code=row["code"],
                    message=row["message"][language],
                )
            )

    def judge(self) -> None:
        """Round after round: scores, closing; then announce, decide, finalize, each at the time that the folder states."""
        self._rounds()
        rules, base = self.folder.rules, f"/judging/v1/seasons/{self.season}"
        notice, final = rules.window("results_notice"), self._decided_on()
        self._act(to_unix_micros(notice.opens))
        self.client.wait_for("judging", self._arrived)
        self.client.call("POST", f"{base}/announcement", json={"at": notice.opens.isoformat()})
        self._step("announced")
        self._act(to_unix_micros(final))
        self.client.wait_for("judging", self._arrived)
        self.client.call("POST", f"{base}/finalization", json={"at": final.isoformat()})
        self._step("finalized")
        self._await_certificates()
        self._announce("derived")
        self._revise()
        self.client.wait_for("registration", self._published)

    def _rounds(self) -> None:
        """The scores of each round and its closing; who is in a later one follows from the one before."""
        base = f"/judging/v1/seasons/{self.season}"
        for number, round_ in enumerate(self.folder.rules.rounds):
            self._act(to_unix_micros(round_.judging.closes))
            if number == 0 and self.folder.rules.self_assessment:
                self._assess()
            self.client.wait_for("judging", self._arrived)
            if number:  # whoever left since then has been replaced
                self._close(self.folder.rules.rounds[number - 1])
            for kind in ("ballots", "runs", "tests"):
                self._take(kind, f"{base}/records/rounds/{round_.id}/{kind}", once_more=number > 0)
            self._close(round_)
            self._step("closed", round=round_.id)
            self._announce(round_.id)

    def _assess(self) -> None:
        """What entries gave themselves and what was said of it, once it is decided which take part. A row of either file may
        count because of one in the other, so the first comes once more.
        """
        base = f"/registration/v1/seasons/{self.season}/records"
        for kind in ("self_scores", "verifications", "self_scores"):
            self._take(kind, f"{base}/{kind.replace('_', '-')}")
        self._take("previous", f"/judging/v1/seasons/{self.season}/records/previous")

    def _announce(self, part: str) -> None:
        """A notice of its own, where the timeline has one: `<round>_notice`, `derived_notice`."""
        slot = self.folder.rules.timeline.get(f"{part}_notice")
        if slot is not None and slot.opens is not None:
            address = f"/judging/v1/seasons/{self.season}/notices/{part}"
            self.client.call("POST", address, json={"at": slot.opens.isoformat()})

    def _close(self, round_: Round) -> None:
        address = f"/judging/v1/seasons/{self.season}/rounds/{round_.id}/closing"
        self.client.call("POST", address, json={"at": round_.judging.closes.isoformat()})

    def _decided_on(self) -> datetime:
        """When the results become final: the end of the day of the decision 表彰决定, or of the notice."""
        rules = self.folder.rules
        slot = rules.timeline.get("decision")
        closes = rules.window("results_notice").closes
        if slot is None or slot.on is None:
            return closes
        return max(closes, datetime.combine(slot.on, datetime.max.time(), rules.zone).replace(microsecond=0))

    def _revise(self) -> None:
        """What was decided after the results were final, as one revision."""
        late = [action for action in self.folder.actions if action["id"] not in self._acted]
        self._act(None)
        decided = [action for action in late if action.get("type") not in REGISTRATION_ACTIONS]
        if decided:
            at = parse_moment(str(decided[-1]["at"]), self.folder.rules.zone) or 0
            reason = "; ".join(str(action.get("reason", action["type"])) for action in decided)
            address = f"/judging/v1/seasons/{self.season}/revision"
            body = {"at": from_unix_micros(at).isoformat(), "reason": reason[:500]}
            self.client.call("POST", address, json={**body, "preview": self.client.get(address)["preview"]})
            self._await_certificates()

    def _await_certificates(self) -> None:
        """Wait until every award that stands has its certificates, and no other."""
        wanted = self.client.get(f"/judging/v1/seasons/{self.season}/results/final")["recipients"]
        self.client.wait_for("certificates", lambda: self._issued() == wanted)
        self._step("issued", **wanted)

    def _issued(self) -> dict[str, int]:
        result = self.client.get(f"/certificates/v1/seasons/{self.season}")
        return {kind: result[kind] for kind in ("student", "instructor", "unit")}

    def _published(self) -> bool:
        """Whether registration has every line of the newest statement of both stages, to join them with names."""
        for stage in STAGES:
            stated = self.client.get(f"/judging/v1/seasons/{self.season}/results/{stage}")["revision"]
            named = self.client.call("GET", f"/registration/v1/seasons/{self.season}/results/{stage}/instructors.csv")
            if named.headers.get("Laurel-Revision", str(stated)) != str(stated):  # the release before does not say it
                return False
        return True

    def _act(self, before: int | None) -> None:
        """Every later action dated before a time, or all, that was not handed in yet."""
        for action in self.folder.actions:
            at = parse_moment(str(action["at"]), self.folder.rules.zone)
            if at is None:
                raise UserError("actions-unreadable", file="actions.yaml", reason=f"{action['id']}: at")
            if action["id"] in self._acted or (before is not None and at >= before):
                continue
            self._acted.add(action["id"])
            leaves = action.get("type") in tuple(WithdrawalCause)
            self._left += leaves and at >= to_unix_micros(self.folder.rules.rounds[0].judging.opens)
            owner = "registration" if action.get("type") in REGISTRATION_ACTIONS else "judging"
            try:
                outcome = self.client.call(
                    "PUT", f"/{owner}/v1/seasons/{self.season}/records/actions/{action['id']}", json=action
                ).json()
            except ProblemAnswer as problem:
                raise UserError(
                    "action-refused", action=action["id"], reason=str(problem.problem.get("detail"))
                ) from problem
            if "name_version" in outcome:
                self._await_name(outcome["person"], outcome["name_version"])
            self._step("action", action=action["id"], type=action["type"])

    def _await_name(self, person: str, version: int) -> None:
        """Wait until no certificate shows an older name."""
        address = f"/certificates/v1/seasons/{self.season}/certificates"
        self.client.wait_for(
            "certificates",
            lambda: all(
                item["name_version"] >= version for item in self.client.get(address, params={"recipient": person})
            ),
        )

    def rejected(self) -> list[dict[str, Any]]:
        """Every row that fell, files in the order of the season folder."""
        return [row for kind in self.folder.files for row in self.reports[kind]["rejected"]]

    def flagged(self) -> list[dict[str, Any]]:
        """Every row that was taken in with something to see to."""
        return [row for kind in self.folder.files for row in self.reports[kind].get("flagged", ())]

    def write_results(self, folder: Path) -> None:
        """The results in the layout of the season folder's `expected/`."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = self.rejected()
        columns = ("file", "row", "column", "code")
        (folder / "rejected.csv").write_text(
            write_csv(columns, [[str(row[column]) for column in columns] for row in rows]), encoding="utf-8"
        )
        totals: dict[str, Any] = {
            "rejected": dict(Counter(row["file"] for row in rows)),
            "counted": self.client.get(f"/judging/v1/seasons/{self.season}")["counted"],
        }
        for stage in STAGES:
            (folder / stage).mkdir(exist_ok=True)
            base = f"/judging/v1/seasons/{self.season}/results/{stage}"
            totals[stage] = self.client.get(base)["totals"]
            special = ("special-awards",) * any(round_.special for round_ in self.folder.rules.rounds)
            for table in (*TABLES, *special):
                (folder / stage / f"{table}.csv").write_bytes(self.client.call("GET", f"{base}/{table}.csv").content)
            names = f"/registration/v1/seasons/{self.season}/results/{stage}/instructors.csv"
            listed = self.client.call("GET", names).content.decode("utf-8-sig")
            (folder / stage / "instructors.csv").write_text(listed, encoding="utf-8", newline="")
        (folder / "totals.json").write_text(json.dumps(totals, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if self.folder.rules.self_assessment:
            address = f"/judging/v1/seasons/{self.season}/assessment.csv"
            (folder / "assessment.csv").write_bytes(self.client.call("GET", address).content)
        self._write_answers(folder)
        for table in tables_of(self.folder.rules):
            address = f"/registration/v1/seasons/{self.season}/tables/{table}.csv"
            (folder / f"{table}.csv").write_bytes(self.client.call("GET", address).content)
        self._step("results", folder=str(folder))

    def _write_answers(self, folder: Path) -> None:
        """What entries answer to the custom fields of their tracks, and who may read it; nothing where none are asked."""
        fields = {track.id: track.fields for track in self.folder.rules.tracks}
        if not any(fields.values()):
            return
        rows = [
            [entry["entry"], asked.id, value, YES if asked.judges else NO, YES if asked.public else NO]
            for entry in self.client.listed(f"/registration/v1/seasons/{self.season}/entries", limit=200)
            for asked, value in read_by(fields[entry["track"]], entry["fields"])
        ]
        columns = ("entry", "field", "value", "judges", "public")
        (folder / "answers.csv").write_text(write_csv(columns, rows), encoding="utf-8")

    def write_certificates(self, folder: Path) -> int:
        """A PDF for each certificate that can be drawn, and one ZIP with all of them. How many there are."""
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for item in self.client.listed(f"/certificates/v1/seasons/{self.season}/certificates", limit=200):
            if item["state"] != "revoked":
                count += self._write_document(folder, item["serial"])
        archive = self.client.call(
            "GET", f"/certificates/v1/seasons/{self.season}/archive.zip", params={"reason": "season run"}
        )
        (folder / f"{self.season}.zip").write_bytes(archive.content)
        self._step("certificates", count=count, folder=str(folder))
        return count

    def _write_document(self, folder: Path, serial: str) -> bool:
        """Whether there is one; what cannot be drawn is said, and listed in the archive."""
        try:
            document = self.client.call("GET", f"/certificates/v1/certificates/{serial}/document.pdf")
        except ProblemAnswer as problem:
            if problem.code not in UNDRAWN:
                raise
            self.say(t("run-undrawn", serial=serial, reason=str(problem.problem.get("detail"))))
            return False
        (folder / f"{serial}.pdf").write_bytes(document.content)
        return True

    def write_summary(self, file: Path, certificates: int) -> None:
        """Counts, times and what passed as events."""
        registration = self.client.get(f"/registration/v1/seasons/{self.season}")
        judging = self.client.get(f"/judging/v1/seasons/{self.season}")
        final = self.client.get(f"/judging/v1/seasons/{self.season}/results/final")
        summary = {
            "season": self.season,
            "counts": {
                **{name: registration[name] for name in ("units", "people", "entries", "summaries")},
                "judges": judging["judges"],
                **judging["counted"],
                "rejected": len(self.rejected()),
                "certificates": certificates,
            },
            "result_hash": final["result_hash"],
            "seconds": {**self.seconds, "total": round(sum(self.seconds.values()), 3)},
            "events": {
                name: self.client.get(f"/{name}/v1/event-counts")
                for name in ("registration", "judging", "certificates")
            },
        }
        file.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
