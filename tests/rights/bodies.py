"""What is sent along, so that a request gets as far as the check of rights: the least that has the right shape.

Where those who may would change the world, it is something that the rules then refuse.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.support.installation import SERVICES

PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
CSV = {"Content-Type": "text/csv"}
YAML = {"Content-Type": "application/yaml"}
STEP: dict[str, Any] = {"json": {"reason": "x"}}
BODIES: dict[str, dict[str, Any]] = {
    # each service
    **{f"POST /{name}/v1/dead-letters/{{letter}}/dismissal": {"json": {"reason": "because"}} for name in SERVICES},
    **{f"GET /{name}/v1/ledgers/{{season}}/{{name}}/lines": {"params": {"key": "none"}} for name in SERVICES},
    **{
        f"POST /{name}/v1/ledgers/{{season}}/{{name}}/{act}": {"json": {"lines": ["none"]}}
        for name in SERVICES
        for act in ("removal", "renewal", "retelling")
    },
    # registration
    "POST /registration/v1/seasons/{season}/entries": {
        "json": {"track": "A", "title": "x"},
        "headers": {"Idempotency-Key": "matrix"},
    },
    "PUT /registration/v1/seasons/{season}/entries/{entry}": {"json": {"track": "A", "title": "x"}},
    "POST /registration/v1/seasons/{season}/entries/{entry}/withdrawal": STEP,
    "POST /registration/v1/seasons/{season}/entries/{entry}/transfer": {"json": {"unit": "none", "reason": "x"}},
    "PUT /registration/v1/seasons/{season}/entries/{entry}/exhibition": {"json": {"exhibition": False, "reason": "x"}},
    "POST /registration/v1/seasons/{season}/entries/{entry}/extension": {
        "json": {"until": "2000-01-01T00:00:00", "reason": "x"}
    },
    "POST /registration/v1/seasons/{season}/entries/{entry}/members": {"json": {"birth": "2014-01", "grade": 5}},
    "PUT /registration/v1/seasons/{season}/entries/{entry}/members/{member}/name": {"json": {"reason": "x"}},
    "POST /registration/v1/seasons/{season}/memberships": {"json": {"code": "none", "grade": 5}},
    "POST /registration/v1/season-checks": {"content": b"x", "headers": YAML},
    "PUT /registration/v1/seasons/{season}": {"content": "{rules}", "headers": YAML},
    "POST /registration/v1/seasons/{season}/amendments": {"content": b"x", "headers": YAML, "params": {"reason": "x"}},
    "POST /registration/v1/seasons/{season}/reviews": {"json": {"entries": ["{entry}"], "verdict": "approved"}},
    "PUT /registration/v1/seasons/{season}/summaries/{unit}": {"json": {"text": ""}},
    "PUT /registration/v1/seasons/{season}/summaries/{unit}/scores": {"json": {"items": {}}},
    "POST /registration/v1/seasons/{season}/records/entries": {"json": {"columns": ["entry"], "cells": ["E1"]}},
    "PUT /registration/v1/seasons/{season}/records/actions/{action}": {"json": {}},
    "POST /registration/v1/seasons/{season}/recommendations": {"json": {"entry": "E1", "action": "return"}},
    "PUT /registration/v1/seasons/{season}/records/{kind}": {"content": b"x", "headers": CSV},
    "POST /registration/v1/invitations": {"json": {"grants": [{"role": "judge", "season": "{season}", "ref": "J9"}]}},
    "DELETE /registration/v1/invitations/{invitation}": {"params": {"reason": "x"}},
    "DELETE /registration/v1/seasons/{season}/roles/{role}": {"params": {"reason": "x"}},
    "POST /registration/v1/seasons/{season}/guardian-slips": {"json": {"entries": ["{entry}"]}},
    "POST /registration/v1/invitations/acceptance": {"json": {"secret": "none"}},
    "POST /registration/v1/invitations/{invitation}/renewal": {"headers": {"Idempotency-Key": "matrix"}},
    "POST /registration/v1/seasons/{season}/participation": {"json": {"unit": "none"}},
    "POST /registration/seasons/{season_id}/units/names": {"data": {"unit": "P01"}},
    "POST /registration/seasons/{season_id}/roles/{role}/withdrawal": {"data": {"reason": "x"}},
    "POST /registration/seasons/{season_id}/recommendations": {"data": {"entry": "E1", "act": "return"}},
    "POST /registration/seasons/{season_id}/held-copies/{upload}/release": {"data": {"note": "x"}},
    "POST /registration/v1/seasons/{season}/held-copies/{upload}/release": {"json": {"note": "x"}},
    "POST /registration/v1/sign-in-links": {"json": {"login": "somebody"}},
    "GET /registration/v1/seasons/{season}/choices": {"params": {"q": "x"}},
    "PUT /registration/v1/seasons/{season}/judges/{judge}": {"json": {"name": "x", "tracks": ["none"]}},
    "POST /registration/v1/seasons/{season}/judges/sheet": {"content": b"x", "headers": CSV},
    "POST /registration/v1/seasons/{season}/judges/invitations": {"json": {"judges": []}},
    "POST /registration/v1/seasons/{season}/reminders/preview": {"json": {"kind": "entries-returned"}},
    "POST /registration/v1/seasons/{season}/reminders": {"json": {"kind": "entries-returned", "preview": "none"}},
    "POST /registration/seasons/{season_id}/reminders/preview": {"data": {"kind": "entries-returned"}},
    "POST /registration/seasons/{season_id}/reminders": {"data": {"kind": "entries-returned", "preview": "none"}},
    "POST /registration/seasons/{season_id}/judges/acts": {"data": {"row": "none"}},
    "POST /registration/v1/seasons/{season}/students": {"json": {"unit": "P01", "name_zh": "测试", "birth": "2014-01"}},
    "POST /registration/v1/tokens": {"json": {"label": "matrix", "season": "{season}", "days": 1}},
    "POST /registration/v1/seasons/{season}/webhooks": {"json": {"url": "none"}},
    "POST /registration/v1/seasons/{season}/imports": {
        "content": b"x",
        "headers": {"Content-Type": "application/octet-stream"},
    },
    "POST /registration/v1/seasons/{season}/imports/{job_id}/application": {"json": {"mode": "right-rows"}},
    "POST /registration/season-drafts": {"data": {"from": "{season}"}},
    "POST /registration/v1/season-drafts": {"json": {"season": "{season}"}},
    "PUT /registration/v1/season-drafts/{draft_id}": {"content": b"x", "headers": YAML},
    "POST /registration/v1/season-templates/{template}/drafts": {
        "json": {"series": "x", "year": "x", "approval": "x", "opens": "x", "closes": "x"}
    },
    "PATCH /registration/v1/uploads/{upload_id}": {
        "content": b"x",
        "headers": {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    },
    # judging
    "POST /judging/v1/rehearsals": {"content": b"x", "headers": YAML},
    "POST /judging/v1/rule-checks": {"content": b"x", "headers": YAML},
    "POST /judging/v1/seasons/{season}/rounds/{round_id}/closing": STEP,
    "POST /judging/v1/seasons/{season}/announcement": STEP,
    "POST /judging/v1/seasons/{season}/notices/{part}": STEP,
    "POST /judging/v1/seasons/{season}/finalization": STEP,
    "POST /judging/v1/seasons/{season}/revision": {"json": {"reason": "x", "preview": "x"}},
    "PUT /judging/v1/seasons/{season}/records/judges": {"content": b"x", "headers": CSV},
    "PUT /judging/v1/seasons/{season}/records/previous": {"content": b"x", "headers": CSV},
    "PUT /judging/v1/seasons/{season}/records/rounds/{round_id}/{kind}": {"content": b"x", "headers": CSV},
    "PUT /judging/v1/seasons/{season}/records/actions/{action}": {"json": {}},
    "POST /judging/v1/seasons/{season}/exclusions": {
        "json": {"kind": "disqualification", "entry": "{entry}", "rounds": ["final"], "reason": "x"}
    },
    "POST /judging/v1/seasons/{season}/exclusions/{exclusion}/withdrawal": {"json": {"reason": "x"}},
    "POST /judging/v1/seasons/{season}/objections": {
        "json": {"entry": "none", "ground": "other", "text": "x", "name": "x", "contact": "x"}
    },
    "POST /judging/v1/seasons/{season}/entries/{entry}/appeals": {
        "json": {"round": "final", "component": "work", "text": "x"}
    },
    "POST /judging/v1/seasons/{season}/objections/{filed_id}/decision": {
        "json": {"outcome": "dismissed", "answer": "x"}
    },
    "POST /judging/v1/seasons/{season}/objections/{filed_id}/confirmation": {"json": {"preview": "x"}},
    "PUT /judging/v1/seasons/{season}/confirmed-people/{login}": STEP,
    "PUT /judging/v1/seasons/{season}/judges/{judge}": {"json": {"tracks": ["none"]}},
    "POST /judging/v1/seasons/{season}/panels": {"json": {"preview": "x"}},
    "POST /judging/v1/seasons/{season}/panels/preview": {"json": {"absent": ["none"]}},
    "POST /judging/v1/seasons/{season}/rounds/{round_id}/decisions": {"json": {"first": ["x"], "reason": "x"}},
    "POST /judging/v1/seasons/{season}/rounds/{round_id}/ballots/{entry}/{component}/{judge}/reopening": STEP,
    "POST /judging/v1/seasons/{season}/rounds/{round_id}/sheets/{kind}": {"content": b"x", "headers": CSV},
    "PUT /judging/v1/seasons/{season}/tasks/{entry}/{component}/ballot": {"json": {"scores": {}}},
    "POST /judging/v1/seasons/{season}/tasks/{entry}/recusal": STEP,
    # certificates
    "POST /certificates/": {"data": {"serial": "{serial}", "code": "{code}"}},
    "POST /certificates/v1/checks": {"json": [{"serial": "{serial}", "code": "{code}"}]},
    "GET /certificates/v1/seasons/{season}/archive.zip": {"params": {"reason": "x"}},
    "POST /certificates/v1/seasons/{season}/certificates/{serial}/decisions": {
        "json": {"action": "restore", "reason": "x"}
    },
    "POST /certificates/v1/seasons/{season}/decisions": {"content": b"x", "headers": CSV},
    "POST /certificates/v1/seasons/{season}/grants": {"content": b"x", "headers": CSV},
    "PUT /certificates/v1/seasons/{season}/signs/{sign}": {"content": b"x"},
    "POST /certificates/v1/seasons/{season}/templates/{name}": {
        "content": b"x",
        "headers": {"Content-Type": "text/plain"},
    },
    "POST /certificates/v1/seasons/{season}/designs/{kind}": {"json": {"logo": "none.png"}},
    "POST /certificates/v1/seasons/{season}/designs/{kind}/check": {"json": {"logo": "none.png"}},
    "POST /certificates/v1/seasons/{season}/designs/{kind}/preview": {"json": {"logo": "none.png"}},
    "PUT /certificates/v1/seasons/{season}/template-pictures/{name}": {"content": b"x"},
    "PUT /certificates/v1/seasons/{season}/template-choices/{kind}": {"json": {"template": "none"}},
    "POST /certificates/v1/seasons/{season}/downloads": {"json": {"form": "zip", "reason": " "}},
}
"""By method and path. A form that is not named is sent empty."""

ADDRESSES: dict[str, dict[str, str]] = {
    "/registration/v1/seasons/{season}/records/{kind}": {"kind": "units"},
    "/registration/v1/seasons/{season}/tables/{table}.csv": {"table": "recommendations"},
    "/judging/v1/seasons/{season}/records/rounds/{round_id}/{kind}": {"kind": "ballots"},
    "/judging/v1/seasons/{season}/rounds/{round_id}/sheets/{kind}": {"kind": "tests"},
    "/certificates/v1/seasons/{season}/template-choices/{kind}": {"kind": "unit"},
    "/certificates/v1/seasons/{season}/templates/{name}": {"name": "ours"},
    "/certificates/v1/seasons/{season}/template-pictures/{name}": {"name": "ours.png"},
    **{
        f"/certificates/v1/seasons/{{season}}/designs/{{kind}}{more}": {"kind": "unit"}
        for more in ("", "/check", "/preview")
    },
    **{
        f"/certificates/seasons/{{season_id}}/designs/{{kind}}{more}": {"kind": "unit"}
        for more in ("", "/copy", "/preview", "/sample.pdf", "/use")
    },
    "/judging/seasons/{season_id}/steps/{name}": {"name": "closing"},
    "/certificates/v1/certificates/{serial}/credential.{form}": {"form": "json"},
    "/certificates/v1/certificates/{serial}/badge.{form}": {"form": "svg"},
    "/certificates/seasons/{season_id}/templates/{name}": {"name": "ours"},
    "/certificates/seasons/{season_id}/templates/{name}/preview": {"name": "ours"},
    "/registration/entries/{season_id}/{entry}/members/{member}/{what}": {"what": "name"},
    "/registration/entries/{season_id}/{entry}/instructors/{instructor}/{what}": {"what": "name"},
    "/registration/entries/{season_id}/{entry}/members/{member}/slip": {"member": "3"},  # who has no account
    "/registration/seasons/{season_id}/invitations/{invitation}/{what}": {"what": "renewal"},
    **{f"/{service}/docs/assets/{{name}}": {"name": "swagger-ui.css"} for service in SERVICES},
    **{
        path: {"unit": "P01"}
        for path in (
            "/registration/seasons/{season_id}/summaries/{unit}",
            "/registration/seasons/{season_id}/summaries/{unit}/scores",
            "/registration/v1/seasons/{season}/summaries/{unit}",
            "/registration/v1/seasons/{season}/summaries/{unit}/scores",
        )
    },
    **{
        path: {"secret": "guessed", "token": "guessed"}
        for path in (
            "/registration/links/{secret}",
            "/registration/invitations/{secret}",
            "/registration/consent/{season_id}/{entry}/{member}/{token}",
            "/registration/guardians/{season_id}/{person}/{token}",
            "/registration/guardians/{season_id}/{person}/{token}/data.json",
            "/registration/guardians/{season_id}/{person}/{token}/correction",
            "/registration/messages/address/{token}",
        )
    },
}
"""What stands in an address where the objects of the world do not say it: a choice of words, or a secret that is guessed."""


def address_of(method: str, path: str, objects: Mapping[str, str]) -> str:
    """Where this route is for these objects; what is not known is called `none`."""
    if path.endswith("/static"):
        return f"{path}/laurel.css"
    known = {**objects, **ADDRESSES.get(path, {})}
    if (method, path) == ("GET", "/registration/v1/uploads/{upload_id}"):  # a receipt is of a file that is whole
        known["upload_id"] = objects["upload"]
    if "/held-copies/" in path:
        known["upload"] = objects["held"]
    if "/copies/{number}/pages" in path or path == "/registration/works/{season_id}/{entry}/{number}":
        known |= {"number": "2", "page": "1"}  # the one that is a document
    known |= {"person": objects["student"]}
    return PLACEHOLDER.sub(lambda match: quote(known.get(match[1], "none"), safe=""), path)


def body_of(method: str, path: str, objects: Mapping[str, str]) -> dict[str, Any]:
    """What goes with this request, with the objects' ids in it; for `httpx`."""
    if path == "/registration/v1/uploads" and method == "POST":
        return _announced(objects)
    result = _filled(BODIES.get(f"{method} {path}", {}), objects)
    pages = method == "POST" and "/v1/" not in path
    return {"data": {}, **result} if pages and not result.keys() & {"content", "json", "files"} else dict(result)


def _announced(objects: Mapping[str, str]) -> dict[str, Any]:
    pairs = {"season": objects["season"], "entry": objects["entry"], "filename": "x.exe"}
    told = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())
    return {"headers": {"Upload-Length": "1", "Upload-Metadata": told}}


def _filled(part: Any, objects: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(value, objects) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(item, objects) for item in part]
    if isinstance(part, str) and part[:1] == "{" and part[-1:] == "}":
        return objects[part[1:-1]]
    return part
