"""The chain of an audit log: what was changed, taken out, put in, moved or cut off is found, and where."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.audit import Head, Line, Verdict, verify
from shared.audit.chain import chain_line, first_head

Records = list[dict[str, Any]]


def chain(count: int = 6, service: str = "judging") -> Records:
    head, records = first_head(service), []
    for number in range(count):
        line = Line("read", "a1", "s", {"entry": f"E{number}"}, {"login": "anna", "people": ["p1", "p2"]})
        record = chain_line(line, head, at=number)
        head = Head(record["number"], record["hash"])
        records.append(json.loads(json.dumps(record)))
    return records


def head_of(records: Records) -> Head:
    return Head(records[-1]["number"], records[-1]["hash"])


def remade(records: Records) -> Records:
    """The same lines bound anew, as somebody would who may write the database."""
    head, made = first_head("judging"), []
    for each_record in records:
        private = {name: value["value"] for name, value in each_record["private"].items()}
        record = chain_line(
            Line(
                each_record["what"],
                each_record["account"],
                each_record["season"],
                each_record["facts"],
                private,
                each_record["at"],
            ),
            head,
            0,
        )
        head = Head(record["number"], record["hash"])
        made.append(record)
    return made


def test_a_whole_chain_holds_and_values_may_be_erased_from_it() -> None:
    records = chain()
    noted = head_of(records[:3])
    del records[2]["private"]["login"]
    del records[4]["private"]

    assert verify("judging", records, [noted]) == Verdict(head_of(records), 3, None)
    assert verify("judging", []) == Verdict(first_head("judging"), 0, None)


def changed(records: Records) -> None:
    records[2]["facts"]["entry"] = "E9"


def changed_with_its_hash(records: Records) -> None:
    records[2]["facts"]["entry"] = "E9"
    records[2] = {**remade(records[:3])[2], "previous": records[2]["previous"]}


def deleted(records: Records) -> None:
    del records[2]


def moved(records: Records) -> None:
    records[2], records[3] = records[3], records[2]


def renumbered(records: Records) -> None:
    del records[2]
    for number, record in enumerate(records, 1):
        record["number"] = number


def put_in_twice(records: Records) -> None:
    records.insert(3, records[2])


def beside_it(records: Records) -> None:
    records[2]["private"]["login"]["value"] = "bert"


def beside_it_new(records: Records) -> None:
    records[2]["private"]["reason"] = {"salt": "00", "value": "because"}


def no_record(records: Records) -> None:
    records[2] = {}


@pytest.mark.parametrize(
    ("attack", "number", "kind"),
    [
        (changed, 3, "changed"),
        (changed_with_its_hash, 3, "changed"),
        (deleted, 3, "missing"),
        (moved, 3, "missing"),
        (renumbered, 3, "changed"),
        (put_in_twice, 4, "missing"),
        (beside_it, 3, "private"),
        (beside_it_new, 3, "private"),
        (no_record, 3, "unreadable"),
    ],
)
def test_what_was_done_to_a_chain_is_found_where_it_was_done(
    attack: Callable[[Records], None], number: int, kind: str
) -> None:
    records = chain()
    attack(records)

    fault = verify("judging", records).fault

    assert fault
    assert (fault.number, fault.kind) == (number, kind)


def test_a_chain_that_was_cut_off_or_made_anew_does_not_fit_a_head_that_was_kept() -> None:
    records = chain()
    kept = head_of(records)
    cut, anew = verify("judging", records[:4], [kept]), verify("judging", remade(records), [kept])

    assert cut.fault
    assert (cut.fault.number, cut.fault.kind, cut.head) == (5, "cut-off", head_of(records[:4]))
    assert anew.fault
    assert anew.fault.kind == "cut-off"
    assert verify("judging", records[:4]).fault is None, "nobody sees it without a head"


def test_the_log_of_one_service_is_not_that_of_another() -> None:
    fault = verify("registration", chain(service="judging")).fault

    assert fault
    assert (fault.number, fault.kind) == (1, "unbound")


def test_what_was_erased_is_not_guessed_from_its_hash() -> None:
    """A login name has few letters: without the salt its hash would tell it."""
    item, other = chain(1)[0], chain(1)[0]

    assert item["sealed"]["login"] != other["sealed"]["login"]
