"""Staying up on one machine, for one person, a school or a demonstration."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from laurel.client import Client
from laurel.demo import ROLES, open_live, run_example, sign_in_links
from laurel.installation import Installation
from laurel.texts import t, translator

Say = Callable[[str], None]


class _Interrupted(Exception):
    """Ctrl-C, or a polite request to end."""


def stay_up(data: Path, port: int, *, demo: bool, seconds: float, say: Say) -> None:
    """Start an installation and stay up until interrupted, or for some seconds.

    Raises:
        Trouble: something on this machine is in the way.
    """
    began = time.monotonic()
    installation = Installation(data, port, say=say)

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise _Interrupted

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        say(t("up-starting", folder=str(data)))
        installation.start()
        links = _fill(installation, say) if demo else {}
        url = f"http://localhost:{port}"
        say("")
        say(t("up-ready", seconds=f"{time.monotonic() - began:.1f}", url=url))
        say(t("up-open", url=url))
        if links:
            say(t("up-links"))
            for role in ROLES:
                say(t("up-link", role=t(f"role-{role}"), url=links[role]))
        say(t("up-stop"))
        if seconds:
            main = threading.main_thread().ident or 0
            timer = threading.Timer(seconds, signal.pthread_kill, [main, signal.SIGTERM])
            timer.daemon = True
            timer.start()
        installation.supervise()
    except _Interrupted:
        say("")
        say(t("up-stopping"))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        installation.stop()
    say(t("up-stopped", folder=str(data)))


def _fill(installation: Installation, say: Say) -> dict[str, str]:
    """The example season, the live season, and ways in."""
    client = Client(installation.url, translator().html_language)
    try:
        client.sign_in_as_operator(installation.operator_secret)
        say(t("up-example"))
        run_example(client, lambda line: say(f"  {line}"))
        say(t("up-live"))
        season = open_live(client, datetime.now(UTC))
        return sign_in_links(client, season)
    finally:
        client.close()
