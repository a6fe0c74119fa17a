"""Credentials, checked by programs that are not ours: openvc-core, openbadgeslib, and pyld for the canonical form."""

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import IO, Any, cast

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from jsonschema import Draft201909Validator
from openbadgeslib.ob3.verifier import OB3Verifier
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.status.bitstring import decode_bitstring, get_status_bit
from openvc.verify import VerificationPolicy, verify_credential

from services.certificates.adapters.credentials import Credentials, baked_png, baked_svg, canonical
from services.certificates.adapters.keys import credential_key, did_document, token_key
from services.certificates.domain.credentials import (
    OB,
    SLOTS,
    Addresses,
    credential,
    instant,
    slot_of,
    status_list,
    values_of,
)
from shared.base64url import encode
from shared.season.text import Text
from tests.conftest import missing_here
from tests.support.examples import examples
from tests.unit.test_certificate_documents import certificate

ADDRESSES = Addresses("https://laurel.example")
FILE = resources.files("openbadgeslib.ob3") / "contexts" / "ob-v3p0-context-3.0.3.json"
CONTEXTS = {OB: json.loads(FILE.read_text(encoding="utf-8"))}
SCHEMAS = Path(sys.prefix) / "schemas"
"""Where `make` puts the source that the published schemas come with."""
ONE = certificate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def credentials(folder: Path) -> Credentials:
    return Credentials(credential_key(folder), token_key(folder), ADDRESSES)


@pytest.fixture(scope="module")
def did(folder: Path) -> dict[str, Any]:
    own, tokens = credential_key(folder), token_key(folder)
    n, e = tokens.numbers
    return did_document(
        ADDRESSES.did,
        [
            {"_id": own.kid, "use": "credentials", "x": encode(own.raw)},
            {"_id": tokens.kid, "use": "tokens", "n": n, "e": e},
        ],
    )


def _checked(signed: dict[str, Any], did: dict[str, Any], lists: dict[str, dict[str, Any]] | None = None) -> Any:
    resolver = DidResolverRegistry([DidWebResolver(lambda _: did)])
    function = (lambda url: (lists or {})[url]) if lists else None
    policy = VerificationPolicy(require_status=lists is not None)
    return verify_credential(
        signed, resolver=resolver, policy=policy, resolve_status_list=function, extra_contexts=CONTEXTS
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_stranger_verifies_the_embedded_proof(credentials: Credentials, did: dict[str, Any], named: bool) -> None:
    signed = credentials.signed(certificate(), named=named)

    assert _checked(signed, did)
    assert ("欧阳" in json.dumps(signed, ensure_ascii=False)) is named


@pytest.mark.parametrize("named", [True, False])
def test_the_published_schema_has_nothing_to_say(credentials: Credentials, named: bool) -> None:
    (source,) = SCHEMAS.glob("openbadgeslib-*.tar.gz")
    with tarfile.open(source) as archive:
        (member,) = [
            getname for getname in archive.getnames() if getname.endswith("/ob_v3p0_achievementcredential_schema.json")
        ]
        schema = json.loads(cast("IO[bytes]", archive.extractfile(member)).read())
    signed = credentials.signed(certificate(), named=named)

    errors = [f"{error.json_path} {error.message}" for error in Draft201909Validator(schema).iter_errors(signed)]

    assert errors == []
    assert list(Draft201909Validator(schema).iter_errors({**signed, "credentialStatus": [{}, {}]}))


def test_a_changed_credential_is_refused(credentials: Credentials, did: dict[str, Any]) -> None:
    signed = credentials.signed(certificate(), named=True)
    signed["credentialSubject"]["achievement"]["name"] = "特等奖"

    with pytest.raises(Exception, match=r"(?i)signature|proof"):
        _checked(signed, did)


def test_a_reader_of_open_badges_verifies_the_token(credentials: Credentials, did: dict[str, Any]) -> None:
    token = credentials.token(certificate(), named=True)
    verifier = OB3Verifier.for_issuer_did(ADDRESSES.did, download=lambda *_, **__: json.dumps(did).encode())

    read = verifier.verify(token)

    assert read.achievement.name == "一等奖"
    picture = baked_png((Path(__file__).parents[2] / "docs/images/home-desk.png").read_bytes(), token)
    assert OB3Verifier.extract_token_from_png(picture) == token
    assert OB3Verifier.extract_token_from_svg(baked_svg("<svg width='1'></svg>", token).encode()) == token


@given(
    name=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40),
    number=st.integers(1, 999_999),
)
@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filled_forms_are_what_canonicalisation_says(credentials: Credentials, name: str, number: int) -> None:
    each_certificate = certificate(name=Text(zh=name))
    each_certificate = replace(each_certificate, serial=f"LHAI25-CS-{number:06d}-02", token=f"t{number}")
    values = values_of(each_certificate, each_certificate.current, named=True)

    whole = canonical(credential(each_certificate, each_certificate.current, values, ADDRESSES))

    assert credentials._filled(each_certificate, values) == whole


def test_a_status_list_says_who_is_taken_back_and_nobody_else(credentials: Credentials, did: dict[str, Any]) -> None:
    back = certificate()
    stands = replace(back, serial="LHAI25-CS-000002-99", token="other")
    slot = slot_of(back)
    address = ADDRESSES.status(slot, 1)
    lists = {address: credentials.proven(status_list(address, [slot.index], instant(0), ADDRESSES.did), instant(0))}
    assert _checked(lists[address], did)
    bits = decode_bitstring(lists[address]["credentialSubject"]["encodedList"])

    assert len(bits) * 8 == SLOTS
    assert [index for index in range(SLOTS) if get_status_bit(bits, index)] == [slot.index]
    assert _checked(credentials.signed(stands, named=False), did, lists)
    with pytest.raises(Exception, match=r"(?i)revoked"):
        _checked(credentials.signed(back, named=False), did, lists)


@given(st.integers(1, 10 * SLOTS), st.integers(1, 10 * SLOTS))
def test_no_two_numbers_share_a_place(each_number: int, other: int) -> None:
    places = {slot_of(replace(ONE, serial=f"LHAI25-CS-{number:08d}-02")) for number in {each_number, other}}

    assert len(places) == len({each_number, other})


def test_a_verifier_in_another_language_agrees(credentials: Credentials, did: dict[str, Any]) -> None:
    folder = Path(__file__).parents[1] / "verifier"
    if not (folder / "node_modules").exists():
        missing_here("the verifier in JavaScript; `npm ci` in tests/verifier installs it")
    contexts = {**CONTEXTS, **{url: json.loads(_bundled(name)) for url, name in BUNDLED.items()}}
    signed = credentials.signed(certificate(), named=True)
    token = credentials.token(certificate(), named=True)

    def verdict(credential: dict[str, Any], token: str) -> dict[str, bool]:
        given = {"credential": credential, "token": token, "did": did, "contexts": contexts}
        answer = subprocess.run(
            ["node", "verify.mjs"], cwd=folder, input=json.dumps(given), capture_output=True, text=True, check=True
        )
        result: dict[str, bool] = json.loads(answer.stdout)
        return result

    assert verdict(signed, token) == {"embedded": True, "token": True}
    altered = {**signed, "name": "特等奖"}
    head, payload, signature = token.split(".")
    assert verdict(altered, f"{head}.{payload[:-2]}AA.{signature}") == {"embedded": False, "token": False}


BUNDLED = {
    "https://www.w3.org/ns/credentials/v2": "credentials-v2.json",
    "https://w3id.org/security/data-integrity/v2": "security-data-integrity-v2.json",
    "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
}


def _bundled(name: str) -> str:
    return (resources.files("openbadgeslib.ob3") / "contexts" / name).read_text(encoding="utf-8")
