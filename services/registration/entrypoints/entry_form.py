"""The form of an entry: first the track, then what that track asks for; with what is wrong in it, all at once."""

from collections.abc import Iterable

from fastapi import Request, Response

from services.registration.application.forms import Applicant, Application, TeamMate, open_tracks
from services.registration.application.ports import Season, StoredEntry
from services.registration.domain.entries import grades_of
from services.registration.domain.people import Name
from services.registration.domain.statements import FIELDS, MOST_TEXT
from services.registration.domain.teachers_words import answer
from services.registration.entrypoints.context import Context
from shared.season.csv_rows import parse_grade
from shared.season.fields import PREFIX, column_of_field
from shared.season.rules import BETWEEN, SeasonRules, Track
from shared.web.forms import KEY, FormData, read_form
from shared.web.season_header import season_frame
from shared.web.translation import Translator

MEMBERS, MATES, INSTRUCTORS = (1, 2, 3), (2, 3), (1, 2)
CHOOSING = ("another-track", "track")
"""What the form is sent for without being saved: to choose the track anew, and to go on with the one that was chosen."""
MATE = ("name", "birth", "grade")


async def read_entry_form(request: Request) -> FormData:
    """What the form holds; several choices of one field as one answer."""
    sent, every = await read_form(request), await request.form()
    chosen = {
        name: BETWEEN.join(str(value).strip() for value in every.getlist(name))
        for name in sent.values
        if name.startswith(PREFIX) and len(every.getlist(name)) > 1
    }
    return FormData({**sent.values, **chosen})


def application_in(sent: FormData, rules: SeasonRules, by: Applicant, before: StoredEntry | None) -> Application:
    """What the form states. A name that was not touched stays as it was known, in both writings; digits and days are read as
    people type them.
    """
    known = {member.name.best: member.name for member in before.entry.members} if before else {}
    mates = []
    for number in MATES if by.person else MEMBERS:
        name, birth, grade = (sent[f"m{number}_{part}"] for part in MATE)
        if name or birth or grade:
            named = known.get(name) or Name.written(name)
            mates.append(TeamMate(named, birth, parse_grade(grade)))
    instructors = tuple(name for number in INSTRUCTORS if (name := sent[f"i{number}_name"]))
    own = parse_grade(sent["grade"])
    stated = {name: sent[name] for name in FIELDS}
    fields = {
        field.id: answer(field, sent[column_of_field(field.id)])
        for track in rules.tracks
        if track.id == sent["track"]
        for field in track.fields
    }
    return Application(
        sent["track"], sent["title"], own, tuple(mates), instructors, sent["language"], **stated, fields=fields
    )


async def entry_form(
    context: Context,
    request: Request,
    season: Season,
    by: Applicant,
    form: FormData,
    stored: StoredEntry | None,
    status: int = 200,
) -> Response:
    """The fields of the track that the form names, or the choice of a track; whatever was typed is kept in both."""
    unit = await context.store.units.find(season.id, by.unit)
    tracks = open_tracks(season.rules, by, unit.level if unit else "")
    track = None if form["act"] == "another-track" else _chosen(tracks, form)
    if track:
        form = _with_titles(form, track, context.pages.translator(request))
    page = {**season_frame(season.rules, season.mode), "form": form, "stored": stored, "own": bool(by.person)}
    if track is None:
        kept = {name: text for name, text in form.values.items() if text and name not in ("track", "act", KEY)}
        asked = FormData({}, {name: text for name, text in form.errors.items() if name == "track"}, form.message)
        spans = {item.id: _spans(season, item) for item in tracks}
        t = context.pages.translator(request)
        kinds = {
            track_id: t("list-comma").join(t(f"file-kind-{kind}") for kind in works.types)
            for track_id, works in season.rules.works.items()
        }
        choice = {**page, "form": asked, "tracks": tracks, "kept": kept, "grades": spans, "kinds": kinds}
        return context.pages.render(request, "register-track.html", choice, status=status)
    own_columns = {column_of_field(field.id) for field in track.fields}
    numbers = MATES if by.person else MEMBERS
    mates = [n for n in numbers if n <= track.members[1] or any(_holds(form, f"m{n}_{part}") for part in MATE)]
    fields = {
        **page,
        "track": track,
        "several": len(tracks) > 1,
        "asked": [name for name in FIELDS if name in track.asks or _holds(form, name)],
        "grades": grades_of(season.rules, track),
        "mates": mates,
        "mates_open": any(_holds(form, f"m{number}_{part}") for number in numbers for part in MATE),
        "instructors": [n for n in INSTRUCTORS if n <= track.instructors[1] or _holds(form, f"i{n}_name")],
        "most_text": MOST_TEXT,
        "kept": {
            name: text for name, text in form.values.items() if name.startswith(PREFIX) and name not in own_columns
        },
    }
    return context.pages.render(request, "register.html", fields, status=status)


def _chosen(tracks: Iterable[Track], form: FormData) -> Track | None:
    """The track that the form names; without a choice the only one there is."""
    listed = list(tracks)
    if len(listed) == 1 and not form["track"]:
        return listed[0]
    return next((track for track in listed if track.id == form["track"]), None)


def _with_titles(form: FormData, track: Track, t: Translator) -> FormData:
    """The form where what is wrong with an answer says which."""
    titles = {column_of_field(field.id): field.title.best(t.language) for field in track.fields}
    errors = {
        name: t("answer-wrong", field=titles[name], text=text) if name in titles else text
        for name, text in form.errors.items()
    }
    return FormData(form.values, errors, form.message)


def _holds(form: FormData, name: str) -> bool:
    """Whether there is something to show in a field: what was typed, or why it will not do."""
    return bool(form[name] or form.error(name))


def _spans(season: Season, track: Track) -> list[tuple[str, int, int]]:
    """For each division of the track its lowest and its highest grade, as people choose by them."""
    return [(name, grades[0], grades[-1]) for name, grades in grades_of(season.rules, track).items() if name]
