"""The OpenAPI documents tell who may ask, what is tried before it is done, and what goes wrong where, in one form."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from shared.http.contract import REFUSALS
from tests.contract.test_routes import application

SERVICES = ("registration", "judging", "certificates")
KNOWN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]

OTHERWISE = {
    *((f"GET /{service}/readyz", "503") for service in SERVICES),  # which parts are not there
    ("PATCH /registration/v1/uploads/{upload_id}", "409"),  # the protocol answers by a header alone
}


@cache
def document(service: str) -> dict[str, Any]:
    result: dict[str, Any] = application(service, Path(mkdtemp())).openapi()
    return result


def operations(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, told in document(service)["paths"].items():
        for method, operation in told.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_has_the_one_form(service: str) -> None:
    schemas = document(service)["components"]["schemas"]
    assert schemas["Problem"]["properties"]["errors"]["items"] == {"$ref": "#/components/schemas/ProblemAt"}
    assert set(schemas["ProblemAt"]["required"]) == {"pointer", "code", "detail"}
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)
    form = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for name, operation in operations(service):
        assert "503" in operation["responses"], name
        for status in set(operation["responses"]) & set(REFUSALS):
            if (name, status) not in OTHERWISE:
                assert operation["responses"][status]["content"] == form, (name, status)


@pytest.mark.parametrize("service", SERVICES)
def test_who_may_ask_is_told(service: str) -> None:
    schemes = document(service)["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["cookie"]["name"]) == ("bearer", "laurel_token")
    for name, operation in operations(service):
        security = operation.get("security")
        assert ("401" in operation["responses"]) is (security is not None), name
        if security == KNOWN:
            assert "403" in operation["responses"], name
    told = dict(operations(service))
    if service == "registration":
        assert told["POST /registration/v1/seasons/{season}/entries"]["security"] == KNOWN
        assert told["POST /registration/v1/season-checks"]["security"] == [{}, *KNOWN]
        assert "security" not in told["GET /registration/v1/seasons"]
        assert "401" not in told["GET /registration/v1/seasons"]["responses"]
        assert "429" in told["POST /registration/v1/season-checks"]["responses"]
        assert "429" not in told["GET /registration/v1/tokens"]["responses"]


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_in_the_address_may_be_missing_and_what_is_sent_may_be_wrong(service: str) -> None:
    for name, operation in operations(service):
        responses = operation["responses"]
        assert "{" not in name or {"404", "409"} <= set(responses), name
        assert "requestBody" not in operation or {"400", "413", "422"} <= set(responses), name


@pytest.mark.parametrize("service", SERVICES)
def test_no_page_is_told_where_programs_ask(service: str) -> None:
    for name, operation in operations(service):
        for status, told in operation["responses"].items():
            assert "text/html" not in told.get("content", {}), (name, status)


@pytest.mark.parametrize("service", SERVICES)
def test_what_can_be_tried_is_only_tried_unless_said_otherwise(service: str) -> None:
    """And the answer says which it was."""
    schemas = document(service)["components"]["schemas"]
    for name, operation in operations(service):
        tried = [item for item in operation.get("parameters", ()) if item["name"] == "dry_run"]
        if not tried:
            continue
        assert tried[0]["schema"] == {**tried[0]["schema"], "type": "boolean", "default": True}, name
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert "dry_run" in schemas[answer]["required"], name


@pytest.mark.parametrize("service", SERVICES)
def test_a_list_in_pieces_names_its_next_piece(service: str) -> None:
    for name, operation in operations(service):
        names = {item["name"] for item in operation.get("parameters", ())}
        assert ("cursor" in names) is ("Link" in operation["responses"].get("200", {}).get("headers", {})), name
        assert "cursor" not in names or "limit" in names, name
