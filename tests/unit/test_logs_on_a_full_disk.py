"""A log that cannot be written keeps nobody from an answer."""

import os
import subprocess
import sys

PROGRAM = """
import structlog
from shared.observability.logs import configure_logs
configure_logs()
for number in range(3000):
    structlog.get_logger().info("line", number=number)
print("went on")
"""


def test_a_full_disk_under_the_log_fails_nothing() -> None:
    """Keeps away: a bare 500 to everybody, because the line about the request found no room."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=full, text=True, check=False, env=os.environ
        )

    assert done.stdout == "went on\n"
