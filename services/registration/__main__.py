"""Runs the registration service alone: `python -m services.registration`."""

from services.registration.main import create_app
from services.registration.settings import RegistrationSettings
from shared.http.server import run

if __name__ == "__main__":
    settings = RegistrationSettings()
    run(create_app(settings), settings)
