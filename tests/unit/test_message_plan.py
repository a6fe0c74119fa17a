"""The messages of a rehearsal: said from the rules alone, before anybody has entered."""

from datetime import timedelta

from services.registration.domain.message_plan import planned_messages
from shared.season.text import LANGUAGES
from shared.web.translation import Catalog
from tests.contract.test_texts import OWN, SHARED
from tests.support.rules import season_rules, two_rounds


def test_each_message_has_its_time_and_its_most_receivers_in_order() -> None:
    """Keeps away: an organizer who learns of a message from those who got it."""
    rules = season_rules()
    planned = planned_messages(rules, 120)
    registration, notice = rules.window("registration"), rules.window("results_notice")

    assert [message.opens for message in planned] == sorted(message.opens for message in planned)
    assert {message.most for message in planned} == {120}
    times = {message.kind: (message.opens, message.until) for message in planned}
    assert times["entry-submitted"] == (registration.opens, registration.closes)
    assert times["reminder-3-days"] == (registration.closes - timedelta(days=3), None)
    assert times["reminder-1-day"] == (registration.closes - timedelta(days=1), None)
    assert times["entry-approved"][1] == max(rules.rounds[0].judging.opens, registration.closes)
    assert times["results-announced"] == (notice.opens, None)
    assert times["certificate-ready"] == (notice.closes, None)


def test_only_rounds_that_send_some_on_tell_them() -> None:
    assert "goes-on" not in {message.kind for message in planned_messages(season_rules(), 1)}
    rules = two_rounds()
    (told,) = [message for message in planned_messages(rules, 1) if message.kind == "goes-on"]
    assert told.opens == rules.rounds[0].judging.closes


def test_a_registration_of_a_day_sends_no_reminder_before_it_opens() -> None:
    rules = season_rules()
    slot = rules.timeline["registration"]
    assert slot.opens is not None
    short = slot.model_copy(update={"closes": slot.opens + timedelta(hours=20)})
    brief = rules.model_copy(update={"timeline": {**rules.timeline, "registration": short}})
    assert not any(message.kind.startswith("reminder") for message in planned_messages(brief, 1))


def test_every_planned_message_is_said_in_words() -> None:
    catalog = Catalog([SHARED, OWN["registration"]])
    for language in LANGUAGES:
        t = catalog.translator(language)
        for message in planned_messages(two_rounds(), 1):
            assert t(f"plan-{message.kind}")
