"""Every collection stands in a service's list of what may be a person's, or beside it with a reason."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from services.certificates.entrypoints import own_data as of_certificates
from services.judging.entrypoints import own_data as of_judging
from services.registration.entrypoints import own_data as of_registration
from shared.http.personal_data import Kept, Otherwise

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r'(?:database|db)\["(\w+)"\]|aggregates\("(\w+)"\)')
LISTS: dict[str, tuple[tuple[Kept[Any], ...], Otherwise]] = {
    "registration": (of_registration.KEPT, of_registration.OTHERWISE),
    "judging": (of_judging.KEPT, of_judging.OTHERWISE),
    "certificates": (of_certificates.KEPT, of_certificates.OTHERWISE),
}


def collections(service: str) -> set[str]:
    """The collections that the code of a service, or what all share, names; those with indexes among them."""
    folders = [ROOT / "services" / service, ROOT / "shared"]
    texts = [file.read_text() for folder in folders for file in folder.rglob("*.py")]
    named = {first or second for text in texts for first, second in NAMED.findall(text)}
    return named | set(importlib.import_module(f"services.{service}.adapters.indexes").INDEXES)


@pytest.mark.parametrize("service", LISTS)
def test_no_kind_of_record_is_forgotten(service: str) -> None:
    kept, otherwise = LISTS[service]
    listed = {collection for each_kept in kept for collection in each_kept.collections}
    assert listed & set(otherwise) == set()
    assert listed | set(otherwise) == collections(service)
    assert all(otherwise.values())
    assert len({each_kept.name for each_kept in kept}) == len(kept)
