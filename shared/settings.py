"""Settings that every service has: environment variables named `LAUREL_…`, read once, in `main`.

What is secret may lie in files instead: `LAUREL_SECRETS_FOLDER` names a folder, a file in it is named like its variable.
"""

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Where the servers are and how this installation is reached."""

    model_config = SettingsConfigDict(env_prefix="LAUREL_", frozen=True, extra="ignore")

    mongo_url: str = Field(default="mongodb://127.0.0.1:27017/?replicaSet=rs0", min_length=1)
    nats_url: str = Field(
        default="nats://127.0.0.1:4222", min_length=1, description="One address, or those of a cluster with commas."
    )
    public_url: str = Field(default="http://localhost:8000", pattern=r"^https?://[^/]+$")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    connections: int = Field(default=8000, ge=10, description="At once in one process; more are answered with 503.")
    admit_public: int = Field(default=64, ge=1, description="Requests of people who are not signed in, at once.")
    admit_read: int = Field(default=16, ge=1, description="Pages and answers for people who are known, at once.")
    admit_write: int = Field(default=64, ge=1, description="Entries, ballots and other small writes, at once.")
    admit_heavy: int = Field(default=4 * (os.cpu_count() or 1), ge=1, description="Exports, sheets, sign-ins, at once.")
    admit_upload: int = Field(default=256, ge=1, description="Large bodies on their way in, at once.")
    admit_seconds: float = Field(default=0.3, ge=0, description="The longest wait for a place; then 503.")
    sweep_seconds: float = Field(default=60, ge=1, description="How often what was missed is looked for.")
    public_seconds: int = Field(
        default=0, ge=0, le=3600, description="Public pages may be kept so long without asking."
    )
    keep_entries_days: int = Field(
        default=183, ge=1, le=36_500, description="People of entries that gave no result: after registration closed."
    )
    keep_works_days: int = Field(
        default=3 * 365, ge=1, le=36_500, description="Files of works: after the last round's judging closed."
    )
    keep_filers_days: int = Field(
        default=365, ge=1, le=36_500, description="Who filed an objection, and its evidence: after it was decided."
    )
    trusted_proxies: str = "127.0.0.1"
    database_prefix: str = ""
    log_level: str = "INFO"
    otlp_endpoint: str = Field(
        default="", pattern=r"^(https?://.+)?$", description="A collector of traces; empty: none."
    )
    supervisor_file: Path | None = Field(
        default=None,
        description="Where the launcher of one machine notes what it started anew, for the operator's page.",
    )
    crash_at: str = Field(default="", description="For tests: the place where the process dies (shared/crash_points).")
    works_bucket: str = Field(
        default="", description="A bucket of the S3 protocol for files of works; empty: they lie in the database."
    )
    works_endpoint: str = Field(default="", pattern=r"^(https?://.+)?$", description="Empty: that of Amazon.")
    works_region: str = "us-east-1"
    works_key_id: str = Field(default="", description="Empty: what the machine is given by its provider.")
    works_secret: SecretStr = Field(default=SecretStr(""), description="The secret key that belongs to it.")
    works_virtual_hosts: bool = Field(default=False, description="Whether the bucket is a part of the host's name.")
    keys_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Seals private keys in the database, for replicas without a common disk; empty: keys lie in files.",
    )
    stream_replicas: int | None = Field(
        default=None,
        ge=1,
        le=5,
        description="Copies of each stream. Unset: as many as there are; for new ones three in a cluster, else one.",
    )
    nats_monitoring: str = Field(
        default="",
        description="For provisioning: where each NATS server tells of itself (http://host:8222), with commas.",
    )
    unsafe_servers: bool = Field(
        default=False, description="For provisioning: accept servers that may lose what they acknowledged."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then variables, then the files of the folder."""
        folder = os.environ.get("LAUREL_SECRETS_FOLDER")
        files = SecretsSettingsSource(settings_cls, folder) if folder else file_secret_settings
        return init_settings, env_settings, dotenv_settings, files
