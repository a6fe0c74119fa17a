"""Runs the certificates service alone: `python -m services.certificates`."""

from services.certificates.main import create_app
from services.certificates.settings import CertificatesSettings
from shared.http.server import run

if __name__ == "__main__":
    settings = CertificatesSettings()
    run(create_app(settings), settings)
