"""Backups of a real MongoDB: whole, grown by what is new, resumed, read back, restored, in little memory."""

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
import pyrage
import pytest
from click.testing import CliRunner, Result

from laurel.backup import sealing, taking
from laurel.backup.repository import Repository
from laurel.cli import main
from laurel.errors import UserError
from shared.objects import Bucket
from shared.settings import ServiceSettings
from tests.support.backups import Client, drop, fill, hashes, inodes, put_pieces
from tests.support.installation import Servers
from tests.support.objects import ObjectServer
from tests.support.waiting import eventually

MIB = 1024 * 1024
MEASURED = """
import resource, sys
from laurel.cli import main
try:
    main(sys.argv[1:])
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


class Place:
    """A folder of backups with its key, a database to be kept, and an empty one."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self.folder, self.backups, self.key = folder, folder / "backups", folder / "backup.key"
        self.source = ServiceSettings(mongo_url=servers.mongo_url, database_prefix=f"b{uuid4().hex[:8]}_")
        self.target = self.source.model_copy(update={"database_prefix": f"r{uuid4().hex[:8]}_"})
        made = CliRunner().invoke(main, ["backup", "key", str(self.key)], env={"LAUREL_LANGUAGE": "en"})
        self.recipient = made.output.split()[-1]
        keys = folder / "data" / "keys"
        keys.mkdir(parents=True)
        (keys / "identity.pem").write_text("a key")

    def environment(self, settings: ServiceSettings) -> dict[str, str]:
        return {
            "LAUREL_MONGO_URL": settings.mongo_url,
            "LAUREL_DATABASE_PREFIX": settings.database_prefix,
            "LAUREL_LANGUAGE": "en",
            "LAUREL_BACKUP_RECIPIENT": self.recipient,
            "LAUREL_WORKS_BUCKET": settings.works_bucket,
            "LAUREL_WORKS_ENDPOINT": settings.works_endpoint,
            "LAUREL_WORKS_KEY_ID": settings.works_key_id,
            "LAUREL_WORKS_SECRET": settings.works_secret.get_secret_value(),
        }

    def run(self, settings: ServiceSettings, *arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env=self.environment(settings))

    def take(self, *more: str) -> str:
        taken = self.run(self.source, "backup", "take", str(self.backups), "--data", str(self.folder / "data"), *more)
        assert taken.exit_code == 0, taken.output
        return taken.output

    def verify(self, *more: str) -> Result:
        return self.run(self.source, "backup", "verify", str(self.backups), *more)

    def restore(self, *more: str) -> Result:
        data, key = str(self.folder / "restored"), str(self.key)
        return self.run(self.target, "restore", str(self.backups), "--data", data, "--key", key, *more)

    def files(self) -> list[Path]:
        return sorted((self.backups / "files").rglob("*.age"))


@pytest.fixture
def place(servers: Servers, tmp_path: Path) -> Iterator[Place]:
    made = Place(servers, tmp_path)
    yield made
    drop(made.source)
    drop(made.target)


def test_what_is_restored_is_what_was_there(place: Place) -> None:
    """Keeps away: a document, a byte of a file, a copy for judges or a key that a backup loses or changes."""
    fill(place.source, 6, 5 * MIB + 7, copied=2)

    said = place.take()
    restored = place.restore()

    assert restored.exit_code == 0, restored.output
    assert "files of works 8, of which new 8" in said
    assert hashes(place.target) == hashes(place.source)
    assert (place.folder / "restored" / "keys" / "identity.pem").read_text() == "a key"
    assert place.verify("--key", str(place.key)).exit_code == 0
    with Client(place.target.mongo_url) as client:
        person = client[f"{place.target.database_prefix}registration"]["people"].find_one({"_id": "registration-0001"})
    assert person
    assert person["outbox"]["again"], "events are told again, for NATS is not in a backup"
    assert place.restore().exit_code == 1
    assert "is not empty" in place.restore().output


def test_nothing_that_is_sealed_can_be_read_by_whoever_wrote_it(place: Place) -> None:
    """Keeps away: a machine that was broken into and gives away what earlier backups hold."""
    (upload,) = fill(place.source, 1, MIB)
    place.take()

    everything = b"".join(path.read_bytes() for path in place.backups.rglob("*") if path.is_file())
    assert "测试".encode() not in everything
    assert b"a key" not in everything
    (file,) = place.files()
    opened = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(place.key.read_text().split()[-1])])
    with Client(place.source.mongo_url) as client:
        pieces = client[f"{place.source.database_prefix}registration"]["upload_pieces"].find({"upload": upload})
        assert b"".join(piece["data"] for piece in pieces.sort("offset", 1)) == opened, "any program of age opens it"
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.backups.rglob("*.age"))
    assert place.key.stat().st_mode & 0o077 == 0


def test_a_second_backup_writes_only_what_is_new(place: Place) -> None:
    """Keeps away: a backup each night as large and as long as the first."""
    fill(place.source, 5, MIB)
    place.take()
    before = inodes(place.backups / "files")
    fill(place.source, 1, MIB, first=100)

    said = place.take()

    assert "files of works 6, of which new 1 (1 MiB)" in said
    after = inodes(place.backups / "files")
    assert len(after) == 6
    assert before.items() <= after.items()
    place.restore()
    assert hashes(place.target) == hashes(place.source)


def test_a_copy_that_was_made_anew_is_kept_anew(place: Place) -> None:
    """Keeps away: an old copy for judges under the name of a new one, for copies are made again under the same key."""
    (upload,) = fill(place.source, 1, MIB, copied=1)
    place.take()
    with Client(place.source.mongo_url) as client:
        registration = client[f"{place.source.database_prefix}registration"]
        registration["upload_pieces"].delete_many({"upload": f"{upload}.copy"})
        put_pieces(client, place.source, f"{upload}.copy", MIB)
        registration["copies"].update_one({"_id": upload}, {"$set": {"looked_for": "other names"}})

    assert "of which new 1 (1 MiB)" in place.take()

    place.restore()
    assert hashes(place.target) == hashes(place.source)


def test_an_upload_on_its_way_is_left_out(place: Place) -> None:
    """Keeps away: half a file, sealed once and taken for the whole one ever after."""
    (upload,) = fill(place.source, 1, 3 * MIB)
    with Client(place.source.mongo_url) as client:
        uploads = client[f"{place.source.database_prefix}registration"]["uploads"]
        uploads.update_one({"_id": upload}, {"$set": {"offset": 2 * MIB, "done": False}})

        assert "files of works 0" in place.take()
        uploads.update_one({"_id": upload}, {"$set": {"offset": 3 * MIB}})
        assert "files of works 1, of which new 1 (3 MiB)" in place.take()


def test_killed_in_the_middle_it_goes_on_where_it_was(place: Place) -> None:
    """Keeps away: a backup of hours that begins again from nothing after each cut."""
    fill(place.source, 200, MIB // 4)
    command = [sys.executable, "-m", "laurel", "backup", "take", str(place.backups), "--data", str(place.folder)]
    killed = subprocess.Popen(command, env={**os.environ, **place.environment(place.source)})

    def under_way() -> None:
        assert len(place.files()) >= 20

    eventually(under_way, patience=60)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert Repository(place.backups).generations() == []
    before = {name: inode for name, inode in inodes(place.backups / "files").items() if name.endswith(".age")}
    assert 20 <= len(before) < 200

    said = place.take()

    assert f"of which new {200 - len(before)} " in said
    assert before.items() <= inodes(place.backups / "files").items()
    assert [path.name for path in (place.backups / "files").rglob("*.part")] == []
    place.restore()
    assert hashes(place.target) == hashes(place.source)


def test_a_restore_that_was_cut_goes_on_where_it_was(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: databases that are half full, which nobody can fill any more and services start on."""
    fill(place.source, 12, 3 * MIB)
    place.take()
    opened: list[str] = []

    def unseal(file: Path, identities: Sequence[Any], sink: Any) -> None:
        if file.parent.parent.name == "files":
            opened.append(file.name)
            if len(opened) == 8:
                raise KeyboardInterrupt
        sealing.unseal(file, identities, sink)

    monkeypatch.setattr("laurel.backup.restoring.unseal", unseal)
    assert place.restore().exit_code == 1
    assert hashes(place.target) != hashes(place.source)
    with Client(place.target.mongo_url) as client:
        assert client[f"{place.target.database_prefix}registration"]["restoring"].count_documents({}) == 1
    up = place.run(place.target, "provision")
    assert "laurel restore" in up.output, "no service starts on half of a database"

    again = place.restore()

    assert again.exit_code == 0, again.output
    assert hashes(place.target) == hashes(place.source)
    assert len(opened) < 8 + 12, "what was filled in is not opened again"


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _cut(file: Path) -> None:
    with file.open("r+b") as out:
        out.truncate(file.stat().st_size - 100)


@pytest.mark.parametrize("damage", [_flip, _cut, Path.unlink], ids=["flipped", "cut off", "missing"])
@pytest.mark.parametrize(
    "part",
    ["files/*/*.age", "generations/*/manifest.json", "generations/*/files.sha256",
     "generations/*/registration/people.bson.gz.age", "generations/*/keys.tar.age"],
    ids=["work", "manifest", "list", "documents", "keys"],
)  # fmt: skip
def test_damage_is_found_and_named(place: Place, part: str, damage: Any) -> None:
    """Keeps away: a backup that is found to be none on the day it is needed."""
    fill(place.source, 3, MIB)
    place.take()
    assert place.verify().exit_code == 0
    damaged = next(iter(sorted(place.backups.glob(part))))
    damage(damaged)

    verified = place.verify()

    assert verified.exit_code == 1
    assert f"{damaged.name} is missing or was changed" in verified.output
    restored = place.restore()
    assert restored.exit_code == 1
    assert f"{damaged.name} is missing or was changed" in restored.output
    if part.startswith("files"):  # one damaged work does not keep the others from coming back
        assert "skipped: 1" in restored.output
        there, wanted = hashes(place.target), hashes(place.source)
        differing = {name for name in wanted if there.get(name) != wanted[name]}
        assert differing == {"registration/upload_pieces"}
    else:
        assert hashes(place.target) == {}, "nothing is written"


def test_another_key_opens_nothing_and_another_manifest_is_refused(place: Place) -> None:
    """Keeps away: a restore from what somebody put in the place of a backup."""
    fill(place.source, 1, MIB)
    said = place.take()
    other = place.folder / "other.key"
    CliRunner().invoke(main, ["backup", "key", str(other)])

    assert "was encrypted with another key" in place.verify("--key", str(other)).output
    refused = place.restore("--key", str(other))
    assert refused.exit_code == 1
    assert "was encrypted with another key" in refused.output
    assert hashes(place.target) == {}
    assert "has a different hash" in place.restore("--hash", "0" * 64).output
    assert place.restore("--hash", said.split()[-1]).exit_code == 0


def test_old_generations_go_and_with_them_files_that_only_they_had(place: Place) -> None:
    """Keeps away: a folder that grows for ever, and works of the erased that stay in it for ever."""
    kept, removed = fill(place.source, 2, MIB)
    place.take("--keep", "2")
    with Client(place.source.mongo_url) as client:
        registration = client[f"{place.source.database_prefix}registration"]
        registration["uploads"].delete_one({"_id": removed})
        registration["upload_pieces"].delete_many({"upload": removed})
    place.take("--keep", "2")
    assert len(place.files()) == 2, "the generation before still has it"

    assert "old backups removed: 1" in place.take("--keep", "2")

    assert [path.name.split(".")[0] for path in place.files()] == [kept]
    assert len(Repository(place.backups).generations()) == 2
    assert place.verify().exit_code == 0


def test_who_was_erased_since_is_erased_again(place: Place) -> None:
    """Keeps away: people who come back by an older backup although a newer one knows that they were erased."""
    fill(place.source, 1, MIB)
    place.take()
    with Client(place.source.mongo_url) as client:
        people = client[f"{place.source.database_prefix}registration"]["people"]
        people.update_one({"_id": "registration-0003"}, {"$set": {"erased_at": 17, "name": {"zh": "*", "en": "*"}}})
    place.take()
    older = Repository(place.backups).generations()[0].name

    restored = place.restore("--generation", older)

    assert restored.exit_code == 0, restored.output
    assert "to be erased again 1" in restored.output
    with Client(place.target.mongo_url) as client:
        person = client[f"{place.target.database_prefix}registration"]["people"].find_one({"_id": "registration-0003"})
    assert person
    assert (person["erased_at"], person["erasing"], "outbox" in person) == (17, True, False)


def test_two_at_once_and_a_foreign_folder_are_refused(place: Place) -> None:
    """Keeps away: two backups that take each other's files for left-overs, and one that sweeps somebody's folder."""
    place.take()
    with Repository(place.backups).locked():
        taken = place.run(place.source, "backup", "take", str(place.backups), "--data", str(place.folder))
    assert (taken.exit_code, "Another backup is running" in taken.output) == (1, True)
    foreign = place.run(place.source, "backup", "take", str(place.folder), "--data", str(place.folder))
    assert (foreign.exit_code, "holds something else" in foreign.output) == (1, True)
    nobody = place.run(place.source, "backup", "take", str(place.backups), "--to", "")
    assert "encrypted with a public key" in nobody.output
    assert (
        "is not a public key" in place.run(place.source, "backup", "take", str(place.backups), "--to", "age1x").output
    )


def test_monitoring_learns_that_no_backup_was_taken(place: Place) -> None:
    """Keeps away: a schedule that stopped in spring and is missed in autumn."""
    assert "There is no backup" in place.run(place.source, "backup", "list", str(place.backups)).output
    fill(place.source, 1, MIB)
    place.take()
    listing = ("backup", "list", str(place.backups), "--newer-than")
    listed = place.run(place.source, *listing, "1m")
    assert (listed.exit_code, "files of works 1" in listed.output) == (0, True)
    (generation,) = Repository(place.backups).generations()
    generation.folder.rename(generation.folder.with_name("20200101T000000Z"))

    assert place.run(place.source, *listing, "7d").exit_code == 1
    assert "not a length of time" in place.run(place.source, *listing, "soon").output


def test_a_disk_that_fills_up_is_said_and_leaves_no_half_generation(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: a traceback at night, and half a generation that is taken for a whole one."""
    fill(place.source, 1, MIB)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("laurel.backup.sealing.os.fsync", full)
    taken = place.run(place.source, "backup", "take", str(place.backups), "--data", str(place.folder))

    assert taken.exit_code == 1
    assert "cannot be written (No space left on device)" in taken.output
    assert Repository(place.backups).generations() == []


def test_it_is_taken_again_when_it_is_due_and_after_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: a schedule that ends with the first trouble, or takes one after each start."""
    now = datetime.now(UTC)
    newest, waited, said = [now - timedelta(hours=23)], list[float](), list[str]()

    class Enough(Exception):
        pass

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 4:
            raise Enough

    def take() -> None:
        if len(waited) < 3:
            raise UserError("backup-moment-lost")
        newest[0] = datetime.now(UTC)

    monkeypatch.setattr("laurel.backup.taking.time.sleep", sleep)
    newest_at = iter([newest[0], now - timedelta(days=2), now - timedelta(days=2)])
    with pytest.raises(Enough):
        taking.keep_taking(take, lambda: next(newest_at, newest[0]), 86_400, said.append)

    assert waited == [pytest.approx(3600, abs=60), 60, 120, pytest.approx(86_400, abs=60)]
    assert any("minSnapshotHistoryWindowInSeconds" in line for line in said)


def test_a_file_of_the_release_before_is_restored(place: Place) -> None:
    """Keeps away: an update that leaves an operator with backups which nothing reads."""
    person = {"_id": "p1", "name": {"zh": "测试"}, "outbox": {"events": [{"type": "t"}]}}
    raw, file = bson.encode(person), place.folder / "former.backup"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("registration/people.bson", raw)
        archive.writestr(
            "manifest.json",
            f'{{"format": "laurel-backup/1", "documents": {{"registration": 1, "judging": 0, "certificates": 0}},'
            f'"sha256": {{"registration/people.bson": "{sha256(raw).hexdigest()}"}}}}',
        )

    restored = place.run(place.target, "restore", str(file), "--data", str(place.folder / "restored"))

    assert restored.exit_code == 0, restored.output
    assert list(hashes(place.target)) == ["registration/people"]


def test_works_in_a_bucket_are_in_the_backup_and_come_back_into_one(place: Place, objects: ObjectServer) -> None:
    """Keeps away: a backup that holds every document and no work, since the works lie elsewhere."""
    uploads = fill(place.source, 2, 3 * MIB, copied=1)
    bucketed = objects.settings(place.source)
    source, target = Bucket(bucketed), Bucket(objects.settings(place.target))
    keys = [*uploads, f"{uploads[0]}.copy"]
    with Client(place.source.mongo_url) as client:
        pieces = client[f"{place.source.database_prefix}registration"]["upload_pieces"]
        for piece in pieces.find():
            source.put_now(f"{piece['upload']}/{piece['offset']:015d}", piece["data"])
        pieces.drop()
    place.source, place.target = bucketed, objects.settings(place.target)

    place.take()
    restored = place.restore()

    assert restored.exit_code == 0, restored.output
    assert "files of works 3" in restored.output
    for key in keys:
        names = list(source.names_now(f"{key}/"))
        assert names == list(target.names_now(f"{key}/"))
        assert [source.get_now(name) for name in names] == [target.get_now(name) for name in names]
    drop(place.target)
    assert "bucket for works is not empty" in place.restore().output
    away = place.target.model_copy(update={"works_endpoint": "http://127.0.0.1:9"})
    data, key = str(place.folder / "restored"), str(place.key)
    said = place.run(away, "restore", str(place.backups), "--data", data, "--key", key)
    assert (said.exit_code, "LAUREL_WORKS_BUCKET" in said.output) == (1, True)


def test_memory_does_not_grow_with_the_works(place: Place) -> None:
    """Keeps away: a backup or a restore of a city that needs the memory of a city."""

    def peak(settings: ServiceSettings, *arguments: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *arguments, "--data", str(place.folder / "data")],
            env={**os.environ, **place.environment(settings)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(done.stdout.split()[-1])

    fill(place.source, 1, MIB)
    take = ("backup", "take", str(place.backups))
    least = peak(place.source, *take)
    fill(place.source, 3, 100 * MIB, first=10)

    taken = peak(place.source, *take)
    restored = peak(place.target, "restore", str(place.backups), "--key", str(place.key))

    assert hashes(place.target) == hashes(place.source)
    assert taken - least < 150, (least, taken)
    assert restored - least < 150, (least, restored)
