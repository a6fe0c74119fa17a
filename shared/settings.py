"""Settings that every service has: environment variables named `LAUREL_…`, read once, in `main`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    connections: int = Field(default=2000, ge=10, description="At once in one process; more are answered with 503.")
    trusted_proxies: str = "127.0.0.1"
    database_prefix: str = ""
    log_level: str = "INFO"
    otlp_endpoint: str = Field(
        default="", pattern=r"^(https?://.+)?$", description="A collector of traces; empty: none."
    )
    crash_at: str = Field(default="", description="For tests: the place where the process dies (shared/crash_points).")
    stream_replicas: int = Field(default=1, ge=1, le=5, description="Copies of each stream in a NATS cluster.")
