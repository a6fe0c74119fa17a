"""A real nats-server and a real mongod on this machine, from Python packages, for as long as they are needed."""

import ctypes.util
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from laurel.errors import UserError
from laurel.supervisor import LogFile

START_SECONDS = 40.0
STOP_SECONDS = 20.0
NEEDED_BYTES = 1_500_000_000
PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A TCP port on the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(port: int) -> None:
    """Raises UserError when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError("port-taken", port=port, next=port + 1) from error


def check_disk(folder: Path) -> None:
    """Raises UserError when the folder cannot be written or the disk is nearly full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-check"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        raise UserError("folder-unwritable", folder=str(folder), reason=error.strerror or "") from error
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise UserError("disk-full", folder=str(folder), free=free // 1_000_000, needed=NEEDED_BYTES // 1_000_000)


def mongod_program() -> Path:
    """The packaged mongod, or where that does not fit this machine the one on the path.

    Raises:
        Trouble: there is neither; why the packaged one cannot serve.
    """
    try:
        return _packaged_mongod()
    except UserError:
        installed = shutil.which("mongod")
        if installed is None:
            raise
        return Path(installed)


def _packaged_mongod() -> Path:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise UserError("mongod-platform", platform=f"{platform.system()} {platform.machine()}")
    spec = importlib.util.find_spec("fiftyone")
    locations = list(spec.submodule_search_locations or []) if spec else []
    program = next((path for place in locations if (path := Path(place) / "db" / "bin" / "mongod").exists()), None)
    if program is None:
        raise UserError("mongod-missing")
    if ctypes.util.find_library("curl") is None:
        raise UserError("library-missing", library="libcurl4")
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        flags = "avx"
    if " avx" not in flags:
        raise UserError("cpu-feature", feature="AVX")
    if not os.access(program, os.X_OK):
        program.chmod(program.stat().st_mode | 0o111)
    return program


def nats_program() -> Path:
    """The packaged nats-server, or the one on the path.

    Raises:
        Trouble: there is neither.
    """
    packaged = Path(sys.executable).with_name("nats-server")
    installed = packaged if packaged.exists() else shutil.which("nats-server")
    if not installed:
        raise UserError("nats-missing")
    return Path(installed)


def die_with_parent() -> None:
    """Ask Linux to end this child when its parent ends, however that happens; and leave Ctrl-C to the parent."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def processor_seconds(pid: int) -> float:
    """How much processor time a process has used; 0 where that is not known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Progress:
    """Whether somebody who is waited for gets on: a busy machine may take its time, a stuck process may not."""

    def __init__(self, patience: float) -> None:
        self._patience, self._last, self._seen = patience, time.monotonic(), object()

    def is_stuck(self, *seen: object) -> bool:
        """Whether what is seen has been the same for too long."""
        if seen != self._seen:
            self._seen, self._last = seen, time.monotonic()
        return time.monotonic() - self._last > self._patience


class Server:
    """A child process with a log file, and where its data lies."""

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        answers: Callable[[], bool],
        *,
        folder: Path | None = None,
        refusal: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.command, self.folder, self.refusal = name, command, folder, refusal
        self.output, self.answers = LogFile(log), answers
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.output.path

    @log.setter
    def log(self, path: Path) -> None:
        self.output = LogFile(path)

    def spawn(self) -> None:
        """Start it."""
        with self.output.opened() as out:
            self.process = subprocess.Popen(
                self.command,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
            )

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def worked(self) -> float:
        """Seconds of processor time since its start, to the half."""
        return processor_seconds(self.process.pid) // 0.5 if self.process else 0.0

    def start(self) -> None:
        """Start it and wait until it answers, as long as it gets on.

        Raises:
            Trouble: it ended or does not get on; the end of what it wrote since says why.
        """
        self.spawn()
        progress = Progress(START_SECONDS)
        while not self.answers():
            if self.ended() or progress.is_stuck(self.worked, self.output.size):
                tail = self.output.tail()
                self.stop()
                raise UserError("server-failed", name=self.name, log=str(self.log), tail=tail)
            time.sleep(0.05)

    def stop(self) -> None:
        """End it cleanly; by force if it does not end in time."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()


def nats_server(folder: Path, port: int) -> Server:
    """JetStream that has written to disk whatever it acknowledges (`sync_interval: always`)."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    config.write_text(
        f'host: "127.0.0.1"\nport: {port}\nmax_payload: 8MB\n'
        f'jetstream {{ store_dir: "{folder / "jetstream"}", max_file: 8G, sync_interval: always }}\n'
    )
    return Server(
        "nats-server",
        [str(nats_program()), "-c", str(config)],
        folder / "nats.log",
        lambda: listens(port),
        folder=folder,
        refusal=b"failed to store a msg",
    )


def mongo_server(folder: Path, port: int) -> Server:
    """A replica set of one, reachable from this machine alone."""
    data = folder / "mongo"
    data.mkdir(parents=True, exist_ok=True)
    command = [
        str(mongod_program()),
        "--dbpath",
        str(data),
        "--port",
        str(port),
        "--bind_ip",
        "127.0.0.1",
        "--replSet",
        "rs0",
        "--wiredTigerCacheSizeGB",
        "1",
        "--setParameter",
        "diagnosticDataCollectionEnabled=false",
        "--nounixsocket",
    ]
    return Server("mongod", command, folder / "mongod.log", lambda: is_primary(port), folder=folder)


def mongo_url(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"


def listens(port: int) -> bool:
    """Whether something listens on this port of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_primary(port: int) -> bool:
    """Whether the replica set of one on this port takes writes; a fresh one is initiated."""
    if not listens(port):
        return False
    with MongoClient[dict[str, object]](
        f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=1000
    ) as client:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            member = {"_id": 0, "host": f"127.0.0.1:{port}"}
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        except OperationFailure as error:
            if error.code != 23:  # already initiated
                raise
            _adopt_port(client, port)
        except PyMongoError:
            return False
    return False


def _adopt_port(client: "MongoClient[dict[str, object]]", port: int) -> None:
    """After a start on another port the set must learn its new address."""
    local = client.local["system.replset"].find_one() or {}
    members = local.get("members")
    if isinstance(members, list) and members[0]["host"] != f"127.0.0.1:{port}":
        members[0]["host"] = f"127.0.0.1:{port}"
        local["version"] = int(str(local["version"])) + 1
        client.admin.command("replSetReconfig", local, force=True)
