"""A public name that changed goes on for one release: a command under its former name, an event under its former subject."""

import pytest
from click.testing import CliRunner

from laurel.cli import FORMER, main
from services.judging import topology as judging
from services.registration import topology as registration
from shared.events.judging import AdvancementDecidedV1, SeatsGivenV1


@pytest.mark.parametrize("former", FORMER)
def test_a_command_goes_on_under_its_former_name_unlisted(former: str) -> None:
    runner = CliRunner()
    assert runner.invoke(main, [former, "--help"]).exit_code == 0
    assert former not in runner.invoke(main, ["--help"]).output


def test_who_goes_on_is_told_under_the_subject_that_the_release_before_reads_and_read_under_both() -> None:
    assert SeatsGivenV1 in judging.TOPOLOGY.publishes
    assert AdvancementDecidedV1 not in judging.TOPOLOGY.publishes
    assert {AdvancementDecidedV1, SeatsGivenV1} <= set(registration.TOPOLOGY.consumes.values())
    assert SeatsGivenV1.model_fields.keys() == AdvancementDecidedV1.model_fields.keys()
