"""The settings of the certificates service."""

from shared.settings import ServiceSettings


class CertificatesSettings(ServiceSettings):
    """The shared ones."""
