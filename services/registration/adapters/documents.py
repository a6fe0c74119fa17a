"""Domain values to documents and back."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from services.registration.application.ports import Amendment, Season, StoredEntry
from services.registration.domain.consent import Consent, Method, to_confirm
from services.registration.domain.entries import Entry, Exit, Instructor, Later, Member, ReviewState
from services.registration.domain.people import Name
from services.registration.domain.recommending import Act, Acted, standing_forwards
from shared.season.fields import Answer
from shared.season.rules import SeasonRules
from shared.states import EntryStatus


def season_document(season: Season) -> dict[str, Any]:
    return {
        "_id": season.id,
        "version": season.version,
        "mode": season.mode,
        "opened_at": season.opened_at,
        "rules": season.rules.model_dump_json(by_alias=True),
        "amendments": [],
    }


def season_from(document: dict[str, Any]) -> Season:
    return Season(
        id=document["_id"],
        version=document["version"],
        mode=document["mode"],
        opened_at=document["opened_at"],
        rules=SeasonRules.model_validate_json(document["rules"]),
        amendments=tuple(
            Amendment(item["version"], item["at"], item["reason"], tuple((a, b, c) for a, b, c in item["changes"]))
            for item in document["amendments"]
        ),
    )


def entry_document(stored: StoredEntry) -> dict[str, Any]:
    return {
        "_id": f"{stored.season}/{stored.entry.entry}",
        "season": stored.season,
        "entry": stored.entry.entry,
        "version": stored.version,
        "standing": stored.standing,
        "content": _content(stored.entry),
        "members": list(stored.members),
        "instructors": list(stored.instructors),
        "owner": stored.owner,
        "entrant": stored.entrant,
        "team_code": stored.team_code,
        "school": list(stored.school),
        "answers": [asdict(answer) for answer in stored.entry.answers],
        "acts": [asdict(acted) for acted in stored.later.acts],
        "recommended_places": list(recommended_places(stored)),
        "approvals": list(stored.approvals),
        "later": {"extended_until": stored.later.extended_until, "left": list(stored.later.exit or ())},
        "consents": [_consent(consent) for consent in stored.consents],
        "to_confirm": bool(to_confirm(stored.consents, len(stored.members))),
        "history": list(stored.history),
        "told": stored.published,
        "slots": list(stored.slots),
        "command": dict(stored.command),
    }


def desk_of(season: str, unit: str, track: str) -> str:
    """How everything begins that entries of a track hold at a unit."""
    return f"{season}|{unit}|{track}|"


def recommended_places(stored: StoredEntry) -> Iterator[str]:
    """The rank and the place that an entry holds at each unit whose forward stands; no two entries hold the same one."""
    for acted in standing_forwards(stored.later.acts):
        desk = desk_of(stored.season, acted.unit, stored.entry.track)
        yield f"{desk}rank|{acted.rank}"
        if acted.place:
            yield f"{desk}place|{acted.place}"


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "member": consent.member,
        "guardian": consent.guardian,
        "relation": consent.relation,
        "at": consent.at,
        "text_version": consent.text_version,
        "method": consent.method,
        "purposes": list(consent.purposes),
        "channel": consent.channel,
        "by": consent.by,
        "confirmed": consent.confirmed,
    }


def _content(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry.entry,
        "track": entry.track,
        "division": entry.division,
        "unit": entry.unit,
        "title": entry.title,
        "exhibition": entry.exhibition,
        "registered_at": entry.registered_at,
        "submitted_at": entry.submitted_at,
        "review": entry.review,
        "members": [
            {"name": {"zh": member.name.zh, "en": member.name.en}, "birth": member.birth, "grade": member.grade}
            for member in entry.members
        ],
        "instructors": [{"id": instructor.id, "name": instructor.name} for instructor in entry.instructors],
        "language": entry.language,
        "description": entry.description,
        "link": entry.link,
        "video": entry.video,
    }


def entry_from(document: dict[str, Any]) -> StoredEntry:
    """The entry of a document. One from before there were fields of one's own answers none, and no unit has acted on one from
    before entries were recommended; replicas of the release before write such documents, and know nothing of answers and acts,
    which stand beside what they write.
    """
    content = dict(document["content"])
    members = tuple(
        Member(Name(**member["name"]), member["birth"], member["grade"]) for member in content.pop("members")
    )
    instructors = tuple(Instructor(**instructor) for instructor in content.pop("instructors"))
    left = document["later"]["left"]
    return StoredEntry(
        season=document["season"],
        entry=Entry(
            members=members,
            instructors=instructors,
            review=ReviewState(content.pop("review")),
            answers=tuple(Answer(**answer) for answer in document.get("answers", ())),
            **content,
        ),
        version=document["version"],
        standing=EntryStatus(document["standing"]),
        members=tuple(document["members"]),
        instructors=tuple(document["instructors"]),
        owner=document["owner"],
        entrant=document["entrant"],
        team_code=document["team_code"],
        school=tuple(document.get("school", ())),
        approvals=tuple(document["approvals"]),
        later=Later(
            document["later"]["extended_until"],
            Exit(EntryStatus(left[0]), left[1]) if left else None,
            tuple(Acted(**{**acted, "act": Act(acted["act"])}) for acted in document.get("acts", ())),
        ),
        consents=tuple(
            Consent(
                **{
                    **consent,
                    "method": Method(consent["method"]),
                    "purposes": tuple(consent["purposes"]),
                }
            )
            for consent in document["consents"]
        ),
        history=tuple(document["history"]),
        published=document["told"],
        slots=tuple(document["slots"]),
        command=document["command"],
    )
