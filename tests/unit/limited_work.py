"""What the tests of `shared.limited` run in a child: each takes something that a child may not have."""

import os
import socket
import subprocess
import time
from pathlib import Path


def add(number: int, another: int) -> int:
    return number + another


def loop() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(600)


def eat() -> int:
    return len(bytearray(4 * 1024**3))


def crash() -> None:
    os.abort()


def fail() -> None:
    raise ValueError("as it says")


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 2).close()


def start_program() -> int:
    return subprocess.run(["true"], check=False).returncode


def environment() -> dict[str, str]:
    return dict(os.environ)


def open_files() -> list[str]:
    return [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.exists()]
