"""All three services in one process: `python -m laurel.serve`, as the launcher starts it."""

from laurel.combined_app import CombinedApp
from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration
from shared.http.server import run


def main() -> None:
    """Serve until a signal."""
    settings = registration.RegistrationSettings()
    origin = CombinedApp(
        {
            "registration": registration.create_app(settings),
            "judging": judging.create_app(judging.JudgingSettings()),
            "certificates": certificates.create_app(certificates.CertificatesSettings()),
        }
    )
    run(origin, settings)


if __name__ == "__main__":
    main()
