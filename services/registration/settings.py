"""The settings of registration."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class RegistrationSettings(ServiceSettings):
    """`LAUREL_REGISTRATION_…` beside the shared ones."""

    model_config = SettingsConfigDict(env_prefix="LAUREL_", frozen=True, extra="ignore")

    registration_signing_key_file: Path = Path("data/keys/identity.pem")
    registration_smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="smtp://, smtp+starttls:// or smtps:// with user and password; empty: messages stay on the pages.",
    )
    registration_mail_from: str = "Laurel <laurel@localhost>"
    registration_webhooks_inside: bool = Field(
        default=False, description="Whether webhooks may go to addresses inside this network."
    )
    registration_operator_secret: SecretStr = Field(
        default=SecretStr(""), description="Proves the operator of the installation; empty: nobody can."
    )
