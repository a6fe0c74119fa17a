"""This release and the one before run side by side: what each tells the other reads, whichever is newer."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from pydantic_core import to_json

from laurel.events import EVENTS
from laurel.provision import SERVICES
from services.judging.domain.support import unsupported_rules
from shared.events.base import IntegrationEvent
from shared.events.json_schema import schema
from shared.events.registration import EntryAcceptedV1, SeasonOpenedV1, told_standing
from shared.messaging.outbox import record
from shared.season.reading import SeasonRefused, load_season
from shared.season.rules import Rule, SeasonRules, unknown_keys
from shared.states import JUDGED, EntryStatus
from tests.conftest import GOLDEN
from tests.support.told_events import told_events

BEFORE = Path(__file__).parents[1] / "data" / "releases" / "0.1.0" / "schemas"
STRANGER = {"stranger": {"of": ["a newer release"]}}
MOST_OF_A_KIND = 50


@cache
def examples(subject: str) -> list[IntegrationEvent]:
    return by_subject().get(subject, [])


@cache
def by_subject() -> dict[str, list[IntegrationEvent]]:
    events = sorted(told_events(), key=lambda event: event.SUBJECT)
    return {subject: list(kind)[:MOST_OF_A_KIND] for subject, kind in groupby(events, key=lambda event: event.SUBJECT)}


def with_strangers(value: Any) -> Any:
    """The same with a field that no reader knows, in every part at every depth."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {fields[name].alias or name: with_strangers(getattr(value, name)) for name in fields} | STRANGER
    if isinstance(value, dict):
        return {key: with_strangers(item) for key, item in value.items()}
    return [with_strangers(item) for item in value] if isinstance(value, tuple) else value


def without_strangers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_strangers(item) for key, item in value.items() if key != "stranger"}
    return [without_strangers(item) for item in value] if isinstance(value, list) else value


def closed_parts(value: Any, path: str = "") -> Iterator[str]:
    """Where a schema refuses what it does not name."""
    if isinstance(value, dict):
        if value.get("additionalProperties") is False:
            yield path
        for key, item in value.items():
            yield from closed_parts(item, f"{path}/{key}")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SUBJECT)
def test_fields_of_a_newer_release_are_no_fault_at_any_depth(event: type[IntegrationEvent]) -> None:
    """Keeps away: an older service that puts the events of a newer one into its dead letters."""
    assert list(closed_parts(schema(event))) == []
    assert examples(event.SUBJECT), "each kind has an example"
    for example in examples(event.SUBJECT):
        read = event.model_validate_json(to_json(with_strangers(example)))
        assert without_strangers(read.model_dump(mode="json")) == example.model_dump(mode="json")


def test_the_release_before_understands_each_event_that_it_reads() -> None:
    """Keeps away: an event of this release that the schema of the release before refuses."""
    read = {file.stem for file in BEFORE.iterdir()}
    assert read <= {event.SUBJECT for service in SERVICES for event in service.topology.publishes}
    for subject in read:
        validator = Draft202012Validator(json.loads((BEFORE / f"{subject}.json").read_text()))
        for example in examples(subject):
            faults = [error.message for error in validator.iter_errors(json.loads(record(example)["data"]))]
            assert (subject, faults) == (subject, [])


def test_a_standing_that_is_new_is_told_in_words_that_the_release_before_knows() -> None:
    """Keeps away: entries that an older judging puts into dead letters, or judges, because they are not recommended yet."""
    (accepted, *_) = examples(EntryAcceptedV1.SUBJECT)
    assert isinstance(accepted, EntryAcceptedV1)
    told = accepted.model_copy(update=told_standing(EntryStatus.NOT_RECOMMENDED))
    data = json.loads(record(told)["data"])

    validator = Draft202012Validator(json.loads((BEFORE / f"{EntryAcceptedV1.SUBJECT}.json").read_text()))
    assert [error.message for error in validator.iter_errors(data)] == []
    assert data["standing"] not in JUDGED
    assert EntryAcceptedV1.model_validate(data).stands == EntryStatus.NOT_RECOMMENDED
    for standing in set(EntryStatus) - {EntryStatus.NOT_RECOMMENDED}:
        assert told_standing(standing) == {"standing": standing}


def test_what_has_its_default_is_not_told() -> None:
    """Keeps away: a new optional field that stops older readers although nobody uses it."""
    (opened,) = examples(SeasonOpenedV1.SUBJECT)
    assert isinstance(opened, SeasonOpenedV1)
    told = json.loads(record(opened)["data"])

    assert SeasonRules.model_fields["second_person"].default == opened.rules.second_person
    assert "second_person" not in told["rules"]
    assert SeasonOpenedV1.model_validate(told) == opened


def test_rules_of_a_newer_release_are_kept_and_not_computed_without() -> None:
    """Keeps away: a rule that an older service drops, so that its results, and its own next release, never know of it."""
    (opened,) = examples(SeasonOpenedV1.SUBJECT)
    read = SeasonOpenedV1.model_validate_json(to_json(with_strangers(opened)))
    kept = SeasonRules.model_validate_json(read.rules.model_dump_json(by_alias=True))

    assert kept == read.rules
    assert {"stranger", "serials.stranger", "tracks.0.stranger"} <= set(unknown_keys(kept))
    assert set(unknown_keys(kept)) == set(unsupported_rules(kept))
    assert unsupported_rules(load_season((GOLDEN / "season.yaml").read_text())) == []


def test_a_season_file_is_read_strictly_at_every_depth() -> None:
    """Keeps away: a typing error in `season.yaml` that passes because events are read tolerantly."""
    text = (GOLDEN / "season.yaml").read_text()
    load_season(text)
    for slip in ("series: {", "title: {"):
        with pytest.raises(SeasonRefused, match="UNKNOWN_KEY"):
            load_season(text.replace(slip, f"{slip}colour: red, ", 1))


def test_every_part_of_the_rules_keeps_what_it_does_not_know() -> None:
    parts, seen = [Rule], set()
    while parts:
        part = parts.pop()
        seen.add(part)
        parts += [kind for kind in part.__subclasses__() if kind not in seen]
    assert {kind.model_config.get("extra") for kind in seen} == {"allow"}
