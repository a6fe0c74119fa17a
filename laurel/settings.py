"""The settings of the provisioning step."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ProvisionSettings(ServiceSettings):
    """The shared ones, and what a fresh MongoDB needs; without them users and replica set are left alone."""

    model_config = SettingsConfigDict(env_prefix="LAUREL_", frozen=True, extra="ignore")

    mongo_member: str = Field(default="", description="How the members of the replica set reach each other: host:port.")
    mongo_passwords: SecretStr = Field(default=SecretStr(""), description="`service=password`, separated by blanks.")

    @property
    def passwords(self) -> dict[str, str]:
        pairs = (pair.partition("=") for pair in self.mongo_passwords.get_secret_value().split())
        return {service: password for service, _, password in pairs}
