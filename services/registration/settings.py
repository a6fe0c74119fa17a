"""The settings of registration."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class RegistrationSettings(ServiceSettings):
    """`LAUREL_REGISTRATION_…` beside the shared ones."""

    model_config = SettingsConfigDict(env_prefix="LAUREL_", frozen=True, extra="ignore")

    registration_signing_key_file: Path = Path("data/keys/identity.pem")
    registration_operator_secret: SecretStr = Field(
        default=SecretStr(""), description="Proves the operator of the installation; empty: nobody can."
    )
