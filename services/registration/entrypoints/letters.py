"""What a message says as a letter: the same in the mail and in a preview."""

from dataclasses import dataclass

from services.registration.application.ports import Season
from services.registration.domain.messages import Message, place_of
from services.registration.entrypoints.context import Context


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter in one language."""

    language: str
    """As mail and pages name it."""
    subject: str
    text: str


def write_letter(context: Context, message: Message, season: Season | None, language: str) -> WrittenLetter:
    """The letter to somebody who reads this language; what an organizer added follows the subject."""
    t = context.pages.catalog.translator(language)
    title = season.rules.season.title.best(language) if season else ""
    url = f"{context.settings.public_url}{place_of(message.kind, message.season, message.entry)}"
    subject, words = t(f"message-{message.kind}", **message.values), message.values.get("words", "")
    said = f"{subject}\n\n{words}" if words else subject
    return WrittenLetter(t.html_language, subject, t("letter", subject=said, season=title, url=url))
