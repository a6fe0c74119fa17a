"""What judges fetch says nobody's name.

Keeps away leaks of names through files: a place in a file that holds its author and that nobody thought of, a kind of
file that is passed on as it came, a file that cannot be cleaned and is handed out all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from uuid import uuid4

import pytest

from laurel.client import Client, ProblemAnswer
from tests.attacks.places import MARK, MARK_ZH, PLACES, Place
from tests.attacks.places.finding import says_who
from tests.support.copied import fetch_copy
from tests.support.handing_out import hand_out
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season, person
from tests.support.tus import Tus
from tests.support.waiting import eventually

MOST_FILES = 20
TYPES = ["pdf", "image", "video", "audio", "archive", "office", "text"]
SPREAD = ("text in pieces", "spread text")
"""Places in which the name stands sign by sign, so that no search of bytes finds it; the judge reads it all the same."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A season whose works were handed out to a judge: by place, where the judge finds the file."""

    season: str
    judge: Client
    organizer: Client
    files: dict[str, tuple[str, int]]


def register(school: Client, season: str, number: int) -> str:
    member = {"name_zh": MARK_ZH, "name_en": MARK, "birth": f"20{11 + number // 12}-{number % 12 + 1:02d}", "grade": 5}
    sent = {
        "track": "A",
        "title": "灯塔",
        "members": [member],
        "instructors": [f"测试师{number}"],
        "consents": "on-paper",
    }
    answer = school.call(
        "POST",
        f"/registration/v1/seasons/{season}/entries",
        json=sent,
        headers={"Idempotency-Key": uuid4().hex},
    )
    return str(answer.json()["entry"])


def batches() -> Iterator[list[Place]]:
    for _, same in groupby(PLACES, key=lambda place: place.extension):
        places = list(same)
        for start in range(0, len(places), MOST_FILES):
            yield places[start : start + MOST_FILES]


@pytest.fixture(scope="module")
def handed(installation: ThreeProcesses, operator: Client) -> Iterator[Handed]:
    works = {"A": {"files": ["1", str(MOST_FILES)], "types": TYPES, "max_mib": "5"}}
    season = open_season(operator, new_season(works=works, acceptance="submission"))
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JG1", json={"tracks": ["A"], "employer": ""})
    judge = person(installation, operator, role="judge", season=season, ref="JG1")
    organizer = person(installation, operator, role="city-organizer", season=season)
    sender, files = Tus(installation.url, school.token), {}
    last = ""
    for number, places in enumerate(batches()):
        last = entry = register(school, season, number)
        for place_number, place in enumerate(places, 1):
            answer = sender.whole(season, entry, f"{place_number:02d}{place.extension}", place.make())
            assert answer.status_code == 200, f"{place.id}: {answer.text}"
            files[place.id] = (entry, place_number)
        school.call("POST", f"/registration/v1/seasons/{season}/entries/{entry}/submission")

    def given() -> None:
        hand_out(operator, season, judges={"A": 1})
        try:
            judge.get(f"/registration/v1/seasons/{season}/works/{last}/copies")
        except ProblemAnswer as problem:
            raise AssertionError(problem.code) from problem

    eventually(given)
    yield Handed(season, judge, organizer, files)
    for client in (school, judge, organizer, sender.client):
        client.close()


@pytest.mark.parametrize("place", PLACES, ids=[place.id for place in PLACES])
def test_the_marker_is_in_the_file_that_is_sent(place: Place) -> None:
    assert place.name in SPREAD or says_who(place.make()), "the test would show nothing"


@pytest.mark.parametrize("place", PLACES, ids=[place.id for place in PLACES])
def test_a_judge_gets_no_name_from_any_place_of_any_file(handed: Handed, place: Place) -> None:
    if place.becomes == "held":
        with pytest.raises(ProblemAnswer) as refusal:
            _fetch(handed, place)
        assert (refusal.value.status, refusal.value.code) == (409, "copy-held")
        return

    entry, number = handed.files[place.id]
    answer = fetch_copy(handed.judge, handed.season, entry, number)

    assert answer.content
    assert not says_who(answer.content)
    assert not says_who(str(answer.headers).encode())


def test_the_organizer_sees_what_is_held_and_why_and_lets_it_through_on_record(
    installation: ThreeProcesses, operator: Client, handed: Handed
) -> None:
    season, held = handed.season, [place for place in PLACES if place.becomes == "held"]
    for place in held:
        with pytest.raises(ProblemAnswer):
            _fetch(handed, place)
    address = f"/registration/v1/seasons/{season}/held-copies"
    listed = {(value["entry"], value["number"]): value for value in handed.organizer.get(address)}
    assert set(listed) == {handed.files[place.id] for place in held}
    assert all(value["reason"] and value["release"] is None for value in listed.values())
    named = next(place for place in held if place.id == "pdf-text")
    item = listed[handed.files[named.id]]

    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    district = person(installation, operator, role="auditor", season=season)
    for stranger in (handed.judge, school, district):
        for method, path in (("GET", address), ("POST", f"{address}/{item['upload']}/release")):
            with pytest.raises(ProblemAnswer) as refusal:
                stranger.call(method, path, **({"json": {"note": "seen"}} if method == "POST" else {}))
            assert refusal.value.status == 403
        if stranger is not handed.judge:
            stranger.close()
    with pytest.raises(ProblemAnswer) as refusal:
        handed.organizer.call("POST", f"{address}/{item['upload']}/release", json={"note": " "})
    assert refusal.value.code == "copy-note"

    handed.organizer.call("POST", f"{address}/{item['upload']}/release", json={"note": "a place, no person"})

    assert _fetch(handed, named).startswith(b"%PDF")
    released = next(two for two in handed.organizer.get(address) if two["upload"] == item["upload"])["release"]
    assert released["note"] == "a place, no person"
    assert released["login"].startswith("person-")
    with pytest.raises(ProblemAnswer) as refusal:
        handed.organizer.call("POST", f"{address}/{item['upload']}/release", json={"note": "again"})
    assert refusal.value.code == "copy-given"


def test_a_part_of_a_copy_can_be_asked_for(handed: Handed) -> None:
    place = next(place for place in PLACES if place.id == "mp4-tags")
    whole = _fetch(handed, place)
    entry, number = handed.files[place.id]
    address = f"/registration/v1/seasons/{handed.season}/works/{entry}/copies/{number}"

    part = handed.judge.call("GET", address, headers={"Range": "bytes=10-29"})

    assert (part.status_code, part.content) == (206, whole[10:30])
    assert part.headers["content-range"] == f"bytes 10-29/{len(whole)}"


def _fetch(handed: Handed, place: Place) -> bytes:
    entry, number = handed.files[place.id]
    return bytes(fetch_copy(handed.judge, handed.season, entry, number).content)
