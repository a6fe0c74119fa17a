"""Objections 异议 of anybody and appeals 申诉 of entrants: filed with a name, decided within a term, acting on results.

What is upheld becomes a dated decision; before the results are final it simply counts, afterwards by the next revision.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal, Protocol

from services.judging.application.evidence import Attachment, Evidence, examine_files
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import REASON
from services.judging.application.scoring import read_new_scores
from services.judging.domain.facts import DECIDED, Outcome
from services.judging.domain.inputs import hash_of
from services.judging.domain.signatures import Signatory, require_two, scores_take_two
from services.judging.domain.stages import BEING_STATED, PUBLIC
from shared import base64url
from shared.errors import Invalid, InvalidState, NotFound, Unavailable, error_at
from shared.season.time import to_unix_micros
from shared.season.working_days import after_working_days, term

DAYS = 10
"""Working days for deciding, unless the season says otherwise."""
GROUNDS = ("plagiarism", "not-own-work", "eligibility", "score", "other")
LEAST = 20
"""Characters of facts that an objection must state."""
RECEIPT_BYTES = 18
NOT_SAID = ("received_at", "due_at", "proposal")
"""What comes to an objection without being part of what it says."""
Kind = Literal["objection", "appeal"]


@dataclass(frozen=True, slots=True)
class Filer:
    """Who objects; only the committee sees it. An entrant who appeals is known by account alone: judging learns no names."""

    name: str = ""
    contact: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """An objection or appeal and what became of it."""

    id: str
    season: str
    kind: Kind
    entry: str
    round: str
    component: str
    ground: str
    text: str
    filer: Filer
    received_at: int
    due_at: int
    outcome: Outcome = Outcome.OPEN
    answer: str = ""
    decided_at: int | None = None
    decided_by: str = ""
    evidence: tuple[Evidence, ...] = ()
    proposal: Mapping[str, Any] = field(default_factory=dict)
    """What somebody decided that a second person has to confirm: `answer`, `at`, what counts then, and `who` as a signatory."""


class Objections(Protocol):
    """Where they are kept."""

    async def add(self, filed: Filed, attachments: Sequence[Attachment] = ()) -> None: ...
    async def find(self, season: str, filed: str) -> Filed | None: ...
    async def of(self, season: str) -> list[Filed]: ...
    async def decide(self, filed: Filed, outcome: Outcome, answer: str, at: int, by: str) -> bool: ...
    async def propose(self, filed: Filed, proposal: Mapping[str, Any]) -> bool: ...
    async def receipt_key(self) -> bytes: ...


def window(season: JudgedSeason) -> tuple[int, int]:
    """When objections are taken: while the results are on notice."""
    notice = season.rules.window("results_notice")
    return season.announced_at or to_unix_micros(notice.opens), to_unix_micros(notice.closes)


def takes_objections(season: JudgedSeason, now: int) -> bool:
    """Whether objections and appeals are taken now: results are on notice, and the notice has not ended."""
    return season.stage in PUBLIC and now <= window(season)[1]


async def file(
    season: JudgedSeason,
    kind: Kind,
    values: Mapping[str, str],
    filer: Filer,
    store: Store,
    objections: Objections,
    attachments: Sequence[Attachment] = (),
) -> Filed:
    """Take in an objection or an appeal, with its evidence; the same sent again is the one that is there.

    Raises:
        InvalidState: the results are not on notice.
        Invalid: naming each field that has to change.
    """
    now = await store.clock.now()
    if not takes_objections(season, now):
        raise InvalidState("objections-not-open")
    round_ = next(
        (each_round for each_round in season.rules.rounds if each_round.id == values.get("round")),
        season.rules.rounds[-1],
    )
    entry = await store.facts.entry(season.id, values.get("entry", ""))
    component = values.get("component", "")
    errors = []
    if entry is None or not entry.in_first_round:
        errors.append(error_at("entry", "objection-entry"))
    elif kind == "appeal" and component not in {part.id for part in round_.scoring[entry.track].components}:
        errors.append(error_at("component", "objection-component"))
    if values.get("ground") not in GROUNDS:
        errors.append(error_at("ground", "objection-ground"))
    if len(values.get("text", "").strip()) < LEAST:
        errors.append(error_at("text", "objection-text"))
    if kind == "objection" and len(filer.name.strip()) < 2:
        errors.append(error_at("name", "objection-name"))
    if kind == "objection" and len(filer.contact.strip()) < 5:
        errors.append(error_at("contact", "objection-contact"))
    evidence, wrong = examine_files(attachments)
    errors += wrong
    if errors or entry is None:
        raise Invalid("fields-invalid", errors=errors)
    due = after_working_days(season.rules, now, term(season.rules, "objections", DAYS))
    filed = Filed(
        "",
        season.id,
        kind,
        entry.entry,
        round_.id,
        component if kind == "appeal" else "",
        values["ground"],
        values["text"].strip(),
        filer,
        now,
        due,
        evidence=evidence,
    )
    filed = replace(filed, id=_fingerprint(filed, attachments))
    if stored := await objections.find(season.id, filed.id):
        return stored
    await objections.add(filed, attachments)
    return filed


async def receipt_of(filed: Filed, objections: Objections) -> str:
    """The secret by which whoever filed it reads what became of it; nobody finds it out from what it says."""
    key = await objections.receipt_key()
    return base64url.encode(hmac.digest(key, f"receipt\n{filed.season}/{filed.id}".encode(), sha256)[:RECEIPT_BYTES])


async def by_receipt(season: str, filed_id: str, receipt: str, objections: Objections) -> Filed:
    """What was filed, for whoever holds its receipt.

    Raises:
        NotFound: there is no such objection, or it is not the receipt of this one.
    """
    filed = await objections.find(season, filed_id)
    if filed is None or not hmac.compare_digest(receipt.encode(), (await receipt_of(filed, objections)).encode()):
        raise NotFound("no-such-objection")
    return filed


def _fingerprint(filed: Filed, attachments: Sequence[Attachment]) -> str:
    """What it says, of whom, and who says it; not when."""
    said = {name: value for name, value in asdict(filed).items() if name not in NOT_SAID}
    digests = [sha256(attachment.content).hexdigest() for attachment in attachments]
    return sha256(json.dumps([said, digests], sort_keys=True).encode()).hexdigest()[:32]


def check_decidable(season: JudgedSeason) -> None:
    """Whether something may be decided that changes results.

    Raises:
        InvalidState: results are being stated at this moment.
    """
    if season.stage in BEING_STATED:
        raise InvalidState("results-final")


async def decide(
    season: JudgedSeason,
    filed_id: str,
    outcome: Outcome,
    answer: str,
    scores: Mapping[str, Mapping[str, str]],
    test_score: str,
    by: Signatory,
    store: Store,
    objections: Objections,
) -> None:
    """Decide one, with the reason that is told. An appeal that is upheld states the new scores, by judge or of the test.

    New scores wait until a second person confirms them, unless the season's rules leave that to one. The decision that
    counts for results is written first, and once; what is told of it follows from it, also where somebody else decides
    at the same moment or whoever decided stopped in between.

    Raises:
        NotFound: there is no such objection.
        InvalidState: it was decided before, or results are being stated at this moment.
        Invalid: outcome, reason or scores are missing or not possible.
    """
    filed = await objections.find(season.id, filed_id)
    if filed is None:
        raise NotFound("no-such-objection")
    if filed.outcome:
        raise InvalidState("objection-decided")
    if outcome not in DECIDED:
        raise Invalid("fields-invalid", errors=[error_at("outcome", "objection-outcome")])
    if len(answer.strip()) < REASON:
        raise Invalid("fields-invalid", errors=[error_at("answer", "objection-answer")])
    check_decidable(season)
    round_, entry = season.round(filed.round), await store.facts.entry(season.id, filed.entry)
    if entry is None:
        raise NotFound("no-such-entry")
    new: Mapping[str, Any] = {}
    if filed.kind == "appeal" and outcome == Outcome.UPHELD:
        component = next(part for part in round_.scoring[entry.track].components if part.id == filed.component)
        given = {judge: cells for judge, cells in scores.items() if any(cell.strip() for cell in cells.values())}
        new = read_new_scores(season, component, await store.facts.judges(season.id), given, test_score)
    if new and scores_take_two(season.rules, season.mode):
        named = {"filed": filed.id, "entry": filed.entry, "outcome": outcome}
        await record("appeal-proposed", season, by, store, answer.strip(), facts=named)
        at = await store.clock.now()
        proposal = {"answer": answer.strip(), "at": at, "new": dict(new), "who": by.stored()}
        if not await objections.propose(filed, proposal):
            raise InvalidState("objection-decided")
        return
    await _keep(season, filed, outcome, answer.strip(), new, by, store, objections)


async def confirm_decision(
    season: JudgedSeason, filed_id: str, preview: str, by: Signatory, store: Store, objections: Objections
) -> None:
    """A second person has looked at the new scores of an appeal: from now on they count.

    `preview` is the hash of the proposal that they looked at; nothing else is confirmed.

    Raises:
        NotFound: there is no such objection.
        InvalidState: it was decided before, or nobody has stated new scores, or others than were looked at; whoever
            stated them, or invited them or was invited by them, cannot confirm them; or results are being stated.
    """
    filed = await objections.find(season.id, filed_id)
    if filed is None:
        raise NotFound("no-such-objection")
    if filed.outcome:
        raise InvalidState("objection-decided")
    if not filed.proposal or preview != proposal_hash(filed):
        raise InvalidState("proposed-otherwise")
    require_two(Signatory.of(filed.proposal["who"]), by, season.rules)
    check_decidable(season)
    answer, new = filed.proposal["answer"], filed.proposal["new"]
    await _keep(season, filed, Outcome.UPHELD, answer, new, by, store, objections)


def proposal_hash(filed: Filed) -> str:
    """What whoever confirms has looked at; empty where nothing waits."""
    return hash_of(filed.id, filed.proposal) if filed.proposal else ""


async def _keep(
    season: JudgedSeason,
    filed: Filed,
    outcome: Outcome,
    answer: str,
    new: Mapping[str, Any],
    by: Signatory,
    store: Store,
    objections: Objections,
) -> None:
    """Write down what counts for results, once, and what is told of it."""
    values: dict[str, object] = {
        "type": filed.kind,
        "at": await store.clock.now(),
        "entry": filed.entry,
        "round": filed.round,
        "upheld": outcome == Outcome.UPHELD,
        "reason": answer,
        "by": by.login,
        **({"component": filed.component} if filed.kind == "appeal" else {}),
        **new,
    }
    named: dict[str, object] = {"filed": filed.id, "entry": filed.entry, "outcome": outcome}
    if new and filed.proposal:
        named["stated_by"] = filed.proposal["who"]["account"]
    await record(f"{filed.kind}-decided", season, by, store, answer, facts=named)
    name = f"{filed.kind}-{filed.id}"
    first = await store.facts.save_action(season.id, name, values)
    kept: Mapping[str, Any] | None = values if first else await store.facts.action(season.id, name)
    if kept is None:
        raise Unavailable("try-again")
    told = Outcome.UPHELD if kept["upheld"] else Outcome.DISMISSED
    await objections.decide(filed, told, kept["reason"], kept["at"], kept["by"])
    if not first:
        raise InvalidState("objection-decided")
