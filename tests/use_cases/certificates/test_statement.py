"""Every document states on which approval it rests, and how."""

import pytest

from services.certificates.domain.documents import MissingStatement, check_statement, facts_by_list
from shared.season.text import Text
from tests.support.rules import season_rules

STATED = Text(zh="声明", en="A statement")
LACKING = [("  ", STATED), ("", STATED), ("No 3", Text(zh=" ")), ("No 3", Text(zh=" ", en="\t"))]


@pytest.mark.parametrize(("number", "statement"), LACKING)
def test_blanks_state_nothing(number: str, statement: Text) -> None:
    with pytest.raises(MissingStatement):
        check_statement("C-1", number, statement)
    rules = season_rules()
    approval = rules.approval.model_copy(update={"number": number, "statement": statement})
    with pytest.raises(MissingStatement):
        facts_by_list(rules.model_copy(update={"approval": approval}), STATED, None, None)


@pytest.mark.parametrize("statement", [STATED, Text(zh=" ", en="A statement"), Text(zh="声明")])
def test_a_statement_in_one_language_is_enough(statement: Text) -> None:
    check_statement("C-1", "No 3", statement)
