"""Runs one application with uvicorn."""

import uvicorn

from shared.crash_points import arm
from shared.http.connections import PatientProtocol
from shared.http.protection import Application
from shared.observability.logs import configure_logs
from shared.settings import ServiceSettings


def run(app: Application, settings: ServiceSettings) -> None:
    """Serve until a signal. Host and port come from `LAUREL_HOST` and `LAUREL_PORT`."""
    configure_logs(settings.log_level)
    arm(settings.crash_at)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        ws="none",
        limit_concurrency=settings.connections,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )
