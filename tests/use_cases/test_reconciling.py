"""What `laurel reconcile` finds and repairs, on three services in memory: by meaning, three ways, and never by guessing."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from laurel.reconcile import PAIRS, Finding, Kind, Pair, Remedy, carry_out, compare, plan
from shared.events.registration import EntryAcceptedV1, UnitRecordedV1
from shared.http.reconciliation import (
    UNREADABLE,
    Facts,
    LedgerLine,
    Line,
    digests,
    facts_of,
    fields_of,
    meant,
    told_events,
)
from shared.messaging.outbox import record
from shared.season.text import Text
from shared.states import EntryStatus

S = "city-2026"
ENTRY = f"{S}/E1"


@dataclass
class Services:
    """Ledgers by service and name. What is told again reaches every copy that has an older version."""

    ledgers: dict[tuple[str, str], dict[str, Line]] = field(default_factory=dict)
    mentioned: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def ledger(self, service: str, name: str) -> dict[str, Line]:
        return self.ledgers.setdefault((service, name), {})

    def tell(self, name: str, key: str, facts: Facts, version: int = 1) -> None:
        """A document of its owner that was told, with the copies of it."""
        for pair in PAIRS:
            if pair.ledger == name:
                self.ledger(pair.owner, name)[key] = Line(key, facts, facts, version)
                self._arrive(pair, key)

    def _arrive(self, pair: Pair, key: str) -> None:
        own, copies = self.ledger(pair.owner, pair.ledger)[key], self.ledger(pair.holder, pair.held)
        if not pair.inside and own.told is not None and (key not in copies or copies[key].version < own.version):
            copies[key] = Line(key, own.told, None, own.version)

    def get(self, path: str, **request: Any) -> Any:
        _, service, _, _, _, name, *lines = path.split("/")
        ledger = self.ledger(service, name)
        if not lines:
            return {"lines": [list(digests(line)) for line in ledger.values()], "after": ""}
        return [self._line(key, ledger.get(key)).model_dump() for key in request["params"]["key"]]

    def _line(self, key: str, line: Line | None) -> LedgerLine:
        said = line or Line(key, {})
        return LedgerLine(
            key=key,
            here=line is not None,
            mentioned=line is None and key in self.mentioned,
            says=fields_of(key, said.says),
            told=fields_of(key, said.told or {}),
            version=said.version,
        )

    def call(self, method: str, path: str, **request: Any) -> None:
        assert method == "POST"
        _, service, _, _, _, name, act = path.split("/")
        self.asked.append(f"{act} {service} {name}")
        for key in request["json"]["lines"]:
            if act == "removal":
                self.ledger(service, name).pop(key, None)
            elif act == "renewal" and key in self.ledger(service, name):
                self.ledger(service, name)[key] = replace(self.ledger(service, name)[key], version=0)
            elif act == "retelling":
                for pair in PAIRS:
                    if (pair.owner, pair.ledger) == (service, name):
                        self._arrive(pair, key)


def entry(**changes: Any) -> EntryAcceptedV1:
    stated: dict[str, Any] = {
        "season": S,
        "entry": "E1",
        "version": 1,
        "standing": EntryStatus.VALID,
        "track": "A",
        "division": "P",
        "unit": "P01",
        "title": "一座桥",
        "registered_at": 1,
        "submitted_at": 2,
        "members": [{"person": "p1", "grade": 4}],
        "instructors": [],
    }
    return EntryAcceptedV1.model_validate({**stated, **changes})


@pytest.fixture
def services() -> Services:
    """One of each thing, told and taken in."""
    told = Services()
    for name in {pair.ledger for pair in PAIRS}:
        told.tell(name, f"{S}/{name}", {"name": f"of {name}", "place": 1})
    for pair in PAIRS:
        if pair.inside:  # its own, in two places
            told.ledger(pair.owner, pair.held).update(told.ledger(pair.owner, pair.ledger))
    told.tell("entries", ENTRY, facts_of(entry()), version=3)
    return told


def findings_of(services: Services) -> list[Finding]:
    return [finding for comparison in compare(services, S) for finding in comparison.findings]


def named(services: Services) -> set[tuple[str, str, str, tuple[str, ...], str]]:
    return {(item.kind, item.service, item.key, item.fields, item.remedy) for item in findings_of(services)}


def repair(services: Services, *, invented: bool = False) -> None:
    carry_out(services, plan(S, compare(services, S), invented=invented))


def changed(line: Line, **facts: Any) -> Line:
    return replace(line, says={**line.says, **facts})


COPIES = [pair for pair in PAIRS if not pair.inside]
INSIDE = [pair for pair in PAIRS if pair.inside]


def test_what_agrees_is_left_alone(services: Services) -> None:
    assert findings_of(services) == []
    assert plan(S, compare(services, S), invented=True) == []


@pytest.mark.parametrize("pair", COPIES, ids=lambda pair: f"{pair.ledger}-{pair.holder}")
def test_a_changed_field_of_any_copy_is_found_and_comes_right(services: Services, pair: Pair) -> None:
    """Keeps away: a copy that was changed under the version that was told, so that no telling ever replaces it."""
    key = f"{S}/{pair.ledger}"
    copies = services.ledger(pair.holder, pair.held)
    copies[key] = changed(copies[key], name="another")

    assert named(services) == {(Kind.COPY_CHANGED, pair.holder, key, ("name",), Remedy.RENEW)}
    repair(services)
    assert findings_of(services) == []
    assert services.asked == [
        f"renewal {pair.holder} {pair.held}",
        f"retelling {pair.owner} {pair.ledger}",
    ], "opened before it is told, and nothing else is touched"


@pytest.mark.parametrize("pair", COPIES, ids=lambda pair: f"{pair.ledger}-{pair.holder}")
def test_a_missing_copy_of_anything_is_found_and_comes_back(services: Services, pair: Pair) -> None:
    key = f"{S}/{pair.ledger}"
    del services.ledger(pair.holder, pair.held)[key]

    assert named(services) == {(Kind.COPY_MISSING, pair.holder, key, (), Remedy.RETELL)}
    repair(services)
    assert findings_of(services) == []


def test_a_copy_with_another_version_is_found_though_it_says_the_same(services: Services) -> None:
    """Keeps away: a copy that never takes in a newer telling, because it holds a version from the future."""
    copies = services.ledger("judging", "entries")
    copies[ENTRY] = replace(copies[ENTRY], version=900)

    assert named(services) == {(Kind.COPY_CHANGED, "judging", ENTRY, ("version",), Remedy.RENEW)}
    repair(services)
    assert copies[ENTRY].version == 3


def test_what_was_changed_at_its_owner_is_named_and_never_told(services: Services) -> None:
    """Keeps away: a repair that spreads what somebody wrote into the owner's database."""
    own = services.ledger("registration", "entries")
    own[ENTRY] = changed(own[ENTRY], title="another")

    assert named(services) == {(Kind.OWN_CHANGED, "registration", ENTRY, ("title",), Remedy.BACKUP)}
    repair(services, invented=True)
    assert services.asked == []


def test_a_document_that_its_owner_lost_is_no_invention_of_the_copy(services: Services) -> None:
    """Keeps away: `--invented` removing the last that is left of what its owner lost."""
    del services.ledger("registration", "entries")[ENTRY]
    services.mentioned.add(ENTRY)

    assert named(services) == {(Kind.OWN_GONE, "registration", ENTRY, (), Remedy.BACKUP)}
    repair(services, invented=True)
    assert ENTRY in services.ledger("judging", "entries")


def test_what_nobody_told_goes_only_where_that_is_wished(services: Services) -> None:
    invented = f"{S}/E99"
    services.ledger("judging", "entries")[invented] = Line(invented, facts_of(entry(entry="E99")), None, 1)

    assert named(services) == {(Kind.COPY_INVENTED, "judging", invented, (), Remedy.REMOVE)}
    repair(services)
    assert services.asked == []
    repair(services, invented=True)
    assert findings_of(services) == []


def test_a_certificate_that_nobody_granted_is_revoked_by_people_and_not_removed(services: Services) -> None:
    """Keeps away: an address on paper that leads nowhere."""
    services.ledger("certificates", "awards")["x"] = Line("x", {})

    assert named(services) == {(Kind.COPY_INVENTED, "certificates", "x", (), Remedy.REVOKE)}
    repair(services, invented=True)
    assert services.asked == []


@pytest.mark.parametrize("ledger", ["members", "counted-ballots"])
def test_what_a_service_counts_or_names_and_no_longer_has_is_found(services: Services, ledger: str) -> None:
    """Keeps away: results that nobody can compute again, because a ballot is gone."""
    pair = next(pair for pair in INSIDE if pair.ledger == ledger)
    del services.ledger(pair.owner, pair.held)[f"{S}/{ledger}"]

    assert named(services) == {(Kind.OWN_GONE, pair.owner, f"{S}/{ledger}", (), Remedy.BACKUP)}
    repair(services, invented=True)
    assert services.asked == []


def test_a_ballot_that_was_changed_is_named_with_its_field(services: Services) -> None:
    ballots = services.ledger("judging", "ballots")
    key = f"{S}/counted-ballots"
    ballots[key] = changed(ballots[key], place=2)

    assert named(services) == {(Kind.OWN_CHANGED, "judging", key, ("place",), Remedy.BACKUP)}


def test_a_name_that_a_certificate_prints_and_nobody_knows_is_found(services: Services) -> None:
    printed = services.ledger("certificates", "printed-names")
    key = f"{S}/printed-names"
    printed[key] = changed(printed[key], name="another")

    assert named(services) == {(Kind.OWN_CHANGED, "certificates", key, ("name",), Remedy.BACKUP)}


def test_a_document_that_holds_nothing_it_told_is_named(services: Services) -> None:
    own = services.ledger("registration", "entries")
    own[ENTRY] = replace(own[ENTRY], told=None)

    assert (Kind.UNTOLD, "registration", ENTRY, (), Remedy.BACKUP) in named(services)


def test_a_copy_from_before_a_field_came_says_the_same() -> None:
    """Keeps away: everything differing after an upgrade, and nobody looking at it any more."""
    now, before = facts_of(entry(language="")), entry().model_dump(exclude={"version", "language"})

    assert facts_of(EntryAcceptedV1.model_validate({**before, "version": 1})) == now
    assert "language" in facts_of(entry(language="en")), "what is stated is meant"


def test_only_the_newest_telling_counts_and_only_of_its_kind() -> None:
    unit = UnitRecordedV1(season=S, unit="P01", version=2, level="school", name=Text(zh="校"), ordinal=1)
    document = {"outbox": {"events": [record(unit), record(entry())]}}

    assert told_events(document, UnitRecordedV1) == [unit]
    assert told_events({}, UnitRecordedV1) == []


def test_what_cannot_be_read_any_more_is_a_finding_and_no_failure() -> None:
    """Keeps away: one broken document that hides all the others."""
    document: dict[str, Any] = {}

    assert meant(lambda: {"title": document["title"]}) == UNREADABLE


def test_hashes_tell_nothing_of_a_name_and_no_two_people_by_it() -> None:
    """Keeps away: a list in which equal names are seen to be equal."""
    child, other = Line("p1", {"name": "王小明"}), Line("p2", {"name": "王小明"})

    assert digests(child).says != digests(other).says
    assert fields_of("p1", child.says) != fields_of("p2", other.says)
    assert "王小明" not in str([digests(child), fields_of("p1", child.says)])
