"""Why an event could not be applied names the field, and nothing of a child."""

import json

import pytest
from pydantic import ValidationError

from shared.events.base import IntegrationEvent
from shared.events.registration import ConsentWithdrawnV1, PersonNamedV1, SummaryFiledV1
from shared.messaging.delivery import PermanentError
from shared.messaging.reasons import LENGTH, reason_of

CHILD = "李小明"


def fault_of(event: type[IntegrationEvent], body: object) -> str:
    with pytest.raises(ValidationError) as refused:
        event.model_validate_json(json.dumps(body))
    return reason_of(refused.value, event)


def test_a_field_is_named_by_its_path_and_its_value_by_its_type() -> None:
    """Keeps away: a letter that only says that something was wrong."""
    members = [{"person": "p1", "purposes": []}, {"person": 7, "purposes": [CHILD]}]

    reason = fault_of(ConsentWithdrawnV1, {"season": "cup-1", "entry": "E1", "version": CHILD, "members": members})

    assert "version int_parsing (str)" in reason
    assert "members.1.person string_type (int)" in reason
    assert "members.1.purposes.0 literal_error (str)" in reason
    assert "at missing (dict)" in reason
    assert CHILD not in reason


def test_neither_a_value_nor_a_strange_key_is_repeated() -> None:
    """Keeps away: a child's name on the operator's page, in logs and in tickets."""
    for name in (CHILD, [CHILD], {CHILD: CHILD}, {"zh": {CHILD: CHILD}}):
        reason = fault_of(PersonNamedV1, {"person": "p1", "version": 1, "name": name, CHILD: {CHILD: CHILD}})
        assert reason.startswith("ValidationError: name")
        assert CHILD not in reason
    reason = fault_of(SummaryFiledV1, {"items": {CHILD: CHILD}})
    assert "items.* decimal_parsing (str)" in reason
    assert CHILD not in reason


def test_a_reason_stays_short_and_other_errors_are_named_by_their_kind() -> None:
    assert len(fault_of(ConsentWithdrawnV1, {"members": [{}] * 50})) <= LENGTH
    assert reason_of(PermanentError(CHILD), PersonNamedV1) == "PermanentError"
