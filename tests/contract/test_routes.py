"""Every route can be reached: no earlier route of its service answers in its place."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr
from starlette.routing import compile_path

from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration

PLACEHOLDER = re.compile(r"\{[^}]+\}")


def application(service: str, folder: Path) -> FastAPI:
    """A service that is asked for nothing but its routes."""
    if service == "registration":
        return registration.create_app(
            registration.RegistrationSettings(
                registration_signing_key_file=folder / "identity.pem", registration_operator_secret=SecretStr("s" * 32)
            )
        )
    if service == "certificates":
        return certificates.create_app(
            certificates.CertificatesSettings(
                certificates_keys_folder=folder / "keys", certificates_engines_folder=folder / "engines"
            )
        )
    return judging.create_app(judging.JudgingSettings())


def swallowed(app: FastAPI) -> list[str]:
    """Routes whose address an earlier route with placeholders answers, for the same method."""
    earlier: list[tuple[str, str, Any]] = []
    results: list[str] = []
    for route in iter_route_contexts(app.routes):
        if not route.path or not route.methods:
            continue
        address = PLACEHOLDER.sub("1", route.path)
        for method in route.methods:
            first = next((path for other, path, regex in earlier if other == method and regex.match(address)), None)
            if first is not None and first != route.path:
                results.append(f"{method} {route.path} is answered by {first}")
            earlier.append((method, route.path, compile_path(route.path)[0]))
    return results


@pytest.mark.parametrize("service", ["registration", "judging", "certificates"])
def test_no_route_is_answered_by_an_earlier_one(service: str, tmp_path: Path) -> None:
    """Keeps away: a form that posts to `…/recusal` and is taken for the ballot of a component of that name."""
    assert swallowed(application(service, tmp_path)) == []


def test_a_route_that_is_swallowed_is_named() -> None:
    app = FastAPI(openapi_url=None)

    async def nothing() -> None:
        return None

    app.add_api_route("/tasks/{entry}/{component}", nothing, methods=["POST"])
    app.add_api_route("/tasks/{entry}/recusal", nothing, methods=["POST"])

    assert swallowed(app) == ["POST /tasks/{entry}/recusal is answered by /tasks/{entry}/{component}"]
