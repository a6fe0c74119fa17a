"""Keeping parts of one machine running: when they are started, when they wait, what is said, and how logs stay small."""

from collections.abc import Callable
from pathlib import Path

import pytest

from laurel import supervisor
from laurel.supervisor import Happenings, Keeper, LogFile


class Part:
    """A part that a test lets end, answer and refuse."""

    def __init__(self, folder: Path) -> None:
        self.name, self.refusal, self.folder = "nats-server", b"failed to store", folder
        self.output = LogFile(folder / "part.log")
        self.answers: Callable[[], bool] = lambda: True
        self.running, self.starts, self.survives = True, 0, True

    def spawn(self) -> None:
        self.starts += 1
        with self.output.opened():
            self.running = self.survives

    def ended(self) -> bool:
        return not self.running

    def stop(self) -> None:
        self.running = False

    def write(self, words: bytes) -> None:
        with self.output.path.open("ab") as out:
            out.write(words)


class Stage:
    def __init__(self, folder: Path) -> None:
        self.clock, self.said = 0.0, list[tuple[str, str]]()
        self.part = Part(folder)
        self.happenings = Happenings(folder / "supervisor.json", lambda part, what, _: self.said.append((part, what)))
        self.keeper = Keeper(self.part, self.happenings, now=lambda: self.clock)

    def pass_by(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.keeper.tick()
            self.clock += 0.5


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_what_ends_is_started_again_and_both_are_said_and_kept(stage: Stage, tmp_path: Path) -> None:
    """Keeps away: an installation that stays down because its broker was killed."""
    stage.part.running = False

    stage.pass_by(3)

    assert stage.part.starts == 1
    assert [what for _, what in stage.said] == ["ended", "back"]
    assert '"what": "back"' in (tmp_path / "supervisor.json").read_text()


def test_what_ends_again_and_again_is_started_ever_less_often(stage: Stage) -> None:
    stage.part.running = stage.part.survives = False

    stage.pass_by(120)

    assert 6 <= stage.part.starts <= 12
    assert [what for _, what in stage.said] == ["ended"], "it is said once"


def test_nothing_is_started_on_a_full_disk_and_all_goes_on_when_there_is_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: a restart by hand after somebody freed space."""
    monkeypatch.setattr(supervisor, "ROOM_BYTES", 10**18)
    stage.part.running = False
    stage.pass_by(60)
    assert stage.part.starts == 0
    assert [what for _, what in stage.said] == ["ended", "full"]

    monkeypatch.setattr(supervisor, "ROOM_BYTES", 0)
    stage.pass_by(3)

    assert stage.part.starts == 1
    assert [what for _, what in stage.said] == ["ended", "full", "back"]


def test_what_refuses_since_its_disk_was_full_is_started_anew_once_there_is_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: a NATS that lives on and stores nothing, beside an empty disk."""
    monkeypatch.setattr(supervisor, "ROOM_BYTES", 10**18)
    stage.part.write(b"[ERR] JetStream failed to store a msg: no space left on device\n")
    stage.pass_by(5)
    assert stage.part.running

    monkeypatch.setattr(supervisor, "ROOM_BYTES", 0)
    stage.pass_by(5)

    assert stage.part.starts == 1
    assert [what for _, what in stage.said] == ["refuses", "ended", "back"]


def test_a_part_waits_for_those_that_it_needs(stage: Stage, tmp_path: Path) -> None:
    services = Part(tmp_path / "services")
    services.folder.mkdir()
    services.running = stage.part.running = stage.part.survives = False
    keeper = Keeper(services, stage.happenings, needs=[stage.keeper], now=lambda: stage.clock)
    stage.keeper.tick()
    for _ in range(20):
        keeper.tick()
        stage.pass_by(0.5)
    assert services.starts == 0

    stage.part.survives = True
    for _ in range(80):
        keeper.tick()
        stage.pass_by(0.5)

    assert services.starts == 1


def test_only_what_this_start_wrote_is_quoted(tmp_path: Path) -> None:
    """Keeps away: the last run's trouble shown as the reason of this one's."""
    log = LogFile(tmp_path / "a.log")
    (tmp_path / "a.log").write_text("yesterday: disk full\n")
    with log.opened() as out:
        out.write(b"today:\nport taken\n")

    assert log.tail() == "today: port taken"


def test_a_log_stays_small_and_its_child_goes_on_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: a disk that fills with logs."""
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 100)
    log = LogFile(tmp_path / "a.log")
    with log.opened() as out:
        for number in range(10):
            out.write(b"%d" % number * 120)
            out.flush()
            log.rotate()
        out.write(b"the end")
        out.flush()

    assert (tmp_path / "a.log").read_bytes() == b"the end"
    assert log.tail() == "the end"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert (tmp_path / "a.log.1").read_bytes() == b"9" * 120
