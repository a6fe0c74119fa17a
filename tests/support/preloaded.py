"""Services as processes of their own that need not import anything first.

Importing the libraries of a service takes three quarters of its start, and the tests start services some hundred times. So
one process imports them once and forks. What it starts is a child of the test run: it is waited for and signalled
like any other.
"""

import ctypes
import json
import os
import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from laurel.servers import die_with_parent

PR_SET_CHILD_SUBREAPER = 36
SERVICES = ("services.registration", "services.judging", "services.certificates")


class Forked(subprocess.Popen[bytes]):
    """A child that somebody else started for this process."""

    def __init__(self, pid: int, module: str) -> None:
        self.args, self.pid, self.returncode = module, pid, None
        self.stdin = self.stdout = self.stderr = None
        self._child_created = True
        self._waitpid_lock = threading.Lock()
        self._sigint_wait_secs = 0.25


class Preloaded:
    """The process that has imported everything."""

    def __init__(self) -> None:
        # What it forks becomes a child of this process as soon as the one between them has ended. It ends with the pipe:
        # a signal at the death of its parent would come with the thread that happened to start it.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.preloaded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def start(self, module: str, environment: Mapping[str, str], log: Path) -> Forked:
        """Run `python -m module` with this environment."""
        order = {"module": module, "environment": dict(environment), "log": str(log)}
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            print(json.dumps(order), file=self._process.stdin, flush=True)
            return Forked(int(self._process.stdout.readline()), module)


@cache
def preloaded() -> Preloaded:
    """For the whole test run."""
    return Preloaded()


def main() -> None:
    """Fork for every line of the standard input."""
    for service in SERVICES:
        import_module(f"{service}.main")
    for line in sys.stdin:
        read, write = os.pipe()
        if not (between := os.fork()):
            between = os.getpid()
            if child := os.fork():
                os.write(write, str(child).encode())
                os._exit(0)
            os.close(read)
            os.close(write)
            while os.getppid() == between:
                time.sleep(0.001)
            become(**json.loads(line))
            return
        os.waitpid(between, 0)  # only now its child is one of the test run
        os.write(1, os.read(read, 20) + b"\n")
        os.close(read)
        os.close(write)


def become(module: str, environment: dict[str, str], log: str) -> None:
    """Be what was ordered, until it ends."""
    die_with_parent()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(environment)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
