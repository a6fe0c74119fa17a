"""Runs the judging service alone: `python -m services.judging`."""

from services.judging.main import create_app
from services.judging.settings import JudgingSettings
from shared.http.server import run

if __name__ == "__main__":
    settings = JudgingSettings()
    run(create_app(settings), settings)
