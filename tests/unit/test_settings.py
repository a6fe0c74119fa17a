"""Settings come from variables or from the files of a folder, as a cluster gives its secrets."""

from pathlib import Path

import pytest

from laurel.installation import Installation
from services.registration.settings import RegistrationSettings
from shared.settings import ServiceSettings

URL = "mongodb://registration:secret@mongo/registration"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets, and no variable that says the same."""
    for name in ("LAUREL_MONGO_URL", "LAUREL_REGISTRATION_OPERATOR_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LAUREL_SECRETS_FOLDER", str(tmp_path))
    return tmp_path


def test_a_secret_may_lie_in_a_file(folder: Path) -> None:
    """Keeps away: a password in the environment, where every child process and every crash report has it."""
    (folder / "LAUREL_MONGO_URL").write_text(f"{URL}\n")
    (folder / "LAUREL_REGISTRATION_OPERATOR_SECRET").write_text("of the operator")

    settings = RegistrationSettings()

    assert settings.mongo_url == URL
    assert settings.registration_operator_secret.get_secret_value() == "of the operator"
    assert settings.nats_url == ServiceSettings.model_fields["nats_url"].default


def test_a_variable_goes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "LAUREL_MONGO_URL").write_text(URL)
    monkeypatch.setenv("LAUREL_MONGO_URL", "mongodb://elsewhere")

    assert ServiceSettings().mongo_url == "mongodb://elsewhere"


def test_a_command_uses_the_database_of_the_file(folder: Path) -> None:
    """Keeps away: a nightly backup of an empty database that the command started for itself."""
    (folder / "LAUREL_MONGO_URL").write_text(URL)

    with Installation(folder / "data", 0).database() as settings:
        assert settings.mongo_url == URL
    assert not (folder / "data").exists()
