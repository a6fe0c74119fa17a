"""The settings of the certificates service."""

from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class CertificatesSettings(ServiceSettings):
    """The shared ones, and what documents and credentials are signed with."""

    certificates_keys_folder: Path = Field(
        default=Path("data/keys/certificates"), description="The installation's keys, made on first use."
    )
    certificates_engines_folder: Path = Field(
        default=Path("data/engines"), description="What draws documents, kept from release to release."
    )
    certificates_pkcs12_file: Path | None = Field(
        default=None, description="The organizer's own key and certificate for documents, instead of a made one."
    )
    certificates_pkcs12_password: SecretStr = SecretStr("")
    certificates_pkcs11_module: Path | None = Field(
        default=None, description="The PKCS#11 library of a device that holds the key for documents."
    )
    certificates_pkcs11_token: str = Field(default="", description="The label of the device's token.")
    certificates_pkcs11_key: str = Field(default="", description="The label of the key on it.")
    certificates_pkcs11_pin: SecretStr = SecretStr("")
    certificates_timestamp_url: str = Field(
        default="", pattern=r"^(https?://.+)?$", description="A time-stamping service (RFC 3161); empty: none."
    )
