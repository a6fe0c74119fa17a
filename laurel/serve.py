"""All three services in one process: `python -m laurel.serve`, as the launcher starts it."""

import uvicorn

from laurel.origin import Origin
from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration
from shared.observability.logs import configure_logs


def main() -> None:
    """Serve until a signal."""
    settings = registration.RegistrationSettings()
    configure_logs(settings.log_level)
    origin = Origin(
        {
            "registration": registration.create_app(settings),
            "judging": judging.create_app(judging.JudgingSettings()),
            "certificates": certificates.create_app(certificates.CertificatesSettings()),
        }
    )
    uvicorn.run(
        origin,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )


if __name__ == "__main__":
    main()
