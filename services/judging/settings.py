"""The settings of judging."""

from shared.settings import ServiceSettings


class JudgingSettings(ServiceSettings):
    """The shared ones."""
