"""Every form that a page posts: those whose act cannot be undone, and how each of the others is undone.

`FINAL` says what makes the form whole but for its word. `UNDONE` says in a few words what takes the act back, or why there is
nothing to take back. A new route stands in one of them.
"""

from tests.rights.table import Row, read

R, S = "/registration", "/registration/seasons/{season_id}"
E, J, C = (
    "/registration/entries/{season_id}/{entry}",
    "/judging/seasons/{season_id}",
    "/certificates/seasons/{season_id}",
)

FINAL: dict[str, dict[str, str]] = {
    f"{R}/me/data/erasure": {},
    f"{E}/members/{{member}}/{{what}}": {"reason": "x"},
    f"{E}/instructors/{{instructor}}/{{what}}": {"reason": "x"},
    f"{E}/withdraw": {"reason": "x"},
    f"{R}/season-drafts/{{draft_id}}/open": {},
    f"{R}/season-drafts/{{draft_id}}/amendment": {"reason": "x"},
    f"{S}/rules": {"reason": "x", "do": "confirm"},
    f"{S}/students/alike": {},
    f"{S}/held-copies/{{upload}}/release": {"note": "x"},
    f"{S}/recommendations": {"entry": "E1", "act": "reject", "opinion-E1-reject": "x"},
    f"{J}/closing": {"reason": "x"},
    f"{J}/announcement": {},
    f"{J}/notices/{{part}}": {},
    f"{J}/finalization": {"reason": "x"},
    f"{J}/revision": {"reason": "x"},
    f"{J}/exclusions": {"kind": "disqualification", "reason": "x"},
    f"{J}/exclusions/{{exclusion}}/confirmation": {},
    f"{J}/objections/{{filed_id}}": {"outcome": "dismissed", "answer": "x"},
    f"{J}/objections/{{filed_id}}/confirmation": {},
    f"{J}/sheets/{{entered}}/confirmation": {},
    f"{J}/recusals/{{entry}}": {"recusal": "x"},
    f"{C}/one/{{serial}}": {"action": "revoke", "reason": "x"},
    f"{C}/acts": {"do": "revoke", "row": "none", "reason": "x"},
    f"{C}/changes": {"act": "apply"},
    f"{C}/grants": {"act": "apply"},
}

NEW = "makes something new, and leaves what there is"
LOOKS = "shows what would be, and keeps nothing"
AGAIN = "is sent again with other values"
OWN = "is of one's own account, and is done anew"
UNDONE: dict[str, str] = {
    # registration
    f"{R}/consent/{{season_id}}/{{entry}}/{{member}}/{{token}}": AGAIN,
    f"{R}/guardians/{{season_id}}/{{person}}/{{token}}": AGAIN,
    f"{R}/guardians/{{season_id}}/{{person}}/{{token}}/correction": "asks the school, which decides",
    f"{E}/edit": AGAIN,
    f"{E}/files": NEW,
    f"{E}/files/remove": "the file is handed in again",
    f"{E}/guardian-slips": NEW,
    f"{E}/leave": "a member joins again by the code of the team",
    f"{E}/members/{{member}}/slip": NEW,
    f"{E}/reinstate": "is withdrawn again",
    f"{E}/submit": "is taken back until registration closes",
    f"{E}/take-back": "is submitted again",
    f"{R}/invitations/{{secret}}": OWN,
    f"{R}/links/{{secret}}": OWN,
    f"{R}/me/data/name": AGAIN,
    f"{R}/me/password": OWN,
    f"{R}/messages/address": OWN,
    f"{R}/operations/dead-letters/{{letter}}/dismissal": "the letter stays, and is replayed",
    f"{R}/operations/dead-letters/{{letter}}/replay": "does what should have been done, once",
    f"{R}/season-drafts": NEW,
    f"{R}/season-drafts/{{draft_id}}": AGAIN,
    f"{R}/season-drafts/{{draft_id}}/{{step}}": AGAIN,
    f"{R}/season-files": NEW,
    f"{R}/sign-in": OWN,
    f"{R}/sign-out": OWN,
    f"{R}/tokens": NEW,
    f"{R}/tokens/{{token}}/revoke": "another token is made; a lost one must end at once",
    f"{S}/amendment": NEW,
    f"{S}/consents": "a guardian withdraws it",
    "/design": "is an example: nothing is kept",
    f"{S}/drafts": "each is taken back until registration closes",
    f"{S}/entries/{{entry}}/exhibition": "competes again by the same form",
    f"{S}/entries/{{entry}}/extension": AGAIN,
    f"{S}/entries/{{entry}}/transfer": "is transferred back",
    f"{S}/export": LOOKS,
    f"{S}/import": LOOKS,
    f"{S}/import/{{job_id}}/apply": "what was previewed is entered, and each entry can be withdrawn",
    f"{S}/import/{{job_id}}/retry": "goes on with what was asked for",
    f"{S}/invitations": "another invitation is made",
    f"{S}/invitations/{{invitation}}/{{what}}": "another invitation is made",
    f"{S}/instructors": NEW,
    f"{S}/invite": "the invitation is withdrawn",
    f"{S}/join": OWN,
    f"{S}/judges": AGAIN,
    f"{S}/judges/acts": "a judge who was let go is invited again",
    f"{S}/judges/sheet": AGAIN,
    f"{S}/nominations/{{track}}/{{division}}": "a nomination is taken back by the organizer",
    f"{S}/register": NEW,
    f"{S}/reminders": "was previewed, with receivers and words, and has a reason",
    f"{S}/reminders/preview": LOOKS,
    f"{S}/review": "is reopened with a reason",
    f"{S}/roles/{{role}}/withdrawal": "the role is given again",
    f"{S}/sign-up": OWN,
    f"{S}/students": NEW,
    f"{S}/summaries/{{unit}}": AGAIN,
    f"{S}/summaries/{{unit}}/scores": AGAIN,
    f"{S}/units": AGAIN,
    f"{S}/units/acts": "the invitations are withdrawn",
    f"{S}/units/names": AGAIN,
    f"{S}/units/{{unit}}/invitation": "the invitation is withdrawn",
    f"{S}/webhooks": "is removed",
    f"{S}/webhooks/repetition": "receivers know what they had",
    f"{S}/webhooks/{{hook}}/removal": "is added again",
    # judging
    "/judging/operations/dead-letters/{letter}/dismissal": "the letter stays, and is replayed",
    "/judging/operations/dead-letters/{letter}/replay": "does what should have been done, once",
    "/judging/rehearsals": LOOKS,
    f"{J}/exclusions/{{exclusion}}/withdrawal": "is proposed anew",
    f"{J}/chief/decisions": "another order is decided while the round waits",
    f"{J}/chief/reopening": "was looked at, and the judge submits again",
    f"{J}/mine/{{entry}}": "the committee answers it",
    f"{J}/objection": "the committee answers it",
    f"{J}/panels": "was previewed; works are handed out anew",
    f"{J}/panels/preview": LOOKS,
    f"{J}/schedule": AGAIN,
    f"{J}/sheets": AGAIN,
    f"{J}/signature": "nothing is in force by it",
    f"{J}/tasks/{{entry}}/{{component}}": "the chief judge opens it again",
    # certificates
    "/certificates/": LOOKS,
    "/certificates/file": LOOKS,
    "/certificates/many": LOOKS,
    "/certificates/operations/dead-letters/{letter}/dismissal": "the letter stays, and is replayed",
    "/certificates/operations/dead-letters/{letter}/replay": "does what should have been done, once",
    "/v/{token}": LOOKS,
    "/certificates/rehearsals": LOOKS,
    f"{C}/designs/{{kind}}": NEW,
    f"{C}/designs/{{kind}}/copy": LOOKS,
    f"{C}/designs/{{kind}}/preview": LOOKS,
    f"{C}/designs/{{kind}}/use": AGAIN,
    f"{C}/downloads": NEW,
    f"{C}/downloads/schools": NEW,
    f"{C}/downloads/selected": NEW,
    f"{C}/downloads/{{download}}/retry": "goes on with what was asked for",
    f"{C}/one/{{serial}}/again": "draws the same document",
    f"{C}/signs": AGAIN,
    f"{C}/templates/choice": AGAIN,
    f"{C}/templates/pictures": NEW,
    f"{C}/templates/{{name}}": NEW,
    f"{C}/templates/{{name}}/preview": LOOKS,
}
TYPED = {f"{R}/me/data/erasure": "login"}
"""Forms whose word is another field's: one's own login name."""


def posted_by_pages() -> list[Row]:
    """The rows of the table of rights that are forms of pages."""
    return [row for row in read() if row.method == "POST" and "/v1/" not in row.path]
