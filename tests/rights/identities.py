"""Those who ask: each stands in a known place to the objects of the world (`world.py`)."""

from dataclasses import dataclass

from shared.identity import Grant, Role

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who asks: roles with the unit or the judge's id, whether in the season that the table is about, and as which person.

    `person` names one of the people of the entry that the table is about (`World.people`), or nobody.
    """

    name: str
    role: Role
    place: str = ""
    person: str = ""
    here: bool = True

    def grant(self, here: str, elsewhere: str) -> Grant:
        """The grant, with the one season or the other."""
        season = "*" if self.role is Role.OPERATOR else here if self.here else elsewhere
        judges = self.role in (Role.JUDGE, Role.CHIEF_JUDGE)
        return Grant(self.role, season, "*" if judges or not self.place else self.place, self.place if judges else "")


IDENTITIES = (
    Identity("student", Role.STUDENT, "P01", person="student"),
    Identity("mate", Role.STUDENT, "P01", person="mate"),
    Identity("student-b", Role.STUDENT, "P03", person="stranger"),
    Identity("guardian", Role.GUARDIAN, "P01"),
    Identity("instructor", Role.INSTRUCTOR, "P01"),
    Identity("instructor-b", Role.INSTRUCTOR, "P03"),
    Identity("school", Role.SCHOOL_ADMIN, "P01"),
    Identity("school-b", Role.SCHOOL_ADMIN, "P03"),
    Identity("district", Role.DISTRICT_ORGANIZER, "D1"),
    Identity("district-b", Role.DISTRICT_ORGANIZER, "D2"),
    Identity("host", Role.CITY_ORGANIZER),
    Identity("host-b", Role.CITY_ORGANIZER, here=False),
    Identity("judge", Role.JUDGE, "J1"),
    Identity("judge-b", Role.JUDGE, "J2"),
    Identity("judge-c", Role.JUDGE, "J1", here=False),
    Identity("chief", Role.CHIEF_JUDGE, "JC"),
    Identity("auditor", Role.AUDITOR),
    Identity("auditor-b", Role.AUDITOR, here=False),
    Identity("operator", Role.OPERATOR),
)
"""The entry is of `student` and `mate`, of school P01 in district D1, kept by `instructor` and judged by J1."""

NAMES = (ANONYMOUS, *(identity.name for identity in IDENTITIES))
COUNTERPARTS = {"host": "host-b", "judge": "judge-c", "auditor": "auditor-b", "operator": "operator"}
"""Who in the other host's season stands where these stand in this one."""
