"""`laurel up`: ready, stays up, stops cleanly, finds its data; and says in one sentence what is in the way."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from laurel import servers
from laurel.cli import main
from laurel.errors import UserError
from laurel.servers import free_port
from laurel.texts import t


class Up:
    """The command in a process of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "laurel", "up", "--data", str(data), "--port", str(port), "--demo"],
            stdout=subprocess.PIPE,
            text=True,
        )

    def until_ready(self) -> float:
        began = time.monotonic()
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if "Ctrl-C" in line:
                return time.monotonic() - began
        raise AssertionError("".join(self.lines))

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout
        self.lines += self.process.stdout.readlines()
        self.process.stdout.close()
        return self.process.wait(60)


@pytest.mark.timeout(600)
def test_it_becomes_ready_stops_cleanly_and_finds_its_data(tmp_path: Path) -> None:
    port = free_port()
    first = Up(tmp_path, port)
    first.until_ready()
    seasons = httpx.get(f"http://127.0.0.1:{port}/registration/v1/seasons").json()
    links = re.findall(r"http://localhost:\d+/registration/links/\S+", "".join(first.lines))

    assert any("ready" in line for line in first.lines)
    assert len(links) == 5
    assert {season["mode"] for season in seasons} == {"records", "live"}
    assert first.interrupt() == 0
    assert servers_left(tmp_path) == []

    second = Up(tmp_path, port)
    second.until_ready()
    again = httpx.get(f"http://127.0.0.1:{port}/registration/v1/seasons").json()
    assert again == seasons
    assert second.interrupt() == 0


def servers_left(folder: Path) -> list[str]:
    """Processes that still work in this folder."""
    results = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in command and "pytest" not in command:
                results.append(command)
    return results


def one_sentence(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return result.output


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = one_sentence("up", "--data", str(tmp_path), "--port", str(port))

    assert f"Port {port} is in use" in said
    assert "PORT=" in said


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "cannot be written" in one_sentence(
        "up", "--data", str(tmp_path / "file" / "data"), "--port", str(free_port())
    )


def look_around(folder: Path) -> None:
    """What the launcher looks at before it starts a server."""
    servers.check_disk(folder)
    servers.mongod_program()


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("NEEDED_BYTES", 10**18, "Free some space"),
        ("sys.platform", "plan9", "LAUREL_MONGO_URL"),
        ("ctypes.util.find_library", lambda _: None, "sudo apt-get install libcurl4"),
        ("importlib.util.find_spec", lambda _: None, "make install"),
        ("Path.read_text", lambda _: "flags : sse", "AVX"),
    ],
    ids=["full disk", "foreign platform", "missing library", "not installed", "missing CPU feature"],
)
def test_what_is_in_the_way_is_one_sentence_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attribute: str, value: object, sentence: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(f"laurel.servers.{attribute}", value)
        patched.setattr("laurel.servers.shutil.which", lambda _: None)
        with pytest.raises(UserError) as trouble:
            look_around(tmp_path)

    said = t(f"trouble-{trouble.value.code}", **trouble.value.values)
    assert sentence in said
    assert "\n" not in said


def test_a_mongod_on_the_path_serves_where_the_packaged_one_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "mongod"
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("laurel.servers.platform.machine", lambda: "aarch64")

    assert servers.mongod_program() == installed


def test_servers_that_cannot_be_reached_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_MONGO_URL", f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0")
    monkeypatch.setenv("LAUREL_NATS_URL", f"nats://127.0.0.1:{free_port()}")

    assert "LAUREL_MONGO_URL" in one_sentence("up", "--data", str(tmp_path), "--port", str(free_port()))


def test_a_wrong_folder_names_every_fault(tmp_path: Path) -> None:
    (tmp_path / "season.yaml").write_text("format: season/2\ncolour: red\n")

    said = one_sentence("season", "check", str(tmp_path))

    assert "format" in said
    assert "colour: there is no such key." in said
    assert "tracks: this is required." in said
